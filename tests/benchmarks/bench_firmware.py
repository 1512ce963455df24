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
from itertools import groupby
from pathlib import Path
from typing import Any

from harness import show

from edge.bundle import default_bundle_path
from edge.errors import HairlineError
from firmware_export.board import find_board
from firmware_export.emulate import measure
from firmware_export.golden import load_board_model

HERE = Path(__file__).parent
PROCESSORS = {
    "mps2-an386": "Cortex-M4",
    "mps2-an500": "Cortex-M7",
    "mps2-an505": "Cortex-M33",
    "mps3-an547": "Cortex-M55",
    "rp2040": "Cortex-M0+",
    "riscv-virt": "RV32IMAC",
}
# What a board is packed for where it is not its own: Winograd's kernel takes more flash for fewer instructions.
WINOGRAD = {"mps2-an386": "armv7em-winograd"}
WINOGRAD_SOURCE = "hairline_winograd_dsp.c"
OURS, ANCHOR = "Hairline", "TFLM + CMSIS-NN"
COMPARED = ("instructions", "flash B", "RAM B")
Row = dict[str, Any]
Anchor = dict[str, Any]


def main() -> int:
    args = _arguments()
    rows, failures = _measured(args)
    failures += [
        f"{row['network']} on {row['CPU']}: the scores must be exact; they are NOT"
        for row in rows
        if row["exact"] != "yes"
    ]
    if failures:
        args.json = None  # no table with holes where the whole one belongs
    if rows:
        show(
            "The network as C, against TensorFlow Lite Micro with CMSIS-NN",
            _beside_anchor(rows, json.loads((HERE / "anchor_tflm.json").read_text())),
            args,
            counts="instructions, not cycles",
            anchors="instructions, flash, RAM: ours / its",
            networks="the anchor's own files"
            if args.models
            else "dw, art: the anchor's layers; all but the bundle: drawn weights",
        )
    sys.stderr.write("".join(f"{failure}\n" for failure in failures))
    return 1 if failures else 0


def _measured(args: Namespace) -> tuple[list[Row], list[str]]:
    """Our rows, and what could not be measured."""
    if args.measured:
        return json.loads(args.measured.read_text())["rows"], []
    rows: list[Row] = []
    failures = []
    with tempfile.TemporaryDirectory(prefix="hairline-") as name:
        scratch = Path(name)
        for model, path in _models(args, scratch).items():
            for board in ("mps2-an386",) if args.short else args.board or PROCESSORS:
                for cpu in filter(None, (find_board(board).cpu, WINOGRAD.get(board))):
                    try:
                        rows += _row(model, path, board, cpu, scratch / f"{model}-{board}-{cpu}")
                    except HairlineError as error:
                        failures.append(f"{model} on {board} for {cpu}: not measured: {error}")
    return rows, failures


def _arguments() -> Namespace:
    parser = ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bundle", type=Path, default=default_bundle_path(), help="default: the one that ships")
    parser.add_argument("--models", type=Path, metavar="DIR", help="folder with the anchor's dw.tflite and art.tflite")
    parser.add_argument("--board", action="append", choices=PROCESSORS, help="only this one (may be repeated)")
    parser.add_argument("--measured", type=Path, metavar="FILE", help="take our rows from a table written by --json")
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


def _row(model: str, path: Path, name: str, cpu: str, folder: Path) -> list[Row]:
    """One measurement; none where the network has no layer for Winograd's kernel. Raises `HairlineError`."""
    board = find_board(name)
    loaded = load_board_model(path, cpu=cpu, golden_count=1)
    winograd = WINOGRAD_SOURCE in loaded.made.sources
    if cpu != board.cpu and not winograd:
        return []
    measured = measure(board, loaded, folder)
    return [
        {
            "network": model,
            "CPU": f"{PROCESSORS[name]}, Winograd" if winograd else PROCESSORS[name],
            "instructions": measured.instructions,
            "per MAC": measured.instructions / loaded.made.graph.macs,
            "flash B": measured.flash_bytes,
            "RAM B": measured.ram_bytes,
            "arena": measured.arena_bytes,
            "stack": measured.stack_bytes,
            "exact": "yes" if measured.exact else "NO",
        }
    ]


def _beside_anchor(rows: list[Row], anchor: Anchor) -> list[Row]:
    """Our rows with our share of the anchor's figures, and under those of a network on a processor the anchor's own."""
    ours = [row for row in rows if row.get("made by") != ANCHOR]
    peers = {(peer["model"], peer["cpu"]): peer for peer in anchor["rows"]}
    whole: list[Row] = []
    for (network, cpu), group in groupby(ours, lambda row: (row["network"], row["CPU"].partition(",")[0])):
        same = list(group)
        theirs = []
        if (network, cpu) in peers:
            # The layers are the same, so are the multiply-accumulates.
            macs = same[0]["instructions"] / same[0]["per MAC"]
            theirs = [_anchor_row(peers[network, cpu], anchor["static_bytes"], macs)]
        for row in same:
            share = " ".join(f"{row[name] / peer[name]:.2f}" for peer in theirs for name in COMPARED)
            named = {"network": network, "CPU": row["CPU"], "made by": OURS}
            whole.append(named | row | {"/ anchor's": share})
        whole += theirs
    return whole


def _anchor_row(peer: Row, static_bytes: int, macs: float) -> Row:
    """The anchor's figures in our columns; its stack was not measured, its outputs were all equal."""
    return {
        "network": peer["model"],
        "CPU": peer["cpu"],
        "made by": ANCHOR,
        "instructions": peer["instructions"],
        "per MAC": peer["instructions"] / macs,
        "flash B": peer["flash_bytes"],
        "RAM B": peer["arena_bytes"] + static_bytes,
        "arena": peer["arena_bytes"],
        "stack": "",
        "exact": "yes",
        "/ anchor's": "",
    }


if __name__ == "__main__":
    sys.exit(main())
