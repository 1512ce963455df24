"""Damaged, hostile and unsupported networks are refused in words, never with a crash; so are impossible names."""

from contextlib import suppress
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from fuzz_firmware_reader import SEEDS, run
from tflite_models import OPS, TYPES, ModelWriter

from edge.cli import main
from firmware_export.errors import ExportError, ModelError
from firmware_export.export import export_model, read_model
from firmware_export.read import read_graph

TINY = Path(__file__).parent / "golden" / "tiny_bundle"


def test_a_thousand_damaged_files_are_read_or_refused() -> None:
    results = run(1000, seed=7)
    assert results["refused"] > 100
    assert results["read"] > 100


def test_every_cut_is_refused() -> None:
    content = (TINY / "classifier.tflite").read_bytes()
    for length in [*range(0, 64), *range(64, len(content) - 8, 997)]:
        with pytest.raises(ModelError):
            read_graph(content[:length])


def test_the_fuzzer_has_files_to_start_from() -> None:
    assert len(SEEDS) >= 5
    assert {"classifier.tflite", "segmenter.tflite"} <= {path.name for path in SEEDS}


def writer_of(shape: tuple[int, ...] = (1, 4, 4, 2)) -> tuple[ModelWriter, int]:
    writer = ModelWriter()
    return writer, writer.tensor(shape, 0.1, 0)


def test_an_operator_without_a_kernel_is_named_with_its_tensor() -> None:
    writer, x = writer_of()
    y = writer.operator(OPS.TANH, [x], writer.tensor((1, 4, 4, 2), 0.1, 0))
    with pytest.raises(ModelError, match=r"TANH.*tensor 1 't1'.*supported are"):
        read_graph(writer.write(x, y))


def test_a_float_tensor_inside_is_named() -> None:
    writer, x = writer_of()
    y = writer.operator(OPS.RELU, [x], writer.tensor((1, 4, 4, 2), 0.1, 0, TYPES.FLOAT32))
    z = writer.operator(OPS.RELU, [y], writer.tensor((1, 4, 4, 2), 0.1, 0))
    with pytest.raises(ModelError, match=r"tensor 1 't1' is FLOAT32"):
        read_graph(writer.write(x, z))


def test_weights_of_another_size_than_their_shape_are_refused() -> None:
    writer, x = writer_of()
    w = writer.constant(np.zeros((3, 1, 1, 2), np.int8), [0.1])
    writer.tensors[w].shape = [3, 1, 1, 200]
    y = writer.operator(OPS.CONV_2D, [x, w], writer.tensor((1, 4, 4, 3), 0.1, 0), "Conv2DOptions")
    with pytest.raises(ModelError, match="must hold 600 bytes; it holds 6"):
        read_graph(writer.write(x, y))


@pytest.mark.parametrize("scale", [0.0, -1.0, float("nan"), float("inf")])
def test_impossible_scales_are_refused(scale: float) -> None:
    writer, x = writer_of()
    y = writer.operator(OPS.RELU, [x], writer.tensor((1, 4, 4, 2), scale, 0))
    with pytest.raises(ModelError, match="scale > 0"):
        read_graph(writer.write(x, y))


def test_a_tensor_that_nothing_makes_is_named() -> None:
    writer, x = writer_of()
    never = writer.tensor((1, 4, 4, 2), 0.1, 0)
    y = writer.operator(OPS.RELU, [never], writer.tensor((1, 4, 4, 2), 0.1, 0))
    with pytest.raises(ModelError, match=r"reads tensor 1 't1', which nothing before it makes"):
        read_graph(writer.write(x, y))


def test_a_dequantize_inside_is_refused_with_what_reads_it() -> None:
    writer, x = writer_of()
    real = writer.operator(OPS.DEQUANTIZE, [x], writer.tensor((1, 4, 4, 2), 0.1, 0, TYPES.FLOAT32))
    tanh = writer.operator(OPS.TANH, [real], writer.tensor((1, 4, 4, 2), 0.1, 0, TYPES.FLOAT32))
    y = writer.operator(OPS.QUANTIZE, [tanh], writer.tensor((1, 4, 4, 2), 0.1, 0))
    with pytest.raises(ModelError, match=r"DEQUANTIZE \(operator 0\) may only make the network's output.*read by TANH"):
        read_graph(writer.write(x, y))
    with pytest.raises(ModelError, match=r"one QUANTIZE or DEQUANTIZE away.*tensor 2 't2' is FLOAT32, an end of TANH"):
        read_graph(writer.write(x, tanh))


EXTREMES = (1e-44, 1.2e-38, 0.1, 3e38)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    ("code", "kind", "options"),
    [
        (OPS.SOFTMAX, "SoftmaxOptions", {"beta": 3e38}),
        (OPS.RELU6, None, {}),
        (OPS.RELU_N1_TO_1, None, {}),
        (OPS.LOGISTIC, None, {}),
        (OPS.QUANTIZE, None, {}),
    ],
)
def test_scales_at_the_ends_of_float32_are_read_or_refused_without_a_warning(
    code: int, kind: str | None, options: dict[str, float]
) -> None:
    for of_input, of_output in product(EXTREMES, (*EXTREMES, 1 / 256)):
        writer = ModelWriter()
        x = writer.tensor((1, 4, 4, 2), of_input, 0)
        out = writer.tensor((1, 4, 4, 2), of_output, -128 if of_output == 1 / 256 else 0)
        y = writer.operator(code, [x], out, kind, **options)
        with suppress(ModelError):
            read_graph(writer.write(x, y))


@pytest.mark.parametrize(("channels", "group_c", "out_c"), [(6, 4, 4), (6, 2, 4), (4, 8, 4)])
def test_groups_that_do_not_divide_the_channels_are_refused(channels: int, group_c: int, out_c: int) -> None:
    writer, x = writer_of((1, 4, 4, channels))
    w = writer.constant(np.zeros((out_c, 1, 1, group_c), np.int8), [0.1])
    y = writer.operator(OPS.CONV_2D, [x, w], writer.tensor((1, 4, 4, out_c), 0.1, 0), "Conv2DOptions")
    with pytest.raises(ModelError, match="whole multiples of the number of groups"):
        read_graph(writer.write(x, y))


def test_constants_alone_and_constants_of_another_scale_are_refused() -> None:
    writer, x = writer_of()
    one, two = (writer.constant(np.zeros((1, 4, 4, 2), np.int8), [scale]) for scale in (0.1, 0.2))
    sizes = {"ConcatenationOptions": (1, 4, 4, 4), "MulOptions": (1, 4, 4, 2)}
    for inputs, code, kind, words in (
        ([one, one], OPS.CONCATENATION, "ConcatenationOptions", "at least one input must be computed"),
        ([x, two], OPS.CONCATENATION, "ConcatenationOptions", "quantised alike"),
        ([one, one], OPS.MUL, "MulOptions", "at least one input must be computed"),
    ):
        options = {"axis": 3} if code == OPS.CONCATENATION else {}
        y = writer.operator(code, inputs, writer.tensor(sizes[kind], 0.1, 0), kind, **options)
        with pytest.raises(ModelError, match=words):
            read_graph(writer.write(x, y))
        writer.operators.pop()


@pytest.mark.parametrize("name", ["string", "stdint", "math", "main", "arduino"])
def test_names_of_files_that_programs_have_are_refused(name: str) -> None:
    with pytest.raises(ExportError, match=f"{name}.h or {name}.c would take the place.*--name"):
        export_model(b"", name=name)


@pytest.mark.parametrize("name", ["", "1net", "a-b", "int", "Net", "hairline_x", "a" * 33, 'x"\n#error'])
def test_names_that_are_no_identifiers_are_refused(name: str) -> None:
    with pytest.raises(ExportError, match="C identifier"):
        export_model(b"", name=name)


def test_text_of_the_file_cannot_leave_a_comment(tmp_path: Path) -> None:
    writer, x = writer_of()
    y = writer.operator(OPS.RELU, [x], writer.tensor((1, 4, 4, 2), 0.1, 0))
    writer.tensors[y].name = "*/ int main; /* \\\n#error"
    made = export_model(writer.write(x, y), name="net", command="x */ y")
    assert made.files["net.c"].count("*/ int") == 0
    assert "#error" not in made.files["net.c"]


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match=r"absent\.tflite: cannot be read"):
        read_model(tmp_path / "absent.tflite")


def test_the_verb_exports_the_segmenter_that_ships(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["firmware", "export", "--part", "segmenter", "-o", str(tmp_path), "--cpu", "armv7em"]) == 0
    (header,) = tmp_path.glob("*_segmenter.h")
    assert "--part segmenter" in header.read_text()
    assert "input 304x304x3" in capsys.readouterr().out


def test_a_part_that_is_not_there_is_named() -> None:
    with pytest.raises(ExportError, match="there is no 'segmenter'"):
        read_model(TINY, "segmenter")
    with pytest.raises(ExportError, match="only a bundle has a 'segmenter'"):
        read_model(TINY / "classifier.tflite", "segmenter")


def test_the_verb_writes_a_folder_and_refuses_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["firmware", "export", str(TINY), "-o", str(tmp_path / "c"), "--name", "tiny"]) == 0
    assert {"tiny.h", "tiny.c", "hairline_kernels.h"} <= {path.name for path in (tmp_path / "c").iterdir()}
    capsys.readouterr()
    assert main(["firmware", "export", str(TINY), "-o", str(tmp_path), "--name", "no-name"]) == 1
    assert capsys.readouterr().err.startswith("hairline: error: a name must be a C identifier")
