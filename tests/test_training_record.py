"""What a run leaves: configuration, figures, TensorBoard logs, pictures; and runs side by side."""

import csv
import io
import json
from argparse import ArgumentParser
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from synthetic_pictures import split_over, tiny, write_pictures
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.plugins.hparams import plugin_data_pb2

from edge.errors import CheckpointError, RecipeError
from edge.manifest import Metric
from training import recipe as recipe_module
from training.cli import TRAIN
from training.datasets.item import Item
from training.evaluate import Scored
from training.metrics import Confusion
from training.record.board import BOARD, hyperparameters, log_figures
from training.record.compare import read_runs, tables, write_csv
from training.record.configuration import CONFIGURATION
from training.record.metrics import METRICS, RunMetrics, read_metrics, write_metrics
from training.record.pictures import draw_confusions, draw_samples, worst_first
from training.train import train
from training.verbs import train as verb

COUNTS = Confusion(true_positive=7, false_negative=1, false_positive=2, true_negative=90)
FIGURE = Metric(name="accuracy, int8", set="own, test side", value=0.97, ci95=(0.9, 0.99), n=100)
RUN = RunMetrics(
    recipe="one",
    model="article-cnn",
    task="classify",
    what="The article's network: kept for comparison.",
    split_sha256="0" * 64,
    commit="abc",
    command="hairline train one",
    parameters=542_065,
    file_bytes=560_000,
    epochs=9,
    best_epoch=4,
    metrics=(FIGURE, Metric(name="recall, int8", set="own, test side", value=0.875, ci95=None, n=100)),
    confusions={"own, test side": COUNTS},
)


def hairline_train(*arguments: object) -> int:
    parser = ArgumentParser()
    TRAIN.configure(parser)
    return TRAIN.run(parser.parse_args([str(argument) for argument in arguments]))


@pytest.fixture(scope="module")
def items(tmp_path_factory: pytest.TempPathFactory) -> list[Item]:
    return write_pictures(tmp_path_factory.mktemp("own"), count=24)


@pytest.fixture(scope="module")
def folder(items: list[Item], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run's, with a figure measured after it."""
    folder = tmp_path_factory.mktemp("runs") / "mine"
    recipe = tiny("article-cnn", epochs=2, batch_size=8)
    train(recipe, items, split_over(items), folder, verbose=0, command="hairline train article-cnn")
    log_figures(folder, [FIGURE])
    return folder


def test_the_configuration_says_what_decided_the_run(folder: Path, items: list[Item]) -> None:
    content = json.loads((folder / CONFIGURATION).read_text())
    assert content["schema_version"] == 1
    assert content["recipe"]["learning_rate"] == 1e-4
    assert content["command"] == "hairline train article-cnn"
    assert content["split_sha256"] == split_over(items).sha256
    assert content["commit"]
    assert content["packages"]["keras"]


def test_tensorboard_reads_curves_hyperparameters_and_figures(folder: Path) -> None:
    board = EventAccumulator(str(folder / BOARD))
    board.Reload()
    assert f"{FIGURE.set}/{FIGURE.name}" in board.Tags()["tensors"]
    content = board.SummaryMetadata("_hparams_/session_start_info").plugin_data.content
    found = plugin_data_pb2.HParamsPluginData.FromString(content).session_start_info.hparams
    assert found["learning_rate"].number_value == 1e-4
    assert found["bundle.input_px"].number_value == 64
    assert found["schedule"].string_value == "constant"
    for side in ("train", "validation"):
        curves = EventAccumulator(str(folder / BOARD / side))
        curves.Reload()
        assert [event.step for event in curves.Tensors("epoch_loss")] == [0, 1]


def test_hyperparameters_are_all_of_a_recipe_in_one_level() -> None:
    flat = hyperparameters(tiny("tilenet-m"))
    assert flat["data.crop_px"] == 120
    assert flat["data.sets"] == "('own',)"
    assert all(isinstance(value, bool | int | float | str) for value in flat.values())


def test_figures_survive_writing_and_reading(tmp_path: Path) -> None:
    write_metrics(tmp_path, RUN)
    assert read_metrics(tmp_path / METRICS) == RUN


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"schema_version": 1}', '{"schema_version": 2}'])
def test_damaged_figures_are_named(text: str, tmp_path: Path) -> None:
    (tmp_path / METRICS).write_text(text)
    with pytest.raises(CheckpointError, match=r"metrics\.json: "):
        read_metrics(tmp_path / METRICS)


def test_the_worst_mistakes_come_first(items: list[Item], tmp_path: Path) -> None:
    four = [item for item in items if item.label][:2] + [item for item in items if not item.label][:2]
    scored = Scored(items=four, scores=np.array([0.1, 0.9, 0.95, 0.4], np.float32))
    assert worst_first(scored, 0.5) == [2, 0, 3, 1]  # wrong by 0.45, wrong by 0.4, right by 0.1, right by 0.4
    draw_samples({"own": scored}, 0.5, tmp_path / "samples.png")
    draw_confusions({"own": COUNTS, "other": COUNTS}, tmp_path / "confusion.png", title="one")
    for name in ("samples.png", "confusion.png"):
        assert cv2.imread(str(tmp_path / name)).std() > 0


def test_runs_are_compared_side_by_side(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("one", "two"):
        (tmp_path / "runs" / name).mkdir(parents=True)
        write_metrics(tmp_path / "runs" / name, replace(RUN, recipe=name, metrics=RUN.metrics[: 1 + (name == "one")]))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    assert hairline_train("compare") == 0
    printed = capsys.readouterr().out
    assert "542,065" in printed
    assert "0.9700" in printed
    assert "recall" not in printed
    assert hairline_train("compare", "runs/two", "runs/one", "--csv") == 0
    table = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [row["recipe"] for row in table] == ["two", "one"]
    assert [row["own, test side: recall, int8"] for row in table] == ["", "0.875"]
    assert [row["own, test side: accuracy, int8 high"] for row in table] == ["0.99", "0.99"]
    runs = read_runs([Path("runs/one")])
    assert tables(runs) == {
        "finished runs": [
            ["run", "model", "parameters", "int8 kB", "weights of epoch"],
            ["one", "article-cnn", "542,065", "560", "4 of 9"],
        ],
        "own, test side": [["run", "accuracy, int8"], ["one", "0.9700"]],
    }
    file = io.StringIO()
    write_csv(runs, file)
    assert file.getvalue().count("\n") == 2


def test_what_compare_is_given_wrong_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(CheckpointError, match="no finished run"):
        hairline_train("compare")
    with pytest.raises(CheckpointError, match=r"nowhere: a finished run has a file metrics\.json"):
        hairline_train("compare", "nowhere")
    with pytest.raises(RecipeError, match=r"one recipe .* at a time"):
        hairline_train("tilenet-m", "article-cnn")
    with pytest.raises(RecipeError, match="start from ImageNet weights"):
        hairline_train("article-cnn", "--from-scratch")


def test_recipes_that_start_from_others_must_fit_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    shipped = Path(recipe_module.__file__).parent / "recipes"
    second = (shipped / "mobilenetv2-two-phase.toml").read_text()
    (tmp_path / "loop.toml").write_text(second.replace('"mobilenetv2-frozen"', '"loop.toml"'))
    with pytest.raises(RecipeError, match=r"cannot be trained before itself: loop\.toml, loop\.toml"):
        hairline_train("loop.toml")
    (tmp_path / "wide.toml").write_text(second.replace("width = 0.35", "width = 0.5"))
    with pytest.raises(RecipeError, match=r"wide\.toml: start_from names a recipe of the same model, width"):
        hairline_train("wide.toml")


def test_a_recipe_may_start_from_one_that_starts_from_another() -> None:
    parser = ArgumentParser()
    TRAIN.configure(parser)
    parts = verb._recipes(parser.parse_args(["tilenet-m"]))
    assert [part.name for part in parts] == ["tilenet-m-rendered", "tilenet-m-walls", "tilenet-m"]
    assert [part.start_from for part in parts] == [None, "tilenet-m-rendered", "tilenet-m-walls"]


def test_from_scratch_nothing_is_frozen_and_the_command_says_so() -> None:
    parser = ArgumentParser()
    TRAIN.configure(parser)
    args = parser.parse_args(["mobilenetv2-two-phase", "--from-scratch"])
    parts = verb._recipes(args)
    assert [part.name for part in parts] == ["mobilenetv2-frozen", "mobilenetv2-two-phase"]
    assert {(part.network.weights, part.network.frozen_layers) for part in parts} == {("random", 0)}
    assert verb._command(args) == "hairline train mobilenetv2-two-phase --from-scratch"
