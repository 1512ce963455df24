"""One operator with the kernel that computes it: what is planned, cut into chains and written as C."""

from dataclasses import dataclass, replace

from firmware_export.graph import Graph, Operator
from firmware_export.kernels.choose import choose
from firmware_export.kernels.kernel import Ends, Kernel
from firmware_export.stream import Stage


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Job:
    """`number` counts jobs in the order in which they run; `stage` is None where one call makes the whole output."""

    number: int
    op: Operator
    kernel: Kernel
    ends: Ends
    stage: Stage | None


def make_job(number: int, op: Operator, graph: Graph, cpu: str, *, winograd: bool = False) -> Job:
    """The job of `op` with whole tensors at both ends."""
    inputs = tuple(graph.tensors[i] for i in op.inputs if i >= 0)
    output = graph.tensors[op.output]
    ends = Ends(inputs=inputs, output=output, in_rows=inputs[0].shape_hwc[0], out_rows=output.shape_hwc[0])
    kernel = choose(op, ends, cpu, winograd=winograd)
    window = kernel.window(op)
    stage = None
    if window is not None:
        stage = Stage(in_h=ends.in_rows, out_h=ends.out_rows, window=window, step=kernel.step(op))
    return Job(number=number, op=op, kernel=kernel, ends=ends, stage=stage)


def with_rows(job: Job, in_rows: int, out_rows: int) -> Job:
    """The same job over buffers of so many rows."""
    return replace(job, ends=replace(job.ends, in_rows=in_rows, out_rows=out_rows))
