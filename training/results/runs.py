"""The rows of the tables: every recipe that ships with Hairline, run or not, and what else was measured."""

import json
from dataclasses import dataclass
from typing import Any

from training.architectures.registry import ARCHITECTURES
from training.recipe import Recipe, load_recipe, names
from training.record.evaluation import Evaluation, read_evaluation
from training.record.metrics import METRICS, RunMetrics, read_metrics
from training.results.sources import Sources

EVALUATION = "evaluation.json"
SHIPPED = "shipped"
SIZES = "bench_recipes.json"
ROUNDS = ("tilenet-m-round",)
"""Recipes that go on with a finished network, with what people have said of its finds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One network. `evaluation` and `run` are None where it has not been run, `size` where it has not been timed.

    `size`: its row of the benchmark of sizes and times.
    """

    name: str
    recipe: Recipe
    evaluation: Evaluation | None = None
    run: RunMetrics | None = None
    size: dict[str, Any] | None = None

    @property
    def learnt_from(self) -> str:
        """The data sets that its pictures come from."""
        return ", ".join(self.recipe.data.sets)


def classifiers(sources: Sources) -> list[Row]:
    """The one that ships, then the other recipes by name."""
    shipped = sources.bundle.manifest.recipe
    sizes = _sizes(sources)
    first = Row(
        name=f"**{sources.bundle.manifest.name}**, ships",
        recipe=load_recipe(shipped),
        evaluation=sources.evaluation,
        size=sizes.get(SHIPPED),
    )
    return [first, *(_row(sources, one, sizes) for one in _recipes("classify") if one.name != shipped)]


def segmenters(sources: Sources) -> list[Row]:
    """The recipes of segmenters, by name."""
    return [_row(sources, one, _sizes(sources)) for one in _recipes("segment")]


def _row(sources: Sources, recipe: Recipe, sizes: dict[str, dict[str, Any]]) -> Row:
    folder = sources.measured / recipe.name
    evaluation, run = folder / EVALUATION, folder / METRICS
    return Row(
        name=recipe.name,
        recipe=recipe,
        evaluation=read_evaluation(evaluation) if evaluation.is_file() else None,
        run=read_metrics(run) if run.is_file() else None,
        size=sizes.get(recipe.name),
    )


def recipes() -> list[Recipe]:
    """Those that make a network of their own: not those that are only a part of another, nor rounds of feedback."""
    known = [load_recipe(name) for name in names() if name not in ROUNDS]
    parts = {one.start_from for one in known}
    return [one for one in known if one.name not in parts]


def _recipes(task: str) -> list[Recipe]:
    return [one for one in recipes() if ARCHITECTURES[one.model].task == task]


def _sizes(sources: Sources) -> dict[str, dict[str, Any]]:
    path = sources.measured / SIZES
    rows = json.loads(path.read_text(encoding="utf-8"))["rows"] if path.is_file() else []
    return {row["recipe"]: row for row in rows}
