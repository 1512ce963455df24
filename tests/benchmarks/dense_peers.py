"""What a user would otherwise pick for a whole frame, each with its own best settings; None where it is not installed.

`pip install --require-hashes -r requirements/peers.txt` installs them.
"""

from collections.abc import Callable
from importlib.util import find_spec

import numpy as np

from edge.classifier import BATCH, TiledClassifier
from edge.frame import U8Image

Scores = Callable[[], np.ndarray]


def onnx_runtime(onnx: bytes, frame: U8Image, threads: int) -> Scores | None:
    """The scores, as the network gives them, of one frame, uint8 (h, w, 3)."""
    if find_spec("onnxruntime") is None:
        return None
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(onnx, options, providers=["CPUExecutionProvider"])
    pixels = frame[np.newaxis]
    return lambda: session.run(None, {"pixels": pixels})[0]


def openvino(onnx: bytes, frame: U8Image, threads: int) -> Scores | None:
    """The same; its own choice of how floats are computed."""
    if find_spec("openvino") is None:
        return None
    import openvino as ov

    core = ov.Core()
    settings = {"INFERENCE_NUM_THREADS": threads, "NUM_STREAMS": 1}
    request = core.compile_model(core.read_model(onnx), "CPU", settings).create_infer_request()
    pixels = frame[np.newaxis]

    def scores() -> np.ndarray:
        request.infer({0: pixels}, share_inputs=True)
        return request.get_output_tensor(0).data

    return scores


def sahi(tiled: TiledClassifier, frame: U8Image, threshold: float, overlap: float) -> Callable[[], object] | None:
    """The package slices the frame into tiles that overlap by that share, and hands them over in batches of `BATCH`."""
    # Its requirement, opencv-python, need not be there: cv2 comes from the headless one too.
    if find_spec("sahi") is None or find_spec("shapely") is None:
        return None
    from sahi.models.base import DetectionModel
    from sahi.predict import get_sliced_prediction
    from sahi.prediction import ObjectPrediction

    side, q_min = tiled.spec.tile_px, tiled.spec.q_min(threshold)

    class Tiles(DetectionModel):
        """A tile at or above the threshold is a find as large as the tile."""

        def load_model(self) -> None:
            self.model = tiled

        def perform_batch_inference(self, images: list[np.ndarray]) -> None:
            self._original_predictions = tiled.score_tiles(np.stack(images))

        def _create_object_prediction_list_from_original_predictions(
            self, shift_amount_list=None, full_shape_list=None
        ):
            scores = tiled.spec.to_probability(self._original_predictions)
            self._object_prediction_list_per_image = [
                [
                    ObjectPrediction(
                        bbox=[0, 0, side, side],
                        category_id=1,
                        category_name="cracked",
                        score=float(score),
                        shift_amount=shift,
                        full_shape=shape,
                    )
                ]
                if q >= q_min
                else []
                for q, score, shift, shape in zip(
                    self._original_predictions, scores, shift_amount_list, full_shape_list, strict=True
                )
            ]

    model = Tiles(confidence_threshold=threshold, device="cpu")
    return lambda: get_sliced_prediction(
        frame,
        model,
        slice_height=side,
        slice_width=side,
        overlap_height_ratio=overlap,
        overlap_width_ratio=overlap,
        perform_standard_pred=False,
        verbose=0,
        batch_size=BATCH,
    )
