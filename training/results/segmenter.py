"""The segmenter in the bundle that ships."""

from training.results.sources import Sources, interval


def segmenter(sources: Sources) -> str:
    """Its figures, as the manifest states them."""
    spec = sources.bundle.manifest.segmenter
    if spec is None:
        return "## The segmenter\nThe bundle has none.\n"
    lines = [
        "## The segmenter",
        f"`{spec.recipe}`, in the bundle that ships, trained on METU, SDNET2018 and rendered cracks only. Command: "
        f"`{spec.command} --bundle edge/default_bundle`.",
        "",
        "| set | n | figure | value | 95 % |",
        "|---|---|---|---|---|",
    ]
    lines += [f"| {m.set} | {m.n} | {m.name} | {m.value:.4f} | {interval(m.ci95)} |" for m in spec.metrics]
    return "\n".join([*lines, ""])
