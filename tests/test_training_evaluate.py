"""`hairline evaluate` prints what counting by hand gives, and says what cannot be evaluated."""

import csv
import json
import subprocess
import sys
from argparse import ArgumentParser
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from synthetic_pictures import split_over, write_pictures

from edge.bundle import default_bundle_path, read_bundle
from edge.classifier import load_classifier
from edge.errors import BundleError, DataError, SourceError
from edge.imagefile import read_bgr
from edge.tiling import ScoreMap, image_score
from training.cli import EVALUATE
from training.datasets.item import Item
from training.datasets.registry import READERS
from training.datasets.split import load_split, split_text
from training.evaluate import evaluate_frames, flagged_tiles, on_side, score_items
from training.metrics import auroc

TINY = Path(__file__).parent / "golden" / "tiny_bundle"
SPEC = read_bundle(TINY).manifest.classifier


def hairline_evaluate(*arguments: object) -> int:
    parser = ArgumentParser()
    EVALUATE.configure(parser)
    return EVALUATE.run(parser.parse_args([str(argument) for argument in arguments]))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("pictures")


@pytest.fixture(scope="module")
def items(folder: Path) -> list[Item]:
    return write_pictures(folder, dataset="wall", count=20)


def frames(folder: Path, count: int = 2) -> Path:
    """Frames of 160x128 with four labelled tiles each."""
    with (folder / "tiles.csv").open("w", newline="") as lines:
        rows = csv.writer(lines)
        rows.writerow(["frame", "tile", "row", "col", "x", "y", "w", "h", "label"])
        for n in range(count):
            noise = np.random.default_rng(n).integers(0, 256, (128, 160, 3), np.uint8)
            cv2.imwrite(str(folder / f"{n}.png"), noise)
            for tile, (x, y) in enumerate([(0, 0), (80, 0), (0, 64), (80, 64)], 1):
                rows.writerow([f"{n}.png", tile, 0, 0, x, y, 80, 64, tile % 2])
    return folder / "tiles.csv"


def test_json_has_every_figure_and_they_are_what_counting_gives(
    folder: Path, items: list[Item], capsys: pytest.CaptureFixture[str]
) -> None:
    assert hairline_evaluate("--bundle", TINY, "--data", f"wall={folder}", "--data", f"again={folder}", "--json") == 0
    content = json.loads(capsys.readouterr().out)
    assert set(content) == {"bundle", "wall", "again"}
    assert content["bundle"]["sha256"] == read_bundle(TINY).sha256
    assert content["wall"] == content["again"]
    found = content["wall"]
    bundle, classifier = load_classifier(TINY)
    threshold = bundle.manifest.image_threshold.score
    counts = {"true_positive": 0, "false_negative": 0, "false_positive": 0, "true_negative": 0}
    scores = []
    for item in items:
        scores.append(image_score(classifier.score_map(read_bgr(item.path))))
        flagged = scores[-1] >= threshold
        counts[("true_" if flagged == bool(item.label) else "false_") + ("positive" if flagged else "negative")] += 1
    assert found["confusion"] == counts
    assert found["n"] == len(items) == 20
    assert found["accuracy"] == pytest.approx((counts["true_positive"] + counts["true_negative"]) / 20)
    cracked = np.array([item.label == 1 for item in items])
    assert found["auroc"] == pytest.approx(auroc(np.array(scores, np.float32), cracked))
    assert found["threshold"] == threshold
    assert {"precision", "recall"} <= set(found)


def test_another_threshold_is_obeyed_and_nothing_found_is_null(
    folder: Path, items: list[Item], capsys: pytest.CaptureFixture[str]
) -> None:
    assert hairline_evaluate("--bundle", TINY, "--data", f"wall={folder}", "--threshold", "1e-6", "--json") == 0
    found = json.loads(capsys.readouterr().out)["wall"]
    assert (found["recall"], found["precision"], found["confusion"]["true_negative"]) == (1, 0.5, 0)
    assert hairline_evaluate("--bundle", TINY, "--data", f"wall={folder}", "--threshold", "1", "--json") == 0
    found = json.loads(capsys.readouterr().out)["wall"]
    assert found["recall"] == 0
    assert found["precision"] is None
    for wrong in ("0", "1.5", "nan", "much"):
        with pytest.raises(SystemExit):
            hairline_evaluate("--data", f"wall={folder}", "--threshold", wrong)


def test_the_table_names_every_set(folder: Path, items: list[Item], capsys: pytest.CaptureFixture[str]) -> None:
    assert hairline_evaluate("--bundle", TINY, "--data", f"north={folder}", "--data", f"south={folder}") == 0
    shown = capsys.readouterr().out
    for word in ("north", "south", "accuracy", "AUROC", "precision", "recall", "20"):
        assert word in shown


@pytest.mark.parametrize("names", [("cracked", "uncracked"), ("Positive", "Negative"), ("POSITIVE", "negative")])
def test_both_pairs_of_class_folders_are_known(
    names: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, level in zip(names, (40, 200), strict=True):
        (tmp_path / name).mkdir()
        cv2.imwrite(str(tmp_path / name / "1.png"), np.full((70, 70, 3), level, np.uint8))
    assert hairline_evaluate("--bundle", TINY, "--data", f"a={tmp_path}", "--json") == 0
    counts = json.loads(capsys.readouterr().out)["a"]["confusion"]
    assert counts["true_positive"] + counts["false_negative"] == 1
    assert counts["false_positive"] + counts["true_negative"] == 1


def test_a_side_of_the_split_is_only_its_pictures(
    folder: Path,
    items: list[Item],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    split = split_over(items)
    (tmp_path / "split.json").write_text(split_text(split))
    stored = load_split(tmp_path / "split.json")
    monkeypatch.setattr("training.datasets.split.load_split", lambda: stored)
    assert hairline_evaluate("--bundle", TINY, "--data", f"wall={folder}", "--side", "test", "--json") == 0
    assert json.loads(capsys.readouterr().out)["wall"]["n"] == len(split.items("test", items))
    with pytest.raises(DataError, match="none of the 20 pictures lies on the side 'test'"):
        hairline_evaluate("--bundle", TINY, "--data", f"other={folder}", "--side", "test")
    assert on_side(items, split, None) == items


def test_what_cannot_be_evaluated_is_said(folder: Path, items: list[Item], tmp_path: Path) -> None:
    with pytest.raises(DataError, match="nothing to evaluate"):
        hairline_evaluate("--bundle", TINY)
    with pytest.raises(DataError, match=r"none: there is no such folder"):
        hairline_evaluate("--bundle", TINY, "--data", f"a={tmp_path / 'none'}")
    with pytest.raises(DataError, match="a folder a class"):
        hairline_evaluate("--bundle", TINY, "--data", f"a={tmp_path}")
    (tmp_path / "cracked").mkdir()
    with pytest.raises(DataError, match="no picture to evaluate"):
        hairline_evaluate("--bundle", TINY, "--data", f"a={tmp_path}")
    with pytest.raises(DataError, match="given twice: a"):
        hairline_evaluate("--bundle", TINY, "--data", f"a={folder}", "--data", f"a={folder}")
    with pytest.raises(BundleError, match="no-bundle"):
        hairline_evaluate("--bundle", tmp_path / "no-bundle", "--data", f"a={folder}")
    with pytest.raises(DataError, match=r"tiles\.csv"):
        hairline_evaluate("--bundle", TINY, "--frames", tmp_path / "tiles.csv")
    for wrong in ("wall", "=path", "wall="):
        with pytest.raises(SystemExit):
            hairline_evaluate("--data", wrong)


@pytest.mark.parametrize("damage", ["small", "broken"])
def test_a_picture_that_cannot_be_scored_is_named(damage: str, tmp_path: Path) -> None:
    path = tmp_path / "cracked" / "odd.png"
    path.parent.mkdir()
    if damage == "small":
        cv2.imwrite(str(path), np.zeros((40, 90, 3), np.uint8))
    else:
        path.write_bytes(b"\x89PNG")
    with pytest.raises(SourceError, match=r"odd\.png"):
        hairline_evaluate("--bundle", TINY, "--data", f"a={tmp_path}")


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32), st.floats(0.05, 0.95))
def test_a_tile_is_flagged_by_a_window_whose_centre_it_holds(seed: int, threshold: float) -> None:
    rng = np.random.default_rng(seed)
    xs, ys = (np.arange(0, n * 32, 32, dtype=np.int32) for n in (6, 5))
    score_map = ScoreMap(q=rng.integers(-128, 128, (5, 6)).astype(np.int8), xs=xs, ys=ys, spec=SPEC)
    boxes = rng.integers([0, 0, 1, 1], [150, 150, 90, 90], (7, 4)).astype(np.int32)
    found = flagged_tiles(score_map, boxes, threshold)
    q_min, half = SPEC.q_min(threshold), SPEC.tile_px / 2
    for box, flagged in zip(boxes.tolist(), found, strict=True):
        x, y, w, h = box
        centres = [
            (int(xs[c]) + half, int(ys[r]) + half) for r in range(5) for c in range(6) if score_map.q[r, c] >= q_min
        ]
        assert flagged == any(x <= cx < x + w and y <= cy < y + h for cx, cy in centres)


def test_frames_are_counted_against_their_tiles(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tiles = frames(tmp_path)
    assert hairline_evaluate("--bundle", TINY, "--frames", tiles, "--threshold", "1e-6", "--json") == 0
    rows = json.loads(capsys.readouterr().out)["frames"]
    all_found = {"cracked": 2, "flagged_cracked": 2, "uncracked": 2, "flagged_uncracked": 2}
    assert rows == [{"frame": f"{n}.png", **all_found} for n in range(2)]
    bundle, classifier = load_classifier(TINY)
    none = evaluate_frames(tiles, classifier, float(bundle.manifest.classifier.probabilities()[-1]))
    assert all(row.flagged_cracked + row.flagged_uncracked <= 4 for row in none)
    assert hairline_evaluate("--bundle", TINY, "--frames", tiles) == 0
    assert "0.png" in capsys.readouterr().out
    (tmp_path / "1.png").unlink()
    with pytest.raises(SourceError, match=r"1\.png"):
        hairline_evaluate("--bundle", TINY, "--frames", tiles)


def test_help_needs_neither_keras_nor_tensorflow() -> None:
    code = (
        "import sys; from argparse import ArgumentParser\n"
        "for name in ('keras', 'tensorflow', 'scipy', 'matplotlib', 'numpy'): sys.modules[name] = None\n"
        "from training.cli import DATA, EVALUATE, TRAIN\n"
        "for verb in (DATA, TRAIN, EVALUATE):\n"
        "    parser = ArgumentParser(); verb.configure(parser); assert 'usage' in parser.format_help()\n"
        "    assert verb.extra == 'train' and verb.help\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=TINY.parents[2])
    assert done.returncode == 0, done.stderr


def test_the_bundle_that_ships_finds_the_cracks_of_metu_s_test_side(data_root: Path) -> None:
    """Needs the bundle in edge/default_bundle and the data folder; only without the latter it is skipped."""
    split = load_split()
    test = split.items("test", READERS["metu"](data_root))
    chosen = [
        item for label in (0, 1) for item in [item for item in test if item.label == label][:: len(test) // 60][:30]
    ]
    assert len(chosen) == 60
    bundle, classifier = load_classifier(default_bundle_path())
    found = score_items(chosen, classifier).report(bundle.manifest.image_threshold)
    assert found.accuracy >= 0.97
    assert bundle.manifest.split_sha256 == split.sha256
