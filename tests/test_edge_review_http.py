"""The page's HTTP interface: what it serves, what it keeps, what it refuses."""

import re
import signal
import sqlite3
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from edge_log_samples import CLOCK, DB, FIND, START, frame, raw
from edge_review_samples import OWN, Server, jpeg, make_log, score, serving, serving_process

from edge.log import InspectionLog, RunState
from edge.review.access import Doors, hash_password
from edge.review.app import STATIC


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("log")
    make_log(path)
    return path


@pytest.fixture(scope="module")
def server(folder: Path) -> "Server":
    with serving(folder) as running:
        yield running


def test_the_log_and_its_finds(server: Server) -> None:
    log = server.get("/api/log")
    assert (log["finds"], sum(log["states"].values())) == (12, 12)
    assert (log["read_only"], log["damage"], log["signed_in"]) == (None, None, False)
    assert log["runs"][0]["skipped"] == {"too dark": 1}
    found = server.get("/api/finds?order=lowest&score_min=0.8")
    wanted = sorted((n + 1 for n in range(12) if score(n) >= 0.8), key=lambda find_id: score(find_id - 1))
    assert (found["ids"], found["n"], found["of"]) == (wanted, len(wanted), 12)
    cards = server.get("/api/cards?ids=2,1,99")["cards"]
    assert [card["id"] for card in cards] == [1, 2]


def test_one_find(server: Server, folder: Path) -> None:
    find = server.get("/api/finds/5")
    assert find["box_xywh_px"] == [70, 20, 64, 96]
    assert find["frame"]["name"] == "<b>1</b>.png"
    assert [one["id"] for one in find["in_frame"]] == [4, 5, 6]
    assert [one["status"] for one in find["around"]] == ["inspected"] * 4 + ["skipped"]
    assert find["provenance"]["model"] == f"tiny, SHA-256 {'a' * 12}"
    assert find["provenance"]["calibration"] == "none: nothing is in millimetres"
    del folder


@pytest.mark.parametrize(("size", "wh"), [("small", 96), ("medium", 160), ("large", 256)])
def test_pictures_are_cut_from_the_frame(server: Server, size: str, wh: int) -> None:
    answer = server.ask(f"/pictures/finds/5/{size}.jpg")
    assert answer.headers["content-type"] == "image/jpeg"
    picture = cv2.imdecode(np.frombuffer(answer.body, np.uint8), cv2.IMREAD_COLOR)
    assert picture.shape == (wh, wh, 3)


def test_the_crop_is_the_box_with_a_margin(server: Server) -> None:
    """As edge/review/static/find.js reckons it."""
    got = cv2.imdecode(np.frombuffer(server.ask("/pictures/finds/5/crop.jpg").body, np.uint8), cv2.IMREAD_COLOR)
    whole = cv2.imdecode(np.frombuffer(jpeg(1), np.uint8), cv2.IMREAD_COLOR)
    wanted = whole[0 : 20 + 96 + 48, 70 - 48 : 70 + 64 + 48]
    assert got.shape == wanted.shape
    assert np.abs(got.astype(int) - wanted).mean() < 4
    assert server.ask("/pictures/finds/5/drawn.jpg").body == jpeg(1)


def test_reviews_are_kept_and_seen_by_others(tmp_path: Path) -> None:
    make_log(tmp_path)
    with serving(tmp_path) as server:
        before = server.get("/api/log")["last_review"]
        said = server.say(find_id=2, verdict="reject", reason="joint", note="<i>n</i>", reviewer="Ann")
        assert said.status == 201
        begun = time.monotonic()
        news = server.get(f"/api/changes?after={before}&finds=12")
        assert time.monotonic() - begun < 2
        assert news["reviews"] == [
            {"id": 1, "find_id": 2, "crack_id": None, "state": "rejected", "reason": "joint", "reviewer": "Ann"}
        ]
        assert server.get("/api/finds?state=rejected&reason=joint")["ids"] == [2]
        assert server.get("/api/finds?state=unreviewed")["n"] == 11
        undone = server.ask("/api/undo", "POST", {"review_id": 1, "reviewer": "Ann"})
        assert undone.status == 201
        assert server.get("/api/finds/2")["state"] == "unreviewed"
        assert [one["note"] for one in server.get("/api/finds/2")["history"]] == ["<i>n</i>", "undoes entry 1"]
        assert server.ask("/api/undo", "POST", {"review_id": 1, "reviewer": "Ann"}).status == 400
    with raw(tmp_path) as db:
        assert db.execute("SELECT count(*) FROM reviews").fetchone()[0] == 2


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"verdict": "accept"},
        {"find_id": 1, "crack_id": 1, "verdict": "accept"},
        {"find_id": 1, "verdict": "perhaps"},
        {"find_id": 1, "verdict": "reject"},
        {"find_id": 1, "verdict": "reject", "reason": "boredom"},
        {"find_id": 1, "verdict": "accept", "reason": "joint"},
        {"find_id": 4711, "verdict": "accept"},
        {"find_id": -1, "verdict": "accept"},
        {"find_id": 2**70, "verdict": "accept"},
        {"find_id": True, "verdict": "accept"},
        {"find_id": 1, "verdict": "accept", "reviewer": "x" * 61},
        {"find_id": 1, "verdict": "accept", "note": "x" * 2001},
        {"find_id": 1, "verdict": "accept", "colour": "red"},
        [1],
        b"\xff{",
        b"[" * 10_000,
    ],
    ids=lambda body: str(body)[:40],
)
def test_a_review_that_is_none_is_refused_with_words(server: Server, body: object) -> None:
    answer = server.ask("/api/reviews", "POST", body)
    assert answer.status == 400
    assert len(answer.json["error"]) > 15


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/finds/4711", 404),
        ("/api/finds/99999999999999999999999", 400),
        ("/api/finds?state=done", 400),
        ("/api/cards?ids=1,x", 400),
        ("/api/nothing", 404),
        ("/pictures/finds/1/huge.jpg", 404),
        ("/pictures/finds/4711/small.jpg", 404),
        ("/api/export/exe", 404),
        ("/static/../app.py", 404),
        ("/static/%2e%2e/app.py", 404),
        ("/static/..%2fapp.py", 404),
        ("/static//etc/passwd", 404),
        ("/pictures/finds/1/..%2f..%2finspection.db", 404),
        ("/inspection.db", 404),
    ],
)
def test_what_is_not_there(server: Server, path: str, status: int) -> None:
    answer = server.ask(path)
    assert answer.status == status
    assert b"SQLite" not in answer.body


def test_other_sites_cannot_write(server: Server) -> None:
    body = {"find_id": 1, "verdict": "accept"}
    for headers in (
        {"Content-Type": "application/json"},
        {**OWN, "Origin": "https://evil.example"},
        {**OWN, "Origin": "null"},
        {**OWN, "Sec-Fetch-Site": "cross-site"},
    ):
        assert server.ask("/api/reviews", "POST", body, headers).status == 403
    assert server.ask("/api/log", headers={"Host": "evil.example"}).status == 421
    assert server.ask("/api/log", headers={"Host": "localhost:1"}).status == 200


def test_every_answer_carries_the_headers(server: Server) -> None:
    for path in ("/", "/api/log", "/api/nothing", "/static/main.js", "/pictures/finds/1/small.jpg"):
        headers = server.ask(path).headers
        assert "default-src 'none'" in headers["content-security-policy"], path
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"


def test_too_large_is_refused_before_it_is_read(server: Server) -> None:
    answer = server.ask("/api/reviews", "POST", b"x", {**OWN, "Content-Length": "100000"})
    assert answer.status == 413
    answer = server.ask("/api/photo", "POST", b"x", {**OWN, "Content-Length": "99000000"})
    assert answer.status == 413
    assert "60 MB" in answer.json["error"]


@pytest.mark.parametrize("content", [b"", b"GIF89a", b"<svg/>", b"\xff\xd8\xff" + b"x" * 99], ids=repr)
def test_a_photo_that_is_none_is_refused_with_words(server: Server, content: bytes) -> None:
    answer = server.ask("/api/photo", "POST", content, OWN)
    assert answer.status == 400
    assert "photo" in answer.json["error"]


def test_a_photo_is_judged_and_not_kept(server: Server, folder: Path) -> None:
    before = {path: path.stat().st_size for path in (folder / "images").rglob("*")}
    rows = server.get("/api/log")["finds"]
    answer = server.ask("/api/photo", "POST", jpeg(3), OWN).json
    assert answer["wh_px"] == [320, 240]
    assert np.array(answer["scores"]).shape == (len(answer["ys"]), len(answer["xs"]))
    assert len(answer["finds"]) == 0 or np.max(answer["scores"]) >= answer["threshold"] - 1e-3
    assert {path: path.stat().st_size for path in (folder / "images").rglob("*")} == before
    assert server.get("/api/log")["finds"] == rows


def test_a_picture_that_is_missing_or_outside_is_said(tmp_path: Path) -> None:
    run = make_log(tmp_path / "log")
    (tmp_path / "secret.jpg").write_bytes(jpeg(0))
    (tmp_path / "log" / "images" / run / "000001.jpg").unlink()
    (tmp_path / "log" / "images" / run / "000002.jpg").write_bytes(jpeg(2)[:400])
    with raw(tmp_path / "log") as db:
        db.execute("UPDATE frames SET overlay_path = '../secret.jpg' WHERE seq = 0")
        db.execute("UPDATE frames SET overlay_path = NULL WHERE seq = 3")
    with serving(tmp_path / "log") as server:
        said = {find_id: server.ask(f"/pictures/finds/{find_id}/small.jpg") for find_id in (1, 4, 7, 10)}
    assert [answer.status for answer in said.values()] == [404] * 4
    assert "lies in its run's folder" in said[1].json["error"]
    assert "missing" in said[4].json["error"]
    assert "damaged" in said[7].json["error"]
    assert "names no picture" in said[10].json["error"]


def test_a_run_that_is_still_writing_shows_up(tmp_path: Path) -> None:
    make_log(tmp_path)
    with serving(tmp_path) as server, InspectionLog.open(tmp_path, clock=CLOCK) as log:
        assert not server.get("/api/changes?finds=12")["running"]
        run = log.start_run(START)
        log.log_frame(run, frame(0), [FIND], jpeg(9))
        news = server.get("/api/changes?finds=12")
        assert (news["running"], news["new_finds"], news["frames"]) == (True, 1, 6)
        assert server.get("/api/latest")["frame"]["finds"] == 1
        assert server.say(find_id=13, verdict="accept").status == 201
        log.end_run(run, RunState.FINISHED, None)
        assert not server.get("/api/changes?finds=12")["running"]


def test_a_log_of_an_older_schema_is_shown_and_says_that_it_takes_no_verdicts(tmp_path: Path) -> None:
    schema_1 = (Path(__file__).parent / "golden" / "log_schema_1.sql").read_text(encoding="utf-8")
    with closing(sqlite3.connect(tmp_path / DB, isolation_level=None)) as db:
        db.executescript(schema_1)
    before = (tmp_path / DB).read_bytes()
    with serving(tmp_path) as server:
        log = server.get("/api/log")
        assert (log["finds"], len(log["runs"])) == (3, 2)
        assert "hairline log upgrade" in log["read_only"]
        refused = server.say(find_id=1, verdict="accept")
        assert (refused.status, "hairline log upgrade" in refused.json["error"]) == (503, True)
        assert server.get("/api/finds/1")["id"] == 1
    assert (tmp_path / DB).read_bytes() == before


def test_no_accepted_review_is_lost_when_the_server_is_killed(tmp_path: Path) -> None:
    make_log(tmp_path, frames=10, finds=5)
    with serving_process(tmp_path) as (server, process):
        kept = [find_id for find_id in range(1, 31) if server.say(find_id=find_id, verdict="unsure").status == 201]
        process.send_signal(signal.SIGKILL)
        process.wait()
    with closing(sqlite3.connect(tmp_path / DB)) as db:
        assert [row[0] for row in db.execute("SELECT find_id FROM reviews ORDER BY id")] == kept == list(range(1, 31))


def test_the_report_and_the_table_honour_the_filter(tmp_path: Path) -> None:
    pdfium = pytest.importorskip("pypdfium2")
    make_log(tmp_path, start=replace(START, source="<para>wall & co"))
    with serving(tmp_path) as server:
        server.say(find_id=2, verdict="reject", reason="joint", reviewer="Ann <b>")
        server.say(find_id=3, verdict="accept", reviewer="Bob")
        pdf = server.ask("/api/report.pdf?state=rejected")
        rows = server.ask("/api/export/csv?state=accepted").body.decode().splitlines()
    assert pdf.headers["content-disposition"].startswith("attachment")
    text = "\n".join(page.get_textpage().get_text_bounded() for page in pdfium.PdfDocument(pdf.body))
    for words in (
        "1 of 12 finds",
        "state rejected",
        "<para>wall & co",
        "not inspected: too dark",
        "1 of 1 runs had no calibrated camera",
        "1 were not measured",
        "how much of the wall was covered is not known",
        "Find 2: rejected: joint",
        "Ann <b>",
        "A frame without a find is not a frame without a crack",
    ):
        assert words in " ".join(text.split()), words
    assert "Find 3" not in text
    assert len(rows) == 2


def test_the_door_lets_nobody_in_without_the_password(folder: Path) -> None:
    seconds = [0.0]
    doors = Doors(seconds=lambda: seconds[0], hashed_password=hash_password("correct horse battery"))
    with serving(folder, doors=doors, hosts=frozenset()) as server:
        for path in ("/api/log", "/api/openapi.json", "/pictures/finds/1/small.jpg"):
            assert server.ask(path).status == 401
        assert server.ask("/").status == 303
        assert server.ask("/signin").status == 200
        assert server.say(find_id=1, verdict="accept").status == 401

        def sign_in(**fields: str) -> int:
            return server.ask("/api/session", "POST", {"name": "Ann", **fields}).status

        for _ in range(5):
            assert sign_in(password="wrong horse battery") == 401
        assert sign_in(password="correct horse battery") == 429
        seconds[0] += 61
        answer = server.ask("/api/session", "POST", {"name": "Ann", "password": "correct horse battery"})
        cookie = answer.headers["set-cookie"]
        assert answer.status == 204
        assert {"httponly", "samesite=strict"} <= {part.strip().lower() for part in cookie.split(";")}
        inside = {**OWN, "Cookie": cookie.split(";")[0]}
        assert server.ask("/api/log", headers=inside).json["reviewer"] == "Ann"
        # The name is the session's: a body cannot speak for another.
        server.ask("/api/reviews", "POST", {"find_id": 1, "verdict": "accept", "reviewer": "Bob"}, inside)
        history = server.ask("/api/finds/1", headers=inside).json["history"]
        assert history[-1]["reviewer"] == "Ann"
        link = server.ask("/api/links", "POST", {}, inside).json
        assert link["svg"].lstrip().startswith("<svg")
        secret = link["url"].partition("#")[2]
        assert sign_in(link=secret) == 204
        assert sign_in(link=secret) == 401
        seconds[0] += 2 * 3600 + 1
        assert server.ask("/api/log", headers=inside).status == 401


def test_the_page_asks_for_all_its_modules_at_once() -> None:
    """Else a phone on a rover's wireless waits for one after the other."""
    modules = {path.name for path in STATIC.glob("*.js")} - {"main.js", "signin.js"}
    asked = set(re.findall(r'modulepreload" href="/static/([^"]+)"', (STATIC / "index.html").read_text()))
    assert asked == modules
