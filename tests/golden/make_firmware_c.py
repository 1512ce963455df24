"""Makes `firmware/`: the C of the bundle that ships, long tables cut, so that a change to the generator is read.

Run by `make golden` from the repository's root. What it writes is committed.
"""

import re
from pathlib import Path

from edge.bundle import default_bundle_path
from firmware_export.export import export_model, read_model

HERE = Path(__file__).parent
CPU = "armv7em"
KEPT_LINES = 3


def golden_files() -> dict[str, str]:
    """NAME.h and NAME.c by name."""
    content, name = read_model(default_bundle_path())
    made = export_model(content, name=name, cpu=CPU)
    return {file: shortened(made.files[file]) for file in (f"{name}.h", f"{name}.c")}


def shortened(text: str) -> str:
    """Tables of more than a few lines end after the first ones."""

    def body(match: re.Match[str]) -> str:
        lines = match[2].splitlines()
        if len(lines) <= KEPT_LINES:
            return match[0]
        return match[1] + "\n".join(lines[:KEPT_LINES]) + f"\n    ... {len(lines) - KEPT_LINES} more lines\n}};"

    return re.sub(r"(static const u?\w+ \w+\[\d+\] = \{\n)(.*?)\n\};", body, text, flags=re.DOTALL)


def main() -> None:
    folder = HERE / "firmware"
    folder.mkdir(exist_ok=True)
    for name, text in golden_files().items():
        (folder / name).write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
