"""What `hairline run` says at its end."""

import json
import sys
from argparse import Namespace
from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from edge.measure.tally import Tally
    from edge.run_book import Summary


def report(
    summary: "Summary", args: Namespace, *, stopped: bool, withheld: Mapping[str, int], unmeasured: str | None
) -> None:
    """To standard output. `withheld` counts frames without millimetres; `unmeasured` is why no find was measured."""
    picture = None if summary.best is None else summary.best.picture
    shown = args.log / picture if picture else None
    if args.json:
        content = {
            "frames_inspected": summary.inspected,
            "frames_skipped": dict(summary.skipped),
            "frames_lost": summary.lost,
            "frames_without_mm": dict(withheld),
            "frames_with_finds": summary.frames_with_finds,
            "finds": summary.finds,
            **_sizes(summary.sizes, unmeasured),
            "stopped": stopped,
            "log": str(args.log),
            "best_picture": str(shown) if shown else None,
        }
        sys.stdout.write(json.dumps(content, indent=2) + "\n")
        return
    _print_table(summary, stopped=stopped, withheld=withheld, unmeasured=unmeasured)
    # Paths are for copying: a table would fold or cut them.
    sys.stdout.write(f"log: {args.log}\n")
    if shown:
        sys.stdout.write(f"annotated picture: {shown}\n")


def _sizes(sizes: "Tally", unmeasured: str | None) -> dict[str, object]:
    return {
        "finds_measured": sizes.measured,
        "finds_unmeasured_because": unmeasured,
        "finds_below_resolution": sizes.below_resolution,
        "finds_without_mm": dict(sizes.withheld),
        "widest_mm": None if sizes.widest_mm is None else asdict(sizes.widest_mm),
        "widest_px": sizes.widest_px,
    }


def _print_table(summary: "Summary", *, stopped: bool, withheld: Mapping[str, int], unmeasured: str | None) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(title="stopped by its user: everything up to here is logged" if stopped else None, show_header=False)
    table.add_row("frames inspected", str(summary.inspected))
    for reason, count in summary.skipped.items():
        table.add_row(Text(f"frames skipped: {reason}"), str(count))
    if summary.lost:
        table.add_row("frames lost by the camera", str(summary.lost))
    for reason, count in withheld.items():
        table.add_row(Text(f"frames without millimetres: {reason}"), str(count))
    table.add_row("frames with finds", str(summary.frames_with_finds))
    table.add_row("finds", str(summary.finds))
    if summary.finds:
        for left, right in _size_rows(summary.sizes, unmeasured):
            table.add_row(Text(left), right)
    if summary.inspected:
        table.add_row("network, ms a frame", f"{summary.inference_ns / summary.inspected / 1e6:.1f}")
    if summary.best is not None:
        table.add_row("highest score", Text(f"{summary.best.score:.3f} in {summary.best.record.name}"))
    Console().print(table)


def _size_rows(sizes: "Tally", unmeasured: str | None) -> list[tuple[str, str]]:
    if unmeasured is not None:
        return [("finds measured", f"none: {unmeasured}")]
    rows = [("finds measured", str(sizes.measured))]
    if sizes.below_resolution:
        rows.append(("too fine for a width", str(sizes.below_resolution)))
    if sizes.widest_mm is not None:
        widest = sizes.widest_mm
        rows.append(("widest, mm (95 % interval)", f"{widest.value:.2f} ({widest.low:.2f} to {widest.high:.2f})"))
    elif sizes.widest_px is not None:
        rows.append(("widest, px", f"{sizes.widest_px:.1f}"))
    rows += [(f"finds without millimetres: {reason}", str(count)) for reason, count in sizes.withheld.items()]
    return rows
