"""Putting the units where systemd finds them, and taking them away again."""

import logging
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from edge.config import RoverConfig
from edge.durable import make_folder, write_durably
from edge.errors import ServiceError
from edge.service.unit import CAMERA_DEVICES, CAMERA_GROUPS, UNIT, ServicePlan, sysusers, units

_log = logging.getLogger(__name__)

UNITS = Path("etc/systemd/system")
SYSUSERS = Path("etc/sysusers.d/hairline.conf")
NAMES = (UNIT, "hairline-upload.service", "hairline-status.service")
_SERIAL = "serial:"
_COMMAND_TIMEOUT_S = 60.0

Runner = Callable[[Sequence[str]], str]


def run_command(words: Sequence[str]) -> str:
    """What a command of the system prints. Raises `ServiceError` where it fails or is missing."""
    program = shutil.which(words[0])
    if program is None:
        raise ServiceError(
            f"'{words[0]}' is not installed here: a service needs systemd; run `hairline run` from your own"
        )
    try:
        done = subprocess.run(  # noqa: S603  # our own words, no shell
            [program, *words[1:]], capture_output=True, text=True, check=True, timeout=_COMMAND_TIMEOUT_S
        )
    except subprocess.CalledProcessError as failed:
        raise ServiceError(f"`{' '.join(words)}` failed with {failed.returncode}: {failed.stderr.strip()}") from failed
    except (OSError, subprocess.TimeoutExpired) as failed:
        raise ServiceError(f"`{' '.join(words)}` failed: {failed}") from failed
    return done.stdout


def plan_for(
    config: RoverConfig, config_path: Path, *, user: str, systemd: int, program: Path | None = None
) -> ServicePlan:
    """What the units for this configuration depend on. Raises `ServiceError` for one that cannot be a service."""
    if config.source is None or config.log is None:
        raise ServiceError(f"{config_path}: a service needs 'source' and 'log'; say both")
    camera = config.source == "picamera"
    devices: tuple[str, ...] = CAMERA_DEVICES if camera else ()
    groups: tuple[str, ...] = CAMERA_GROUPS if camera else ()
    for named in (config.classifier, config.odometry):
        if named is not None and named.startswith(_SERIAL):
            port = named.removeprefix(_SERIAL).partition("@")[0]
            devices, groups = (*devices, f"{port} rw"), (*(group for group in groups if group != "dialout"), "dialout")
    return ServicePlan(
        program=program or Path(sys.executable).with_name("hairline"),
        config=config_path.resolve(),
        log=config.log.resolve(),
        user=user,
        devices=devices,
        groups=groups,
        endless=camera,
        uploads=config.base is not None,
        publishes=config.mqtt is not None or config.metrics is not None,
        systemd=systemd,
    )


def systemd_version(run: Runner = run_command) -> int:
    """The number that `systemctl --version` begins with. Raises `ServiceError`."""
    said = run(["systemctl", "--version"])
    words = said.split()
    if len(words) < 2 or not words[1].isdecimal():
        raise ServiceError(f"`systemctl --version` begins with 'systemd' and a number; it said '{said[:60]}'")
    return int(words[1])


def install(plan: ServicePlan, *, root: Path = Path("/"), run: Runner = run_command) -> list[Path]:
    """Writes the units, makes the user and the log's folder, and starts everything; returns the files written.

    Under another `root` only files are written, as for an image of a system. Raises `ServiceError`.
    """
    _refuse_hidden(plan)
    live = root == Path("/")
    wanted = units(plan)
    written = []
    try:
        for path, text in {SYSUSERS: sysusers(plan), **{UNITS / name: text for name, text in wanted.items()}}.items():
            make_folder((root / path).parent)
            write_durably(root / path, text.encode())
            written.append(root / path)
        if live:
            run(["systemd-sysusers", f"/{SYSUSERS}"])
            make_folder(plan.log)
            shutil.chown(plan.log, plan.user, plan.user)
    except (OSError, LookupError) as failed:
        raise ServiceError(f"a service is installed by root (sudo): {failed}") from failed
    if live:
        # A companion that the configuration no longer asks for.
        _remove([name for name in NAMES if name not in wanted], root, run)
        run(["systemctl", "daemon-reload"])
        run(["systemctl", "enable", *wanted])
        run(["systemctl", "restart", *wanted])
    return written


def uninstall(*, root: Path = Path("/"), run: Runner = run_command) -> list[Path]:
    """Stops and removes the units; the log, the configuration and the user stay. Returns the files removed."""
    removed = _remove(NAMES, root, run)
    try:
        if (root / SYSUSERS).exists():
            (root / SYSUSERS).unlink()
            removed.append(root / SYSUSERS)
    except OSError as failed:
        raise ServiceError(f"a service is removed by root (sudo): {failed}") from failed
    if root == Path("/"):
        run(["systemctl", "daemon-reload"])
    return removed


def _remove(names: Sequence[str], root: Path, run: Runner) -> list[Path]:
    there = [name for name in names if (root / UNITS / name).exists()]
    if there and root == Path("/"):
        run(["systemctl", "disable", "--now", *there])
    try:
        for name in there:
            (root / UNITS / name).unlink()
    except OSError as failed:
        raise ServiceError(f"a service is removed by root (sudo): {failed}") from failed
    return [root / UNITS / name for name in there]


def _refuse_hidden(plan: ServicePlan) -> None:
    """The units see no home folders: what the service needs may not lie in one."""
    for what, path in (("the program", plan.program), ("the configuration", plan.config), ("the log", plan.log)):
        if any(path.is_relative_to(home) for home in ("/home", "/root", "/run/user")):
            raise ServiceError(
                f"{what} of a service lies outside home folders, which its own user cannot read; got {path}: have "
                "Hairline in /usr/local/lib/hairline, rover.toml in /etc/hairline, the log in /var/lib/hairline"
            )
