"""Which operators run as one chain over line buffers: as many as it takes for the smallest arena, and no more.

The operators run in the file's order; a chain is a run of neighbours in which each reads only what the one before it
made. Two passes of dynamic programming over the cuts: the smallest worst group first, then the fewest operators
inside chains that reach it.
"""

from collections.abc import Callable, Sequence

from firmware_export.arena import aligned
from firmware_export.job import Job
from firmware_export.stream import gap_bytes, ring_rows


def choose_chains(jobs: Sequence[Job], output: int, roots: dict[int, int]) -> list[tuple[Job, ...]]:
    """Cuts `jobs` into groups. `output` is the network's; `roots` as in the plan."""
    costs = _costs(jobs, output, roots)
    worst, _ = _best(len(jobs), costs, lambda cost, length: cost, max)
    limit = worst[0]
    allowed = {span: cost for span, cost in costs.items() if cost <= limit}
    _, cuts = _best(len(jobs), allowed, lambda cost, length: length if length > 1 else 0, lambda a, b: a + b)
    groups, k = [], 0
    while k < len(jobs):
        groups.append(tuple(jobs[k : cuts[k]]))
        k = cuts[k]
    return groups


def _best(
    n: int,
    costs: dict[tuple[int, int], int],
    price: Callable[[int, int], int],
    join: Callable[[int, int], int],
) -> tuple[list[int], list[int]]:
    """For every k the best total of jobs k.. and where its first group ends."""
    total, cut = [0] * (n + 1), [n] * (n + 1)
    for k in range(n - 1, -1, -1):
        options = [
            (join(price(costs[k, end], end - k), total[end]), end) for end in range(k + 1, n + 1) if (k, end) in costs
        ]
        total[k], cut[k] = min(options, default=(1 << 62, n))
    return total, cut


def _costs(jobs: Sequence[Job], output: int, roots: dict[int, int]) -> dict[tuple[int, int], int]:
    """Arena bytes of every group [first, end) that may run as one."""
    dies: dict[int, int] = {}
    for job in jobs:
        for tensor in job.ends.inputs:
            dies[roots.get(tensor.index, tensor.index)] = job.number
    dies[roots.get(output, output)] = len(jobs)
    readers: dict[int, int] = {}
    for job in jobs:
        for tensor in job.ends.inputs:
            root = roots.get(tensor.index, tensor.index)
            readers[root] = readers.get(root, 0) + 1
    costs = {}
    for k in range(len(jobs)):
        end = k + 1
        while True:
            costs[k, end] = _cost(jobs[k:end], k, jobs, dies, roots)
            if end == len(jobs) or not _linked(jobs[end - 1], jobs[end], readers, output, roots):
                break
            end += 1
    return costs


def _linked(job: Job, following: Job, readers: dict[int, int], output: int, roots: dict[int, int]) -> bool:
    out = job.ends.output.index
    return (
        job.stage is not None
        and following.stage is not None
        and [t.index for t in following.ends.inputs] == [out]
        and readers.get(out) == 1
        and roots.get(output, output) != out
    )


def _cost(chain: Sequence[Job], first: int, jobs: Sequence[Job], dies: dict[int, int], roots: dict[int, int]) -> int:
    source, out = chain[0].ends.inputs[0], chain[-1].ends.output
    root = roots.get(source.index, source.index)
    last = first + len(chain) - 1
    stages = [job.stage for job in chain if job.stage is not None]
    both = aligned(source.bytes) + aligned(out.bytes)
    rings = 0
    if len(stages) == len(chain):
        rings = sum(
            aligned(rows * job.ends.output.row_bytes) for rows, job in zip(ring_rows(stages), chain, strict=False)
        )
        gap = aligned(max(0, gap_bytes(stages, source.row_bytes, out.row_bytes)))
        if dies[root] <= last and gap < out.bytes:
            both = max(gap + aligned(source.bytes), aligned(out.bytes))
    scratch = max(aligned(job.kernel.scratch_bytes(job.op, job.ends)) for job in chain)
    made = {job.ends.output.index: (job.number, job.ends.output) for job in jobs[:first]}
    made.update({t.index: (-1, t) for t in jobs[0].ends.inputs})
    others = sum(
        aligned(tensor.bytes) for index, (_, tensor) in made.items() if index != root and dies.get(index, -1) >= first
    )
    return both + rings + scratch + others
