"""Processor time that a 1080p frame costs beside the network: preprocessing, grouping, log rows. Target: 5 ms.

The log's rows are committed at synchronous=FULL; the wall time of that is the disk's and shown for itself. The rover's
peak memory is that of a process of its own which inspects thirty rendered 1080p pictures with a crack each. Decoding
and pictures are not counted as processor time.
"""

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from harness import WH, arguments, median_ms, show

from edge.bundle import default_bundle_path
from edge.classifier import load_classifier
from edge.finds import group_windows
from edge.frame import U8Image
from edge.overlay import encode_jpeg
from edge.preprocess import to_int8
from edge.render.concrete import concrete
from edge.render.cracks import coverage, crack_path, darken
from edge.tiling import ScoreMap

CHILD = """
import json, sys
from edge.cli import main
status = main(["run", sys.argv[1], "--log", sys.argv[2], "--json"])
# Not getrusage: its peak is inherited from the process that started this one.
(peak,) = (int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(json.dumps({"status": status, "peak_kb": peak, "tensorflow": "tensorflow" in sys.modules}))
"""


def main() -> None:
    args = arguments(__doc__.splitlines()[0])
    repeat = 20 if args.short else 200
    bundle, classifier = load_classifier(args.bundle or default_bundle_path(), threads=1)
    spec = classifier.spec
    frame = concrete(np.random.default_rng(0), WH)
    busy = classifier.score_map(frame)
    # Every ninth window set: far more finds than any real frame has.
    q = busy.q.copy()
    q[::3, ::3] = 127
    busy = ScoreMap(q=q, xs=busy.xs, ys=busy.ys, spec=spec)
    threshold = bundle.manifest.window_threshold.score
    cpu, wall = time.process_time_ns, time.perf_counter_ns
    parts = {
        "preprocessing": lambda: to_int8(frame, spec.input),
        "grouping": lambda: group_windows(busy, threshold),
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
    total = {
        "part": "together",
        "processor ms": sum(r["processor ms"] for r in rows),
        "wall ms": sum(r["wall ms"] for r in rows),
    }
    show(
        f"{WH[0]}x{WH[1]}: what a frame costs beside the network",
        [*rows, total],
        args,
        finds_grouped=len(group_windows(busy, threshold)),
        rover_peak_MB=round(rover_peak_kb() / 1024, 1),
    )


def log_rows(folder: Path, bundle: object, classifier: object, repeat: int) -> dict[str, object]:
    """A frame with a score map and two finds, without a picture."""
    from edge.clock import SystemClock
    from edge.log import FindRecord, FrameRecord, InspectionLog, run_start
    from edge.pose import Pose

    clock = SystemClock()
    score_map = classifier.score_map(concrete(np.random.default_rng(1), WH))  # type: ignore[attr-defined]
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


def rover_peak_kb(frames: int = 30) -> int:
    """Peak resident memory, kB, of `hairline run` over a folder of 1080p pictures in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        pictures = Path(folder) / "pictures"
        pictures.mkdir()
        for i in range(frames):
            (pictures / f"{i:03d}.jpg").write_bytes(encode_jpeg(cracked(i)))
        done = subprocess.run(
            [sys.executable, "-c", CHILD, str(pictures), f"{folder}/log"], capture_output=True, text=True, check=True
        )
    result = json.loads(done.stdout.splitlines()[-1])
    if result["status"] or result["tensorflow"]:
        raise SystemExit(f"the rover's process failed or imported tensorflow: {result}")
    return int(result["peak_kb"])


def cracked(seed: int) -> U8Image:
    """1080p of concrete with a crack across it, so that pictures are drawn and written too."""
    rng = np.random.default_rng(seed)
    path = crack_path(rng, start_xy_px=(0.0, 500.0), heading_rad=0.1, length_px=2200.0, width_px=4.0)
    return darken(concrete(rng, WH), coverage([path], WH), depth=0.7)


if __name__ == "__main__":
    main()
