"""What the seeds, the documents that Hairline was started from, claim of their networks."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A seed's own figure, on its own split, and what of its network is not as we run it."""

    figure: str
    ours_differs: str


CLAIMS: Mapping[str, Claim] = {
    "article-cnn": Claim(figure="about 99.5 %, METU 80:20", ours_differs="the split: 70:10:20, no near copies across"),
    "cnn-80": Claim(
        figure="86 %, METU and SDNET2018, validation", ours_differs="layers and rates, which it leaves open"
    ),
    "mobilenetv2-80": Claim(figure="only a picture of curves", ours_differs="width 0.35; its own is not stated"),
    "mobilenetv2-partial": Claim(
        figure="99.84 %, METU 60:20:20", ours_differs="width 0.35 in place of 1.00; the split"
    ),
    "mobilenetv2-two-phase": Claim(figure="only a picture of curves", ours_differs="width 0.35; its own is not stated"),
}
"""By the name of the recipe; ours have none."""
