"""Makes `docs/results.md`; `make results` runs it.

The figures come from what was measured; the words about what was not reached are looked over at a release.
"""

import sys
from argparse import ArgumentParser
from collections.abc import Callable, Sequence
from pathlib import Path

from edge.bundle import default_bundle_path
from edge.classifier import load_classifier
from training.datasets.location import data_root, dataset_folder
from training.results.benchmarks import benchmarks
from training.results.frames import frames
from training.results.networks import networks
from training.results.segmenter import segmenter
from training.results.sources import Sources
from training.results.trusted import trusted

HEAD = """# Results

Made by `make results` from the manifests in the bundles, the whole frames, and the benchmarks' JSON in `docs/results/`.
Every figure is of the int8 network unless it says otherwise. Intervals are 95 %, by bootstrap over source photos.

"""

PARTS: tuple[Callable[[Sources], str], ...] = (networks, segmenter, trusted, frames, benchmarks)
"""The parts of the page in their order, each in a file of its own."""


def main(argv: Sequence[str] | None = None) -> int:
    """Writes the page; the exit status."""
    parser = ArgumentParser(prog="python -m training.results", description=main.__doc__)
    parser.add_argument("--out", type=Path, default=Path("docs/results.md"))
    parser.add_argument("--measured", type=Path, default=Path("docs/results"), help="records of runs, benchmark JSON")
    args = parser.parse_args(argv)
    bundle, classifier = load_classifier(default_bundle_path())
    sources = Sources(
        bundle=bundle,
        classifier=classifier,
        measured=args.measured,
        images=args.out.parent / "img",
        frames=dataset_folder(data_root(), "sdnet_walls") / "tiles.csv",
    )
    args.out.write_text("\n".join([HEAD, *(part(sources) for part in PARTS)]), encoding="utf-8")
    sys.stdout.write(f"{args.out}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
