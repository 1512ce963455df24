"""What a bundle says of itself: `manifest.json`, reader and writer side by side."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

from edge.errors import BundleError
from edge.manifest_json import dumps, from_plain, loads
from edge.manifest_upgrade import OLDEST_SCHEMA, upgrade
from edge.operating_point import OperatingPoint

SCHEMA_VERSION = 2
GOLDEN_FILE = "golden.npz"
CARD_FILE = "MODEL_CARD.md"
MANIFEST_FILE = "manifest.json"

Int8Array = npt.NDArray[np.int8]
F32Array = npt.NDArray[np.float32]
F64Array = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantisation:
    """int8 to real numbers and back: real = scale * (q - zero_point). `scale` is a float32, held exactly."""

    scale: float
    zero_point: int

    def __post_init__(self) -> None:
        if not self.scale > 0 or not -128 <= self.zero_point <= 127:
            raise ValueError(
                f"a quantisation has scale > 0, zero_point in -128..127; got {self.scale}, {self.zero_point}"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class ImagePooling:
    """How an image's windows become one score: their maximum, or the mean of the k highest probabilities."""

    kind: Literal["max", "mean_of_highest"]
    k: int

    def __post_init__(self) -> None:
        if self.k < 1 or (self.kind == "max" and self.k != 1):
            raise ValueError(f"pooling has k >= 1, and k = 1 for 'max'; got '{self.kind}' with k = {self.k}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassifierSpec:
    """What it takes to use the tile classifier in `file`, whose every score is one int8 a window.

    `tile_px`: native pixels that one score looks at; `input_px`: what the network is fed (they differ where
    the recipe resizes the tile; the network is then not dense). The network's real input is the pixel value,
    0 to 255, in the order B, G, R; its real output is the logit or the probability of `labels[1]`.
    `temperature` divides the logit before the logistic function, so that scores are probabilities (fitted by
    `calibration.temperature`, whose offset is in the network's last bias); 1 where the output is a probability already.
    `mm_per_px`: lowest and highest resolution that it was trained for.
    """

    file: str
    input_px: int
    tile_px: int
    stride_px: int
    dense: bool
    colour_order: Literal["BGR"]
    input: Quantisation
    output: Quantisation
    score: Literal["logit", "probability"]
    temperature: float = 1.0
    labels: tuple[str, str]
    image_pooling: ImagePooling
    mm_per_px: tuple[float, float] | Literal["unknown"]

    def __post_init__(self) -> None:
        if self.input_px < 1 or not 1 <= self.stride_px <= self.tile_px:
            raise ValueError(
                "sizes must satisfy input_px >= 1 and 1 <= stride_px <= tile_px (wider strides leave pixels "
                f"unseen); got input_px {self.input_px}, stride_px {self.stride_px}, tile_px {self.tile_px}"
            )
        if self.dense and self.input_px != self.tile_px:
            raise ValueError(
                f"a dense network takes native pixels; got input_px {self.input_px}, tile_px {self.tile_px}"
            )
        low, high = (self.input.scale * (q - self.input.zero_point) for q in (-128, 127))
        if low > 1 or high < 254:
            raise ValueError(f"the input must represent pixel values 0 to 255; its int8 spans {low:.4g} to {high:.4g}")
        if not self.temperature > 0 or (self.score == "probability" and self.temperature != 1):
            raise ValueError(
                "a temperature lies above 0, and is 1 where the network's output is a probability; got "
                f"temperature {self.temperature}, score '{self.score}'"
            )
        if self.mm_per_px != "unknown" and not 0 < self.mm_per_px[0] <= self.mm_per_px[1]:
            raise ValueError(f"mm_per_px must be 0 < lowest <= highest; got {list(self.mm_per_px)}")

    def probability_of(self, real: F64Array) -> F64Array:
        """Probabilities, float64, of real network outputs of any shape: where the temperature is applied."""
        if self.score == "logit":
            # 1 / (1 + exp(-x)) in a form that neither overflows nor loses small probabilities.
            real = np.exp(-np.logaddexp(0, -real / self.temperature))
        return np.clip(real, 0, 1)

    def probabilities(self) -> F32Array:
        """The probability of every int8, float32 (256,), ascending: entry q + 128 belongs to q."""
        real = self.output.scale * (np.arange(-128.0, 128.0) - self.output.zero_point)
        return self.probability_of(real).astype(np.float32)

    def to_probability(self, q: Int8Array) -> F32Array:
        """Probabilities, float32, of the shape of `q`."""
        probabilities: F32Array = self.probabilities()[q.astype(np.int16) + 128]
        return probabilities

    def q_min(self, score: float) -> int:
        """The smallest int8 whose probability is at least `score`: a window is a find when q >= q_min.

        Raises `BundleError` for a score outside (0, 1] or one that no int8 reaches: nothing would be found.
        """
        if not 0 < score <= 1:
            raise BundleError(f"a threshold is a probability above 0 and at most 1; got {score}")
        # A threshold is usually the probability of some int8. Two float32 steps of tolerance keep it at that
        # int8 where another processor's exp differs in its last bit.
        table = self.probabilities()
        reached = np.flatnonzero(table >= np.float32(score) * np.float32(1 - 2.0**-22))
        if reached.size == 0:
            raise BundleError(f"a threshold must be one that an int8 score reaches; got {score}, highest {table[-1]}")
        return int(reached[0]) - 128


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One measured number on a named set of `n` items, with its 95 % interval where one was computed."""

    name: str
    set: str
    value: float
    ci95: tuple[float, float] | None
    n: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingData:
    """A data set that the weights were made from, and how many of its items."""

    name: str
    licence: str
    citation: str
    items: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SegmenterSpec:
    """What it takes to use the segmenter in `file`, which gives one int8 logit a pixel, and what it was made from.

    A call takes a square of `call_px`. Its outermost `margin_px` depend on what lies outside the square and are thrown
    away; the rest is exact where the square's corner lies on a multiple of `step_px`. Input and output are quantised as
    `ClassifierSpec` says. A pixel belongs to a crack where its probability, the logistic of its logit, is at least
    `threshold`, chosen for the highest Dice on `threshold_chosen_on`.
    """

    file: str
    recipe: str
    commit: str
    command: str
    call_px: int
    margin_px: int
    step_px: int
    colour_order: Literal["BGR"]
    input: Quantisation
    output: Quantisation
    threshold: float
    threshold_chosen_on: str
    metrics: tuple[Metric, ...]
    split_sha256: str
    training_data: tuple[TrainingData, ...]

    def __post_init__(self) -> None:
        if self.step_px < 1 or self.margin_px < 0 or self.core_px < 1:
            raise ValueError(
                "a call must be wider than its two margins, and step_px at least 1; got call_px "
                f"{self.call_px}, margin_px {self.margin_px}, step_px {self.step_px}"
            )
        if any(size % self.step_px for size in (self.call_px, self.margin_px)):
            raise ValueError(
                f"step_px must divide call_px and margin_px; got {self.step_px}, {self.call_px}, {self.margin_px}"
            )
        if not 0 < self.threshold < 1:
            raise ValueError(f"a threshold is a probability above 0 and below 1; got {self.threshold}")

    @property
    def core_px(self) -> int:
        """The side of what a call is good for."""
        return self.call_px - 2 * self.margin_px

    @property
    def q_min(self) -> int:
        """The smallest int8 that belongs to a crack; 128 where none does."""
        logit = math.log(self.threshold / (1 - self.threshold))
        # A threshold is usually the probability of some int8: a thousandth of a step keeps it at that one.
        return max(-128, min(128, math.ceil(logit / self.output.scale + self.output.zero_point - 1e-3)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """Everything a bundle says of itself. `files` and `float_files` map names to SHA-256 in hexadecimal."""

    schema_version: int
    name: str
    recipe: str
    commit: str
    command: str
    created_utc: str
    files: Mapping[str, str]
    float_files: Mapping[str, str]
    classifier: ClassifierSpec
    window_threshold: OperatingPoint
    image_threshold: OperatingPoint
    metrics: tuple[Metric, ...]
    split_sha256: str
    training_data: tuple[TrainingData, ...]
    segmenter: SegmenterSpec | None = None

    def __post_init__(self) -> None:
        if self.schema_version != SCHEMA_VERSION:
            raise ValueError(f"schema_version must be {SCHEMA_VERSION}; got {self.schema_version}")
        created = datetime.fromisoformat(self.created_utc)
        if created.tzinfo is None:
            raise ValueError(f"created_utc must name its time zone (end in +00:00); got '{self.created_utc}'")
        for name, digest in [*self.files.items(), *self.float_files.items()]:
            if not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9._-]*", name) or name == MANIFEST_FILE:
                raise ValueError(f"a bundle's files have plain names (letters, digits, . _ -); got '{name}'")
            if not re.fullmatch(r"[0-9a-f]{64}", digest):
                raise ValueError(f"the SHA-256 of '{name}' must be 64 hexadecimal digits; got '{digest}'")
        self.classifier.q_min(self.window_threshold.score)

    @property
    def required_files(self) -> tuple[str, ...]:
        """The names that `files` must have."""
        networks = (self.classifier.file, *([self.segmenter.file] if self.segmenter else []))
        return (*networks, GOLDEN_FILE, CARD_FILE)


def read_manifest(path: Path) -> Manifest:
    """Reads `manifest.json`. Raises `BundleError` that names the file and what is wrong in it."""
    try:
        plain = _checked_schema(loads(path.read_text(encoding="utf-8")))
        manifest = from_plain(Manifest, plain, "manifest")
        missing = [name for name in manifest.required_files if name not in manifest.files]
        if missing:
            raise ValueError(f"manifest.files must list every file of the bundle; missing: {', '.join(missing)}")
    except FileNotFoundError as absent:
        raise BundleError(f"a bundle needs a manifest; there is no file {path}") from absent
    except OSError as unreadable:
        raise BundleError(f"{path}: cannot be read: {unreadable.strerror or unreadable}") from unreadable
    except ValueError as wrong:
        raise BundleError(f"{path}: {wrong}") from wrong
    return manifest


def write_manifest(path: Path, manifest: Manifest) -> None:
    """Writes `manifest.json` in the form that `read_manifest` reads."""
    path.write_text(dumps(manifest), encoding="utf-8")


def _checked_schema(plain: object) -> object:
    """`plain` as this schema has it. Raises `ValueError` for a schema that this Hairline does not read."""
    version = plain.get("schema_version") if isinstance(plain, dict) else None
    if type(version) is not int:
        raise ValueError("a manifest is a JSON object with a whole-number schema_version; this is none")
    if version > SCHEMA_VERSION:
        raise ValueError(
            f"schema {version} is newer than the {SCHEMA_VERSION} that this Hairline reads: upgrade hairline"
        )
    if version < OLDEST_SCHEMA:
        raise ValueError(
            f"schema {version} is older than the {OLDEST_SCHEMA} that this Hairline still reads: "
            "make the bundle again with 'hairline train', or use the Hairline that wrote it"
        )
    return upgrade(plain)
