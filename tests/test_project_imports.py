"""The rover has no training framework: no module of `edge/` may need one, nor import one when it is there."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
FRAMEWORKS = ("tensorflow", "keras", "torch", "jax", "training", "calibration", "firmware_export")

IMPORT_ALL = """
import importlib, pkgutil, sys

class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {blocked!r}:
            raise ImportError(f"{{name}} is blocked")

sys.meta_path.insert(0, Blocker())
import edge

def broken(name):
    raise SystemExit(f"{{name}} cannot be imported")

names = [module.name for module in pkgutil.walk_packages(edge.__path__, "edge.", onerror=broken)]
for name in names:
    importlib.import_module(name)
{last}
print(len(names))
"""


def import_all(*, last: str = "") -> subprocess.CompletedProcess[str]:
    """Imports every module of `edge/` in another interpreter, with the frameworks blocked."""
    code = IMPORT_ALL.format(blocked=FRAMEWORKS, last=last)
    return subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)


def test_edge_imports_without_any_framework() -> None:
    done = import_all()
    assert done.returncode == 0, done.stderr
    modules = [path for path in (ROOT / "edge").rglob("*.py") if path != ROOT / "edge/__init__.py"]
    assert int(done.stdout) == len(modules)


def test_the_blocker_blocks() -> None:
    for name in ("tensorflow.lite", "training.cli"):
        done = import_all(last=f"import {name}")
        assert "is blocked" in done.stderr
