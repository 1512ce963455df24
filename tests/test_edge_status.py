"""How a rover stands: from a run's file, from its log, from the machine; as words, metrics and MQTT."""

import inspect
import json
import re
import socket
import sys
import threading
import time
import types
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from edge_log_samples import FIND, START, frame

from edge.clock import ManualClock
from edge.config import MetricsConfig, MqttConfig
from edge.errors import ConfigError, LogError
from edge.host import Host
from edge.live_view import LIVE_FILE, LiveView
from edge.log import InspectionLog, RunState
from edge.metrics import prometheus
from edge.skips import OVERTAKEN, STANDING
from edge.status import Status, lines, look
from edge.status_line import StatusLine
from edge.status_publish import publish, status_json
from edge.status_record import STATUS_FILE, LastFind, RunProgress, StatusWriter, read_status

S = 10**9


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def log(tmp_path: Path, clock: ManualClock) -> Iterator[InspectionLog]:
    with InspectionLog.open(tmp_path / "log", clock=clock) as opened:
        yield opened


@pytest.fixture
def pi(tmp_path: Path) -> Host:
    """A Pi that is warm and short of power."""
    for name, text in {
        "sys/class/thermal/thermal_zone0/temp": "61500\n",
        "sys/devices/platform/soc/soc:firmware/get_throttled": "50001\n",
    }.items():
        path = tmp_path / "pi" / name
        path.parent.mkdir(parents=True)
        path.write_text(text)
    return Host(root=tmp_path / "pi")


# The file.


def test_the_file_is_replaced_at_most_every_two_seconds(tmp_path: Path, clock: ManualClock) -> None:
    writer = StatusWriter(tmp_path, run_id="r", source="wall", clock=clock)
    seen = []
    for n in range(1, 101):
        writer.update(RunProgress(inspected=n))
        status = read_status(tmp_path)
        assert status is not None
        seen.append((status.progress.inspected, status.frames_per_s))
        clock.advance(S // 4)
    assert sorted({n for n, _ in seen}) == list(range(1, 101, 8))
    assert seen[0][1] == 0
    assert all(rate == pytest.approx(4) for n, rate in seen if n > 1)


def test_the_rate_is_of_the_last_ten_seconds(tmp_path: Path, clock: ManualClock) -> None:
    writer = StatusWriter(tmp_path, run_id="r", source="wall", clock=clock)
    n = 0
    for step in range(20):
        writer.update(RunProgress(inspected=n))
        n += 2 if step < 10 else 20
        clock.advance(2 * S)
    status = read_status(tmp_path)
    assert status is not None
    assert status.frames_per_s == pytest.approx(10)


def test_a_reader_never_sees_half_a_file(tmp_path: Path) -> None:
    class Fast(ManualClock):
        def mono_ns(self) -> int:
            self.now_mono_ns += 3 * S
            return self.now_mono_ns

    writer, done = StatusWriter(tmp_path, run_id="r", source="x" * 5000, clock=Fast()), threading.Event()
    writer.update(RunProgress())

    def write() -> None:
        while not done.is_set():
            writer.update(RunProgress(inspected=1))

    thread = threading.Thread(target=write)
    thread.start()
    try:
        for _ in range(200):
            status = read_status(tmp_path)
            assert status is not None
            assert len(status.source) == 5000
    finally:
        done.set()
        thread.join()


def test_no_run_ends_for_its_status(tmp_path: Path, clock: ManualClock, caplog: pytest.LogCaptureFixture) -> None:
    writer = StatusWriter(tmp_path / "none", run_id="r", source="wall", clock=clock)
    for _ in range(3):
        writer.update(RunProgress())
        clock.advance(3 * S)
    assert len(caplog.records) == 1


def test_what_is_no_status_is_said_so(tmp_path: Path) -> None:
    assert read_status(tmp_path) is None
    (tmp_path / STATUS_FILE).write_text('{"schema_version": 9}')
    with pytest.raises(LogError, match=STATUS_FILE):
        read_status(tmp_path)


# A look.


def test_a_run_that_goes_on(tmp_path: Path, log: InspectionLog, clock: ManualClock, pi: Host) -> None:
    run_id = log.start_run(START)
    log.log_frame(run_id, frame(0), [FIND], None)
    writer = StatusWriter(tmp_path / "log", run_id=run_id, source="wall", clock=clock)
    told = RunProgress(
        inspected=7, dropped=2, queued=1, queue_size=4, last_find=LastFind(frame="f", t_utc="u", score=0.5)
    )
    writer.update(told)
    clock.advance(5 * S)
    status = look(tmp_path / "log", host=pi, clock=clock)
    assert (status.state, status.silent_s, status.progress, status.run_id) == ("running", 5.0, told, run_id)
    assert (status.temperature_c, status.throttled) == (61.5, ("under-voltage",))
    clock.advance(60 * S)
    assert look(tmp_path / "log", host=pi, clock=clock).state == "silent"
    words = dict(lines(look(tmp_path / "log", host=pi, clock=clock)))
    assert words["queue"] == "1 of 4"
    assert words["frames"].startswith("7 inspected, 0 skipped, 0 while standing still, 2 dropped")
    assert words["power, now"] == "under-voltage"


def test_what_a_log_counts_is_told_apart(tmp_path: Path, log: InspectionLog, clock: ManualClock, pi: Host) -> None:
    run_id = log.start_run(START)
    blank = {"score_map_q": None, "image_score": None}
    for seq, reason in enumerate((STANDING, STANDING, OVERTAKEN, "too dark")):
        log.log_frame(run_id, frame(seq, **blank, skipped=reason), [], None)
    progress = look(tmp_path / "log", host=pi, clock=clock).progress
    assert (progress.standing_still, progress.dropped, progress.skipped) == (2, 1, 1)
    assert "2 while standing still, 1 dropped" in dict(lines(look(tmp_path / "log", host=pi, clock=clock)))["frames"]


def test_one_line_says_how_it_goes(tmp_path: Path, pi: Host) -> None:
    now = [0.0]
    line = StatusLine(tmp_path, host=pi, mono_s=lambda: now[0])
    find = LastFind(frame="f", t_utc="2026-01-01T10:20:30.000000+00:00", score=0.876)
    progress = RunProgress(finds=3, dropped=2, lost=1, standing_still=4, queued=1, queue_size=2, last_find=find)
    expected = (
        "2.5 frames/s, 3 finds, 2 dropped, 1 lost, 4 standing still, queue 1 of 2, last find 0.88 at 10:20:30, "
        "62 °C, under-voltage"
    )
    assert line(progress, 2.5).startswith(expected)
    (tmp_path / "pi/sys/class/thermal/thermal_zone0/temp").write_text("50000")
    assert "62 °C" in line(progress, 2.5), "the machine is asked every five seconds"
    now[0] = 6.0
    assert "50 °C" in line(progress, 2.5)


def test_the_live_picture_is_small_replaced_and_troubles_no_run(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    now = [0.0]
    view = LiveView(tmp_path, mono_s=lambda: now[0])
    grey = [40, 90, 200]
    seen = []
    for value in grey:
        view.update(np.full((1080, 1920, 3), value, np.uint8))
        picture = cv2.imread(str(tmp_path / LIVE_FILE))
        assert picture.shape == (360, 640, 3)
        seen.append(round(float(picture.mean())))
        now[0] += 1.5
    assert seen == [40, 40, 200]
    assert [path.name for path in tmp_path.iterdir()] == [LIVE_FILE]
    gone = LiveView(tmp_path / "none", mono_s=lambda: now[0])
    for _ in range(3):
        gone.update(np.zeros((48, 64, 3), np.uint8))
        now[0] += 3
    assert len(caplog.records) == 1


def test_a_file_that_does_not_know_the_last_find_leaves_it_to_the_log(
    tmp_path: Path, log: InspectionLog, clock: ManualClock, pi: Host
) -> None:
    run_id = log.start_run(START)
    for seq in range(3):
        log.log_frame(run_id, frame(seq), [FIND] if seq < 2 else [], None)
    StatusWriter(tmp_path / "log", run_id=run_id, source="wall", clock=clock).update(RunProgress(inspected=3, finds=2))
    last = look(tmp_path / "log", host=pi, clock=clock).progress.last_find
    assert last is not None
    assert (last.frame, last.score) == (frame(1).name, pytest.approx(FIND.score))


def test_a_run_that_ended_is_told_from_its_log(
    tmp_path: Path, log: InspectionLog, clock: ManualClock, pi: Host
) -> None:
    """Also where an old file lies about, of it or of another run."""
    run_id = log.start_run(START)
    StatusWriter(tmp_path / "log", run_id=run_id, source="wall", clock=clock).update(RunProgress(inspected=1))
    for seq in range(3):
        log.log_frame(run_id, frame(seq), [FIND], None)
    log.end_run(run_id, RunState.FAILED, "the camera failed")
    status = look(tmp_path / "log", host=pi, clock=clock)
    assert (status.state, status.reason, status.frames_per_s) == ("failed", "the camera failed", None)
    assert (status.progress.inspected, status.progress.finds) == (3, 3)


def test_no_run_yet_and_no_log(tmp_path: Path, log: InspectionLog, clock: ManualClock, pi: Host) -> None:
    assert look(tmp_path / "log", host=pi, clock=clock).state == "none"
    with pytest.raises(LogError):
        look(tmp_path / "nowhere", host=pi, clock=clock)


# Published.

FULL = Status(
    log=Path("/log"),
    run_id="r",
    source='a "wall"\n',
    state="running",
    silent_s=1.5,
    frames_per_s=2.25,
    progress=RunProgress(
        inspected=7, queued=0, queue_size=4, last_find=LastFind(frame="f", t_utc="2026-01-01T00:00:00+00:00", score=0.5)
    ),
    temperature_c=50.0,
    throttled=("throttled",),
    throttled_since_boot=(),
    free_bytes=10**9,
    clock_synchronised=True,
)
# A sample of the text format: name, labels, value (the grammar of the specification).
SAMPLE = re.compile(r'hairline_[a-z_]+(\{[a-z]+="(\\[\\"n]|[^\\"\n])*"(,[a-z]+="(\\[\\"n]|[^\\"\n])*")*\})? [-+.e0-9]+')


def test_metrics_are_of_the_format() -> None:
    text = prometheus(FULL)
    assert text.endswith("\n")
    for line in text.splitlines():
        assert line.startswith(("# HELP hairline_", "# TYPE hairline_")) or SAMPLE.fullmatch(line), line
    values = dict(line.rsplit(" ", 1) for line in text.splitlines() if line[0] != "#")
    assert float(values["hairline_frames_per_second"]) == 2.25
    assert float(values["hairline_throttled"]) == 1
    assert float(values["hairline_last_find_timestamp_seconds"]) == 1767225600
    assert 'hairline_run_info{run="r",source="a \\"wall\\"\\n",state="running"}' in values


def test_metrics_over_http_until_stopped() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    stop = threading.Event()
    answers = iter([FULL])

    def once() -> Status:
        try:
            return next(answers)
        except StopIteration:
            raise LogError("the log is gone") from None

    server = threading.Thread(
        target=publish, args=(once,), kwargs={"metrics": MetricsConfig(port=port), "mqtt": None, "stop": stop.is_set}
    )
    server.start()
    try:
        assert get(port, "/metrics") == (200, prometheus(FULL))
        assert get(port, "/metrics")[0] == 503
        assert get(port, "/")[0] == 404
    finally:
        stop.set()
        server.join(30)
    assert not server.is_alive()


def get(port: int, path: str) -> tuple[int, str]:
    until = time.monotonic() + 30
    while True:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=30) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as refused:
            return refused.code, refused.reason
        except urllib.error.URLError:
            if time.monotonic() > until:
                raise
            time.sleep(0.05)


def test_mqtt_says_how_it_stands_and_that_it_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Against a stand-in for paho's client with the calls of the real one checked by their signatures."""
    from paho.mqtt.client import Client

    done: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = []

    class Fake:
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            inspect.signature(Client).bind(*args, **kwargs)

        def __getattr__(self, name: str) -> Any:
            def call(*args: Any, **kwargs: Any) -> Any:
                inspect.signature(getattr(Client, name)).bind(self, *args, **kwargs)
                done.append((name, args, kwargs))
                return True

            return call

    module: Any = types.ModuleType("paho.mqtt.client")
    module.Client = Fake
    monkeypatch.setitem(sys.modules, "paho.mqtt.client", module)
    asked = iter([False, True])
    publish(lambda: FULL, metrics=None, mqtt=MqttConfig(host="broker"), stop=lambda: next(asked))
    calls = {name: (args, kwargs) for name, args, kwargs in done}
    assert json.loads(calls["will_set"][0][1]) == {"state": "offline"}
    (topic, text), options = calls["publish"]
    assert (topic, json.loads(text), options["retain"]) == ("hairline/status", json.loads(status_json(FULL)), True)
    assert [name for name, *_ in done][-2:] == ["disconnect", "loop_stop"]


def test_nothing_to_publish() -> None:
    with pytest.raises(ConfigError, match=r"\[metrics\] or \[mqtt\]"):
        publish(lambda: FULL, metrics=None, mqtt=None, stop=lambda: True)
