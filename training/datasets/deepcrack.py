"""DeepCrack: 537 photos of cracks with pixel masks, for research and evaluation only.

Liu, Y. et al., "DeepCrack", Neurocomputing 338 (2019) 139-153, doi:10.1016/j.neucom.2019.01.036. Its
repository states no licence of the data and some photos carry a stock agency's watermark, so that nothing
trained on it may ship.
"""

from pathlib import Path

from edge.errors import DataError
from training.datasets.item import Item
from training.datasets.licences import RESEARCH_ONLY
from training.datasets.location import dataset_folder, pictures

NAME = "deepcrack"
SIDES = ("train", "test")
"""As published; three source photos lie in both, which the group of an item tells."""


def read(root: Path) -> list[Item]:
    """Every photo below `root`/deepcrack, sorted by name, with the path where its mask has to be.

    The layout is train|test / images|masks; crops `11142-1`, `11142-2` come from the source photo `11142`.
    Raises DataError where a folder is missing.
    """
    folder = dataset_folder(root, NAME)
    items = []
    for side in SIDES:
        images = folder / side / "images"
        if not images.is_dir():
            raise DataError(f"DeepCrack has the folders train/images and test/images: there is no {images}")
        items += [
            Item(
                name=f"{NAME}/{side}/images/{path.name}",
                path=path,
                dataset=NAME,
                label=None,
                group=f"{NAME}/{path.stem.rpartition('-')[0] or path.stem}",
                licence=RESEARCH_ONLY,
                mask_path=folder / side / "masks" / f"{path.stem}.png",
            )
            for path in pictures(images)
        ]
    return sorted(items, key=lambda item: item.name)
