"""A mosaic of 500 frames of 1080p, cracks drawn in, as a PNG: time and peak memory. Target: two minutes on two cores,
and memory that does not grow with the number of frames.

Each size is made in a process of its own. Frames lie as JPEG on disk, in rows of 25 that overlap by a fifth, as a rover
takes them at 0.1 mm per px through a lens with distortion; the picture has 0.2 mm per px.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from harness import WH, arguments, show

from edge.overlay import encode_jpeg
from edge.render.concrete import concrete

COLUMNS = 25
# Pictures that differ, to be read in turn: what they show does not matter here.
PICTURES = 5
CHILD = """
import json, os, sys, time
sys.path.insert(0, sys.argv[3])
from pathlib import Path
import numpy as np
from bench_mosaic import COLUMNS, PICTURES
from bench_quality import camera
from edge.geometry import facing
from edge.imagefile import read_bgr
from edge.mosaic import Mosaic, PosedFrame
from edge.mosaic_picture import DrawnCrack, write_mosaic

folder, count = Path(sys.argv[1]), int(sys.argv[2])
frames = []
for i in range(count):
    row, column = divmod(i, COLUMNS)
    pose = facing(200.0)
    # Rows go back and forth.
    pose[:2, 3] = (column if row % 2 == 0 else COLUMNS - 1 - column) * 0.8 * 192, -row * 0.8 * 108
    path = folder / f"{i % PICTURES}.jpg"
    frames.append(PosedFrame(name=path.name, t_wall_camera=pose, read=lambda path=path: read_bgr(path)))
along = np.linspace(0, 3000, 2000)
crack = np.stack([along, 40 * np.sin(along / 100) - 200], axis=1)
begun = time.perf_counter()
mosaic = Mosaic(frames, camera(k1=-0.05), mm_per_px=0.2)
with (folder / "mosaic.png").open("wb") as stream:
    write_mosaic(stream, mosaic, [DrawnCrack(courses_mm=[crack], severity="above 0.3 mm")])
used = os.times()
(peak,) = (int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(json.dumps({
    "frames": count,
    "megapixels": mosaic.wh[0] * mosaic.wh[1] / 1e6,
    "file MB": (folder / "mosaic.png").stat().st_size / 1e6,
    "wall s": time.perf_counter() - begun,
    "processor s": used.user + used.system,
    "peak MB": peak / 1024,
}))
"""


def main() -> None:
    args = arguments(__doc__.splitlines()[0])
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for i in range(PICTURES):
            (Path(folder) / f"{i}.jpg").write_bytes(encode_jpeg(concrete(np.random.default_rng(i), WH)))
        for count in (50, 125) if args.short else (125, 500):
            command = [sys.executable, "-c", CHILD, folder, str(count), str(Path(__file__).parent)]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            rows.append(json.loads(done.stdout.splitlines()[-1]))
    show("a mosaic of 1080p frames", rows, args)


if __name__ == "__main__":
    main()
