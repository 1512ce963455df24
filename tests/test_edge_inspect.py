"""The loop: every frame that a camera delivers is in the log, inspected or with the reason why not."""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from edge_log_samples import MEASURED, assert_same_content

from edge.bundle import Bundle
from edge.cameras.camera import Camera
from edge.classifier import Classifier, load_classifier
from edge.clock import ManualClock
from edge.errors import LogError, SourceError
from edge.examine import Examiner
from edge.finds import group_windows
from edge.frame import Frame, Unreadable
from edge.geometry import WallView, facing
from edge.inspect import Inspection
from edge.log import FrameRecord, FrameScale, InspectionLog, RunState, read_log, run_start
from edge.measure.severity import EUROCODE_2
from edge.overlay import draw_finds, encode_jpeg
from edge.pose import Pose, PoseSource
from edge.quality import QualityFacts, QualityGate, Verdict
from edge.quality.still import Standstill
from edge.run_book import Summary
from edge.scale import Scale, ScaleSource, Withheld
from edge.skips import ENDED, NETWORK_FAILED, OUT_OF_MEMORY, OVERTAKEN, STANDING

TINY = Path(__file__).parent / "golden" / "tiny_bundle"
CLOCK = ManualClock()


class ListedCamera(Camera):
    """Delivers what it is given; an exception in the list is raised, and what can be called is called."""

    description = "a list"

    def __init__(self, *items: Frame | Unreadable | Exception | Callable[[], object], live: bool = False) -> None:
        self.items, self.frame_count, self.live = items, len(items), live

    def frames(self) -> Iterator[Frame | Unreadable]:
        for item in self.items:
            if isinstance(item, Exception):
                raise item
            if callable(item):
                item()
                continue
            yield item

    def close(self) -> None:
        pass


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
    stop: Callable[[], bool] = lambda: False,
    watch: Callable[[Summary], None] = lambda summary: None,
    calibration_id: str | None = None,
    queue_size: int = 1,
    batch_s: float = 0.0,
    **parts: Any,
) -> Summary:
    bundle, classifier = tiny
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
            examiner=Examiner(
                **{"classifier": classifier, "threshold": threshold, "calibration_id": calibration_id, **parts}
            ),
            log=log,
            run_id=run_id,
            stop=stop,
            watch=watch,
            severity_table=EUROCODE_2,
            queue_size=queue_size,
            batch_s=batch_s,
        ).run()


def logged(folder: Path) -> list[FrameRecord]:
    """The frames of a log's only run."""
    with read_log(folder) as log:
        (run,) = log.runs()
        return [one.frame for one in log.frames(run.id)]


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


def test_stop_ends_the_run_with_every_frame_that_was_read_in_the_log(tiny, tmp_path):
    """Those in work are finished, those that wait are logged as not inspected, the others stay unread."""
    seen: list[int] = []
    summary = inspect(
        ListedCamera(*(frame(i) for i in range(40))),
        tiny,
        tmp_path / "log",
        stop=lambda: len(seen) >= 3,
        watch=lambda summary: seen.append(summary.frames),
        queue_size=4,
    )
    frames = logged(tmp_path / "log")
    assert [f.seq for f in frames] == list(range(len(frames)))
    assert 3 <= summary.inspected < summary.frames == len(frames) < 20
    assert [f.skipped for f in frames] == [None] * summary.inspected + [ENDED] * summary.skipped[ENDED]
    with read_log(tmp_path / "log") as log:
        assert log.runs()[0].state is RunState.INTERRUPTED
    with InspectionLog.open(tmp_path / "log", clock=CLOCK) as log:
        unfinished = log.unfinished("a list", live=False)
    assert unfinished is not None
    assert list(unfinished.names) == [f.seq for f in frames if f.skipped is None], "the others are gone on with"


def test_a_camera_that_breaks_leaves_the_frames_before_and_its_words(tiny, tmp_path):
    camera = ListedCamera(frame(0), frame(1), SourceError("clip.avi ended after 2 of 9 frames"))
    with pytest.raises(SourceError, match="ended after 2 of 9"):
        inspect(camera, tiny, tmp_path / "log")
    with read_log(tmp_path / "log") as log:
        (run,) = log.runs()
    assert len(logged(tmp_path / "log")) == 2
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
    picture = grey.copy()
    draw_finds(picture, score_map, finds, 0.5)
    changed = (picture != grey).any(axis=2)
    x, y, w, h = finds[0].box_xywh
    margin = 3
    assert changed[y : y + h, x : x + w].any()
    changed[max(0, y - margin) : y + h + margin, max(0, x - margin) : x + w + margin] = False
    assert not changed.any()
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
    inspect(camera, tiny, tmp_path / "log", calibration_id="camera 7", measurer=measurer)
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


# What happens while frames come faster than they are inspected, stand still, or fail.


class Gated:
    """The tiny network, which waits before each frame until it may; `begun` says when it has one in work."""

    def __init__(self, classifier: Classifier, *, fails: dict[int, Exception] | None = None) -> None:
        self.spec, self.runtime, self._classifier = classifier.spec, classifier.runtime, classifier
        self.may, self.begun = threading.Semaphore(0), threading.Semaphore(0)
        self._fails, self._calls = fails or {}, 0

    def score_map(self, frame_bgr: Any) -> Any:
        self.begun.release()
        assert self.may.acquire(timeout=30)
        self._calls += 1
        if self._calls - 1 in self._fails:
            raise self._fails[self._calls - 1]
        return self._classifier.score_map(frame_bgr)


def test_a_live_camera_that_is_too_fast_loses_its_oldest_waiting_frames_and_the_log_says_which(tiny, tmp_path):
    gated = Gated(tiny[1])
    camera = ListedCamera(
        frame(0), gated.begun.acquire, *(frame(i, lost=i == 2) for i in range(1, 7)), gated.may.release,
        *[gated.begun.acquire, gated.may.release] * 2, live=True,
    )  # fmt: skip
    summary = inspect(camera, tiny, tmp_path / "log", classifier=gated, queue_size=2)
    frames = logged(tmp_path / "log")
    assert [f.skipped for f in frames] == [None, *[OVERTAKEN] * 4, None, None]
    assert (summary.inspected, summary.skipped[OVERTAKEN], summary.lost) == (3, 4, 1)
    assert frames[2].lost_before == 1
    assert summary.queue is not None
    assert (summary.queue.size, summary.queue.newest.shape) == (2, frame(6).pixels.shape)


def test_a_source_that_can_wait_loses_nothing(tiny, tmp_path):
    gated = Gated(tiny[1])
    read: list[int] = []
    items = [part for i in range(6) for part in (frame(i), lambda i=i: read.append(i))]

    def allow(summary: Summary) -> None:
        # One in the log, one examined, one in work, one waiting: the camera is asked for no more.
        assert len(read) <= summary.frames + 4
        gated.may.release()

    gated.may.release()
    summary = inspect(ListedCamera(*items), tiny, tmp_path / "log", classifier=gated, watch=allow)
    assert [f.skipped for f in logged(tmp_path / "log")] == [None] * 6
    assert summary.queue is None


def test_frames_of_a_rover_that_stands_are_inspected_once(tiny, tmp_path):
    wall = np.random.default_rng(1).integers(60, 180, (400, 500, 1), np.uint8)
    wall = cv2.resize(wall, (2000, 1600), interpolation=cv2.INTER_CUBIC)[..., None].repeat(3, axis=2)

    def at(seq: int, x: int) -> Frame:
        noise = np.random.default_rng((2, seq)).normal(0, 2, (480, 640, 3))
        pixels = np.clip(wall[300 : 300 + 480, x : x + 640] + noise, 0, 255).astype(np.uint8)
        return replace(frame(seq), pixels=pixels)

    xs = (0, 0, 0, 40, 40, 40, 0)
    camera = ListedCamera(*(at(i, x) for i, x in enumerate(xs)))
    summary = inspect(camera, tiny, tmp_path / "log", still=Standstill())
    again = [i > 0 and x == xs[i - 1] for i, x in enumerate(xs)]
    assert [f.skipped for f in logged(tmp_path / "log")] == [STANDING if one else None for one in again]
    assert summary.skipped[STANDING] == 4


def test_a_frame_that_the_network_fails_on_is_skipped_and_the_third_in_a_row_ends_the_run(tiny, tmp_path):
    fails = {1: MemoryError(), 2: RuntimeError("delegate"), 4: MemoryError(), 5: MemoryError(), 6: RuntimeError("last")}
    gated = Gated(tiny[1], fails=fails)
    gated.may.release(20)
    with pytest.raises(RuntimeError, match="last"):
        inspect(ListedCamera(*(frame(i) for i in range(20))), tiny, tmp_path / "log", classifier=gated)
    frames = logged(tmp_path / "log")
    reasons = [None, OUT_OF_MEMORY, NETWORK_FAILED, None, OUT_OF_MEMORY, OUT_OF_MEMORY, ENDED]
    assert [f.skipped for f in frames[:7]] == reasons
    assert {f.skipped for f in frames[7:]} <= {ENDED}
    with read_log(tmp_path / "log") as log:
        assert log.runs()[0].state is RunState.FAILED


@pytest.mark.parametrize("hangs", ["the network", "the camera"])
def test_a_stop_takes_less_than_two_seconds_whatever_hangs(hangs, tiny, tmp_path):
    gated, forever = Gated(tiny[1]), threading.Event()
    if hangs == "the network":
        camera = ListedCamera(frame(0), frame(1), frame(2), live=True)
        stop = gated.begun.acquire
    else:
        gated.may.release(9)
        camera = ListedCamera(frame(0), frame(1), frame(2), forever.wait, live=True)
        stopped = threading.Event()
        stop = stopped.is_set
    try:
        begun = time.monotonic()
        summary = inspect(
            camera, tiny, tmp_path / "log", classifier=gated, queue_size=3, stop=stop,
            watch=lambda summary: summary.frames == 3 and hangs == "the camera" and stopped.set(),
        )  # fmt: skip
        assert time.monotonic() - begun < 2 + (hangs == "the camera")
    finally:
        forever.set()
        gated.may.release(9)
    frames = logged(tmp_path / "log")
    assert [f.seq for f in frames] == [0, 1, 2]
    assert [f.skipped for f in frames] == [ENDED if hangs == "the network" else None] * 3
    assert summary.frames == 3


def test_frames_of_a_second_are_logged_together(tiny, tmp_path, monkeypatch):
    batches: list[int] = []
    log_frames = InspectionLog.log_frames

    def counting(self, run_id, entries):
        batches.append(len(entries))
        return log_frames(self, run_id, entries)

    monkeypatch.setattr(InspectionLog, "log_frames", counting)
    inspect(ListedCamera(*(frame(i) for i in range(5))), tiny, tmp_path / "log", batch_s=60.0)
    assert batches == [5]
    assert len(logged(tmp_path / "log")) == 5


def test_a_log_that_fails_ends_the_run_and_its_threads(tiny, tmp_path, monkeypatch):
    def full(self, run, entries):
        raise LogError("no space")

    monkeypatch.setattr(InspectionLog, "log_frames", full)
    before = set(threading.enumerate())
    with pytest.raises(LogError, match="no space"):
        inspect(ListedCamera(*(frame(i) for i in range(50))), tiny, tmp_path / "log")
    deadline = time.monotonic() + 10
    while set(threading.enumerate()) - before and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not set(threading.enumerate()) - before
