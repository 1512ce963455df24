"""`hairline log show|export`: what a person and what a program gets."""

import csv
import io
import json
import subprocess
import sys
from argparse import ArgumentParser
from dataclasses import replace
from pathlib import Path

import pytest
from edge_log_samples import CLOCK, FIND, START, frame, skipped

from edge.errors import LogError
from edge.log import InspectionLog, RunState
from edge.verbs.log import VERB


def hairline_log(*words: object) -> int:
    parser = ArgumentParser()
    VERB.configure(parser)
    return VERB.run(parser.parse_args([str(word) for word in words]))


@pytest.fixture
def runs(tmp_path: Path) -> list[str]:
    """A log with two runs: one finished, one that nobody ended."""
    with InspectionLog.open(tmp_path, clock=CLOCK) as log:
        first = log.start_run(START)
        log.log_frame(first, frame(0, name="evil\x1b[31m[bold].png"), [FIND, replace(FIND, score=0.9)], b"jpeg")
        log.log_frame(first, skipped(1, "too dark"), [], None)
        log.end_run(first, RunState.FINISHED, None)
        second = log.start_run(replace(START, source="picamera", calibration_id="camera 7"))
        log.log_frame(second, frame(0), [FIND], None)
        log.end_run(second, RunState.FAILED, "the camera fell off")
    return [first, second]


def test_show_says_what_was_seen_by_what(
    runs: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    assert hairline_log("show", tmp_path) == 0
    out = capsys.readouterr().out
    for words in (
        *runs,
        "finished",
        "failed: the camera fell off",
        "picamera",
        "frames skipped: too dark",
        "a runtime 1.0, threads: 2",
        "none: nothing is in millimetres",
        "camera 7",
        "0.900",
        "1, 2, 64, 96",
        f"images/{runs[0]}/000000.jpg",
        "[bold].png",
    ):
        assert words in out
    assert "\x1b[31m" not in out


def test_show_one_run(runs: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert hairline_log("show", tmp_path, "--run", runs[1][:20]) == 0
    out = capsys.readouterr().out
    assert runs[1] in out
    assert runs[0] not in out


def test_show_as_json(runs: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert hairline_log("show", tmp_path, "--json") == 0
    first, second = json.loads(capsys.readouterr().out)["runs"]
    assert (first["id"], first["state"], second["reason"]) == (runs[0], "finished", "the camera fell off")
    assert (first["frames_inspected"], first["frames_skipped"], first["finds"]) == (1, {"too dark": 1}, 2)
    assert first["command"] == ["hairline", "run", "wall"]
    assert [find["score"] for find in first["top_finds"]] == [0.9, 0.75]


def test_show_an_empty_log(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    InspectionLog.open(tmp_path, clock=CLOCK).close()
    assert hairline_log("show", tmp_path) == 0
    assert "no runs yet" in capsys.readouterr().out


def test_export_to_standard_output_and_to_a_file(
    runs: list[str], tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    assert hairline_log("export", tmp_path, "--to", "csv") == 0
    printed = capsysbinary.readouterr().out
    target = tmp_path / "finds.csv"
    target.write_text("old", encoding="utf-8")
    assert hairline_log("export", tmp_path, "--to", "csv", "-o", target) == 0
    assert target.read_bytes() == printed
    assert [row["run_id"] for row in csv.DictReader(io.StringIO(printed.decode(), newline=""))] == [
        runs[0],
        runs[0],
        runs[1],
    ]
    assert hairline_log("export", tmp_path, "--to", "csv", "--run", runs[1], "-o", target) == 0
    assert target.read_bytes().count(b"\r\n") == 2


@pytest.mark.parametrize("words", [["export", "--to", "csv", "-o", "NOWHERE/x.csv"], ["export", "--to", "xlsx"]])
def test_an_export_that_cannot_be_is_an_error_of_the_user(runs: list[str], tmp_path: Path, words: list[str]) -> None:
    del runs
    words = [word.replace("NOWHERE", str(tmp_path / "nowhere")) for word in words]
    with pytest.raises(LogError, match=r"nowhere|csv"):
        hairline_log(*words, tmp_path)


def test_an_export_to_a_full_disk_is_an_error_of_the_user(runs: list[str], tmp_path: Path) -> None:
    del runs
    command = [sys.executable, "-m", "edge.cli", "log", "export", str(tmp_path), "--to", "csv"]
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr == (
        "hairline: error: the export cannot be written to standard output: No space left on device\n"
    )


def test_a_log_that_is_not_there_is_an_error_of_the_user(tmp_path: Path) -> None:
    for action in (["show"], ["export", "--to", "csv"]):
        with pytest.raises(LogError, match="there is no file"):
            hairline_log(*action, tmp_path / "nowhere")
