"""Faults while a rover drives, one at a time and together: it goes on or is started again, says so, and does not lie.

The base's faults are those of tests/test_edge_base_kills.py; here it is away for a day.
"""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from edge_base_samples import base_in_a_thread, expected, free_port, make_log
from faulty_rover import FAULTS, FRAMES, Outcome, drive_all

from edge import upload as upload_module
from edge.base.serve import open_store
from edge.base.tokens import add_token
from edge.outbox import LogRows, Outbox
from edge.skips import NETWORK_FAILED, OUT_OF_MEMORY, RESTARTED
from edge.upload import Uploader, keep_uploading
from edge.upload_client import BaseClient
from edge.upload_protocol import FILES

# How often the process must be started at least, and what it must say: as it ends, or of the frames that it skipped.
EXPECTED = {
    "none": (1, ""),
    "camera hangs": (1, RESTARTED),
    "camera unplugged": (2, "check its cable"),
    "disk full": (2, "No space left on device"),
    "read-only file system": (2, "Read-only file system|readonly database|disk I/O"),
    "slow disk (2 s a flush)": (1, ""),
    "clock jumps by years, back and on": (1, ""),
    "corrupt frames": (1, "the JPEG is cut short"),
    "runtime error in the network": (1, NETWORK_FAILED),
    "out of memory in the network": (2, OUT_OF_MEMORY),
    "all of these together": (3, "No space left on device"),
}


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Outcome]:
    if shutil.which("gcc") is None:
        pytest.skip("needs a C compiler (gcc)")
    return {outcome.fault: outcome for outcome in drive_all(tmp_path_factory.mktemp("faults"))}


def test_every_fault_has_its_expectation() -> None:
    assert EXPECTED.keys() == FAULTS.keys()


@pytest.mark.parametrize("fault", FAULTS)
def test_the_rover_goes_on_or_is_started_again_and_its_coverage_is_true(
    fault: str, outcomes: dict[str, Outcome]
) -> None:
    outcome = outcomes[fault]
    starts, words = EXPECTED[fault]
    said = "\n".join([*outcome.said, *outcome.skipped])
    assert outcome.starts >= starts, said
    assert any(word in said for word in words.split("|")), said
    assert outcome.falsely_covered == 0, "a stretch of wall counts as inspected that nobody has seen"
    assert outcome.in_order, "frames are in the order in which they were taken, whatever the clock said"
    # What was logged as inspected counts, and nothing else.
    assert outcome.covered <= outcome.inspected <= FRAMES
    assert outcome.covered + outcome.not_covered == FRAMES
    assert outcome.inspected > 0


def test_without_a_fault_nothing_is_said(outcomes: dict[str, Outcome]) -> None:
    """The drive itself is fine: what the others show comes from their faults."""
    assert outcomes["none"].said == []
    assert outcomes["none"].covered == outcomes["none"].inspected


class OneDay:
    """A day passes in no time; then the base is there."""

    def __init__(self) -> None:
        self.now_s, self.tries = 0.0, 0

    def monotonic(self) -> float:
        return self.now_s

    def sleep(self, duration_s: float) -> None:
        self.now_s += duration_s


def test_a_base_that_is_away_for_a_day_is_tried_again_and_gets_everything_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log, data, day = tmp_path / "log", tmp_path / "base", OneDay()
    make_log(log, 12)
    token, store = add_token(data / "tokens", "rover"), open_store(data, None)
    monkeypatch.setattr(upload_module, "time", day)
    with Outbox.open(log) as outbox:
        away = BaseClient(f"http://127.0.0.1:{free_port()}", token=token)

        def tried() -> None:
            day.tries += 1

        with away:
            uploader = Uploader(log, outbox, away, stop=lambda: False)
            keep_uploading(uploader, every_s=10.0, stop=lambda: day.now_s > 24 * 3600, watch=tried)
        # At most every five minutes, and never given up.
        assert 24 * 12 <= day.tries <= 24 * 12 + 20
        sent = []
        with base_in_a_thread(data, store) as port, BaseClient(f"http://127.0.0.1:{port}", token=token) as there:
            uploader = Uploader(log, outbox, there, stop=lambda: False)
            for _ in range(2):
                uploader.run_once()
                sent.append(replace(uploader.sent))
    rows, pictures = expected(log)
    log_id = LogRows(log).log_id()
    assert log_id is not None
    contents = store.contents("rover", log_id)
    store.close()
    assert {key: content for key, content in contents.items() if not key.startswith(FILES)} == rows
    assert sum(key.startswith(FILES) for key in contents) == len(pictures)
    assert sent[0].pictures == len(pictures)
    assert sent[1] == sent[0], "the second time there is nothing to send"
