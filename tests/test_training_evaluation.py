"""The record of an evaluation says again what was measured, and what is none is named."""

import json
import math
from dataclasses import replace
from pathlib import Path

import pytest

from edge.bundle import default_bundle_path, read_bundle
from edge.errors import DataError
from training.evaluate import FrameRow
from training.metrics import Confusion, Report
from training.record.evaluation import Evaluation, Figures, read_evaluation, verdicts_sha256_of
from training.trusted_report import TrustedReport
from training.two_stage import CrackRow

REPORT = Report(
    n=10,
    accuracy=0.9,
    accuracy_ci95=(0.8, 1.0),
    auroc=0.97,
    auroc_ci95=(0.9, 1.0),
    precision=0.75,
    recall=1.0,
    threshold=0.6,
    confusion=Confusion(true_positive=3, false_negative=0, false_positive=1, true_negative=6),
)
TRUSTED = TrustedReport(
    visible=3,
    blurred=1,
    uncracked=6,
    auroc=0.95,
    auroc_ci95=(0.9, 1.0),
    threshold=0.7,
    flagged_uncracked=0,
    recall_visible=0.5,
    recall_visible_ci95=(0.25, 0.75),
    recall_blurred=0.0,
    recall_blurred_ci95=(0.0, 0.5),
)
EVALUATION = Evaluation(
    name="tiny",
    sha256="0" * 64,
    verdicts_sha256="1" * 64,
    side="test",
    int8=Figures(sets={"metu": REPORT, "own": replace(REPORT, n=20)}, trusted=TRUSTED),
    frames=(FrameRow(frame="1.jpg", cracked=4, flagged_cracked=3, uncracked=5, flagged_uncracked=1),),
    cracks=(CrackRow(frame="1.jpg", least_px=32, cracks=3, false=1, cracked=4, crossed=2),),
    floating=Figures(sets={"metu": replace(REPORT, accuracy=0.875)}),
)


def written(evaluation: Evaluation, folder: Path) -> Path:
    path = folder / "evaluation.json"
    path.write_text(json.dumps(evaluation.as_json(), allow_nan=False))
    return path


@pytest.mark.parametrize(
    "evaluation",
    [
        EVALUATION,
        replace(EVALUATION, floating=None, frames=(), cracks=(), side=None),
        replace(EVALUATION, int8=Figures(trusted=TRUSTED, trusted_side="validation")),
    ],
)
def test_what_is_read_is_what_was_measured(evaluation: Evaluation, tmp_path: Path) -> None:
    assert read_evaluation(written(evaluation, tmp_path)) == evaluation


def test_figures_stay_a_bundle_s_where_only_its_segmenter_changes() -> None:
    bundle = read_bundle(default_bundle_path())
    found, manifest = verdicts_sha256_of(bundle), bundle.manifest
    assert verdicts_sha256_of(replace(bundle, sha256="0", manifest=replace(manifest, segmenter=None))) == found
    for changed in (
        replace(manifest, classifier=replace(manifest.classifier, temperature=0.1)),
        replace(manifest, image_threshold=replace(manifest.image_threshold, score=0.123)),
        replace(manifest, files={**manifest.files, manifest.classifier.file: "0" * 64}),
    ):
        assert verdicts_sha256_of(replace(bundle, manifest=changed)) != found


def test_what_is_no_number_stays_none(tmp_path: Path) -> None:
    nothing_found = replace(REPORT, precision=math.nan, auroc_ci95=(math.nan, math.nan))
    path = written(replace(EVALUATION, int8=Figures(sets={"metu": nothing_found})), tmp_path)
    found = read_evaluation(path).int8.sets["metu"]
    assert math.isnan(found.precision)
    assert all(math.isnan(end) for end in found.auroc_ci95)
    assert found.recall == 1.0


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"bundle": 1}', '{"bundle": {"name": "a", "sha256": "b", "side": null}, "metu": {}}']
)
def test_anything_else_is_named(text: str, tmp_path: Path) -> None:
    (tmp_path / "evaluation.json").write_text(text)
    with pytest.raises(DataError, match=r"evaluation\.json: .*measure again"):
        read_evaluation(tmp_path / "evaluation.json")
