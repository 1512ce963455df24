"""The page's part on kills, power cuts, faults and arm64: every figure of the records, and what was not run says so."""

import json
from pathlib import Path
from typing import cast

import pytest

from training.results.sources import NOT_RUN, Sources
from training.results.unattended import CUTS, FAULTS, KILLS, UNATTENDED, unattended


class Measured:
    """All that this part asks of the sources."""

    def __init__(self, measured: Path) -> None:
        self.measured = measured


@pytest.fixture
def sources(tmp_path: Path) -> Sources:
    return cast("Sources", Measured(tmp_path))


def record(sources: Sources, name: str, *rows: dict[str, object]) -> None:
    content = {"title": "a title", "command": f"python {name}", "machine": "a machine", "rows": rows}
    (sources.measured / name).write_text(json.dumps(content))


def test_what_was_not_run_says_so(sources: Sources) -> None:
    assert unattended(sources).count(f"\n{NOT_RUN}\n") == len(UNATTENDED)


def test_few_rows_of_many_figures_stand_on_end(sources: Sources) -> None:
    record(sources, KILLS, {"kills": 1234, "lost": 0})
    record(sources, CUTS, {"the drive": "flushes", "cuts": 50}, {"the drive": "lies", "cuts": 1})
    page = unattended(sources)
    for line in ("| kills | 1,234 |", "| lost | 0 |", "| the drive | flushes | lies |", "| cuts | 50 | 1 |"):
        assert line in page.splitlines()
    assert "Command: `python bench_kills.json`. machine: a machine." in page


def test_a_fault_is_a_row_whatever_it_says(sources: Sources) -> None:
    record(sources, FAULTS, {"fault": "a|b", "covered, never seen": 0})
    assert "| a\\|b | 0 |" in unattended(sources).splitlines()
