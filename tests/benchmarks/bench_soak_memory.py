"""By how much a rover's memory grows over 100,000 frames. Target: less than 1 MB.

The loop, its threads, the network, the segmenter, the log and its disk rule are the real ones; frames are small, so
that hours become minutes. One in `EVERY` has a crack: it is measured and drawn, and its pictures push older ones out of
the log. Memory is what is resident, read whenever frames were logged; the growth is from the second tenth of the frames
to the last, by the median of each. `--short` takes 3,000 frames: SQLite's cache, 2 MB, fills meanwhile, and whatever
leaks more than a kilobyte a frame shows beside it.
"""

import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import cv2
import numpy as np
from harness import arguments, show

from edge.allocator import share_one_heap
from edge.bundle import default_bundle_path
from edge.cameras.camera import Camera
from edge.classifier import load_classifier
from edge.clock import SystemClock
from edge.examine import Examined, Examiner
from edge.frame import Frame, U8Image, Unreadable
from edge.inspect import Inspection
from edge.log import DiskRule, InspectionLog, read_log, run_start
from edge.measure.measure import Measurer
from edge.quality import QualityGate
from edge.quality.still import Standstill
from edge.render.concrete import concrete
from edge.render.cracks import coverage, crack_path, darken
from edge.run_book import Summary
from edge.segmenter import segmenter_of
from edge.service.notify import Supervisor
from edge.status_record import StatusWriter
from edge.verbs.run import LIVE_BATCH_S, LIVE_QUEUE
from edge.verbs.run_parts import Watch

FRAMES, SHORT_FRAMES = 100_000, 3_000
WH = (168, 144)
WALLS, EVERY = 40, 50
MAX_PICTURES_MB = 1.0


class Passing(Camera):
    """A live camera that drives past the same few walls, a frame once the last was examined."""

    description, frame_count, live = "soak", None, True

    def __init__(self, count: int) -> None:
        self.examined = threading.Semaphore(1)
        self._count, self._clock = count, SystemClock()
        self._walls = [concrete(np.random.default_rng(seed), WH) for seed in range(WALLS)]
        self._cracked = [cracked(wall, seed) for seed, wall in enumerate(self._walls)]

    def frames(self) -> Iterator[Frame]:
        for seq in range(self._count):
            self.examined.acquire()
            walls = self._cracked if seq % EVERY == 0 else self._walls
            yield Frame(
                pixels=walls[seq % WALLS].copy(),
                seq=seq,
                name=f"{seq:06d}",
                t_mono_ns=self._clock.mono_ns(),
                t_utc=self._clock.utc(),
            )

    def close(self) -> None:
        """Nothing is held open."""


class Telling(Examiner):
    """Says when a frame was examined, so that a live camera outruns no network."""

    examined: threading.Semaphore

    def examine(self, item: Frame | Unreadable) -> Examined:
        try:
            return super().examine(item)
        finally:
            self.examined.release()


def cracked(wall: U8Image, seed: int) -> U8Image:
    rng = np.random.default_rng(seed)
    path = crack_path(rng, start_xy_px=(0.0, WH[1] / 2), heading_rad=0.1, length_px=1.2 * WH[0], width_px=4.0)
    return darken(wall, coverage([path], WH), depth=0.7)


def resident_kb() -> int:
    status = Path("/proc/self/status").read_text()
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS")))


def main() -> None:
    args = arguments(__doc__.splitlines()[0])
    count = SHORT_FRAMES if args.short else FRAMES
    share_one_heap()
    cv2.setNumThreads(1)
    memory: list[tuple[int, int]] = []
    with tempfile.TemporaryDirectory() as folder:
        summary = drive(count, args.bundle or default_bundle_path(), Path(folder) / "log", memory)
        with read_log(Path(folder) / "log") as log:
            logged = sum(1 for run in log.runs() for _ in log.frames(run.id))
    if logged != count or summary.inspected < count * 0.9 or not summary.finds:
        raise SystemExit(f"{logged} of {count} frames were logged, {summary.finds} finds; skipped: {summary.skipped}")
    tenths = [[kb for frames, kb in memory if n < 10 * frames / count <= n + 1] for n in range(10)]
    medians = [median(tenth) / 1024 for tenth in tenths]
    rows = [{"frames": count * (n + 1) // 10, "resident MB": mb} for n, mb in enumerate(medians)]
    show(
        f"Memory over {count:,} frames of {WH[0]}x{WH[1]}",
        rows,
        args,
        grown_MB=round(medians[-1] - medians[1], 2),
        finds=summary.finds,
        samples=len(memory),
    )


def drive(count: int, bundle_path: Path, folder: Path, memory: list[tuple[int, int]]) -> Summary:
    """The run; `memory` gets how many frames were logged, and kB resident."""
    bundle, classifier = load_classifier(bundle_path, threads=1)
    clock, camera = SystemClock(), Passing(count)
    threshold = bundle.manifest.window_threshold.score
    start = run_start(
        clock=clock,
        source=camera.description,
        bundle=bundle,
        runtime=classifier.runtime,
        threads=1,
        threshold=threshold,
        command=["bench"],
    )
    with InspectionLog.open(folder, clock=clock, rule=DiskRule(max_pictures_mb=MAX_PICTURES_MB)) as log:
        run_id = log.start_run(start)
        status = StatusWriter(folder, run_id=run_id, source=camera.description, clock=clock)
        tell = Watch(folder, show=lambda frames, line: None, supervisor=Supervisor.from_environment(), status=status)

        def watch(summary: Summary) -> None:
            tell(summary)
            memory.append((summary.frames, resident_kb()))

        examiner = Telling(
            classifier=classifier,
            threshold=threshold,
            measurer=Measurer(segmenter=segmenter_of(bundle), threshold=threshold) if bundle.segmenter else None,
            quality=QualityGate(),
            still=Standstill(),
        )
        examiner.examined = camera.examined
        return Inspection(
            camera=camera,
            examiner=examiner,
            log=log,
            run_id=run_id,
            stop=lambda: False,
            watch=watch,
            queue_size=LIVE_QUEUE,
            batch_s=LIVE_BATCH_S if count == FRAMES else 0.1,
        ).run()


if __name__ == "__main__":
    main()
