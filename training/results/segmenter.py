"""The segmenters on DeepCrack's test side: the one that ships, and the recipes."""

from collections.abc import Sequence

from edge.manifest import Metric
from training.results.runs import Row, segmenters
from training.results.sources import NOT_RUN, Sources, figure, table

HEAD = """## The segmenters
DeepCrack's test side, less the photos that are on both of its sides; pooled pixels, no tolerance, the threshold from
validation. `hairline train RECIPE`. The `masknet` that ships is trained on METU, SDNET2018 and rendered cracks only;
what is trained on DeepCrack, whose licence is unknown, goes into no bundle. The seed that names U-Net and ENet was
going to try them and states no figure; the U-Net here has a quarter of its paper's width.
"""
COLUMNS = (
    "network",
    "learns from",
    "parameters",
    "int8 kB",
    "MACs a pixel",
    "Dice, int8",
    "Dice, float",
    "IoU, int8",
    "IoU, float",
)
TEST = "DeepCrack"


def segmenter(sources: Sources) -> str:
    """The table."""
    lines = []
    for row in segmenters(sources):
        shipped = sources.bundle.manifest.segmenter
        if shipped is not None and shipped.recipe == row.name:
            lines.append([f"**{row.name}**, ships", row.learnt_from, *_size(row), *_figures(shipped.metrics)])
        else:
            lines.append([row.name, row.learnt_from, *_size(row), *_figures(row.run.metrics if row.run else None)])
    return "\n".join([HEAD, table(COLUMNS, lines)])


def _size(row: Row) -> list[str]:
    if row.size is None:
        return ["-"] * 3
    a_pixel = row.size["MACs"] / row.recipe.bundle.tile_px**2
    return [f"{row.size['parameters']:,}", f"{row.size['int8 B'] / 1000:.0f}", f"{a_pixel:,.0f}"]


def _figures(metrics: Sequence[Metric] | None) -> list[str]:
    if metrics is None:
        return [NOT_RUN, "-", "-", "-"]
    found = {one.name: one for one in metrics if one.set.startswith(TEST)}
    names = ("Dice, int8", "Dice, float", "IoU, int8", "IoU, float")
    return [figure(found[name].value, found[name].ci95) if name in found else "-" for name in names]
