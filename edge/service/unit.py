"""The text of systemd units, as pure functions (systemd.service(5), systemd.exec(5); systemd 252 and later)."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from edge.allocator import HUGE_PAGES

UNIT = "hairline.service"
WATCHDOG_S = 30
_STEPPED_RESTARTS = 254  # the first systemd with RestartSteps=

# The camera as Linux shows it: video and media devices, and the memory that they share. Then the Pi's firmware.
CAMERA_DEVICES = ("char-video4linux rw", "char-media rw", "char-dma_heap rw", "/dev/vcio rw", "/dev/vcsm-cma rw")
CAMERA_GROUPS = ("video", "render")

_HARDENING = """\
NoNewPrivileges=yes
CapabilityBoundingSet=
AmbientCapabilities=
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes
ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectKernelLogs=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectProc=invisible
ProcSubset=all
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
RemoveIPC=yes
KeyringMode=private
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged
SystemCallErrorNumber=EPERM
UMask=0022"""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServicePlan:
    """What the units depend on. Paths are absolute; `devices` are what DeviceAllow= takes.

    `endless`: the source never ends by itself, so that an end is a failure, whatever the exit status. `uploads` and
    `publishes` say which of the companions there is something to do for.
    """

    program: Path
    config: Path
    log: Path
    user: str = "hairline"
    devices: tuple[str, ...] = CAMERA_DEVICES
    groups: tuple[str, ...] = CAMERA_GROUPS
    endless: bool = True
    uploads: bool = False
    publishes: bool = False
    systemd: int = 252


def units(plan: ServicePlan) -> dict[str, str]:
    """Every unit by its file's name."""
    found = {UNIT: _run_unit(plan)}
    if plan.uploads:
        found["hairline-upload.service"] = _companion(plan, "sends Hairline's log to the base", "upload")
    if plan.publishes:
        found["hairline-status.service"] = _companion(plan, "publishes Hairline's status", "status", "--publish")
    return found


def sysusers(plan: ServicePlan) -> str:
    """The line of sysusers.d(5) that makes the service's own user, without a password, a shell or a home."""
    return f'u {plan.user} - "Hairline, finds cracks" /nonexistent /usr/sbin/nologin\n'


def _run_unit(plan: ServicePlan) -> str:
    devices = "\n".join(f"DeviceAllow={device}" for device in plan.devices)
    restart = "always" if plan.endless else "on-failure"
    return f"""{_head(plan, "finds cracks with the rover's camera")}
[Service]
Type=notify
NotifyAccess=main
Environment={" ".join(f"{name}={value}" for name, value in HUGE_PAGES.items())}
ExecStart={_command(plan, "run")}
# Ended by SIGTERM, it has logged everything and says 130.
SuccessExitStatus=130
Restart={restart}
{_backoff(plan)}
TimeoutStartSec=120
TimeoutStopSec=15
WatchdogSec={WATCHDOG_S}
User={plan.user}
Group={plan.user}
SupplementaryGroups={" ".join(plan.groups)}
ReadWritePaths={_quoted(plan.log)}
DevicePolicy=closed
{devices}
# Whether the clock is synchronised is asked by a call that could also set it, for which the capability is missing; that
# is why there is no ProtectClock=.
{_HARDENING}
SystemCallFilter=adjtimex clock_adjtime
# The loop needs no network: systemd's socket, and the kernel's news of devices.
PrivateNetwork=yes
RestrictAddressFamilies=AF_UNIX AF_NETLINK
IPAddressDeny=any

[Install]
WantedBy=multi-user.target
"""


def _companion(plan: ServicePlan, does: str, *words: str) -> str:
    return f"""{_head(plan, does, "Wants=network-online.target", "After=network-online.target")}
[Service]
Type=notify
NotifyAccess=main
ExecStart={_command(plan, *words)}
Restart=always
{_backoff(plan)}
TimeoutStopSec=15
User={plan.user}
Group={plan.user}
ReadWritePaths={_quoted(plan.log)}
DevicePolicy=closed
PrivateDevices=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6
ProtectClock=yes
{_HARDENING}

[Install]
WantedBy=multi-user.target
"""


def _head(plan: ServicePlan, does: str, *more: str) -> str:
    lines = "".join(f"{line}\n" for line in more)
    return f"""# Written by `hairline service install`; `hairline service uninstall` removes it.
[Unit]
Description=Hairline {does}
{lines}RequiresMountsFor={_quoted(plan.log)}
# However often it fails, it is started again: nobody is there to do it.
StartLimitIntervalSec=0
"""


def _backoff(plan: ServicePlan) -> str:
    if plan.systemd < _STEPPED_RESTARTS:
        return "RestartSec=5"
    return "RestartSec=1\nRestartSteps=8\nRestartMaxDelaySec=120"


def _command(plan: ServicePlan, *words: str) -> str:
    parts: Sequence[str | Path] = (plan.program, *words, "--config", plan.config)
    return " ".join(_quoted(part).replace("$", "$$") for part in parts)


def _quoted(value: str | Path) -> str:
    """A word of a unit file: % begins a specifier, and what is quoted may hold blanks."""
    text = str(value).replace("%", "%%")
    if any(c in text for c in " \t\"'\\;"):
        text = '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return text
