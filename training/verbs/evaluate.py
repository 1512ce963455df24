"""`hairline evaluate`: labelled pictures against a bundle, at native pixels."""

import json
import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from edge.bundle import Bundle
    from edge.classifier import Classifier
    from edge.operating_point import OperatingPoint
    from training.datasets.item import Item
    from training.evaluate import ImageScore
    from training.record.evaluation import Figures
    from training.trusted_report import TrustedReport
    from training.two_stage import CrackRow

DESCRIPTION = """Scores every picture at native pixels over all its windows, pooled as the bundle says, and prints
accuracy, AUROC, precision, recall and the confusion matrix at the bundle's operating point. PATH is a folder with one
sub-folder a class: cracked and uncracked, or Positive and Negative. Intervals are 95 %, by bootstrap
over source photos."""


def configure(parser: ArgumentParser) -> None:
    parser.description = DESCRIPTION
    parser.add_argument("--bundle", type=Path, metavar="DIR", help="the bundle to judge (default: the one that ships)")
    parser.add_argument(
        "--data", action="append", type=named_path, default=[], metavar="NAME=PATH", help="a set; may be repeated"
    )
    parser.add_argument(
        "--side",
        choices=("train", "validation", "test"),
        help="only pictures that the split puts on this side; NAME is then the set's in the split (metu, sdnet2018)",
    )
    parser.add_argument(
        "--frames", type=Path, metavar="TILES.CSV", help="whole frames with labelled tiles, as in frames/sdnet_walls"
    )
    parser.add_argument(
        "--trusted",
        action="store_true",
        help="the trusted list of SDNET2018's wall tiles (looked at by eye) of --side, validation or test (default: "
        "test), from the data folder",
    )
    parser.add_argument(
        "--all",
        action="store_true",
        help="METU and SDNET2018 on --side (default: test), the trusted list and whole frames, from the data folder",
    )
    parser.add_argument(
        "--float", action="store_true", help="the float network beside the bundle too (no frames); needs Keras"
    )
    parser.add_argument(
        "--threshold", type=_probability, metavar="P", help="another probability than the operating point's"
    )
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(args: Namespace) -> int:
    from dataclasses import replace

    from edge.bundle import default_bundle_path
    from edge.classifier import load_classifier
    from edge.tiling import image_score
    from training.evaluate import evaluate_frames, float_image_score
    from training.record.evaluation import Evaluation, verdicts_sha256_of
    from training.verbs.evaluate_tables import print_cracks, print_frames, print_reports, print_trusted

    if args.all:
        _everything(args)
    _check(args)
    bundle, classifier = load_classifier(args.bundle or default_bundle_path())
    manifest = bundle.manifest
    image, window = manifest.image_threshold, manifest.window_threshold
    if args.threshold is not None:
        image, window = (replace(point, score=args.threshold) for point in (image, window))
    model = _float_network(bundle) if args.float else None
    evaluation = Evaluation(
        name=manifest.name,
        sha256=bundle.sha256,
        verdicts_sha256=verdicts_sha256_of(bundle),
        side=args.side,
        int8=_figures(args, lambda picture: image_score(classifier.score_map(picture)), image),
        frames=tuple(evaluate_frames(args.frames, classifier, window.score)) if args.frames else (),
        cracks=_cracks(args, bundle, classifier, window.score) if manifest.segmenter else (),
        floating=_figures(args, lambda picture: float_image_score(picture, model, manifest.classifier), image)
        if model
        else None,
    )
    if args.json:
        sys.stdout.write(json.dumps(evaluation.as_json(), indent=2, allow_nan=False) + "\n")
        return 0
    for kind, figures in (("int8", evaluation.int8), ("float", evaluation.floating)):
        if figures and figures.sets:
            print_reports(figures.sets, kind)
        if figures and figures.trusted:
            print_trusted(figures.trusted, f"{figures.trusted_side}, {kind}")
    if evaluation.frames:
        print_frames(evaluation.frames, window.score)
    if evaluation.cracks:
        print_cracks(evaluation.cracks)
    return 0


def _everything(args: Namespace) -> None:
    """What --all stands for."""
    from edge.errors import DataError
    from training.datasets import metu, sdnet
    from training.datasets.location import data_root, dataset_folder

    if args.data or args.frames:
        raise DataError("--all names every set itself: give it without --data and --frames")
    root = data_root()
    args.side = args.side or "test"
    args.data = [(name, dataset_folder(root, name)) for name in (metu.NAME, sdnet.NAME)]
    args.trusted = True
    args.frames = dataset_folder(root, "sdnet_walls") / "tiles.csv" if args.side == "test" else None


def _figures(args: Namespace, score: "ImageScore", point: "OperatingPoint") -> "Figures":
    """What one network, known by the score that it gives a picture, does on everything asked for but frames."""
    from training.evaluate import on_side, score_pictures
    from training.record.evaluation import Figures

    reports = {}
    for name, path in args.data:
        items = on_side(items_of(name, path), _split(), args.side)
        reports[name] = score_pictures(items, score, progress=_track).report(point)
    side = args.side or "test"
    return Figures(sets=reports, trusted=_trusted(score, side) if args.trusted else None, trusted_side=side)


def _cracks(args: Namespace, bundle: "Bundle", classifier: "Classifier", threshold: float) -> "tuple[CrackRow, ...]":
    """What classifier and segmenter together see: on whole frames, or on the validation side's uncracked walls."""
    from edge.measure.measure import Measurer
    from edge.segmenter import segmenter_of
    from training.datasets import sdnet
    from training.evaluate import on_side
    from training.two_stage import frame_cracks, uncracked_cracks

    measurer = Measurer(segmenter=segmenter_of(bundle), threshold=threshold)
    if args.frames:
        return tuple(frame_cracks(args.frames, classifier, measurer))
    walls = dict(args.data).get(sdnet.NAME) if args.side == "validation" else None
    if walls is None:
        return ()
    uncracked = [item for item in on_side(items_of(sdnet.NAME, walls), _split(), args.side) if item.label == 0]
    return tuple(uncracked_cracks(_track(uncracked), classifier, measurer))


def _float_network(bundle: "Bundle") -> Any:
    from edge.bundle import FLOAT_FOLDER
    from edge.errors import BundleError

    folder = bundle.path / FLOAT_FOLDER
    files = sorted(folder.glob("*.keras"))
    if not files:
        raise BundleError(f"{folder}: --float judges the float network beside a bundle; there is no .keras file")
    import keras

    return keras.saving.load_model(files[0], compile=False)


def _check(args: Namespace) -> None:
    from edge.errors import DataError
    from training.record.evaluation import TAKEN

    names = [name for name, _ in args.data]
    for name in names:
        if name in TAKEN:
            raise DataError(f"a set cannot be called '{name}': other figures have that name ({', '.join(TAKEN)})")
        if names.count(name) > 1:
            raise DataError(f"every --data has its own NAME; given twice: {name}")
    if args.trusted and args.side == "train":
        raise DataError("a trusted list is of the validation or the test side, not of train: give another --side")
    if not args.data and not args.frames and not args.trusted:
        raise DataError("there is nothing to evaluate: give --data NAME=PATH, --frames TILES.CSV, --trusted or --all")


def _probability(text: str) -> float:
    value = float(text)
    if not 0 < value <= 1:
        raise ArgumentTypeError(f"expected a probability above 0 and at most 1, got {text}")
    return value


def named_path(text: str) -> tuple[str, Path]:
    name, equals, path = text.partition("=")
    if not (name and equals and path):
        raise ArgumentTypeError(f"expected NAME=PATH, got '{text}'")
    return name, Path(path)


def items_of(name: str, path: Path) -> "list[Item]":
    """The labelled pictures of a tree of class folders, called as the split calls them: NAME/path below PATH.

    A set that the project knows by this name and folder is read by its own reader, which also knows source photos.
    """
    from edge.errors import DataError
    from training.datasets.folder import CLASSES, read_classes
    from training.datasets.licences import OWN
    from training.datasets.location import FOLDERS
    from training.datasets.registry import READERS

    if not path.is_dir():
        raise DataError(f"{path}: there is no such folder")
    if FOLDERS.get(name) == path.name:
        return [item for item in READERS[name](path.parent) if item.label is not None]
    return read_classes(path, dataset=name, classes=CLASSES, licence=OWN)


def _trusted(score: "ImageScore", side: str) -> "TrustedReport":
    from training.datasets.location import data_root
    from training.datasets.trusted import LISTS, read_marks, trusted_items
    from training.trusted_report import score_trusted, trusted_report

    items = trusted_items(data_root(), _split(), read_marks(LISTS[side]), side)
    return trusted_report(score_trusted(_track(items), score))


def _split() -> Any:
    from training.datasets.split import load_split

    return load_split()


def _track(items: "Iterable[Any]") -> Any:
    from rich.console import Console
    from rich.progress import track

    return track(items, description="scoring pictures", console=Console(stderr=True), transient=True)
