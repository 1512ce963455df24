"""Trying a photo: what the model says of it, window by window. Nothing of it is kept."""

import base64
from pathlib import Path
from typing import Any

import cv2

from edge.bundle import Bundle, default_bundle_path
from edge.classifier import Classifier, load_classifier
from edge.errors import SourceError
from edge.finds import group_windows
from edge.imagefile import decode_bgr
from edge.overlay import encode_jpeg
from edge.tiling import image_score

# A 50-megapixel photograph is judged whole; what comes back to be looked at is this wide at most.
MAX_SHOWN_PX = 2000


class Trial:
    """The model, loaded at the first photo. One thread at a time."""

    def __init__(self, bundle: Path | None) -> None:
        self._path = bundle
        self._loaded: tuple[Bundle, Classifier] | None = None

    def judge(self, content: bytes) -> dict[str, Any]:
        """Scores of a picture file's content. Raises `SourceError` for what is no picture, too small or too large."""
        if not content:
            raise SourceError("a photo must be a picture file; what came is empty")
        frame_bgr = decode_bgr(content, name="the photo")
        bundle, classifier = self._model()
        score_map = classifier.score_map(frame_bgr)
        threshold = bundle.manifest.window_threshold.score
        h, w = frame_bgr.shape[:2]
        factor = min(1.0, MAX_SHOWN_PX / max(h, w))
        shown = cv2.resize(
            frame_bgr, (max(1, round(w * factor)), max(1, round(h * factor))), interpolation=cv2.INTER_AREA
        )
        return {
            "wh_px": [w, h],
            "tile_px": classifier.spec.tile_px,
            "xs": score_map.xs.tolist(),
            "ys": score_map.ys.tolist(),
            "scores": [[round(score, 3) for score in row] for row in score_map.scores().tolist()],
            "threshold": threshold,
            "image_score": round(image_score(score_map), 4),
            "finds": [
                {"box_xywh_px": list(find.box_xywh), "score": round(find.score, 4), "windows": find.windows}
                for find in group_windows(score_map, threshold)
            ],
            "model": f"{bundle.manifest.name}, SHA-256 {bundle.sha256[:12]}, {classifier.runtime}",
            "jpeg": base64.b64encode(encode_jpeg(shown, 85)).decode("ascii"),
        }

    def _model(self) -> tuple[Bundle, Classifier]:
        if self._loaded is None:
            self._loaded = load_classifier(self._path or default_bundle_path(), threads=1)
        return self._loaded
