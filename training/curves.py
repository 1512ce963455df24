"""The curves of a training run as a picture."""

from pathlib import Path


def draw_curves(history: dict[str, list[float]], path: Path, *, title: str) -> None:
    """One panel a metric, training and validation together, over epochs; written as PNG to `path`."""
    from matplotlib.figure import Figure

    names = [name for name in history if not name.startswith("val_")]
    figure = Figure(figsize=(5 * max(1, len(names)), 3.6), layout="constrained")
    for i, name in enumerate(names):
        axes = figure.add_subplot(1, len(names), i + 1)
        for key, label in ((name, "training"), (f"val_{name}", "validation")):
            if key in history:
                axes.plot(range(1, len(history[key]) + 1), history[key], label=label)
        axes.set(xlabel="epoch", ylabel=name, title=f"{title}: {name} an epoch")
        if name == "loss":
            axes.set_yscale("log")
        axes.grid(alpha=0.3)
        axes.legend()
    figure.savefig(path, dpi=110)
