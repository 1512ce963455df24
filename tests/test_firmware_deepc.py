"""deepC's programs: what is repaired, what is refused, and that what is compiled gives onnxruntime's scores.

The tests that compile need deepC 0.13 where `make deepc` puts it; tests fetch nothing.
"""

import shutil
import zipfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from edge.bundle import Bundle, read_bundle, write_bundle
from edge.classifiers import open_classifier
from edge.errors import BundleError, FetchError
from firmware_export.deepc.build import Program, Source, compile_program, write_source
from firmware_export.deepc.errors import DeepcError
from firmware_export.deepc.fetch import deepc_folder, unpack_wheel
from firmware_export.deepc.parity import check_parity
from firmware_export.deepc.repair import repaired
from firmware_export.deepc.targets import TARGETS

TINY = Path(__file__).parent / "golden" / "tiny_bundle"
BY_NAME = {target.name: target for target in TARGETS}

GENERATED = """#include "operators/{operator}.h"


using namespace dnnc;


void usage(char** args) {{
  std::cout << "usage";
}}

int main(int argc, char** argv) {{

  tensor<float> dnnc_pixels({{1, 3, 2, 2}});
  dnnc_pixels.read(argv[1]);
  tensor<float> dnnc_n0_kernel({{2}});
  dnnc_n0_kernel.read(BUNDLE_DIR + "n0_kernel");

  {operator}<float, float> n1_{operator}("n1_{operator}");
  std::vector<int32_t> n1_{operator}_axes = {{1,1}} ;
  float n1_{operator}_invalid = 6.000000 ;
  n1_{operator}.setAttribute ( attr_invalid, n1_{operator}_invalid );
  float n1_{operator}_invalid = 0.000000 ;
  n1_{operator}.setAttribute ( attr_invalid, n1_{operator}_invalid );
  tensor<float> dnnc_score = n1_{operator}.compute ( dnnc_pixels);

  // Write the output tensor in a file.
  dnnc_score.write("score.out");


  return 0;
}}
"""
WEIGHTS = {"n0_kernel": np.array([0.1, -2], np.float32)}


def test_each_fault_of_the_generated_text_is_repaired():
    text = repaired(GENERATED.format(operator="Flatten"), WEIGHTS, name="net.onnx")
    assert 'dnnc::Flatten<float> n1_Flatten("n1_Flatten");' in text
    assert "std::vector<int> n1_Flatten_axes" in text
    assert "setAttribute ( attr_invalid, 6.000000f );\n  n1_Flatten.setAttribute ( attr_invalid, 0.000000f );" in text
    assert "k_n0_kernel[] = {\n  0.100000001f, -2.0f,\n};" in text
    assert "float hairline_score(const float *pixels) {\n  tensor<float> dnnc_pixels({1, 3, 2, 2});" in text
    assert "return dnnc_score[0];" in text
    for gone in ("int main", "usage", "argv", "BUNDLE_DIR", ".write("):
        assert gone not in text


@pytest.mark.parametrize(
    ("generated", "weights", "expected"),
    [
        (GENERATED.format(operator="AveragePool"), WEIGHTS, "this has AveragePool"),
        (GENERATED.format(operator="Relu") + "\n  // operator Pad is not supported yet.", WEIGHTS, "of type Pad"),
        (GENERATED.format(operator="Relu"), {}, "it reads 'n0_kernel'"),
        ("int main() {}", WEIGHTS, "the form of version 0.13"),
    ],
)
def test_what_deepc_gets_wrong_is_refused_by_name(generated, weights, expected):
    with pytest.raises(DeepcError, match=expected):
        repaired(generated, weights, name="net.onnx")


def test_another_wheel_is_not_unpacked(tmp_path):
    wheel = tmp_path / "deepC-0.13-cp36-cp36m-manylinux2010_x86_64.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("deepC/__init__.py", "")
    with pytest.raises(FetchError, match="SHA-256 must be ee2f6262"):
        unpack_wheel(wheel, tmp_path / "deepc")
    assert not (tmp_path / "deepc").exists()


def network() -> onnx.ModelProto:
    """Every operator that deepC programs may have, on 64 by 64 pixels: odd paddings, strides, groups."""
    rng = np.random.default_rng(0)
    weights: dict[str, np.ndarray] = {}

    def conv(name: str, x: str, y: str, shape: tuple[int, ...], group: int, **how: object) -> onnx.NodeProto:
        weights[f"{name}_kernel"] = rng.normal(0, 1 / np.prod(shape[1:]), shape).astype(np.float32)
        weights[f"{name}_bias"] = rng.normal(0, 0.3, shape[0]).astype(np.float32)
        inputs = [x, f"{name}_kernel", f"{name}_bias"]
        return helper.make_node(
            "Conv", inputs, [y], name=name, kernel_shape=shape[2:], dilations=[1, 1], group=group, **how
        )

    weights["dense"], weights["dense_bias"] = rng.normal(0, 0.1, (12, 6)).astype(np.float32), np.ones(6, np.float32)
    weights["last"], weights["last_bias"] = rng.normal(0, 1, (6, 1)).astype(np.float32), np.ones(1, np.float32)
    nodes = [
        conv("scale", "pixels", "a", (3, 1, 1, 1), 3, strides=[1, 1], pads=[0, 0, 0, 0]),
        conv("stem", "a", "b", (8, 3, 3, 4), 1, strides=[2, 3], pads=[0, 2, 1, 1]),
        helper.make_node("Clip", ["b"], ["c"], name="clip", min=0.0, max=6.0),
        conv("depth", "c", "d", (8, 1, 3, 3), 8, strides=[1, 1], pads=[1, 1, 1, 1]),
        helper.make_node("MaxPool", ["d"], ["f"], name="pool", kernel_shape=[3, 2], strides=[3, 2], pads=[0] * 4),
        conv("groups", "f", "g", (12, 2, 1, 1), 4, strides=[2, 2], pads=[0, 0, 0, 0]),
        helper.make_node("Relu", ["g"], ["h"], name="relu"),
        helper.make_node("MaxPool", ["h"], ["i"], name="pool2", kernel_shape=[2, 2], strides=[1, 3], pads=[0] * 4),
        helper.make_node("GlobalAveragePool", ["i"], ["avg"], name="average"),
        helper.make_node("Flatten", ["avg"], ["j"], name="flat", axis=1),
        helper.make_node("Gemm", ["j", "dense", "dense_bias"], ["k"], name="gemm"),
        helper.make_node("Sigmoid", ["k"], ["l"], name="sigmoid"),
        helper.make_node("Gemm", ["l", "last", "last_bias"], ["score"], name="gemm2"),
    ]
    initializers = [numpy_helper.from_array(values, name) for name, values in weights.items()]
    inputs = [helper.make_tensor_value_info("pixels", TensorProto.FLOAT, [1, 3, 64, 64])]
    inputs += [helper.make_tensor_value_info(w.name, w.data_type, list(w.dims)) for w in initializers]
    outputs = [helper.make_tensor_value_info("score", TensorProto.FLOAT, [1, 1])]
    graph = helper.make_graph(nodes, "test", inputs, outputs, initializers)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 9)], ir_version=3)


def bundle_with(folder: Path, float_files: dict[str, bytes]) -> Bundle:
    tiny = read_bundle(TINY)
    return write_bundle(
        folder, tiny.manifest, model=tiny.model, golden=tiny.golden, card="a card", float_files=float_files
    )


@pytest.fixture(scope="module")
def deepc() -> Path:
    folder = deepc_folder()
    if not folder.is_dir():
        pytest.skip("needs deepC 0.13: make deepc")
    return folder


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    folder = tmp_path_factory.mktemp("bundle") / "wall"
    return bundle_with(folder, {"wall.onnx": network().SerializeToString()})


@pytest.fixture(scope="module")
def source(deepc: Path, bundle: Bundle, tmp_path_factory: pytest.TempPathFactory) -> Source:
    return write_source(bundle, deepc, tmp_path_factory.mktemp("source"))


@pytest.fixture(scope="module")
def compiled(deepc: Path, source: Source) -> Callable[[str], Program]:
    """The program for a target, compiled once."""

    def compile_for(target: str) -> Program:
        for tool in (BY_NAME[target].compiler, *BY_NAME[target].runner[:1]):
            if shutil.which(tool) is None:
                pytest.skip(f"needs {tool}: make deepc")
        return compile_program(source, deepc, BY_NAME[target])

    return cache(compile_for)


@pytest.mark.parametrize("target", BY_NAME)
def test_a_program_gives_onnxruntimes_scores(compiled, source, target):
    program = compiled(target)
    assert program.parity.worst <= 1e-5
    assert program.code_bytes > 100_000
    memory = program.parity.memory
    assert memory.keys() == {"heap", "stack"} | (set() if BY_NAME[target].runner else {"resident"})
    # The first tensor and what its first layer makes of it are there at once.
    assert 4 * 3 * 64 * 64 < memory["heap"] < 20_000_000
    assert 0 < memory["stack"] < 64 * 1024, "more would have left no pattern to measure it by"
    wrong = source.scores + np.float32(3e-5) * np.maximum(1, np.abs(source.scores))
    with pytest.raises(DeepcError, match="must give onnxruntime's scores"):
        check_parity(BY_NAME[target], program.path, source.inputs, wrong)


def test_a_stream_of_tiles_leaves_nothing_behind(compiled, source):
    """deepC counts references by hand: what it forgot to free would fill a rover's memory within a run."""
    program, x86 = compiled("x86-64"), BY_NAME["x86-64"]
    many = check_parity(x86, program.path, np.tile(source.inputs, (40, 1, 1, 1)), np.tile(source.scores, 40))
    assert many.memory["resident"] < program.parity.memory["resident"] + 200_000


def test_the_loop_runs_on_a_program(compiled, bundle, source):
    program = compiled("x86-64").path
    with open_classifier(f"deepc:{program}", bundle.path, threads=1) as (_, classifier):
        q = classifier.score_tiles(bundle.golden.tiles)
        frame = classifier.score_map(np.concatenate(list(bundle.golden.tiles[:2])))
    output = bundle.manifest.classifier.output
    expected = np.clip(np.floor(source.scores / output.scale + 0.5) + output.zero_point, -128, 127)
    assert np.abs(q - expected).max() <= 1  # a score that lies between two steps may fall to either
    assert (frame.q[0, 0], frame.q[-1, 0]) == (q[0], q[1])
    assert "wall-x86-64" in classifier.runtime


def test_a_bundle_without_its_onnx_file_says_so(tmp_path):
    without = bundle_with(tmp_path / "bundle", {})
    with pytest.raises(DeepcError, match=r"one ONNX file in float/; this one has none"):
        write_source(without, tmp_path, tmp_path / "out")


def test_a_changed_onnx_file_is_refused_when_the_bundle_is_read(tmp_path):
    path = bundle_with(tmp_path / "bundle", {"wall.onnx": b"some"}).path
    (path / "float" / "wall.onnx").write_bytes(b"other")
    with pytest.raises(BundleError, match="SHA-256"):
        read_bundle(path)
