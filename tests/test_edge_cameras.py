"""Pictures, folders and videos as sources of frames; whole, damaged and cut."""

import re
import struct
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edge.cameras import Camera, open_source
from edge.cameras.container import Ending, ending
from edge.cameras.images import natural_key
from edge.clock import ManualClock
from edge.errors import SourceError
from edge.frame import Frame, Unreadable

FRAME_WH = (160, 120)
FRAMES = 24
BITS = 5


def open_(source: Path | str) -> Camera:
    return open_source(str(source), clock=ManualClock())


def numbered(number: int) -> np.ndarray:
    """A frame (120, 160, 3) that tells its number in every row: columns are its bits."""
    w, h = FRAME_WH
    bits = [(number >> i) & 1 for i in range(BITS)]
    columns = np.repeat(np.where(bits, 215, 40), w // BITS)
    rows = np.linspace(-20, 20, h)[:, None]
    return np.repeat((columns[None, :] + rows)[:, :, None], 3, axis=2).round().astype(np.uint8)


def is_undamaged(pixels: np.ndarray, number: int) -> bool:
    """No 8 x 8 block is far off what was filmed; a block that was lost and painted over is."""
    off = np.abs(pixels.astype(int) - numbered(number)).mean(axis=2)
    blocks = off.reshape(FRAME_WH[1] // 8, 8, FRAME_WH[0] // 8, 8).mean(axis=(1, 3))
    return bool(blocks.max() < 12)


def film(path: Path, codec: str, frames: int = FRAMES) -> Path:
    writer = cv2.VideoWriter(str(path), cv2.CAP_FFMPEG, cv2.VideoWriter_fourcc(*codec), 10, FRAME_WH)
    assert writer.isOpened()
    for number in range(frames):
        writer.write(numbered(number))
    writer.release()
    return path


def fast_start(path: Path, target: Path) -> Path:
    """Moves an MP4's index to its front, as cameras that stream do, so that a cut file still opens."""
    content = path.read_bytes()
    boxes, at = {}, 0
    while at < len(content):
        length = int.from_bytes(content[at : at + 4], "big")
        boxes[content[at + 4 : at + 8]] = content[at : at + length]
        at += length
    moov = bytearray(boxes[b"moov"])
    for found in re.finditer(b"stco", boxes[b"moov"]):
        count = int.from_bytes(moov[found.end() + 4 : found.end() + 8], "big")
        for i in range(count):
            place = slice(found.end() + 8 + 4 * i, found.end() + 12 + 4 * i)
            moov[place] = struct.pack(">I", int.from_bytes(moov[place], "big") + len(moov))
    rest = b"".join(box for name, box in boxes.items() if name not in (b"ftyp", b"moov"))
    target.write_bytes(boxes[b"ftyp"] + bytes(moov) + rest)
    return target


@pytest.fixture(scope="module")
def videos(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("videos")
    found = {
        f"{codec}{suffix}": film(folder / f"{codec}{suffix}", codec)
        for codec, suffix in (
            ("MJPG", ".avi"),
            ("XVID", ".avi"),
            ("mp4v", ".mp4"),
            ("MJPG", ".mkv"),
            ("mp4v", ".mkv"),
            ("VP80", ".webm"),
        )
    }
    return found | {"fast.mp4": fast_start(found["mp4v.mp4"], folder / "fast.mp4")}


ALL = ["MJPG.avi", "XVID.avi", "mp4v.mp4", "fast.mp4", "MJPG.mkv", "mp4v.mkv", "VP80.webm"]


@pytest.mark.parametrize("name", ALL)
def test_a_whole_video_gives_every_frame(videos: dict[str, Path], name: str) -> None:
    with open_(videos[name]) as camera:
        assert camera.frame_count == FRAMES
        frames = list(camera.frames())
    assert all(isinstance(f, Frame) and is_undamaged(f.pixels, f.seq) for f in frames)
    assert [f.seq for f in frames] == list(range(FRAMES))
    assert frames[12].name == f"{videos[name].name}#000012"
    assert all(f.pixels.flags.c_contiguous and f.pixels.flags.owndata for f in frames)  # type: ignore[union-attr]


@pytest.mark.parametrize("name", [name for name in ALL if name != "mp4v.mp4"])
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(share=st.floats(0.02, 0.9999))
def test_no_frame_of_a_cut_video_is_damaged(videos: dict[str, Path], name: str, share: float, tmp_path: Path) -> None:
    whole = videos[name].read_bytes()
    cut = tmp_path / f"cut_{name}"
    cut.write_bytes(whole[: min(int(len(whole) * share), len(whole) - 1)])
    try:
        camera = open_(cut)
    except SourceError as error:
        if "cannot be opened as a video" not in str(error):
            raise
        return
    good, bad, complaint = consume(camera)
    assert all(is_undamaged(frame.pixels, frame.seq) for frame in good)
    assert [item.seq for item in [*good, *bad]] == list(range(len(good) + len(bad)))
    assert complaint is not None
    assert re.search(rf"ended after {len(good) + len(bad)}( of \d+)? frames", complaint)
    assert len(bad) <= 5


def consume(camera: Camera) -> tuple[list[Frame], list[Unreadable], str | None]:
    good: list[Frame] = []
    bad: list[Unreadable] = []
    try:
        with camera:
            for item in camera.frames():
                if isinstance(item, Frame):
                    assert not bad, "a good frame after a suspect one"
                    good.append(item)
                else:
                    bad.append(item)
    except SourceError as error:
        return good, bad, str(error)
    return good, bad, None


def test_a_cut_that_leaves_the_number_of_frames_as_announced_is_noticed(
    videos: dict[str, Path], tmp_path: Path
) -> None:
    """The case that counting alone lets through: FFmpeg delivers all 24 frames, the last one mostly grey."""
    whole = videos["MJPG.avi"].read_bytes()
    last = whole.rindex(b"00dc", 0, whole.rindex(b"idx1"))
    length = int.from_bytes(whole[last + 4 : last + 8], "little")
    cut = tmp_path / "cut.avi"
    cut.write_bytes(whole[: last + 8 + length * 6 // 10])
    capture = cv2.VideoCapture(str(cut), cv2.CAP_FFMPEG)
    delivered = [pixels for ok, pixels in (capture.read() for _ in range(FRAMES)) if ok]
    assert len(delivered) == FRAMES
    assert not is_undamaged(delivered[-1], FRAMES - 1)
    good, bad, complaint = consume(open_(cut))
    assert (len(good), len(bad)) == (FRAMES - 1, 1)
    assert complaint is not None
    assert f"ended after {FRAMES} of {FRAMES} frames" in complaint


def test_a_stream_without_sizes_ends_in_doubt_not_in_error(videos: dict[str, Path], tmp_path: Path) -> None:
    """Matroska written to a pipe states no size: the last frame alone is in doubt."""
    content = bytearray(videos["MJPG.mkv"].read_bytes())
    segment = content.index(b"\x18\x53\x80\x67") + 4
    assert content[segment] == 0x01
    content[segment : segment + 8] = b"\x01" + 7 * b"\xff"
    live = tmp_path / "live.mkv"
    live.write_bytes(content)
    assert ending(live) is Ending.UNKNOWN
    good, bad, complaint = consume(open_(live))
    assert (len(good), len(bad), complaint) == (FRAMES - 1, 1, None)
    assert "does not tell" in bad[0].reason


@pytest.mark.parametrize("name", ALL)
def test_the_container_knows_its_end(videos: dict[str, Path], name: str, tmp_path: Path) -> None:
    assert ending(videos[name]) is Ending.WHOLE
    content = videos[name].read_bytes()
    for length in (*range(12, len(content), len(content) // 50), len(content) - 1):
        cut = tmp_path / name
        cut.write_bytes(content[:length])
        # Between two of its boxes an MP4 looks whole; there the count of frames decides.
        assert ending(cut) is Ending.CUT or (name.endswith("mp4") and length < 100)


@given(content=st.binary(max_size=200))
def test_any_bytes_have_some_end(content: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    path = tmp_path_factory.getbasetemp() / "any"
    for head in (b"", b"RIFF", b"\0\0\0\x10ftyp", b"\x1a\x45\xdf\xa3\x84"):
        path.write_bytes(head + content)
        assert ending(path) in Ending


@pytest.mark.parametrize("content", [b"", b"not a video at all", b"RIFF\x10\0\0\0AVI LIST"])
def test_what_is_no_video_is_an_error(tmp_path: Path, content: bytes, capfd: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "clip.avi"
    path.write_bytes(content)
    with pytest.raises(SourceError, match=r"clip\.avi: cannot be opened as a video.*a source is"):
        open_(path)
    assert capfd.readouterr().err == ""


def test_a_percent_sign_in_a_name_is_no_row_of_pictures(tmp_path: Path) -> None:
    for i in range(3):
        cv2.imwrite(str(tmp_path / f"shot{i}.jpg"), numbered(i))
    with pytest.raises(SourceError, match="does not exist"):
        open_(tmp_path / "shot%d.jpg")


@pytest.fixture
def put(tmp_path: Path) -> Callable[[str, int], Path]:
    def write(name: str, number: int) -> Path:
        path = tmp_path / name
        assert cv2.imwrite(str(path), numbered(number))
        return path

    return write


def test_a_single_picture(put: Callable[[str, int], Path]) -> None:
    with open_(put("wall.PNG", 7)) as camera:
        assert camera.frame_count == 1
        (frame,) = camera.frames()
    assert isinstance(frame, Frame)
    assert np.array_equal(frame.pixels, numbered(7))
    assert (frame.seq, frame.name) == (0, "wall.PNG")


def test_a_single_damaged_picture_is_an_error(put: Callable[[str, int], Path]) -> None:
    path = put("a.png", 1)
    path.write_bytes(path.read_bytes()[:-40])
    with open_(path) as camera, pytest.raises(SourceError, match=r"a\.png"):
        list(camera.frames())


def test_a_folder_in_natural_order_without_what_is_hidden_or_no_picture(
    put: Callable[[str, int], Path], tmp_path: Path
) -> None:
    for name, number in (
        ("img10.jpg", 2),
        ("img2.JPG", 1),
        ("b.png", 0),
        ("img010.bmp", 3),
        (".hidden.png", 9),
    ):
        put(name, number)
    (tmp_path / "notes.txt").write_text("no picture")
    (tmp_path / "folder.png").mkdir()
    with open_(tmp_path) as camera:
        assert camera.frame_count == 4
        names = [item.name for item in camera.frames()]
    assert names == ["b.png", "img2.JPG", "img010.bmp", "img10.jpg"]


def test_what_is_not_looked_at_in_a_folder_is_counted(
    put: Callable[[str, int], Path], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    put("a.png", 0)
    (tmp_path / ".hidden").write_bytes(b"")
    open_(tmp_path).close()
    assert caplog.messages == []
    for name in ("b.heic", "c.dng"):
        (tmp_path / name).write_bytes(b"")
    (tmp_path / "north.png").mkdir()
    open_(tmp_path).close()
    assert caplog.messages == [f"2 other files and 1 folders in {tmp_path} are not looked at"]


def test_a_damaged_picture_in_a_folder_does_not_end_the_run(put: Callable[[str, int], Path], tmp_path: Path) -> None:
    for number in range(4):
        put(f"{number}.png", number)
    (tmp_path / "1.png").write_bytes((tmp_path / "1.png").read_bytes()[:-40])
    (tmp_path / "2.png").unlink()
    (tmp_path / "2.png").symlink_to(tmp_path / "gone.png")
    with open_(tmp_path) as camera:
        items = list(camera.frames())
    assert [type(item) for item in items] == [Frame, Unreadable, Unreadable, Frame]
    assert [item.seq for item in items] == [0, 1, 2, 3]
    assert [item.reason for item in items if isinstance(item, Unreadable)] == [
        items[1].reason,  # type: ignore[union-attr]
        "cannot be read: No such file or directory",
    ]
    assert str(tmp_path) not in items[1].reason  # type: ignore[union-attr]


def test_a_folder_without_pictures_names_itself_and_what_it_looked_for(tmp_path: Path) -> None:
    (tmp_path / "clip.avi").write_bytes(b"")
    with pytest.raises(SourceError, match=rf"{tmp_path}.*\.jpg \.jpeg \.png \.bmp \.tif \.tiff \.webp"):
        open_(tmp_path)


@pytest.mark.parametrize("source", ["", "nothing/here", "walls", "picamera2", "wall2", "a\0b", "x" * 5000])
def test_what_is_no_source_says_what_one_may_be(source: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SourceError, match=r"a source is a picture, a folder of pictures, a video file, 'wall'"):
        open_(source)


@pytest.mark.parametrize("source", ["wall:", "wall:x", "wall:-1", "wall:1.5", "wall:²", "wall:" + "9" * 30])
def test_a_wall_takes_a_whole_number(source: str) -> None:
    with pytest.raises(SourceError, match=r"seed is a whole number"):
        open_(source)


def test_a_folder_called_wall_is_reached_by_its_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "wall").mkdir()
    cv2.imwrite(str(tmp_path / "wall" / "a.png"), numbered(3))
    monkeypatch.chdir(tmp_path)
    with open_("./wall") as camera:
        assert [item.name for item in camera.frames()] == ["a.png"]


@given(names=st.lists(st.text(st.sampled_from("ab01 29.é²"), max_size=8)))
def test_natural_order_is_total_and_numbers_count(names: list[str]) -> None:
    backwards = names[::-1]
    assert sorted(names, key=natural_key) == sorted(backwards, key=natural_key)


@given(low=st.integers(0, 10**12), more=st.integers(1, 10**12))
def test_smaller_numbers_come_first(low: int, more: int) -> None:
    assert natural_key(f"IMG_{low}.jpg") < natural_key(f"img_{low + more}.jpg")
