"""`rover.toml`: everything that a rover is told, read once and checked whole.

Every key is a field below with its rule beside it; nothing else knows the keys.
"""

import difflib
import tomllib
from collections.abc import Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from pathlib import Path
from typing import Any

from edge import config_rules as rules
from edge.config_rules import Rule
from edge.errors import ConfigError

MAX_BYTES = 16384
MAX_THREADS = 256


def _key(rule: Rule, says: str, example: Any = None, *, default: Any = None) -> Any:
    """A field of a section: its rule, what it is for, and what the template shows in place of an absent default."""
    return field(default=default, metadata={"rule": rule, "says": says, "example": example})


def _required(rule: Rule, says: str, example: Any) -> Any:
    return field(metadata={"rule": rule, "says": says, "example": example})


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraConfig:
    """`[camera]`: of the Pi's camera; None leaves what `edge.cameras.picamera.PiCameraSettings` has."""

    size_wh: tuple[int, int] | None = _key(rules.size_wh(), "a frame's size; else all of the sensor", [1920, 1080])
    view_width_px: int | None = _key(rules.whole(64, 4096, "pixels"), "of the small picture for viewing", 640)
    fps: float | None = _key(rules.number(0.1, 120, "frames a second"), "how often a frame is taken", 10.0)
    lens_position_dpt: float | None = _key(
        rules.number(0, 32, "dioptres, 1 / m"), "fixes the focus; a calibration sets its own", 3.3
    )
    speed_mm_s: float | None = _key(
        rules.number(0.1, 10_000, "mm a second"), "keeps the exposure so short that driving blurs half a pixel", 50.0
    )
    mm_per_px: float | None = _key(
        rules.number(0.001, 100, "mm per pixel"), "for that; a calibration with a fixed scale knows it", 0.1
    )
    stop_and_shoot: bool | None = _key(rules.flag(), "inspect only what was seen standing", False)
    exposure_us: int | None = _key(rules.whole(1, 10_000_000, "microseconds"), "fixes the exposure", 800)
    analogue_gain: float | None = _key(rules.number(1, 64), "fixes the gain", 1.0)
    noise_reduction: bool | None = _key(rules.flag(), "it smears hairlines", False)
    buffer_count: int | None = _key(rules.whole(1, 16), "frames that the camera holds", 4)
    stall_s: float | None = _key(rules.number(0.2, 60, "seconds"), "no frame for so long is a failure", 1.8)


_SHARE = rules.number(0, 1, "a share")


@dataclass(frozen=True, slots=True, kw_only=True)
class QualityConfig:
    """`[quality]`: which frames are inspected; None leaves what `edge.quality.QualityThresholds` has."""

    judge: bool = _key(
        rules.flag(), "skip frames that are too dark, too bright, blurred or not square to the wall", default=False
    )
    skip_still: bool | None = _key(
        rules.flag(), "skip what the last inspected frame saw; else a live camera's frames alone", True
    )
    min_median: float | None = _key(rules.number(0, 255, "a grey level"), "darker is too dark", 25.0)
    max_dark_share: float | None = _key(_SHARE, "of the pixels, clipped to black", 0.25)
    max_bright_share: float | None = _key(_SHARE, "of the pixels, clipped to white", 0.1)
    max_glare_share: float | None = _key(_SHARE, "of the pixels, in the largest bright patch", 0.02)
    max_tilt_deg: float | None = _key(rules.number(0, 90, "degrees"), "off square to the wall", 5.0)
    max_motion_px: float | None = _key(rules.number(0, 100, "pixels"), "moved during the exposure", 0.5)
    max_blur_px: float | None = _key(rules.number(0, 100, "pixels"), "of blur that the picture shows", 4.0)
    max_overlap_share: float | None = _key(_SHARE, "more of it seen by the last accepted frame is nothing new", 0.98)


_MEGABYTES = rules.number(0, 1e9, "megabytes")


@dataclass(frozen=True, slots=True, kw_only=True)
class DiskConfig:
    """`[disk]`: what the log may take (`edge.log.DiskRule`); pictures give way, records never. None: no limit."""

    max_pictures_mb: float | None = _key(_MEGABYTES, "all pictures of the log together", 20000.0)
    min_free_mb: float | None = _key(_MEGABYTES, "stay free on the log's file system", 1000.0)
    max_written_mb_per_hour: float | None = _key(_MEGABYTES, "written in an hour, all included: a card wears", 500.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricsConfig:
    """`[metrics]`: the status as Prometheus text over HTTP."""

    port: int = _required(rules.whole(1, 65535), "the HTTP port", 9110)
    host: str = _key(rules.text("a host name or an address"), "the address to listen on", default="127.0.0.1")


@dataclass(frozen=True, slots=True, kw_only=True)
class MqttConfig:
    """`[mqtt]`: the status to a broker; never the record."""

    host: str = _required(rules.text("a host name or an address"), "the broker", "broker.local")
    port: int = _key(rules.whole(1, 65535), "the broker's port", default=1883)
    topic: str = _key(rules.text("a topic"), "where the status goes, retained", default="hairline/status")
    every_s: float = _key(rules.number(1, 3600, "seconds"), "how often", default=10.0)
    user: str | None = _key(rules.text("a user name"), "who we are to the broker", "rover-1")
    password_file: Path | None = _key(rules.path("a file"), "its password, alone in a file", "mqtt-password")
    ca_file: Path | None = _key(
        rules.path("a file of certificates (PEM)"), "turns TLS on; whom we trust", "broker-ca.pem"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class BaseConfig:
    """`[base]`: where `hairline upload` sends the log."""

    url: str = _required(
        rules.text(
            "a URL that begins with https:// (or http://, over a loopback address)", starts=("https://", "http://")
        ),
        "a `hairline base`",
        "https://base.local:8443",
    )
    token_file: Path = _required(rules.path("a file"), "what `hairline base token` printed", "base-token")
    ca_file: Path | None = _key(
        rules.path("a file of certificates (PEM)"), "whom we trust, instead of the system's list", "base-ca.pem"
    )
    every_s: float = _key(rules.number(1, 86400, "seconds"), "how often to look for what is new", default=10.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class RoverConfig:
    """The whole file. None where it does not say; paths are absolute or start from the working directory."""

    source: str | None = _key(
        rules.source('"picamera", a picture, a folder, a video, "wall" or "wall:SEED"'), "what to inspect", "picamera"
    )
    log: Path | None = _key(rules.path("a folder"), "the inspection log", "/var/lib/hairline/log")
    bundle: Path | None = _key(rules.path("a folder"), "the model bundle; else the one that ships", "bundle")
    classifier: str | None = _key(
        rules.text('"int8", "serial:PORT" or "deepc:PROGRAM"'), "what computes the scores", "int8"
    )
    threshold: float | None = _key(
        rules.number(0, 1, "a probability"), "report windows of at least this; else the bundle's", 0.5
    )
    threads: int | None = _key(
        rules.whole(1, MAX_THREADS), "for the network; else one a core, at most 4, less one for a live camera", 3
    )
    measure: bool | None = _key(rules.flag(), "measure finds, where the bundle has a segmenter", True)
    resume: bool | None = _key(
        rules.flag(), "go on with the last run on this source where it ended early, as `hairline run --resume`", True
    )
    coverage: float | None = _key(
        rules.number(0.001, 100, "mm per pixel"), "draw the map of what was inspected at this scale or finer", 0.3
    )
    calibration: Path | None = _key(
        rules.path("a file"), "the camera's, from `hairline calibrate camera`", "camera.json"
    )
    scale: str | None = _key(
        rules.text("standoff:MM:SD, tag:MM:SD or points:X1,Y1,X2,Y2:MM:SD"), "needs a calibration", "standoff:300:2"
    )
    wall: str | None = _key(
        rules.text("a name"), "each run is a visit to this wall, and its finds its cracks", "pier 3"
    )
    tags: Path | None = _key(rules.path("a file"), "where the wall's AprilTags are; needs a scale", "tags.toml")
    odometry: str | None = _key(
        rules.text("serial:PORT or a file"), "what the wheels say; needs a scale", "serial:/dev/ttyUSB0"
    )
    camera: CameraConfig = field(default_factory=CameraConfig)
    quality: QualityConfig = field(default_factory=QualityConfig)
    disk: DiskConfig = field(default_factory=DiskConfig)
    metrics: MetricsConfig | None = None
    mqtt: MqttConfig | None = None
    base: BaseConfig | None = None


SECTIONS: Mapping[str, type] = {
    "camera": CameraConfig,
    "quality": QualityConfig,
    "disk": DiskConfig,
    "metrics": MetricsConfig,
    "mqtt": MqttConfig,
    "base": BaseConfig,
}


def read_config(path: Path) -> RoverConfig:
    """Reads and checks `rover.toml`. Raises `ConfigError` with the file, the line and what is allowed there."""
    try:
        with path.open("rb") as stream:
            content = stream.read(MAX_BYTES + 1)
        if len(content) > MAX_BYTES:
            raise ConfigError(f"{path}: a configuration has at most {MAX_BYTES} bytes; this file has more")
        source = content.decode("utf-8")
        table = tomllib.loads(source)
    except OSError as unreadable:
        raise ConfigError(f"{path}: cannot be read: {unreadable.strerror or unreadable}") from unreadable
    except UnicodeDecodeError as wrong:
        raise ConfigError(f"{path}: a configuration is UTF-8; byte {wrong.start} is not") from wrong
    except tomllib.TOMLDecodeError as wrong:
        end = f"(at line {source.rstrip().count(chr(10)) + 1})"
        raise ConfigError(f"{path}: is not TOML: {str(wrong).replace('(at end of document)', end)}") from wrong
    return _Reader(path, source).rover(table)


def keys_of(section: type) -> dict[str, "Field[Any]"]:
    """The keys that a section may have, in the order of its fields."""
    return {f.name: f for f in fields(section) if "rule" in f.metadata}


@dataclass(frozen=True, slots=True)
class _Reader:
    """Turns a parsed file into the records, or into an error at its line."""

    path: Path
    source: str

    def rover(self, table: Mapping[str, Any]) -> RoverConfig:
        sections = {name: self.section(name, table[name]) for name in SECTIONS if name in table}
        top = {name: value for name, value in table.items() if name not in SECTIONS}
        return RoverConfig(**self.values((), top, RoverConfig), **sections)

    def section(self, name: str, table: Any) -> Any:
        if not isinstance(table, dict):
            raise self.wrong((name,), f"'{name}' is a section, [{name}] with keys below it; got {table!r}")
        kind = SECTIONS[name]
        values = self.values((name,), table, kind)
        for key, declared in keys_of(kind).items():
            if declared.default is MISSING and key not in values:
                raise self.wrong((name,), f"[{name}] needs '{key}': {declared.metadata['rule'].allows}")
        return kind(**values)

    def values(self, above: tuple[str, ...], table: Mapping[str, Any], kind: type) -> dict[str, Any]:
        known, taken = keys_of(kind), {}
        for name, value in table.items():
            if name not in known:
                raise self.unknown(above, name, isinstance(value, dict), known)
            rule: Rule = known[name].metadata["rule"]
            try:
                taken[name] = rule.take(value, self.path.parent)
            except ValueError as refused:
                where = f" in [{above[0]}]" if above else ""
                raise self.wrong((*above, name), f"'{name}'{where} is {rule.allows}; got {value!r}") from refused
        return taken

    def unknown(self, above: tuple[str, ...], name: str, is_table: bool, known: Mapping[str, Any]) -> ConfigError:
        # A key of one section under another heading is the commonest slip, after a misspelt one.
        homes = {key: f"[{section}]" for section, kind in SECTIONS.items() for key in keys_of(kind)}
        homes |= dict.fromkeys(keys_of(RoverConfig), "the top, before any section")
        candidates = list(SECTIONS) if is_table and not above else [*known, *homes]
        nearest = difflib.get_close_matches(name, candidates, n=1, cutoff=0.6)
        what = "section" if is_table and not above else "key"
        where = f"[{above[0]}]" if above else "the file"
        hint = ""
        if nearest:
            home = "" if nearest[0] in known or what == "section" else f" of {homes[nearest[0]]}"
            hint = f"; the nearest is '{nearest[0]}'{home}"
        allowed = ", ".join(SECTIONS if what == "section" else known)
        return self.wrong((*above, name), f"{where} has no {what} '{name}'{hint}; it has: {allowed}")

    def wrong(self, key: tuple[str, ...], message: str) -> ConfigError:
        return ConfigError(f"{self.path}:{line_of(self.source, key)}: {message}")


def line_of(source: str, key: tuple[str, ...]) -> int:
    """The line, from 1, on which the statement begins that first gives `key` (a key, or a section) in valid TOML.

    tomllib keeps no lines. A file cut off after a line is TOML again exactly where a statement has ended, so the first
    such beginning that holds the key ends with its statement; values over several lines need no parser of our own.
    """
    lines, begun = source.split("\n"), 1
    for number in range(1, len(lines) + 1):
        try:
            node: Any = tomllib.loads("\n".join(lines[:number]))
        except tomllib.TOMLDecodeError:
            continue
        for part in key:
            node = node.get(part) if isinstance(node, dict) else None
        if node is not None:
            return begun
        begun = number + 1
    raise ValueError(f"the file has no key {'.'.join(key)}")
