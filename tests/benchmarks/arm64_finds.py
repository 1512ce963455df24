"""`hairline run` of the wheel on an emulated arm64 Debian, and here, over the same pictures: every find compared.

The pictures are frames of the rendered wall, rendered once, and photographs of the documentation. Targets: the same
finds, and golden tiles exact under the reference kernels; of what XNNPACK's kernels round otherwise on another
processor, the table says how much and how often. `make test-arm64` makes the Debian and runs this.
"""

import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from harness import arguments, show

from edge.cameras.sources import open_source
from edge.clock import SystemClock
from edge.frame import Frame
from edge.log import read_log
from edge.log.start import checkout_commit

TOP = Path(__file__).parents[2]
FOLDER, ROOT = TOP / "out" / "arm64", TOP / "out" / "arm64" / "root"
HERE, THERE = TOP / ".venv-edge" / "bin", Path("/srv/hairline/bin")
PHOTOS = ("sdnet_7096.jpg", "sdnet_7102.jpg")
WALL_FRAMES = 4
PROCESSORS = {"cortex-a76": "Pi 5", "cortex-a72": "Pi 4"}
MEASURED = ("courses_px", "length_px", "width_median_px", "withheld", "mask")
# XNNPACK rounds otherwise on another processor; this may not differ.
EXACT = ("golden tiles off, reference kernels", "finds missing or more")
GOLDEN = """
import numpy as np
from edge.bundle import default_bundle_path, read_bundle
from edge.classifier import TiledClassifier
bundle = read_bundle(default_bundle_path())
for reference in (True, False):
    classifier = TiledClassifier(bundle.manifest.classifier, bundle.model, reference=reference)
    print(np.count_nonzero(classifier.score_tiles(bundle.golden.tiles) != bundle.golden.outputs))
"""


def main() -> int:
    args = arguments(__doc__.splitlines()[0])
    pictures = make_pictures(FOLDER / "pictures", frames=1 if args.short else WALL_FRAMES)
    here = FOLDER / "log"
    inspect([str(HERE / "hairline")], pictures, here, clears=here)
    rows = []
    for processor, board in list(PROCESSORS.items())[: 1 if args.short else None]:
        inside = Path("/tmp", processor)
        outside = ROOT / inside.relative_to("/")
        shutil.rmtree(outside, ignore_errors=True)
        shutil.copytree(pictures, outside / "pictures")
        begun = time.monotonic()
        inspect(emulated(processor, THERE / "hairline"), inside / "pictures", inside / "log", clears=outside / "log")
        took_s = time.monotonic() - begun
        row = {"processor": f"{processor} ({board})", **golden(processor), **compared(here, outside / "log")}
        rows.append({**row, "seconds": took_s})
    facts = {"commit": checkout_commit(), "emulator": said(["qemu-aarch64-static", "--version"]).splitlines()[0]}
    show("The wheel on an emulated arm64 Debian, beside this machine", rows, args, **facts)
    return int(any(row[name] for row in rows for name in EXACT))


def make_pictures(folder: Path, *, frames: int) -> Path:
    """Frames of the rendered wall, kept without loss, and photographs as they are."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    with open_source("wall", clock=SystemClock()) as camera:
        for frame in islice(camera.frames(), frames):
            if isinstance(frame, Frame):
                cv2.imwrite(str(folder / f"wall-{frame.seq}.png"), frame.pixels)
    for name in PHOTOS:
        shutil.copy(TOP / "docs" / "img" / name, folder)
    return folder


def inspect(hairline: Sequence[str], pictures: Path, log: Path, *, clears: Path) -> None:
    shutil.rmtree(clears, ignore_errors=True)
    said([*hairline, "run", str(pictures), "--log", str(log), "--threads", "1"])


def emulated(processor: str, *words: object) -> list[str]:
    clean = ("/usr/bin/env", "-i", "PATH=/usr/bin:/bin", f"QEMU_CPU={processor}")
    return [str(word) for word in (TOP / ".ci" / "in-arm64", ROOT, *clean, *words)]


def said(words: Sequence[str]) -> str:
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(words)}: ended with status {done.returncode}; it said:\n{done.stderr}")
    return done.stdout


def golden(processor: str) -> dict[str, object]:
    """How many golden tiles have another score there than TFLite's reference kernels have given them."""
    off, off_xnnpack = said(emulated(processor, THERE / "python", "-c", GOLDEN)).split()
    return {"golden tiles off, reference kernels": int(off), "golden tiles off, as it runs": int(off_xnnpack)}


def compared(here: Path, there: Path) -> dict[str, object]:
    """Two logs of the same pictures: windows by their int8 score, finds by every value that was measured of them."""
    (maps, ours), (their_maps, theirs) = contents(here), contents(there)
    if maps.keys() != their_maps.keys():
        raise RuntimeError(f"the same pictures must be logged: {sorted(maps)} here, {sorted(their_maps)} there")
    steps = np.concatenate([np.abs(maps[name] - their_maps[name]).ravel() for name in maps])
    pairs = [(ours[key], theirs[key]) for key in sorted(ours.keys() & theirs.keys())]
    return {
        "pictures": len(maps),
        "windows": len(steps),
        "windows with another score": int((steps > 0).sum()),
        "most steps": int(steps.max()),
        "finds": len(ours),
        "finds missing or more": len(ours.keys() ^ theirs.keys()),
        "finds alike in every value": sum(one == other for one, other in pairs),
        "finds with another score": sum(one["q"] != other["q"] for one, other in pairs),
        "finds measured otherwise": sum(any(one.get(k) != other.get(k) for k in MEASURED) for one, other in pairs),
        "length, px, at most": most_apart(pairs, "length_px"),
        "median width, px, at most": most_apart(pairs, "width_median_px"),
    }


def most_apart(pairs: Sequence[tuple[dict[str, Any], dict[str, Any]]], column: str) -> float:
    """The largest difference where both have a value."""
    both = [(one.get(column), other.get(column)) for one, other in pairs]
    return max((abs(a - b) for a, b in both if a is not None and b is not None), default=0.0)


def contents(log: Path) -> tuple[dict[str, Any], dict[Any, dict[str, Any]]]:
    """Score maps by picture, and finds by picture and box: what the log keeps of them, their mask's pixels included."""
    with read_log(log) as reader:
        (run,) = reader.runs()
        frames = {Path(one.frame.name).name: one.frame.score_map_q for one in reader.frames(run.id)}
        maps = {name: q.astype(np.int16) for name, q in frames.items() if q is not None}
        finds: dict[Any, dict[str, Any]] = {}
        for one in reader.finds(run.id):
            values: dict[str, Any] = one.find.write()
            path = values.pop("mask_path")
            mask = None if path is None else cv2.imread(str(log / str(path)), cv2.IMREAD_UNCHANGED)
            values["mask"] = None if mask is None else mask.tobytes()
            finds[Path(one.frame_name).name, one.find.box_xywh_px] = values
    return maps, finds


if __name__ == "__main__":
    sys.exit(main())
