"""rover.toml: what it may say, and that every slip is told with its line and what is allowed."""

import json
import subprocess
import sys
import tomllib
from dataclasses import fields
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_edge_inspect import ListedCamera

from edge.cameras import open_source
from edge.cameras.picamera import PiCameraSettings
from edge.clock import ManualClock
from edge.config import MAX_BYTES, SECTIONS, CameraConfig, QualityConfig, RoverConfig, keys_of, line_of, read_config
from edge.config_template import effective, template
from edge.errors import ConfigError
from edge.log import read_log
from edge.quality import QualityThresholds
from edge.verbs.run import network_threads
from edge.verbs.run_parts import NOT_ASKED, gate_of

WHOLE = """\
# the rover in the tunnel
source = "picamera"
log = "/var/lib/hairline/log"
threshold = 0.4
threads = 2

[camera]
size_wh = [
    4056,
    3040,
]
fps = 2.5

[mqtt]
host = "broker.local"
"""


def write(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "rover.toml"
    path.write_text(text, encoding="utf-8")
    return path


def error(tmp_path: Path, text: str) -> str:
    with pytest.raises(ConfigError) as raised:
        read_config(write(tmp_path, text))
    return str(raised.value).removeprefix(str(tmp_path))


def test_a_whole_file(tmp_path: Path) -> None:
    config = read_config(write(tmp_path, WHOLE))
    assert (config.source, config.log, config.threshold) == ("picamera", Path("/var/lib/hairline/log"), 0.4)
    assert config.camera == CameraConfig(size_wh=(4056, 3040), fps=2.5)
    assert config.mqtt is not None
    assert (config.mqtt.host, config.mqtt.port) == ("broker.local", 1883)
    assert config.base is None


def test_an_empty_file_says_nothing(tmp_path: Path) -> None:
    assert read_config(write(tmp_path, "")) == RoverConfig()


def test_relative_paths_start_from_the_file(tmp_path: Path) -> None:
    config = read_config(write(tmp_path, 'source = "photos"\nlog = "log"\ncalibration = "c.json"'))
    assert (config.source, config.log, config.calibration) == (
        str(tmp_path / "photos"),
        tmp_path / "log",
        tmp_path / "c.json",
    )
    assert read_config(write(tmp_path, 'source = "wall:7"')).source == "wall:7"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            WHOLE.replace("threads = 2", "treads = 2"),
            "/rover.toml:5: the file has no key 'treads'; the nearest is 'threads'; it has: source, log,",
        ),
        (
            WHOLE.replace("threads = 2", 'threads = "two"'),
            "/rover.toml:5: 'threads' is a whole number from 1 to 256; got 'two'",
        ),
        (WHOLE.replace("threads = 2", "threads = true"), ":5: 'threads' is a whole number from 1 to 256; got True"),
        (WHOLE.replace("0.4", "1.5"), ":4: 'threshold' is a number from 0 to 1 (a probability); got 1.5"),
        (WHOLE.replace("0.4", "nan"), ":4: 'threshold' is a number from 0 to 1"),
        (WHOLE.replace("4056,", "4055,"), ":8: 'size_wh' in [camera] is [width, height] in pixels, even"),
        (
            WHOLE.replace("fps", "lens_position"),
            ":12: [camera] has no key 'lens_position'; the nearest is 'lens_position_dpt'",
        ),
        (
            WHOLE.replace("fps = 2.5", "threads = 4"),
            ":12: [camera] has no key 'threads'; the nearest is 'threads' of the top",
        ),
        (WHOLE.replace("[mqtt]", "[mqt]"), ":14: the file has no section 'mqt'; the nearest is 'mqtt'"),
        (WHOLE.replace('host = "broker.local"', "port = 1"), ":14: [mqtt] needs 'host': a host name or an address"),
        ("camera = 3", ":1: 'camera' is a section, [camera] with keys below it; got 3"),
        ("[quality]\nmax_tilt_deg = 91", ":2: 'max_tilt_deg' in [quality] is a number from 0 to 90 (degrees); got 91"),
        ("[quality]\njudge = 1", ":2: 'judge' in [quality] is true or false; got 1"),
        ("[camera]\nspeed_mm_s = 0", ":2: 'speed_mm_s' in [camera] is a number from 0.1 to 10000 (mm a second); got 0"),
        ("measure = 'no'", ":1: 'measure' is true or false; got 'no'"),
        ("coverage = 0", ":1: 'coverage' is a number from 0.001 to 100 (mm per pixel); got 0"),
        ('log = ""', ":1: 'log' is a folder; got ''"),
        ('[base]\nurl = "ftp://x"\ntoken_file = "t"', ":2: 'url' in [base] is a URL that begins with https://"),
        ("a = 1\nb = = 2", ": is not TOML: Invalid value (at line 2, column 5)"),
        ("threads = 1\nthreads = 2", "line 2"),
    ],
)
def test_a_slip_is_told_with_its_line_and_what_is_allowed(tmp_path: Path, text: str, expected: str) -> None:
    assert expected in error(tmp_path, text)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    for path in (tmp_path / "none.toml", tmp_path):
        with pytest.raises(ConfigError, match=f"^{path}: cannot be read"):
            read_config(path)
    path = tmp_path / "rover.toml"
    path.write_bytes(b"source = '\xff'")
    with pytest.raises(ConfigError, match="UTF-8; byte 10"):
        read_config(path)
    path.write_bytes(b"#" * (MAX_BYTES + 1))
    with pytest.raises(ConfigError, match="at most"):
        read_config(path)


KEY = st.from_regex(r"[a-z][a-z0-9_]{0,8}", fullmatch=True)
VALUE = st.sampled_from(
    [
        "1",
        '"x"',
        "[\n 1,\n\n 2,\n]",
        '"""\n[not.a.section]\nkey = 1\n"""',
        "'''\n# no comment\n'''",
        "{ a = 1 }",
        "true",
    ]
)
FILLER = st.sampled_from(["", "# a comment", "   ", "# threads = 3"])


@settings(deadline=None, max_examples=40)
@given(st.data())
def test_every_key_is_found_where_its_statement_begins(data: st.DataObject) -> None:
    """Whatever stands before it: comments, arrays and strings over several lines, texts that look like keys."""
    lines: list[str] = []
    places: dict[tuple[str, ...], int] = {}
    for section in ("", *data.draw(st.lists(KEY.map("s_{}".format), max_size=3, unique=True))):
        if section:
            places[(section,)] = len(lines) + 1
            lines.append(f"[{section}]")
        for key in data.draw(st.lists(KEY.map("k_{}".format), max_size=4, unique=True)):
            lines += data.draw(st.lists(FILLER, max_size=2))
            places[(section, key) if section else (key,)] = len(lines) + 1
            lines += f"{key} = {data.draw(VALUE)}".split("\n")
    source = "\n".join(lines)
    tomllib.loads(source)
    assert {key: line_of(source, key) for key in places} == places


def test_every_key_of_the_template_is_accepted_as_it_stands(tmp_path: Path) -> None:
    text = template()
    opened = "\n".join(
        line.removeprefix("# ") if " = " in line.partition(":")[0] or line.startswith("# [") else line
        for line in text.splitlines()
    )
    given_keys = effective(read_config(write(tmp_path, opened)))
    assert None not in given_keys.values()
    assert set(given_keys) == {*keys_of(RoverConfig), *SECTIONS}
    for name in SECTIONS:
        assert None not in given_keys[name].values()
    as_printed = read_config(write(tmp_path, text))
    assert as_printed == RoverConfig(source="picamera", log=Path("/var/lib/hairline/log"))


def test_the_cameras_keys_are_settings_of_the_camera() -> None:
    assert set(keys_of(CameraConfig)) <= {f.name for f in fields(PiCameraSettings)}


def hairline(*words: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "edge.cli", *(str(word) for word in words)]
    return subprocess.run(
        command, capture_output=True, text=True, cwd=Path(__file__).parents[1], timeout=60, check=False
    )


def test_the_verb(tmp_path: Path) -> None:
    good = write(tmp_path, WHOLE)
    checked = hairline("config", "check", good, "--json")
    assert json.loads(checked.stdout)["camera"]["size_wh"] == [4056, 3040]
    assert hairline("config", "check", good).stdout.endswith(f"ok {good}\n")
    bad = hairline("config", "check", write(tmp_path, "treads = 1"))
    assert bad.returncode == 1
    assert bad.stderr.startswith(f"hairline: error: {tmp_path}/rover.toml:1: ")
    assert hairline("config", "template").stdout == template()


TINY = Path(__file__).parent / "golden" / "tiny_bundle"


def test_a_run_takes_its_words_from_the_file_and_the_command_line_goes_first(tmp_path: Path) -> None:
    picture = tmp_path / "a.png"
    cv2.imwrite(str(picture), np.random.default_rng(1).integers(0, 256, (96, 160, 3), np.uint8))
    path = write(tmp_path, f'source = "a.png"\nlog = "log"\nbundle = "{TINY}"\nthreshold = 0.25\nthreads = 1')
    assert hairline("run", "--config", path).returncode == 0
    assert hairline("run", "--config", path, "--threshold", 0.75).returncode == 0
    with read_log(tmp_path / "log") as reader:
        runs = [(run.start.source, run.start.window_threshold, run.start.threads) for run in reader.runs()]
    assert runs == [(str(picture), 0.25, 1), (str(picture), 0.75, 1)]


@pytest.mark.parametrize(("words", "missing"), [((), "source"), (("wall",), "log")])
def test_a_run_that_lacks_something_says_where_it_may_be_said(words: tuple[str, ...], missing: str) -> None:
    done = hairline("run", *words)
    assert done.returncode == 1
    assert f"a run needs '{missing}'" in done.stderr
    assert f"{missing} = ... in a rover.toml" in done.stderr


def test_the_cameras_settings_reach_the_camera(monkeypatch: pytest.MonkeyPatch) -> None:
    taken = []

    class Taker(ListedCamera):
        def __init__(self, settings: PiCameraSettings, *, clock: ManualClock) -> None:
            super().__init__()
            taken.append(settings)

    monkeypatch.setattr("edge.cameras.picamera.PiCamera", Taker)
    open_source("picamera", clock=ManualClock(), settings=CameraConfig(size_wh=(4056, 3040), exposure_us=900))
    open_source("picamera", clock=ManualClock())
    assert taken == [PiCameraSettings(size_wh=(4056, 3040), exposure_us=900), PiCameraSettings()]


def test_every_key_of_camera_and_quality_is_one_of_what_it_configures() -> None:
    assert set(keys_of(CameraConfig)) == {f.name for f in fields(PiCameraSettings)} - {"pixel_format"}
    limits = {f.name for f in fields(QualityThresholds)}
    assert set(keys_of(QualityConfig)) == limits | {"judge", "skip_still"}
    said = gate_of(QualityConfig(max_tilt_deg=9.0), None)
    assert said._thresholds == QualityThresholds(max_tilt_deg=9.0)


@pytest.mark.parametrize(
    ("cores", "live", "threads"), [(1, True, 1), (2, True, 1), (4, True, 3), (4, False, 4), (16, True, 4)]
)
def test_a_live_camera_keeps_a_core(cores: int, live: bool, threads: int) -> None:
    assert network_threads(cores, live=live) == threads


def test_the_file_says_whether_finds_are_measured_and_frames_judged(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "a.png"), np.random.default_rng(1).integers(0, 256, (96, 160, 3), np.uint8))
    text = f'source = "a.png"\nlog = "log"\nbundle = "{TINY}"\nmeasure = false\n'
    text += "[quality]\nmin_median = 250\njudge = true"
    done = hairline("run", "--config", write(tmp_path, text))
    assert "too dark" in done.stderr
    done = hairline("run", "--config", write(tmp_path, text.replace("true", "false")), "--json")
    assert json.loads(done.stdout)["finds_unmeasured_because"] == NOT_ASKED
