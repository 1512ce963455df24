"""Whole wall photographs: their labelled tiles against the windows that are flagged, and pictures of them."""

from edge.segmenter import segmenter_of
from training.datasets.location import dataset_folder
from training.evaluate import FrameRow
from training.figures import ATTRIBUTION, demo_picture, wall_pictures
from training.results.sources import Sources

FRAMES_HEAD = """## Whole wall photographs, the shipped network
Four photographs of 4608 x 3584 pixels that no training has seen, against SDNET2018's labels of their 252 tiles each. A
tile counts as flagged when the centre of a window at or above the window threshold ({threshold:.4f}) lies in it.
Command: `hairline evaluate --frames $HAIRLINE_DATA/frames/sdnet_walls/tiles.csv`.

| frame | tiles called cracked | of them flagged | recall | tiles called uncracked | false alarms | share |
|---|---|---|---|---|---|---|"""


def frames(sources: Sources) -> str:
    """The table; draws the demo's picture and those of the photographs."""
    point = sources.bundle.manifest.window_threshold
    rows = sources.evaluation.frames
    tiles = dataset_folder(sources.data, "sdnet_walls") / "tiles.csv"
    segmenter = segmenter_of(sources.bundle)
    demo_picture(sources.classifier, segmenter, point.score, sources.images / "demo.jpg")
    pictures = wall_pictures(tiles, sources.classifier, segmenter, point.score, sources.images)
    lines = [FRAMES_HEAD.format(threshold=point.score)]
    total = FrameRow(
        frame="all",
        cracked=sum(r.cracked for r in rows),
        flagged_cracked=sum(r.flagged_cracked for r in rows),
        uncracked=sum(r.uncracked for r in rows),
        flagged_uncracked=sum(r.flagged_uncracked for r in rows),
    )
    for r in (*rows, total):
        recall = f"{r.flagged_cracked / r.cracked:.3f}" if r.cracked else "-"
        lines.append(
            f"| {r.frame} | {r.cracked} | {r.flagged_cracked} | {recall} | {r.uncracked} | {r.flagged_uncracked} "
            f"| {r.flagged_uncracked / r.uncracked:.3f} |"
        )
    lines += [
        "",
        f"The threshold was chosen on the {point.chosen_on}: false-alarm rate {point.false_alarm_rate:.5f} a window, "
        f"recall {point.recall:.3f}.",
        "",
        *(f"![part of photograph {path.stem}](img/{path.name})" for path in pictures),
        "",
        ATTRIBUTION,
        "",
    ]
    return "\n".join(lines)
