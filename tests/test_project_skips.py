"""The gate on skips: with CI=true one that is not listed fails the run; a listed one and an xfail do not."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
SAMPLE = """
import pytest

def test_passes(): pass

def test_skips(): pytest.skip("no hardware here")

@pytest.mark.xfail(reason="known")
def test_known(): raise ValueError
"""


def outcome(tmp_path: Path, *, allowed: str, ci: str, sample: str = SAMPLE) -> subprocess.CompletedProcess[str]:
    """Runs pytest with the plugin alone over a file of three tests."""
    (tmp_path / "test_sample.py").write_text(sample)
    (tmp_path / "allowed.txt").write_text(allowed)
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "skips_plugin", "--allowed-skips", "allowed.txt"]
    environment = {**os.environ, "CI": ci, "PYTHONPATH": str(TESTS)}
    return subprocess.run(
        [*command, "test_sample.py"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("allowed", "ci", "status"),
    [
        ("", "true", 1),
        ("", "", 0),
        ("# why\n\ntest_sample.py::* | no hardware*\n", "true", 0),
        ("test_other.py::* | no hardware*\n", "true", 1),
        ("* | another reason\n", "true", 1),
        ("test_sample.py::test_skips\n", "true", 4),
    ],
)
def test_what_the_gate_lets_through(tmp_path: Path, allowed: str, ci: str, status: int) -> None:
    done = outcome(tmp_path, allowed=allowed, ci=ci)
    assert done.returncode == status, done.stdout + done.stderr
    assert ("does not list" in done.stdout) == (status == 1)


def test_a_whole_file_that_skips_is_seen(tmp_path: Path) -> None:
    sample = 'import pytest\npytest.importorskip("no_such_package")\ndef test_never(): pass\n'
    done = outcome(tmp_path, allowed="", ci="true", sample=sample)
    assert done.returncode != 0
    assert "no_such_package" in done.stdout
