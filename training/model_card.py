"""The model card: what a bundle was made from, what it can do, and what nobody should use it for."""

from collections.abc import Sequence

from edge.manifest import Manifest, Metric
from edge.operating_point import OperatingPoint

TEMPLATE = """# Model card: {name}

{what}

| | |
|---|---|
| recipe | `{recipe}` |
| made by | `{command}` at commit `{commit}`, {created} |
| input | {input_px} x {input_px} pixels, B, G, R, int8; a score looks at {tile_px} x {tile_px} native pixels |
| stride | {stride_px} px{dense} |
| output | int8 {score} of "{label}": real = {out_scale:.6g} * (q - {out_zero}) |
| image score | {pooling} of its windows |
| mm per pixel | {mm_per_px} |

## Operating points
Scores are probabilities: {probabilities}. Intervals are the wider ends of a bootstrap over source photos and of Clopper
and Pearson's.

| | threshold | chosen for | recall | false-alarm rate | chosen on |
|---|---|---|---|---|---|
{points}

## Measured
Split `{split}`; no picture of the test side was seen in training, in the int8 ranges or in choosing a threshold.
Intervals are 95 %, by bootstrap over source photos.

{metrics}

{notes}

## Training data
{data}

Cracks are rendered by this project onto uncracked pictures of the training side.

## Not for
Deciding that a structure is safe. A crack narrower than about a pixel, in deep shadow, under paint, dirt or water is
not found; joints, wires, edges of fixtures and shadows are sometimes taken for cracks. Without a calibration no size
in millimetres follows from a find.
"""


def model_card(manifest: Manifest, *, what: str, notes: Sequence[str]) -> str:
    """Markdown. `what` says in a sentence or two what the network is; `notes` are caveats about the figures."""
    spec = manifest.classifier
    pooling = spec.image_pooling
    return TEMPLATE.format(
        name=manifest.name,
        what=what,
        recipe=manifest.recipe,
        command=manifest.command,
        commit=manifest.commit,
        created=manifest.created_utc,
        input_px=spec.input_px,
        tile_px=spec.tile_px,
        stride_px=spec.stride_px,
        dense=", the whole frame in one call" if spec.dense else ", tile by tile",
        score=spec.score,
        label=spec.labels[1],
        out_scale=spec.output.scale,
        out_zero=spec.output.zero_point,
        pooling="maximum" if pooling.kind == "max" else f"mean of the {pooling.k} highest",
        mm_per_px=spec.mm_per_px,
        probabilities=(
            f"sigmoid(logit / {spec.temperature:.4g})" if spec.score == "logit" else "the network's output as it is"
        ),
        points="\n".join(
            _point_row(name, point)
            for name, point in (("window", manifest.window_threshold), ("image", manifest.image_threshold))
        ),
        split=manifest.split_sha256[:12],
        metrics=_metrics(manifest.metrics),
        notes="\n\n".join(notes),
        data="\n".join(
            f"* {data.name}: {data.items} pictures, {data.licence}. {data.citation}" for data in manifest.training_data
        ),
    )


def _point_row(name: str, point: OperatingPoint) -> str:
    rates = ((point.recall, point.recall_ci95), (point.false_alarm_rate, point.false_alarm_rate_ci95))
    cells = [f"{value:.5f}" + (f" ({ci95[0]:.5f} to {ci95[1]:.5f})" if ci95 else "") for value, ci95 in rates]
    return f"| {name} | {point.score:.4f} | {point.reason} | {' | '.join(cells)} | {point.chosen_on} |"


def _metrics(metrics: Sequence[Metric]) -> str:
    rows = ["| set | n | figure | value | 95 % |", "|---|---|---|---|---|"]
    for metric in metrics:
        interval = f"{metric.ci95[0]:.4f} to {metric.ci95[1]:.4f}" if metric.ci95 else ""
        rows.append(f"| {metric.set} | {metric.n} | {metric.name} | {metric.value:.4f} | {interval} |")
    return "\n".join(rows)
