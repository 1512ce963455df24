"""Faults while a rover drives, one at a time and together: it goes on or is started again, says so, and does not lie.

Many deaths of rover and base: tests/test_edge_base_kills.py.
"""

import shutil
from pathlib import Path

import pytest
from faulty_base import away_for_a_day, dies_in_an_upload
from faulty_rover import FAULTS, FRAMES, Outcome, drive_all

from edge.skips import NETWORK_FAILED, OUT_OF_MEMORY, RESTARTED

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


def test_a_base_that_is_away_for_a_day_is_tried_again_and_gets_everything_once(tmp_path: Path) -> None:
    outcome = away_for_a_day(tmp_path)
    # At most every five minutes, and never given up.
    assert 24 * 12 <= outcome.tries <= 24 * 12 + 20
    assert "127.0.0.1" in outcome.said
    assert (outcome.missing, outcome.sent_pictures) == (0, outcome.pictures)


def test_a_base_that_dies_in_the_middle_of_an_upload_gets_everything_once(tmp_path: Path) -> None:
    outcome = dies_in_an_upload(tmp_path)
    assert outcome.tries > 1
    assert "127.0.0.1" in outcome.said
    assert (outcome.missing, outcome.sent_pictures) == (0, outcome.pictures)
