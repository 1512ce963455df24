"""A file whose ends are float: the header's two functions are TFLite's QUANTIZE and DEQUANTIZE, bit for bit."""

import subprocess
from pathlib import Path

import numpy as np
import pytest
from ai_edge_litert.interpreter import Interpreter, OpResolverType
from firmware_host import FLAGS
from tflite_models import OPS, TYPES, ModelWriter

from firmware_export.export import export_model, write_export

COUNT = 64
MAIN = """
#include <stdio.h>
#include "net.h"
static int8_t arena[NET_ARENA_BYTES] __attribute__((aligned(16)));
int main(void)
{
    static float in[NET_INPUT_SIZE], out[NET_OUTPUT_SIZE];
    static int8_t scores[NET_OUTPUT_SIZE];
    while (fread(in, sizeof(float), NET_INPUT_SIZE, stdin) == NET_INPUT_SIZE) {
        for (int i = 0; i < NET_INPUT_SIZE; i++)
            net_input(arena)[i] = net_quantise(in[i]);
        if (net_run(net_input(arena), scores, arena) != HAIRLINE_OK)
            return 1;
        for (int i = 0; i < NET_OUTPUT_SIZE; i++)
            out[i] = net_dequantise(scores[i]);
        fwrite(out, sizeof(float), NET_OUTPUT_SIZE, stdout);
    }
    return 0;
}
"""


def float_ends(scale: float, zero_point: int) -> bytes:
    """float -> QUANTIZE -> RELU -> DEQUANTIZE -> float."""
    writer = ModelWriter()
    shape = (1, 1, 1, COUNT)
    x = writer.tensor(shape, 0.0, 0, TYPES.FLOAT32)
    writer.tensors[x].quantization = None
    q = writer.operator(OPS.QUANTIZE, [x], writer.tensor(shape, scale, zero_point))
    relu = writer.operator(OPS.RELU, [q], writer.tensor(shape, scale * 1.3, -3))
    y = writer.tensor(shape, 0.0, 0, TYPES.FLOAT32)
    writer.tensors[y].quantization = None
    return writer.write(x, writer.operator(OPS.DEQUANTIZE, [relu], y))


@pytest.mark.parametrize(("scale", "zero_point"), [(1.0, 0), (0.0235, -128), (1.2e-6, 7), (900.0, 127)])
def test_float_numbers_are_those_of_the_reference(scale: float, zero_point: int, tmp_path: Path) -> None:
    content = float_ends(scale, zero_point)
    rng = np.random.default_rng(4)
    values = np.concatenate([rng.uniform(-300, 300, 4 * COUNT - 70), np.arange(-16, 17) + 0.5, np.arange(-16, 17)])
    extremes = np.array([0.0, -0.0, 1e5, -1e5])
    values = (np.concatenate([values, extremes]) * np.float32(scale)).astype(np.float32).reshape(4, COUNT)
    interpreter = Interpreter(model_content=content, experimental_op_resolver_type=OpResolverType.BUILTIN_REF)
    interpreter.allocate_tensors()
    expected = []
    for row in values:
        interpreter.set_tensor(interpreter.get_input_details()[0]["index"], row.reshape(1, 1, 1, COUNT))
        interpreter.invoke()
        expected.append(interpreter.get_tensor(interpreter.get_output_details()[0]["index"]).ravel().copy())
    made = export_model(content, name="net")
    write_export(made, tmp_path)
    (tmp_path / "main.c").write_text(MAIN)
    flags = [flag for flag in FLAGS if "TRACE" not in flag]
    subprocess.run(["gcc", *flags, *made.sources, "main.c", "-o", "program"], cwd=tmp_path, check=True)
    done = subprocess.run([tmp_path / "program"], input=values.tobytes(), capture_output=True, check=True)
    got = np.frombuffer(done.stdout, np.float32).reshape(4, COUNT)
    assert got.tobytes() == np.stack(expected).astype(np.float32).tobytes()


def test_what_is_no_number_is_the_lowest(tmp_path: Path) -> None:
    (tmp_path / "main.c").write_text(
        '#include <math.h>\n#include "net.h"\n'
        "int main(void)\n{\n    return net_quantise(NAN) != -128 || net_quantise(-INFINITY) != -128 ||\n"
        "        net_quantise(INFINITY) != 127;\n}\n"
    )
    write_export(export_model(float_ends(1.0, 0), name="net"), tmp_path)
    flags = [flag for flag in FLAGS if "TRACE" not in flag]
    subprocess.run(["gcc", *flags, "main.c", "-o", "program"], cwd=tmp_path, check=True)
    assert subprocess.run([tmp_path / "program"], check=False).returncode == 0


def test_int8_ends_need_no_float() -> None:
    writer = ModelWriter()
    x = writer.tensor((1, 4, 4, 2), 0.1, 0)
    made = export_model(
        writer.write(x, writer.operator(OPS.RELU, [x], writer.tensor((1, 4, 4, 2), 0.1, 0))), name="net"
    )
    assert "quantise(" not in made.files["net.h"]
