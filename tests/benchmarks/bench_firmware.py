"""Instructions, flash and RAM of our C on every emulated processor, beside TensorFlow Lite Micro with CMSIS-NN.

The anchor's figures were measured once (anchor_tflm.json says how); ours are measured now. QEMU and rp2040js have no
timing model: these are instructions, never cycles. RAM is arena (the input in it), data, bss and measured stack; the
anchor's has no stack in it. `dw` and `art` are made anew with the anchor's layers, or named with --models; `tilenet-s`,
whose weights are drawn too, stands beside them.
"""

import json
import subprocess
import sys
import tempfile
from argparse import ArgumentParser, Namespace
from pathlib import Path

from harness import show

from edge.bundle import default_bundle_path
from edge.errors import HairlineError
from firmware_export.board import find_board
from firmware_export.emulate import measure
from firmware_export.golden import load_board_model
from firmware_export.kernels.choose import CPUS

HERE = Path(__file__).parent
PROCESSORS = {
    "mps2-an386": "Cortex-M4",
    "mps2-an500": "Cortex-M7",
    "mps2-an505": "Cortex-M33",
    "mps3-an547": "Cortex-M55",
    "rp2040": "Cortex-M0+",
    "riscv-virt": "RV32IMAC",
}


def main() -> int:
    args = _arguments()
    anchor = json.loads((HERE / "anchor_tflm.json").read_text())
    with tempfile.TemporaryDirectory(prefix="hairline-") as name:
        scratch = Path(name)
        rows = []
        for model, path in _models(args, scratch).items():
            for board in ("mps2-an386",) if args.short else args.board or PROCESSORS:
                rows += _row(model, path, board, args.cpu, anchor, scratch / f"{model}-{board}")
    if not rows:
        sys.stderr.write("no emulator could run: make firmware-tools\n")
        return 1
    show(
        "The network as C, against TensorFlow Lite Micro with CMSIS-NN",
        rows,
        args,
        counts="instructions, not cycles",
        anchors="instructions, flash, RAM: ours / its",
        networks="the anchor's own files"
        if args.models
        else "dw, art: the anchor's layers; all but the bundle: drawn weights",
    )
    return 0


def _arguments() -> Namespace:
    parser = ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bundle", type=Path, default=default_bundle_path(), help="default: the one that ships")
    parser.add_argument("--models", type=Path, metavar="DIR", help="folder with the anchor's dw.tflite and art.tflite")
    parser.add_argument("--board", action="append", choices=PROCESSORS, help="only this one (may be repeated)")
    parser.add_argument("--cpu", choices=CPUS, help="pack for this one instead of the board's own")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    parser.add_argument("--short", action="store_true", help="one processor, for a look")
    return parser.parse_args()


def _models(args: Namespace, scratch: Path) -> dict[str, Path]:
    folder = args.models
    if folder is None:
        folder = scratch / "models"
        # In a process of its own: TensorFlow's memory would stay with us.
        subprocess.run([sys.executable, HERE / "anchor_models.py", folder], check=True, stderr=subprocess.DEVNULL)
    named = {name: folder / f"{name}.tflite" for name in ("dw", "art", "tilenet-s")}
    return {**{name: path for name, path in named.items() if path.is_file()}, "bundle": args.bundle}


def _row(model: str, path: Path, name: str, cpu: str | None, anchor: dict, folder: Path) -> list[dict[str, object]]:
    """One measurement; none, and a line, where this machine lacks what it takes."""
    board = find_board(name)
    try:
        loaded = load_board_model(path, cpu=cpu or board.cpu, golden_count=1)
        measured = measure(board, loaded, folder)
    except HairlineError as error:
        sys.stderr.write(f"{model} on {name}: not measured: {error}\n")
        return []
    peer = [row for row in anchor["rows"] if (row["model"], row["cpu"]) == (model, PROCESSORS[name])]
    against = ""
    if peer:
        ram = peer[0]["arena_bytes"] + anchor["static_bytes"]
        pairs = (
            (measured.instructions, peer[0]["instructions"]),
            (measured.flash_bytes, peer[0]["flash_bytes"]),
            (measured.ram_bytes, ram),
        )
        against = " ".join(f"{ours / theirs:.2f}" for ours, theirs in pairs)
    return [
        {
            "network": model,
            "CPU": PROCESSORS[name],
            "instructions": measured.instructions,
            "per MAC": measured.instructions / loaded.made.graph.macs,
            "flash B": measured.flash_bytes,
            "RAM B": measured.ram_bytes,
            "arena": measured.arena_bytes,
            "stack": measured.stack_bytes,
            "exact": "yes" if measured.exact else "NO",
            "/ anchor's": against,
        }
    ]


if __name__ == "__main__":
    sys.exit(main())
