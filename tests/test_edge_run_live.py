"""`hairline run picamera` against the simulated camera: what the log, the status and the exit status say."""

import json
import os
import signal
import threading
import time
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from fake_picamera2 import Shot, World, install

from edge.cli import main
from edge.live_view import LIVE_FILE
from edge.log import FrameRecord, RunState, read_log
from edge.skips import ENDED, OVERTAKEN, RESTARTED, STANDING
from edge.status_record import read_status

TINY = Path(__file__).parent / "golden" / "tiny_bundle"
WH = (320, 240)


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    world = World(sensor_wh=WH)
    install(monkeypatch, world)
    return world


def shot(seed: int) -> tuple[np.ndarray, dict[str, Any]]:
    grain = np.random.default_rng(seed).integers(40, 215, (WH[1] // 4, WH[0] // 4, 3), np.uint8)
    return cv2.resize(grain, WH, interpolation=cv2.INTER_NEAREST).ravel(), {"ExposureTime": 700, "AnalogueGain": 1.0}


def rover_toml(folder: Path, more: str = "") -> str:
    path = folder / "rover.toml"
    path.write_text(
        f'source = "picamera"\nlog = "log"\nbundle = "{TINY}"\nthreads = 1\n[camera]\nfps = 20.0\nstall_s = 0.4\n{more}'
    )
    return str(path)


def logged(folder: Path) -> tuple[RunState, list[FrameRecord]]:
    with read_log(folder / "log") as reader:
        (run,) = reader.runs()
        return run.state, [one.frame for one in reader.frames(run.id)]


def test_a_camera_that_dies_for_good_leaves_its_frames_the_gap_and_a_status_of_its_own(
    world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    world.really_waits = True
    world.shots.extend(shot(i) for i in range(4))
    world.shots.append(RuntimeError("Camera frontend has timed out!"))
    world.shots.extend(shot(i) for i in range(4, 7))
    assert main(["run", "--config", rover_toml(tmp_path)]) == 75
    assert "hairline: error: a camera may fail 2 times a minute; it failed 3 times" in capsys.readouterr().err
    state, frames = logged(tmp_path)
    assert state is RunState.FAILED
    assert [f.seq for f in frames] == list(range(len(frames)))
    gaps = [f for f in frames if f.skipped == RESTARTED]
    assert len(gaps) == 2
    assert all(gap.quality is not None and gap.quality["gap_s"] >= 0 for gap in gaps)
    # Two cameras gave nothing for 0.4 s each, at the end.
    assert gaps[-1].quality is not None
    assert gaps[-1].quality["gap_s"] >= 0.8
    assert gaps[-1].lost_before > 0
    assert len(frames) == 7 + 2
    assert {f.skipped for f in frames} <= {None, OVERTAKEN, RESTARTED}
    assert world.opened == world.closed == 3


def test_sigterm_ends_a_run_in_two_seconds_with_everything_logged(
    world: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def next_shot(number: int) -> Shot:
        time.sleep(0.02)
        return shot(number)

    world.film = next_shot
    sent: list[float] = []

    def end() -> None:
        sent.append(time.monotonic())
        os.kill(os.getpid(), signal.SIGTERM)

    def wait_for_frames() -> None:
        until = time.monotonic() + 30
        while world.handed_out < 20 and time.monotonic() < until:
            time.sleep(0.02)
        end()

    threading.Thread(target=wait_for_frames, daemon=True).start()
    assert main(["run", "--config", rover_toml(tmp_path), "--json"]) == 130
    assert time.monotonic() - sent[0] < 2
    summary = json.loads(capsys.readouterr().out)
    state, frames = logged(tmp_path)
    assert state is RunState.INTERRUPTED
    assert len(frames) == summary["frames_inspected"] + sum(summary["frames_skipped"].values())
    assert [f.seq for f in frames] == list(range(len(frames)))
    # All that the camera gave, but at most the one that it was giving.
    assert world.handed_out - 1 <= len(frames) <= world.handed_out
    assert {f.skipped for f in frames} <= {None, OVERTAKEN, ENDED}
    inspected = [f for f in frames if f.skipped is None]
    assert all((f.exposure.exposure_us, f.exposure.analogue_gain) == (700, 1) for f in inspected)
    status = read_status(tmp_path / "log")
    assert status is not None
    assert status.progress.queue_size == 2
    live = cv2.imread(str(tmp_path / "log" / LIVE_FILE))
    assert live.shape == (240, 320, 3)


def test_a_rover_that_stands_is_inspected_once_unless_its_file_says_otherwise(world: World, tmp_path: Path) -> None:
    for name, more in (("a", ""), ("b", "[quality]\nskip_still = false\n")):
        (tmp_path / name).mkdir()
        begun = world.handed_out

        def next_shot(number: int, begun: int = begun) -> Shot:
            time.sleep(0.15)
            return shot((number - begun) // 5) if number < begun + 10 else OSError("unplugged")

        world.film = next_shot
        assert main(["run", "--config", rover_toml(tmp_path / name, more)]) == 75
        _, frames = logged(tmp_path / name)
        seen = [f.skipped for f in frames if f.skipped not in (RESTARTED, OVERTAKEN)]
        if name == "a":
            assert seen.count(None) <= 2
            assert STANDING in seen
        else:
            assert set(seen) == {None}
            assert len(seen) > 2
