"""The export as a library: its layout, and its sketch compiled against a stand-in for Arduino's core."""

import json
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from firmware_tools import need

from firmware_export.errors import ExportError
from firmware_export.export import Export, write_export
from firmware_export.golden import load_board_model
from firmware_export.layouts import laid_out

TINY = Path(__file__).parent / "golden" / "tiny_bundle"
# What the sketch uses of Arduino's core (https://docs.arduino.cc/language-reference/).
CORE = """
#pragma once
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#define constrain(amt, low, high) ((amt) < (low) ? (low) : ((amt) > (high) ? (high) : (amt)))
struct Port {
  void begin(long) {}
  void setTimeout(long) {}
  size_t readBytes(char *, size_t n) { return n; }
  void print(float, int) {}
  void print(const char *) {}
  void println(const char *) {}
  void println(unsigned long) {}
};
extern Port Serial;
unsigned long micros();
"""


@pytest.fixture(scope="module")
def made() -> Export:
    return load_board_model(TINY, cpu="generic", golden_count=1).made


@pytest.mark.parametrize(
    ("layout", "sketch"),
    [
        ("arduino", "examples/hairline_network_example/hairline_network_example.ino"),
        ("platformio", "examples/example.cpp"),
    ],
)
def test_the_library_and_its_example_compile(layout: str, sketch: str, made: Export, tmp_path: Path) -> None:
    need("gcc", "g++")
    write_export(replace(made, files=laid_out(made, layout)), tmp_path)
    (tmp_path / "Arduino.h").write_text(CORE)
    program = tmp_path / "sketch.cpp"
    program.write_text(f'#include "Arduino.h"\n{(tmp_path / sketch).read_text()}')
    include = [f"-I{tmp_path}", f"-I{tmp_path / 'src'}", "-Wall", "-Wextra", "-Werror", "-fsyntax-only"]
    subprocess.run(["g++", "-std=c++11", *include, program], check=True)
    for source in (tmp_path / "src").glob("*.c"):
        subprocess.run(["gcc", "-std=c99", *include, source], check=True)
    if layout == "arduino":
        facts = dict(line.split("=", 1) for line in (tmp_path / "library.properties").read_text().splitlines())
        required = ("name", "version", "author", "maintainer", "sentence", "paragraph", "category", "architectures")
        assert all(facts[key] for key in required)
    else:
        manifest = json.loads((tmp_path / "library.json").read_text())
        assert (tmp_path / "src" / manifest["headers"]).is_file()


def test_the_flat_layout_is_the_export_itself(made: Export) -> None:
    assert laid_out(made, "flat") == made.files
    with pytest.raises(ExportError, match="flat, arduino, platformio"):
        laid_out(made, "zephyr")
