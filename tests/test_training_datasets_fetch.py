"""Fetching, against a server on this machine that cuts, changes and refuses; and archives that mean harm."""

import io
import socket
import stat
import threading
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path, PurePosixPath

import pytest

from edge.errors import FetchError
from training.datasets import checksums
from training.datasets.download import download
from training.datasets.fetch import fetch
from training.datasets.sources import SOURCES, Source, source_of
from training.datasets.unpack import unpack

PAGE = "https://example.org/page"


@dataclass
class Served:
    """What the server holds and how it misbehaves; `asked` is the Range of each request."""

    body: bytes
    etag: str = '"one"'
    content_type: str = "application/zip"
    cut_after: int | None = None
    status: int | None = None
    ranges: bool = True
    asked: list[str | None] = field(default_factory=list)
    url: str = ""

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        asked = handler.headers["Range"]
        self.asked.append(asked)
        if self.status:
            handler.send_error(self.status)
            return
        start = 0
        if asked and self.ranges and handler.headers["If-Range"] == self.etag:
            start = int(asked.removeprefix("bytes=").removesuffix("-"))
        handler.send_response(206 if start else 200)
        if start:
            handler.send_header("Content-Range", f"bytes {start}-{len(self.body) - 1}/{len(self.body)}")
        handler.send_header("Content-Length", str(len(self.body) - start))
        handler.send_header("Content-Type", self.content_type)
        handler.send_header("ETag", self.etag)
        handler.end_headers()
        handler.wfile.write(self.body[start : self.cut_after])


@pytest.fixture
def served() -> Iterator[Served]:
    state = Served(body=bytes(range(256)) * 4000)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            state.answer(self)

        def log_message(self, *args: object) -> None:
            """Keeps the tests' output clean."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    state.url = f"http://127.0.0.1:{server.server_port}/set.zip"
    yield state
    server.shutdown()
    thread.join()
    server.server_close()


def quiet(there: int, total: int | None) -> None:
    """No progress is shown."""


def get(served: Served, target: Path) -> Path:
    return download(served.url, target, page=PAGE, progress=quiet, timeout_s=5)


def test_a_download_that_was_cut_goes_on_where_it_ended(served: Served, tmp_path: Path) -> None:
    target = tmp_path / "set.zip"
    served.cut_after = 300_000
    with pytest.raises(FetchError, match=r"broke off after 300000 of 1024000 bytes: run again"):
        get(served, target)
    assert not target.exists()
    served.cut_after = None
    seen: list[tuple[int, int | None]] = []
    download(served.url, target, page=PAGE, progress=lambda there, total: seen.append((there, total)), timeout_s=5)
    assert served.asked == [None, "bytes=300000-"]
    assert (seen[0], seen[-1]) == ((300_000, 1_024_000), (1_024_000, 1_024_000))
    assert target.read_bytes() == served.body
    assert [path.name for path in tmp_path.iterdir()] == ["set.zip"]


@pytest.mark.parametrize("change", [{"ranges": False}, {"etag": '"two"', "body": b"another file" * 50_000}])
def test_what_was_begun_is_dropped_where_it_cannot_go_on(
    served: Served, tmp_path: Path, change: dict[str, object]
) -> None:
    served.cut_after = 300_000
    with pytest.raises(FetchError):
        get(served, tmp_path / "set.zip")
    served.cut_after = None
    for name, value in change.items():
        setattr(served, name, value)
    assert get(served, tmp_path / "set.zip").read_bytes() == served.body


@pytest.mark.parametrize("status", [403, 404, 500])
def test_a_refusal_names_host_status_and_the_way_by_hand(served: Served, tmp_path: Path, status: int) -> None:
    served.status = status
    with pytest.raises(FetchError, match=rf"^127\.0\.0\.1:\d+ answered {status} .*{PAGE}.*--archive FILE$"):
        get(served, tmp_path / "set.zip")


def test_a_web_page_is_no_archive(served: Served, tmp_path: Path) -> None:
    served.content_type = "text/html; charset=utf-8"
    with pytest.raises(FetchError, match=r"sent a web page instead.*--archive"):
        get(served, tmp_path / "set.zip")


def test_no_network_is_one_line(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/set.zip"
    reason = r"^127\.0\.0\.1:\d+ cannot be reached .*check the network.*$"
    with pytest.raises(FetchError, match=reason) as raised:
        download(url, tmp_path / "set.zip", page=PAGE, progress=quiet)
    assert "\n" not in str(raised.value)


def test_a_folder_that_is_a_file_is_named(served: Served, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(FetchError, match=r"cannot be written .*file/set\.zip\.part"):
        get(served, tmp_path / "file/set.zip")


def test_only_http(tmp_path: Path) -> None:
    with pytest.raises(FetchError, match="http or https"):
        download("file:///etc/passwd", tmp_path / "x", page=PAGE, progress=quiet)


def zipped(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def of(dataset: str, url: str) -> Source:
    real = source_of(dataset)
    return Source(dataset=dataset, page=PAGE, url=url, licence=real.licence, place=real.place)


def test_a_set_is_placed_and_verified(served: Served, tmp_path: Path) -> None:
    served.body = zipped(
        {
            "Positive/00001.jpg": b"one",
            "Positive/00002.jpg": b"damaged",
            "Negative/00001.jpg": b"new",
            "__MACOSX/Positive/._00001.jpg": b"x",
            "readme.txt": b"x",
        }
    )
    (tmp_path / "metu/Negative").mkdir(parents=True)
    (tmp_path / "metu/Negative/00001.jpg").write_bytes(b"mine")
    hashes = {f"metu/Positive/0000{n}.jpg": sha256(data).hexdigest() for n, data in ((1, b"one"), (2, b"two"))}
    report = fetch(of("metu", served.url), tmp_path, progress=quiet, hashes=hashes)
    assert (report.placed, report.already_there) == (2, 1)
    assert (report.verified, report.not_verified, report.different) == (1, 1, ("metu/Positive/00002.jpg",))
    assert (tmp_path / "metu/Negative/00001.jpg").read_bytes() == b"mine"
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert sorted(path.relative_to(tmp_path).as_posix() for path in files) == [
        "metu/Negative/00001.jpg",
        "metu/Positive/00001.jpg",
        "metu/Positive/00002.jpg",
    ]


def test_the_archive_in_the_archive_of_sdnet_is_unpacked(tmp_path: Path) -> None:
    inner = zipped({"W/CW/7069-101.jpg": b"c", "D/UD/7001-1.jpg": b"u", "W/UW/Thumbs.db": b"x"})
    given = tmp_path / "given.zip"
    given.write_bytes(zipped({"DATA/SDNET2018.zip": inner, "DATA/ReadMe.txt": b"x"}))
    report = fetch(of("sdnet2018", "http://127.0.0.1:1/"), tmp_path / "data", progress=quiet, archive=given)
    assert report.placed == 2
    assert (tmp_path / "data/sdnet2018/W/cracked/7069-101.jpg").read_bytes() == b"c"
    assert (tmp_path / "data/sdnet2018/D/uncracked/7001-1.jpg").read_bytes() == b"u"
    assert given.is_file()
    # The real hash of this tile is known, and these are not its bytes.
    assert report.different == ("sdnet2018/W/cracked/7069-101.jpg",)


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("train_img/11111.jpg", "deepcrack/train/images/11111.jpg"),
        ("DeepCrack/test_lab/11111.png", "deepcrack/test/masks/11111.png"),
        ("train_edge/11111.png", None),
    ],
)
def test_where_deepcrack_goes(path: str, name: str | None) -> None:
    assert source_of("deepcrack").place(PurePosixPath(path)) == name


@pytest.mark.parametrize(
    "evil", ["../outside.jpg", "/tmp/outside.jpg", "Positive\\..\\..\\outside.jpg", "C:/outside.jpg"]
)
def test_an_archive_cannot_leave_its_folder(tmp_path: Path, evil: str) -> None:
    archive = tmp_path / "evil.zip"
    archive.write_bytes(zipped({"Positive/00001.jpg": b"x", evil: b"x"}))
    with pytest.raises(FetchError, match=r"only into its own folder.*evil\.zip"):
        unpack(archive, tmp_path / "into")
    assert list((tmp_path / "into").rglob("*")) == []


def test_an_archive_holds_no_links(tmp_path: Path) -> None:
    archive = tmp_path / "link.zip"
    link = zipfile.ZipInfo("Positive/00001.jpg")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(archive, "w") as opened:
        opened.writestr(link, "/etc/passwd")
    with pytest.raises(FetchError, match=r"holds no links.*link\.zip"):
        unpack(archive, tmp_path / "into")


@pytest.mark.parametrize(("content", "message"), [(b"<html>", "begins with"), (b"PK\x03\x04 cut", "damaged")])
def test_a_broken_archive_is_named(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "broken.zip").write_bytes(content)
    with pytest.raises(FetchError, match=rf"{message}.*broken\.zip"):
        unpack(tmp_path / "broken.zip", tmp_path / "into")


def test_a_damaged_member_is_named(tmp_path: Path) -> None:
    archive = tmp_path / "broken.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as opened:
        opened.writestr("1.jpg", bytes(1000))
    content = bytearray(archive.read_bytes())
    at = 30 + len("1.jpg")  # the compressed bytes follow the member's header of 30 bytes and its name
    content[at : at + 4] = b"\xff" * 4
    archive.write_bytes(content)
    with pytest.raises(FetchError, match=r"damaged.*broken\.zip"):
        unpack(archive, tmp_path / "into")


def test_an_archive_of_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "cats.zip").write_bytes(zipped({"cats/1.jpg": b"x"}))
    with pytest.raises(FetchError, match=r"nothing of metu.*cats\.zip"):
        fetch(
            of("metu", "http://127.0.0.1:1/"),
            tmp_path / "data",
            progress=quiet,
            archive=tmp_path / "cats.zip",
        )


def test_a_rar_without_its_program_names_the_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "set.rar").write_bytes(b"Rar!\x1a\x07\x01\x00")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(FetchError, match=r"sudo apt-get install libarchive-tools.*--archive .*set\.rar"):
        unpack(tmp_path / "set.rar", tmp_path / "into")


def program(folder: Path, script: str) -> None:
    """A stand-in for bsdtar, called as `bsdtar -tf ARCHIVE` and `bsdtar -xf ARCHIVE -C INTO`."""
    (folder / "bsdtar").write_text(f"#!/bin/sh\n{script}\n")
    (folder / "bsdtar").chmod(0o755)


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("echo ../outside.jpg", "only into its own folder"),
        ("echo 'unrecognised archive' >&2; exit 1", "bsdtar cannot unpack the archive .unrecognised archive"),
        ('[ "$1" = -xf ] && /bin/ln -s /etc/passwd "$4/link"; exit 0', "holds no links"),
    ],
)
def test_a_rar_is_no_more_trusted_than_a_zip(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, message: str
) -> None:
    (tmp_path / "set.rar").write_bytes(b"Rar!\x1a\x07\x01\x00")
    program(tmp_path, script)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(FetchError, match=message):
        unpack(tmp_path / "set.rar", tmp_path / "into")


def test_a_rar_is_unpacked_by_its_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "set.rar").write_bytes(b"Rar!\x1a\x07\x01\x00")
    program(tmp_path, 'if [ "$1" = -tf ]; then echo a.jpg; else echo picture > "$4/a.jpg"; fi')
    monkeypatch.setenv("PATH", str(tmp_path))
    unpack(tmp_path / "set.rar", tmp_path / "into")
    assert (tmp_path / "into/a.jpg").read_text() == "picture\n"


@pytest.mark.parametrize("dataset", ["elci", "concrete"])
def test_a_set_behind_a_login_says_where_to_get_and_put_it(tmp_path: Path, dataset: str) -> None:
    source = source_of(dataset)
    with pytest.raises(FetchError, match=rf"without a login: get it from {source.page} and unpack it to "):
        fetch(source, tmp_path, progress=quiet)


def test_what_cannot_be_fetched_is_said() -> None:
    with pytest.raises(FetchError, match="one of metu, sdnet2018, deepcrack, elci, concrete, not 'own'"):
        source_of("own")
    assert all(source.url is None or source.url.startswith("https://") for source in SOURCES)


def test_the_hashes_are_whole_and_small() -> None:
    counts = {dataset: len(checksums.known(dataset)) for dataset in checksums.SETS}
    assert counts == {"metu": 8000, "sdnet2018": 4000, "deepcrack": 537}
    assert all(len(value) == 64 and name.endswith(".jpg") for name, value in checksums.known("metu").items())
    assert sum(path.stat().st_size for path in checksums.HASHES.iterdir()) < 500_000
    assert checksums.known("own") == {}


def test_hashes_are_made_from_a_list(tmp_path: Path) -> None:
    one, two, three = "1" * 64, "2" * 64, "3" * 64
    sums = f"{one}  metu/Positive/00002.jpg\n{two}  metu/Negative/00001.jpg\n{three}  README.md\n"
    written = checksums.make(sums, tmp_path)
    first = [path.read_bytes() for path in written]
    assert [path.read_bytes() for path in checksums.make(sums, tmp_path)] == first
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(checksums, "HASHES", tmp_path)
        assert checksums.known("metu") == {
            "metu/Positive/00002.jpg": "1" * 64,
            "metu/Negative/00001.jpg": "2" * 64,
        }
