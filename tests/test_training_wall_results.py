"""The score card on the page of results: recorded a scale at a time, shown beside what was aimed at."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from test_training_results import line_of, sources  # noqa: F401  # a fixture

from edge.errors import DataError
from training.bench.card import Card, make_card, read_cards, record_card
from training.bench.score import CrackScore
from training.bench.wall_bench import FalseCrack, WallResult
from training.results.sources import Sources
from training.results.wall import WALL, wall


def card(mm_per_px: float, false: int = 3) -> Card:
    """Of 60 cracks, those wider than five pixels hit, every tenth of them in two pieces."""
    cracks = tuple(
        CrackScore(
            name="C",
            width_mm=float(width),
            length_mm=100.0,
            depth=0.5,
            share=float(width > 5 * mm_per_px),
            entries=int(width > 5 * mm_per_px) * (1 + (i % 10 == 0)),
        )
        for i, width in enumerate(np.geomspace(0.06, 1.9, 60))
    )
    result = WallResult(
        settings_sha256="0" * 64,
        seed=0,
        area_m2=1.5,
        frames=12,
        reported=70,
        cracks=cracks,
        false=tuple(FalseCrack(at_mm=(1.0, 2.0), near="joint") for _ in range(false)),
        measured=(),
        straight=1,
        straight_on_crack=0,
        off_mm=(),
        by_windows=cracks,
        false_by_windows=false,
        seconds=1.0,
        inference_s=1.0,
    )
    facts = {
        "bundle": "b",
        "bundle_commit": "1" * 40,
        "command": f"hairline bench {mm_per_px:g}",
        "concrete": "procedural",
        "wall_mm": "6 x 2",
    }
    return make_card([result], mm_per_px=mm_per_px, facts=facts, not_measured={"length error": "no mask"})


def test_a_card_is_recorded_in_the_place_of_its_scale(tmp_path: Path) -> None:
    path = tmp_path / "new" / WALL
    for one in (card(0.2), card(0.1), card(0.2, false=5)):
        record_card(one, path)
    assert read_cards(path) == (card(0.1), card(0.2, false=5))


def test_one_entry_is_a_share_of_the_cracks_hit() -> None:
    share = card(0.1).one_entry
    hit = np.geomspace(0.06, 1.9, 60) > 0.5
    assert share is not None
    assert (share.of, share.count) == (hit.sum(), hit.sum() - hit[::10].sum())
    assert share.ci95[0] < share.count / share.of < share.ci95[1]
    assert card(1.0).one_entry is None


def test_a_record_of_another_version_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / WALL
    record_card(replace(card(0.1), schema_version=1), path)
    with pytest.raises(DataError, match=rf"{WALL}: cards have schema_version"):
        read_cards(path)
    path.write_text("{}")
    with pytest.raises(DataError, match="missing: cards"):
        record_card(card(0.1), path)


def test_the_page_has_every_scale_beside_the_aim(sources: Sources) -> None:  # noqa: F811
    assert "not run" in wall(sources)
    sources.measured.mkdir()
    for one in (card(0.1), card(0.2, false=0)):
        record_card(one, sources.measured / WALL)
    page = wall(sources)
    assert line_of(page, "figure") == "| figure | 0.1 mm/px | 0.2 mm/px | aim |"
    assert line_of(page, "false cracks") == "| false cracks | 3 | 0 | <= 5 in >= 60 m² |"
    assert line_of(page, "false cracks at: joint").startswith("| false cracks at: joint | 3 | - |")
    assert "not measured: no mask" in line_of(page, "length error")
    assert "`hairline bench 0.1`,\n`hairline bench 0.2`" in page
    picture = (sources.images / "pod-walls.png").read_bytes()
    assert picture.startswith(b"\x89PNG")
    assert len(picture) < 60_000
