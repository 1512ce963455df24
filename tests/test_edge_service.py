"""The systemd units, what a run tells systemd, and that it ends quickly with everything logged."""

import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import pytest

from edge.config import BaseConfig, MetricsConfig, RoverConfig
from edge.errors import ServiceError
from edge.log import RunState, read_log
from edge.service.install import NAMES, install, plan_for, systemd_version, uninstall
from edge.service.notify import Supervisor
from edge.service.unit import UNIT, ServicePlan, sysusers, units

ROOT = Path(__file__).parents[1]
TINY = ROOT / "tests" / "golden" / "tiny_bundle"
FULL = ServicePlan(
    program=Path("/usr/bin/env"),
    config=Path("/etc/hairline/rover.toml"),
    log=Path("/var/lib/hairline/log"),
    uploads=True,
    publishes=True,
)


# The units.


def settings(text: str) -> dict[str, list[str]]:
    """A unit's settings: every key with its values in order."""
    found: dict[str, list[str]] = {}
    for line in text.splitlines():
        if line and line[0] not in "#[":
            key, _, value = line.partition("=")
            found.setdefault(key, []).append(value)
    return found


def test_what_the_issue_asks_of_the_unit() -> None:
    unit = settings(units(FULL)[UNIT])
    expected = {
        "Type": "notify",
        "WatchdogSec": "30",
        "Restart": "always",
        "User": "hairline",
        "NoNewPrivileges": "yes",
        "ProtectSystem": "strict",
        "ReadWritePaths": "/var/lib/hairline/log",
        "DevicePolicy": "closed",
        "SuccessExitStatus": "130",
        "StartLimitIntervalSec": "0",
    }
    assert {key: unit[key] for key in expected} == {key: [value] for key, value in expected.items()}
    assert "char-video4linux rw" in unit["DeviceAllow"]
    assert "u hairline - " in sysusers(FULL)


def test_a_newer_systemd_waits_longer_after_every_failure() -> None:
    assert settings(units(FULL)[UNIT])["RestartSec"] == ["5"]
    newer = settings(units(replace(FULL, systemd=257))[UNIT])
    assert (newer["RestartSec"], newer["RestartSteps"], newer["RestartMaxDelaySec"]) == (["1"], ["8"], ["120"])


def test_systemd_itself_accepts_the_units_and_finds_them_hardened(tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("needs systemd-analyze")
    # root, because verify asks for the user, which only exists once the service is installed.
    plan = ServicePlan(
        program=FULL.program,
        config=tmp_path / "a folder" / "100 %.toml",
        log=tmp_path / 'it\'s "quoted" 5%',
        user="root",
        uploads=True,
        publishes=True,
    )
    for name, text in units(plan).items():
        (tmp_path / name).write_text(text)
        verified = subprocess.run(
            ["systemd-analyze", "verify", tmp_path / name], capture_output=True, text=True, check=False
        )
        assert (verified.returncode, verified.stderr) == (0, "")
        judged = subprocess.run(
            ["systemd-analyze", "security", "--no-pager", "--offline=true", "--threshold=25", tmp_path / name],
            capture_output=True,
            text=True,
            check=False,
        )
        assert judged.returncode == 0, judged.stdout[-200:]


def test_words_of_a_configuration_stay_one_word() -> None:
    unit = settings(units(replace(FULL, config=Path("/etc/a b/$x 100%.toml")))[UNIT])
    assert unit["ExecStart"] == ['/usr/bin/env run --config "/etc/a b/$$x 100%%.toml"']


# Installing.

CONFIG = RoverConfig(source="picamera", log=Path("/var/lib/hairline/log"))


def plan_of(config: RoverConfig) -> ServicePlan:
    return plan_for(
        config, Path("/etc/hairline/rover.toml"), user="hairline", systemd=252, program=Path("/usr/bin/env")
    )


def test_install_and_uninstall_in_an_image_of_a_system(tmp_path: Path) -> None:
    ran: list[object] = []
    config = RoverConfig(
        source="picamera",
        log=CONFIG.log,
        base=BaseConfig(url="https://base", token_file=Path("t")),
        metrics=MetricsConfig(port=9110),
    )
    written = install(plan_of(config), root=tmp_path, run=lambda words: ran.append(words) or "")
    assert {path.name for path in written} == {"hairline.conf", *NAMES}
    assert all(path.is_file() for path in written)
    assert not ran, "another system's units are not started here"
    assert set(uninstall(root=tmp_path)) == set(written)
    assert not any(path.exists() for path in written)
    assert uninstall(root=tmp_path) == []


def test_the_run_has_huge_pages() -> None:
    assert settings(units(plan_of(CONFIG))[UNIT])["Environment"] == ["GLIBC_TUNABLES=glibc.malloc.hugetlb=1"]


def test_only_what_the_configuration_asks_for() -> None:
    assert set(units(plan_of(CONFIG))) == {UNIT}
    wall = plan_of(RoverConfig(source="wall", log=CONFIG.log, classifier="serial:/dev/ttyACM0@115200"))
    assert settings(units(wall)[UNIT])["DeviceAllow"] == ["/dev/ttyACM0 rw"]
    assert settings(units(wall)[UNIT])["Restart"] == ["on-failure"]
    wheels = plan_of(replace(CONFIG, odometry="serial:/dev/ttyUSB0", classifier="serial:/dev/ttyACM0"))
    assert {"/dev/ttyACM0 rw", "/dev/ttyUSB0 rw"} <= set(settings(units(wheels)[UNIT])["DeviceAllow"])
    assert wheels.groups.count("dialout") == 1


@pytest.mark.parametrize(
    ("config", "words"),
    [
        (RoverConfig(source="picamera"), "needs 'source' and 'log'"),
        (RoverConfig(source="picamera", log=Path("/home/pi/log")), "the log of a service lies outside home folders"),
    ],
)
def test_what_cannot_be_a_service(tmp_path: Path, config: RoverConfig, words: str) -> None:
    with pytest.raises(ServiceError, match=words):
        install(plan_of(config), root=tmp_path)


def test_which_systemd() -> None:
    assert systemd_version(lambda _: "systemd 257 (257.7-1)\n+PAM") == 257
    with pytest.raises(ServiceError, match="it said 'nothing'"):
        systemd_version(lambda _: "nothing")


# What systemd is told.


@contextmanager
def listening(path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(path))
        listener.settimeout(120)
        yield listener


def test_ready_alive_stopping(tmp_path: Path) -> None:
    clock = iter(range(21))  # asked once a call
    with listening(tmp_path / "s") as listener:
        with Supervisor(str(tmp_path / "s"), watchdog_ns=30, mono_ns=lambda: next(clock)) as supervisor:
            for _ in range(21):
                supervisor.alive("3 frames\n1 find")
        listener.setblocking(False)
        heard = [listener.recv(200) for _ in range(5)]
        with pytest.raises(BlockingIOError):
            listener.recv(200)
    assert heard == [b"READY=1", *[b"WATCHDOG=1\nSTATUS=3 frames 1 find"] * 3, b"STOPPING=1"]


def test_abstract_addresses() -> None:
    name = f"hairline-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind("\0" + name)
        with Supervisor(f"@{name}"):
            assert listener.recv(100) == b"READY=1"


def test_nobody_listening_troubles_nobody(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with Supervisor(str(tmp_path / "none"), watchdog_ns=1) as supervisor:
        supervisor.alive()
    assert len(caplog.records) == 1, "said once"
    with Supervisor(None, watchdog_ns=1) as supervisor:
        supervisor.alive()


def test_what_the_environment_says() -> None:
    mine = {"NOTIFY_SOCKET": "/s", "WATCHDOG_USEC": "3000000", "WATCHDOG_PID": str(os.getpid())}
    assert Supervisor.from_environment(mine)._every_ns == 1_000_000_000
    assert Supervisor.from_environment({**mine, "WATCHDOG_PID": "1"})._every_ns is None
    assert Supervisor.from_environment({})._address is None


def processor_s(pid: int) -> float:
    """The processor time that a process has used (proc(5): utime and stime, in ticks)."""
    after_name = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(after_name[11]) + int(after_name[12])) / os.sysconf("SC_CLK_TCK")


def test_a_real_run_over_a_wall_ends_within_two_seconds_of_sigterm(tmp_path: Path) -> None:
    """From READY on, with what it inspected in the log, and the run's end too.

    The two seconds are of processor time: the wall clock would judge how busy the machine that tests is. That it waits
    for nothing is in the second bound, no frame after the one in work.
    """
    config = tmp_path / "rover.toml"
    config.write_text(f'source = "wall:3"\nlog = "log"\nbundle = "{TINY}"\nthreads = 1\n')
    with listening(tmp_path / "notify") as listener:
        process = subprocess.Popen(
            [sys.executable, "-m", "edge.cli", "run", "--config", str(config), "--json"],
            env={
                **os.environ,
                "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]),
                "NOTIFY_SOCKET": str(tmp_path / "notify"),
                "WATCHDOG_USEC": "3",  # so that every frame is told
            },
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        assert listener.recv(500) == b"READY=1"
        assert listener.recv(500).startswith(b"WATCHDOG=1\nSTATUS=1 frames")
        process.send_signal(signal.SIGTERM)
        used_s = processor_s(process.pid)
        told = list(waiting(listener))
        frames_when_asked = 1 + sum(message.startswith(b"WATCHDOG") for message in told)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        told += waiting(listener)
    assert process.returncode == 130
    assert usage.ru_utime + usage.ru_stime - used_s < 2
    assert told[-1] == b"STOPPING=1"
    with read_log(tmp_path / "log") as reader:
        (run,) = reader.runs()
        assert run.state is RunState.INTERRUPTED
        # One may be in work, and one done between the signal and the counting.
        assert frames_when_asked <= reader.counts(run.id).inspected <= frames_when_asked + 2


def waiting(listener: socket.socket) -> Iterator[bytes]:
    """What has been said and not yet heard."""
    listener.setblocking(False)
    with suppress(BlockingIOError):
        while True:
            yield listener.recv(500)
