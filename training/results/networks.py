"""The networks on the test side of the split: the one that ships, and those whose manifests were kept."""

from edge.manifest import read_manifest
from training.results.sources import Sources, interval

LABEL_NOISE = """
What SDNET2018's label noise does to these figures: over the set about a third of its tiles called cracked show no crack
at native resolution (of the test photos, looked at one by one, one in eight; see the trusted list below). Each of those
counts as a miss. Its uncracked tiles are mostly right, so precision and the false-alarm counts can be taken nearly as
they stand.

![loss of the first part](results/tilenet-m/curves-rendered.png)
![loss of the second part](results/tilenet-m/curves.png)

Loss an epoch of the shipped network (`hairline train tilenet-m`): its first part, rendered cracks, and its second.

Not reached: 99.5 % on METU; the share above is. METU's positives of the validation side come from five blocks of
numbers only and score higher than those of the test side, so the image threshold lies a little too high. Test figures
were seen on the way: 98.0 % of a network that also learnt from SDNET2018's noisy cracks, dropped for what it did on the
validation side, and 98.8 % of this one with a picture scored by its highest window. The pooling that ships is what ADR
0004's rule chooses on the validation side; the figure is optimistic to the extent that the others were seen.

`tilenet-m-evidence` is what today's recipe `tilenet-m` makes (ADR 0010). Pictures of walls it ranks better, but its
windows are ragged along a crack, so it does not ship; what ships was made by the recipe as it was at the commit that
the manifest names. Its thresholds, unlike the others', are also chosen on the walls of the validation side; that was
decided after 98.3 % on METU had been seen of the second of its three parts with the earlier rule.

Not reached either: three times batched tiles at half overlap (below). The dense call gives 3.8 times as many windows in
that time; on the same windows its lead is above ten.
"""


def networks(sources: Sources) -> str:
    """A table of every figure in the manifests, and what is to be said of it."""
    shipped = sources.bundle.manifest
    kept = {path.parent.name: read_manifest(path) for path in sorted(sources.measured.glob("*/manifest.json"))}
    manifests = {f"{shipped.name}, which ships": shipped, **kept}
    split_sha256 = next(iter(manifests.values())).split_sha256
    lines = [
        "## Networks on the test side of the split",
        "Split `" + split_sha256[:12] + "`, photos and near duplicates never on two sides. Command: "
        "`hairline train RECIPE`, which ends by measuring; the same from the bundle alone: "
        "`hairline evaluate --side test --data metu=$HAIRLINE_DATA/metu --data sdnet2018=$HAIRLINE_DATA/sdnet2018`.",
        "",
        "| network | set | n | figure | value | 95 % |",
        "|---|---|---|---|---|---|",
    ]
    for name, manifest in manifests.items():
        lines += [
            f"| {name} | {m.set} | {m.n} | {m.name} | {m.value:.4f} | {interval(m.ci95)} |" for m in manifest.metrics
        ]
    lines.append(LABEL_NOISE)
    return "\n".join(lines)
