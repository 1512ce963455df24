"""From a graph to what runs when and where: kernels, chains of operators over line buffers, one static arena."""

from collections.abc import Sequence
from dataclasses import dataclass

from firmware_export.arena import Buffer, aligned, place
from firmware_export.chains import choose_chains
from firmware_export.errors import ModelError
from firmware_export.graph import Graph, Lookup, Reshape
from firmware_export.job import Job, make_job, with_rows
from firmware_export.stream import gap_bytes, ring_rows


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Group:
    """Jobs that run as one: a single one, or a chain over line buffers."""

    jobs: tuple[Job, ...]
    scratch_offset: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Plan:
    """`offsets`: where each tensor (also one that is only another's shape) lies in the arena. `winograd`: the tensors
    that Winograd's kernel makes."""

    graph: Graph
    cpu: str
    winograd: frozenset[int]
    groups: tuple[Group, ...]
    offsets: dict[int, int]
    arena_bytes: int


def plan(graph: Graph, cpu: str, *, winograd: frozenset[int] = frozenset()) -> Plan:
    """Plans the whole network for one processor; `winograd` is what `choose_winograd` chose."""
    roots = _roots(graph)
    operators = [op for op in graph.operators if not isinstance(op, Reshape)]
    jobs = [make_job(k, op, graph, cpu, winograd=op.output in winograd) for k, op in enumerate(operators)]
    if not jobs:
        raise ModelError("a network must have an operator that computes; this one only reshapes")
    chains = [_ringed(chain) for chain in choose_chains(jobs, graph.output, roots)]
    buffers = _buffers(graph, chains, roots)
    offsets, arena = place(buffers)
    groups = tuple(Group(jobs=chain, scratch_offset=offsets.get(f"scratch {g}", 0)) for g, chain in enumerate(chains))
    tensors = {
        index: offsets[str(roots.get(index, index))]
        for index in graph.tensors
        if str(roots.get(index, index)) in offsets
    }
    return Plan(graph=graph, cpu=cpu, winograd=winograd, groups=groups, offsets=tensors, arena_bytes=arena)


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
    kept = [chain[0].ends.in_rows, *rows, chain[-1].ends.out_rows]
    return tuple(with_rows(job, kept[k], kept[k + 1]) for k, job in enumerate(chain))


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
