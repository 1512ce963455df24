"""What stands between this machine and a run: each thing looked at, judged, and what to do about it."""

import logging
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

from edge.clock import Clock
from edge.config import RoverConfig
from edge.errors import HairlineError
from edge.host import IN_MEMORY, OVER_A_NETWORK, WITHOUT_JOURNAL, Disk, Host

_log = logging.getLogger(__name__)

LITTLE_DISK_BYTES = 2_000_000_000
TOO_LITTLE_DISK_BYTES = 200_000_000
LITTLE_FILES = 10_000
LITTLE_MEMORY_BYTES = 300_000_000
HOT_C = 80.0  # where a Raspberry Pi begins to slow down
RELEASED = datetime(2026, 1, 1, tzinfo=UTC)  # no run can have been before


class Verdict(StrEnum):
    """How a thing stands. A fault keeps a run from its work; a warning does not."""

    OK = "ok"
    WARNING = "warning"
    FAULT = "fault"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One line of the doctor's: what was looked at, what was found, and what to do where that is not well."""

    part: str
    verdict: Verdict
    says: str
    do: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Doctor:
    """Looks at what the configuration names, on this host. Nothing is changed, no camera is started."""

    config: RoverConfig
    host: Host
    clock: Clock

    def findings(self) -> list[Finding]:
        """Every finding, in the order in which a run needs the things."""
        # A look that breaks is itself a finding: the others are wanted all the more then.
        return [
            finding
            for part, look in (
                ("camera", self.camera),
                ("runtime", self.runtime),
                ("model", self.model),
                ("disk", self.disk),
                ("permissions", self.permissions),
                ("clock", self.clock_),
                ("power", self.power),
                ("temperature", self.temperature),
                ("memory", self.memory),
            )
            for finding in _looked(part, look)
        ]

    def camera(self) -> list[Finding]:
        source = self.config.source
        if source is None:
            return [_warning("camera", "no source is named", "name one: --config FILE with 'source'")]
        if source == "picamera":
            from edge.cameras.picamera import connected_cameras

            return [_ok("camera", f"{name} is connected") for name in connected_cameras()]
        if source != "wall" and not source.startswith("wall:") and not Path(source).exists():
            return [_fault("camera", f"the source {source} does not exist", "check the path")]
        return [_ok("camera", f"the source is {source}")]

    def runtime(self) -> list[Finding]:
        from edge.runtime import RUNTIMES, installed_runtime

        runtime = installed_runtime()
        if not runtime.name.startswith(RUNTIMES[0][0]):
            better = f"{RUNTIMES[0][0]} is several times faster: install that where it runs"
            return [_warning("runtime", f"{runtime.name} ({runtime.kernels})", better)]
        return [_ok("runtime", f"{runtime.name} ({runtime.kernels})")]

    def model(self) -> list[Finding]:
        from edge.bundle import default_bundle_path
        from edge.classifiers import open_classifier

        path = self.config.bundle or default_bundle_path()
        with open_classifier(self.config.classifier or "int8", path, threads=1) as (bundle, classifier):
            name, tiles = bundle.manifest.name, len(bundle.golden.outputs)
            return [_ok("model", f"{name}: {tiles} golden tiles agree on {classifier.runtime}")]

    def disk(self) -> list[Finding]:
        if self.config.log is None:
            return [_warning("disk", "no log is named", "name one: LOG or --config FILE with 'log'")]
        disk = self.host.disk(self.config.log)
        if disk is None:
            return [_warning("disk", f"what {self.config.log} lies on is not known", "see that it is a local disk")]
        return [_kind_of(disk), _space_of(disk)]

    def permissions(self) -> list[Finding]:
        found = []
        if self.config.log is not None:
            found.append(_writable(self.config.log))
        for section in (self.config.base, self.config.mqtt):
            secret = getattr(section, "token_file", None) or getattr(section, "password_file", None)
            if secret is not None:
                found.append(_secret(secret))
        return found

    def clock_(self) -> list[Finding]:
        now, synchronised = self.clock.utc(), self.clock.synchronised()
        says = f"{now:%Y-%m-%d %H:%M} UTC"
        if now < RELEASED:
            return [_fault("clock", f"{says} lies in the past", "set it (`date -s`), or connect a network once")]
        if synchronised is None:
            return [_warning("clock", f"{says}; whether it is synchronised is not known", "compare it with a watch")]
        if not synchronised:
            todo = "connect a network (NTP) or fit a battery-backed clock; until then frames are marked unsynchronised"
            return [_warning("clock", f"{says}, not synchronised", todo)]
        return [_ok("clock", f"{says}, synchronised")]

    def power(self) -> list[Finding]:
        power = self.host.power()
        if power is None:
            return [_ok("power", "this machine does not say (no Raspberry Pi's firmware)")]
        todo = "use a supply and cable for the Pi's full current (5 V, 5 A for a Pi 5), and cool it"
        if power.now:
            return [_fault("power", f"now: {', '.join(power.now)}", todo)]
        if power.since_boot:
            return [_warning("power", f"since the start: {', '.join(power.since_boot)}", todo)]
        return [_ok("power", "no under-voltage or throttling since the start")]

    def temperature(self) -> list[Finding]:
        celsius = self.host.temperature_c()
        if celsius is None:
            return [_ok("temperature", "this machine does not say")]
        if celsius >= HOT_C:
            return [_warning("temperature", f"{celsius:.0f} °C", f"cool it: from {HOT_C:.0f} °C it slows down")]
        return [_ok("temperature", f"{celsius:.0f} °C")]

    def memory(self) -> list[Finding]:
        available = self.host.memory_available_bytes()
        if available is None:
            return [_ok("memory", "this machine does not say")]
        says = f"{available / 1e6:.0f} MB are available"
        if available < LITTLE_MEMORY_BYTES:
            return [_warning("memory", says, f"end other programs: {LITTLE_MEMORY_BYTES / 1e6:.0f} MB are wanted")]
        return [_ok("memory", says)]


def worst(findings: Sequence[Finding]) -> Verdict:
    """The gravest verdict among the findings."""
    order = list(Verdict)
    return max((finding.verdict for finding in findings), key=order.index, default=Verdict.OK)


def _looked(part: str, look: Callable[[], list[Finding]]) -> list[Finding]:
    try:
        return look()
    except (HairlineError, OSError) as error:
        return [_fault(part, str(error), "see what it says")]
    except ModuleNotFoundError as missing:
        return [_fault(part, f"the package '{missing.name}' is missing", "pip install 'hairline[edge]'")]


def _kind_of(disk: Disk) -> Finding:
    says = f"{disk.mount_point}: {disk.kind} on {disk.device}"
    if disk.read_only:
        return _fault("disk", f"{says} is mounted read-only", "mount it for writing; after faults check it with `fsck`")
    if disk.kind in IN_MEMORY:
        return _fault("disk", f"{says} is gone with the power", "put the log on a disk or a card")
    if disk.kind in OVER_A_NETWORK:
        return _fault(
            "disk", f"{says} cannot hold a log (WAL)", "put the log on a local disk; `hairline upload` sends it"
        )
    if disk.kind in WITHOUT_JOURNAL:
        return _warning("disk", f"{says} has no journal: a power cut may damage it", "format it as ext4 or f2fs")
    if disk.is_card:
        return _ok("disk", f"{says}, a card, whose flash wears: an SSD lasts longer")
    return _ok("disk", says)


def _space_of(disk: Disk) -> Finding:
    says = f"{disk.free_bytes / 1e9:.1f} GB of {disk.total_bytes / 1e9:.1f} GB are free"
    todo = "delete or move what is not needed; `hairline log show` says how large a log is"
    if disk.free_bytes < TOO_LITTLE_DISK_BYTES:
        return _fault("disk", says, todo)
    # Some file systems (btrfs) make their inodes as they go and say 0.
    if disk.free_bytes < LITTLE_DISK_BYTES or 0 < disk.free_files < LITTLE_FILES:
        return _warning("disk", says, todo)
    return _ok("disk", says)


def _writable(folder: Path) -> Finding:
    there = folder
    while not there.exists():
        there = there.parent
    user = os.geteuid()
    if not os.access(there, os.W_OK | os.X_OK, effective_ids=True):
        todo = f"sudo chown -R {user} {there}, or look as the service's user: sudo -u hairline hairline doctor ..."
        return _fault("permissions", f"user {user} may not write to {there}", todo)
    strangers = [
        path.name for path in folder.glob("inspection.db*") if not os.access(path, os.W_OK, effective_ids=True)
    ]
    if strangers:
        todo = f"sudo chown -R {user} {folder}"
        return _fault("permissions", f"user {user} may not write {', '.join(strangers)} in {folder}", todo)
    return _ok("permissions", f"user {user} may write to {there}")


def _secret(path: Path) -> Finding:
    mode = path.stat().st_mode
    if mode & 0o077:
        return _warning("permissions", f"{path} can be read by others", f"chmod 600 {path}")
    if not os.access(path, os.R_OK, effective_ids=True):
        return _fault("permissions", f"{path} cannot be read", f"sudo chown {os.geteuid()} {path}")
    return _ok("permissions", f"{path} is readable by its owner alone")


def _ok(part: str, says: str) -> Finding:
    return Finding(part=part, verdict=Verdict.OK, says=says)


def _warning(part: str, says: str, do: str) -> Finding:
    return Finding(part=part, verdict=Verdict.WARNING, says=says, do=do)


def _fault(part: str, says: str, do: str) -> Finding:
    return Finding(part=part, verdict=Verdict.FAULT, says=says, do=do)
