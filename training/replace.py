"""A bundle takes another's place in one step: whoever reads it sees the old or the new one, never a mixture or none."""

import ctypes
import os
import shutil
import tempfile
from pathlib import Path

from edge.bundle import Bundle, read_bundle
from edge.classifier import load_classifier
from edge.durable import sync_folder
from edge.errors import BundleError

# renameat2(2), Linux 3.15 and glibc 2.28: both names exist throughout, and change what they name together.
_RENAME_EXCHANGE = 2
_HERE = -100  # AT_FDCWD


def refuse_loss(old: Bundle, new: Bundle) -> None:
    """Raises `BundleError` where the new bundle lacks the segmenter that the old one measures with."""
    if old.segmenter is not None and new.segmenter is None:
        raise BundleError(
            f"{new.path}: it has no segmenter, and {old.path} has one, so that finds would not be measured any more: "
            "`hairline train masknet --bundle` adds one"
        )


def replace_bundle(old: Path, new: Path) -> Path:
    """Puts a copy of `new`, verified and flushed, in the place of `old`; returns where the old one lies now, beside it.

    Raises `BundleError` where the new one does not verify or run, or the file system cannot exchange two folders.
    """
    digest = read_bundle(old).sha256
    refuse_loss(read_bundle(old), read_bundle(new))
    kept = old.with_name(f"{old.name}.before-{digest[:12]}")
    if kept.exists():
        raise BundleError(f"{kept}: an old bundle is kept there already: move it away")
    with tempfile.TemporaryDirectory(prefix=f".{old.name}-", dir=old.parent) as scratch:
        copy = Path(scratch) / "bundle"
        try:
            shutil.copytree(new, copy)
            _flush(copy)
            load_classifier(copy)
            _exchange(copy, old)
            copy.rename(kept)
            sync_folder(old.parent)
        except OSError as failed:
            raise BundleError(f"{old}: could not be replaced: {failed.strerror or failed}") from failed
    return kept


def _flush(folder: Path) -> None:
    for path in folder.rglob("*"):
        if path.is_dir():
            sync_folder(path)
            continue
        with path.open("rb") as stream:
            os.fsync(stream.fileno())
    sync_folder(folder)


def _exchange(one: Path, other: Path) -> None:
    """Raises `OSError`."""
    rename = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if rename is None:
        raise BundleError(f"{other}: this system cannot exchange two folders in one step: replace it by hand")
    if rename(_HERE, os.fsencode(one), _HERE, os.fsencode(other), _RENAME_EXCHANGE):
        code = ctypes.get_errno()
        raise OSError(code, f"{os.strerror(code)} (exchanging two folders in one step)")
