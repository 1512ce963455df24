"""What `hairline run --classifier` names."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from edge.bundle import Bundle, read_bundle
from edge.classifier import Classifier, load_classifier
from edge.errors import SourceError

DEEPC = "deepc:"
SERIAL = "serial:"


@contextmanager
def open_classifier(asked: str, bundle_path: Path, *, threads: int) -> Iterator[tuple[Bundle, Classifier]]:
    """The bundle and what computes its scores: 'int8' (the bundle's network on this machine),
    'serial:PORT' (the same network on a board) or 'deepc:PROGRAM'.

    Whatever it is, it was proved on the golden tiles. What was opened for it is closed at the end.
    """
    if asked == "int8":
        yield load_classifier(bundle_path, threads=threads)
    elif asked.startswith(DEEPC):
        from edge.process_classifier import deepc_classifier
        from edge.tile_process import TileProcess

        bundle, program = read_bundle(bundle_path), Path(asked.removeprefix(DEEPC)).absolute()
        with TileProcess([program]) as process:
            yield bundle, deepc_classifier(bundle, program, process)
    elif asked.startswith(SERIAL):
        from edge.serial_classifier import SerialBoard, SerialClassifier

        bundle = read_bundle(bundle_path)
        with SerialBoard.open(asked.removeprefix(SERIAL)) as board:
            yield bundle, SerialClassifier(bundle, board)
    else:
        raise SourceError(f"a classifier is 'int8', 'serial:PORT' or 'deepc:PROGRAM'; got '{asked}'")
