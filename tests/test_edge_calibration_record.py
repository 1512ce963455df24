"""A camera's calibration as a file, and whether it belongs to a frame."""

import json

import pytest
from board_renderer import Lens, calibration_of

from edge.calibration_record import check_fits, read_calibration, write_calibration
from edge.errors import CalibrationError

LENS = Lens()


@pytest.fixture
def path(tmp_path):
    write_calibration(tmp_path / "camera.json", calibration_of(LENS, relative_sd=0.001, lens_position_dpt=4.0))
    return tmp_path / "camera.json"


def changed(path, **members):
    path.write_text(json.dumps(json.loads(path.read_text()) | members))
    return path


def test_what_is_written_is_read(path):
    calibration = read_calibration(path)
    assert calibration == calibration_of(LENS, relative_sd=0.001, lens_position_dpt=4.0)
    assert len(calibration.id) == 64
    assert calibration.named_sd()["fx_px"] == pytest.approx(0.001 * LENS.fx)


def test_the_id_tells_two_calibrations_apart():
    assert calibration_of(LENS).id != calibration_of(LENS, made_utc="2026-01-02T00:00:00+00:00").id
    assert calibration_of(LENS).id == calibration_of(LENS).id


@pytest.mark.parametrize(
    ("members", "words"),
    [
        ({"rms_px": 0.01}, "it was changed"),
        ({"schema_version": 2}, "schema_version 1; got 2"),
        ({"lens": [1.0, 2.0]}, "lens must be"),
        ({"lens": "none"}, "must be a list"),
        ({"lens_covariance": [[0.0] * 9] * 8}, "symmetric 9 x 9"),
        ({"lens_covariance": [[-1.0] * 9] * 9}, "no negative variance"),
        ({"frame_wh": [0, 5]}, "width and height"),
        ({"more": 1}, "unknown: more"),
    ],
)
def test_a_file_that_was_changed_is_refused(path, members, words):
    with pytest.raises(CalibrationError, match=words) as refused:
        read_calibration(changed(path, **members))
    assert str(path) in str(refused.value)


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b"\xff\xfe", b'{"schema_version": 1}', b"\x00" * 100])
def test_what_is_no_calibration_is_refused(tmp_path, content):
    path = tmp_path / "camera.json"
    path.write_bytes(content)
    with pytest.raises(CalibrationError, match=r"camera\.json"):
        read_calibration(path)


def test_a_file_that_cannot_be_read_or_written(tmp_path):
    with pytest.raises(CalibrationError, match="cannot be read"):
        read_calibration(tmp_path / "none.json")
    with pytest.raises(CalibrationError, match="cannot be written"):
        write_calibration(tmp_path / "no" / "folder.json", calibration_of(LENS))


def test_another_resolution_is_named():
    with pytest.raises(CalibrationError, match="made at 720 x 540 px and the frame has 1920 x 1080"):
        check_fits(calibration_of(LENS), (1920, 1080), None)


@pytest.mark.parametrize(
    ("made_at", "camera_at", "words"),
    [
        (4.0, 4.05, None),
        (4.0, 4.2, "made at 4 dioptres and the camera is at 4.2"),
        (4.0, None, None),
        (None, 4.0, "states none and the camera's is 4"),
        (None, None, None),
    ],
)
def test_another_lens_position_is_named(made_at, camera_at, words):
    calibration = calibration_of(LENS, lens_position_dpt=made_at)
    if words is None:
        check_fits(calibration, LENS.frame_wh, camera_at)
        return
    with pytest.raises(CalibrationError, match=words):
        check_fits(calibration, LENS.frame_wh, camera_at)
