"""The loop: every frame that a camera delivers is in the log, inspected or with the reason why not."""

from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

import cv2
import numpy as np
import pytest

from edge.bundle import Bundle
from edge.classifier import Classifier, load_classifier
from edge.clock import ManualClock
from edge.errors import SourceError
from edge.finds import group_windows
from edge.frame import Frame, Unreadable
from edge.inspect import Inspection, Summary
from edge.log import InspectionLog, RunState, read_log, run_start
from edge.overlay import draw_finds, encode_jpeg

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
