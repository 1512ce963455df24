"""Cracks rather than windows: classifier, then segmenter, then a least length, in false cracks a wall photograph."""

from edge.errors import DataError
from training.record.evaluation import read_evaluation
from training.results.runs import SHIPPED
from training.results.sources import Sources, table
from training.two_stage import LEAST_LENGTHS_PX, TILES_A_PHOTO, CrackRow, false_a_photo

VALIDATION = "validation.json"
MEASURE = (
    "hairline evaluate --side validation --data sdnet2018=$HAIRLINE_DATA/sdnet2018 --json > docs/results/shipped/"
    + VALIDATION
)
WANTED = 1.0  # false cracks a photograph, on the validation side

HEAD = """## Two stages: false cracks a wall photograph
A crack is what the segmenter sees a course in where the classifier fires, and as long as is asked for; it is false
where less than a fifth of it lies in tiles called cracked. The least length is the shortest with at most one false
crack a photograph ({tiles} tiles) on the validation side's uncracked wall tiles, of which {uncracked} were searched;
the four whole photographs are the test side's. Some of their tiles called uncracked show a crack (above).
Commands: `{measure}`, `hairline evaluate --all --float --json`.
"""
COLUMNS = (
    "at least px long",
    "false a photograph, validation",
    "cracks on the four",
    "false a photograph",
    "false on each",
    "cracked tiles crossed",
)


def two_stage(sources: Sources) -> str:
    """The table. Raises `DataError` where the figures are of another bundle."""
    path = sources.measured / SHIPPED / VALIDATION
    validation = read_evaluation(path)
    if {validation.sha256, sources.evaluation.sha256} != {sources.bundle.sha256}:
        raise DataError(f"{path}, or that of --all beside it, is not of the bundle that ships: `{MEASURE}`")
    uncracked = validation.int8.sets["sdnet2018"].confusion
    tiles = uncracked.true_negative + uncracked.false_positive
    rates = {row.least_px: false_a_photo(row.false, tiles) for row in validation.cracks}
    chosen = min((px for px, rate in rates.items() if rate <= WANTED), default=None)
    rows = [_row(px, rates[px], sources.evaluation.cracks, chosen=px == chosen) for px in LEAST_LENGTHS_PX]
    head = HEAD.format(tiles=TILES_A_PHOTO, uncracked=tiles, measure=MEASURE)
    return head + "\n" + table(COLUMNS, rows)


def _row(least_px: int, rate: float, cracks: tuple[CrackRow, ...], *, chosen: bool) -> list[str]:
    of = [row for row in cracks if row.least_px == least_px]
    false = [row.false for row in of]
    return [
        f"**{least_px}**, chosen" if chosen else str(least_px),
        f"{rate:.1f}",
        str(sum(row.cracks for row in of)),
        f"{sum(false) / len(of):.1f}",
        ", ".join(map(str, false)),
        f"{sum(row.crossed for row in of)} of {sum(row.cracked for row in of)}",
    ]
