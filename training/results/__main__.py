"""Makes `docs/results.md`; `make results` runs it.

The figures come from what was measured; the words about what was not reached are looked over at a release.
"""

import sys
from argparse import ArgumentParser
from collections.abc import Callable, Sequence
from pathlib import Path

from edge.bundle import default_bundle_path
from edge.classifier import load_classifier
from edge.errors import DataError
from edge.frame import U8Image
from edge.tiling import image_score
from training.datasets import metu
from training.datasets.location import data_root
from training.datasets.split import load_split
from training.datasets.trusted import read_marks, trusted_items
from training.evaluate import score_pictures
from training.record.evaluation import read_evaluation, verdicts_sha256_of
from training.results.benchmarks import benchmarks
from training.results.frames import frames
from training.results.measuring import measuring
from training.results.mistakes import mistakes
from training.results.networks import networks
from training.results.notes import notes
from training.results.reliability import diagrams
from training.results.runs import EVALUATION, SHIPPED
from training.results.segmenter import segmenter
from training.results.sources import Sources
from training.results.speed import speed
from training.results.test_sets import test_sets
from training.results.two_stage import two_stage
from training.results.unattended import unattended
from training.results.wall import wall
from training.trusted_report import score_trusted

HEAD = """# Results
Made by `make results` from the bundle that ships, the records in `docs/results/` and the benchmarks' JSON there.
Intervals are 95 %, by bootstrap over source photos.
"""
MEASURE = "hairline evaluate --all --float --json > docs/results/shipped/evaluation.json"

PARTS: tuple[Callable[[Sources], str], ...] = (
    networks,
    test_sets,
    segmenter,
    notes,
    diagrams,
    mistakes,
    frames,
    two_stage,
    measuring,
    wall,
    speed,
    unattended,
    benchmarks,
)
"""The parts of the page in their order, each in a file of its own."""


def main(argv: Sequence[str] | None = None) -> int:
    """Writes the page; the exit status."""
    parser = ArgumentParser(prog="python -m training.results", description=main.__doc__)
    parser.add_argument("--out", type=Path, default=Path("docs/results.md"))
    parser.add_argument("--measured", type=Path, default=Path("docs/results"), help="records of runs, benchmark JSON")
    args = parser.parse_args(argv)
    sources = read_sources(args.measured, args.out.parent / "img")
    args.out.write_text("\n".join([HEAD, *(part(sources) for part in PARTS)]), encoding="utf-8")
    sys.stdout.write(f"{args.out}\n")
    return 0


def read_sources(measured: Path, images: Path) -> Sources:
    """Scores METU's and the trusted list's test side by the shipped bundle, int8; reads the rest.

    Raises `DataError` where the record of the shipped bundle's figures is of another bundle.
    """
    bundle, classifier = load_classifier(default_bundle_path())
    evaluation = read_evaluation(measured / SHIPPED / EVALUATION)
    if evaluation.verdicts_sha256 != verdicts_sha256_of(bundle):
        raise DataError(
            f"{measured / SHIPPED / EVALUATION}: these must be figures of the bundle that ships, and are of another: "
            f"`{MEASURE}`"
        )
    data, split = data_root(), load_split()

    def score(picture: U8Image) -> float:
        return image_score(classifier.score_map(picture))

    return Sources(
        bundle=bundle,
        classifier=classifier,
        evaluation=evaluation,
        scored={metu.NAME: score_pictures(split.items("test", metu.read(data)), score)},
        trusted=score_trusted(trusted_items(data, split, read_marks()), score),
        measured=measured,
        images=images,
        data=data,
    )


if __name__ == "__main__":
    sys.exit(main())
