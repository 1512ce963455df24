"""A rover drives along a wall while something goes wrong; what it does, what it says, and whether its coverage is true.

Each frame shows a stretch of wall of its own and carries its number in its pixels, so that what the network was really
shown is known apart from the log. Whatever ends the run is answered as systemd would: it is started again. Disks fail
through tests/broken_disk.c, which stands before libc:

    python tests/faulty_rover.py
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from driven_rover import DISTANCE_MM, FRAME_WH, calibration

from edge.cameras.camera import Camera
from edge.cameras.restarting import RestartingCamera
from edge.classifier import Classifier, load_classifier
from edge.clock import SystemClock
from edge.errors import SourceError
from edge.examine import Examiner
from edge.frame import Frame, U8Image, Unreadable
from edge.geometry import facing
from edge.inspect import Inspection
from edge.log import InspectionLog, read_log, run_start
from edge.pose import Pose, PoseSource
from edge.run_coverage import coverage_of_run
from edge.tiling import ScoreMap

TESTS = Path(__file__).parent
TINY = TESTS / "golden" / "tiny_bundle"
FRAMES = 40
STEP_MM = 150.0  # a frame shows 120 mm
FRAME_NS = 1_000_000_000
PACE_S = 0.04
LONGEST_WAIT_S = 0.5  # for a network that other work of the machine holds up
STALL_S = 1.5
MOST_STARTS = 6
STRIP_PX = 16  # of the frame's upper edge, with its number in grey levels


@dataclass(slots=True, kw_only=True)
class World:
    """Where the rover is, and what is broken just now. `at` is done when frame k is due; `saw` is what the network got
    and answered, `handed` how often it got something.
    """

    at: Mapping[int, Callable[["World"], object]]
    says: Path
    k: int = 0
    saw: set[int] = field(default_factory=set)
    handed: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    jump: timedelta = timedelta()
    errors: deque[Exception] = field(default_factory=deque)
    cameras_missing: int = 0
    hung: threading.Event = field(default_factory=threading.Event)

    def disk(self, word: str) -> None:
        self.says.write_text(word)


class WorldCamera(Camera):
    """Sees the wall where the rover is. Each time it is opened, the rover has driven on a little."""

    description, frame_count, live = "a wall", None, True

    def __init__(self, world: World) -> None:
        self._world, self._open = world, True
        if world.cameras_missing:
            world.cameras_missing -= 1
            raise SourceError("there is no camera: it was unplugged")
        world.k += 3 if world.k else 0

    def frames(self) -> Iterator[Frame | Unreadable]:
        world = self._world
        while self._open:
            time.sleep(PACE_S)
            if world.k >= FRAMES:
                continue
            k, now = world.k, datetime.now().astimezone() + world.jump
            world.k += 1
            odd = world.at.get(k, lambda _: None)(world)
            times: dict[str, Any] = {"seq": k, "name": f"wall#{k}", "t_mono_ns": k * FRAME_NS, "t_utc": now}
            if isinstance(odd, str):
                yield Unreadable(reason=odd, **times)
            elif self._open:
                yield Frame(pixels=_pixels(k) if odd is not SHRUNK else _pixels(k)[:100].copy(), **times)
                world.handed.acquire(timeout=LONGEST_WAIT_S)

    def close(self) -> None:
        self._open = False


SHRUNK = object()


def _pixels(k: int) -> U8Image:
    w, h = FRAME_WH
    pixels = np.random.default_rng(k).integers(0, 256, (h, w, 3), np.uint8)
    pixels[:STRIP_PX] = k
    return pixels


class SeenBy:
    """The network, which notes what it has seen, and fails where the world says so."""

    def __init__(self, classifier: Classifier, world: World) -> None:
        self._classifier, self._world = classifier, world
        self.spec, self.runtime = classifier.spec, classifier.runtime

    def score_map(self, frame_bgr: U8Image) -> ScoreMap:
        self._world.handed.release()
        if self._world.errors:
            raise self._world.errors.popleft()
        found = self._classifier.score_map(frame_bgr)
        self._world.saw.add(int(frame_bgr[0, 0, 0]))
        return found


class Places:
    """Knows where each frame was taken."""

    def step(self, frame: Frame) -> Pose:
        matrix = facing(DISTANCE_MM)
        matrix[0, 3] = frame.t_mono_ns // FRAME_NS * STEP_MM
        return Pose(source=PoseSource.ODOMETRY, t_wall_camera=matrix, covariance=np.zeros((6, 6)))


class JumpingClock(SystemClock):
    """The host's clock, set by somebody who had another idea of the year; its monotonic time is that of the frames."""

    def __init__(self, world: World) -> None:
        self._world = world

    def utc(self) -> datetime:
        return super().utc() + self._world.jump

    def mono_ns(self) -> int:
        return self._world.k * FRAME_NS


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of a drive. `falsely_covered`: stretches of wall that count as inspected and were never seen."""

    fault: str
    starts: int
    said: Sequence[str]
    skipped: Mapping[str, int]
    frames: int
    inspected: int
    covered: int
    falsely_covered: int
    not_covered: int
    in_order: bool


def drive(folder: Path, fault: str, world: World) -> Outcome:
    """The drive, its restarts, and then what its log says against what was seen."""
    bundle, classifier = load_classifier(TINY)
    seen_by, clock, said, starts = SeenBy(classifier, world), JumpingClock(world), [], 0
    while world.k < FRAMES and starts < MOST_STARTS:
        starts += 1
        try:
            _run_once(folder, world, bundle, seen_by, clock)
        # As systemd: whatever it was, start again; a disk that is full is emptied by then.
        except Exception as ended:  # noqa: BLE001
            said.append(f"{type(ended).__name__}: {ended}")
            if starts > 1:
                world.disk("")
    world.hung.set()
    return _judged(folder, fault, world, starts, said)


def _run_once(folder: Path, world: World, bundle: Any, classifier: Any, clock: SystemClock) -> None:
    camera = RestartingCamera(lambda: WorldCamera(world), clock=clock, stall_s=STALL_S)
    with camera, InspectionLog.open(folder, clock=clock) as log:
        start = run_start(
            clock=clock,
            source=camera.description,
            bundle=bundle,
            runtime=classifier.runtime,
            threads=1,
            threshold=0.5,
            command=["hairline", "run"],
            calibration_id=calibration().id,
        )
        Inspection(
            camera=camera,
            examiner=Examiner(classifier=classifier, threshold=0.5, poses=Places(), calibration_id=calibration().id),
            log=log,
            run_id=log.start_run(start, calibration()),
            stop=lambda: world.k >= FRAMES,
            watch=lambda _: None,
            queue_size=2,
            batch_s=0.2,
        ).run()


def _judged(folder: Path, fault: str, world: World, starts: int, said: Sequence[str]) -> Outcome:
    """A stretch is covered where the middle of its frame is; one that was not seen must not be covered anywhere."""
    middles = np.array([[k * STEP_MM, 0.0] for k in range(FRAMES)])
    around = np.array([[x, y] for x in (-55.0, -25.0, 0.0, 25.0, 55.0) for y in (-25.0, 0.0, 25.0)])
    covered, touched = np.zeros(FRAMES, bool), np.zeros(FRAMES, bool)
    skipped: dict[str, int] = {}
    inspected, order = 0, []
    with read_log(folder) as reader:
        for run in reader.runs():
            coverage = coverage_of_run(reader, run, max_mm_per_px=1.0)
            if coverage is not None and coverage.state.size:
                covered |= coverage.covered(middles)
                touched |= np.array([coverage.covered(middle + around).any() for middle in middles])
            counts = reader.counts(run.id)
            inspected += counts.inspected
            for reason, n in counts.skipped.items():
                skipped[reason] = skipped.get(reason, 0) + n
            order += [logged.frame.t_mono_ns for logged in reader.frames(run.id)]
    seen = np.array([k in world.saw for k in range(FRAMES)])
    return Outcome(
        fault=fault,
        starts=starts,
        said=said,
        skipped=skipped,
        frames=FRAMES,
        inspected=inspected,
        covered=int(covered.sum()),
        falsely_covered=int((touched & ~seen).sum()),
        not_covered=int((~covered).sum()),
        in_order=order == sorted(order),
    )


def _hang(world: World) -> None:
    world.hung.wait(60)


def _unplug(world: World) -> None:
    world.cameras_missing = 3
    raise OSError(19, "No such device")


def _later(*steps: tuple[int, Callable[[World], object]]) -> dict[int, Callable[[World], object]]:
    return dict(steps)


def _network(*errors: Exception) -> Callable[[World], None]:
    def fail(world: World) -> None:
        world.errors.extend(errors)

    return fail


def _jump(years: float) -> Callable[[World], None]:
    def jump(world: World) -> None:
        world.jump = timedelta(days=365 * years)

    return jump


FAULTS: Mapping[str, Mapping[int, Callable[[World], object]]] = {
    "none": {},
    "camera hangs": _later((8, _hang)),
    "camera unplugged": _later((8, _unplug)),
    "disk full": _later((8, lambda w: w.disk("full"))),
    "read-only file system": _later((8, lambda w: w.disk("read-only"))),
    "slow disk (2 s a flush)": _later((8, lambda w: w.disk("slow 2000")), (12, lambda w: w.disk(""))),
    "clock jumps by years, back and on": _later((8, _jump(-30)), (16, _jump(40)), (24, _jump(0))),
    "corrupt frames": _later((8, lambda _: "the JPEG is cut short"), (9, lambda _: SHRUNK)),
    "runtime error in the network": _later((8, _network(*[RuntimeError("a delegate failed")] * 2))),
    "out of memory in the network": _later((8, _network(*[MemoryError("arena")] * 3))),
    "all of these together": _later(
        (3, _hang),
        (5, _jump(-30)),
        (8, lambda _: "the JPEG is cut short"),
        (10, _network(RuntimeError("a delegate failed"))),
        (13, lambda w: w.disk("slow 2000")),
        (14, lambda w: w.disk("")),
        (16, _network(*[MemoryError("arena")] * 3)),
        (24, _unplug),
        (30, lambda w: w.disk("full")),
    ),
}


def drive_all(folder: Path) -> list[Outcome]:
    """Every fault once, in a process of its own before whose libc the broken disk stands. Needs gcc.

    What that process logs, tracebacks of the injected faults among it, is in the error if it does not come to its end.
    """
    folder.mkdir(exist_ok=True)
    library, says, below = folder / "broken_disk.so", folder / "says", folder / "logs"
    flags = ["-shared", "-fPIC", "-O1", "-Wall", "-Wextra", "-Werror"]
    subprocess.run(["gcc", *flags, "-o", library, TESTS / "broken_disk.c", "-ldl"], check=True)
    environment = {
        **os.environ,
        "LD_PRELOAD": str(library),
        "BROKEN_DISK_BELOW": str(below.resolve()),
        "BROKEN_DISK_SAYS": str(says),
        "PYTHONPATH": os.pathsep.join([str(TESTS.parent), str(TESTS)]),
    }
    done = subprocess.run(
        [sys.executable, __file__, "--inside", below, says],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"the drives ended with status {done.returncode}; they said:\n{done.stderr}")
    return [Outcome(**row) for row in json.loads(done.stdout)]


def _inside(below: Path, says: Path) -> None:
    cv2.setNumThreads(1)
    outcomes = []
    for n, (fault, at) in enumerate(FAULTS.items()):
        world = World(at=at, says=says)
        world.disk("")
        outcomes.append(asdict(drive(below / str(n), fault, world)))
    sys.stdout.write(json.dumps(outcomes))
    sys.stdout.flush()
    # Cameras that hang are left behind; nothing waits for them.
    os._exit(0)


def main() -> None:
    if sys.argv[1:2] == ["--inside"]:
        _inside(Path(sys.argv[2]), Path(sys.argv[3]))
    folder = Path(tempfile.mkdtemp(prefix="hairline-faults-"))
    for outcome in drive_all(folder):
        sys.stdout.write(f"{outcome}\n")
    shutil.rmtree(folder)


if __name__ == "__main__":
    main()
