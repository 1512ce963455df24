"""`hairline data fetch|check|fix|split`."""

import json
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edge.errors import DataError, FetchError
from edge.verb import add_action
from training.datasets.location import ENVIRONMENT, data_root

if TYPE_CHECKING:
    from training.datasets.cleaning import CleaningReport
    from training.datasets.split import Split

WHERE = f"""\
The data folder is {ENVIRONMENT}, or data/ here. In it: metu/, sdnet2018/, frames/sdnet_walls/, deepcrack/,
elci/, Concrete/ and own/ (your own pictures: own/cracked, own/uncracked, and in them, if you like, a folder a
photo or wall).
"""
SHOWN = 5
"""How many names of a fault the table gives; --json gives all."""


def configure(parser: ArgumentParser) -> None:
    """The sub-verbs and their options."""
    parser.epilog = WHERE
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)

    def add(name: str, text: str, run_action: Callable[[Namespace], int]) -> ArgumentParser:
        action = add_action(actions, name, text)
        action.epilog = WHERE
        action.set_defaults(run_action=run_action)
        return action

    fetch = add("fetch", "download a data set from where it is published and verify it", _fetch)
    fetch.add_argument("name", metavar="NAME", help="metu (0.25 GB), sdnet2018 (0.5 GB) or deepcrack")
    fetch.add_argument("--to", type=Path, metavar="DIR", help="the data folder to put it in")
    fetch.add_argument("--archive", type=Path, metavar="FILE", help="take this archive instead of downloading it")

    check = add(
        "check",
        "decode every picture and mask, and say which cannot be used and why; changes nothing",
        _check,
    )
    check.add_argument("names", metavar="NAME", nargs="*", help="data sets; by default all in the data folder")
    check.add_argument("--json", action="store_true", help="write the whole report as JSON")

    fix = add("fix", "mend the set 'concrete' (names, pairs, one-channel masks 0/255) into a new folder", _fix)
    fix.add_argument("--from", type=Path, dest="source", metavar="DIR", help="by default Concrete/ in the data folder")
    fix.add_argument("--to", type=Path, required=True, metavar="DIR", help="a folder that is new or empty")

    split = add("split", "split pictures into train, validation and test, with no photo or copy on two sides", _split)
    split.add_argument("names", metavar="NAME", nargs="*", help="data sets; by default those of the recipe")
    split.add_argument(
        "--recipe", type=Path, metavar="FILE", help="seed and rules; by default those of the shipped split"
    )
    split.add_argument("--to", type=Path, metavar="FILE", help="write the manifest there")
    split.add_argument(
        "--check",
        action="store_true",
        help="recompute the shipped split from the pictures that it lists, exit 1 if it differs",
    )


def run(args: Namespace) -> int:
    """Runs the sub-verb that was asked for."""
    status: int = args.run_action(args)
    return status


def _fetch(args: Namespace) -> int:
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

    from training.datasets.fetch import fetch
    from training.datasets.sources import source_of

    source, root = source_of(args.name), args.to or data_root()
    if root.exists() and not root.is_dir():
        raise FetchError(f"a data set is put into a folder, and this is a file: {root}")
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(source.dataset, total=None)
        report = fetch(
            source,
            root,
            archive=args.archive,
            progress=lambda there, total: bar.update(task, completed=there, total=total),
        )
    sys.stdout.write(
        f"{report.dataset}: {report.placed} files placed in {root}, {report.already_there} were there "
        f"already; "
        f"{report.verified} verified, {report.not_verified} not verified (no hash of them is known). "
        f"Licence: {source.licence}; source: {source.page}\n"
    )
    if report.different:
        raise FetchError(
            f"{len(report.different)} files of {report.dataset} are not the ones that Hairline was built "
            f"with, the first: "
            f"{root / report.different[0]}. Delete them and fetch again, or expect other results"
        )
    return 0


def _check(args: Namespace) -> int:
    from training.datasets.cleaning import clean
    from training.datasets.registry import present, read_all

    root = data_root()
    names = args.names or present(root)
    if not names:
        raise DataError(f"there is no data set in {root}: `hairline data fetch metu`, or set {ENVIRONMENT}")
    reports = {name: clean(read_all([name], root))[1] for name in names}
    if args.json:
        json.dump({name: _report_json(report) for name, report in reports.items()}, sys.stdout, indent=1)
        sys.stdout.write("\n")
    else:
        _report_table(reports)
    return 0


def _fix(args: Namespace) -> int:
    from training.datasets import concrete
    from training.datasets.concrete_fix import fix_dataset
    from training.datasets.location import dataset_folder

    report = fix_dataset(args.source or dataset_folder(data_root(), concrete.NAME), args.to)
    for name in report.renamed:
        sys.stdout.write(f"{name}/Mask is {name}/Masks now\n")
    for reason, count in report.rewritten.items():
        sys.stdout.write(f"{count} masks rewritten as one channel of 0 and 255 ({reason})\n")
    sys.stdout.write(f"{report.written} pairs written to {args.to}\n")
    _report_table({"left behind": report.left_behind})
    return 0


def _split(args: Namespace) -> int:
    from training.datasets.cleaning import clean
    from training.datasets.registry import read_all
    from training.datasets.split import (
        DEFAULT,
        DEFAULT_RECIPE,
        load_recipe,
        load_split,
        make_split,
        split_text,
    )

    shipped = load_split() if args.check else None
    recipe = dict(shipped.recipe) if shipped else load_recipe(args.recipe or DEFAULT_RECIPE)
    items = read_all(args.names or recipe["datasets"], data_root())
    if shipped:
        items = [item for item in items if item.name in shipped.sides]
    kept, report = clean(items)
    split = make_split(kept, recipe)
    _split_table(split, left_by_cleaning=len(report.dropped))
    if args.to:
        try:
            args.to.write_text(split_text(split), encoding="utf-8")
        except OSError as error:
            raise DataError(f"the split cannot be written ({error.strerror}): {args.to}") from error
        sys.stdout.write(f"written to {args.to}\n")
    if shipped is None:
        return 0
    if split.sha256 == shipped.sha256:
        sys.stdout.write("the shipped split comes out the same\n")
        return 0
    missing = shipped.sides.keys() - split.sides.keys()
    moved = [name for name, side in split.sides.items() if shipped.sides[name] != side]
    sys.stdout.write(
        f"the shipped split ({DEFAULT.name}, sha256 {shipped.sha256}) comes out different: {len(missing)} of "
        f"its pictures "
        f"are missing here, {len(moved)} lie on another side\n"
    )
    return 1


def _report_json(report: "CleaningReport") -> dict[str, Any]:
    return {
        "checked": report.checked,
        "kept": report.checked - len(report.dropped),
        "dropped": {
            reason: [{"name": one.name, "detail": one.detail} for one in dropped]
            for reason, dropped in report.by_reason().items()
        },
    }


def _report_table(reports: dict[str, "CleaningReport"]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table("set", "checked", "fault", "pictures", "which")
    for name, report in reports.items():
        checked = str(report.checked)
        if not report.dropped:
            table.add_row(name, checked, "none", "0", "")
        for reason, dropped in report.by_reason().items():
            which = "\n".join(f"{one.name}: {one.detail}" for one in dropped[:SHOWN])
            more = len(dropped) - SHOWN
            table.add_row(name, checked, reason, str(len(dropped)), which + (f"\n... {more} more" if more > 0 else ""))
    Console().print(table)


def _split_table(split: "Split", left_by_cleaning: int) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table("set", "side", "cracked", "uncracked", "mask only")
    for dataset, sides in split.counts.items():
        for side, labels in sides.items():
            table.add_row(dataset, side, *(str(labels.get(label, 0)) for label in ("1", "0", "None")))
    console = Console()
    console.print(table)
    sys.stdout.write(f"sha256 {split.sha256}\n")
    for dataset, reasons in split.left_out.items():
        for reason, count in reasons.items():
            console.print(f"{dataset}: {count} left out ({reason})")
    console.print(f"{left_by_cleaning} dropped by cleaning")
    for leak in split.recipe["residual_leaks"]:
        console.print(f"note: {leak}")
