"""Rover to base: what is stored, by whom, and that everything arrives exactly once."""

import hashlib
import http.client
import json
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from uuid import uuid4

import pytest
from edge_base_samples import base_in_a_thread, expected, make_log
from edge_log_samples import CLOCK, DB, START
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edge.base.pictures import PictureStore, WrongOffsetError
from edge.base.serve import BasePlan, open_store, serve
from edge.base.store import Store
from edge.base.tokens import add_token, read_tokens, rover_of
from edge.errors import BaseError, ConfigError, LogError, RefusedError, UploadError
from edge.log import InspectionLog
from edge.outbox import OUTBOX_FILE, LogRows, Outbox
from edge.upload import Sent, Uploader, keep_uploading
from edge.upload_client import BaseClient
from edge.upload_protocol import CHUNK_BYTES, FILES, MAX_BODY_BYTES, Record, row_content

pytest_plugins = ("edge_base_fixtures",)

# The stores.

RECORDS = st.builds(
    Record,
    key=st.sampled_from(["frames/[1]", "frames/[2]", "finds/[1]", 'ü/["ä"]']),
    revision=st.integers(1, 5),
    content=st.none() | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=5),
)


@settings(deadline=None, max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_a_store_keeps_the_highest_revision_whatever_comes_how_often(store: Store, data: st.DataObject) -> None:
    """Against a dict. Late duplicates and other rovers' records change nothing."""
    log = uuid4().hex
    model: dict[str, Record] = {}
    for batch in data.draw(st.lists(st.lists(RECORDS, min_size=1, max_size=4, unique_by=lambda r: r.key), max_size=6)):
        store.add("rover", log, batch)
        store.add("another", log, [Record(key="frames/[1]", revision=9, content="another's")])
        for record in batch:
            if record.key not in model or record.revision > model[record.key].revision:
                model[record.key] = record
    there = {key: r.content for key, r in model.items() if r.content is not None}
    assert store.contents("rover", log) == there
    assert store.revision("rover", log) == max((r.revision for r in model.values()), default=0)
    sums = {key: hashlib.sha256(content.encode()).hexdigest() for key, content in there.items()}
    assert store.missing("rover", log, sums | {"finds/[99]": "0" * 64}) == ["finds/[99]"]
    assert store.missing("rover", log, dict.fromkeys(sums, "0" * 64)) == list(sums)


def test_a_thousand_keys_are_one_question(store: Store) -> None:
    records = [Record(key=f"frames/[{n}]", revision=n + 1, content=str(n)) for n in range(1100)]
    store.add("r", "l", records)
    assert store.missing("r", "l", {r.key: r.sha256 for r in records}) == []
    (summary,) = (s for s in store.summary() if s.rover == "r")
    assert summary.records == 1100


def test_a_batch_is_stored_whole_or_not_at_all(store: Store) -> None:
    good = Record(key="frames/[1]", revision=1, content="x")
    too_large = Record(key="frames/[2]", revision=2**70, content="x")
    with pytest.raises((BaseError, OverflowError)):
        store.add("r", "l", [good, too_large])
    assert store.contents("r", "l") == {}


def test_a_database_that_forgets_is_refused(postgres: str) -> None:
    with pytest.raises(BaseError, match="synchronous_commit = off"):
        open_store(Path("/tmp"), f"{postgres}&options=-c%20synchronous_commit%3Doff")


def test_a_database_that_is_not_there() -> None:
    with pytest.raises(BaseError, match="database failed"):
        open_store(Path("/tmp"), "postgresql://nobody@127.0.0.1:1/x")
    with pytest.raises(ConfigError, match="postgresql://"):
        open_store(Path("/tmp"), "mysql://x")


# Pictures.


@given(content=st.binary(max_size=60), piece=st.integers(1, 20), die_at=st.integers(0, 60))
@settings(deadline=None, max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_picture_goes_on_where_it_was(tmp_path: Path, content: bytes, piece: int, die_at: int) -> None:
    """Also in a base that was started again in between."""
    shutil.rmtree(tmp_path, ignore_errors=True)
    sha256, base = hashlib.sha256(content).hexdigest(), PictureStore(tmp_path)
    there = base.received("r", sha256)
    taken = 0
    while not there.complete:
        if there.received >= die_at:
            base, die_at = PictureStore(tmp_path), 61
            assert base.received("r", sha256) == there
        sent = content[there.received : there.received + piece]
        there = base.append("r", sha256, sent, offset=there.received, size=len(content))
        taken += len(sent)
    assert taken == len(content)
    assert base.path("r", sha256).read_bytes() == content
    assert [p for p in tmp_path.rglob("*") if p.is_file()] == [base.path("r", sha256)]
    assert base.append("r", sha256, b"late", offset=0, size=9).complete, "a late duplicate changes nothing"
    assert base.received("another", sha256).received == 0, "rovers do not see each other's"


def test_pieces_that_do_not_fit(tmp_path: Path) -> None:
    content = b"0123456789"
    sha256, base = hashlib.sha256(content).hexdigest(), PictureStore(tmp_path)
    base.append("r", sha256, content[:4], offset=0, size=10)
    for offset, piece in ((0, content), (5, content[5:]), (4, content)):
        with pytest.raises(WrongOffsetError) as wrong:
            base.append("r", sha256, piece, offset=offset, size=10)
        assert wrong.value.there.received == 4
    with pytest.raises(BaseError, match="thrown away"):
        base.append("r", sha256, b"xxxxxx", offset=4, size=10)
    assert base.received("r", sha256).received == 0


# Tokens.


def test_tokens(tmp_path: Path) -> None:
    path = tmp_path / "tokens"
    first, second = add_token(path, "rover-1"), add_token(path, "rover-2")
    assert path.stat().st_mode & 0o777 == 0o600
    assert first not in path.read_text()
    tokens = read_tokens(path)
    assert (rover_of(first, tokens), rover_of(second, tokens), rover_of("guess", tokens)) == (
        "rover-1",
        "rover-2",
        None,
    )
    add_token(path, "rover-1")
    assert rover_of(first, read_tokens(path)) is None, "a new token replaces the old"
    with pytest.raises(BaseError, match="name"):
        add_token(path, "../rover")
    path.write_text("rover-1 123\n")
    with pytest.raises(BaseError, match="tokens:1"):
        read_tokens(path)


# From end to end.


@pytest.fixture
def log(tmp_path: Path) -> Path:
    make_log(tmp_path / "log", 12)
    return tmp_path / "log"


@pytest.fixture
def base(tmp_path: Path, store: Store) -> Iterator[tuple[int, str]]:
    """Port and token."""
    token = add_token(tmp_path / "base" / "tokens", "rover")
    with base_in_a_thread(tmp_path / "base", store) as port:
        yield port, token


def upload(log: Path, base: tuple[int, str]) -> Sent:
    port, token = base
    with Outbox.open(log) as outbox, BaseClient(f"http://127.0.0.1:{port}", token=token) as client:
        uploader = Uploader(log, outbox, client, stop=lambda: False)
        uploader.run_once()
        return uploader.sent


def assert_arrived(log: Path, data: Path, store: Store) -> None:
    """The base holds every row of the log as it is, and every picture, and nothing else."""
    rows, pictures = expected(log)
    log_id = LogRows(log).log_id()
    assert log_id is not None
    contents = store.contents("rover", log_id)
    files = {key.removeprefix(FILES): json.loads(contents.pop(key)) for key in list(contents) if key.startswith(FILES)}
    assert contents == rows
    assert set(files) == set(pictures)
    for path, content in pictures.items():
        assert PictureStore(data / "pictures").path("rover", files[path]["sha256"]).read_bytes() == content
        assert files[path]["bytes"] == len(content)


def test_everything_arrives_and_nothing_twice(tmp_path: Path, log: Path, base: tuple[int, str], store: Store) -> None:
    first = upload(log, base)
    assert_arrived(log, tmp_path / "base", store)
    rows, pictures = expected(log)
    assert (first.records, first.pictures) == (len(rows) + len(pictures), len(pictures))
    assert first.picture_bytes == sum(map(len, pictures.values()))
    assert upload(log, base) == Sent()
    (log / OUTBOX_FILE).unlink()
    again = upload(log, base)
    assert (again.records, again.picture_bytes) == (0, 0), "the base says what it has"
    (log / OUTBOX_FILE).write_bytes(b"damaged" * 1000)
    assert upload(log, base).records == 0


def test_what_changes_in_a_log_changes_at_the_base(
    tmp_path: Path,
    log: Path,
    base: tuple[int, str],
    store: Store,
) -> None:
    """A run that ends, poses that are improved, a row that is gone, and one that is as it once was, also after the
    outbox was lost."""
    upload(log, base)
    with InspectionLog.open(log, clock=CLOCK) as writer:
        writer.start_run(START)
        upload(log, base)
        assert_arrived(log, tmp_path / "base", store)
    with closing(sqlite3.connect(log / DB)) as db:
        for change in (
            "UPDATE frames SET exposure_us = 7",
            "INSERT INTO calibrations VALUES ('a', '{}')",
            "DELETE FROM calibrations",
            "INSERT INTO calibrations VALUES ('a', '{}')",
        ):
            db.execute(change)
            db.commit()
            upload(log, base)
            assert_arrived(log, tmp_path / "base", store)
            (log / OUTBOX_FILE).unlink() if "DELETE" in change else None


def test_a_picture_that_retention_removed_is_no_error(
    tmp_path: Path,
    log: Path,
    base: tuple[int, str],
    store: Store,
) -> None:
    next((log / "images").rglob("*.jpg")).unlink()
    assert upload(log, base).gone == 1
    assert_arrived(log, tmp_path / "base", store)


def test_pictures_of_many_pieces_and_a_log_beside_its_writer(
    tmp_path: Path,
    base: tuple[int, str],
    store: Store,
) -> None:
    make_log(tmp_path / "log", 4, picture_bytes=3 * CHUNK_BYTES)
    with InspectionLog.open(tmp_path / "log", clock=CLOCK):
        upload(tmp_path / "log", base)
    assert_arrived(tmp_path / "log", tmp_path / "base", store)


def test_one_uploader_a_log(log: Path) -> None:
    with Outbox.open(log), pytest.raises(LogError, match="another process"):
        Outbox.open(log)
    with pytest.raises(LogError, match="no folder"):
        Outbox.open(log / "none")


# Who may, and what is refused. SQLite stands for both from here on.


@pytest.fixture
def plain(tmp_path: Path) -> Iterator[tuple[int, str]]:
    token = add_token(tmp_path / "base" / "tokens", "rover")
    opened = open_store(tmp_path / "base", None)
    with base_in_a_thread(tmp_path / "base", opened) as port:
        yield port, token
    opened.close()


@pytest.mark.parametrize("given", [None, "", "Bearer", "Bearer wrong", "Basic {}", "Bearer {}x"])
def test_without_its_token_nobody_gets_in(plain: tuple[int, str], given: str | None) -> None:
    port, token = plain
    for method, path in (("GET", "/v1/logs/a"), ("POST", "/v1/logs/a/records"), ("PUT", f"/v1/pictures/{'0' * 64}")):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        connection.request(method, path, headers={} if given is None else {"Authorization": given.format(token)})
        assert connection.getresponse().status == 401
        connection.close()


SHA = hashlib.sha256(b"x").hexdigest()
NOT_HERE = Record(key="files/p", revision=1, content=f'{{"sha256": "{SHA}"}}').write()


def records(*values: object) -> bytes:
    return json.dumps({"records": values}).encode()


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/v1/logs/..%2f..", b"", 404),
        ("GET", "/v1/pictures/..%2f..%2fetc", b"", 404),
        ("GET", f"/v1/pictures/{SHA.upper()}", b"", 404),
        ("PUT", f"/v1/pictures/{SHA}?offset=-1&size=1", b"x", 422),
        ("PUT", f"/v1/pictures/{SHA}?offset=0&size=99999999999", b"x", 413),
        ("PUT", f"/v1/pictures/{SHA}?offset=3&size=9", b"x", 409),
        ("POST", "/v1/logs/a/missing", b"[]", 422),
        ("POST", "/v1/logs/a/records", b"{", 422),
        ("POST", "/v1/logs/a/records", b'{"records": [{}]}', 422),
        ("POST", "/v1/logs/a/records", records({"key": "k", "revision": 1, "sha256": SHA, "content": "y"}), 422),
        ("POST", "/v1/logs/a/records", records(NOT_HERE), 422),
        ("POST", "/v1/logs/a/records", b"[" * 100_000, 422),
    ],
)  # fmt: skip
def test_what_is_refused(plain: tuple[int, str], method: str, path: str, body: bytes, status: int) -> None:
    port, token = plain
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request(method, path, body=body, headers={"Authorization": f"Bearer {token}"})
    assert connection.getresponse().status == status
    connection.close()


def test_a_body_without_end_is_cut_off(plain: tuple[int, str]) -> None:
    port, token = plain
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    pieces = (b" " * (1 << 20) for _ in range(MAX_BODY_BYTES // (1 << 20) + 2))
    try:
        connection.request("POST", "/v1/logs/a/records", body=pieces, headers={"Authorization": f"Bearer {token}"})
        status = connection.getresponse().status
    except (BrokenPipeError, ConnectionResetError):
        status = 413  # said and hung up before we had done
    assert status == 413
    connection.close()


@pytest.mark.parametrize(
    "url", ["http://base.local", "ftp://x", "https://", "https://u:p@x", "https://x/path", "https://x:port"]
)
def test_urls_that_are_no_base(url: str) -> None:
    with pytest.raises(ConfigError):
        BaseClient(url, token="t")


def test_a_base_that_cannot_be_reached_is_tried_again(log: Path) -> None:
    """For ever, and it says so; a base that refuses the token is not."""
    tries = iter(range(3))
    with Outbox.open(log) as outbox, BaseClient("http://127.0.0.1:1", token="t") as client:
        uploader = Uploader(log, outbox, client, stop=lambda: False)
        with pytest.raises(UploadError, match="cannot be reached"):
            uploader.run_once()
        watched = []
        stop = iter([False, *[True] * 9])
        keep_uploading(uploader, every_s=1, stop=lambda: next(stop), watch=lambda: watched.append(next(tries)))
    assert watched == [0]


def test_a_wrong_token_is_refused_once_and_for_all(log: Path, plain: tuple[int, str]) -> None:
    with pytest.raises(RefusedError, match="401"):
        upload(log, (plain[0], "wrong"))


def test_beyond_this_machine_only_with_a_certificate(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="--cert"):
        serve(BasePlan(data=tmp_path, host="0.0.0.0"))
    with pytest.raises(ConfigError, match="no such file"):
        serve(BasePlan(data=tmp_path, host="0.0.0.0", certificate=tmp_path / "none", key=tmp_path / "none"))


def test_tls_with_a_given_certificate(tmp_path: Path, log: Path) -> None:
    """Trusted by its file, and by nobody who was not given it."""
    if shutil.which("openssl") is None:
        pytest.skip("needs openssl")
    key, certificate = tmp_path / "key.pem", tmp_path / "cert.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-subj", "/CN=base", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate],
        check=True, capture_output=True,
    )  # fmt: skip
    token = add_token(tmp_path / "base" / "tokens", "rover")
    opened = open_store(tmp_path / "base", None)
    with base_in_a_thread(tmp_path / "base", opened, ssl_keyfile=str(key), ssl_certfile=str(certificate)) as port:
        url = f"https://127.0.0.1:{port}"
        with BaseClient(url, token=token) as stranger, pytest.raises(RefusedError, match="not trusted"):
            stranger.revision("a")
        with BaseClient(url, token=token, ca_file=certificate) as client, Outbox.open(log) as outbox:
            Uploader(log, outbox, client, stop=lambda: False).run_once()
    assert_arrived(log, tmp_path / "base", opened)
    opened.close()


def test_a_row_is_told_the_same_way_every_time() -> None:
    assert row_content({"b": b"\0\xff", "a": "ü", "n": None, "x": 0.1}) == (
        '{"a": "ü", "b": {"base64": "AP8="}, "n": null, "x": 0.1}'
    )
