"""From a graph to what runs when and where: kernels, chains of operators over line buffers, one static arena."""

from collections.abc import Sequence
from dataclasses import dataclass

from firmware_export.arena import Buffer, aligned, place
from firmware_export.graph import Graph, Lookup, Operator, Reshape, Window
from firmware_export.kernels.choose import choose
from firmware_export.kernels.kernel import Ends, Kernel
from firmware_export.stream import Stage, gap_bytes, ring_rows

_POINT = Window(kernel_hw=(1, 1))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Job:
    """One operator with its kernel. `number` counts them in the file's order."""

    number: int
    op: Operator
    kernel: Kernel
    ends: Ends
    stage: Stage | None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Group:
    """Jobs that run as one: a single one, or a chain over line buffers."""

    jobs: tuple[Job, ...]
    scratch_offset: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Plan:
    """`offsets`: where each tensor (also one that is only another's shape) lies in the arena."""

    graph: Graph
    cpu: str
    groups: tuple[Group, ...]
    offsets: dict[int, int]
    arena_bytes: int


def plan(graph: Graph, cpu: str) -> Plan:
    """Plans the whole network for one processor."""
    roots = _roots(graph)
    operators = [op for op in graph.operators if not isinstance(op, Reshape)]
    jobs = [_job(k, op, graph, cpu) for k, op in enumerate(operators)]
    return _planned(graph, cpu, [(job,) for job in jobs], roots)


def _planned(graph: Graph, cpu: str, chains: Sequence[tuple[Job, ...]], roots: dict[int, int]) -> Plan:
    chains = [_ringed(chain) for chain in chains]
    buffers = _buffers(graph, chains, roots)
    offsets, arena = place(buffers)
    groups = tuple(Group(jobs=chain, scratch_offset=offsets.get(f"scratch {g}", 0)) for g, chain in enumerate(chains))
    tensors = {
        index: offsets[str(roots.get(index, index))]
        for index in graph.tensors
        if str(roots.get(index, index)) in offsets
    }
    return Plan(graph=graph, cpu=cpu, groups=groups, offsets=tensors, arena_bytes=arena)


def _job(number: int, op: Operator, graph: Graph, cpu: str) -> Job:
    kernel = choose(op, graph, cpu)
    inputs = tuple(graph.tensors[i] for i in op.inputs if i >= 0)
    output = graph.tensors[op.output]
    ends = Ends(inputs=inputs, output=output, in_rows=inputs[0].shape_hwc[0], out_rows=output.shape_hwc[0])
    window = kernel.window(op)
    stage = None
    if window is not None:
        stage = Stage(in_h=ends.in_rows, out_h=ends.out_rows, window=window, step=kernel.step(op))
    return Job(number=number, op=op, kernel=kernel, ends=ends, stage=stage)


def _roots(graph: Graph) -> dict[int, int]:
    """The tensor whose bytes each tensor shares: itself, unless it is a reshaped one."""
    roots: dict[int, int] = {}
    for op in graph.operators:
        if isinstance(op, Reshape):
            roots[op.output] = roots.get(op.inputs[0], op.inputs[0])
    return roots


def _ringed(chain: tuple[Job, ...]) -> tuple[Job, ...]:
    """The chain with its inner tensors in rings."""
    if len(chain) == 1:
        return chain
    rows = ring_rows([job.stage for job in chain if job.stage is not None])
    made = []
    for k, job in enumerate(chain):
        ends = Ends(
            inputs=job.ends.inputs,
            output=job.ends.output,
            in_rows=rows[k - 1] if k else job.ends.in_rows,
            out_rows=rows[k] if k < len(rows) else job.ends.out_rows,
        )
        made.append(Job(number=job.number, op=job.op, kernel=job.kernel, ends=ends, stage=job.stage))
    return tuple(made)


def _buffers(graph: Graph, chains: Sequence[tuple[Job, ...]], roots: dict[int, int]) -> list[Buffer]:
    born, dies = {graph.input: 0}, {graph.input: 0}
    sizes = {graph.input: graph.tensors[graph.input].bytes}
    follows: dict[int, tuple[int, int]] = {}
    scratch = []
    for g, chain in enumerate(chains):
        for job in chain:
            for tensor in job.ends.inputs:
                dies[roots.get(tensor.index, tensor.index)] = g
            out = job.ends.output
            born[out.index] = dies[out.index] = g
            sizes[out.index] = job.ends.out_rows * out.row_bytes
        follows[chain[-1].ends.output.index] = _follows(chain, roots)
        working = max(job.kernel.scratch_bytes(job.op, job.ends) for job in chain)
        if working:
            scratch.append(Buffer(name=f"scratch {g}", size=working, first=g, last=g))
    dies[roots.get(graph.output, graph.output)] = len(chains)
    return scratch + [
        Buffer(
            name=str(index),
            size=size,
            first=born[index],
            last=dies[index],
            # Only what this group is the last to read may be written over.
            follows=(str(follows[index][0]), aligned(follows[index][1]))
            if index in follows and dies[follows[index][0]] == born[index]
            else None,
        )
        for index, size in sizes.items()
    ]


def _follows(chain: tuple[Job, ...], roots: dict[int, int]) -> tuple[int, int]:
    """The chain's input, and how far before it its output must start."""
    source, out = chain[0].ends.inputs[0], chain[-1].ends.output
    root = roots.get(source.index, source.index)
    stages = [job.stage for job in chain if job.stage is not None]
    if len(stages) == len(chain):
        return root, max(0, gap_bytes(stages, source.row_bytes, out.row_bytes))
    return root, 0 if isinstance(chain[0].op, Lookup) else out.bytes
