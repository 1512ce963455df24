"""What a run records of itself before its first frame."""

import hashlib
import json
import logging
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edge.clock import Clock
from edge.log.run_record import RunStart

if TYPE_CHECKING:
    from edge.bundle import Bundle

_log = logging.getLogger(__name__)

ROOT = Path(__file__).resolve().parents[2]
_GIT_TIMEOUT_S = 5.0


def run_start(
    *,
    clock: Clock,
    source: str,
    bundle: "Bundle",
    runtime: str,
    threads: int,
    threshold: float,
    command: Sequence[str],
    calibration_id: str | None = None,
    config: Mapping[str, Any] | None = None,
) -> RunStart:
    """The provenance of a run that starts now. `threshold` is a probability, `runtime` the classifier's.

    `config` also gets the `temperature` by which a stored logit becomes a probability.
    """
    spec = bundle.manifest.classifier
    version, commit = _hairline()
    return RunStart(
        started_utc=clock.utc(),
        started_mono_ns=clock.mono_ns(),
        boot_id=clock.boot_id(),
        clock_synchronised=clock.synchronised(),
        hairline_version=version,
        hairline_commit=commit,
        command=tuple(command),
        source=source,
        bundle_name=bundle.manifest.name,
        bundle_sha256=bundle.sha256,
        classifier_sha256=hashlib.sha256(bundle.model).hexdigest(),
        runtime=runtime,
        threads=threads,
        window_threshold=threshold,
        tile_px=spec.tile_px,
        stride_px=spec.stride_px,
        output_scale=spec.output.scale,
        output_zero_point=spec.output.zero_point,
        score_kind=spec.score,
        calibration_id=calibration_id,
        config={"temperature": spec.temperature, **(config or {})},
    )


def _hairline() -> tuple[str | None, str | None]:
    """Version and commit of this Hairline, where they are known."""
    try:
        installed = distribution("hairline")
    except PackageNotFoundError:
        return None, checkout_commit()
    return installed.version, _installed_commit(installed) or checkout_commit()


def _installed_commit(installed: Distribution) -> str | None:
    """The commit of a `pip install git+...` (PEP 610)."""
    origin = json.loads(installed.read_text("direct_url.json") or "{}")
    commit = origin.get("vcs_info", {}).get("commit_id")
    return commit if isinstance(commit, str) else None


def checkout_commit() -> str | None:
    """The commit of the checkout that this file lies in, with `+changes` where its files differ from it."""
    git = shutil.which("git")
    if git is None or not (ROOT / ".git").exists():
        return None
    try:
        described = subprocess.run(  # noqa: S603  # our own words, no shell
            [git, "-C", str(ROOT), "describe", "--always", "--abbrev=40", "--exclude=*", "--dirty=+changes"],
            capture_output=True,
            text=True,
            check=True,
            timeout=_GIT_TIMEOUT_S,
        )
    except (OSError, subprocess.SubprocessError) as failed:
        _log.info("the commit of %s is not known: %s", ROOT, failed)
        return None
    return described.stdout.strip() or None
