"""`hairline run` as a user meets it: a process, its words, its exit status, and what it leaves in the log."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.clock import SystemClock
from edge.log import InspectionLog, RunState, read_log
from edge.skips import ENDED

TINY = Path(__file__).parent / "golden" / "tiny_bundle"


def hairline(*words: object, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "edge.cli", *(str(word) for word in words)]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, env=environment, timeout=120)


def picture(path: Path, seed: int = 0) -> Path:
    pixels = np.random.default_rng(seed).integers(0, 256, (160, 220, 3), np.uint8)
    cv2.imwrite(str(path), pixels)
    return path


def error_of(done: subprocess.CompletedProcess[str]) -> str:
    """The one line of an error that the user can mend."""
    lines = [line for line in done.stderr.splitlines() if not line.startswith("INFO:")]
    errors = [line for line in lines if line.startswith("hairline: error: ")]
    assert done.returncode == 1, done.stderr
    assert len(errors) == 1, done.stderr
    assert "Traceback" not in done.stderr
    return errors[0]


def states(log: Path) -> list[RunState]:
    with read_log(log) as reader:
        return [run.state for run in reader.runs()]


def test_a_folder_with_a_bad_picture_among_good_ones(tmp_path):
    folder = tmp_path / "wall photos"
    folder.mkdir()
    for i in (0, 1, 3):
        picture(folder / f"p{i}.jpg", i)
    (folder / "p2.jpg").write_bytes((folder / "p1.jpg").read_bytes()[:700])
    done = hairline("run", folder, "--log", tmp_path / "log", "--bundle", TINY, "--json")
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)
    assert summary["frames_inspected"] == 3
    assert sum(summary["frames_skipped"].values()) == 1
    with read_log(tmp_path / "log") as reader:
        (run,) = reader.runs()
        frames = [logged.frame for logged in reader.frames(run.id)]
    skipped = [f for f in frames if f.skipped]
    assert len(frames) == 4
    assert [f.name for f in skipped] == ["p2.jpg"]
    assert run.state is RunState.FINISHED
    assert run.start.bundle_name == "tiny"


def test_the_summary_names_log_and_picture(tmp_path):
    done = hairline("run", picture(tmp_path / "a.png"), "--log", tmp_path / "log", "--bundle", TINY)
    assert done.returncode == 0, done.stderr
    assert "frames inspected" in done.stdout
    assert str(tmp_path / "log") in done.stdout


@pytest.mark.parametrize(
    "damage", ["truncated picture", "empty folder", "no such source", "text file", "truncated video"]
)
def test_bad_sources(damage, tmp_path):
    source = tmp_path / "source"
    if damage == "truncated picture":
        source = picture(tmp_path / "cut.jpg")
        source.write_bytes(source.read_bytes()[:-900])
    elif damage == "empty folder":
        source.mkdir()
    elif damage == "text file":
        source.write_text("no video at all")
    elif damage == "truncated video":
        source = video(tmp_path / "clip.avi")
        source.write_bytes(source.read_bytes()[: source.stat().st_size // 2])
    words = error_of(hairline("run", source, "--log", tmp_path / "log", "--bundle", TINY))
    assert source.name in words
    if damage == "truncated video":
        with read_log(tmp_path / "log") as reader:
            (run,) = reader.runs()
            inspected = [f.frame for f in reader.frames(run.id) if not f.frame.skipped]
        assert 0 < len(inspected) < 20, "what came before the cut is logged"
        assert run.state is RunState.FAILED


def video(path: Path) -> Path:
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"MJPG"), 10, (220, 160))
    for i in range(20):
        writer.write(np.random.default_rng(i).integers(0, 256, (160, 220, 3), np.uint8))
    writer.release()
    return path


def test_a_whole_video_is_inspected_to_its_end(tmp_path):
    done = hairline("run", video(tmp_path / "clip.avi"), "--log", tmp_path / "log", "--bundle", TINY, "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["frames_inspected"] == 20


@pytest.mark.parametrize(
    "damage", ["changed byte", "missing file", "older schema", "newer schema", "wrong shape", "none"]
)
def test_bad_bundles_are_never_used(damage, tmp_path):
    bundle = tmp_path / "bundle"
    shutil.copytree(TINY, bundle)
    manifest = bundle / "manifest.json"
    content = json.loads(manifest.read_text())
    named = "manifest.json"
    if damage == "changed byte":
        raw = bytearray((bundle / "classifier.tflite").read_bytes())
        raw[len(raw) // 2] ^= 1
        (bundle / "classifier.tflite").write_bytes(raw)
        named = "classifier.tflite"
    elif damage == "missing file":
        (bundle / "golden.npz").unlink()
        named = "golden.npz"
    elif damage == "none":
        shutil.rmtree(bundle)
        named = "bundle"
    else:
        if damage == "wrong shape":
            content["classifier"]["tile_px"] = content["classifier"]["input_px"] = 80
            named = "classifier.tflite"
        else:
            content["schema_version"] += 1 if damage == "newer schema" else -1
        manifest.write_text(json.dumps(content))
    words = error_of(hairline("run", picture(tmp_path / "a.png"), "--log", tmp_path / "log", "--bundle", bundle))
    assert named in words
    assert not (tmp_path / "log" / "inspection.db").exists()


def test_a_log_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("in the way")
    words = error_of(hairline("run", picture(tmp_path / "a.png"), "--log", tmp_path / "file" / "log", "--bundle", TINY))
    assert str(tmp_path / "file") in words


def test_a_second_run_on_a_log_in_use(tmp_path):
    log = tmp_path / "log"
    with InspectionLog.open(log, clock=SystemClock()):
        words = error_of(hairline("run", picture(tmp_path / "a.png"), "--log", log, "--bundle", TINY))
    assert "in use" in words
    assert str(log) in words
    assert hairline("run", tmp_path / "a.png", "--log", log, "--bundle", TINY).returncode == 0


def test_an_impossible_threshold(tmp_path):
    words = error_of(
        hairline("run", picture(tmp_path / "a.png"), "--log", tmp_path / "log", "--bundle", TINY, "--threshold", "1.5")
    )
    assert "1.5" in words


def test_ctrl_c_ends_cleanly_with_everything_logged(tmp_path):
    folder = tmp_path / "many"
    folder.mkdir()
    first = picture(folder / "p0000.png")
    for i in range(1, 3000):
        (folder / f"p{i:04d}.png").hardlink_to(first)
    command = [
        sys.executable,
        "-m",
        "edge.cli",
        "run",
        str(folder),
        "--log",
        str(tmp_path / "log"),
        "--bundle",
        str(TINY),
        "--json",
    ]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)
    images = tmp_path / "log" / "images"
    until = time.monotonic() + 60
    while time.monotonic() < until and not list(images.rglob("*.jpg")):
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    summary = json.loads(out)
    with read_log(tmp_path / "log") as reader:
        (run,) = reader.runs()
        logged = len(list(reader.frames(run.id)))
    assert summary["stopped"] is True
    assert 0 < summary["frames_inspected"] < 3000
    # A frame that was read and waited is logged as not inspected.
    assert logged == summary["frames_inspected"] + sum(summary["frames_skipped"].values())
    assert set(summary["frames_skipped"]) <= {ENDED}
    assert run.state is RunState.INTERRUPTED
