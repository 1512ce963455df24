"""`hairline run --calibration --scale`: what a calibrated camera's frames carry, and what the log says of it."""

import json

import numpy as np
import pytest
from board_renderer import Lens, Look, Shot, calibration_of, render, tag_texture
from test_edge_run_verb import TINY, error_of, hairline, picture

from edge.calibration_record import write_calibration
from edge.cameras.calibrated import NO_SCALE, CalibratedCamera
from edge.cameras.camera import Camera
from edge.clock import ManualClock
from edge.frame import Exposure, Frame, Unreadable
from edge.log import read_log
from edge.scale import parse_scale

LENS = Lens()
# Of the pictures that `picture` makes.
SMALL = calibration_of(Lens(frame_wh=(220, 160), fx=200.0, fy=200.0, cx=109.5, cy=79.5))


class Frames(Camera):
    description, frame_count = "frames", None

    def __init__(self, *items):
        self._items, self.closed = items, False

    def frames(self):
        yield from self._items

    def close(self):
        self.closed = True


def frame(pixels, *, seq=0, mm_per_px=None, dpt=None):
    return Frame(
        pixels=pixels,
        seq=seq,
        name=f"f{seq}",
        t_mono_ns=0,
        t_utc=ManualClock().utc(),
        exposure=Exposure(lens_position_dpt=dpt),
        mm_per_px=mm_per_px,
    )


EMPTY = np.full((540, 720, 3), 200, np.uint8)


def test_a_fitting_frame_gets_its_scale_and_others_do_not():
    items = [
        frame(EMPTY, seq=0),
        frame(EMPTY[:100], seq=1, mm_per_px=0.1),
        frame(EMPTY, seq=2, dpt=6.0),
        Unreadable(seq=3, name="f3", reason="damaged", t_mono_ns=0, t_utc=ManualClock().utc()),
    ]
    inner = Frames(*items)
    calibration = calibration_of(LENS, lens_position_dpt=4.0)
    with CalibratedCamera(inner, calibration, parse_scale("standoff:250:1")) as camera:
        first, other_size, other_focus, unreadable = camera.frames()
    assert first.mm_per_px == pytest.approx(250 / LENS.fx, rel=0.02)
    assert other_size.mm_per_px is None, "a scale from elsewhere is not kept beside a calibration that does not fit"
    assert other_focus.mm_per_px is None
    assert unreadable is items[3]
    assert sorted(camera.withheld.values()) == [1, 1]
    assert any("720 x 540" in reason and "720 x 100" in reason for reason in camera.withheld)
    assert any("4 dioptres and the camera is at 6" in reason for reason in camera.withheld)
    assert inner.closed


def test_every_frame_has_the_scale_of_its_own_tag():
    near, far = (render(LENS, [(tag_texture(4, 50.0), Shot(at_mm=(0, 0, z)))], Look()) for z in (300, 450))
    camera = CalibratedCamera(
        Frames(frame(near), frame(EMPTY, seq=1), frame(far, seq=2)), calibration_of(LENS), parse_scale("tag:50:0.05")
    )
    first, none, third = (item.mm_per_px for item in camera.frames())
    assert none is None
    assert third / first == pytest.approx(1.5, rel=0.01)
    assert camera.withheld == {"no AprilTag 36h11 is seen in the frame": 1}
    assert "mm_per_px" not in camera.provenance()["scale"]


def test_without_a_scale_there_are_pixels_only():
    camera = CalibratedCamera(Frames(frame(EMPTY, mm_per_px=0.1)), calibration_of(LENS), None)
    assert [item.mm_per_px for item in camera.frames()] == [None]
    assert camera.withheld == {NO_SCALE: 1}


def test_a_run_records_calibration_and_scale(tmp_path):
    write_calibration(tmp_path / "camera.json", SMALL)
    words = ["run", picture(tmp_path / "a.png"), "--log", tmp_path / "log", "--bundle", TINY, "--json"]
    done = hairline(*words, "--calibration", tmp_path / "camera.json", "--scale", "standoff:300:1.5")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["frames_without_mm"] == {}
    with read_log(tmp_path / "log") as log:
        (run,) = log.runs()
        (logged,) = log.frames(run.id)
        assert log.calibration(SMALL.id) == SMALL
    assert run.start.calibration_id == SMALL.id
    assert logged.frame.scale.calibration_id == SMALL.id
    assert logged.frame.scale.mm_per_px == run.start.config["scale"]["mm_per_px"]
    scale = run.start.config["scale"]
    assert (scale["source"], scale["length_mm"], scale["sd_mm"]) == ("standoff", 300.0, 1.5)
    assert scale["mm_per_px"] == pytest.approx(1.5, rel=0.01)


def test_a_calibration_of_another_resolution_withholds_millimetres_and_keeps_the_finds(tmp_path):
    write_calibration(tmp_path / "camera.json", calibration_of(LENS))
    words = ["run", picture(tmp_path / "a.png"), "--log", tmp_path / "log", "--bundle", TINY, "--json"]
    done = hairline(*words, "--calibration", tmp_path / "camera.json", "--scale", "standoff:300:1.5")
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)
    assert summary["frames_inspected"] == 1
    ((reason, count),) = summary["frames_without_mm"].items()
    assert count == 1
    assert "720 x 540 px and the frame has 220 x 160" in reason
    assert reason in done.stderr


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--scale", "standoff:300:1"], "--calibration"),
        (["--calibration", "none.json"], "none.json"),
        (["--calibration", "camera.json", "--scale", "ruler:5"], "ruler:5"),
        (["--calibration", "a.png"], "a.png"),
    ],
)
def test_what_cannot_be_used_starts_no_run(tmp_path, options, words):
    write_calibration(tmp_path / "camera.json", SMALL)
    picture(tmp_path / "a.png")
    done = hairline("run", "a.png", "--log", "log", "--bundle", TINY, *options, cwd=tmp_path)
    assert words in error_of(done)
    assert not (tmp_path / "log").exists()
