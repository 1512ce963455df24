"""The network and the firmware on emulated boards."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from firmware_tools import AtBytes, faulty_line, need

from edge import classifiers, cli
from edge.bundle import read_bundle
from edge.classifier import TiledClassifier
from edge.log.find_record import FindRecord
from edge.log.reader import read_log
from edge.serial_classifier import SerialBoard, SerialClassifier
from edge.serial_protocol import Counter, Kind, Packet, to_frame
from firmware_export.board import board_names, find_board
from firmware_export.build import build
from firmware_export.emulate import (
    NODE_FOLDER_VARIABLE,
    Measurement,
    emulator_command,
    measure,
    node_folder,
    serving,
)
from firmware_export.errors import BoardError
from firmware_export.flash import self_test
from firmware_export.golden import load_board_model

TINY = Path(__file__).parent / "golden" / "tiny_bundle"
TOOLS = {
    "arm": ("arm-none-eabi-gcc", "qemu-system-arm", "gcc"),
    "riscv": ("riscv64-unknown-elf-gcc", "qemu-system-riscv32", "gcc"),
}


def need_rp2040js() -> None:
    need("arm-none-eabi-gcc", "node")
    if not (node_folder() / "node_modules" / "rp2040js").is_dir():
        pytest.skip("needs rp2040js: make firmware-tools")


@pytest.mark.parametrize("name", ["stm32f405", "mps2-an505", "mps3-an547", "riscv-virt"])
def test_an_emulated_processor_gives_the_golden_score(name: str, tmp_path: Path) -> None:
    need(*TOOLS["riscv" if name == "riscv-virt" else "arm"])
    board = find_board(name)
    model = load_board_model(TINY, cpu=board.cpu, golden_count=1)
    measured = measure(board, model, tmp_path)
    assert measured.exact
    # Nothing executes a multiply-accumulate in less than an eighth of an instruction, and two runs differ by one.
    assert model.made.graph.macs / 8 < measured.instructions < 100 * model.made.graph.macs
    assert 64 <= measured.stack_bytes < 2048
    assert measured.ram_bytes >= measured.arena_bytes + measured.stack_bytes


def test_counts_repeat_exactly(tmp_path: Path) -> None:
    need(*TOOLS["arm"])
    board = find_board("mps2-an386")
    model = load_board_model(TINY, cpu=board.cpu, golden_count=1)
    first, second = (measure(board, model, tmp_path / name) for name in ("a", "b"))
    assert first == second


def test_the_rp2040_starts_by_its_boot2_and_gives_the_golden_score(tmp_path: Path) -> None:
    need_rp2040js()
    board = find_board("rp2040")
    measured = measure(board, load_board_model(TINY, cpu=board.cpu, golden_count=1), tmp_path)
    assert measured.exact


def test_an_rp2040_image_with_a_damaged_boot2_does_not_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    need_rp2040js()
    board = find_board("rp2040")
    monkeypatch.setattr("firmware_export.build.seal_boot2", lambda image: image)
    with pytest.raises(BoardError, match="CRC of boot2 is wrong"):
        measure(board, load_board_model(TINY, cpu=board.cpu, golden_count=1), tmp_path)


@pytest.mark.parametrize("name", ["stm32f405", "nucleo-f446re"])
def test_host_and_emulated_board_end_to_end(name: str, tmp_path: Path) -> None:
    """The firmware in QEMU, its port a pseudo-terminal, the host's classifier at the other end."""
    need(*TOOLS["arm"])
    board, bundle = find_board(name), read_bundle(TINY)
    image = build(board, load_board_model(TINY, cpu=board.cpu, golden_count=2), tmp_path, in_emulator=True)
    with serving(image) as served:
        port = served.port
        assert "all 2 golden tiles exactly; no cycle counter: an emulator" in self_test(port, board, image.model_sha256)
        assert cli.main(["firmware", "check", str(TINY), "--board", name, "--port", port]) == 0
        assert cli.main(["firmware", "check", "--board", name, "--port", port]) == 1, "what ships is another network"
        with SerialBoard.open(port) as held:
            assert held.hello.board == name
            assert held.hello.counter == Counter.NONE, "an emulator's cycles mean nothing"
            classifier = SerialClassifier(bundle, held)
            assert classifier.score_tiles(bundle.golden.tiles[4:6]).tolist() == bundle.golden.outputs[4:6].tolist()


def finds_of(log: Path) -> list[FindRecord]:
    with read_log(log) as reader:
        (run,) = reader.runs()
        return [logged.find for logged in reader.finds(run.id)]


def test_the_run_verb_on_the_emulated_board(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`hairline run PHOTO --classifier serial:PORT` on a line that loses and damages bytes: the finds of TFLite's
    reference kernels, tile by tile, and every fault costs one request more."""
    need(*TOOLS["arm"])
    board, bundle = find_board("stm32f405"), read_bundle(TINY)
    tiles = bundle.golden.tiles
    photo = tmp_path / "photo.png"
    assert cv2.imwrite(str(photo), np.vstack([np.hstack([tiles[10], tiles[4]]), np.hstack([tiles[7], tiles[3]])]))
    run = ["run", str(photo), "--bundle", str(TINY), "--threshold", "0.5"]

    reference = TiledClassifier(bundle.manifest.classifier, bundle.model, reference=True, batch=1)
    with monkeypatch.context() as patched:
        patched.setattr(classifiers, "load_classifier", lambda *_, **__: (bundle, reference))
        assert cli.main([*run, "--log", str(tmp_path / "reference")]) == 0
    expected = finds_of(tmp_path / "reference")
    assert len(expected) > 0

    image = build(board, load_board_model(TINY, cpu=board.cpu, golden_count=1), tmp_path, in_emulator=True)
    # A frame with a zero before and after it; a request's length depends on its pixels by a byte in 254.
    tile = len(to_frame(Packet(kind=Kind.TILE, sequence=0, model=0, body=bytes(64 * 64 * 3)))) + 1
    hello_answer, tile_answer = 103, 20
    to_board = AtBytes({6 * tile: lambda _: b"", 8 * tile + 99: lambda byte: bytes([byte[0] ^ 4])})
    to_host = AtBytes({hello_answer + 11 * tile_answer + 9: lambda byte: bytes([byte[0] ^ 0x20])})
    with faulty_line(emulator_command(image), to_board, to_host) as port:
        done = subprocess.run(
            [
                Path(sys.executable).with_name("hairline"),
                *run,
                "--log",
                tmp_path / "log",
                "--classifier",
                f"serial:{port}",
            ],
            capture_output=True,
            text=True,
            timeout=240,
        )
    assert done.returncode == 0, done.stderr
    assert finds_of(tmp_path / "log") == expected
    checked, windows, faults = 4, 9, 3
    assert sum(length > 1000 for length in to_board.frame_lengths) == checked + windows + faults


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGHUP])
def test_serving_takes_its_emulator_along(how: signal.Signals) -> None:
    """Ended as by a service's manager or a closed terminal, it leaves no process behind."""
    need(*TOOLS["arm"])
    words = ["firmware", "emulate", str(TINY), "--board", "mps2-an386", "--golden", "1", "--serve"]
    serving = subprocess.Popen([Path(sys.executable).with_name("hairline"), *words], stdout=subprocess.PIPE, text=True)
    assert serving.stdout is not None
    with serving.stdout:
        assert "serial:/dev/" in serving.stdout.readline()
        children = Path(f"/proc/{serving.pid}/task/{serving.pid}/children").read_text().split()
        assert len(children) == 1, "the emulator"
        serving.send_signal(how)
        assert serving.wait(60) == 0
    assert not any(Path(f"/proc/{child}").exists() for child in children)


def test_an_emulator_that_ends_by_itself_is_noticed() -> None:
    need(*TOOLS["arm"])
    words = ["firmware", "emulate", str(TINY), "--board", "mps2-an386", "--golden", "1", "--serve"]
    serving = subprocess.Popen(
        [Path(sys.executable).with_name("hairline"), *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert serving.stdout is not None
    assert "serial:/dev/" in serving.stdout.readline()
    (child,) = Path(f"/proc/{serving.pid}/task/{serving.pid}/children").read_text().split()
    os.kill(int(child), signal.SIGKILL)
    _, said = serving.communicate(timeout=60)
    assert serving.returncode == 1
    assert "ended by itself" in said


class TestTheTable:
    """bench_firmware.py, on which `make firmware` ends."""

    @pytest.fixture
    def bench(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
        (tmp_path / "models").mkdir()
        monkeypatch.syspath_prepend(Path(__file__).parent / "benchmarks")
        import bench_firmware

        words = ["--models", tmp_path / "models", "--bundle", TINY, "--board", "mps2-an386"]
        monkeypatch.setattr(
            sys, "argv", ["bench_firmware.py", *map(str, words), "--json", str(tmp_path / "figures.json")]
        )
        return bench_firmware

    def test_a_missing_emulator_fails_by_name(self, bench, tmp_path, monkeypatch, capsys) -> None:
        monkeypatch.setenv("PATH", str(tmp_path))
        assert bench.main() == 1
        said = capsys.readouterr().err
        assert "bundle on mps2-an386" in said
        assert "not installed: sudo apt-get install" in said

    def test_a_wrong_score_fails_by_name(self, bench, tmp_path, monkeypatch, capsys) -> None:
        wrong = Measurement(instructions=1, exact=False, flash_bytes=1, arena_bytes=1, static_bytes=1, stack_bytes=1)
        monkeypatch.setattr(bench, "measure", lambda *_: wrong)
        assert bench.main() == 1
        said = capsys.readouterr()
        assert "NO" in said.out
        assert "bundle on Cortex-M4: the scores must be exact" in said.err
        assert not (tmp_path / "figures.json").exists()

    def test_make_firmware_runs_every_emulator(self, bench) -> None:
        """In the table, or for itself."""
        makefile = (Path(__file__).parents[1] / "Makefile").read_text()
        (beside,) = re.findall(r"^EMULATED_BESIDE := (.*)$", makefile, re.M)
        emulated = {name for name in board_names() if find_board(name).emulator is not None}
        assert {*beside.split(), *bench.PROCESSORS} == emulated

    def test_exact_scores_pass(self, bench, tmp_path, monkeypatch) -> None:
        right = Measurement(instructions=1, exact=True, flash_bytes=1, arena_bytes=1, static_bytes=1, stack_bytes=1)
        monkeypatch.setattr(bench, "measure", lambda *_: right)
        assert bench.main() == 0
        assert (tmp_path / "figures.json").is_file()


def test_a_board_without_an_emulator_says_so(tmp_path: Path) -> None:
    board = find_board("nrf52840")
    with pytest.raises(BoardError, match="has no emulator"):
        measure(board, load_board_model(TINY, cpu=board.cpu, golden_count=1), tmp_path)


def test_a_missing_rp2040js_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    need("arm-none-eabi-gcc")
    monkeypatch.setenv(NODE_FOLDER_VARIABLE, str(tmp_path / "nothing"))
    board = find_board("rp2040")
    with pytest.raises(BoardError, match="emulate --install"):
        measure(board, load_board_model(TINY, cpu=board.cpu, golden_count=1), tmp_path)
