"""`hairline run --resume`: what a run that died had logged is not inspected again, and the log says so."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from edge_log_samples import START, frame

from edge.clock import SystemClock
from edge.log import Entry, InspectionLog, RunState, read_log

TINY = Path(__file__).parent / "golden" / "tiny_bundle"


def hairline(*words: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "edge.cli", *(str(word) for word in words)]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    return subprocess.run(command, capture_output=True, text=True, env=environment, timeout=300)


def begun(tmp_path: Path, logged: int) -> tuple[Path, Path]:
    """A folder of five pictures, and the log of a run over it that died after some of them."""
    folder, log = tmp_path / "photos", tmp_path / "log"
    folder.mkdir()
    for n in range(5):
        cv2.imwrite(str(folder / f"{n}.png"), np.random.default_rng(n).integers(0, 256, (160, 220, 3), np.uint8))
    clock = SystemClock()
    dead = InspectionLog.open(log, clock=clock)
    visit = dead.start_visit("north")
    run_id = dead.start_run(replace(START, source=str(folder), boot_id=clock.boot_id(), visit_id=visit))
    dead.log_frames(run_id, [Entry(frame=frame(n, t_mono_ns=clock.mono_ns())) for n in range(logged)])
    dead.close()
    return folder, log


@pytest.mark.parametrize("logged", [2, 5])
def test_the_rest_is_inspected_and_the_runs_are_linked(tmp_path: Path, logged: int) -> None:
    folder, log = begun(tmp_path, logged)
    done = hairline("run", folder, "--log", log, "--bundle", TINY, "--resume", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["frames_inspected"] == 5 - logged
    with read_log(log) as reader:
        first, second = reader.runs()
        assert [one.frame.name for run in (first, second) for one in reader.frames(run.id)] == [
            f"{n}.png" for n in range(5)
        ]
    assert (first.state, second.state) == (RunState.LOST, RunState.FINISHED)
    assert second.start.resumes_run_id == first.id
    assert second.start.visit_id == first.start.visit_id is not None
    told = second.start.config["resumed"]
    assert (told["state"], told["frames_logged"]) == ("lost", logged)
    assert 0 <= told["gap_s"] < 300
    shown = hairline("log", "show", log).stdout
    assert f"{first.id}, lost after {logged} frames; nothing was inspected for" in " ".join(shown.split())


def test_unasked_a_run_begins_anew(tmp_path: Path) -> None:
    folder, log = begun(tmp_path, 2)
    done = hairline("run", folder, "--log", log, "--bundle", TINY, "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["frames_inspected"] == 5
    with read_log(log) as reader:
        assert reader.runs()[1].start.resumes_run_id is None


def test_the_disks_rule_of_a_configuration_is_kept(tmp_path: Path) -> None:
    folder, log = begun(tmp_path, 0)
    config = tmp_path / "rover.toml"
    config.write_text(f'source = "{folder}"\nlog = "{log}"\nbundle = "{TINY}"\n[disk]\nmax_pictures_mb = 0\n')
    done = hairline("run", "--config", config, "--json", "--threshold", "0.3")
    assert done.returncode == 0, done.stderr
    with read_log(log) as reader:
        logged = list(reader.frames(reader.runs()[1].id))
    assert len(logged) == 5
    # The last picture stays until there is another to make room for.
    assert sum(one.overlay_path is not None for one in logged) <= 1
    assert any("removed" in (one.no_picture or "") for one in logged)
