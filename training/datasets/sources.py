"""Where each data set is published, and where its files go in the data folder."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePosixPath

from edge.errors import FetchError
from training.datasets import concrete, deepcrack, elci, metu, sdnet


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """`place` gives the name below the data folder of a path in the archive, or None for what is not data.

    `page` is for people; `url` the archive itself, or None where a login stands before it.
    """

    dataset: str
    page: str
    url: str | None
    licence: str
    place: Callable[[PurePosixPath], str | None]


def source_of(dataset: str) -> Source:
    """Raises FetchError for a data set that is published nowhere, such as the user's own."""
    for source in SOURCES:
        if source.dataset == dataset:
            return source
    raise FetchError(
        f"a data set that can be fetched is one of {', '.join(source.dataset for source in SOURCES)}, not {dataset!r}"
    )


def _metu(path: PurePosixPath) -> str | None:
    folder = path.parent.name
    return f"metu/{folder}/{path.name}" if folder in ("Positive", "Negative") and _picture(path) else None


def _sdnet(path: PurePosixPath) -> str | None:
    class_folder, surface = path.parent.name, path.parent.parent.name
    if surface not in ("D", "P", "W") or class_folder not in (f"C{surface}", f"U{surface}") or not _picture(path):
        return None
    return f"sdnet2018/{surface}/{'cracked' if class_folder[0] == 'C' else 'uncracked'}/{path.name}"


def _deepcrack(path: PurePosixPath) -> str | None:
    side, _, kind = path.parent.name.partition("_")
    folder = {"img": "images", "lab": "masks"}.get(kind)
    return f"deepcrack/{side}/{folder}/{path.name}" if side in deepcrack.SIDES and folder and _picture(path) else None


def _nothing(path: PurePosixPath) -> str | None:
    return None


def _picture(path: PurePosixPath) -> bool:
    """Archives made on a Mac hold a `._` twin of every file."""
    return path.suffix.lower() in (".jpg", ".png") and not path.name.startswith(".")


SOURCES = (
    Source(
        dataset=metu.NAME,
        page="https://data.mendeley.com/datasets/5y9wdsg2zt/2",
        url="https://data.mendeley.com/public-files/datasets/5y9wdsg2zt/files/"
        "8a70d8a5-bce9-4291-bab9-b48cfb3e87c3/file_downloaded",
        licence="CC BY 4.0",
        place=_metu,
    ),
    Source(
        dataset=sdnet.NAME,
        page="https://digitalcommons.usu.edu/all_datasets/48/",
        url="https://digitalcommons.usu.edu/context/all_datasets/article/1047/type/native/viewcontent",
        licence="CC BY 4.0",
        place=_sdnet,
    ),
    Source(
        dataset=deepcrack.NAME,
        page="https://github.com/yhlleo/DeepCrack",
        url="https://github.com/yhlleo/DeepCrack/raw/master/dataset/DeepCrack.zip",
        licence="none stated: for research, cite the paper",
        place=_deepcrack,
    ),
    Source(
        dataset=elci.NAME,
        page="https://ieee-dataport.org/documents/elci-edge-based-labeled-crack-image",
        url=None,
        licence="see the page",
        place=_nothing,
    ),
    Source(
        dataset=concrete.NAME,
        page="https://www.kaggle.com/datasets/yatata1/crack-dataset",
        url=None,
        licence="see the page",
        place=_nothing,
    ),
)
