"""The score card of the test bench: from the results of walls to figures, a table, plots and JSON."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.stats import binomtest

from edge.durable import write_durably
from edge.errors import DataError
from edge.manifest_json import dumps, from_plain, loads
from training.bench.figures import Measuring, measuring
from training.bench.figures import rows as measuring_rows
from training.bench.pod import PodFit, PodModel, WidthBin, poisson_interval, width_bins
from training.bench.score import CrackScore
from training.bench.wall_bench import WallResult

if TYPE_CHECKING:
    from rich.table import Table

SCHEMA_VERSION = 3
EDGES_MM = np.array([0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.45, 0.7, 1.1, 2.01])
# By depth, the share of light that a crack takes away: about the lower, middle and upper third of the fitted law.
CONTRASTS = (("faint", 0.0, 0.45), ("middle", 0.45, 0.6), ("dark", 0.6, 1.0))
AIM_A90_95_MM, AIM_FALSE, AIM_M2, AIM_ONE_ENTRY = 0.20, 5, 60.0, 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class FalseRate:
    """`ci95` is of the count per square metre, exact Poisson, two-sided."""

    count: int
    area_m2: float
    per_m2: float
    ci95: tuple[float, float]
    by_place: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """`ci95` is Clopper and Pearson's, two-sided."""

    count: int
    of: int
    ci95: tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Windows:
    """What the classifier alone says, before masks, tracks and poses: groups of its windows where they truly lie."""

    hits: Share
    false: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """`facts`: what the figures hold for. `one_entry`: of the cracks hit. `not_measured`: figure -> why.

    Cracks and false cracks are entries of the log; of a bundle without a segmenter, which makes none, those of
    `windows`, and `measuring` is None. `straight` entries run without wander and count as neither; with half of their
    length or more, so many of them lie on a crack.
    """

    schema_version: int
    mm_per_px: float
    facts: Mapping[str, str | float | None]
    walls: int
    frames: int
    pod: PodFit
    bins: tuple[WidthBin, ...]
    by_contrast: Mapping[str, PodFit]
    false: FalseRate
    one_entry: Share | None
    measuring: Measuring | None
    windows: Windows
    straight: int
    straight_on_crack: int
    not_measured: Mapping[str, str]

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cards:
    """One a scale, the finest first."""

    schema_version: int
    cards: tuple[Card, ...]


def read_cards(path: Path) -> tuple[Card, ...]:
    """Raises `DataError` for a file that holds no cards of this version."""
    try:
        cards = from_plain(Cards, loads(path.read_text(encoding="utf-8")), "a record of cards")
        if {cards.schema_version, *(card.schema_version for card in cards.cards)} != {SCHEMA_VERSION}:
            raise ValueError(f"cards have schema_version {SCHEMA_VERSION}; got another")
    except ValueError as wrong:
        raise DataError(f"{path}: {wrong}; remove it and run `hairline bench wall --record {path}` again") from wrong
    return cards.cards


def record_card(card: Card, path: Path) -> None:
    """Puts a card among those of a file, in the place of what was there of its scale. Raises as `read_cards` does."""
    by_scale = {one.mm_per_px: one for one in (*(read_cards(path) if path.exists() else ()), card)}
    cards = tuple(by_scale[scale] for scale in sorted(by_scale))
    path.parent.mkdir(parents=True, exist_ok=True)
    write_durably(path, dumps(Cards(schema_version=SCHEMA_VERSION, cards=cards)).encode())


def make_card(
    results: Sequence[WallResult],
    *,
    mm_per_px: float,
    facts: Mapping[str, str | float | None],
    not_measured: Mapping[str, str],
) -> Card:
    """Pools the walls. Raises `ValueError` where they hold no crack or were not all made with the same settings."""
    made_with = {result.settings_sha256 for result in results}
    if len(made_with) != 1:
        raise ValueError(f"a card is of walls made by one bundle and one program; got {len(made_with)} of them")
    cracks = [crack for result in results for crack in result.cracks]
    area = sum(result.area_m2 for result in results)
    false = [one for result in results for one in result.false]
    low, high = poisson_interval(len(false))
    entries = [crack.entries for crack in cracks if crack.hit]
    classes = {name: [c for c in cracks if from_ <= c.depth < to] for name, from_, to in CONTRASTS}
    return Card(
        schema_version=SCHEMA_VERSION,
        mm_per_px=mm_per_px,
        facts=facts,
        walls=len(results),
        frames=sum(result.frames for result in results),
        pod=model_of(cracks).fit(),
        bins=tuple(width_bins(*_sizes(cracks), EDGES_MM)),
        by_contrast={name: model_of(of).fit() for name, of in classes.items() if of},
        false=FalseRate(
            count=len(false),
            area_m2=area,
            per_m2=len(false) / area,
            ci95=(low / area, high / area),
            by_place=dict(sorted(Counter(one.near for one in false).items())),
        ),
        one_entry=_share(entries.count(1), len(entries)) if entries else None,
        measuring=None
        if not_measured
        else measuring([result.measured for result in results], [result.off_mm for result in results]),
        windows=Windows(
            hits=_share(sum(crack.hit for result in results for crack in result.by_windows), len(cracks)),
            false=sum(result.false_by_windows for result in results),
        ),
        straight=sum(result.straight for result in results),
        straight_on_crack=sum(result.straight_on_crack for result in results),
        not_measured=not_measured,
    )


def _share(count: int, of: int) -> Share:
    exact = binomtest(count, of).proportion_ci(method="exact")
    return Share(count=count, of=of, ci95=(float(exact.low), float(exact.high)))


def model_of(cracks: Sequence[CrackScore]) -> PodModel:
    return PodModel(*_sizes(cracks))


def _sizes(cracks: Sequence[CrackScore]) -> tuple[Any, Any]:
    return np.array([c.width_mm for c in cracks]), np.array([c.hit for c in cracks])


def figures(card: Card) -> list[tuple[str, str, str]]:
    """The card's figures: name, value, what was aimed at."""
    pod, false, one = card.pod, card.false, card.one_entry
    return [
        ("cracks hit", f"{pod.hits} of {pod.cracks}", ""),
        ("a90, mm", _mm(pod.a90_mm), ""),
        ("a90/95, mm", _mm(pod.a90_95_mm), f"<= {AIM_A90_95_MM:.2f} at 0.10 mm/px"),
        *(
            (f"a90/95 of {name} cracks, mm", f"{_mm(fit.a90_95_mm)} ({fit.hits} of {fit.cracks} hit)", "")
            for name, fit in card.by_contrast.items()
        ),
        ("false cracks", str(false.count), f"<= {AIM_FALSE} in >= {AIM_M2:g} m²"),
        ("false cracks a m² (95 %)", f"{false.per_m2:.2f} ({false.ci95[0]:.2f}-{false.ci95[1]:.2f})", ""),
        *((f"false cracks at: {place}", str(count), "") for place, count in false.by_place.items()),
        ("entries without wander, not counted", f"{card.straight}, {card.straight_on_crack} of them on a crack", ""),
        (
            "cracks hit that are one entry (95 %)",
            "none hit" if one is None else f"{one.count} of {one.of} ({one.ci95[0]:.2f}-{one.ci95[1]:.2f})",
            f">= {AIM_ONE_ENTRY:.2f}",
        ),
        *([] if card.measuring is None else measuring_rows(card.measuring)),
        *((figure, f"not measured: {why}", "") for figure, why in card.not_measured.items()),
        ("by windows alone: cracks hit", f"{card.windows.hits.count} of {card.windows.hits.of}", ""),
        ("by windows alone: false groups", str(card.windows.false), ""),
    ]


def bin_figures(card: Card) -> list[tuple[str, str, str]]:
    """Hits by width: mm from-to, how many of how many, the share with its interval."""
    return [
        (
            f"{one.low_mm:g}-{one.high_mm:g}",
            f"{one.hits} of {one.cracks}",
            f"{one.hits / one.cracks:.2f} ({one.ci95[0]:.2f}-{one.ci95[1]:.2f})",
        )
        for one in card.bins
    ]


def tables(card: Card) -> "list[Table]":
    """The card for a terminal."""
    from rich.table import Table

    whole = Table(title=f"{card.walls} walls, {card.false.area_m2:.1f} m², {card.frames} frames")
    for column in ("figure", "value", "aim"):
        whole.add_column(column, justify="left" if column == "figure" else "right")
    for row in figures(card):
        whole.add_row(*row)
    bins = Table(title="hits by width (95 %, Clopper and Pearson)")
    for column in ("width, mm", "hit", "share"):
        bins.add_column(column, justify="right")
    for row in bin_figures(card):
        bins.add_row(*row)
    return [whole, bins]


def draw_pod(results: Sequence[WallResult], card: Card, path: Path) -> None:
    """The curve with its lower bound, the shares by width, and every crack as a mark; PNG to `path`."""
    from matplotlib.figure import Figure

    cracks = [crack for result in results for crack in result.cracks]
    model = model_of(cracks)
    a = np.geomspace(EDGES_MM[0], EDGES_MM[-1], 60)
    figure = Figure(figsize=(7.5, 4.8), layout="constrained")
    axes = figure.add_subplot()
    axes.plot(a, model.curve(a), label="logistic fit")
    axes.plot(a, [model.lower_bound(v) for v in a], "--", label="lower 95 % bound (likelihood ratio)")
    middle = [np.sqrt(b.low_mm * b.high_mm) for b in card.bins]
    share = np.array([b.hits / b.cracks for b in card.bins])
    bars = np.abs(np.array([b.ci95 for b in card.bins]).T - share)
    axes.errorbar(middle, share, yerr=bars, fmt="o", ms=4, capsize=2, label="share of hits, 95 %")
    for hit, at in ((True, 1.03), (False, -0.03)):
        widths = [c.width_mm for c in cracks if c.hit == hit]
        axes.plot(widths, np.full(len(widths), at), "|", color="0.4", ms=6)
    axes.axhline(0.9, color="0.7", lw=0.8)
    if card.pod.a90_95_mm is not None:
        axes.axvline(card.pod.a90_95_mm, color="0.7", lw=0.8)
    axes.set(
        xscale="log",
        xlabel="true median width of the crack, mm",
        ylabel="probability of detection",
        title=f"{card.facts['bundle']} at {card.mm_per_px:g} mm a pixel: "
        f"{card.pod.cracks} rendered cracks, a90/95 {_mm(card.pod.a90_95_mm)} mm",
        ylim=(-0.08, 1.08),
    )
    axes.grid(alpha=0.3)
    axes.legend(loc="lower right")
    figure.savefig(path, dpi=120)


def _mm(value: float | None) -> str:
    return "none" if value is None else f"{value:.3f}"
