"""A float program as the classifier: the network as deepC compiled it, in a process of its own."""

from pathlib import Path

import numpy as np

from edge.bundle import Bundle
from edge.errors import BundleError, ProgramError
from edge.frame import U8Image
from edge.manifest import Int8Array
from edge.tile_by_tile import network_inputs, score_frame
from edge.tile_process import TileProcess
from edge.tiling import ScoreMap

TOLERANCE = 1e-5  # of a score's size, or of 1 where that is larger


class ProcessClassifier:
    """The scores of a float program, rounded to the int8 scale of the manifest, so that thresholds keep their meaning.

    They are not those of the int8 network: `runtime` names the program in every record.
    """

    def __init__(self, bundle: Bundle, process: TileProcess, *, name: str) -> None:
        """Raises `ProgramError` for a program of another network, `BundleError` where its golden scores are wrong."""
        self.spec = bundle.manifest.classifier
        self.runtime = f"{name}, float32, SHA-256 of its ONNX {process.greeting.onnx_sha256[:12]}"
        self._process = process
        known = bundle.manifest.float_files.values()
        if process.greeting.onnx_sha256 not in known:
            raise ProgramError(
                f"{name} must be made of the ONNX file of {bundle.path}; it was made of "
                f"{process.greeting.onnx_sha256[:12]}…: hairline firmware deepc {bundle.path}"
            )
        self._check(bundle, name)

    def score_map(self, frame_bgr: U8Image) -> ScoreMap:
        return score_frame(frame_bgr, self.spec, self.score_tiles)

    def score_tiles(self, tiles: U8Image) -> Int8Array:
        real = np.array([self._process.score(tile) for tile in network_inputs(tiles, self.spec)], np.float64)
        # Half up, as to_int8 rounds; real = scale * (q - zero_point).
        q = np.floor(real / self.spec.output.scale + 0.5) + self.spec.output.zero_point
        return np.clip(q, -128, 127).astype(np.int8)

    def _check(self, bundle: Bundle, name: str) -> None:
        """The golden tiles, on this machine, against what onnxruntime gave where the program was made."""
        expected = self._process.greeting.golden_scores
        if len(expected) != len(bundle.golden.tiles):
            raise ProgramError(
                f"{name} must know the {len(bundle.golden.tiles)} golden tiles of {bundle.path}; it knows "
                f"{len(expected)}: hairline firmware deepc {bundle.path}"
            )
        scores = [self._process.score(tile) for tile in network_inputs(bundle.golden.tiles, self.spec)]
        if not np.allclose(scores, expected, rtol=TOLERANCE, atol=TOLERANCE):
            raise BundleError(
                f"{name} must give the golden tiles of {bundle.path} onnxruntime's scores to {TOLERANCE:g}; one is off "
                f"by {float(np.abs(scores - expected).max()):.3g}: build it for this machine"
            )


def deepc_classifier(bundle: Bundle, program: Path, process: TileProcess) -> ProcessClassifier:
    """The classifier of a program that `hairline firmware deepc` made."""
    return ProcessClassifier(bundle, process, name=f"deepC program {program.name}")
