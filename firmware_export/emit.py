"""A plan as C99: pure functions that return text. The same plan gives the same bytes."""

from importlib.metadata import version
from importlib.resources import files

from firmware_export.graph import Tensor
from firmware_export.job import Job
from firmware_export.kernels.choose import CPUS
from firmware_export.kernels.kernel import Call
from firmware_export.plan import Group, Plan

RUNTIME_VERSION = 2
RUNTIME_HEADER = "hairline_kernels.h"
# A network `net` beside one called `net_input`, whose guard would else be net's NET_INPUT_H; ours begin otherwise.
_GUARD = "HAIRLINE_NETWORK_"
_SAFE = set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_./:;-")


def emit(plan: Plan, *, name: str, command: str) -> dict[str, str]:
    """Every file of the export by name: NAME.h, NAME.c, and the kernels that this network needs.

    `command` stands at the top of both files. The kernels are the same for every network of one processor, so that
    several networks share them in one program.
    """
    sources = sorted({source for group in plan.groups for job in group.jobs for source in job.kernel.sources})
    content = {f"{name}.h": _header(plan, name, command), f"{name}.c": _source(plan, name, command)}
    return content | {file: kernel_file(file) for file in (RUNTIME_HEADER, *sources)}


def kernel_file(name: str) -> str:
    """A file of C that ships with this package."""
    return (files("firmware_export") / "kernels" / name).read_text(encoding="utf-8")


def comment_text(text: str) -> str:
    """What of a file's or user's text is safe within a C comment, 80 characters at most."""
    return "".join(c if c in _SAFE else "_" for c in text[:80])


def _opening(plan: Plan, command: str, what: str) -> str:
    return (
        f"/* {what}\n"
        f" *\n"
        f" * Made by: {' '.join(command.split()).replace('*/', '* /')}\n"
        f" * Hairline {version('hairline')}, from a .tflite with SHA-256\n"
        f" * {plan.graph.sha256}\n"
        f" * Packed for: {plan.cpu}{_winograd(plan)}. Do not edit: export again.\n"
        f" */\n"
    )


def _winograd(plan: Plan) -> str:
    return f" (by Winograd: tensors {', '.join(map(str, sorted(plan.winograd)))})" if plan.winograd else ""


def _header(plan: Plan, name: str, command: str) -> str:
    graph, upper = plan.graph, name.upper()
    source, target = graph.tensors[graph.input], graph.tensors[graph.output]
    h, w, c = source.shape_hwc
    out_h, out_w, out_c = target.shape_hwc
    return (
        _opening(plan, command, f"{name}: an int8 network, {graph.macs:,} multiply-accumulates an inference.")
        + f"""#ifndef {_GUARD}{upper}_H
#define {_GUARD}{upper}_H

#include "{RUNTIME_HEADER}"

#if HAIRLINE_FIRMWARE_VERSION != {RUNTIME_VERSION}
#error "{name} needs version {RUNTIME_VERSION} of {RUNTIME_HEADER}: copy the kernels that were exported with it"
#endif

#ifdef __cplusplus
extern "C" {{
#endif

/* Input: int8 [{h}][{w}][{c}], real = scale * (q - zero_point). */
#define {upper}_INPUT_H {h}
#define {upper}_INPUT_W {w}
#define {upper}_INPUT_C {c}
#define {upper}_INPUT_SIZE {source.bytes}
#define {upper}_INPUT_SCALE {_float(source.quantisation.scale)}
#define {upper}_INPUT_ZERO_POINT ({source.quantisation.zero_point})

/* Output: int8 [{out_h}][{out_w}][{out_c}], real = scale * (q - zero_point). */
#define {upper}_OUTPUT_H {out_h}
#define {upper}_OUTPUT_W {out_w}
#define {upper}_OUTPUT_C {out_c}
#define {upper}_OUTPUT_SIZE {target.bytes}
#define {upper}_OUTPUT_SCALE {_float(target.quantisation.scale)}
#define {upper}_OUTPUT_ZERO_POINT ({target.quantisation.zero_point})

/* Working memory, the input's place included. */
#define {upper}_ARENA_BYTES {plan.arena_bytes}

/* Where the input lies in the arena: written there, it need not be copied. */
static inline int8_t *{name}_input(int8_t *arena)
{{
    return arena + {plan.offsets[graph.input]};
}}

/* One inference. `arena`: {upper}_ARENA_BYTES bytes aligned to 16; its content is lost. `input`: {upper}_INPUT_SIZE
 * bytes, {name}_input(arena) or anywhere outside the arena. `output`: {upper}_OUTPUT_SIZE bytes outside the arena.
 * Returns HAIRLINE_OK, or HAIRLINE_BAD_ARENA and nothing is done. */
int {name}_run(const int8_t *input, int8_t *output, int8_t *arena) HAIRLINE_MUST_CHECK;
"""
        + _float_ends(plan, name)
        + f"""
/* With HAIRLINE_TRACE defined, the program defines this; it is called with rows [first, end) of every tensor as soon
 * as they are made. Row y lies at buffer + (y % rows) * row_bytes. */
#ifdef HAIRLINE_TRACE
void {name}_trace(int tensor, const int8_t *buffer, int rows, int32_t row_bytes, int first, int end);
#endif

#ifdef __cplusplus
}}
#endif
#endif
"""
    )


def _float_ends(plan: Plan, name: str) -> str:
    """The float ends of the file, for the caller: bit for bit TFLite's QUANTIZE and DEQUANTIZE."""
    text, upper = "", name.upper()
    if plan.graph.float_input:
        text += f"""
/* The file's own input is float: what the network is given for one of its numbers. */
static inline int8_t {name}_quantise(float real)
{{
    return hairline_quantise(real, {upper}_INPUT_SCALE, {upper}_INPUT_ZERO_POINT);
}}
"""
    if plan.graph.float_output:
        text += f"""
/* The file's own output is float: what stands there for one of the network's. */
static inline float {name}_dequantise(int8_t q)
{{
    return {upper}_OUTPUT_SCALE * (float)(q - {upper}_OUTPUT_ZERO_POINT);
}}
"""
    return text


def _float(value: float) -> str:
    """A float32 as a C literal that reads back exactly."""
    text = f"{value:.9g}"
    return f"{text}f" if "." in text or "e" in text else f"{text}.0f"


def _source(plan: Plan, name: str, command: str) -> str:
    jobs = [job for group in plan.groups for job in group.jobs]
    tables = "\n".join(_tables(job, name) for job in jobs)
    chains = "".join(_chain(plan, g, group, name) for g, group in enumerate(plan.groups) if len(group.jobs) > 1)
    condition = CPUS[plan.cpu]
    guard = ""
    if condition:
        guard = (
            f"\n#if !({condition}) && !defined(HAIRLINE_EMULATE)\n"
            f'#error "{name}.c is packed for {plan.cpu}: export it again for this processor (--cpu)"\n#endif\n'
        )
    return (
        _opening(plan, command, f"{name}: tables, then {name}_run, a list of calls in the order in which they run.")
        + f'#include <string.h>\n\n#include "{name}.h"\n{guard}'
        + f"""
#ifdef HAIRLINE_TRACE
#define TRACE(tensor, buffer, rows, row_bytes, first, end) {name}_trace(tensor, buffer, rows, row_bytes, first, end)
#else
#define TRACE(tensor, buffer, rows, row_bytes, first, end) ((void)0)
#endif

"""
        + tables
        + chains
        + _run(plan, name)
    )


def _tables(job: Job, name: str) -> str:
    out = job.ends.output
    title = f"/* {job.number}: {type(job.op).__name__} -> {_tensor(out)} */\n"
    return title + job.kernel.tables(job.op, job.ends, _label(job, name))


def _label(job: Job, name: str) -> str:
    return f"{name}_{job.number}_{type(job.op).__name__.lower()}"


def _tensor(tensor: Tensor) -> str:
    shape = "".join(f"[{n}]" for n in tensor.shape_hwc)
    return f"tensor {tensor.index} {shape} {comment_text(tensor.name)[:40]}"


def _run(plan: Plan, name: str) -> str:
    graph = plan.graph
    source, target = graph.tensors[graph.input], graph.tensors[graph.output]
    at_input, at_output = plan.offsets[graph.input], plan.offsets[graph.output]
    calls = "\n".join(_group(plan, g, group, name) for g, group in enumerate(plan.groups))
    return f"""
int {name}_run(const int8_t *input, int8_t *output, int8_t *arena)
{{
    if (arena == NULL || (uintptr_t)arena % 16 != 0)
        return HAIRLINE_BAD_ARENA;
    if (input != arena + {at_input})
        memcpy(arena + {at_input}, input, {source.bytes});

{calls}
    memcpy(output, arena + {at_output}, {target.bytes});
    return HAIRLINE_OK;
}}
"""


def _group(plan: Plan, number: int, group: Group, name: str) -> str:
    out = group.jobs[-1].ends.output
    if len(group.jobs) > 1:
        return f"    {name}_chain_{number}(arena); /* {_tensor(out)} at {plan.offsets[out.index]} */\n"
    (job,) = group.jobs
    return f"    /* {_tensor(out)} */\n" + _call(plan, group, job, name, "0", str(out.shape_hwc[0]), "    ")


def _call(plan: Plan, group: Group, job: Job, name: str, first: str, end: str, indent: str) -> str:
    out = job.ends.output
    place = f"arena + {plan.offsets[out.index]}"
    call = Call(
        inputs=tuple(f"arena + {plan.offsets[t.index]}" for t in job.ends.inputs),
        output=place,
        first=first,
        end=end,
        scratch=f"arena + {group.scratch_offset}",
    )
    return (
        f"{indent}{job.kernel.call(job.op, job.ends, _label(job, name), call)}\n"
        f"{indent}TRACE({out.index}, {place}, {job.ends.out_rows}, {out.row_bytes}, {first}, {end});\n"
    )


def _chain(plan: Plan, number: int, group: Group, name: str) -> str:
    """A chain as nested loops: the last operator's rows, and within them what each needs of the one above."""
    made = "".join(
        f"    int made_{job.number} = 0; /* rows of {_tensor(job.ends.output)}, {job.ends.out_rows} kept */\n"
        for job in group.jobs
    )
    last = group.jobs[-1]
    body = _loop(plan, group, len(group.jobs) - 1, name, str(last.ends.output.shape_hwc[0]), "    ")
    return f"\nstatic void {name}_chain_{number}(int8_t *arena)\n{{\n{made}{body}}}\n"


def _loop(plan: Plan, group: Group, k: int, name: str, until: str, indent: str) -> str:
    job = group.jobs[k]
    assert job.stage is not None
    made, step, inner = f"made_{job.number}", job.stage.step, indent + "    "
    text = f"{indent}while ({made} < {until}) {{\n"
    end = f"{made} + {step}"
    if job.stage.out_h % step:
        text += f"{inner}const int end = {end} < {job.stage.out_h} ? {end} : {job.stage.out_h};\n"
        end = "end"
    if k > 0:
        window = job.stage.window
        past = window.reach_hw[0] - window.pad_tl[0] + (step - 1) * window.stride_hw[0]
        need = f"{made} * {window.stride_hw[0]} + {past}" if past >= 0 else f"{made} * {window.stride_hw[0]} - {-past}"
        variable = f"need_{job.number}"
        text += f"{inner}const int {variable} = hairline_min({need}, {job.stage.in_h});\n"
        text += _loop(plan, group, k - 1, name, variable, inner)
    text += _call(plan, group, job, name, made, end, inner)
    return text + f"{inner}{made} = {end};\n{indent}}}\n"
