"""The verbs of this package. Nothing heavy is imported before a verb runs."""

from argparse import ArgumentParser, Namespace
from importlib import import_module

from edge.verb import Verb


def _verb(name: str, module: str, says: str) -> Verb:
    """The verb whose `configure` and `run` stand in `module`, which is imported when one of them is called."""

    def configure(parser: ArgumentParser) -> None:
        import_module(module).configure(parser)

    def run(args: Namespace) -> int:
        status: int = import_module(module).run(args)
        return status

    return Verb(name=name, help=says, extra="train", configure=configure, run=run)


DATA = _verb("data", "training.datasets.verb", "fetch, check, mend and split labelled pictures of cracks")
TRAIN = _verb("train", "training.verbs.train", "train a recipe on labelled pictures and make a bundle of it")
EVALUATE = _verb(
    "evaluate",
    "training.verbs.evaluate",
    "score labelled pictures with a bundle: accuracy, AUROC, precision, recall",
)
BENCH = _verb(
    "bench",
    "training.bench.verb",
    "judge a bundle on rendered walls: probability of detection, false cracks a square metre",
)
GATE = _verb("gate", "training.verbs.gate", "say whether a new bundle may take an old one's place, and let it")
