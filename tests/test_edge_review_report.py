"""The report: which cracks and finds get a page, that none is left out, and that it says whether people judged."""

import re
from pathlib import Path

import pypdfium2
import pytest
from edge_review_samples import make_log, serving
from edge_review_wall_samples import make_wall_log
from hypothesis import given
from hypothesis import strategies as st

from edge.review.report_choice import MAX_CONFIRMED, MAX_OTHERS, choose

STATES = ("accepted", "accepted: mask corrected", "rejected: joint", "unsure", "not reviewed")


@given(st.lists(st.tuples(st.sampled_from(STATES), st.floats(0, 100)), max_size=400))
def test_everything_is_on_a_page_or_on_a_sheet_once(items: list[tuple[str, float]]) -> None:
    numbered = list(enumerate(items))
    choice = choose(numbered, state=lambda one: one[1][0], size=lambda one: one[1][1], kind="finds")
    assert sorted([*choice.paged, *choice.sheet]) == numbered
    confirmed = [one for one in numbered if one[1][0].startswith("accepted")]
    assert len([one for one in choice.paged if one in confirmed]) == min(len(confirmed), MAX_CONFIRMED)
    others = [one for one in choice.paged if one not in confirmed]
    assert len(others) <= MAX_OTHERS
    if any(not one[1][0].startswith("rejected") for one in numbered):
        assert not any(one[1][0].startswith("rejected") for one in choice.paged)
    left = [one for one in choice.sheet if one[1][0] in ("unsure", "not reviewed")]
    if others and left:
        assert min(one[1][1] for one in others) >= max(one[1][1] for one in left)


def pages(folder: Path, query: str = "") -> list[str]:
    with serving(folder) as server:
        document = pypdfium2.PdfDocument(server.ask(f"/api/report.pdf{query}").body)
    return [" ".join(page.get_textpage().get_text_bounded().split()) for page in document]


def test_a_hundred_finds_nobody_judged_are_not_a_hundred_pages(tmp_path: Path) -> None:
    make_log(tmp_path, frames=34, finds=3)
    with serving(tmp_path) as server:
        assert server.say(find_id=7, verdict="accept").status == 201
    words = pages(tmp_path)
    assert len(words) < 40
    whole = " ".join(words)
    assert "This is a draft: 101 of 102 finds have not been judged by a person." in words[0]
    assert "all 1 that people confirmed, the 12 largest of 101 that nobody has confirmed or rejected" in whole
    assert "The other 89 are on contact sheets; every one is in the table." in whole
    assert "Find 7: accepted" in whole
    assert "Contact sheet: the other 89 finds" in whole
    for find_id in range(1, 103):
        assert re.search(rf"(Find {find_id}:|\b{find_id}: )", whole), find_id


def test_a_confirmed_crack_has_a_page_and_the_draft_is_over(tmp_path: Path) -> None:
    make_wall_log(tmp_path)
    with serving(tmp_path) as server:
        for card in server.get("/api/cracks")["cracks"]:
            assert server.say(crack_id=card["id"], verdict="accept").status == 201
    words = pages(tmp_path, "?state=accepted")
    assert "draft" not in words[0]
    for crack_id in (1, 2, 3):
        assert sum(f"Crack {crack_id}: accepted" in page for page in words) == 1


@pytest.mark.parametrize("query", ["?state=rejected", "?width_min_mm=99"])
def test_nothing_that_passes_is_said(tmp_path: Path, query: str) -> None:
    make_wall_log(tmp_path)
    whole = " ".join(pages(tmp_path, query))
    assert "No crack passes the filter." in whole
    assert "Contact sheet" not in whole
