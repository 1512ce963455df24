"""The score card over rendered walls, scale by scale, from the JSON that `hairline bench wall --record` wrote."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from scipy.special import expit

from training.bench.card import EDGES_MM, Card, bin_figures, figures, read_cards
from training.results.sources import NOT_RUN, Sources, table

WALL = "bench_wall.json"
PICTURE = "pod-walls.png"
HEAD = """## Finding cracks on rendered walls
Walls of known cracks with joints, stains, tie holes, wires and shadows, inspected by the bundle that the table names as
`hairline run --tags --odometry --wall` does: finds are measured, placed by tags, registration and wheels, and tracked
into cracks. What is counted are cracks of the log. One is a hit where at least half of a true crack's length lies
within 5 mm of it, and false where less than a fifth of its own length lies near any; entries that run without wander,
as joints and wires do, are kept and said to, and are none of either. Both are judged where its pixels
truly lie, so that what is found and where it is put are two figures. Places: how far cracks and frames are from where
the log has them. Groups of windows, joined where they truly lie, are what the classifier alone would say.
"""
TEXT = """In brackets: 95 %, exact (Clopper and Pearson, Poisson), or of errors by bootstrap over walls, from five on.
a90/95 is none where the lower bound of the curve does not reach 0.9 up to the widest crack. Commands:
{commands}.

![probability of detection over crack width]({picture})
"""


def wall(sources: Sources) -> str:
    """The figures beside those aimed at, hits by width, and the curves, which it draws."""
    path = sources.measured / WALL
    if not path.is_file():
        return f"{HEAD}\n{NOT_RUN}\n"
    cards = read_cards(path)
    sources.images.mkdir(parents=True, exist_ok=True)
    draw_curves(cards, sources.images / PICTURE)
    commands = ",\n".join(f"`{card.facts['command']}`" for card in cards)
    scales = [f"{card.mm_per_px:g} mm/px" for card in cards]
    size = {"walls (each, mm)": [f"{card.walls} ({card.facts['wall_mm']})" for card in cards]}
    size["m², frames"] = [f"{card.false.area_m2:.2f}, {card.frames}" for card in cards]
    rows = [["bundle", *(f"{c.facts['bundle']}, commit {str(c.facts['bundle_commit'])[:7]}" for c in cards), ""]]
    rows.append(["concrete", *(str(c.facts["concrete"]) for c in cards), ""])
    rows += [[name, *values, ""] for name, values in size.items()]
    rows += _side_by_side([{name: (value, aim) for name, value, aim in figures(card)} for card in cards])
    hits = [{name: (f"{hit}: {share}", "") for name, hit, share in bin_figures(card)} for card in cards]
    return "\n".join(
        [
            HEAD,
            TEXT.format(commands=commands, picture=Path("img") / PICTURE),
            table(["figure", *scales, "aim"], rows),
            table(["width, mm", *scales], [row[:-1] for row in _side_by_side(hits)]),
        ]
    )


def _side_by_side(columns: Sequence[dict[str, tuple[str, str]]]) -> list[list[str]]:
    """A row a name that any column has: name, value of every column, aim."""
    names = dict.fromkeys(name for column in columns for name in column)
    return [
        [
            name,
            *(column.get(name, ("-", ""))[0] for column in columns),
            next(column[name][1] for column in columns if name in column),
        ]
        for name in names
    ]


def draw_curves(cards: Sequence[Card], path: Path) -> None:
    """The fitted curve of every scale with the shares of hits by width; PNG to `path`."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.0, 4.2), layout="constrained")
    axes = figure.add_subplot()
    a = np.geomspace(EDGES_MM[0], EDGES_MM[-1], 80)
    for n, card in enumerate(cards):
        colour = f"C{n}"
        fit = f"{card.mm_per_px:g} mm a pixel: {card.pod.hits} of {card.pod.cracks} cracks hit"
        axes.plot(a, expit(card.pod.b0 + card.pod.b1 * np.log(a)), color=colour, label=fit)
        # Beside one another, so that their intervals can be told apart.
        middle = [np.sqrt(one.low_mm * one.high_mm) * 1.03**n for one in card.bins]
        share = np.array([one.hits / one.cracks for one in card.bins])
        bars = np.abs(np.array([one.ci95 for one in card.bins]).T - share)
        axes.errorbar(middle, share, yerr=bars, fmt="o", ms=4, capsize=2, lw=1, color=colour)
    axes.axhline(0.9, color="0.7", lw=0.8)
    axes.set(
        xscale="log",
        xlabel="true median width of the crack, mm",
        ylabel="probability of detection",
        title="Cracks of rendered walls: logistic fit, and shares by width (95 %)",
        ylim=(-0.05, 1.05),
    )
    axes.grid(alpha=0.3)
    axes.legend(loc="upper left", fontsize=8)
    figure.savefig(path, dpi=90)
