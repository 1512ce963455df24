"""The picture of a run's camera as the page is served it."""

import os
from pathlib import Path

import numpy as np
from edge_log_samples import START
from edge_review_samples import jpeg, make_log, serving

from edge.live_view import LIVE_FILE, LiveView


def test_what_the_camera_sees_is_served_from_the_logs_folder_alone(tmp_path: Path) -> None:
    log, live = tmp_path / "log", tmp_path / "log" / LIVE_FILE
    make_log(log)
    (tmp_path / "secret.jpg").write_bytes(jpeg(0))
    with serving(log) as server:
        assert server.get("/api/changes")["live"] is None
        missing = server.ask("/pictures/live.jpg")
        assert (missing.status, "no camera's run has written one yet" in missing.json["error"]) == (404, True)
        live.symlink_to(tmp_path / "secret.jpg")
        assert server.get("/api/changes")["live"] is None
        assert server.ask("/pictures/live.jpg").status == 404
        live.unlink()
        LiveView(log).update(np.full((480, 1280, 3), 99, np.uint8))
        answer = server.ask("/pictures/live.jpg?written=now")
        assert (answer.body, answer.headers["cache-control"]) == (live.read_bytes(), "no-store")
        assert 0 <= server.get("/api/changes")["live"]["age_s"] < 60
        # A picture from before the latest run is not of that run.
        before = START.started_utc.timestamp() - 1
        os.utime(live, (before, before))
        assert server.get("/api/changes")["live"] is None
