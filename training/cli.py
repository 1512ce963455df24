"""The verbs of this package. Nothing heavy is imported before a verb runs."""

from argparse import ArgumentParser, Namespace

from edge.verb import Verb


def _configure_data(parser: ArgumentParser) -> None:
    from training.datasets.verb import configure

    configure(parser)


def _data(args: Namespace) -> int:
    from training.datasets.verb import run

    return run(args)


DATA = Verb(
    name="data",
    help="fetch, check, mend and split labelled pictures of cracks",
    extra="train",
    configure=_configure_data,
    run=_data,
)


def _configure_train(parser: ArgumentParser) -> None:
    from training.verbs.train import configure

    configure(parser)


def _train(args: Namespace) -> int:
    from training.verbs.train import run

    return run(args)


TRAIN = Verb(
    name="train",
    help="train a recipe on labelled pictures and make a bundle of it",
    extra="train",
    configure=_configure_train,
    run=_train,
)


def _configure_evaluate(parser: ArgumentParser) -> None:
    from training.verbs.evaluate import configure

    configure(parser)


def _evaluate(args: Namespace) -> int:
    from training.verbs.evaluate import run

    return run(args)


EVALUATE = Verb(
    name="evaluate",
    help="score labelled pictures with a bundle: accuracy, AUROC, precision, recall",
    extra="train",
    configure=_configure_evaluate,
    run=_evaluate,
)


def _configure_bench(parser: ArgumentParser) -> None:
    from training.bench.verb import configure

    configure(parser)


def _bench(args: Namespace) -> int:
    from training.bench.verb import run

    return run(args)


BENCH = Verb(
    name="bench",
    help="judge a bundle on rendered walls: probability of detection, false cracks a square metre",
    extra="train",
    configure=_configure_bench,
    run=_bench,
)
