"""Writes picamera2_signatures.json: what the real package's calls take that edge/cameras/picamera.py makes.

    pip download --no-deps picamera2==0.3.38
    python tests/golden/make_picamera2_signatures.py picamera2-0.3.38-py3-none-any.whl

The package is read, not imported: off a Pi it lacks libcamera.
"""

import ast
import json
import sys
import zipfile
from pathlib import Path

CALLS = {
    ("picamera2/picamera2.py", "Picamera2"): (
        "__init__",
        "camera_configuration",
        "camera_controls",
        "cancel_all_and_flush",
        "capture_request",
        "close",
        "configure",
        "create_video_configuration",
        "global_camera_info",
        "start",
        "stop",
    ),
    ("picamera2/request.py", "CompletedRequest"): ("get_metadata", "make_array", "release"),
}


def signatures(wheel: Path) -> dict[str, dict[str, str]]:
    """By class and method: the parameters as written, without annotations."""
    found = {}
    with zipfile.ZipFile(wheel) as package:
        for (file, name), wanted in CALLS.items():
            tree = ast.parse(package.read(file))
            (declared,) = [node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == name]
            methods = [node for node in declared.body if isinstance(node, ast.FunctionDef) and node.name in wanted]
            # Of overloads the last is what runs.
            found[name] = {method.name: _plain(method.args) for method in methods}
    return found


def _plain(arguments: ast.arguments) -> str:
    for argument in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs):
        argument.annotation = None
    return ast.unparse(arguments)


if __name__ == "__main__":
    content = {"package": Path(sys.argv[1]).name, "signatures": signatures(Path(sys.argv[1]))}
    Path(__file__).with_name("picamera2_signatures.json").write_text(json.dumps(content, indent=2) + "\n")
