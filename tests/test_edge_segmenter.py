"""The segmenter: a mask put together from calls is that of the whole picture, and only where it was asked for."""

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.bundle import SegmenterPart, read_bundle, write_bundle
from edge.errors import BundleError
from edge.manifest import Quantisation, SegmenterSpec, read_manifest
from edge.runtime import Network
from edge.segmenter import Segmenter, check_golden_masks, golden_masks, load_segmenter, mirrored, segmenter_of

TINY = Path(__file__).parent / "golden" / "tiny_bundle"
CALL_PX, MARGIN_PX, STEP_PX = 160, 56, 8


@pytest.fixture(scope="module")
def floating() -> Any:
    """masknet with random weights that make its answers depend on its input."""
    keras = pytest.importorskip("keras")
    from training.models.masknet import masknet

    keras.utils.set_random_seed(3)
    network = masknet()
    rng = np.random.default_rng(3)
    network.set_weights([w + rng.normal(0, 0.15, w.shape).astype("f") * (w.ndim == 4) for w in network.get_weights()])
    return network


@pytest.fixture(scope="module")
def model(floating: Any) -> bytes:
    """The same as int8, for one call."""
    from training.models.masknet import masknet
    from training.quantise import quantise

    network = masknet(input_px=CALL_PX, by_four=True)
    network.set_weights(floating.get_weights())
    return quantise(network, np.random.default_rng(4).integers(0, 256, (2, CALL_PX, CALL_PX, 3), np.uint8))


@pytest.fixture(scope="module")
def spec(model: bytes) -> SegmenterSpec:
    network = Network(model)
    return SegmenterSpec(
        file="segmenter.tflite",
        recipe="test",
        commit="unknown",
        command="test",
        call_px=CALL_PX,
        margin_px=MARGIN_PX,
        step_px=STEP_PX,
        colour_order="BGR",
        input=network.input,
        output=network.output,
        threshold=0.5,
        threshold_chosen_on="nothing",
        metrics=(),
        split_sha256="",
        training_data=(),
    )


@pytest.fixture(scope="module")
def segmenter(spec: SegmenterSpec, model: bytes) -> Segmenter:
    return Segmenter(spec, model, reference=True)


@pytest.mark.parametrize("wh", [(101, 67), (48, 48), (97, 9)])
def test_a_pixel_has_one_value_wherever_calls_lie(segmenter: Segmenter, wh: tuple[int, int]) -> None:
    """So calls stitched together are the whole picture bit for bit: reference kernels, int8."""
    frame = np.random.default_rng(wh[0]).integers(0, 256, (wh[1], wh[0], 3), np.uint8)
    scores = segmenter.scores(frame)
    assert len(np.unique(scores)) > 20  # a network that answers one thing would prove nothing
    core, (h, w) = segmenter.spec.core_px, scores.shape
    for x, y in [(0, 0), (8, 16), (40, 0), (24, 8), (-16, -40)]:
        part = segmenter._call(frame, x, y)
        left, top = max(0, -x), max(0, -y)
        expected = scores[y + top : y + core, x + left : x + core]
        np.testing.assert_array_equal(part[top:, left:][: expected.shape[0], : expected.shape[1]], expected)
        assert expected.size or x >= w or y >= h


def test_calls_are_one_pass_over_the_whole_picture(floating: Any) -> None:
    """In float, where a network takes any size: the margin that is cut off holds all that padding changes."""
    picture = np.random.default_rng(0).integers(0, 256, (1, 208, 208, 3)).astype("f")
    whole = floating(picture).numpy()[0, ..., 0]
    call = floating(picture[:, 24 : 24 + CALL_PX, 32 : 32 + CALL_PX]).numpy()[0, ..., 0]
    good = slice(MARGIN_PX, CALL_PX - MARGIN_PX)
    off = np.abs(whole[24 : 24 + CALL_PX, 32 : 32 + CALL_PX] - call)
    scale = whole.std()
    assert off[good, good].max() < 1e-4 * scale
    assert off.max() > 0.1 * scale  # without a margin it would not hold


@settings(max_examples=5, deadline=None)
@given(
    boxes=st.lists(
        st.tuples(st.integers(-20, 110), st.integers(-20, 80), st.integers(0, 70), st.integers(0, 70)), max_size=3
    )
)
def test_a_mask_is_the_whole_pictures_within_the_boxes(
    segmenter: Segmenter, boxes: list[tuple[int, int, int, int]]
) -> None:
    frame = np.random.default_rng(1).integers(0, 256, (70, 100, 3), np.uint8)
    inside = np.zeros(frame.shape[:2], bool)
    for x, y, w, h in boxes:
        inside[max(0, y) : max(0, y + h), max(0, x) : max(0, x + w)] = True
    expected = inside & (segmenter.scores(frame) >= segmenter.spec.q_min)
    np.testing.assert_array_equal(segmenter.mask(frame, boxes), expected)


def test_nothing_is_computed_where_nothing_fired(segmenter: Segmenter, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []
    monkeypatch.setattr(segmenter, "_call", lambda *at: calls.append(at[1:]) or np.zeros((48, 48), np.int8))
    frame = np.zeros((1080, 1920, 3), np.uint8)
    assert not segmenter.mask(frame, []).any()
    assert not calls
    segmenter.mask(frame, [(x, 500, 96, 96) for x in range(0, 1920, 24)])
    assert len(calls) <= 1920 // 48 * 3


def test_a_frame_that_is_none_is_refused(segmenter: Segmenter) -> None:
    with pytest.raises(ValueError, match="uint8"):
        segmenter.scores(np.zeros((10, 10), np.uint8))


@given(start=st.integers(-300, 300), count=st.integers(1, 50), length=st.integers(1, 40))
def test_a_mirrored_line_is_numpys_reflection(start: int, count: int, length: int) -> None:
    line = np.pad(np.arange(length), 400, mode="reflect" if length > 1 else "edge")
    np.testing.assert_array_equal(mirrored(start, count, length), line[400 + start : 400 + start + count])


@pytest.mark.parametrize("threshold", [0.01, 0.3, 0.5, 0.9, 0.999])
def test_the_lowest_score_of_a_crack_is_the_first_at_the_threshold(spec: SegmenterSpec, threshold: float) -> None:
    q = np.arange(-128, 128)
    probability = 1 / (1 + np.exp(-0.1 * (q - 3)))
    coarse = replace(spec, output=Quantisation(scale=0.1, zero_point=3))
    assert replace(coarse, threshold=threshold).q_min == q[probability >= threshold - 1e-9][0]
    assert replace(coarse, threshold=float(probability[140])).q_min == q[140]


def with_segmenter(folder: Path, spec: SegmenterSpec, part: SegmenterPart) -> None:
    tiny = read_bundle(TINY)
    card = (TINY / "MODEL_CARD.md").read_text()
    manifest = replace(tiny.manifest, segmenter=spec)
    write_bundle(folder, manifest, model=tiny.model, golden=tiny.golden, card=card, segmenter=part)


@pytest.fixture(scope="module")
def part(spec: SegmenterSpec, model: bytes) -> SegmenterPart:
    return golden_masks(spec, model, np.random.default_rng(5).integers(0, 256, (2, 40, 32, 3), np.uint8))


def test_a_bundle_gives_back_its_segmenter(tmp_path: Path, spec: SegmenterSpec, part: SegmenterPart) -> None:
    folder = tmp_path / "bundle"
    with_segmenter(folder, spec, part)
    assert read_manifest(folder / "manifest.json").segmenter == spec
    bundle, loaded = load_segmenter(folder)
    assert bundle.segmenter is not None
    assert loaded.spec == spec
    assert bundle.segmenter.model == part.model
    np.testing.assert_array_equal(bundle.segmenter.masks, part.masks)
    np.testing.assert_array_equal(bundle.golden.outputs, read_bundle(TINY).golden.outputs)


def test_a_bundle_without_a_segmenter_is_read_and_says_so_when_asked(tmp_path: Path) -> None:
    bundle = read_bundle(TINY)
    assert bundle.segmenter is None
    with pytest.raises(BundleError, match="no segmenter"):
        segmenter_of(bundle)
    # Bundles of the same schema that were written before there were segmenters do not name one.
    folder = Path(shutil.copytree(TINY, tmp_path / "before"))
    plain = json.loads((folder / "manifest.json").read_text())
    plain.pop("segmenter", None)
    (folder / "manifest.json").write_text(json.dumps(plain))
    assert read_bundle(folder).manifest.segmenter is None


def test_another_networks_masks_are_refused(segmenter: Segmenter, part: SegmenterPart) -> None:
    """Held to its mask, and not so loosely that one which is wrong where nothing is cracked would pass."""
    assert check_golden_masks(part, segmenter, where="x") == 1
    q_min = segmenter.spec.q_min
    cracked = part.masks >= q_min
    assert cracked.any()
    near = np.where(cracked, np.maximum(part.masks - 3.0, q_min), np.minimum(part.masks + 3.0, q_min - 1))
    assert check_golden_masks(replace(part, masks=near.astype(np.int8)), segmenter, where="x") == 1
    few = cracked & (np.cumsum(cracked).reshape(cracked.shape) <= 0.03 * cracked.sum())
    below = replace(part, masks=np.where(few, np.int8(max(q_min - 1, -128)), part.masks))
    far = replace(part, masks=np.where(cracked, part.masks, np.clip(part.masks - 40.0, -128, 127)).astype(np.int8))
    for wrong in (below, far, replace(part, masks=part.masks ^ np.int8(64))):
        with pytest.raises(BundleError, match=r"some\.tflite.*Dice.*steps"):
            check_golden_masks(wrong, segmenter, where="some.tflite")


def test_what_the_manifest_says_of_the_segmenter_must_be_true(
    tmp_path: Path, spec: SegmenterSpec, part: SegmenterPart
) -> None:
    other = Quantisation(scale=0.5, zero_point=0)
    with pytest.raises(BundleError, match=r"segmenter\.tflite.*output must be quantised"):
        with_segmenter(tmp_path / "bundle", replace(spec, output=other), part)
    with pytest.raises(BundleError, match="one score a pixel"):
        with_segmenter(tmp_path / "bundle", spec, replace(part, model=read_bundle(TINY).model))


@pytest.mark.parametrize(
    "wrong", [{"margin_px": 80}, {"margin_px": 50}, {"call_px": 150}, {"step_px": 0}, {"threshold": 1.0}]
)
def test_impossible_sizes_are_refused(spec: SegmenterSpec, wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="got"):
        replace(spec, **wrong)
