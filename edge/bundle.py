"""A bundle: the folder that holds a trained network and everything needed to use it and to trust it."""

import hashlib
import io
import shutil
import tempfile
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np

from edge.errors import BundleError
from edge.frame import U8Image
from edge.manifest import (
    CARD_FILE,
    GOLDEN_FILE,
    MANIFEST_FILE,
    ClassifierSpec,
    Int8Array,
    Manifest,
    SegmenterSpec,
    read_manifest,
    write_manifest,
)
from edge.runtime import Network

FLOAT_FOLDER = "float"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Golden:
    """Tiles and their exact outputs: `tiles` uint8 BGR (n, tile_px, tile_px, 3); `outputs` int8 (n,),
    from TFLite's reference kernels."""

    tiles: U8Image
    outputs: Int8Array


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SegmenterPart:
    """The segmenter of a bundle: the content of its file, and pictures, uint8 BGR (n, h, w, 3), with the exact score of
    every pixel, int8 (n, h, w), from TFLite's reference kernels."""

    model: bytes
    pictures: U8Image
    masks: Int8Array


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Bundle:
    """A bundle whose every file was read once and verified. `model` is the content of the classifier's file;
    `sha256`, that of the manifest, identifies the whole bundle."""

    path: Path
    manifest: Manifest
    golden: Golden
    model: bytes
    segmenter: SegmenterPart | None
    sha256: str


def default_bundle_path() -> Path:
    """The bundle that ships with Hairline."""
    return Path(str(files("edge") / "default_bundle"))


def read_bundle(path: Path) -> Bundle:
    """Reads and verifies a bundle. Raises `BundleError`, one line that names the file and what is wrong.

    Verified: the manifest and its schema, the SHA-256 of every file, the golden tiles' form, and the
    network's real shapes and quantisation. `edge.classifier.load_classifier` also checks what it computes.
    """
    if not path.is_dir():
        raise BundleError(f"a bundle is a folder with a {MANIFEST_FILE}; there is no folder {path}")
    manifest_path = path / MANIFEST_FILE
    manifest = read_manifest(manifest_path)
    contents = {name: _verified(path / name, digest) for name, digest in manifest.files.items()}
    if (path / FLOAT_FOLDER).is_dir():
        for name, digest in manifest.float_files.items():
            _verified(path / FLOAT_FOLDER / name, digest)
    spec = manifest.classifier
    model = contents[spec.file]
    _check_network(model, spec, path / spec.file)
    return Bundle(
        path=path,
        manifest=manifest,
        golden=_read_golden(contents[GOLDEN_FILE], spec.tile_px, path / GOLDEN_FILE),
        model=model,
        segmenter=None if manifest.segmenter is None else _read_segmenter(contents, manifest.segmenter, path),
        sha256=hashlib.sha256(manifest_path.read_bytes()).hexdigest(),
    )


def write_bundle(
    folder: Path,
    manifest: Manifest,
    *,
    model: bytes,
    golden: Golden,
    card: str,
    segmenter: SegmenterPart | None = None,
    float_files: Mapping[str, bytes] | None = None,
    overwrite: bool = False,
) -> Bundle:
    """Writes a bundle beside `folder`, verifies it, and only then moves it there; returns what was verified.

    `manifest.files` and `manifest.float_files` are replaced by the hashes of what is written. `golden` comes
    from `edge.classifier.make_golden`. Raises `BundleError` where the folder exists, unless `overwrite`.
    """
    if (manifest.segmenter is None) != (segmenter is None):
        raise ValueError("a bundle has a segmenter where its manifest describes one, and only there")
    if folder.exists() and not overwrite:
        raise BundleError(f"a bundle is never overwritten unasked; {folder} exists: remove it or choose another name")
    contents = {
        manifest.classifier.file: model,
        GOLDEN_FILE: _golden_bytes(golden, segmenter),
        CARD_FILE: card.encode(),
    }
    if manifest.segmenter and segmenter:
        contents[manifest.segmenter.file] = segmenter.model
    floats = dict(float_files or {})
    manifest = replace(manifest, files=_hashes(contents), float_files=_hashes(floats))
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{folder.name}-", dir=folder.parent) as scratch_name:
        scratch = Path(scratch_name)
        new, old = scratch / "new", scratch / "old"
        new.mkdir()
        for name, content in contents.items():
            (new / name).write_bytes(content)
        if floats:
            (new / FLOAT_FOLDER).mkdir()
        for name, content in floats.items():
            (new / FLOAT_FOLDER / name).write_bytes(content)
        write_manifest(new / MANIFEST_FILE, manifest)
        bundle = read_bundle(new)
        if folder.exists():
            folder.rename(old)
        try:
            new.rename(folder)
        except OSError:
            if old.exists():
                old.rename(folder)
            raise
        shutil.rmtree(old, ignore_errors=True)
    return replace(bundle, path=folder)


def _verified(path: Path, digest: str) -> bytes:
    """A file's content, if its SHA-256 is `digest`."""
    try:
        content = path.read_bytes()
    except FileNotFoundError as absent:
        raise BundleError(f"{path}: the manifest lists this file, which is missing: copy the bundle again") from absent
    except OSError as unreadable:
        raise BundleError(f"{path}: cannot be read: {unreadable.strerror or unreadable}") from unreadable
    found = hashlib.sha256(content).hexdigest()
    if found != digest:
        raise BundleError(
            f"{path}: its SHA-256 must be the manifest's {digest[:12]}…; got {found[:12]}…: "
            "the file was changed or damaged; copy the bundle again"
        )
    return content


def _check_network(model: bytes, spec: ClassifierSpec, path: Path) -> None:
    """The network must be the one that the manifest describes."""
    try:
        network = Network(model)
    except BundleError as refused:
        raise BundleError(f"{path}: {refused}") from refused
    shape = (1, spec.input_px, spec.input_px, 3)
    if network.input_shape != shape:
        raise BundleError(f"{path}: its input must be {shape}, as the manifest says; got {network.input_shape}")
    if int(np.prod(network.output_shape)) != 1:
        raise BundleError(f"{path}: its output must be one score a tile; got shape {network.output_shape}")
    _check_quantisation(network, spec, path)


def _check_quantisation(network: Network, spec: ClassifierSpec | SegmenterSpec, path: Path) -> None:
    for which, stated, real in (
        ("input", spec.input, network.input),
        ("output", spec.output, network.output),
    ):
        if (np.float32(stated.scale), stated.zero_point) != (np.float32(real.scale), real.zero_point):
            raise BundleError(
                f"{path}: its {which} must be quantised as the manifest says, scale {stated.scale} and zero "
                f"point {stated.zero_point}; got {real.scale} and {real.zero_point}"
            )


def _read_segmenter(contents: Mapping[str, bytes], spec: SegmenterSpec, folder: Path) -> SegmenterPart:
    """The segmenter with its golden pictures. Raises `BundleError` where it is not what the manifest describes."""
    path = folder / spec.file
    try:
        network = Network(contents[spec.file])
    except BundleError as refused:
        raise BundleError(f"{path}: {refused}") from refused
    side, shape = spec.call_px, network.output_shape
    k = side // max(1, shape[1]) if len(shape) == 4 else 0
    if network.input_shape != (1, side, side, 3) or not k or shape != (1, side // k, side // k, k * k):
        raise BundleError(
            f"{path}: it must give one score a pixel of (1, {side}, {side}, 3), as (1, {side}/k, {side}/k, k * k); "
            f"it gives {shape} for {network.input_shape}"
        )
    _check_quantisation(network, spec, path)
    golden = folder / GOLDEN_FILE
    pictures, masks = _arrays(contents[GOLDEN_FILE], ("pictures", "masks"), golden)
    if (
        pictures.dtype != np.uint8
        or masks.dtype != np.int8
        or masks.ndim != 3
        or pictures.shape != (*masks.shape, 3)
        or not masks.size
    ):
        raise BundleError(
            f"{golden}: a segmenter's golden pictures are uint8 (n, h, w, 3) with int8 masks (n, h, w), n >= 1; "
            f"got {pictures.dtype} {pictures.shape} with {masks.dtype} {masks.shape}"
        )
    return SegmenterPart(model=contents[spec.file], pictures=pictures, masks=masks)


def _read_golden(content: bytes, tile_px: int, path: Path) -> Golden:
    tiles, outputs = _arrays(content, ("tiles", "outputs"), path)
    shape = (len(outputs), tile_px, tile_px, 3) if outputs.ndim == 1 else None
    if tiles.dtype != np.uint8 or outputs.dtype != np.int8 or tiles.shape != shape or len(outputs) == 0:
        raise BundleError(
            f"{path}: golden tiles are uint8 (n, {tile_px}, {tile_px}, 3) with int8 outputs (n,), n >= 1; "
            f"got {tiles.dtype} {tiles.shape} with {outputs.dtype} {outputs.shape}"
        )
    return Golden(tiles=tiles, outputs=outputs)


def _arrays(content: bytes, names: tuple[str, str], path: Path) -> tuple[Any, Any]:
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as stored:
            return stored[names[0]], stored[names[1]]
    except (ValueError, OSError, KeyError, EOFError, TypeError, AttributeError, zipfile.BadZipFile) as wrong:
        raise BundleError(f"{path}: must be an .npz with '{names[0]}' and '{names[1]}'; {wrong}") from wrong


def _golden_bytes(golden: Golden, segmenter: SegmenterPart | None) -> bytes:
    stream = io.BytesIO()
    arrays: dict[str, Any] = {"tiles": golden.tiles, "outputs": golden.outputs}
    if segmenter is not None:
        arrays |= {"pictures": segmenter.pictures, "masks": segmenter.masks}
    np.savez_compressed(stream, **arrays)
    return stream.getvalue()


def _hashes(contents: Mapping[str, bytes]) -> dict[str, str]:
    return {name: hashlib.sha256(content).hexdigest() for name, content in contents.items()}
