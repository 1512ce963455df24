"""What the page says of photographs, logs and people that are not as they should be: words, never a broken page."""

import random
import signal
import socket
import sqlite3
import threading
import time
from contextlib import closing
from http.client import HTTPException
from pathlib import Path

import cv2
import numpy as np
import pytest
from edge_log_samples import CLOCK, DB, FIND, START, frame, raw
from edge_review_samples import OWN, damage_finds, jpeg, make_large_log, make_log, serving, serving_process
from edge_review_wall_samples import make_wall_log

from edge.log import InspectionLog

PEOPLE = 10


def test_a_photograph_of_fifty_megabytes_is_judged(tmp_path: Path) -> None:
    """The weight of a file says little of its pixels: noise in a lossless format is heavy, and can be judged."""
    noise = np.random.default_rng(0).integers(0, 256, (3400, 4900, 3), np.uint8)
    photo = cv2.imencode(".png", noise, [cv2.IMWRITE_PNG_COMPRESSION, 0])[1].tobytes()
    assert 49e6 < len(photo) < 60e6
    make_log(tmp_path, frames=1, finds=1)
    with serving(tmp_path) as server:
        answer = server.ask("/api/photo", "POST", photo, OWN)
        assert server.ask("/api/photo", "POST", photo[:-2_000_000], OWN).status == 400
        assert server.get("/api/log")["finds"] == 1
    assert answer.status == 200
    assert answer.json["wh_px"] == [4900, 3400]


@pytest.mark.parametrize(
    "content",
    [b"Dear all,\n", b"%PDF-1.7", b"\x00" * 5000, b"PK\x03\x04" + b"\x00" * 100, jpeg(1)[:700]],
    ids=["letter", "pdf", "zeros", "zip", "half a jpeg"],
)
def test_a_file_that_is_no_picture_is_refused_with_words(tmp_path: Path, content: bytes) -> None:
    make_log(tmp_path, frames=1, finds=1)
    with serving(tmp_path) as server:
        answer = server.ask("/api/photo", "POST", content, OWN)
    assert answer.status == 400
    assert "photo" in answer.json["error"]


def test_a_wall_without_its_pictures_is_still_shown_and_reported(tmp_path: Path) -> None:
    make_wall_log(tmp_path)
    for path in (tmp_path / "images").rglob("*.jpg"):
        path.unlink()
    with serving(tmp_path) as server:
        said = server.ask("/pictures/cracks/1/2.jpg")
        assert (said.status, "missing" in said.json["error"]) == (404, True)
        assert server.get("/api/cracks/1")["view_mm"] is not None
        report = server.ask("/api/report.pdf")
    assert (report.status, report.body[:5]) == (200, b"%PDF-")


def test_a_picture_that_was_taken_away_says_why(tmp_path: Path) -> None:
    make_log(tmp_path, frames=1, finds=1)
    for path in (tmp_path / "images").rglob("*.jpg"):
        path.unlink()
    with raw(tmp_path) as db:
        db.execute(
            "INSERT INTO absent_pictures SELECT run_id, seq, t_utc, 'removed', '100 MB stay free' FROM frames LIMIT 1"
        )
    with serving(tmp_path) as server:
        answer = server.ask("/pictures/finds/1/crop.jpg")
    assert answer.status == 404
    assert answer.json["error"] == "the picture was removed to make room: 100 MB stay free; what was found stays"


def test_a_damaged_database_is_told_and_what_can_be_read_is_shown(tmp_path: Path) -> None:
    make_large_log(tmp_path, 6000)
    damage_finds(tmp_path)
    with serving(tmp_path) as server:
        log = server.get("/api/log")
        assert "restore it from a copy" in log["damage"]
        shown = server.get("/api/finds")
        assert 0 < shown["n"] < 6001
        assert server.get(f"/api/finds/{shown['ids'][0]}")["id"] == shown["ids"][0]
        for path in ("/api/cracks", "/api/coverage", "/api/threshold?score=0.3", "/api/report.pdf", "/api/export/csv"):
            answer = server.ask(path)
            assert answer.status in (200, 409, 503), path
            assert answer.status == 200 or len(answer.json["error"]) > 20


def test_a_log_of_a_newer_schema_is_refused_before_a_page_is_served(tmp_path: Path) -> None:
    make_log(tmp_path, frames=1, finds=1)
    with raw(tmp_path) as db:
        db.execute("PRAGMA user_version = 99")
    with pytest.raises(AssertionError, match="upgrade hairline"), serving_process(tmp_path):
        pass


def test_cracks_of_a_run_that_is_still_written_show_up(tmp_path: Path) -> None:
    make_wall_log(tmp_path, visits=1)
    with serving(tmp_path) as server, InspectionLog.open(tmp_path, clock=CLOCK) as log:
        assert server.get("/api/cracks")["n"] == 2
        run = log.start_run(START)
        log.log_frame(run, frame(0), [FIND], jpeg(9))
        assert server.get("/api/changes?finds=4")["running"]
        assert server.say(crack_id=1, verdict="accept").status == 201
        assert server.get("/api/cracks?state=accepted")["n"] == 1


def test_a_browser_that_goes_in_the_middle_of_an_edit_leaves_nothing_behind(tmp_path: Path) -> None:
    """Half a request is no edit; a whole one whose answer nobody waits for is."""
    make_wall_log(tmp_path, visits=1)
    body = b'{"crack_id": 1, "join": {"crack_id": 2}, "reviewer": "Ann"}'
    head = f"POST /api/edits HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Hairline: 1\r\nContent-Length: {len(body)}\r\n\r\n"

    def kept() -> int:
        with raw(tmp_path) as db:
            return int(db.execute("SELECT count(*) FROM reviews").fetchone()[0])

    with serving(tmp_path) as server:
        for sent in (head.encode() + body[:20], head.encode()[:60]):
            with socket.create_connection(("127.0.0.1", server.port)) as browser:
                browser.sendall(sent)
        time.sleep(0.3)
        assert (kept(), server.get("/api/cracks/1")["joined"]) == (0, [])
        with socket.create_connection(("127.0.0.1", server.port)) as browser:
            browser.sendall(head.encode() + body)
        deadline = time.monotonic() + 20
        while not kept() and time.monotonic() < deadline:
            time.sleep(0.05)
        assert server.get("/api/cracks/1")["joined"] == [2]


@pytest.mark.parametrize("seed", range(3))
def test_no_accepted_entry_is_lost_whenever_the_server_is_killed(tmp_path: Path, seed: int) -> None:
    """Several people write; the server is killed at a moment that the seed chooses, in the middle of their requests."""
    make_log(tmp_path, frames=10, finds=5)
    rng = random.Random(seed)
    accepted: list[int] = []
    with serving_process(tmp_path) as (server, process):

        def write(first: int) -> None:
            for find_id in range(first, 51, 4):
                try:
                    answer = server.say(find_id=find_id, verdict="accept", reviewer=f"person {first}")
                except (OSError, HTTPException):
                    return
                if answer.status == 201:
                    accepted.append(find_id)

        people = [threading.Thread(target=write, args=(first,)) for first in range(1, 5)]
        for person in people:
            person.start()
        wanted = rng.randrange(2, 30)
        while len(accepted) < wanted and any(person.is_alive() for person in people):
            time.sleep(0.001)
        process.send_signal(signal.SIGKILL)
        for person in people:
            person.join()
        process.wait()
    with closing(sqlite3.connect(tmp_path / DB)) as db:
        kept = {row[0] for row in db.execute("SELECT find_id FROM reviews")}
    assert set(accepted) <= kept
    assert accepted


def test_ten_people_at_once_all_keep_their_work_and_see_the_others(tmp_path: Path) -> None:
    make_log(tmp_path, frames=20, finds=5)
    refused: list[bytes] = []
    with serving(tmp_path) as server:

        def review(person: int) -> None:
            for find_id in range(1 + person, 101, PEOPLE):
                server.get(f"/api/finds/{find_id}")
                server.ask(f"/pictures/finds/{find_id}/crop.jpg")
                answer = server.say(find_id=find_id, verdict="accept", reviewer=f"person {person}")
                if answer.status != 201:
                    refused.append(answer.body)
                server.get("/api/changes?after=0&finds=100")

        people = [threading.Thread(target=review, args=(person,)) for person in range(PEOPLE)]
        for person in people:
            person.start()
        for person in people:
            person.join()
        news = server.get("/api/changes?after=0&finds=100")
    assert refused == []
    assert sorted(one["find_id"] for one in news["reviews"]) == list(range(1, 101))
    assert {one["reviewer"] for one in news["reviews"]} == {f"person {person}" for person in range(PEOPLE)}
