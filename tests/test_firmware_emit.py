"""The C that is written: the golden file of the bundle that ships, and what every export must satisfy."""

import importlib.util
import subprocess
from pathlib import Path

import numpy as np
from firmware_host import FLAGS
from tflite_models import OPS, ModelWriter

from edge.bundle import read_bundle
from firmware_export.export import export_model, write_export

GOLDEN = Path(__file__).parent / "golden"
MODEL = read_bundle(GOLDEN / "tiny_bundle").model


def test_the_c_of_the_shipped_bundle_is_the_golden_one() -> None:
    """Another generator or another bundle: `make golden`, and read the difference."""
    spec = importlib.util.spec_from_file_location("make_firmware_c", GOLDEN / "make_firmware_c.py")
    assert spec is not None
    assert spec.loader is not None
    maker = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(maker)
    for name, text in maker.golden_files().items():
        assert text == (GOLDEN / "firmware" / name).read_text(encoding="utf-8"), name


def test_the_same_network_gives_the_same_bytes() -> None:
    assert export_model(MODEL, name="net").files == export_model(MODEL, name="net").files


def test_networks_with_nasty_names_share_a_program(tmp_path: Path) -> None:
    """Each name is what another's functions, macros, tables or guards begin or end with, or a type's."""
    writer = ModelWriter()
    x = writer.tensor((1, 4, 4, 2), 0.1, 0)
    small = writer.write(x, writer.operator(OPS.RELU, [x], writer.tensor((1, 4, 4, 2), 0.1, 0)))
    names = ("net", "net_input", "net_run", "net_0_lookup", "network_net", "kernels", "int8_t", "null", "assert_")
    sources, main = set(), []
    for name in names:
        made = export_model(MODEL if name == "net" else small, name=name)
        write_export(made, tmp_path)
        sources |= set(made.sources)
        upper = name.upper()
        main.append(
            f"    static int8_t a_{name}[{upper}_ARENA_BYTES] __attribute__((aligned(16)));\n"
            f"    static int8_t out_{name}[{upper}_OUTPUT_SIZE];\n"
            f"    wrong |= {name}_run({name}_input(a_{name}), out_{name}, a_{name});\n"
            f"    wrong |= {name}_run({name}_input(a_{name}), out_{name}, a_{name} + 1) != HAIRLINE_BAD_ARENA;\n"
        )
    (tmp_path / "main.c").write_text(
        "".join(f'#include "{name}.h"\n' for name in names)
        + "int main(void)\n{\n    int wrong = 0;\n"
        + "".join(main)
        + "    return wrong;\n}\n"
    )
    flags = [flag for flag in FLAGS if "TRACE" not in flag]
    subprocess.run(["gcc", *flags, *sorted(sources), "main.c", "-o", "program"], cwd=tmp_path, check=True)
    subprocess.run([tmp_path / "program"], check=True)


def test_another_version_of_the_kernels_does_not_compile(tmp_path: Path) -> None:
    made = export_model(MODEL, name="net")
    write_export(made, tmp_path)
    header = tmp_path / "hairline_kernels.h"
    header.write_text(header.read_text().replace("HAIRLINE_FIRMWARE_VERSION 2", "HAIRLINE_FIRMWARE_VERSION 3"))
    done = subprocess.run(["gcc", "-c", "net.c"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "needs version 2 of hairline_kernels.h" in done.stderr


def test_only_the_kernels_that_are_needed_are_written() -> None:
    writer = ModelWriter()
    x = writer.tensor((1, 4, 4, 2), 0.1, 0)
    relu = writer.write(x, writer.operator(OPS.RELU, [x], writer.tensor((1, 4, 4, 2), 0.1, 0)))
    assert set(export_model(relu, name="net").files) == {"net.h", "net.c", "hairline_kernels.h", "hairline_lookup.c"}


def test_the_arena_is_smaller_than_the_two_largest_tensors_that_meet() -> None:
    """Line buffers and overlapping ends: without them the second of these networks' layers alone takes more."""
    writer = ModelWriter()
    x = writer.tensor((1, 32, 32, 4), 0.1, 0)
    for channels in (16, 16):
        y = writer.tensor((1, 32, 32, channels), 0.1, 0)
        weights = writer.constant(np.ones((channels, 3, 3, writer.shape(x)[3]), np.int8), [0.1])
        bias = writer.constant(np.zeros(channels, np.int32))
        options = {"strideH": 1, "strideW": 1, "dilationHFactor": 1, "dilationWFactor": 1}
        x = writer.operator(OPS.CONV_2D, [x, weights, bias], y, "Conv2DOptions", padding=0, **options)
    pooled = writer.tensor((1, 1, 1, 16), 0.1, 0)
    options = {"filterHeight": 32, "filterWidth": 32, "strideH": 1, "strideW": 1}
    out = writer.operator(OPS.AVERAGE_POOL_2D, [x], pooled, "Pool2DOptions", padding=1, **options)
    assert export_model(writer.write(0, out), name="net").arena_bytes < 32 * 32 * (16 + 16)
