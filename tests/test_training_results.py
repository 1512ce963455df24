"""The page of results: a row a recipe, what was not run says so, judgements are those of the file."""

import json
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from test_training_evaluation import EVALUATION, REPORT, TRUSTED

from edge.classifier import load_classifier
from edge.errors import DataError
from training.datasets.item import Item
from training.datasets.trusted import NOT_VISIBLE, TILE, VISIBLE, WallTile
from training.evaluate import Scored
from training.recipe import names
from training.record.evaluation import Evaluation, Figures
from training.results import mistakes as mistakes_module
from training.results.claims import CLAIMS
from training.results.judgements import HEADER, read_judgements
from training.results.mistakes import mistakes, network_of, worst_walls, wrong_ones
from training.results.networks import networks
from training.results.reliability import diagrams
from training.results.segmenter import segmenter
from training.results.sources import Sources, figure, table
from training.results.test_sets import test_sets as sets_part
from training.trusted_report import TrustedScores

TINY = Path(__file__).parent / "golden" / "tiny_bundle"
FIGURES = Figures(sets={"metu": REPORT, "sdnet2018": REPORT}, trusted=TRUSTED)
SCORES = np.array([0.999, 0.001, 0.9985, 0.002], np.float32)


def evaluation_of(sha256: str) -> Evaluation:
    return replace(EVALUATION, sha256=sha256, int8=FIGURES, floating=None)


@pytest.fixture
def sources(tmp_path: Path) -> Sources:
    """The tiny bundle under the name of a recipe that ships, four METU pictures of which two are wrong, four walls."""
    bundle, classifier = load_classifier(TINY)
    manifest = replace(bundle.manifest, recipe="tilenet-m", name="tiny")
    items = []
    for n, label in enumerate((1, 1, 0, 0)):
        path = tmp_path / f"{n}.png"
        cv2.imwrite(str(path), np.full((227, 227, 3), 60 * n, np.uint8))
        items.append(
            Item(dataset="metu", path=path, name=f"metu/{n}.png", label=label, group=None, licence="CC BY 4.0")
        )
    tiles = [WallTile(photo=7100 + n, tile="1", source=TILE, label=int(n < 2)) for n in range(4)]
    return Sources(
        bundle=replace(bundle, manifest=manifest),
        classifier=classifier,
        evaluation=evaluation_of(bundle.sha256),
        scored={"metu": Scored(items=items, scores=SCORES)},
        trusted=TrustedScores(tiles=tiles, marks=[VISIBLE, VISIBLE, NOT_VISIBLE, NOT_VISIBLE], scores=SCORES),
        measured=tmp_path / "measured",
        images=tmp_path / "img",
        data=tmp_path,
    )


def record(sources: Sources, recipe: str) -> None:
    folder = sources.measured / recipe
    folder.mkdir(parents=True)
    (folder / "evaluation.json").write_text(json.dumps(evaluation_of("1" * 64).as_json(), allow_nan=False))


def line_of(page: str, start: str) -> str:
    (line,) = [line for line in page.splitlines() if line.startswith(f"| {start} |")]
    return line


def test_a_recipe_that_nobody_has_run_says_so(sources: Sources) -> None:
    record(sources, "cnn-80")
    page = networks(sources)
    for name in CLAIMS:
        said = "0.9000 (0.8000-1.0000)" if name == "cnn-80" else "not run"
        assert name in names()
        assert line_of(page.split("### What the seeds claim")[1], name).split("|")[3].strip() == said
    page = sets_part(sources)
    assert page.count("| article-cnn | not run |") == 4
    assert "not run" not in "".join(line for line in page.splitlines() if line.startswith("| cnn-80"))
    assert page.count("| **tiny**, ships | 0.9") == 3
    assert page.count("| mobilenetv2-frozen |") == 0  # only the first part of another
    assert "| unet | deepcrack | - | - | - | not run | - | - | - |" in segmenter(sources)


def test_every_row_has_every_column(sources: Sources) -> None:
    record(sources, "article-cnn")
    for page in (networks(sources), sets_part(sources), segmenter(sources)):
        for block in page.split("\n\n"):
            widths = {line.count("|") for line in block.splitlines() if line.startswith("|")}
            assert len(widths) <= 1, block


def test_figures_are_written_with_their_intervals() -> None:
    assert figure(0.99376, (0.9, 1.0)) == "0.9938 (0.9000-1.0000)"
    assert figure(float("nan")) == "-"
    assert table(("a", "b"), [("1", "2")]) == "| a | b |\n| --- | --- |\n| 1 | 2 |\n"


def test_mistakes_are_shown_with_what_was_said_of_them(sources: Sources, monkeypatch: pytest.MonkeyPatch) -> None:
    point = sources.bundle.manifest.image_threshold
    assert 0.002 < point.score < 0.998
    assert wrong_ones(sources) == ([1, 2] if point.score > 0.5 else [2, 1])
    assert worst_walls(sources.trusted) == ([1, 0], [2, 3])
    wall = np.zeros((256, 256, 3), np.uint8)
    monkeypatch.setattr(mistakes_module, "tile_pictures", lambda tiles, root: ((tile, wall) for tile in tiles))
    page = mistakes(sources)
    assert page.count("not judged yet") == 2
    assert page.count("nobody has written down yet") == 2
    sources.measured.mkdir(parents=True)
    network = network_of(sources)
    (sources.measured / "judgements.csv").write_text(
        f'{",".join(HEADER)}\nffff,metu,metu/1.png,label,"a shadow, no crack"\n{network},metu,,,All are grey.\n'
    )
    page = mistakes(sources)
    assert "metu/1.png | cracked | 0.0010 | label | a shadow, no crack | ffff |" in page
    assert page.count("not judged yet") == page.count("nobody has written down yet") == 1
    assert "All are grey." in page
    for name in ("mistakes-metu.jpg", "mistakes-walls.jpg"):
        assert cv2.imread(str(sources.images / name)).shape[1] > 256


@pytest.mark.parametrize("line", ["a,b", "f,metu,1.png,both,why", "f,metu,1.png,label,", "f,metu,,label,why"])
def test_a_judgement_that_is_none_is_named(line: str, tmp_path: Path) -> None:
    path = tmp_path / "judgements.csv"
    path.write_text(f"{','.join(HEADER)}\n{line}\n")
    with pytest.raises(DataError, match=r"judgements\.csv, line 2"):
        read_judgements(path)
    path.write_text("what\n")
    with pytest.raises(DataError, match=r"judgements\.csv, line 1"):
        read_judgements(path)


def test_reliability_leaves_out_what_nobody_knows(sources: Sources) -> None:
    sources.images.mkdir()
    page = diagrams(sources)
    assert "METU 0.499" in page  # two of four are about as wrong as can be
    assert "walls 0.499" in page
    for name in ("reliability-metu.png", "reliability-walls.png"):
        assert cv2.imread(str(sources.images / name)).std() > 10
