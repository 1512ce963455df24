"""The doctor on machines that are not this one: /proc and /sys below a folder, a disk as it is mounted there."""

import json
import os
import subprocess
import sys
import types
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from edge import doctor
from edge.clock import ManualClock
from edge.config import BaseConfig, RoverConfig
from edge.doctor import Doctor, Finding, Verdict, worst
from edge.host import THROTTLED, Disk, Host, Power

TINY = Path(__file__).parent / "golden" / "tiny_bundle"
OK, WARNING, FAULT = Verdict
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)


def machine(root: Path, **files: str) -> Host:
    """A host with these files; `__` in a name stands for a slash."""
    for name, content in files.items():
        path = root / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return Host(root=root)


def patient(tmp_path: Path, *, host: Host | None = None, clock: ManualClock | None = None, **config: Any) -> Doctor:
    return Doctor(
        config=RoverConfig(**{"source": "wall", "log": tmp_path / "log", "bundle": TINY, **config}),
        host=host or Host(root=tmp_path / "nothing"),
        clock=clock or ManualClock(now_utc=NOW),
    )


def verdicts(findings: list[Finding]) -> list[Verdict]:
    for finding in findings:
        assert (finding.do is None) == (finding.verdict is OK), "what is not well comes with what to do"
    return [finding.verdict for finding in findings]


# Disk.

MOUNTS = """\
22 1 179:2 / / rw,noatime shared:1 - ext4 /dev/mmcblk0p2 rw
30 22 0:26 / {0}/memory rw,nosuid - tmpfs tmpfs rw,size=10
31 22 8:1 / {0}/stick\\040of\\040mine rw - vfat /dev/sda1 rw
32 22 0:40 / {0}/share rw - nfs4 server:/x rw
33 22 8:2 / {0}/fallen rw - ext4 /dev/sdb1 ro,errors=remount-ro
34 22 8:2 / {0}/ssd rw,relatime - ext4 /dev/nvme0n1p1 rw
"""


@pytest.mark.parametrize(
    ("folder", "verdict", "words"),
    [
        ("log", OK, "ext4 on /dev/mmcblk0p2, a card"),
        ("memory/a/b", FAULT, "gone with the power"),
        ("stick of mine/log", WARNING, "no journal"),
        ("share", FAULT, "cannot hold a log"),
        ("fallen/log", FAULT, "read-only"),
        ("ssd", OK, "ext4 on /dev/nvme0n1p1"),
        ("ssd-but-not-below", OK, "mmcblk0p2"),
    ],
)
def test_what_a_log_lies_on(tmp_path: Path, folder: str, verdict: Verdict, words: str) -> None:
    for name in ("memory", "stick of mine", "share", "fallen", "ssd"):
        (tmp_path / name).mkdir()
    host = machine(tmp_path / "root", proc__self__mountinfo=MOUNTS.format(tmp_path))
    kind, _ = patient(tmp_path, host=host, log=tmp_path / folder).disk()
    assert (kind.verdict, words in kind.says) == (verdict, True), kind


@pytest.mark.parametrize(
    ("free_bytes", "free_files", "verdict"),
    [(50e9, 10**6, OK), (50e9, 0, OK), (50e9, 9, WARNING), (1e9, 10**6, WARNING), (1e8, 10**6, FAULT)],
)
def test_space(free_bytes: float, free_files: int, verdict: Verdict) -> None:
    disk = Disk(
        mount_point=Path("/"),
        device="/dev/sda",
        kind="ext4",
        read_only=False,
        free_bytes=int(free_bytes),
        total_bytes=10**11,
        free_files=free_files,
    )
    assert verdicts([doctor._space_of(disk)]) == [verdict]


def test_this_machines_disk_is_found(tmp_path: Path) -> None:
    """Against the machine's own `stat`, through a folder that is not there yet."""
    disk = Host().disk(tmp_path / "not" / "there")
    assert disk is not None
    said = subprocess.run(["stat", "-c", "%m", tmp_path], capture_output=True, text=True, check=True).stdout.strip()
    assert str(disk.mount_point) == said


# Clock, power, heat, memory.


@pytest.mark.parametrize(
    ("synchronised", "year", "verdict"),
    [(True, 2026, OK), (False, 2026, WARNING), (None, 2026, WARNING), (True, 1970, FAULT)],
)
def test_clock(tmp_path: Path, synchronised: bool | None, year: int, verdict: Verdict) -> None:
    clock = ManualClock(now_utc=NOW.replace(year=year), is_synchronised=synchronised)
    assert verdicts(patient(tmp_path, clock=clock).clock_()) == [verdict]


@pytest.mark.parametrize(
    ("said", "verdict", "words"),
    [
        ("0\n", OK, "no under-voltage"),
        ("50000\n", WARNING, "since the start: under-voltage, throttled"),
        ("50005\n", FAULT, "now: under-voltage, throttled"),
        ("80008\n", FAULT, "now: soft temperature limit"),
        ("nonsense", OK, "does not say"),
        (None, OK, "does not say"),
    ],
)
def test_power(tmp_path: Path, said: str | None, verdict: Verdict, words: str) -> None:
    host = machine(tmp_path, **({} if said is None else {str(THROTTLED).replace("/", "__"): said}))
    (finding,) = patient(tmp_path, host=host).power()
    assert verdicts([finding]) == [verdict]
    assert words in finding.says


def test_the_firmwares_bits() -> None:
    """0x50005 of the Pi's documentation: under-voltage and throttling, now and before."""
    assert Power(bits=0x50005) == Power(bits=0x50005)
    assert Power(bits=0x50005).now == Power(bits=0x50005).since_boot == ("under-voltage", "throttled")
    assert Power(bits=0x20002).now == ("frequency capped",)


def test_temperature_and_memory(tmp_path: Path) -> None:
    host = machine(
        tmp_path,
        sys__class__thermal__thermal_zone0__temp="48312\n",
        sys__class__thermal__thermal_zone1__temp="83500\n",
        sys__class__thermal__thermal_zone2__temp="\n",
        proc__meminfo="MemTotal: 900000 kB\nMemAvailable:     102400 kB\n",
    )
    assert host.temperature_c() == 83.5
    assert host.memory_available_bytes() == 104_857_600
    assert verdicts(patient(tmp_path, host=host).temperature()) == [WARNING]
    assert verdicts(patient(tmp_path, host=host).memory()) == [WARNING]
    silent = patient(tmp_path, host=Host(root=tmp_path / "nothing"))
    assert verdicts(silent.temperature() + silent.memory()) == [OK, OK]


# Camera, model, permissions.


@pytest.mark.parametrize(
    ("cameras", "verdict", "words"),
    [
        ([{"Model": "imx708"}], OK, "imx708 is connected"),
        ([], FAULT, "no camera is connected"),
        (RuntimeError("busy"), FAULT, "busy"),
        (None, FAULT, "picamera2"),
    ],
)
def test_the_pi_camera(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cameras: Any, verdict: Verdict, words: str
) -> None:
    def global_camera_info() -> Any:
        if isinstance(cameras, Exception):
            raise cameras
        return cameras

    fake: Any = types.ModuleType("picamera2")
    fake.Picamera2 = types.SimpleNamespace(global_camera_info=global_camera_info)
    monkeypatch.setitem(sys.modules, "picamera2", None if cameras is None else fake)
    findings = [f for f in patient(tmp_path, source="picamera").findings() if f.part == "camera"]
    assert verdicts(findings) == [verdict]
    assert words in findings[0].says


def test_a_source_that_is_not_there(tmp_path: Path) -> None:
    assert verdicts(patient(tmp_path, source=str(tmp_path / "none.mp4")).camera()) == [FAULT]


def test_a_damaged_model_does_not_hide_the_rest(tmp_path: Path) -> None:
    findings = patient(tmp_path, bundle=tmp_path / "none").findings()
    assert [f.part for f in findings if f.verdict is FAULT] == ["model"]
    assert {f.part for f in findings} >= {"camera", "runtime", "model", "clock", "power", "temperature", "memory"}


def test_the_model_is_tried(tmp_path: Path) -> None:
    (finding,) = patient(tmp_path).model()
    assert finding.verdict is OK
    assert "golden tiles agree" in finding.says


def test_permissions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    token = tmp_path / "token"
    token.write_text("secret")
    token.chmod(0o644)
    base = BaseConfig(url="https://base", token_file=token)
    assert verdicts(patient(tmp_path, base=base).permissions()) == [OK, WARNING]
    token.chmod(0o600)
    assert verdicts(patient(tmp_path, base=base).permissions()) == [OK, OK]
    # root may write everywhere, so what the system would answer another user is put in its place.
    monkeypatch.setattr(os, "access", lambda *_, **__: False)
    assert verdicts(patient(tmp_path).permissions()) == [FAULT]


def test_a_missing_secret_is_a_fault(tmp_path: Path) -> None:
    base = BaseConfig(url="https://base", token_file=tmp_path / "none")
    (finding,) = (f for f in patient(tmp_path, base=base).findings() if f.part == "permissions")
    assert finding.verdict is FAULT
    assert "none" in finding.says


# The whole.


def test_the_worst_verdict_counts() -> None:
    ok = Finding(part="a", verdict=OK, says="")
    assert worst([]) is OK
    assert worst([ok, replace(ok, verdict=WARNING)]) is WARNING
    assert worst([replace(ok, verdict=FAULT), ok]) is FAULT


def test_the_verb(tmp_path: Path) -> None:
    config = tmp_path / "rover.toml"
    config.write_text(f'source = "{tmp_path}/none"\nlog = "log"\nbundle = "{TINY}"\n')
    done = subprocess.run(
        [sys.executable, "-m", "edge.cli", "doctor", "--config", config, "--json"],
        cwd=Path(__file__).parents[1],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    found = {f["part"]: f["verdict"] for f in json.loads(done.stdout)}
    assert (found["camera"], found["model"]) == ("fault", "ok")
