"""What the small network is taught lies about the same middle, and its highest window answers for the large one."""

import numpy as np
from keras import ops

from training.architectures.tilenet import JUMP_PX, TILE_PX
from training.distillation import KNOWN, SAID, distilled_crack_loss, taught
from training.losses import dense_crack_loss

REACH = (TILE_PX["tilenet-m"] - TILE_PX["tilenet-s"]) // 2 // JUMP_PX


def test_the_teacher_s_window_lies_about_the_pupil_s() -> None:
    logits = np.arange(2 * 9 * 9, dtype=np.float32).reshape(2, 9, 9) / 50 - 1
    target = taught(np.ones((2, 13, 13, 3), np.float32), logits)
    assert target.shape == (2, 13, 13, 5)
    inside = target[:, REACH:-REACH, REACH:-REACH]
    np.testing.assert_allclose(inside[..., SAID], 1 / (1 + np.exp(-logits)), rtol=1e-5)
    assert (inside[..., KNOWN] == 1).all()
    assert target[..., KNOWN].sum() == 2 * 81


def test_one_window_speaks_for_all_of_the_teacher_s_that_hold_it() -> None:
    said = np.full((1, 9, 9), -12.0, np.float32)
    said[0, 2:7, 2:7] = 12  # those that hold the pupil's middle window, and no other window
    target = taught(np.zeros((1, 13, 13, 3), np.float32), said)

    def loss(*windows: tuple[int, int]) -> float:
        logits = np.full((1, 13, 13, 1), -12.0, np.float32)
        for row, col in windows:
            logits[0, row, col] = 12
        return float(distilled_crack_loss(ops.array(target), ops.array(logits)))

    right = loss((6, 6))
    assert right < 1e-3
    assert min(loss(), loss((6, 7)), loss((0, 0)), loss((6, 6), (0, 0))) > 100 * right


def test_where_the_teacher_agrees_the_dense_loss_is_left() -> None:
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 30, (2, 13, 13, 1)).astype(np.float32)
    highest = np.lib.stride_tricks.sliding_window_view(logits[..., 0], (5, 5), axis=(1, 2)).max(axis=(3, 4))
    plain = rng.integers(0, 2, (2, 13, 13, 3)).astype(np.float32)
    sure = np.abs(highest) > 15
    target = taught(plain, np.where(highest > 0, 100.0, -100.0).astype(np.float32))
    target[:, REACH:-REACH, REACH:-REACH, KNOWN] = sure
    found = float(distilled_crack_loss(ops.array(target), ops.array(logits)))
    assert abs(found - float(dense_crack_loss(ops.array(plain), ops.array(logits)))) < 1e-3
