"""`hairline bundle show|verify`: what a model bundle says of itself; whether it and its runtime are sound."""

import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from edge.verb import Verb, add_action

if TYPE_CHECKING:
    from rich.table import Table

    from edge.bundle import Bundle
    from edge.manifest import Manifest
    from edge.operating_point import Interval


def configure(parser: ArgumentParser) -> None:
    """Adds the two actions."""
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    show = add_action(actions, "show", "what the bundle says of itself, its files verified")
    show.add_argument("--json", action="store_true", help="the manifest as JSON")
    verify = add_action(actions, "verify", "also run its golden tiles on the installed runtime")
    for action in (show, verify):
        action.add_argument(
            "dir", nargs="?", type=Path, metavar="DIR", help="bundle folder (default: the one that ships)"
        )


def run(args: Namespace) -> int:
    """Runs the action that was asked for."""
    from edge.bundle import default_bundle_path, read_bundle

    path = args.dir or default_bundle_path()
    if args.action == "verify":
        return _verify(path)
    bundle = read_bundle(path)
    if args.json:
        from edge.manifest_json import dumps

        sys.stdout.write(dumps(bundle.manifest))
    else:
        _show(bundle)
    return 0


def _verify(path: Path) -> int:
    from edge.classifier import check_golden, load_classifier
    from edge.segmenter import check_golden_masks, segmenter_of

    bundle, classifier = load_classifier(path)
    steps = check_golden(bundle, classifier)
    masks = ""
    if bundle.segmenter is not None:
        segmenter = segmenter_of(bundle)
        dice = check_golden_masks(bundle.segmenter, segmenter, where=str(path))
        masks = f", {len(bundle.segmenter.pictures)} golden masks to a Dice of {dice:.4f}"
    sys.stdout.write(
        f"ok {path}: {bundle.manifest.name}, {len(bundle.manifest.files)} files, "
        f"{len(bundle.golden.outputs)} golden tiles at most {steps} step off{masks} with {classifier.runtime}\n"
    )
    return 0


def _show(bundle: "Bundle") -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    manifest = bundle.manifest
    facts = Table(box=None, show_header=False, pad_edge=False)
    for name, value in _facts(bundle).items():
        facts.add_row(name, Text(value, overflow="fold"))
    metrics = Table("metric", "set", "value", "95 % interval", "n", title="metrics", title_justify="left")
    for m in manifest.metrics:
        interval = "" if m.ci95 is None else f"{m.ci95[0]:.4g} to {m.ci95[1]:.4g}"
        metrics.add_row(Text(m.name), Text(m.set), f"{m.value:.4g}", interval, str(m.n))
    data = Table("set", "licence", "items", "citation", title="training data", title_justify="left")
    for d in manifest.training_data:
        data.add_row(Text(d.name), Text(d.licence), str(d.items), Text(d.citation))
    console = Console(file=sys.stdout, highlight=False)
    for part in (facts, _thresholds(manifest), metrics, data, _files(manifest)):
        console.print(part)


def _facts(bundle: "Bundle") -> dict[str, str]:
    manifest, spec = bundle.manifest, bundle.manifest.classifier
    way = "dense" if spec.dense else "one by one"
    resized = "" if spec.input_px == spec.tile_px else f", resized to {spec.input_px} px"
    scale = "unknown" if spec.mm_per_px == "unknown" else f"{spec.mm_per_px[0]:g} to {spec.mm_per_px[1]:g}"
    pooling = spec.image_pooling
    temperature = f" divided by {spec.temperature:.4g}" if spec.score == "logit" else ""
    return {
        "bundle": f"{manifest.name} ({bundle.path})",
        "SHA-256": bundle.sha256,
        "recipe": manifest.recipe,
        "made": f"{manifest.created_utc}, commit {manifest.commit}",
        "by": manifest.command,
        "tile": f"{spec.tile_px} px every {spec.stride_px} px{resized}, {way}",
        "output": f"{spec.score}{temperature} of '{spec.labels[1]}', else '{spec.labels[0]}'",
        "image score": pooling.kind if pooling.kind == "max" else f"mean of the {pooling.k} highest",
        "mm per px": scale,
        "split": manifest.split_sha256,
    }


def _thresholds(manifest: "Manifest") -> "Table":
    from rich.table import Table
    from rich.text import Text

    table = Table("threshold", "score", "chosen for", "recall", "false alarms", "chosen on", title="operating points")
    table.title_justify = "left"
    for name, point in (("window", manifest.window_threshold), ("image", manifest.image_threshold)):
        rates = (
            _rate(point.recall, point.recall_ci95),
            _rate(point.false_alarm_rate, point.false_alarm_rate_ci95),
        )
        table.add_row(name, f"{point.score:.4f}", point.reason, *rates, Text(point.chosen_on))
    return table


def _rate(value: float, ci95: "Interval | None") -> str:
    return f"{value:.2%}" + (f" ({ci95[0]:.2%} to {ci95[1]:.2%})" if ci95 else "")


def _files(manifest: "Manifest") -> "Table":
    from rich.table import Table

    table = Table("file", "SHA-256", title="files", title_justify="left")
    for name, digest in manifest.files.items():
        table.add_row(name, digest)
    for name, digest in manifest.float_files.items():
        table.add_row(f"float/{name}", digest)
    return table


VERB = Verb(name="bundle", help="show or verify a model bundle", extra="edge", configure=configure, run=run)
