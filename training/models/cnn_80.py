"""`cnn-80`: the first network of the page that tries a photo (the first seed), which does not say its layers.

What it says: pictures of 80x80 pixels, dropout, one class or the other. The layers are ours, after the habit of its
time: three blocks of convolution and pooling, one hidden dense layer.
"""

import keras
from keras import layers

INPUT_PX = 80


def cnn_80(*, dropout: float, logits: bool = False) -> keras.Model:
    """Pixels 0..255 BGR, float32 (n, 80, 80, 3) -> probability of a crack (n, 1).

    `logits` leaves dropout and the last sigmoid out, as the bundle does: the manifest's score applies the sigmoid.
    """
    blocks = [
        layer
        for filters in (16, 32, 64)
        for layer in (layers.Conv2D(filters, 3, padding="same", activation="relu"), layers.MaxPooling2D())
    ]
    return keras.Sequential(
        [
            keras.Input((INPUT_PX, INPUT_PX, 3), name="pixels"),
            layers.Rescaling(1 / 255.0),
            *blocks,
            layers.Flatten(),
            *([] if logits else [layers.Dropout(dropout)]),
            layers.Dense(64, activation="relu"),
            layers.Dense(1, activation=None if logits else "sigmoid"),
        ],
        name="cnn_80",
    )
