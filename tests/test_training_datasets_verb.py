"""`hairline data`: what it prints, and its exit status."""

import json
import subprocess
import sys
import zipfile
from argparse import ArgumentParser
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.errors import DataError, FetchError
from training.cli import DATA
from training.datasets import split
from training.datasets.checksums import known as known_hashes
from training.datasets.split import load_recipe, load_split


def hairline_data(*arguments: str) -> int:
    parser = ArgumentParser()
    DATA.configure(parser)
    return DATA.run(parser.parse_args(arguments))


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder with 40 own pictures, one of them broken; and a recipe for them."""
    root = tmp_path / "data"
    for n in range(40):
        path = root / "own" / ("cracked", "uncracked")[n % 2] / f"{n:02}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(path), np.random.default_rng(n).integers(0, 256, (40, 40, 3), np.uint8))
    (root / "own/cracked/00.png").write_bytes(b"broken")
    rule = {"rule": "random_units", "fractions": {"train": 0.7, "validation": 0.1, "test": 0.2}}
    (root / "recipe.json").write_text(json.dumps(load_recipe() | {"datasets": {"own": rule}}))
    monkeypatch.setenv("HAIRLINE_DATA", str(root))
    return root


def test_check_counts_what_is_wrong(own: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert hairline_data("check") == 0
    shown = capsys.readouterr().out
    assert "undecodable" in shown
    assert hairline_data("check", "own", "--json") == 0
    report = json.loads(capsys.readouterr().out)["own"]
    assert (report["checked"], report["kept"]) == (40, 39)
    assert [one["name"] for one in report["dropped"]["undecodable"]] == ["own/cracked/00.png"]
    assert str(own) not in json.dumps(report)


def test_check_without_data_says_how_to_get_some(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HAIRLINE_DATA", str(tmp_path))
    with pytest.raises(DataError, match=r"hairline data fetch metu.*HAIRLINE_DATA"):
        hairline_data("check")


def test_split_writes_a_manifest_that_check_compares(
    own: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    manifest = own / "split.json"
    assert hairline_data("split", "--recipe", str(own / "recipe.json"), "--to", str(manifest)) == 0
    made = load_split(manifest)
    assert made.sha256 in capsys.readouterr().out
    assert len(made.sides) == 39

    monkeypatch.setattr(split, "DEFAULT", manifest)
    monkeypatch.setattr(split.load_split, "__defaults__", (manifest,))
    # A picture that came later is not in the split and does not change it.
    cv2.imwrite(str(own / "own/cracked/later.png"), np.random.default_rng(99).integers(0, 256, (40, 40, 3), np.uint8))
    assert hairline_data("split", "--check") == 0
    assert "comes out the same" in capsys.readouterr().out
    (own / "own/cracked/02.png").unlink()
    assert hairline_data("split", "--check") == 1
    assert "1 of its pictures are missing" in capsys.readouterr().out.replace("\n", " ")


def test_fetch_from_an_archive(own: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    archive = tmp_path / "metu.zip"
    with zipfile.ZipFile(archive, "w") as opened:
        opened.writestr("Negative/00000.jpg", b"not known")
    arguments = ("fetch", "metu", "--archive", str(archive), "--to", str(own))
    assert hairline_data(*arguments) == 0
    assert "1 files placed" in (shown := capsys.readouterr().out)
    assert "0 verified, 1 not verified" in shown

    known = sorted(known_hashes("metu"))[0].removeprefix("metu/")
    with zipfile.ZipFile(archive, "w") as opened:
        opened.writestr(known, b"damaged")
    with pytest.raises(FetchError, match=rf"1 files of metu are not the ones .*{known}"):
        hairline_data(*arguments)


def test_what_cannot_be_written_is_named(own: Path, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"")
    with pytest.raises(DataError, match=r"the split cannot be written .*file/split\.json"):
        hairline_data("split", "--recipe", str(own / "recipe.json"), "--to", str(file / "split.json"))
    with pytest.raises(FetchError, match=rf"this is a file: {file}"):
        hairline_data("fetch", "metu", "--archive", str(file), "--to", str(file))


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys; from argparse import ArgumentParser; from training.cli import DATA; "
        "DATA.configure(ArgumentParser());"
        "print(sorted({'numpy', 'cv2', 'PIL', 'scipy', 'rich', 'keras', 'tensorflow'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
