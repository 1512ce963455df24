"""Processor time that a 1080p frame costs beside the network. Target: 5 ms.

*The loop without its network* is `Inspection` as a live camera drives it, hand-over between its threads, quality gate,
standing still, preprocessing and log rows included, with a network that answers at once; its frames come one at a time,
so that none is dropped. The parts are shown for themselves too. The log's rows are committed at synchronous=FULL; the
wall time of that is the disk's. Decoding and pictures are not counted as processor time.

The rover's peak memory, in units of 2^20 bytes, is that of a process of its own which inspects thirty rendered 1080p
pictures, or six of 12 megapixels, with a crack across each, with the pages of memory that the service has. Targets: 150
and 250 MB.

*From a file* is a whole process, from its start to its end, over one picture without a find: at least as long as to its
first logged frame. Target: 1.5 s.
"""

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any

import cv2
import numpy as np
from harness import WH, arguments, median_ms, show

from edge.allocator import HUGE_PAGES, share_one_heap
from edge.bundle import Bundle, default_bundle_path
from edge.cameras.camera import Camera
from edge.classifier import Classifier, load_classifier
from edge.clock import SystemClock
from edge.examine import Examiner
from edge.finds import group_windows
from edge.frame import Frame, U8Image
from edge.inspect import Inspection
from edge.log import FindRecord, FrameRecord, InspectionLog, run_start
from edge.overlay import encode_jpeg
from edge.pose import Pose
from edge.preprocess import to_int8
from edge.quality import QualityGate
from edge.quality.still import Standstill
from edge.render.concrete import concrete
from edge.render.cracks import coverage, crack_path, darken
from edge.tiling import ScoreMap

LARGE_WH = (4056, 3040)
CHILD = """
import json, sys
from edge.cli import main
status = main(["run", sys.argv[1], "--log", sys.argv[2], "--json"])
# Not getrusage: its peak is inherited from the process that started this one.
(peak,) = (int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(json.dumps({"status": status, "peak_kb": peak, "tensorflow": "tensorflow" in sys.modules}))
"""


def main() -> None:
    share_one_heap()  # as `hairline run` does
    args = arguments(__doc__.splitlines()[0])
    repeat = 20 if args.short else 200
    bundle, classifier = load_classifier(args.bundle or default_bundle_path(), threads=1)
    spec = classifier.spec
    cv2.setNumThreads(1)
    frame = concrete(np.random.default_rng(0), WH)
    busy = classifier.score_map(frame)
    # Every ninth window set: far more finds than any real frame has.
    q = busy.q.copy()
    q[::3, ::3] = 127
    busy = ScoreMap(q=q, xs=busy.xs, ys=busy.ys, spec=spec)
    threshold = bundle.manifest.window_threshold.score
    cpu, wall = time.process_time_ns, time.perf_counter_ns
    picture = Frame(pixels=frame, seq=0, name="frame", t_mono_ns=0, t_utc=SystemClock().utc())
    gate, still = QualityGate(), Standstill()
    parts = {
        "preprocessing": lambda: to_int8(frame, spec.input),
        "grouping": lambda: group_windows(busy, threshold),
        "quality gate": lambda: gate.judge(picture),
        "standing still": lambda: still.objection(picture, Pose()),
    }
    rows = [
        {
            "part": name,
            "processor ms": median_ms(work, repeat=repeat, clock=cpu),
            "wall ms": median_ms(work, repeat=repeat, clock=wall),
        }
        for name, work in parts.items()
    ]
    with tempfile.TemporaryDirectory() as folder:
        rows.append(log_rows(Path(folder), bundle, classifier, repeat))
        rows.append(loop_row(Path(folder), bundle, classifier, frame, repeat))
    show(
        f"{WH[0]}x{WH[1]}: what a frame costs beside the network",
        rows,
        args,
        finds_grouped=len(group_windows(busy, threshold)),
        rover_peak_MB=round(rover_peak_kb(WH, 5 if args.short else 30) / 1024, 1),
        rover_peak_12_megapixels_MB=round(rover_peak_kb(LARGE_WH, 4 if args.short else 6) / 1024, 1),
        **from_a_file(1 if args.short else 5),
    )


def log_rows(folder: Path, bundle: Bundle, classifier: Classifier, repeat: int) -> dict[str, object]:
    """A frame with a score map and two finds, without a picture."""
    clock = SystemClock()
    score_map = classifier.score_map(concrete(np.random.default_rng(1), WH))
    finds = [FindRecord(box_xywh_px=(0, 0, 96, 96), score=0.9, q=100, windows=3)] * 2
    with InspectionLog.open(folder / "log", clock=clock) as log:
        run_id = log.start_run(
            run_start(
                clock=clock, source="bench", bundle=bundle, runtime="bench", threads=1, threshold=0.5, command=["bench"]
            )
        )
        seq = iter(range(10**9))

        def one() -> None:
            record = FrameRecord(
                seq=next(seq),
                name="frame",
                t_mono_ns=clock.mono_ns(),
                t_utc=clock.utc(),
                frame_wh=WH,
                skipped=None,
                pose=Pose(),
                score_map_q=score_map.q,
                image_score=0.5,
                inference_ns=1,
            )
            log.log_frame(run_id, record, finds, None)

        return {
            "part": "log rows",
            "processor ms": median_ms(one, repeat=repeat, clock=time.process_time_ns),
            "wall ms": median_ms(one, repeat=repeat),
        }


class OneAtATime(Camera):
    """A live camera that takes its next frame once the last is logged; the rover moves a little each time."""

    description, frame_count, live = "bench", None, True

    def __init__(self, wall: U8Image, count: int) -> None:
        self.logged = threading.Semaphore(1)
        self._wall, self._count, self._clock = wall, count, SystemClock()

    def frames(self) -> Iterator[Frame]:
        for seq in range(self._count):
            self.logged.acquire()
            # Always the same pixels are delivered: copying them is the camera's.
            yield Frame(
                pixels=self._wall, seq=seq, name="frame", t_mono_ns=self._clock.mono_ns(), t_utc=self._clock.utc()
            )

    def close(self) -> None:
        """Nothing is held open."""


class Answers:
    """The network's preprocessing, and its answer for a sound wall at once."""

    def __init__(self, classifier: Classifier, wall: U8Image) -> None:
        self.spec, self.runtime = classifier.spec, classifier.runtime
        found = classifier.score_map(wall)
        self._answer = replace(found, q=np.full_like(found.q, -128))

    def score_map(self, frame_bgr: U8Image) -> ScoreMap:
        to_int8(frame_bgr, self.spec.input)
        return self._answer

    def score_tiles(self, tiles: U8Image) -> Any:
        raise NotImplementedError


class Moving(Standstill):
    """Compares as ever, and lets every frame pass."""

    def objection(self, frame: Frame, pose: Pose) -> None:
        super().objection(frame, pose)


def loop_row(folder: Path, bundle: Bundle, classifier: Classifier, wall: U8Image, repeat: int) -> dict[str, object]:
    """The whole process over `repeat` frames, its three threads together."""
    camera, clock = OneAtATime(wall, repeat), SystemClock()
    examiner = Examiner(classifier=Answers(classifier, wall), threshold=0.5, quality=QualityGate(), still=Moving())
    with InspectionLog.open(folder / "loop", clock=clock) as log:
        start = run_start(
            clock=clock, source="bench", bundle=bundle, runtime="bench", threads=1, threshold=0.5, command=["bench"]
        )
        run = Inspection(
            camera=camera,
            examiner=examiner,
            log=log,
            run_id=log.start_run(start),
            stop=lambda: False,
            watch=lambda summary: camera.logged.release(),
            queue_size=2,
        )
        begun = time.process_time_ns(), time.perf_counter_ns()
        summary = run.run()
        ended = time.process_time_ns(), time.perf_counter_ns()
    if summary.inspected != repeat:
        raise SystemExit(f"the loop lost frames: {summary.skipped}")
    processor_ms, wall_ms = ((end - begin) / repeat / 1e6 for begin, end in zip(begun, ended, strict=True))
    return {"part": "the loop without its network", "processor ms": processor_ms, "wall ms": wall_ms}


def from_a_file(repeat: int) -> dict[str, float]:
    """Seconds of a process over one sound 1080p picture: the median of `repeat`, the disk's cache warm."""
    used, took = [], []
    with tempfile.TemporaryDirectory() as folder:
        picture = Path(folder) / "wall.jpg"
        picture.write_bytes(encode_jpeg(concrete(np.random.default_rng(0), WH)))
        for i in range(repeat + 1):
            words = [sys.executable, "-m", "edge.cli", "run", str(picture), "--log", f"{folder}/{i}", "--threads", "1"]
            begun = time.perf_counter()
            process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            if process.returncode:
                raise SystemExit(f"the rover's process failed: {process.returncode}")
            took.append(time.perf_counter() - begun)
            used.append(usage.ru_utime + usage.ru_stime)
    return {
        "from_a_file_s": round(median(took[1:]), 2),
        "from_a_file_processor_s": round(median(used[1:]), 2),
    }


def rover_peak_kb(wh: tuple[int, int], frames: int) -> int:
    """Peak resident memory, kB, of `hairline run` over a folder of pictures in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        pictures = Path(folder) / "pictures"
        pictures.mkdir()
        for i in range(frames):
            (pictures / f"{i:03d}.jpg").write_bytes(encode_jpeg(cracked(i, wh)))
        words = [sys.executable, "-c", CHILD, str(pictures), f"{folder}/log"]
        done = subprocess.run(words, env={**os.environ, **HUGE_PAGES}, capture_output=True, text=True, check=True)
    result = json.loads(done.stdout.splitlines()[-1])
    if result["status"] or result["tensorflow"]:
        raise SystemExit(f"the rover's process failed or imported tensorflow: {result}")
    return int(result["peak_kb"])


def cracked(seed: int, wh: tuple[int, int]) -> U8Image:
    """Concrete with a crack across it, so that pictures are drawn and written too."""
    rng = np.random.default_rng(seed)
    w, h = wh
    path = crack_path(rng, start_xy_px=(0.0, 0.46 * h), heading_rad=0.1, length_px=1.15 * w, width_px=4.0)
    return darken(concrete(rng, wh), coverage([path], wh), depth=0.7)


if __name__ == "__main__":
    main()
