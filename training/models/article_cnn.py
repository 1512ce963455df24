"""`article-cnn`: the network of the surface-crack article (the third seed), layer by layer as it describes it.

64x64x3, two blocks of conv-conv-maxpool, flatten, three dense layers, the last with a sigmoid; Rescaling inside.
"""

import keras
from keras import layers

INPUT_PX = 64


def article_cnn(*, logits: bool = False) -> keras.Model:
    """Pixels 0..255 BGR, float32 (n, 64, 64, 3) -> probability of a crack (n, 1).

    `logits` leaves the last sigmoid out, as the bundle does: the manifest's score applies it.
    """
    return keras.Sequential(
        [
            keras.Input((INPUT_PX, INPUT_PX, 3), name="pixels"),
            layers.Rescaling(1 / 255.0),
            layers.Conv2D(16, 3, padding="same", activation="relu"),
            layers.Conv2D(16, 3, padding="same", activation="relu"),
            layers.MaxPooling2D(),
            layers.Conv2D(32, 3, padding="same", activation="relu"),
            layers.Conv2D(32, 3, padding="same", activation="relu"),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dense(64, activation="relu"),
            layers.Dense(16, activation="relu"),
            layers.Dense(1, activation=None if logits else "sigmoid"),
        ],
        name="article_cnn",
    )
