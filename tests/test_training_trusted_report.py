"""What the report on the trusted list says is what counting by hand gives."""

import json
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from edge.classifier import load_classifier
from edge.errors import DataError
from edge.tiling import image_score
from training.cli import EVALUATE
from training.datasets.trusted import LISTS, MARKS, Marks, TrustedItem, WallTile, read_marks
from training.trusted_report import TrustedScores, score_trusted, threshold_at, trusted_report

TINY = Path(__file__).parent / "golden" / "tiny_bundle"
SCORES = st.integers(0, 20).map(lambda step: step / 20)


def scored(*rows: tuple[int, int, str, float]) -> TrustedScores:
    """Rows of photo, label, mark and score."""
    return TrustedScores(
        tiles=[WallTile(photo=p, tile=str(n), source="tile", label=label) for n, (p, label, *_) in enumerate(rows, 1)],
        marks=[mark for _, _, mark, _ in rows],
        scores=np.array([score for *_, score in rows], np.float32),
    )


@settings(max_examples=100, deadline=None)
@given(scores=arrays(np.float32, st.integers(1, 300), elements=SCORES), share=st.sampled_from([0, 0.01, 0.1, 0.5]))
def test_no_lower_threshold_flags_as_few(scores: np.ndarray, share: float) -> None:
    threshold = threshold_at(scores, share)
    assert (scores >= threshold).sum() <= share * len(scores)
    below = scores[scores < threshold]
    assert (scores >= below.max()).sum() > share * len(scores)


def test_one_in_a_hundred_is_one_in_a_hundred() -> None:
    for n in (99, 100, 199, 200, 2900):
        flagged = np.arange(n, dtype=np.float32) >= threshold_at(np.arange(n, dtype=np.float32), 0.01)
        assert flagged.sum() == n // 100


ROWS = st.lists(
    st.tuples(st.integers(7096, 7099), st.integers(0, 1), st.sampled_from(MARKS), SCORES), min_size=4, max_size=40
)


@settings(max_examples=15, deadline=None)
@given(rows=ROWS)
def test_figures_are_what_counting_gives(rows: list[tuple[int, int, str, float]]) -> None:
    rows = [*rows, (7096, 1, "visible", 0.5), (7097, 0, "not_visible", 0.4)]
    seen = [score for _, _, mark, score in rows if mark == "visible"]
    guessed = [score for _, _, mark, score in rows if mark == "blurred"]
    clean = [score for _, label, mark, score in rows if mark == "not_visible" and label == 0]
    found = trusted_report(scored(*rows))
    assert (found.visible, found.blurred, found.uncracked) == (len(seen), len(guessed), len(clean))
    pairs = [(a > b) + 0.5 * (a == b) for a in seen for b in clean]
    assert found.auroc == pytest.approx(sum(pairs) / len(pairs))
    # Fewer than a hundred uncracked tiles: none may be flagged.
    assert found.flagged_uncracked == 0
    assert found.recall_visible == pytest.approx(np.mean([score > max(clean) for score in seen]))
    if guessed:
        assert found.recall_blurred == pytest.approx(np.mean([score > max(clean) for score in guessed]))
    content = found.as_json()
    assert content["recall_blurred"] is None or guessed
    assert json.loads(json.dumps(content, allow_nan=False)) == content


def test_tiles_called_cracked_that_show_no_crack_do_not_count() -> None:
    clear = [(7096 + n % 3, 1, "visible", 0.9) for n in range(6)] + [
        (7096 + n % 3, 0, "not_visible", 0.1) for n in range(6)
    ]
    doubtful = [(7096, 1, "not_visible", 0.05), (7097, 1, "not_visible", 0.95)]
    with_doubt, without = (trusted_report(scored(*rows)) for rows in (clear + doubtful, clear))
    assert with_doubt.as_json() == without.as_json()
    assert with_doubt.auroc == with_doubt.recall_visible == 1


def test_a_crack_seen_in_a_tile_called_uncracked_is_a_crack() -> None:
    found = trusted_report(scored((7096, 0, "visible", 0.9), (7097, 0, "not_visible", 0.1)))
    assert (found.visible, found.uncracked, found.auroc) == (1, 1, 1)


@pytest.mark.parametrize("mark", MARKS)
def test_a_list_of_one_mark_is_refused(mark: str) -> None:
    with pytest.raises(DataError, match="compares visible cracks with uncracked tiles"):
        trusted_report(scored((7096, 0, mark, 0.5), (7097, 0, mark, 0.6)))


def items(marks: list[tuple[int, str]]) -> list[TrustedItem]:
    rng = np.random.default_rng(3)
    return [
        TrustedItem(
            tile=WallTile(photo=7096 + n % 2, tile=str(n), source="frame", label=label),
            mark=mark,
            picture=rng.integers(0, 256, (300, 300, 3), np.uint8)[20:276, 20:276],
        )
        for n, (label, mark) in enumerate(marks, 1)
    ]


MIXED = [(1, "visible"), (0, "not_visible"), (1, "blurred"), (0, "not_visible")]


def test_a_tile_of_a_frame_is_scored_like_any_other() -> None:
    _, classifier = load_classifier(TINY)
    found = score_trusted(items(MIXED), lambda picture: image_score(classifier.score_map(picture)))
    alone = [image_score(classifier.score_map(item.picture.copy())) for item in items(MIXED)]
    assert found.scores == pytest.approx(alone)
    assert list(found.marks) == [mark for _, mark in MIXED]


def test_the_verb_prints_the_report(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr("training.datasets.trusted.trusted_items", lambda root, split, marks, side: iter(items(MIXED)))
    parser = ArgumentParser()
    EVALUATE.configure(parser)
    assert EVALUATE.run(parser.parse_args(["--bundle", str(TINY), "--trusted", "--json"])) == 0
    content = json.loads(capsys.readouterr().out)
    assert list(content) == ["bundle", "trusted"]
    assert (content["trusted"]["visible"], content["trusted"]["uncracked"], content["trusted"]["blurred"]) == (1, 2, 1)
    assert EVALUATE.run(parser.parse_args(["--bundle", str(TINY), "--trusted"])) == 0
    shown = capsys.readouterr().out
    assert all(word in shown for word in ("visible", "blurred", "uncracked", "test"))
    with pytest.raises(DataError, match="cannot be called 'trusted'"):
        EVALUATE.run(parser.parse_args(["--data", f"trusted={TINY}", "--trusted"]))


@pytest.mark.parametrize(("asked", "judged"), [([], "test"), *((["--side", side], side) for side in LISTS)])
def test_the_list_that_is_judged_is_that_of_the_side(
    asked: list[str], judged: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def of_the_list(root: Path, split: object, marks: Marks, side: str) -> Iterator[TrustedItem]:
        assert (marks, side) == (read_marks(LISTS[judged]), judged)
        return iter(items(MIXED))

    monkeypatch.setattr("training.datasets.trusted.trusted_items", of_the_list)
    parser = ArgumentParser()
    EVALUATE.configure(parser)
    assert EVALUATE.run(parser.parse_args(["--bundle", str(TINY), "--trusted", "--json", *asked])) == 0
    assert json.loads(capsys.readouterr().out)["trusted"]["side"] == judged
    with pytest.raises(DataError, match="not of train"):
        EVALUATE.run(parser.parse_args(["--trusted", "--side", "train"]))
