"""Likely label errors: planted ones are found, the committed table is sound, and only the training side is in it."""

from collections import Counter
from pathlib import Path

import cv2
import keras
import numpy as np
import pytest

from edge.errors import DataError
from training import label_errors
from training.datasets import label_quality
from training.datasets.item import Item
from training.datasets.label_quality import (
    likely_errors,
    quality_text,
    read_looked_at,
    read_quality,
    trusted_positives,
)
from training.datasets.split import load_split


def item(name: str, label: int, dataset: str = "sdnet2018") -> Item:
    return Item(name=name, path=Path(name), dataset=dataset, label=label, group=None, licence="CC BY 4.0")


def planted(seed: int, photos: int = 12, n: int = 100) -> tuple[np.ndarray, np.ndarray, np.ndarray, list[str]]:
    """Features that tell cracked from uncracked well, labels of which a fifth of the cracked are wrong."""
    rng = np.random.default_rng(seed)
    truth = np.tile(np.arange(n) % 2 == 0, photos)
    features = rng.normal(0, 1, (len(truth), 6)).astype(np.float32)
    features[:, 0] += np.where(truth, 2.0, -2.0)
    wrong = ~truth & (rng.random(len(truth)) < 0.2)
    return features, truth | wrong, wrong, [f"photo {i // n}" for i in range(len(truth))]


def test_planted_errors_are_found() -> None:
    features, cracked, wrong, photos = planted(0)
    probabilities = label_errors.out_of_photo_probabilities(features, cracked, photos)
    found = label_errors.find_errors(probabilities, cracked) & cracked
    assert (found & wrong).sum() / found.sum() > 0.8
    assert (found & wrong).sum() / wrong.sum() > 0.7


def test_a_tile_is_judged_without_its_photo() -> None:
    # What tells the labels here is the photo's own brightness, and it tells the opposite in another photo.
    rng = np.random.default_rng(1)
    photos = np.repeat(np.arange(10), 60)
    cracked = rng.random(600) < 0.5
    side = np.where(photos % 2 == 0, 1.0, -1.0)
    features = np.zeros((600, 10), np.float32)
    features[np.arange(600), photos] = np.where(cracked, side, -side)
    groups = [str(photo) for photo in photos]
    probabilities = label_errors.out_of_photo_probabilities(features, cracked, groups)[:, 1]
    # A photo whose column no other photo uses cannot be told at all, so every tile of it gets the same.
    assert max(np.ptp(probabilities[photos == photo]) for photo in range(10)) < 1e-9


def test_too_few_photos_are_refused() -> None:
    with pytest.raises(DataError, match="at least 5 photos; got 1"):
        label_errors.out_of_photo_probabilities(np.zeros((4, 2), np.float32), np.array([0, 1, 0, 1], bool), ["a"] * 4)


def test_features_are_those_of_the_windows_at_native_pixels(tmp_path: Path) -> None:
    layer = keras.layers
    tile = keras.Input((16, 16, 3))
    model = keras.Model(tile, layer.Conv2D(1, 1)(layer.Conv2D(4, 16, strides=8, activation="relu")(tile)))
    model.save(tmp_path / "tiny.keras")
    pixels = np.random.default_rng(0).integers(0, 256, (32, 40, 3), np.uint8)
    cv2.imwrite(str(tmp_path / "a.png"), pixels)
    picture = Item(name="a", path=tmp_path / "a.png", dataset="own", label=1, group=None, licence="")
    found = label_errors.window_features(tmp_path / "tiny.keras", [picture])[0]
    windows = [pixels[y : y + 16, x : x + 16] for y in (0, 8, 16) for x in (0, 8, 16, 24)]
    stack = np.stack(windows).astype(np.float32)
    logits = np.ravel(model.predict_on_batch(stack))
    activations = np.reshape(keras.ops.convert_to_numpy(model.layers[1](stack)), (len(windows), 4))
    highest = np.argsort(logits)[-3:]
    expected = [logits[highest].mean(), logits.mean(), *activations[highest].mean(0), *activations.mean(0)]
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-3)


def test_the_committed_table_is_of_training_tiles_called_cracked_only() -> None:
    sides = load_split().sides
    names = [name for name, side in sides.items() if side == "train" and "sdnet2018/W/cracked" in name]
    assert set(read_quality()) == set(names)
    assert all(0 <= judged.quality <= 1 for judged in read_quality().values())
    # cleanlab flags the least likely labels of a class, and no others.
    worst_kept = min(judged.quality for judged in read_quality().values() if not judged.likely_error)
    assert all(read_quality()[name].quality <= worst_kept + 1e-4 for name in likely_errors())


def test_what_was_looked_at_is_what_the_table_flags() -> None:
    rows = [row for row in read_looked_at() if "/cracked/" in row[0]]
    assert Counter(flagged for _, flagged, _ in rows) == {True: 30, False: 30}
    assert all(read_quality()[name].likely_error == flagged for name, flagged, _ in rows)
    readme = (label_quality.DEFAULT.parent / "README.md").read_text()
    assert label_errors.report(read_looked_at()) in readme
    assert label_errors.report(label_errors.marked()) in readme


def test_only_what_was_judged_and_not_flagged_is_trusted() -> None:
    table = read_quality()
    good = next(name for name, judged in table.items() if not judged.likely_error)
    bad = next(iter(likely_errors()))
    never = "sdnet2018/W/cracked/7111-1.jpg"  # validation side
    others = [item(bad.replace("/cracked/", "/uncracked/"), 0), item("metu/Positive/1.jpg", 1, "metu")]
    kept = trusted_positives([item(good, 1), item(bad, 1), item(never, 1), *others])
    assert [one.name for one in kept] == [good, *(one.name for one in others)]


def test_a_table_is_read_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text(quality_text(["b", "a"], [0.25, 0.5], [True, False]))
    assert {name: (j.quality, j.likely_error) for name, j in read_quality(path).items()} == {
        "a": (0.5, False),
        "b": (0.25, True),
    }


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "line 1"),
        ("name,quality\n", "begins with name,quality,likely_error"),
        ("name,quality,likely_error\na,0.5\n", "line 2"),
        ("name,quality,likely_error\na,good,no\n", "line 2"),
        ("name,quality,likely_error\na,0.5,maybe\n", "'maybe'"),
    ],
)
def test_a_damaged_table_is_named(text: str, words: str, tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text(text)
    with pytest.raises(DataError, match=words) as caught:
        read_quality(path)
    assert str(path) in str(caught.value)
