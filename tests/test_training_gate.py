"""The gate lets through what is better, and nothing else; a bundle takes another's place whole, or not at all."""

import shutil
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.bundle import default_bundle_path, read_bundle
from edge.cli import main
from edge.errors import BundleError, DataError
from training import replace as module
from training.bench.frozen import FROZEN_SEEDS
from training.bench.score import CrackScore
from training.bench.wall_bench import FalseCrack, WallResult
from training.gate import Judged, compare, pictures_judged, ratio_ci95, walls_judged
from training.replace import refuse_loss, replace_bundle
from training.segmentation.ship import carry_segmenter

TINY = Path(__file__).parent / "golden" / "tiny_bundle"
WALLS = 10


def walls(hits: float, alarms: float, *, seed: int = 0) -> Judged:
    """Ten walls of twelve cracks: so many hits and false cracks a wall, give or take."""
    rng = np.random.default_rng(seed)
    return Judged(
        groups=[str(n) for n in range(WALLS)],
        hits=np.clip(hits + rng.integers(-1, 2, WALLS), 0, 12).astype(float),
        cracks=np.full(WALLS, 12.0),
        alarms=np.maximum(alarms + rng.integers(-1, 2, WALLS), 0).astype(float),
        bare=np.full(WALLS, 2.0),
    )


def test_fewer_false_alarms_at_the_same_recall_pass() -> None:
    assert compare([("walls", walls(10, 8), walls(10, 3))]).passed


def test_nothing_new_does_not_pass() -> None:
    same = walls(10, 8)
    (objection,) = compare([("walls", same, same)]).objections
    assert "must fall" in objection


def test_fewer_false_alarms_bought_with_recall_do_not_pass() -> None:
    (objection,) = compare([("walls", walls(10, 8), walls(6, 0))]).objections
    assert objection.startswith("walls: recall falls from 0.8")


def test_a_rise_of_false_alarms_on_any_set_does_not_pass() -> None:
    good, bad = ("walls", walls(10, 8), walls(10, 3)), ("photos", walls(10, 3), walls(10, 8, seed=1))
    (objection,) = compare([good, bad]).objections
    assert objection.startswith("photos: false alarms rise")


def test_a_set_without_any_crack_has_no_recall_to_lose_and_one_alone_is_no_gate() -> None:
    bare = Judged(groups=["a"], hits=np.zeros(1), cracks=np.zeros(1), alarms=np.ones(1), bare=np.ones(1))
    report = compare([("walls", walls(9, 8), walls(9, 1)), ("bare", bare, bare)])
    assert [row.set for row in report.recalls] == ["walls"]
    with pytest.raises(DataError, match="needs cracks"):
        compare([("bare", bare, bare)])


@settings(deadline=None, max_examples=15)
@given(old=st.integers(2, 11), new=st.integers(2, 11), alarms=st.integers(3, 9), fewer=st.integers(0, 9))
def test_intervals_hold_their_figures(old: int, new: int, alarms: int, fewer: int) -> None:
    one, other = walls(old, alarms), walls(new, fewer, seed=1)
    report = compare([("walls", one, other)])
    for row in (*report.recalls, *report.alarms):
        assert row.old_ci95[0] - 1e-9 <= row.old <= row.old_ci95[1] + 1e-9
        assert row.difference_ci95[0] - 1e-9 <= row.new - row.old <= row.difference_ci95[1] + 1e-9
    ratio, (low, high) = ratio_ci95(one, other)
    assert ratio == pytest.approx(other.alarms.sum() / one.alarms.sum())
    assert low <= ratio <= high


def test_a_pair_of_alike_walls_tells_more_than_two_strangers() -> None:
    """What is paired: walls differ much, and both bundles see the same ones."""
    hard = np.arange(WALLS, dtype=float)
    one, other = (
        Judged(
            groups=[str(n) for n in range(WALLS)],
            hits=np.full(WALLS, 12.0),
            cracks=np.full(WALLS, 12.0),
            alarms=10 * hard + more,
            bare=np.ones(WALLS),
        )
        for more in (5, 3)
    )
    report = compare([("walls", one, other)])
    assert report.passed
    assert report.alarms[0].difference_ci95 == (-2, -2)


def test_what_a_wall_and_a_picture_count_for() -> None:
    crack = CrackScore(name="C1", width_mm=1.0, length_mm=100.0, depth=0.5, share=0.9, entries=1)
    missed = CrackScore(name="C2", width_mm=0.1, length_mm=100.0, depth=0.5, share=0.1, entries=0)
    result = WallResult(
        settings_sha256="",
        seed=7,
        area_m2=2.0,
        frames=3,
        reported=2,
        cracks=(crack, missed),
        false=(FalseCrack(at_mm=(1.0, 2.0), near="joint"),),
        measured=(),
        straight=1,
        straight_on_crack=0,
        off_mm=(),
        by_windows=(),
        false_by_windows=0,
        seconds=0.0,
        inference_s=0.0,
    )
    wall = walls_judged([result])
    assert (wall.recall(), wall.alarm_rate()) == (0.5, 0.5)
    scored = SimpleNamespace(
        scores=np.array([0.9, 0.2, 0.9, 0.1]), cracked=np.array([True, True, False, False]), groups=list("abcd")
    )
    pictures = pictures_judged(scored, 0.5)  # type: ignore[arg-type]
    assert (pictures.recall(), pictures.alarm_rate()) == (0.5, 0.5)


@pytest.fixture
def bundles(tmp_path: Path) -> tuple[Path, Path]:
    """An old bundle and a new one, which differs by its name."""
    old, new = tmp_path / "old", tmp_path / "new"
    for folder in (old, new):
        shutil.copytree(TINY, folder)
    manifest = new / "manifest.json"
    told = manifest.read_text().replace('"name": "', '"name": "newer-', 1)
    manifest.write_text(told)
    return old, new


def test_a_bundle_takes_anothers_place_and_the_old_one_is_kept(bundles: tuple[Path, Path]) -> None:
    old, new = bundles
    before, after = read_bundle(old).sha256, read_bundle(new).sha256
    kept = replace_bundle(old, new)
    assert (read_bundle(old).sha256, read_bundle(kept).sha256, read_bundle(new).sha256) == (after, before, after)
    assert sorted(path.name for path in old.parent.iterdir()) == sorted([old.name, new.name, kept.name])


def test_a_damaged_bundle_or_a_failing_exchange_leaves_the_old_one(
    bundles: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new = bundles
    before = read_bundle(old).sha256

    def fails(*_: object) -> None:
        raise OSError(22, "no such thing here")

    with monkeypatch.context() as patch:
        patch.setattr(module, "_exchange", fails)
        with pytest.raises(BundleError, match="no such thing here"):
            replace_bundle(old, new)
    (new / "classifier.tflite").write_bytes(b"damaged")
    with pytest.raises(BundleError, match="SHA-256"):
        replace_bundle(old, new)
    assert read_bundle(old).sha256 == before
    assert sorted(path.name for path in old.parent.iterdir()) == ["new", "old"]


def test_the_segmenter_is_not_lost(bundles: tuple[Path, Path]) -> None:
    old, new = (SimpleNamespace(path=path, segmenter=part) for path, part in zip(bundles, ("one", None), strict=True))
    refuse_loss(new, old)  # type: ignore[arg-type]
    with pytest.raises(BundleError, match="it has no segmenter"):
        refuse_loss(old, new)  # type: ignore[arg-type]


def test_the_command_keeps_the_old_bundle_where_the_new_one_is_not_better(
    bundles: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from training.verbs import gate

    old, new = bundles
    before = read_bundle(old).sha256
    better = [walls(10, 8), walls(10, 2)]
    monkeypatch.setattr(gate, "_walls", lambda _: better[::-1])
    assert main(["gate", str(old), str(new), "--replace"]) == 1
    assert "the old bundle stays" in capsys.readouterr().out
    assert read_bundle(old).sha256 == before
    monkeypatch.setattr(gate, "_walls", lambda _: better)
    assert main(["gate", str(old), str(new), "--json"]) == 0
    assert read_bundle(old).sha256 == before
    assert main(["gate", str(old), str(new), "--replace"]) == 0
    assert read_bundle(old).sha256 == read_bundle(new).sha256
    assert main(["gate", str(old), str(new), "--walls", str(len(FROZEN_SEEDS) + 1)]) == 1


def test_a_round_keeps_the_segmenter(tmp_path: Path) -> None:
    shutil.copytree(TINY, tmp_path / "new")
    carry_segmenter(TINY, tmp_path / "new")
    assert read_bundle(tmp_path / "new").segmenter is None
    before = read_bundle(tmp_path / "new")
    carry_segmenter(default_bundle_path(), tmp_path / "new")
    source, after = read_bundle(default_bundle_path()), read_bundle(tmp_path / "new")
    assert source.segmenter is not None
    assert after.segmenter is not None
    assert after.segmenter.model == source.segmenter.model
    assert (after.segmenter.masks == source.segmenter.masks).all()
    assert after.model == before.model
    assert source.manifest.segmenter is not None
    assert source.manifest.segmenter.recipe in (tmp_path / "new" / "MODEL_CARD.md").read_text()
