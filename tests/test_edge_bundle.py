"""Bundles: whatever is wrong with one is said in one line that names the file."""

import hashlib
import json
import math
import shutil
import tempfile
from argparse import ArgumentParser
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.bundle import Golden, read_bundle, write_bundle
from edge.classifier import check_golden, load_classifier, make_classifier
from edge.errors import BundleError
from edge.manifest import ClassifierSpec, Quantisation, read_manifest, write_manifest
from edge.verbs.bundle import VERB

GOLDEN = Path(__file__).parent / "golden"
TINY = GOLDEN / "tiny_bundle"
FILES = ("classifier.tflite", "golden.npz", "MODEL_CARD.md")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the tiny bundle, to be damaged."""
    return Path(shutil.copytree(TINY, tmp_path / "bundle"))


def edit(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Changes the manifest, then makes its hashes right again for the files that exist."""
    path = folder / "manifest.json"
    plain = json.loads(path.read_text())
    for name in plain["files"]:
        if (folder / name).exists():
            plain["files"][name] = hashlib.sha256((folder / name).read_bytes()).hexdigest()
    change(plain)
    path.write_text(json.dumps(plain))


def refusal(path: Path) -> str:
    """What `load_classifier` says of a bundle that it must refuse: one line."""
    with pytest.raises(BundleError) as caught:
        load_classifier(path)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_whole_bundle_is_read_and_its_network_equals_its_golden_tiles() -> None:
    bundle = read_bundle(TINY)
    exact = make_classifier(bundle.manifest.classifier, bundle.model, reference=True)
    assert check_golden(bundle, exact) == 0
    _, classifier = load_classifier(TINY)
    assert check_golden(bundle, classifier) <= 1


def test_a_bundle_of_schema_1_is_read_with_temperature_1_and_unstated_reasons(folder: Path) -> None:
    def as_schema_1(plain: dict[str, Any]) -> None:
        plain["schema_version"] = 1
        del plain["classifier"]["temperature"]
        for name in ("window_threshold", "image_threshold"):
            plain[name] = {key: plain[name][key] for key in ("score", "recall", "false_alarm_rate", "chosen_on")}

    edit(folder, as_schema_1)
    bundle, classifier = load_classifier(folder)
    today = read_bundle(TINY)
    assert bundle.manifest.schema_version == today.manifest.schema_version
    assert classifier.spec == today.manifest.classifier
    point = bundle.manifest.window_threshold
    assert (point.score, point.chosen_for, point.target) == (today.manifest.window_threshold.score, "unknown", None)
    edit(folder, lambda plain: plain["classifier"].pop("tile_px"))
    assert "missing: tile_px" in refusal(folder)


def test_a_manifest_is_written_as_it_was_read(tmp_path: Path) -> None:
    write_manifest(tmp_path / "manifest.json", read_manifest(TINY / "manifest.json"))
    assert (tmp_path / "manifest.json").read_bytes() == (TINY / "manifest.json").read_bytes()


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(FILES), st.floats(0, 1, exclude_max=True), st.integers(1, 255))
def test_any_changed_byte_is_noticed_and_its_file_named(name: str, where: float, flip: int) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(shutil.copytree(TINY, Path(scratch) / "bundle"))
        content = bytearray((folder / name).read_bytes())
        content[int(where * len(content))] ^= flip
        (folder / name).write_bytes(content)
        assert str(folder / name) in refusal(folder)


@pytest.mark.parametrize("name", [*FILES, "manifest.json"])
def test_a_missing_file_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()
    assert str(folder / name) in refusal(folder)


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    assert str(tmp_path / "none") in refusal(tmp_path / "none")


def put(*keys: str | int, value: Any) -> Callable[[dict[str, Any]], None]:
    """A change of the manifest: `value` where `keys` lead."""

    def change(plain: Any) -> None:
        for key in keys[:-1]:
            plain = plain[key]
        plain[keys[-1]] = value

    return change


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (put("schema_version", value=3), ["schema 3", "newer", "upgrade"]),
        (put("schema_version", value=0), ["schema 0", "older", "hairline train"]),
        (put("schema_version", value="1"), ["schema_version"]),
        (put("colour", value="red"), ["unknown", "colour"]),
        (lambda plain: plain.pop("recipe"), ["missing", "recipe"]),
        (lambda plain: plain["classifier"].pop("tile_px"), ["classifier", "missing", "tile_px"]),
        (put("classifier", "tile_px", value="64"), ["classifier.tile_px", "whole number", '"64"']),
        (put("classifier", "dense", value=1), ["classifier.dense", "true or false"]),
        (put("classifier", "colour_order", value="RGB"), ["colour_order", "BGR", "RGB"]),
        (put("classifier", "labels", value=["cracked"]), ["labels", "list of 2"]),
        (put("classifier", "mm_per_px", value="0.2"), ["mm_per_px", "unknown"]),
        (put("classifier", "mm_per_px", value=[0.2, 0.1]), ["mm_per_px", "lowest"]),
        (put("classifier", "stride_px", value=65), ["stride_px", "unseen"]),
        (put("classifier", "input_px", value=32), ["dense", "input_px 32"]),
        (put("classifier", "input", "scale", value=0.00392), ["0 to 255"]),
        (put("classifier", "image_pooling", "k", value=2), ["k = 1"]),
        (put("window_threshold", "score", value=1.5), ["score 1.5"]),
        (put("window_threshold", "score", value=1), ["threshold", "reaches"]),
        (put("window_threshold", "chosen_for", value="luck"), ["chosen_for", "balance", "luck"]),
        (put("window_threshold", "target", value=None), ["target"]),
        (put("window_threshold", "recall_ci95", value=[0.2, 0.1]), ["interval"]),
        (put("window_threshold", "chosen_for", value="false_alarms_per_photo"), ["examples_per_photo"]),
        (put("classifier", "temperature", value=0), ["a temperature lies above 0"]),
        (put("classifier", "temperature", value="warm"), ["classifier.temperature", "a number"]),
        (put("metrics", 0, "value", value=math.nan), ["finite", "NaN"]),
        (put("metrics", 0, "value", value=10**400), ["metrics[0].value", "a number"]),
        (put("created_utc", value="2026-01-01T00:00:00"), ["time zone"]),
        (put("files", "../../etc/passwd", value="0" * 64), ["plain names", "../../etc/passwd"]),
        (lambda plain: plain["files"].pop("golden.npz"), ["missing", "golden.npz"]),
    ],
)
def test_a_wrong_manifest_says_what_is_wrong(folder: Path, change: Any, words: list[str]) -> None:
    edit(folder, change)
    message = refusal(folder)
    assert message.startswith(str(folder / "manifest.json"))
    assert [word for word in words if word not in message] == []


@pytest.mark.parametrize("text", ["", "{", "[]", "\xff", '{"schema_version": 1, "schema_version": 1}', "[" * 99_999])
def test_a_manifest_that_is_no_manifest_is_named(folder: Path, text: str) -> None:
    (folder / "manifest.json").write_text(text, encoding="latin-1")
    assert refusal(folder).startswith(str(folder / "manifest.json"))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"tile_px": 96, "input_px": 96}, ["input must be (1, 96, 96, 3)", "(1, 64, 64, 3)"]),
        ({"input": {"scale": 1.01, "zero_point": -128}}, ["input must be quantised", "1.01"]),
        ({"output": {"scale": 0.09008608013391495, "zero_point": 17}}, ["output must be quantised", "17"]),
        ({"stride_px": 16}, ["stride_px"]),
    ],
)
def test_a_network_other_than_the_manifest_says_is_refused(folder: Path, changes: Any, words: list[str]) -> None:
    edit(folder, lambda plain: plain["classifier"].update(changes))
    message = refusal(folder)
    assert message.startswith(str(folder / "classifier.tflite"))
    assert [word for word in words if word not in message] == []


def use_network(folder: Path, name: str, **changes: Any) -> None:
    """Puts another network into the bundle, its hash right and its quantisation as the old one's."""
    shutil.copy(GOLDEN / "tiny_networks" / f"{name}.tflite", folder / "classifier.tflite")
    edit(folder, lambda plain: plain["classifier"].update(changes))


@pytest.mark.parametrize(("name", "word"), [("float32", "int8"), ("two_scores", "one score")])
def test_a_network_of_another_form_is_refused(folder: Path, name: str, word: str) -> None:
    use_network(folder, name, input_px=32, dense=False)
    assert word in refusal(folder)
    assert refusal(folder).startswith(str(folder / "classifier.tflite"))


def test_a_file_that_is_no_network_is_refused(folder: Path) -> None:
    (folder / "classifier.tflite").write_bytes(b"no network")
    edit(folder, lambda plain: None)
    assert refusal(folder).startswith(str(folder / "classifier.tflite"))


def golden_like(outputs: Any, tiles: Any = None) -> Golden:
    golden = read_bundle(TINY).golden
    return Golden(tiles=golden.tiles if tiles is None else tiles, outputs=golden.outputs + np.int8(outputs))


def rewrite(folder: Path, golden: Golden) -> None:
    np.savez(folder / "golden.npz", tiles=golden.tiles, outputs=golden.outputs)
    edit(folder, lambda plain: None)


def test_a_runtime_more_than_one_step_off_does_not_run(folder: Path) -> None:
    exact = make_classifier(read_bundle(TINY).manifest.classifier, read_bundle(TINY).model, reference=True)
    rewrite(folder, golden_like(1))
    assert check_golden(read_bundle(folder), exact) == 1
    rewrite(folder, golden_like(-3))
    message = refusal(folder)
    assert "classifier.tflite" in message
    assert exact.runtime.partition(" (")[0] in message
    assert "steps off" in message


@pytest.mark.parametrize("shape", [(12, 32, 32, 3), (11, 64, 64, 3), (12, 64, 64)])
def test_golden_tiles_of_a_wrong_shape_are_refused(folder: Path, shape: tuple[int, ...]) -> None:
    rewrite(folder, golden_like(0, tiles=np.zeros(shape, np.uint8)))
    assert refusal(folder).startswith(str(folder / "golden.npz"))


def test_golden_tiles_are_never_unpickled(folder: Path) -> None:
    np.savez(folder / "golden.npz", tiles=np.array([object()]), outputs=np.zeros(1, np.int8))
    edit(folder, lambda plain: None)
    assert refusal(folder).startswith(str(folder / "golden.npz"))


def test_float_files_are_verified_where_they_are(tmp_path: Path) -> None:
    tiny = read_bundle(TINY)
    parts = {"model": tiny.model, "golden": tiny.golden, "card": "# Card\n"}
    written = write_bundle(tmp_path / "new", tiny.manifest, **parts, float_files={"weights.h5": b"w"})
    assert written.manifest.float_files == {"weights.h5": hashlib.sha256(b"w").hexdigest()}
    assert read_bundle(tmp_path / "new").sha256 == written.sha256
    assert read_bundle(tmp_path / "new").manifest == written.manifest
    (tmp_path / "new" / "float" / "weights.h5").write_bytes(b"v")
    assert "weights.h5" in refusal(tmp_path / "new")
    shutil.rmtree(tmp_path / "new" / "float")
    load_classifier(tmp_path / "new")


def test_writing_never_overwrites_unasked_and_a_bad_bundle_leaves_nothing(tmp_path: Path, folder: Path) -> None:
    tiny = read_bundle(TINY)
    parts = {"model": tiny.model, "golden": tiny.golden, "card": "# Card\n"}
    with pytest.raises(BundleError, match="overwritten"):
        write_bundle(folder, tiny.manifest, **parts)
    assert write_bundle(folder, tiny.manifest, **parts, overwrite=True).path == folder
    before = sorted(tmp_path.iterdir())
    with pytest.raises(BundleError):
        write_bundle(tmp_path / "bad", tiny.manifest, **{**parts, "model": b"no network"})
    assert sorted(tmp_path.iterdir()) == before


def run_verb(*argv: str) -> int:
    parser = ArgumentParser()
    VERB.configure(parser)
    return VERB.run(parser.parse_args(argv))


def test_the_verb_shows_and_verifies(capsys: pytest.CaptureFixture[str], folder: Path) -> None:
    assert run_verb("show", str(TINY)) == 0
    shown = capsys.readouterr().out
    assert [word for word in ("tiny", "64 px every 32 px", "share of noise found", "MIT") if word not in shown] == []
    assert run_verb("show", str(TINY), "--json") == 0
    assert json.loads(capsys.readouterr().out) == json.loads((TINY / "manifest.json").read_text())
    assert run_verb("verify", str(TINY)) == 0
    assert capsys.readouterr().out.startswith("ok ")
    (folder / "golden.npz").unlink()
    with pytest.raises(BundleError):
        run_verb("verify", str(folder))


def spec_with(scale: float, zero_point: int, score: Any) -> ClassifierSpec:
    spec = read_manifest(TINY / "manifest.json").classifier
    return replace(spec, output=Quantisation(scale=scale, zero_point=zero_point), score=score)


@given(st.floats(0.001, 0.5), st.integers(-128, 127), st.integers(-128, 127))
def test_probabilities_are_the_logistic_function_of_the_real_output(scale: float, zero: int, q: int) -> None:
    spec = spec_with(scale, zero, "logit")
    truth = 1 / (1 + math.exp(-scale * (q - zero)))
    assert spec.to_probability(np.array([q], np.int8))[0] == pytest.approx(truth, rel=1e-6)
    table = spec.probabilities()
    assert (np.diff(table) >= 0).all()


@given(st.floats(0.2, 5), st.integers(-128, 127))
def test_the_temperature_divides_the_logit(temperature: float, q: int) -> None:
    spec = replace(spec_with(0.1, 3, "logit"), temperature=temperature)
    truth = 1 / (1 + math.exp(-0.1 * (q - 3) / temperature))
    assert spec.to_probability(np.array([q], np.int8))[0] == pytest.approx(truth, rel=1e-5)


def test_a_probability_has_no_temperature() -> None:
    with pytest.raises(ValueError, match="temperature"):
        replace(spec_with(1 / 256, -128, "probability"), temperature=2.0)


@given(st.floats(0.01, 0.2), st.integers(-100, 100), st.integers(-128, 127))
def test_a_threshold_taken_from_a_score_finds_that_score_and_none_below(scale: float, zero: int, q: int) -> None:
    spec = spec_with(scale, zero, "logit")
    probability = spec.to_probability(np.array([q], np.int8))[0]
    q_min = spec.q_min(float(probability))
    assert q_min <= q
    # Only scores that float32 can hardly tell apart may share a threshold.
    assert spec.to_probability(np.array([q_min], np.int8))[0] >= probability * np.float32(1 - 3e-7)


def test_the_smallest_int8_at_or_above_a_threshold() -> None:
    spec = spec_with(1 / 256, -128, "probability")  # probability = (q + 128) / 256
    assert [spec.q_min(score) for score in (1 / 256, 0.5, 0.501, 255 / 256)] == [-127, 0, 1, 127]
    for never in (0.0, -1.0, 0.999, 1.01, math.nan):
        with pytest.raises(BundleError, match="threshold"):
            spec.q_min(never)
