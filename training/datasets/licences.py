"""Under what terms pictures may be used, and which of them a model that ships may be trained on."""

from training.datasets.item import Item

CC_BY_4 = "CC BY 4.0"
RESEARCH_ONLY = "none stated: for research and evaluation only"
OWN = "the owner's own"

MAY_SHIP = (CC_BY_4, OWN)


def may_ship(item: Item) -> bool:
    """True where a model trained on the picture may be given away; training to ship refuses all others."""
    return item.licence in MAY_SHIP
