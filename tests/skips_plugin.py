"""A pytest plugin: with CI=true, a skip that `allowed_skips.txt` does not list fails the run.

A skipped test proves nothing, and one that skips for ever is noticed by nobody. Loaded by pyproject.toml.
"""

import os
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

LIST = Path(__file__).with_name("allowed_skips.txt")


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowed:
    """One line of the list: shell wildcards over the test's id and its reason."""

    test: str
    reason: str


def read_allowed(path: Path) -> list[Allowed]:
    """The list's lines without comments and blanks; raises pytest.UsageError for one that has no reason."""
    allowed = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        test, bar, reason = (part.strip() for part in line.partition("|"))
        if not (test and bar and reason):
            raise pytest.UsageError(f'{path}:{number}: a line must read "test id | reason", not {line!r}')
        allowed.append(Allowed(test=test, reason=reason))
    return allowed


class SkipGate:
    """Collects the skips that are not allowed and turns a green run with any of them red."""

    def __init__(self, allowed: list[Allowed]) -> None:
        self._allowed = allowed
        self._forbidden: list[tuple[str, str]] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if not hasattr(report, "wasxfail"):
            self._take(report)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        self._take(report)

    def _take(self, report: pytest.TestReport | pytest.CollectReport) -> None:
        if not report.skipped:
            return
        # A skip's longrepr is (file, line, "Skipped: reason").
        text = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        reason = text.removeprefix("Skipped: ")
        if not any(fnmatchcase(report.nodeid, a.test) and fnmatchcase(reason, a.reason) for a in self._allowed):
            self._forbidden.append((report.nodeid, reason))

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if self._forbidden and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if not self._forbidden:
            return
        terminalreporter.section("skips that tests/allowed_skips.txt does not list", red=True)
        for test, reason in self._forbidden:
            terminalreporter.line(f"{test}: {reason}")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--allowed-skips", type=Path, default=LIST, help="the list of skips that CI=true accepts")


def pytest_configure(config: pytest.Config) -> None:
    if os.environ.get("CI") == "true":
        config.pluginmanager.register(SkipGate(read_allowed(config.getoption("--allowed-skips"))))
