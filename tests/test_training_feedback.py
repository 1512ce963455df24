"""What a network learns from reviewed finds, and what it must not learn from."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from types import MappingProxyType, SimpleNamespace

import cv2
import keras
import numpy as np
import pytest
from synthetic_pictures import picture, split_over, tiny, write_pictures

from edge.errors import BundleError, CheckpointError, DataError, RecipeError
from edge.feedback import CONCRETE, CRACK, SCHEMA_VERSION, UNKNOWN, Example, Feedback, FeedbackRun, write_feedback
from training import batches as module
from training import start as start_module
from training.architectures import tilenet as tilenet_plan
from training.batches import TileBatches
from training.bench.frozen import FROZEN_SEEDS, is_frozen
from training.checkpoint import load_progress
from training.datasets import feedback
from training.datasets.feedback import FeedbackSet
from training.datasets.item import Item
from training.datasets.split import Split
from training.losses import LABEL, SOMEWHERE, WEIGHT
from training.models.tilenet import CELLS, WINDOWS, shipped, taught_tilenet
from training.recipe import load_recipe
from training.ship import _training_data
from training.start import cells_file, from_bundle
from training.train import train

RECIPE = tiny("tilenet-m-rendered", batch_size=12)
SIDE = 224


def a_set(folder: Path, marks: dict[str, np.ndarray], *, source: str = "north wall", **known: object) -> FeedbackSet:
    """An example for each of `marks`, named "accept" or "reject"; of the accepted one the course may be there."""
    files, examples = {}, []
    for n, (verdict, mark) in enumerate(marks.items(), start=1):
        jpeg = cv2.imencode(".png", picture(n, cracked=verdict == "accept", side_px=SIDE))[1].tobytes()
        png = cv2.imencode(".png", mark)[1].tobytes()
        example = Example(
            find_id=n,
            verdict="accept" if verdict == "accept" else "reject",
            reason=None,
            reviewer="Ann",
            reviewed_utc="2026-05-04T03:02:01.000000+00:00",
            run_id="run",
            seq=0,
            frame_name="a.jpg",
            frame_sha256=None,
            box_xywh_px=(64, 64, 96, 96),
            score=0.9,
            placed=bool((mark == CRACK).any()),
            picture_sha256=hashlib.sha256(jpeg).hexdigest(),
            marks_sha256=hashlib.sha256(png).hexdigest(),
        )
        examples.append(replace(example, **known))  # type: ignore[arg-type]
        files |= {example.picture: jpeg, example.marks: png}
    run = FeedbackRun(
        id="run",
        source=source,
        started_utc="2026-05-04T03:02:01.000000+00:00",
        hairline_version=None,
        bundle_name="tiny",
        bundle_sha256="a" * 64,
        classifier_sha256="b" * 64,
        window_threshold=0.5,
    )
    told = Feedback(
        schema_version=SCHEMA_VERSION,
        made_utc="2026-05-04T03:02:01.000000+00:00",
        hairline_version=None,
        runs=(run,),
        examples=tuple(examples),
        left_out=(),
    )
    write_feedback(folder, told, files)
    return feedback.read(folder)


def filled(value: int) -> np.ndarray:
    return np.full((SIDE, SIDE), value, np.uint8)


def course() -> np.ndarray:
    marks = filled(UNKNOWN)
    cv2.line(marks, (0, SIDE // 2), (SIDE, SIDE // 2), CRACK, 3)
    return marks


@pytest.fixture(scope="module")
def items(tmp_path_factory: pytest.TempPathFactory) -> list[Item]:
    return write_pictures(tmp_path_factory.mktemp("own"), count=24)


@pytest.fixture(scope="module")
def split(items: list[Item]) -> Split:
    return split_over(items)


def targets(monkeypatch: pytest.MonkeyPatch, items: list[Item], examples: FeedbackSet, drawn: float) -> list:
    """The targets of windows and of cells of a batch in which every picture is a reviewed find."""
    monkeypatch.setattr(module, "FEEDBACK_SHARE", 1.0)
    recipe = replace(RECIPE, data=replace(RECIPE.data, rendered_share=drawn, real_crack_share=0.0))
    batches = TileBatches.of_side(items, recipe, batches=1, seed=1)
    batches.learn_from(examples)
    _, both = batches[0]
    return [both[WINDOWS], both[CELLS]]


def test_all_of_a_rejected_find_is_no_crack(monkeypatch: pytest.MonkeyPatch, items: list[Item], tmp_path: Path) -> None:
    for target in targets(monkeypatch, items, a_set(tmp_path / "f", {"reject": filled(CONCRETE)}), drawn=0.0):
        assert (target[..., WEIGHT] == 1).all()
        assert not target[..., LABEL].any()
        assert not target[..., SOMEWHERE].any()


def test_a_crack_drawn_on_a_rejected_find_is_one(
    monkeypatch: pytest.MonkeyPatch, items: list[Item], tmp_path: Path
) -> None:
    for target in targets(monkeypatch, items, a_set(tmp_path / "f", {"reject": filled(CONCRETE)}), drawn=1.0):
        assert target[..., LABEL].any()
        assert (target[..., LABEL] == 0).any()


def test_what_nobody_has_spoken_of_teaches_nothing(
    monkeypatch: pytest.MonkeyPatch, items: list[Item], tmp_path: Path
) -> None:
    for target in targets(monkeypatch, items, a_set(tmp_path / "f", {"reject": filled(UNKNOWN)}), drawn=0.0):
        assert not target[..., WEIGHT].any()


def test_of_an_accepted_find_the_course_is_a_crack_and_nothing_is_not(
    monkeypatch: pytest.MonkeyPatch, items: list[Item], tmp_path: Path
) -> None:
    for target in targets(monkeypatch, items, a_set(tmp_path / "f", {"accept": course()}), drawn=0.0):
        taught = target[..., WEIGHT] > 0
        assert taught.any()
        assert (target[taught][:, LABEL] == 1).all()


def test_of_an_accepted_find_without_a_course_only_that_there_is_one(
    monkeypatch: pytest.MonkeyPatch, items: list[Item], tmp_path: Path
) -> None:
    for target in targets(monkeypatch, items, a_set(tmp_path / "f", {"accept": filled(UNKNOWN)}), drawn=0.0):
        assert (target[..., SOMEWHERE] == 1).all()
        assert not target[..., WEIGHT].any()


def test_a_wide_find_without_a_course_is_not_shown_in_part(items: list[Item], tmp_path: Path) -> None:
    wide = a_set(tmp_path / "f", {"accept": filled(UNKNOWN)}, box_xywh_px=(0, 0, RECIPE.data.crop_px + 1, 9))
    with pytest.raises(DataError, match="none of these is"):
        TileBatches.of_side(items, RECIPE, batches=1, seed=1).learn_from(wide)


def test_without_feedback_a_batch_is_what_it_was(items: list[Item], tmp_path: Path) -> None:
    """Runs of before repeat."""
    plain, other = (TileBatches.of_side(items, RECIPE, batches=1, seed=1) for _ in range(2))
    other.learn_from(a_set(tmp_path / "f", {"reject": filled(CONCRETE)}))
    assert (plain[0][0] == TileBatches.of_side(items, RECIPE, batches=1, seed=1)[0][0]).all()
    assert not (plain[0][0] == other[0][0]).all()


def test_a_run_records_its_feedback_and_does_not_go_on_with_another(
    monkeypatch: pytest.MonkeyPatch, items: list[Item], split: Split, tmp_path: Path
) -> None:
    monkeypatch.setattr(tilenet_plan, "VALIDATION_BATCHES", 1)
    examples = a_set(tmp_path / "f", {"reject": filled(CONCRETE), "accept": course()})
    recipe = replace(RECIPE, epochs=1, steps_per_epoch=1, batch_size=2)
    train(recipe, items, split, tmp_path / "run", verbose=0, feedback=examples)
    told = json.loads((tmp_path / "run" / "configuration.json").read_text())
    assert told["feedback_sha256"] == examples.sha256
    assert load_progress(tmp_path / "run", asdict(recipe), split.sha256, examples.sha256).epoch == 1
    with pytest.raises(CheckpointError, match="another recipe, split or feedback"):
        train(recipe, items, split, tmp_path / "run", verbose=0)
    *_, last = _training_data(items, examples)
    assert (last.name, last.items) == ("feedback", 2)
    assert examples.sha256 in last.citation
    assert "1 accepted, 1 rejected" in last.citation


def test_other_networks_do_not_learn_from_it(items: list[Item], split: Split, tmp_path: Path) -> None:
    examples = a_set(tmp_path / "f", {"reject": filled(CONCRETE)})
    with pytest.raises(RecipeError, match="only the dense tile networks"):
        train(tiny("article-cnn"), items, split, tmp_path / "run", verbose=0, feedback=examples)


def test_frames_that_networks_are_judged_on_are_refused(items: list[Item], split: Split, tmp_path: Path) -> None:
    test, trained_on = split.items("test", items)[0], split.items("train", items)[0]
    marks = {"reject": filled(CONCRETE)}

    def check(name: str, item: Item | None = None, source: str = "wall", frame_name: str = "a.jpg") -> None:
        digest = None if item is None else hashlib.sha256(item.path.read_bytes()).hexdigest()
        known = {"frame_sha256": digest, "frame_name": frame_name}
        feedback.refuse_judges(a_set(tmp_path / name, marks, source=source, **known), items, split)

    check("train side", trained_on, trained_on.name)
    with pytest.raises(DataError, match=test.name):
        check("bytes", test)
    with pytest.raises(DataError, match=test.name):
        check("path", source=f"/data/{test.name}")
    folder, _, name = test.name.rpartition("/")
    with pytest.raises(DataError, match=test.name):
        check("folder", source=f"data/{folder}", frame_name=name)
    with pytest.raises(DataError, match="rover:7100000"):
        check("gate", source=f"rover:{FROZEN_SEEDS[0]} (rendered, 1200 x 800 mm)")


@pytest.mark.parametrize(
    ("source", "frozen"),
    [
        (f"wall:{FROZEN_SEEDS[-1]} (rendered, ...)", True),
        (f"rover:{FROZEN_SEEDS[-1] + 1} (rendered)", False),
        (f"rover:{FROZEN_SEEDS[0]}0", False),
        (f"photos/rover:{FROZEN_SEEDS[0]}", False),
        ("picamera", False),
    ],
)
def test_the_gates_walls_are_known_by_how_a_camera_calls_them(source: str, frozen: bool) -> None:
    assert is_frozen(source) == frozen


def float_beside(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    model: keras.Model,
    further: Mapping[str, bytes] = MappingProxyType({}),
) -> Path:
    (folder / "float").mkdir(parents=True)
    model.save(folder / "float" / "net.keras")
    for name, content in further.items():
        (folder / "float" / name).write_bytes(content)
    manifest = SimpleNamespace(float_files=dict.fromkeys(["net.keras", "net.onnx", *further], ""))
    monkeypatch.setattr(start_module, "read_bundle", lambda _: SimpleNamespace(manifest=manifest))
    return folder


def test_a_bundles_float_weights_are_where_training_goes_on(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    before = taught_tilenet("tilenet-m")
    folder = float_beside(tmp_path, monkeypatch, shipped("tilenet-m", before, input_px=96, stride_px=24))
    after = from_bundle(folder, load_recipe("tilenet-m-round"))
    pixels = np.random.default_rng(1).integers(0, 255, (1, 120, 120, 3)).astype(np.float32)
    windows = [np.asarray(model(pixels)[WINDOWS]) for model in (before, after)]
    np.testing.assert_allclose(*windows, rtol=1e-5, atol=1e-6)
    assert not np.asarray(after(pixels)[CELLS]).any(), "an older bundle: what answers for cells begins at zero"


def test_what_answers_for_cells_goes_on_too(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    before = taught_tilenet("tilenet-m")
    whole = shipped("tilenet-m", before, input_px=96, stride_px=24)
    folder = float_beside(tmp_path, monkeypatch, whole, cells_file("net", before))
    pixels = np.random.default_rng(1).integers(0, 255, (1, 120, 120, 3)).astype(np.float32)
    for name in ("tilenet-m-round", "tilenet-m"):  # that places cracks by the cells
        after = from_bundle(folder, load_recipe(name))
        for answer in (WINDOWS, CELLS):
            np.testing.assert_allclose(before(pixels)[answer], after(pixels)[answer], rtol=1e-5, atol=1e-6)
    assert cells_file("net", whole) == {}


def test_weights_of_another_network_or_none_are_no_start(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    other = shipped("tilenet-s", taught_tilenet("tilenet-s"), input_px=64, stride_px=32)
    with pytest.raises(BundleError, match="must have the layers of today's 'tilenet-m'"):
        from_bundle(float_beside(tmp_path / "other", monkeypatch, other), load_recipe("tilenet-m-round"))
    with pytest.raises(BundleError, match="this one has none"):
        from_bundle(tmp_path / "nothing", load_recipe("tilenet-m-round"))
    with pytest.raises(RecipeError, match="starts from a bundle"):
        from_bundle(tmp_path / "nothing", load_recipe("article-cnn"))
    whole = shipped("tilenet-m", taught_tilenet("tilenet-m"), input_px=96, stride_px=24)
    with pytest.raises(RecipeError, match="place_cracks"):
        from_bundle(float_beside(tmp_path / "older", monkeypatch, whole), load_recipe("tilenet-m"))


def test_a_round_changes_nothing_of_what_a_bundle_says() -> None:
    assert load_recipe("tilenet-m-round").bundle == load_recipe("tilenet-m").bundle
