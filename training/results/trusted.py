"""The trusted list: wall tiles that were looked at one by one."""

from training.datasets.location import data_root
from training.datasets.split import load_split
from training.datasets.trusted import read_marks, trusted_items
from training.results.sources import Sources, interval
from training.trusted_report import score_trusted, trusted_report

TRUSTED = """## The trusted list
{n} tiles of SDNET2018's test photos, the four whole frames among them, looked at one by one at native resolution with
their labels hidden (`training/datasets/trusted/README.md`). Command: `hairline evaluate --trusted`.

| tiles | n | figure | value | 95 % |
|---|---|---|---|---|
| a crack plainly visible, against uncracked | {visible} and {uncracked} | AUROC, int8 | {auroc} | {auroc_ci95} |
| a crack plainly visible | {visible} | recall at 1 % of the uncracked flagged | {seen} | {seen_ci95} |
| a crack only guessed (blurred, faint) | {blurred} | recall there | {guessed} | {guessed_ci95} |

The aims are 0.999 and 0.98: far from reached.
"""


def trusted(sources: Sources) -> str:
    """How the shipped network does on it."""
    items = trusted_items(data_root(), load_split(), read_marks())
    r = trusted_report(score_trusted(items, sources.classifier))
    return TRUSTED.format(
        n=r.visible + r.blurred + r.uncracked,
        visible=r.visible,
        blurred=r.blurred,
        uncracked=r.uncracked,
        auroc=f"{r.auroc:.4f}",
        auroc_ci95=interval(r.auroc_ci95),
        seen=f"{r.recall_visible:.4f}",
        seen_ci95=interval(r.recall_visible_ci95),
        guessed=f"{r.recall_blurred:.4f}",
        guessed_ci95=interval(r.recall_blurred_ci95),
    )
