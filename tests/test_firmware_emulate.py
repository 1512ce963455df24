"""The network and the firmware on emulated boards."""

from pathlib import Path

import pytest
from firmware_tools import need

from edge.bundle import read_bundle
from edge.serial_classifier import SerialBoard, SerialClassifier
from edge.serial_protocol import Counter
from firmware_export.board import find_board
from firmware_export.build import build
from firmware_export.emulate import NODE_FOLDER_VARIABLE, measure, node_folder, serving
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


def test_host_and_emulated_board_end_to_end(tmp_path: Path) -> None:
    """The firmware in QEMU, its port a pseudo-terminal, the host's classifier at the other end."""
    need(*TOOLS["arm"])
    board, bundle = find_board("stm32f405"), read_bundle(TINY)
    image = build(board, load_board_model(TINY, cpu=board.cpu, golden_count=2), tmp_path, in_emulator=True)
    with serving(image) as port:
        assert "all 2 golden tiles exactly; no cycle counter: an emulator" in self_test(port, image)
        with SerialBoard.open(port) as held:
            assert held.hello.board == "stm32f405"
            assert held.hello.counter == Counter.NONE, "an emulator's cycles mean nothing"
            classifier = SerialClassifier(bundle, held)
            assert classifier.score_tiles(bundle.golden.tiles[4:6]).tolist() == bundle.golden.outputs[4:6].tolist()


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
