"""What `hairline evaluate --json` prints: a bundle on its test sets. Reader and writer side by side."""

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from edge.bundle import Bundle
from edge.errors import DataError
from edge.manifest_json import to_plain
from training.evaluate import FrameRow
from training.metrics import Confusion, Report
from training.trusted_report import TrustedReport
from training.two_stage import CrackRow

TAKEN = ("bundle", "trusted", "frames", "cracks", "float")
"""What no set can be called: their figures stand beside these."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """One network's figures: a report a set, by its name, and that of the trusted list of `trusted_side`."""

    sets: Mapping[str, Report] = field(default_factory=dict)
    trusted: TrustedReport | None = None
    trusted_side: str = "test"

    def as_json(self) -> dict[str, Any]:
        """Plain values; the sets stand beside `trusted`, which is there where the list was scored."""
        content: dict[str, Any] = {name: report.as_json() for name, report in self.sets.items()}
        if self.trusted:
            content["trusted"] = {"side": self.trusted_side, **self.trusted.as_json()}
        return content


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """A bundle's figures on `side` of the split (None: whatever was given).

    `sha256` is that of its manifest, `verdicts_sha256` that of what decides its figures (see `verdicts_sha256_of`).
    `frames` are of the int8 network, `cracks` of it and the bundle's segmenter; `floating` is None where nobody asked
    for it.
    """

    name: str
    sha256: str
    verdicts_sha256: str
    side: str | None
    int8: Figures
    frames: tuple[FrameRow, ...] = ()
    cracks: tuple[CrackRow, ...] = ()
    floating: Figures | None = None

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        about = {name: getattr(self, name) for name in ("name", "sha256", "verdicts_sha256", "side")}
        content: dict[str, Any] = {"bundle": about, **self.int8.as_json()}
        if self.frames:
            content["frames"] = [asdict(row) for row in self.frames]
        if self.cracks:
            content["cracks"] = [asdict(row) for row in self.cracks]
        if self.floating:
            content["float"] = self.floating.as_json()
        return content


def verdicts_sha256_of(bundle: Bundle) -> str:
    """What a bundle's figures depend on: its `.tflite`, what the manifest says of it, and both thresholds.

    A segmenter that is put into the bundle, or a card written anew, leaves it as it was.
    """
    manifest = bundle.manifest
    decides = (
        manifest.files[manifest.classifier.file],
        to_plain(manifest.classifier),
        manifest.image_threshold.score,
        manifest.window_threshold.score,
    )
    return hashlib.sha256(json.dumps(decides, sort_keys=True).encode()).hexdigest()


def read_evaluation(path: Path) -> Evaluation:
    """What `hairline evaluate --json` printed into a file. Raises `DataError`, naming it, for anything else."""
    try:
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        about = content["bundle"]
        return Evaluation(
            **about,
            int8=_figures(content),
            frames=tuple(FrameRow(**row) for row in content.get("frames", ())),
            cracks=tuple(CrackRow(**row) for row in content.get("cracks", ())),
            floating=_figures(content["float"]) if "float" in content else None,
        )
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as damaged:
        raise DataError(
            f"{path}: the figures must be those that `hairline evaluate --json` prints, and cannot be read "
            f"({damaged!r}): measure again"
        ) from damaged


def _figures(content: Mapping[str, Any]) -> Figures:
    trusted = dict(content.get("trusted", {}))
    side = trusted.pop("side", "test")
    return Figures(
        sets={
            name: Report(**_numbers({**report, "confusion": Confusion(**report["confusion"])}))
            for name, report in content.items()
            if name not in TAKEN
        },
        trusted=TrustedReport(**_numbers(trusted)) if trusted else None,
        trusted_side=side,
    )


def _numbers(content: Mapping[str, Any]) -> dict[str, Any]:
    """JSON has no "not a number": it is null there; and no tuples."""
    return {
        name: math.nan
        if value is None
        else tuple(math.nan if end is None else end for end in value)
        if isinstance(value, list)
        else value
        for name, value in content.items()
    }
