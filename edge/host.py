"""What the machine says of itself: temperature, power, disk, memory. None where it does not say.

Everything is read below `root`, so that a test can put another machine there.
"""

import os
from dataclasses import dataclass
from pathlib import Path

# The Pi's firmware, as its kernel hands it on; `vcgencmd get_throttled` prints the same number.
# https://www.raspberrypi.com/documentation/computers/os.html#get_throttled
THROTTLED = Path("sys/devices/platform/soc/soc:firmware/get_throttled")
NOW_BITS = {0: "under-voltage", 1: "frequency capped", 2: "throttled", 3: "soft temperature limit"}
SINCE_BOOT = 16
# File systems by what happens to a log on them.
IN_MEMORY = frozenset({"tmpfs", "ramfs", "overlay"})
OVER_A_NETWORK = frozenset({"nfs", "nfs4", "cifs", "smb3", "smbfs", "fuse.sshfs", "9p", "ceph", "glusterfs"})
WITHOUT_JOURNAL = frozenset({"vfat", "exfat", "msdos", "ntfs", "ntfs3", "fuseblk"})
_ESCAPES = {"\\040": " ", "\\011": "\t", "\\012": "\n", "\\134": "\\"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Power:
    """What the Pi's firmware says of its supply and heat: bits 0 to 3 now, 16 to 19 the same since the start."""

    bits: int

    @property
    def now(self) -> tuple[str, ...]:
        """What holds at this moment."""
        return tuple(name for bit, name in NOW_BITS.items() if self.bits >> bit & 1)

    @property
    def since_boot(self) -> tuple[str, ...]:
        """What has held at some time since the machine was started."""
        return tuple(name for bit, name in NOW_BITS.items() if self.bits >> (bit + SINCE_BOOT) & 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Disk:
    """Where a folder lies: `device` and `kind` as mounted, what is free of `total_bytes`, and whether it is a card."""

    mount_point: Path
    device: str
    kind: str
    read_only: bool
    free_bytes: int
    total_bytes: int
    free_files: int

    @property
    def is_card(self) -> bool:
        """An SD card or eMMC, whose flash wears."""
        return self.device.startswith("/dev/mmcblk")


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """The machine whose `/proc` and `/sys` lie below `root`."""

    root: Path = Path("/")

    def temperature_c(self) -> float | None:
        """The hottest thermal zone, in degrees Celsius."""
        zones = (_number(path) for path in self.root.glob("sys/class/thermal/thermal_zone*/temp"))
        return max((zone / 1000 for zone in zones if zone is not None), default=None)

    def power(self) -> Power | None:
        """What the Pi's firmware says; None on another machine."""
        text = _text(self.root / THROTTLED)
        try:
            return None if text is None else Power(bits=int(text, 16))
        except ValueError:
            return None

    def model(self) -> str | None:
        """'Raspberry Pi 5 Model B Rev 1.0', say."""
        text = _text(self.root / "proc/device-tree/model")
        return None if text is None else text.rstrip("\0") or None

    def memory_available_bytes(self) -> int | None:
        """What programs may still take without swapping (MemAvailable of proc(5))."""
        for line in (_text(self.root / "proc/meminfo") or "").splitlines():
            name, _, value = line.partition(":")
            if name == "MemAvailable" and value.split()[:1] and value.split()[0].isdecimal():
                return int(value.split()[0]) * 1024
        return None

    def disk(self, folder: Path) -> Disk | None:
        """The disk of a folder, or of the nearest one above it that is there. Raises `OSError`."""
        at = folder.resolve()
        while not at.exists():
            at = at.parent
        found: tuple[Path, str, str, bool] | None = None
        # proc_pid_mountinfo(5). A later line hides an earlier one on the same place.
        for line in (_text(self.root / "proc/self/mountinfo") or "").splitlines():
            left, _, right = line.partition(" - ")
            fields, (kind, device, *super_options) = left.split(), (*right.split(), "", "")[:4]
            point = Path(_unescaped(fields[4]))
            if at.is_relative_to(point) and (found is None or len(point.parts) >= len(found[0].parts)):
                options = {*fields[5].split(","), *(option for text in super_options for option in text.split(","))}
                found = (point, _unescaped(device), kind, "ro" in options)
        if found is None:
            return None
        space = os.statvfs(at)
        point, device, kind, read_only = found
        return Disk(
            mount_point=point,
            device=device,
            kind=kind,
            read_only=read_only,
            free_bytes=space.f_bavail * space.f_frsize,
            total_bytes=space.f_blocks * space.f_frsize,
            free_files=space.f_favail,
        )


def _text(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None


def _number(path: Path) -> int | None:
    text = (_text(path) or "").strip()
    return int(text) if text.removeprefix("-").isdecimal() else None


def _unescaped(text: str) -> str:
    for code, character in _ESCAPES.items():
        text = text.replace(code, character)
    return text
