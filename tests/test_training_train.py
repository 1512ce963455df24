"""Training repeats, goes on after an interruption as if there had been none, and loses no good checkpoint."""

import errno
import json
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from synthetic_pictures import split_over, tiny, write_pictures

from edge.errors import CheckpointError, DataError
from training import checkpoint, resized
from training import train as module
from training.architectures import tilenet as tilenet_plan
from training.architectures.registry import ARCHITECTURES
from training.checkpoint import BEST, LAST, STATE, Checkpoint, Progress, load_model, load_progress
from training.datasets.item import Item
from training.datasets.split import Split
from training.recipe import Recipe
from training.train import FLOAT_WEIGHTS, train

TILENET = tiny("tilenet-m")
ARTICLE = tiny("article-cnn", epochs=3, batch_size=8, patience=5)
RECIPES = pytest.mark.parametrize("recipe", [TILENET, ARTICLE], ids=lambda recipe: recipe.model)


@pytest.fixture(scope="module")
def items(tmp_path_factory: pytest.TempPathFactory) -> list[Item]:
    return write_pictures(tmp_path_factory.mktemp("own"), count=24)


@pytest.fixture(scope="module")
def split(items: list[Item]) -> Split:
    return split_over(items)


@pytest.fixture(scope="module", autouse=True)
def short_validation() -> Any:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tilenet_plan, "VALIDATION_BATCHES", 1)
        yield


@pytest.fixture(scope="module")
def uninterrupted(
    items: list[Item], split: Split, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[Recipe], tuple[Path, list[np.ndarray]]]:
    """The folder and the weights of a run of a recipe, made once."""
    made: dict[str, tuple[Path, list[np.ndarray]]] = {}

    def run(recipe: Recipe) -> tuple[Path, list[np.ndarray]]:
        if recipe.model not in made:
            folder = tmp_path_factory.mktemp(recipe.model)
            made[recipe.model] = folder, train(recipe, items, split, folder, verbose=0).get_weights()
        return made[recipe.model]

    return run


def same(one: list[np.ndarray], other: list[np.ndarray]) -> bool:
    return all((a == b).all() for a, b in zip(one, other, strict=True))


def test_a_seed_repeats_a_run(items: list[Item], split: Split, tmp_path: Path, uninterrupted: Callable) -> None:
    """Of `tilenet`; that the other's does follows from the test of interruptions."""
    _, weights = uninterrupted(TILENET)
    assert same(weights, train(TILENET, items, split, tmp_path, verbose=0).get_weights())


@RECIPES
def test_an_interrupted_run_ends_like_one_that_was_not(
    recipe: Recipe,
    items: list[Item],
    split: Split,
    tmp_path: Path,
    uninterrupted: Callable,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder, weights = uninterrupted(recipe)

    class Interrupted(Checkpoint):
        def on_train_batch_end(self, batch: int, logs: object = None) -> None:
            if self.progress.epoch == 1:
                raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(module, "Checkpoint", Interrupted)
        with pytest.raises(KeyboardInterrupt):
            train(recipe, items, split, tmp_path, verbose=0)
    assert json.loads((tmp_path / STATE).read_text())["epoch"] == 1
    resumed = train(recipe, items, split, tmp_path, verbose=0)
    assert same(weights, resumed.get_weights())
    whole, parts = (json.loads((where / STATE).read_text()) for where in (folder, tmp_path))
    assert whole == parts


@RECIPES
def test_a_run_leaves_what_it_says_and_a_finished_one_is_not_run_again(
    recipe: Recipe, items: list[Item], split: Split, uninterrupted: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, weights = uninterrupted(recipe)
    names = {path.name for path in folder.iterdir()}
    assert names == {STATE, LAST, BEST, FLOAT_WEIGHTS, "curves.png", "configuration.json", "tensorboard"}
    assert (folder / "curves.png").read_bytes()[:4] == b"\x89PNG"
    state = json.loads((folder / STATE).read_text())
    assert state["epoch"] == recipe.epochs
    assert {len(values) for values in state["history"].values()} == {recipe.epochs}
    assert {"loss", "val_loss"} <= set(state["history"])
    assert same(weights, keras.saving.load_model(folder / FLOAT_WEIGHTS, compile=False).get_weights())

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a finished run was trained on")

    monkeypatch.setattr(keras.Model, "fit", refuse)
    assert same(weights, train(recipe, items, split, folder, verbose=0).get_weights())


def test_early_stopping_restores_the_best_weights(items: list[Item], split: Split, tmp_path: Path) -> None:
    recipe = replace(ARTICLE, epochs=30, patience=1, learning_rate=0.5)  # wild enough to get worse at once
    model = train(recipe, items, split, tmp_path, verbose=0)
    state = json.loads((tmp_path / STATE).read_text())
    losses = state["history"]["val_loss"]
    assert state["epoch"] == len(losses) == state["best_epoch"] + 1 < 30
    assert state["best_loss"] == min(losses) == losses[state["best_epoch"] - 1]
    assert same(model.get_weights(), load_model(tmp_path / BEST).get_weights())


def test_no_picture_of_the_test_side_is_read_and_validation_is_not_trained_on(
    items: list[Item], split: Split, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: dict[str, set[Path]] = {}
    original = resized.read_bgr
    monkeypatch.setattr(resized, "read_bgr", lambda path: read.setdefault("all", set()).add(path) or original(path))
    train(replace(ARTICLE, epochs=1), items, split, tmp_path, verbose=0)
    sides = {side: {item.path for item in split.items(side, items)} for side in ("train", "validation", "test")}
    assert read["all"] == sides["train"] | sides["validation"]
    setup = ARCHITECTURES["tilenet-m"].setup(TILENET, *(split.items(side, items) for side in ("train", "validation")))
    training, validation = setup.batches, setup.validation
    held = {item.path for sets in (training.negatives, training.positives) for items in sets for item in items}
    judged = {item.path for items in validation.negatives for item in items}
    assert held == sides["train"]
    assert judged < sides["validation"]


def test_another_recipe_or_split_is_not_gone_on_with(items: list[Item], split: Split, uninterrupted: Callable) -> None:
    folder, _ = uninterrupted(ARTICLE)
    before = (folder / STATE).read_bytes()
    with pytest.raises(CheckpointError, match=r"state\.json: .*another recipe, split or feedback; use another --out"):
        train(replace(ARTICLE, learning_rate=1e-3), items, split, folder, verbose=0)
    with pytest.raises(CheckpointError, match="another recipe, split or feedback"):
        train(ARTICLE, items, replace(split, sha256="0" * 64), folder, verbose=0)
    assert (folder / STATE).read_bytes() == before


@pytest.mark.parametrize("damage", ["cut", "byte", "gone", "empty"])
def test_a_damaged_checkpoint_is_named(
    damage: str, items: list[Item], split: Split, tmp_path: Path, uninterrupted: Callable
) -> None:
    folder, _ = uninterrupted(ARTICLE)
    state = json.loads((folder / STATE).read_text())
    state |= {"epoch": 1, "best_epoch": 1, "history": {}}
    (tmp_path / STATE).write_text(json.dumps(state))
    good = (folder / LAST).read_bytes()
    middle = len(good) // 2
    content = {
        "cut": good[:middle],
        "byte": good[:middle] + bytes([good[middle] ^ 255]) + good[middle + 1 :],
        "empty": b"",
    }
    if damage in content:
        (tmp_path / LAST).write_bytes(content[damage])
    with pytest.raises(CheckpointError, match=r"last\.keras: the checkpoint cannot be read"):
        train(ARTICLE, items, split, tmp_path, verbose=0)


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "{}", '{"schema_version": 1, "epoch": 3}', '"\ud800"'])
def test_a_damaged_state_is_named(text: str, tmp_path: Path) -> None:
    (tmp_path / STATE).write_bytes(text.encode("utf-8", "surrogatepass"))
    with pytest.raises(CheckpointError, match=r"state\.json: the run's state is damaged"):
        load_progress(tmp_path, asdict(ARTICLE), "0" * 64)


def test_a_state_of_another_schema_is_named_even_with_other_keys(tmp_path: Path) -> None:
    (tmp_path / STATE).write_text('{"schema_version": 2, "novelty": 1}')
    with pytest.raises(CheckpointError, match=r"state\.json: this version reads schema 1, not 2"):
        load_progress(tmp_path, asdict(ARTICLE), "0" * 64)


@pytest.mark.parametrize("full_at", ["model", "state"])
def test_a_full_disk_leaves_the_last_good_checkpoint(
    full_at: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    progress = Progress(recipe=asdict(ARTICLE), split_sha256="0" * 64)
    saving = Checkpoint(tmp_path, progress, patience=0)
    saving.set_model(model)
    saving.on_epoch_end(0, {"val_loss": 2.0})
    good = {name: (tmp_path / name).read_bytes() for name in (STATE, LAST, BEST)}
    full = OSError(errno.ENOSPC, "No space left on device")
    if full_at == "model":
        original, calls = keras.Model.save, []

        def save(self: keras.Model, path: Path) -> None:
            calls.append(path)
            if len(calls) == 2:  # the best went well, the last did not
                Path(path).write_bytes(b"half")
                raise full
            original(self, path)

        monkeypatch.setattr(keras.Model, "save", save)
    else:

        def dumps(_: object) -> str:
            raise full

        monkeypatch.setattr(checkpoint.json, "dumps", dumps)
    model.set_weights([w + 1 for w in model.get_weights()])
    with pytest.raises(CheckpointError, match=r"epoch 2 could not be saved.*No space left.*last good"):
        saving.on_epoch_end(1, {"val_loss": 1.0})
    monkeypatch.undo()
    assert {name: (tmp_path / name).read_bytes() for name in good} == good
    assert load_progress(tmp_path, asdict(ARTICLE), "0" * 64).epoch == 1
    load_model(tmp_path / LAST)


@RECIPES
def test_a_side_with_one_class_is_refused(recipe: Recipe, items: list[Item], split: Split, tmp_path: Path) -> None:
    uncracked = [item for item in items if item.label == 0]
    with pytest.raises(DataError, match="training side needs cracked and uncracked pictures"):
        train(recipe, uncracked, split, tmp_path, verbose=0)
    validation = {item.name for item in split.items("validation", items)}
    some = [item for item in items if item.label == 0 or item.name not in validation]
    with pytest.raises(DataError, match="validation side needs cracked"):
        train(recipe, some, split, tmp_path, verbose=0)
    with pytest.raises(DataError, match="training side needs cracked"):
        train(recipe, [replace(item, label=None) if item.label else item for item in items], split, tmp_path)


def test_a_folder_that_cannot_be_made_is_named(items: list[Item], split: Split, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(CheckpointError, match=r"file/run: a run needs a folder"):
        train(ARTICLE, items, split, tmp_path / "file" / "run", verbose=0)


def test_a_run_that_starts_from_another_begins_with_its_weights(
    items: list[Item], split: Split, uninterrupted: Callable, tmp_path: Path
) -> None:
    folder, weights = uninterrupted(ARTICLE)
    start = keras.saving.load_model(folder / FLOAT_WEIGHTS, compile=False)
    weights = [2 * each for each in weights]
    start.set_weights(weights)
    still = replace(ARTICLE, epochs=1, learning_rate=1e-12)
    tuned = train(still, items, split, tmp_path / "tuned", verbose=0, start=start).get_weights()
    fresh = train(still, items, split, tmp_path / "fresh", verbose=0).get_weights()
    assert all(np.allclose(a, b, atol=1e-6) for a, b in zip(weights, tuned, strict=True))
    assert not all(np.allclose(a, b, atol=1e-3) for a, b in zip(weights, fresh, strict=True))
