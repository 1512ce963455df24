"""Which convolutions of a network Winograd's kernel computes: where it pays and flash allows."""

from firmware_export.graph import Conv, Graph, Reshape
from firmware_export.job import make_job
from firmware_export.kernels.kernel import table_bytes
from firmware_export.kernels.winograd import extra_bytes, saved_instructions

# The kernel's own code, 1,540 bytes on a Cortex-M4 by arm-none-eabi-size (gcc 12.2, -Os).
KERNEL_BYTES = 1540
_WITH_DSP = ("armv7em", "armv7em-winograd")


def choose_winograd(graph: Graph, cpu: str, flash_limit_bytes: int | None) -> frozenset[int]:
    """The numbers of the tensors that Winograd's kernel shall make, for `plan`; none where `cpu` lacks the kernel.

    `flash_limit_bytes` is what the network's tables and this kernel may take: a board's flash less its firmware and
    golden tiles; None: no limit. Where not all fit, those that save most instructions for a byte come first.
    """
    if cpu not in _WITH_DSP:
        return frozenset()
    jobs = [make_job(k, op, graph, cpu) for k, op in enumerate(graph.operators) if not isinstance(op, Reshape)]
    worth = [
        (saved_instructions(job.op, job.ends) / extra_bytes(job.op), job)
        for job in jobs
        if isinstance(job.op, Conv) and saved_instructions(job.op, job.ends) > 0
    ]
    if flash_limit_bytes is None:
        return frozenset(job.op.output for _, job in worth)
    taken = sum(table_bytes(job.kernel.tables(job.op, job.ends, "t")) for job in jobs) + KERNEL_BYTES
    chosen = set()
    for _, job in sorted(worth, key=lambda pair: (-pair[0], pair[1].number)):
        assert isinstance(job.op, Conv)
        if taken + extra_bytes(job.op) <= flash_limit_bytes:
            taken += extra_bytes(job.op)
            chosen.add(job.op.output)
    return frozenset(chosen)
