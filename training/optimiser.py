"""The optimiser that a recipe's learning rate and schedule ask for."""

import keras

from training.recipe import Recipe


def optimiser(recipe: Recipe, steps_per_epoch: int) -> keras.optimizers.Optimizer:
    """Adam (Kingma & Ba, arXiv:1412.6980) at a constant rate, or warmed up and then following half a cosine."""
    rate = recipe.learning_rate
    if recipe.schedule == "cosine":
        total = recipe.epochs * steps_per_epoch
        warm = min(300, total // 10)
        rate = keras.optimizers.schedules.CosineDecay(
            rate * 0.01, total - warm, warmup_target=rate, warmup_steps=warm, alpha=0.002
        )
    return keras.optimizers.Adam(rate)
