"""The loop: every frame that a camera delivers is in the log, inspected or with the reason why not."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import cv2
import numpy as np
import pytest
from edge_log_samples import MEASURED, assert_same_content

from edge.bundle import Bundle
from edge.classifier import Classifier, load_classifier
from edge.clock import ManualClock
from edge.errors import SourceError
from edge.finds import group_windows
from edge.frame import Frame, Unreadable
from edge.geometry import WallView, facing
from edge.inspect import Inspection, Summary
from edge.log import FrameScale, InspectionLog, RunState, read_log, run_start
from edge.measure.severity import EUROCODE_2
from edge.overlay import draw_finds, encode_jpeg
from edge.pose import Pose, PoseSource
from edge.quality import QualityFacts, QualityGate, Verdict
from edge.scale import Scale, ScaleSource, Withheld

TINY = Path(__file__).parent / "golden" / "tiny_bundle"
CLOCK = ManualClock()


class ListedCamera:
    """Delivers what it is given; an exception in the list is raised."""

    description = "a list"

    def __init__(self, *items: Frame | Unreadable | Exception) -> None:
        self.items, self.frame_count = items, len(items)

    def frames(self) -> Iterator[Frame | Unreadable]:
        for item in self.items:
            if isinstance(item, Exception):
                raise item
            yield item

    def close(self) -> None:
        pass

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def frame(seq: int, wh: tuple[int, int] = (200, 150), lost: int = 0) -> Frame:
    pixels = np.random.default_rng(seq).integers(0, 256, (wh[1], wh[0], 3), np.uint8)
    return Frame(pixels=pixels, seq=seq, name=f"f{seq}", t_mono_ns=seq, t_utc=CLOCK.utc(), lost_before=lost)


def unreadable(seq: int) -> Unreadable:
    return Unreadable(seq=seq, name=f"f{seq}", reason="cut short", t_mono_ns=seq, t_utc=CLOCK.utc())


@pytest.fixture(scope="module")
def tiny() -> tuple[Bundle, Classifier]:
    return load_classifier(TINY)


def inspect(
    camera: ListedCamera,
    tiny: tuple[Bundle, Classifier],
    folder: Path,
    *,
    threshold: float = 0.5,
    stop_after: int | None = None,
    calibration_id: str | None = None,
    **parts: Any,
) -> Summary:
    bundle, classifier = tiny
    seen: list[int] = []
    with InspectionLog.open(folder, clock=CLOCK) as log:
        run_id = log.start_run(
            run_start(
                clock=CLOCK,
                source=camera.description,
                bundle=bundle,
                runtime=classifier.runtime,
                threads=1,
                threshold=threshold,
                command=["hairline", "run"],
                calibration_id=calibration_id,
            )
        )
        return Inspection(
            camera=camera,
            classifier=classifier,
            log=log,
            run_id=run_id,
            threshold=threshold,
            stop=lambda: stop_after is not None and len(seen) >= stop_after,
            watch=lambda summary: seen.append(summary.frames),
            calibration_id=calibration_id,
            **parts,
        ).run()


def test_every_frame_is_logged_inspected_or_with_its_reason(tiny, tmp_path):
    camera = ListedCamera(frame(0), unreadable(1), frame(2, (200, 40)), frame(3, lost=2))
    summary = inspect(camera, tiny, tmp_path / "log")
    assert (summary.inspected, summary.skipped.total(), summary.lost) == (2, 2, 2)
    with read_log(tmp_path / "log") as log:
        (run,) = log.runs()
        frames = [logged.frame for logged in log.frames(run.id)]
    assert run.state is RunState.FINISHED
    assert [f.skipped for f in frames] == [None, "cut short", "smaller than a tile of 64 px", None]
    assert frames[3].lost_before == 2


def test_finds_and_score_maps_in_the_log_are_those_of_the_network(tiny, tmp_path):
    _, classifier = tiny
    summary = inspect(ListedCamera(frame(5)), tiny, tmp_path / "log", threshold=0.5)
    score_map = classifier.score_map(frame(5).pixels)
    expected = group_windows(score_map, 0.5)
    with read_log(tmp_path / "log") as log:
        (run,) = log.runs()
        (logged,) = log.frames(run.id)
        finds = [found.find for found in log.finds(run.id)]
    np.testing.assert_array_equal(logged.frame.score_map_q, score_map.q)
    assert summary.finds == len(expected) > 0
    assert [(f.box_xywh_px, f.q, f.windows) for f in finds] == [(f.box_xywh, f.q, f.windows) for f in expected]
    assert (tmp_path / "log" / logged.overlay_path).stat().st_size > 0


def test_frames_without_finds_leave_no_picture(tiny, tmp_path):
    _, classifier = tiny
    score_map = classifier.score_map(frame(5).pixels)
    above = float(classifier.spec.probabilities()[int(score_map.q.max()) + 128 + 1])
    inspect(ListedCamera(frame(5)), tiny, tmp_path / "log", threshold=above)
    assert not list((tmp_path / "log").rglob("*.jpg"))


def test_stop_ends_the_run_after_the_frame_at_hand(tiny, tmp_path):
    summary = inspect(ListedCamera(*(frame(i) for i in range(9))), tiny, tmp_path / "log", stop_after=3)
    with read_log(tmp_path / "log") as log:
        (run,) = log.runs()
        logged = len(list(log.frames(run.id)))
    assert summary.inspected == logged == 3
    assert run.state is RunState.INTERRUPTED


def test_a_camera_that_breaks_leaves_the_frames_before_and_its_words(tiny, tmp_path):
    camera = ListedCamera(frame(0), frame(1), SourceError("clip.avi ended after 2 of 9 frames"))
    with pytest.raises(SourceError, match="ended after 2 of 9"):
        inspect(camera, tiny, tmp_path / "log")
    with read_log(tmp_path / "log") as log:
        (run,) = log.runs()
        logged = len(list(log.frames(run.id)))
    assert logged == 2
    assert run.state is RunState.FAILED
    assert run.reason == "clip.avi ended after 2 of 9 frames"


@pytest.mark.parametrize("items", [(), (unreadable(0), unreadable(1)), (frame(0, (30, 30)),)])
def test_a_source_without_one_good_frame_is_an_error(items, tiny, tmp_path):
    with pytest.raises(SourceError, match="not one frame could be inspected"):
        inspect(ListedCamera(*items), tiny, tmp_path / "log")
    with read_log(tmp_path / "log") as log:
        (run,) = log.runs()
        assert len(list(log.frames(run.id))) == len(items)
    assert run.state is RunState.FAILED


def test_a_second_run_adds_to_the_log(tiny, tmp_path):
    for seq in (0, 1):
        inspect(ListedCamera(frame(seq)), tiny, tmp_path / "log")
    with read_log(tmp_path / "log") as log:
        assert [len(list(log.frames(run.id))) for run in log.runs()] == [1, 1]


def test_overlay_marks_the_finds_and_nothing_else(tiny):
    _, classifier = tiny
    grey = np.full((400, 400, 3), 128, np.uint8)
    score_map = classifier.score_map(grey)
    q = np.full_like(score_map.q, -128)
    q[2, 3] = 127
    score_map = type(score_map)(q=q, xs=score_map.xs, ys=score_map.ys, spec=score_map.spec)
    finds = group_windows(score_map, 0.5)
    picture = draw_finds(grey, score_map, finds, 0.5)
    changed = (picture != grey).any(axis=2)
    x, y, w, h = finds[0].box_xywh
    margin = 3
    assert changed[y : y + h, x : x + w].any()
    changed[max(0, y - margin) : y + h + margin, max(0, x - margin) : x + w + margin] = False
    assert not changed.any()
    assert (grey == 128).all(), "the frame itself stays as it is"
    decoded = cv2.imdecode(np.frombuffer(encode_jpeg(picture), np.uint8), cv2.IMREAD_COLOR)
    assert decoded.shape == picture.shape


# What may be added to the loop: measuring, poses, a judge of frames.

VIEW = WallView(t_wall_camera=facing(300.0), covariance=np.eye(6) * 1e-6)
SCALE = Scale(source=ScaleSource.STANDOFF, mm_per_px=0.1, sd_mm_per_px=0.001, view=VIEW)
AWAY = np.block([[np.eye(3), np.array([[500.0], [200.0], [0.0]])], [np.zeros((1, 3)), np.ones((1, 1))]])
POSE = Pose(source=PoseSource.TAG, t_wall_camera=AWAY @ facing(300.0), covariance=np.eye(6))


class FakeMeasurer:
    """Measures the first find of a frame, the others not; keeps the scales that it was handed."""

    def __init__(self) -> None:
        self.scales: list[Scale | Withheld] = []

    def measure(self, frame_bgr, finds, score_map, scale):
        self.scales.append(scale)
        held = isinstance(scale, Withheld)
        first = replace(MEASURED, on_wall=None, withheld=scale.reason) if held else MEASURED
        return [first, *[None] * (len(finds) - 1)]


class FakePoses:
    def __init__(self) -> None:
        self.asked: list[int] = []

    def step(self, frame: Frame) -> Pose:
        self.asked.append(frame.seq)
        return POSE


class FakeJudge:
    """Refuses odd frames."""

    def __init__(self) -> None:
        self.poses: list[Pose | None] = []

    def judge(self, frame, pose=None, view=None):
        self.poses.append(pose)
        facts = QualityFacts(blur_px=1.5, median=100.0, dark_share=0.0, bright_share=0.0, glare_share=0.0)
        return Verdict(accepted=frame.seq % 2 == 0, reason="blurred" if frame.seq % 2 else None, facts=facts)


def test_measured_finds_and_scales_are_logged(tiny, tmp_path):
    scales = [SCALE, Withheld(reason="no tag is seen"), None]
    camera = ListedCamera(*(replace(frame(5), seq=i, scale=scale) for i, scale in enumerate(scales)))
    measurer = FakeMeasurer()
    inspect(camera, tiny, tmp_path / "log", calibration_id="camera 7", measurer=measurer, severity_table=EUROCODE_2)
    assert measurer.scales[:2] == scales[:2]
    assert isinstance(measurer.scales[2], Withheld)
    with read_log(tmp_path / "log") as log:
        (run,) = log.runs()
        frames = [logged.frame for logged in log.frames(run.id)]
        finds = list(log.finds(run.id))
    assert frames[0].scale == FrameScale(
        calibration_id="camera 7", source="standoff", mm_per_px=0.1, sd_mm_per_px=0.001
    )
    assert [f.scale for f in frames[1:]] == [None, None]
    assert [f.mm_withheld for f in frames] == [None, "no tag is seen", None]
    per_frame = [[found.find for found in finds if found.seq == seq] for seq in range(3)]
    assert all(one.measured is None for found in per_frame for one in found[1:])
    assert_same_content(per_frame[0][0].measured, MEASURED)
    assert per_frame[0][0].severity_standard == EUROCODE_2.standard
    assert [found[0].measured.withheld for found in per_frame[1:]] == ["no tag is seen", measurer.scales[2].reason]
    assert [found[0].severity_class for found in per_frame[1:]] == [None, None]


def test_a_run_without_a_calibration_says_nothing_in_millimetres(tiny, tmp_path):
    measurer = FakeMeasurer()
    inspect(ListedCamera(replace(frame(5), scale=SCALE)), tiny, tmp_path / "log", measurer=measurer)
    assert isinstance(measurer.scales[0], Withheld)
    with read_log(tmp_path / "log") as log:
        (run,) = log.runs()
        assert [logged.frame.scale for logged in log.frames(run.id)] == [None]


def test_with_a_pose_finds_are_measured_where_they_lie_on_the_wall(tiny, tmp_path):
    measurer, poses = FakeMeasurer(), FakePoses()
    items = [
        replace(frame(5), seq=0, scale=SCALE),
        replace(frame(5), seq=1, scale=Withheld(reason="another size")),
        replace(frame(5, (200, 40)), seq=2, scale=SCALE),
        unreadable(3),
    ]
    inspect(ListedCamera(*items), tiny, tmp_path / "log", calibration_id="c", measurer=measurer, poses=poses)
    assert poses.asked == [0], "a frame that the calibration does not fit has no place"
    np.testing.assert_array_equal(measurer.scales[0].view.t_wall_camera, POSE.t_wall_camera)
    with read_log(tmp_path / "log") as log:
        (run,) = log.runs()
        assert [logged.frame.pose.source for logged in log.frames(run.id)] == ["tag", "none", "none", "none"]


def test_a_frame_that_is_refused_is_logged_with_its_reason_and_not_inspected(tiny, tmp_path):
    judge, poses = FakeJudge(), FakePoses()
    camera = ListedCamera(*(replace(frame(5), seq=i, scale=SCALE) for i in range(4)))
    summary = inspect(camera, tiny, tmp_path / "log", quality=judge, poses=poses, calibration_id="c")
    assert (summary.inspected, summary.skipped) == (2, {"blurred": 2})
    assert poses.asked == [0, 1, 2, 3], "the way along the wall goes through refused frames too"
    assert judge.poses == [POSE] * 4
    with read_log(tmp_path / "log") as log:
        (run,) = log.runs()
        frames = [logged.frame for logged in log.frames(run.id)]
    assert [f.skipped for f in frames] == [None, "blurred", None, "blurred"]
    assert all(f.quality["blur_px"] == 1.5 for f in frames)
    assert all(f.pose.source is PoseSource.TAG for f in frames)
    assert frames[1].score_map_q is None


def test_the_real_judge_fits_the_loop(tiny, tmp_path):
    dark = np.zeros((150, 200, 3), np.uint8)
    items = [frame(0), replace(frame(1), pixels=dark)]
    summary = inspect(ListedCamera(*items), tiny, tmp_path / "log", quality=QualityGate())
    assert summary.skipped["too dark"] == 1
