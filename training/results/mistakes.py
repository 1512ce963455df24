"""The worst mistakes of the shipped network, as pictures."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from edge.frame import U8Image
from edge.imagefile import read_bgr
from training.datasets import metu, sdnet
from training.datasets.contact_sheets import sheet
from training.datasets.trusted import NOT_VISIBLE, VISIBLE, WallTile, tile_pictures
from training.figures import write_picture
from training.record.pictures import worst_first
from training.results.judgements import FILE, Judgements, read_judgements
from training.results.sources import Sources, table
from training.trusted_report import FALSE_SHARE, TrustedScores, threshold_at

MOST_SHOWN = 24
WORST_WALLS = 8
TRUSTED = "trusted"
TEXT = """## The worst mistakes
Of the network that ships (`{network}`, the first digits of the SHA-256 of its `.tflite`), int8, as they come from the
bundle. Judged by eye at full size: is the label wrong, or the model? (`docs/results/{file}`.)

### METU, test side: {wrong} of {n} wrong
{common_metu}

{metu}
{metu_table}
### The trusted list: the cracks seen least, the uncracked called cracked most
{common_walls}

First {missed} of the {visible} tiles with a crack plainly visible, those with the lowest scores; then {false} of the
{bare} uncracked, those with the highest. The threshold at which 1 % of these are flagged is {threshold:.4f}.

![the worst of the trusted list](img/{walls_file})

METU: Özgenel (2019), doi:10.17632/5y9wdsg2zt.2; walls: SDNET2018, Maguire, Dorafshan and Thomas (2018),
doi:10.15142/T3TD19; both CC BY 4.0; put on one sheet with captions by Hairline.
"""
METU_FILE, WALLS_FILE = "mistakes-metu.jpg", "mistakes-walls.jpg"
COLUMNS = ("no.", "picture", "label", "score", "wrong is", "why", "judged on")


def mistakes(sources: Sources) -> str:
    """Draws both sheets; lists METU's one by one."""
    network = network_of(sources)
    judged = read_judgements(sources.measured / FILE)
    scored, trusted = sources.scored[metu.NAME], sources.trusted
    wrong = wrong_ones(sources)
    missed, false = worst_walls(trusted)
    captions = [f"{no}: {_label(scored.items[i].label == 1)}, {scored.scores[i]:.3f}" for no, i in enumerate(wrong, 1)]
    shown = [(caption, _squared(read_bgr(scored.items[i].path))) for caption, i in zip(captions, wrong, strict=True)]
    if shown:
        write_picture(sources.images / METU_FILE, sheet(shown[:MOST_SHOWN]))
    write_picture(sources.images / WALLS_FILE, sheet(_walls(trusted, [*missed, *false], sources.data)))
    marks, labels = np.array(trusted.marks), np.array([tile.label for tile in trusted.tiles])
    bare = (marks == NOT_VISIBLE) & (labels == 0)
    return TEXT.format(
        network=network,
        file=FILE,
        wrong=len(wrong),
        n=len(scored.items),
        common_metu=_common(judged, network, metu.NAME),
        metu=f"![METU's mistakes](img/{METU_FILE})\n" if shown else "",
        metu_table=table(COLUMNS, _rows(sources, wrong, judged)) if shown else "",
        common_walls=_common(judged, network, TRUSTED),
        missed=len(missed),
        visible=int((marks == VISIBLE).sum()),
        false=len(false),
        bare=int(bare.sum()),
        threshold=threshold_at(trusted.scores[bare], FALSE_SHARE),
        walls_file=WALLS_FILE,
    )


def network_of(sources: Sources) -> str:
    """What names the network in the judgements."""
    manifest = sources.bundle.manifest
    return manifest.files[manifest.classifier.file][:12]


def wrong_ones(sources: Sources) -> list[int]:
    """Indices of METU's pictures on the wrong side of the image threshold, the most wrong first."""
    scored, threshold = sources.scored[metu.NAME], sources.bundle.manifest.image_threshold.score
    return [i for i in worst_first(scored, threshold) if (scored.scores[i] >= threshold) != scored.cracked[i]]


def worst_walls(trusted: TrustedScores) -> tuple[list[int], list[int]]:
    """Indices of the visible cracks scored lowest and of the uncracked scored highest, the worst first."""
    marks, labels = np.array(trusted.marks), np.array([tile.label for tile in trusted.tiles])
    order = np.argsort(trusted.scores, kind="stable")
    missed = [int(i) for i in order if marks[i] == VISIBLE]
    false = [int(i) for i in order[::-1] if marks[i] == NOT_VISIBLE and labels[i] == 0]
    return missed[:WORST_WALLS], false[:WORST_WALLS]


def _rows(sources: Sources, wrong: Sequence[int], judged: Judgements) -> list[list[str]]:
    scored, rows = sources.scored[metu.NAME], []
    for no, i in enumerate(wrong, 1):
        name = scored.items[i].name
        found = judged.pictures.get((metu.NAME, name))
        says = [found.judgement, found.why, found.bundle] if found else ["not judged yet", "", ""]
        rows.append([str(no), name, _label(scored.items[i].label == 1), f"{scored.scores[i]:.4f}", *says])
    return rows


def _walls(trusted: TrustedScores, chosen: Sequence[int], data: Path) -> list[tuple[str, U8Image]]:
    """Captions and pictures; read a photograph at a time, shown in the order given."""
    tiles = {trusted.tiles[i]: i for i in chosen}
    pictures: dict[WallTile, U8Image] = {
        tile: np.ascontiguousarray(picture)
        for tile, picture in tile_pictures(sorted(tiles, key=lambda tile: (tile.source, tile.photo)), data)
    }
    return [
        (
            f"{trusted.tiles[i].name}: {_label(trusted.marks[i] == VISIBLE)}, {trusted.scores[i]:.3f}",
            pictures[trusted.tiles[i]],
        )
        for i in chosen
    ]


def _common(judged: Judgements, network: str, name: str) -> str:
    return judged.common.get((network, name), "What they have in common nobody has written down yet.")


def _label(cracked: bool) -> str:
    return "cracked" if cracked else "uncracked"


def _squared(picture: U8Image) -> U8Image:
    """A METU tile in the middle of a white square of SDNET2018's size, unscaled."""
    side, (h, w) = sdnet.TILE_WH[0], picture.shape[:2]
    page = np.full((side, side, 3), 255, np.uint8)
    y, x = (side - h) // 2, (side - w) // 2
    page[y : y + h, x : x + w] = picture
    return page
