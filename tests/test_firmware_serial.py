"""Host and firmware over a serial line that fails: the real C, compiled for this computer under sanitizers."""

import os
import shutil
import subprocess
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from firmware_tools import SANITIZED, Fault, faulty_line, host_firmware, need, sound

from edge import serial_link
from edge.bundle import Bundle, read_bundle
from edge.classifiers import open_classifier
from edge.errors import SerialError
from edge.serial_classifier import SerialBoard, SerialClassifier
from edge.serial_link import SerialLink, SerialPort
from edge.serial_protocol import DELIMITER, Kind, Packet, to_frame
from firmware_export.board import firmware_folder
from firmware_export.golden import BoardModel, load_board_model
from firmware_export.protocol import HEADER_NAME, protocol_header

HERE = Path(__file__).parent
TINY = HERE / "golden" / "tiny_bundle"


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    return read_bundle(TINY)


@pytest.fixture(scope="module")
def model() -> BoardModel:
    return load_board_model(TINY, cpu="generic", golden_count=2)


@pytest.fixture(scope="module")
def firmware(model: BoardModel, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return host_firmware(model, tmp_path_factory.mktemp("firmware"))


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """A line that swallows a whole answer costs a time-out; a minute of patience is for slow boards."""
    monkeypatch.setattr("edge.serial_classifier.FIRST_TILE_S", 10.0)


class Once:
    """Does something to the `nth` byte that passes, and nothing to any other."""

    def __init__(self, nth: int, change: Fault) -> None:
        self._left, self._change = nth, change

    def __call__(self, data: bytes) -> bytes:
        at, self._left = self._left, self._left - len(data)
        if 0 <= at < len(data):
            return data[:at] + self._change(data[at : at + 1]) + data[at + 1 :]
        return data


FAULTS: dict[str, Fault] = {
    "dropped": lambda byte: b"",
    "flipped": lambda byte: bytes([byte[0] ^ 0x10]),
    "zeroed": lambda byte: b"\0",
    "inserted": lambda byte: byte + b"\x55",
    "zero inserted": lambda byte: byte + b"\0",
    "doubled": lambda byte: byte * 2,
    "burst": lambda byte: byte + os.urandom(200),
    "flood": lambda byte: byte + b"\x55" * 20_000,
}
GO_ON = {"burst", "flood"}  # so much noise may meet the second attempt, too


def test_scores_are_the_golden_ones_and_the_board_says_what_it_is(firmware: Path, bundle: Bundle) -> None:
    with faulty_line([firmware]) as port, SerialBoard.open(port) as board:
        assert board.hello.board == "host"
        assert board.hello.model_sha256.hex() == bundle.manifest.files[bundle.manifest.classifier.file]
        for index in range(2):
            result, exact = board.self_test(index)
            assert exact
            assert result.index == index
            assert np.frombuffer(result.scores, np.int8)[0] == bundle.golden.outputs[index]
        classifier = SerialClassifier(bundle, board)
        assert classifier.score_tiles(bundle.golden.tiles).tolist() == bundle.golden.outputs.tolist()
        assert board.retries == 0


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("direction", ["to the board", "to the host"])
def test_a_fault_costs_a_retry_and_never_a_wrong_score(
    fault: str, direction: str, firmware: Path, bundle: Bundle
) -> None:
    """The fault falls into the second tile's request, or into its answer."""
    expected = bundle.golden.outputs
    frame = len(to_frame(Packet(kind=Kind.TILE, sequence=0, model=0, body=bytes(64 * 64 * 3)))) + 1
    hello = len(to_frame(Packet(kind=Kind.HELLO, sequence=0, model=0))) + 1
    if direction == "to the board":
        faults = {"to_board": Once(hello + frame + frame // 3, FAULTS[fault])}
    else:
        answer = 1 + 84 + 16 + 1 + 1 + 1 + 12 + 1 + 4 + 1 + 1  # HELLO's frame, the first tile's, their zeros
        faults = {"to_host": Once(answer + 9, FAULTS[fault])}
    with faulty_line([firmware], **faults) as port, SerialBoard.open(port) as board:
        classifier = SerialClassifier(bundle, board)
        assert classifier.score_tiles(bundle.golden.tiles[:3]).tolist() == expected[:3].tolist()
        assert board.retries == 1 or (fault in GO_ON and board.retries == 2)


def test_a_line_of_steady_noise_never_gives_a_wrong_score(firmware: Path, bundle: Bundle) -> None:
    """A byte in some 20,000 is changed, both ways: most requests need asking again, none may be believed wrongly."""
    rng = np.random.default_rng(5)

    def noisy(data: bytes) -> bytes:
        values = np.frombuffer(data, np.uint8).copy()
        hit = rng.random(len(values)) < 5e-5
        values[hit] ^= rng.integers(1, 256, int(hit.sum()), np.uint8)
        return values.tobytes()

    with faulty_line([firmware], noisy, noisy) as port, SerialBoard.open(port) as board:
        tiles = np.concatenate([bundle.golden.tiles] * 2)
        got = SerialClassifier(bundle, board).score_tiles(tiles)
        assert got.tolist() == bundle.golden.outputs.tolist() * 2
        assert board.retries > 0


def test_a_request_that_never_arrives_is_sent_a_bounded_number_of_times(firmware: Path, bundle: Bundle) -> None:
    """Every tile is damaged on its way: as many attempts as are promised, and no score."""

    def damaged(data: bytes) -> bytes:
        sent.extend(data)
        return data.replace(b"\x2a", b"\x2b") if len(data) > 100 else data

    sent = bytearray()
    tile = np.full(bundle.golden.tiles.shape[1:], 0x2A, np.int8)
    with faulty_line([firmware], damaged) as port, SerialBoard.open(port) as board:
        with pytest.raises(SerialError, match=f"after {serial_link.ATTEMPTS} attempts"):
            board.score(tile)
        assert board.retries == serial_link.ATTEMPTS - 1
    assert sum(len(frame) > 1000 for frame in bytes(sent).split(b"\0")) == serial_link.ATTEMPTS


def test_a_board_that_only_babbles_is_refused_in_bounded_time(firmware: Path) -> None:
    with faulty_line([firmware], sound, lambda data: os.urandom(3000)) as port:
        begun = time.monotonic()
        with pytest.raises(SerialError, match="6 attempts"):
            SerialBoard.open(port)
        assert time.monotonic() - begun < 60


def test_a_silent_line_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("edge.serial_classifier.HELLO_S", 0.05)
    with faulty_line(["sleep", "60"]) as port, pytest.raises(SerialError, match="powered"):
        SerialBoard.open(port)


def test_a_stalled_line_is_taken_up_again(firmware: Path, bundle: Bundle, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything to the board stops for longer than a tile is given, then goes on."""
    monkeypatch.setattr("edge.serial_classifier.FIRST_TILE_S", 1.0)
    stalled = threading.Event()

    def stall(data: bytes) -> bytes:
        if len(data) > 1000 and not stalled.is_set():
            stalled.set()
            time.sleep(2)
        return data

    with faulty_line([firmware], stall) as port, SerialBoard.open(port) as board:
        got = SerialClassifier(bundle, board).score_tiles(bundle.golden.tiles[:4])
        assert got.tolist() == bundle.golden.outputs[:4].tolist()
        assert stalled.is_set()
        assert board.retries >= 1


def test_a_line_that_breaks_says_so(firmware: Path, bundle: Bundle) -> None:
    with pytest.raises(SerialError):  # noqa: SIM117  (the line's own end comes after)
        with faulty_line(["sleep", "0"]) as port:
            SerialBoard.open(port)


def test_no_such_port() -> None:
    with pytest.raises(SerialError, match="/dev/no-such-port"):
        SerialBoard.open("/dev/no-such-port")
    for rate in ("0", "fast", "99999999999"):
        with pytest.raises(SerialError, match="PORT@BAUD"):
            SerialBoard.open(f"/dev/null@{rate}")


def test_a_board_with_another_network_is_refused(firmware: Path) -> None:
    other = read_bundle(HERE.parent / "edge" / "default_bundle")
    with (
        faulty_line([firmware]) as port,
        SerialBoard.open(port) as board,
        pytest.raises(SerialError, match="must hold the network of"),
    ):
        SerialClassifier(other, board)


def test_requests_that_the_firmware_must_refuse(firmware: Path) -> None:
    """Straight to the link: what a host of another version or with another network in mind would send."""
    with faulty_line([firmware]) as port:
        link = SerialLink(SerialPort(port, 921_600), baud=921_600)
        hello = link.ask(Kind.HELLO, answer_s=5)
        for kind, body, model, words in (
            (Kind.TILE, b"short", hello.model, "status 3"),
            (Kind.SELF_TEST, b"\x63\0\0\0", hello.model, "status 3"),
            (Kind.TILE, bytes(64 * 64 * 3), hello.model ^ 1, "exchanged"),
            (9, b"", hello.model, "status 4"),
        ):
            with pytest.raises(SerialError, match=words):
                link.ask(kind, body, model=model, answer_s=5)
        assert link.retries == 0
        link.close()


def test_another_version_of_the_protocol(firmware: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with faulty_line([firmware]) as port:
        port_held = SerialPort(port, 921_600)
        newer = Packet(kind=Kind.HELLO, version=2, sequence=1, model=0)
        port_held.write(DELIMITER + to_frame(newer), 5)
        answer = b""
        while answer.count(0) < 2:
            answer += port_held.read(5)
        packet = serial_link.from_frame(answer.split(DELIMITER)[1])
        assert packet.status == 1
        with pytest.raises(SerialError, match="same version"):
            serial_link._sound(packet)
        port_held.close()


def test_the_classifier_as_the_run_verb_opens_it(firmware: Path, bundle: Bundle) -> None:
    frame = np.random.default_rng(1).integers(0, 256, (100, 130, 3), np.uint8)
    with open_classifier("int8", TINY, threads=1) as (_, local):
        expected = local.score_map(frame)
    with faulty_line([firmware]) as port, open_classifier(f"serial:{port}", TINY, threads=1) as (_, remote):
        got = remote.score_map(frame)
        assert "host" in remote.runtime
    assert (got.xs.tolist(), got.ys.tolist()) == (expected.xs.tolist(), expected.ys.tolist())
    assert np.abs(got.q.astype(int) - expected.q).max() <= 1, "XNNPACK may be one step off the exact scores"


def test_the_firmwares_parser_under_sanitizers(tmp_path: Path) -> None:
    """libFuzzer where clang is installed, else our own mutations."""
    need("gcc")
    (tmp_path / HEADER_NAME).write_text(protocol_header())
    sources = [HERE / "fuzz_link.c", firmware_folder() / "link.c"]
    common = ["-g", "-O1", "-Wall", "-Wextra", "-Werror", f"-I{tmp_path}", f"-I{firmware_folder()}", *sources]
    program = tmp_path / "fuzz"
    if shutil.which("clang"):
        flags = ["-fsanitize=fuzzer,address,undefined", "-fno-sanitize-recover=all"]
        subprocess.run(["clang", *flags, *common, "-o", program], check=True)
        # The parser allocates nothing: what it asks for is limited, not what Linux charges the process with, which
        # begins at what the process that started it, all the tests so far, once held.
        limits = ["-rss_limit_mb=0", "-malloc_limit_mb=64"]
        command = [program, "-runs=60000", "-max_len=1600", "-seed=1", "-max_total_time=15", *limits]
    else:
        subprocess.run(["gcc", "-DOWN_DRIVER", *SANITIZED, *common, "-o", program], check=True)
        command = [program, "60000"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, timeout=60)
    assert done.returncode == 0, done.stderr[-2000:]
