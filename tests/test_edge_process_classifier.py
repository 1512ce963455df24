"""A program in a process of its own as the classifier: programs in Python stand for the one that deepC makes."""

import os
import signal
import sys
import time
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.bundle import Bundle, read_bundle, write_bundle
from edge.classifiers import open_classifier
from edge.errors import BundleError, ProgramError, SourceError
from edge.process_classifier import ProcessClassifier
from edge.runtime import Network
from edge.tile_process import TileProcess

TINY = Path(__file__).parent / "golden" / "tiny_bundle"

# The score of a tile is its CRC-32, scaled: a number that any change of a pixel changes. No imports that take seconds.
HONEST = """
import struct, sys, time, zlib
out, side, sha = sys.stdout.buffer, 64, bytes.fromhex(sys.argv[1])
golden = [float(score) for score in sys.argv[2].split()]
"""
GREET = """
out.write(struct.pack("<8sHHHHH32s", b"hairline", 1, side, side, 3, len(golden), sha))
out.write(struct.pack(f"<{len(golden)}f", *golden))
out.flush()
"""
ANSWER = """
while len(request := sys.stdin.buffer.read(4 + side * side * 3)) == 4 + side * side * 3:
    score = zlib.crc32(request[4:]) / 2**32 * 30 - 15
    out.write(request[:4] + struct.pack("<f", score))
    out.flush()
"""


def real_score(tile: np.ndarray) -> float:
    return zlib.crc32(tile.tobytes()) / 2**32 * 30 - 15


def int8_score(tile: np.ndarray, bundle: Bundle) -> int:
    """The int8 nearest to the score, by looking at all 256."""
    output = bundle.manifest.classifier.output
    return min(range(-128, 128), key=lambda q: abs(output.scale * (q - output.zero_point) - real_score(tile)))


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """The tiny bundle with a float file, which a program says it was made of."""
    tiny = read_bundle(TINY)
    return write_bundle(
        tmp_path_factory.mktemp("bundle") / "tiny",
        tiny.manifest,
        model=tiny.model,
        golden=tiny.golden,
        card=(TINY / "MODEL_CARD.md").read_text(),
        float_files={"tiny.onnx": b"the network before it was quantised"},
    )


def start(bundle: Bundle, program: str, *, answer_s: float = 30.0) -> TileProcess:
    sha256 = next(iter(bundle.manifest.float_files.values()))
    golden = " ".join(str(real_score(tile)) for tile in bundle.golden.tiles)
    return TileProcess([sys.executable, "-S", "-c", program, sha256, golden], answer_s=answer_s)


@pytest.fixture(scope="module")
def process(bundle: Bundle):
    with start(bundle, HONEST + GREET + ANSWER) as running:
        yield running


@settings(max_examples=10, deadline=None)
@given(h=st.integers(64, 150), w=st.integers(64, 150), seed=st.integers(0, 1000))
def test_a_frame_gets_the_scores_of_its_windows(bundle, process, h, w, seed):
    frame = np.random.default_rng(seed).integers(0, 256, (h, w, 3), np.uint8)
    score_map = ProcessClassifier(bundle, process, name="stand-in").score_map(frame)
    windows = [[frame[y : y + 64, x : x + 64] for x in score_map.xs] for y in score_map.ys]
    assert score_map.q.tolist() == [[int8_score(window, bundle) for window in row] for row in windows]
    assert (score_map.xs[-1], score_map.ys[-1]) == (w - 64, h - 64)


def test_the_record_names_the_program_and_its_network(bundle, process):
    runtime = ProcessClassifier(bundle, process, name="deepC program wall").runtime
    assert runtime.startswith("deepC program wall, float32")
    assert next(iter(bundle.manifest.float_files.values()))[:12] in runtime


@pytest.mark.parametrize(("real", "q"), [(1e9, 127), (-1e9, -128), (0.0, None)])
def test_scores_beyond_the_scale_saturate(bundle, real, q):
    fixed = GREET + ANSWER.replace('struct.pack("<f", score)', f"struct.pack('<f', {real})")
    golden = f"golden = [{real}] * len(golden)"
    with start(bundle, f"{HONEST}\n{golden}\n{fixed}") as process:
        tile = np.zeros((1, 64, 64, 3), np.uint8)
        (score,) = ProcessClassifier(bundle, process, name="stand-in").score_tiles(tile)
    assert score == (bundle.manifest.classifier.output.zero_point if q is None else q)


def test_a_program_of_another_network_is_refused(bundle):
    with (
        start(bundle, HONEST + "sha = bytes(32)" + GREET + ANSWER) as process,
        pytest.raises(ProgramError, match="ONNX"),
    ):
        ProcessClassifier(bundle, process, name="stand-in")


def test_a_program_that_is_wrong_on_this_machine_is_refused(bundle):
    with (
        start(bundle, HONEST + "golden[0] += 0.001" + GREET + ANSWER) as process,
        pytest.raises(BundleError, match="golden tiles"),
    ):
        ProcessClassifier(bundle, process, name="stand-in")


def test_a_program_that_dies_is_named_with_its_last_words(bundle):
    dies = HONEST + GREET + "sys.stdin.buffer.read(4); sys.exit('out of cement')"
    with start(bundle, dies) as process:
        for expected in ("it ended with 1.*out of cement", "."):
            with pytest.raises(ProgramError, match=expected):
                process.score(np.zeros((64, 64, 3), np.uint8))


def test_a_program_that_is_killed_between_tiles_is_named(bundle):
    with start(bundle, HONEST + GREET + ANSWER) as process:
        os.kill(process.pid, signal.SIGKILL)
        with pytest.raises(ProgramError, match="must stay up; it ended with -9"):
            process.score(np.zeros((64, 64, 3), np.uint8))


@pytest.mark.parametrize("silent", ["time.sleep(60)", "sys.stdin.buffer.read(4); time.sleep(60)"])
def test_a_program_that_stalls_is_ended(bundle, silent):
    """Without reading, a tile larger than a pipe holds stalls the writing; afterwards, the reading."""
    with start(bundle, HONEST + "side = 300" + GREET + silent, answer_s=0.3) as process:
        begun = time.monotonic()
        with pytest.raises(ProgramError, match="in time"):
            process.score(np.zeros((300, 300, 3), np.uint8))
        assert time.monotonic() - begun < 5


@pytest.mark.parametrize("answer", ["b'\\1\\2\\3\\4' + bytes(4)", "request[:4] + struct.pack('<f', float('nan'))"])
def test_an_answer_out_of_step_or_no_number_is_refused(bundle, answer):
    wrong = ANSWER.replace('request[:4] + struct.pack("<f", score)', answer)
    with start(bundle, HONEST + GREET + wrong) as process, pytest.raises(ProgramError, match="must answer tile 1"):
        process.score(np.zeros((64, 64, 3), np.uint8))


@pytest.mark.parametrize("program", ["print('hello, I am not that kind of program, not at all really')", ""])
def test_what_does_not_greet_is_no_program_of_ours(bundle, program):
    with pytest.raises(ProgramError, match=r"must (greet|stay up)"):
        start(bundle, program)


def test_a_program_ends_with_its_input(bundle):
    process = start(bundle, HONEST + GREET + ANSWER)
    process.close()
    with pytest.raises(ProcessLookupError):
        os.kill(process.pid, 0)
    process.close()


def test_what_is_no_program_and_no_classifier_is_refused(tmp_path):
    (tmp_path / "text").write_text("not a program")
    with (
        pytest.raises(ProgramError, match="must be a program"),
        open_classifier(f"deepc:{tmp_path / 'text'}", TINY, threads=1),
    ):
        pass
    with pytest.raises(SourceError, match="deepc:PROGRAM"), open_classifier("magic", TINY, threads=1):
        pass


def test_int8_is_the_network_of_the_bundle():
    with open_classifier("int8", TINY, threads=1) as (bundle, classifier):
        expected = Network(bundle.model).name
    assert classifier.runtime == expected
