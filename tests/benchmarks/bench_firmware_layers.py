"""Instructions a multiply-accumulate of single convolutions, emulated: does a 1x1 need a kernel of its own?

Every layer makes 16x16 pixels of 64 channels. A 1x1 of 576 channels and a 3x3 of 64 have as many taps a pixel, so what
is left between them is what the 3x3 pays for gathering its window.
"""

import sys
import tempfile
from argparse import ArgumentParser
from pathlib import Path

import numpy as np
from harness import show

from firmware_export.board import find_board
from firmware_export.emulate import measure
from firmware_export.golden import load_board_model

# The writer of networks is the tests' own.
sys.path.insert(0, str(Path(__file__).parents[1]))
from tflite_models import ACTIVATIONS, OPS, ModelWriter

SIDE, OUT_C = 16, 64
LAYERS = ((1, 64), (1, 576), (3, 64))  # kernel's side, input channels
PACKED = (("mps2-an386", "armv7em"), ("mps2-an386", "armv7em-winograd"), ("mps3-an547", "helium"))


def main() -> int:
    parser = ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    parser.add_argument("--short", action="store_true", help="the 1x1 of 64 channels and the 3x3, for one processor")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="hairline-") as folder:
        rows = [
            _row(side, in_c, board, cpu, Path(folder) / f"{side}-{in_c}-{cpu}")
            for board, cpu in (PACKED[:1] if args.short else PACKED)
            for side, in_c in (LAYERS[::2] if args.short else LAYERS)
            if cpu != "armv7em-winograd" or side == 3
        ]
    show("One convolution to 16x16 pixels of 64 channels", rows, args, counts="instructions, not cycles")
    return 0 if all(row["exact"] == "yes" for row in rows) else 1


def _row(side: int, in_c: int, board: str, cpu: str, folder: Path) -> dict[str, object]:
    folder.mkdir()
    path = folder / "layer.tflite"
    path.write_bytes(layer(side, in_c))
    loaded = load_board_model(path, cpu=cpu, golden_count=1)
    measured = measure(find_board(board), loaded, folder / "build")
    return {
        "layer": f"{side}x{side}, {in_c} to {OUT_C}",
        "packed for": cpu,
        "instructions": measured.instructions,
        "MAC": loaded.made.graph.macs,
        "per MAC": measured.instructions / loaded.made.graph.macs,
        "arena": measured.arena_bytes,
        "exact": "yes" if measured.exact else "NO",
    }


def layer(side: int, in_c: int) -> bytes:
    """A `.tflite` of one convolution with a fused ReLU and drawn weights."""
    rng = np.random.default_rng(1)
    weights = rng.integers(-127, 128, (OUT_C, side, side, in_c)).astype(np.int8)
    scale = 0.01
    writer = ModelWriter()
    x = writer.tensor((1, SIDE, SIDE, in_c), scale, 0)
    inputs = [
        x,
        writer.constant(weights, [scale] * OUT_C),
        writer.constant(np.zeros(OUT_C, np.int32), [scale**2] * OUT_C),
    ]
    out = writer.tensor((1, SIDE, SIDE, OUT_C), 1.0, -128)
    options = {"strideH": 1, "strideW": 1, "dilationHFactor": 1, "dilationWFactor": 1}
    made = writer.operator(
        OPS.CONV_2D, inputs, out, "Conv2DOptions", fusedActivationFunction=ACTIVATIONS.RELU, **options
    )
    return writer.write(x, made)


if __name__ == "__main__":
    sys.exit(main())
