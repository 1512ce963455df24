"""Printed boards and tags: the page, rasterised by PDFium (not by what drew it), has the true size in millimetres."""

import numpy as np
import pypdfium2
import pytest

from calibration.board import parse_board
from calibration.sightings import BoardFinder, Sighting
from calibration.target import PAPERS_WH_MM, TagSheet, board_pdf, default_target, parse_tags, tags_pdf
from edge.errors import CalibrationError
from edge.tags import find_tags

DPI = 150
MM_A_PX = 25.4 / DPI


def pages(pdf: bytes) -> list[np.ndarray]:
    """Every page as uint8 BGR (h, w, 3). Its size in points is made whole in pixels, which PDFium stretches it to."""
    document = pypdfium2.PdfDocument(pdf)
    return [np.ascontiguousarray(page.render(scale=DPI / 72).to_numpy()[..., :3]) for page in document]


def mm_a_px_wh(page: np.ndarray, paper: str) -> np.ndarray:
    """(2,): a page's own millimetres per pixel across and down."""
    size = np.array(PAPERS_WH_MM[paper])
    w, h = page.shape[1], page.shape[0]
    return (size[::-1] if w > h else size) / (w, h)


@pytest.mark.parametrize(
    ("kind", "paper"), [*(("charuco", paper) for paper in sorted(PAPERS_WH_MM)), ("chessboard", "a4")]
)
def test_a_board_on_paper_is_as_large_as_it_says(kind, paper):
    board = parse_board(default_target(kind, paper))
    (page,) = pages(board_pdf(board, paper))
    assert sorted(n * MM_A_PX for n in page.shape[:2]) == pytest.approx(sorted(PAPERS_WH_MM[paper]), abs=2 * MM_A_PX)
    found = BoardFinder(board).find(page, name="page")
    assert isinstance(found, Sighting)
    assert len(found.ids) == board.corners_wh[0] * board.corners_wh[1]
    # Where the corners are on paper is where the board has them, but for where it begins.
    on_paper, on_board = found.points_px * mm_a_px_wh(page, paper), board.corners_mm()[found.ids, :2]
    if np.dot(on_paper[-1] - on_paper[0], on_board[-1] - on_board[0]) < 0:
        on_board = on_board[::-1]  # a chessboard read from its other end
    off = (on_paper - on_paper.mean(axis=0)) - (on_board - on_board.mean(axis=0))
    assert np.abs(off).max() < 0.04


def test_tags_on_paper_are_as_large_as_they_say():
    sheet = parse_tags("tags:42:0-3,17,586")
    (page,) = pages(tags_pdf(sheet, "a4"))
    found = find_tags(page)
    assert [tag.id for tag in found] == [0, 1, 2, 3, 17, 586]
    for tag in found:
        on_paper = tag.corners_px * mm_a_px_wh(page, "a4")
        sides = np.linalg.norm(on_paper - np.roll(on_paper, 1, axis=0), axis=1)
        assert sides == pytest.approx([42.0] * 4, abs=0.1)


def test_the_rulers_are_as_long_as_they_say():
    """The longest dark run in the bottom band, and in the left one, is the ruler's own line."""
    (page,) = pages(board_pdf(parse_board("charuco:7x4:30"), "a4"))
    dark = page.min(axis=2) < 128
    below, left = dark[-int(10 / MM_A_PX) :], dark[:, : int(10 / MM_A_PX)]
    for band in (below, left.T):
        assert max(longest_run(row) for row in band) * MM_A_PX == pytest.approx(100, abs=0.5)


def longest_run(row: np.ndarray) -> int:
    edges = np.flatnonzero(np.diff(np.concatenate([[0], row.astype(np.int8), [0]])))
    return int(np.max(edges[1::2] - edges[::2], initial=0))


def test_more_tags_than_a_page_holds_take_more_pages():
    sheet = parse_tags("tags:60:0-9")
    seen = [tag.id for page in pages(tags_pdf(sheet, "a4")) for tag in find_tags(page)]
    assert seen == list(range(10))


@pytest.mark.parametrize("text", ["tags:40:1,2,1", "tags:40:0-5,3", "tags:40:7,7"])
def test_ids_that_repeat_are_refused(text):
    with pytest.raises(CalibrationError, match="an id of its own"):
        parse_tags(text)


@pytest.mark.parametrize(
    "text", ["tags:40", "tags:40:", "tags:40:5-3", "tags:40:587", "tags:2:1", "tags:x:1", "tags:40:a"]
)
def test_what_is_no_tag_sheet_is_refused(text):
    with pytest.raises(CalibrationError, match=r"(?i)tag"):
        parse_tags(text)


@pytest.mark.parametrize("text", ["charuco:12x9:40", "chessboard:30x20:15"])
def test_a_board_that_does_not_fit_its_paper_is_refused(text):
    with pytest.raises(CalibrationError, match="must fit its paper"):
        board_pdf(parse_board(text), "a4")


def test_a_tag_that_does_not_fit_its_paper_is_refused():
    with pytest.raises(CalibrationError, match="must fit its paper"):
        tags_pdf(TagSheet(side_mm=180, ids=(1,)), "a4")


@pytest.mark.parametrize(
    "text",
    [
        "charuco",
        "charuco:9x6",
        "chessboard:9x6:25:19",
        "charuco:2x6:25",
        "charuco:9x6:0",
        "charuco:9x6:25:24.9",
        "charuco:99x99:5",
        "charuco:20x20:5",
        "chessboard:9x6:-1",
        "circles:4x5:20",
        "charuco:9x6:25:18:5X5",
    ],
)
def test_what_is_no_board_is_refused(text):
    with pytest.raises(CalibrationError, match=r"a board is|a board has|a marker's|a ChArUco board needs"):
        parse_board(text)


def test_a_board_is_read_as_it_is_printed():
    for text in ("charuco:9x6:27:20.25", "chessboard:10x7:25", "charuco:5x5:12.5:10"):
        assert str(parse_board(text)) == text


def test_the_same_board_gives_the_same_bytes():
    assert board_pdf(parse_board("charuco:7x5:30"), "a4") == board_pdf(parse_board("charuco:7x5:30"), "a4")
