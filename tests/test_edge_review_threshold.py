"""What another threshold would bring: against scipy's own grouping of the same scores."""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
from edge_log_samples import CLOCK, FIND, START, frame
from edge_review_samples import WH, jpeg, make_log, serving
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy import ndimage

from edge.log import InspectionLog, RunRecord, RunState
from edge.plain import plain_box
from edge.review.threshold import Scale, preview, scale_of


class _OneFrame:
    """Stands for a database of one frame, whose finds are those of its own threshold."""

    def __init__(self, q: np.ndarray, scores: list[float]) -> None:
        rows, cols = q.shape
        width, height = 64 + 32 * (cols - 1), 64 + 32 * (rows - 1)
        self._frame = {"run_id": "a", "seq": 0, "name": "f", "width_px": width, "height_px": height}
        self._frame |= {"score_map": q.tobytes(), "score_map_rows": rows, "score_map_cols": cols, "has_picture": 1}
        self._finds = [{"id": n, "run_id": "a", "score": score} for n, score in enumerate(scores)]

    def execute(self, query: str, _: object = ()) -> list[dict[str, object]]:
        return [self._frame] if "score_map" in query else self._finds


RUN = RunRecord(id="a", start=START)
SCALE = scale_of(RUN)
LEVELS = st.integers(-128, 127).map(lambda q: float(SCALE.probabilities[q + 128]))


@given(arrays.arrays(np.int8, (6, 9), elements=st.integers(-20, 20)), st.integers(-19, 20), st.integers(-19, 20))
def test_what_appears_grows_and_disappears(q: np.ndarray, own: int, wanted: int) -> None:
    run = RunRecord(id="a", start=replace(START, window_threshold=float(SCALE.probabilities[own + 128])))
    before, n_before = ndimage.label(q >= own, np.ones((3, 3)))
    scores = [float(SCALE.probabilities[int(q[before == n].max()) + 128]) for n in range(1, n_before + 1)]
    score = float(SCALE.probabilities[wanted + 128])
    found = preview(_OneFrame(q, scores), [run], score)  # type: ignore[arg-type]
    after, n_after = ndimage.label(q >= wanted, np.ones((3, 3)))
    groups = [after == n for n in range(1, n_after + 1)] if wanted < own else []
    new = [group for group in groups if q[group].max() < own]
    assert found["appear"] == len(new)
    assert found["grown"] == sum(q[group].max() >= own and q[group].min() < own for group in groups)
    assert found["disappear"] == (sum(one < score for one in scores) if wanted > own else 0)
    boxes = {tuple(one["box_xywh_px"]) for one in found["examples"]}
    wanted_boxes = set()
    for group in new:
        rows, cols = np.nonzero(group)
        x, y = 32 * int(cols.min()), 32 * int(rows.min())
        wanted_boxes.add((x, y, 32 * int(cols.max()) + 64 - x, 32 * int(rows.max()) + 64 - y))
    assert boxes == wanted_boxes


@given(LEVELS)
def test_a_probability_of_the_network_lets_its_own_int8_through(score: float) -> None:
    q = SCALE.q_min(score)
    assert SCALE.probabilities[q + 128] >= score * (1 - 1e-6)
    assert q == -128 or SCALE.probabilities[q + 127] < score
    assert Scale(probabilities=SCALE.probabilities, threshold=0.5).q_min(1.1) == 128


def test_a_find_is_shown_as_the_camera_saw_it_where_that_is_kept(tmp_path: Path) -> None:
    run_id = make_log(tmp_path, frames=2, finds=1)
    x, y, w, h = plain_box((10, 20, 64, 96), WH)
    plain = cv2.imencode(".jpg", np.full((h, w, 3), 90, np.uint8))[1].tobytes()
    (tmp_path / "images" / run_id / "000000-0.jpg").write_bytes(plain)
    with serving(tmp_path) as server:
        assert server.get("/api/finds/1")["plain_xywh_px"] == [x, y, w, h]
        assert server.ask("/pictures/finds/1/plain.jpg").body == plain
        assert server.get("/api/finds/2")["plain_xywh_px"] is None
        assert server.ask("/pictures/finds/2/plain.jpg").status == 404


def test_the_run_that_is_going_on_is_looked_through_too(tmp_path: Path) -> None:
    with InspectionLog.open(tmp_path, clock=CLOCK) as log:
        run = log.start_run(START)
        q = np.full((3, 4), -60, np.int8)
        q[0, 0], q[2, 3] = 40, 0
        log.log_frame(run, frame(0, score_map_q=q), [FIND], jpeg(0))
        with serving(tmp_path) as server:
            found = server.get("/api/threshold?score=0.4")
        log.end_run(run, RunState.FINISHED, None)
    assert (found["appear"], found["grown"], found["disappear"]) == (1, 0, 0)
