"""The page in a real browser, by keyboard and by touch, at the size of a desk and of a phone.

HAIRLINE_SCREENSHOTS=docs/img keeps the pictures for docs/review.md.
"""

from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from edge_log_samples import CLOCK, FIND, START, frame
from edge_review_browser_samples import (
    PATIENCE_MS,
    SCREENSHOTS,
    SEEN,
    SIZES,
    VIEWS,
    Open,
    entries,
    needs_chromium,
    slide,
    wait_for,
)
from edge_review_samples import Server, jpeg, make_large_log, make_log, serving
from edge_review_wall_samples import make_wall_log

from edge.live_view import LiveView
from edge.log import InspectionLog, RunState

pytest_plugins = ("edge_review_browser_fixtures",)
pytestmark = needs_chromium


def test_a_review_by_keyboard_is_one_key_a_find(opened: Open, own: Server, tmp_path: Path) -> None:
    page = opened(own)
    order = own.get("/api/finds")["ids"]
    page.locator(".scroller").focus()
    page.keyboard.press("Enter")
    for n, key in enumerate(["a", "j", "s", "t", "f", "w", "o", "u"]):
        wait_for(lambda n=n: page.title().startswith(f"Find {order[n]} "))
        page.keyboard.press(key)
    wait_for(lambda: page.title().startswith(f"Find {order[8]} "))
    page.keyboard.press("z")
    wait_for(lambda: page.title().startswith(f"Find {order[7]} "))
    wait_for(lambda: len(entries(tmp_path)) == 9)
    said = [(verdict, reason) for _, verdict, reason, _ in entries(tmp_path)]
    reasons = ["joint", "shadow", "stain", "formwork", "wire", "other"]
    assert said == [
        ("accept", None),
        *(("reject", reason) for reason in reasons),
        ("unsure", None),
        ("unsure", "undone"),
    ]
    assert [find_id for find_id, *_ in entries(tmp_path)] == [*order[:8], order[7]]
    page.keyboard.press("ArrowRight")
    wait_for(lambda: page.title().startswith(f"Find {order[8]} "))
    page.keyboard.press("ArrowLeft")
    wait_for(lambda: page.title().startswith(f"Find {order[7]} "))
    page.keyboard.press("Escape")
    page.wait_for_selector(".tile .caption b")
    assert "12 of 12" in page.locator("#count").inner_text()
    assert "5 unreviewed" in page.locator("#count").inner_text()


def test_a_review_by_touch(opened: Open, own: Server, tmp_path: Path) -> None:
    page = opened(own, size="phone")
    order = own.get("/api/finds")["ids"]
    page.locator(".tile a").first.tap()
    wait_for(lambda: page.title().startswith(f"Find {order[0]} "))
    page.get_by_role("button", name="Accept").tap()
    wait_for(lambda: page.title().startswith(f"Find {order[1]} "))
    page.get_by_role("button", name="Reject").tap()
    page.get_by_role("button", name="formwork").tap()
    wait_for(lambda: page.title().startswith(f"Find {order[2]} "))
    page.get_by_role("button", name="Undo").tap()
    wait_for(lambda: page.title().startswith(f"Find {order[1]} "))
    wait_for(lambda: len(entries(tmp_path)) == 3)
    assert [entry[:3] for entry in entries(tmp_path)] == [
        (order[0], "accept", None),
        (order[1], "reject", "formwork"),
        (order[1], "unsure", "undone"),
    ]


def test_two_people_see_each_other(opened: Open, own: Server, tmp_path: Path) -> None:
    ann, bob = (opened(own) for _ in range(2))
    for page, name in ((ann, "Ann"), (bob, "Bob")):
        page.locator("#who").click()
        page.get_by_label("Your name").fill(name)
        page.keyboard.press("Escape")
        page.wait_for_selector(f"#who >> text={name}")
    ann.locator(".tile a").first.click()
    ann.wait_for_selector(".find")
    ann.keyboard.press("a")
    bob.wait_for_selector(".tile[data-state=accepted]")
    bob.locator(".tile a").nth(1).click()
    bob.wait_for_selector(".find")
    bob.keyboard.press("w")
    wait_for(lambda: len(entries(tmp_path)) == 2)
    assert [(verdict, who) for _, verdict, _, who in entries(tmp_path)] == [("accept", "Ann"), ("reject", "Bob")]


def test_the_filter_is_in_the_address_and_in_sight(opened: Open, own: Server) -> None:
    own.say(find_id=2, verdict="reject", reason="joint")
    page = opened(own)
    page.get_by_role("button", name="rejected").click()
    wait_for(lambda: page.locator(".tile").count() == 1)
    assert page.locator("#count").inner_text().startswith("1 of 12 finds · only: state rejected")
    again = opened(own, page.url.removeprefix(own.url))
    assert "1 of 12" in again.locator("#count").inner_text()
    again.get_by_role("button", name="Clear").click()
    wait_for(lambda: again.locator(".tile").count() > 5)


def test_many_finds_are_scrolled_with_few_tiles(opened: Open, tmp_path: Path) -> None:
    make_large_log(tmp_path, 20_000)
    with serving(tmp_path) as server:
        page = opened(server)
        assert "20,001 of 20,001" in page.locator("#count").inner_text()
        page.locator(".scroller").focus()
        page.keyboard.press("End")
        last = server.get("/api/finds")["ids"][-1]
        page.wait_for_selector(f".tile a[href='/finds/{last}'] .caption b")
        assert page.locator(".tile").count() < 200


@pytest.mark.parametrize("size", SIZES)
def test_no_request_leaves_the_machine_and_nothing_is_refused(browser: Any, wall: Server, size: str) -> None:
    context = browser.new_context(**SIZES[size])
    page = context.new_page()
    asked: list[str] = []
    complaints: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    for view in VIEWS:
        page.goto(wall.url + view)
        page.wait_for_selector(SEEN, timeout=PATIENCE_MS)
        page.wait_for_load_state("networkidle")
    context.close()
    assert [url for url in asked if not url.startswith((wall.url, "data:", "blob:"))] == []
    assert len(asked) > 20
    assert complaints == []


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("view", VIEWS)
def test_nothing_serious_stands_in_anybodys_way(opened: Open, wall: Server, view: str, size: str) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    page = opened(wall, view, size, wait=SEEN)
    page.wait_for_load_state("networkidle")
    found = axe.run(page).response["violations"]
    serious = [
        (one["id"], [node["target"] for node in one["nodes"]])
        for one in found
        if one["impact"] in ("serious", "critical")
    ]
    assert serious == []


@pytest.mark.parametrize("size", SIZES)
def test_nothing_is_wider_than_the_screen(opened: Open, wall: Server, size: str) -> None:
    for view in VIEWS:
        page = opened(wall, view, size, wait=SEEN)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), view


def test_names_from_outside_are_text(opened: Open, shared: Server) -> None:
    page = opened(shared, "/finds/1", wait=".find")
    assert "<b>0</b>.png" in page.locator(".facts").inner_text()
    assert page.locator(".facts b").count() == 0


def test_the_keys_are_listed(opened: Open, shared: Server) -> None:
    page = opened(shared)
    page.keyboard.press("?")
    assert "reject: formwork" in page.locator("dialog").inner_text()


def test_a_missing_picture_and_a_lost_server_are_said(opened: Open, tmp_path: Path) -> None:
    run = make_log(tmp_path)
    (tmp_path / "images" / run / "000000.jpg").unlink()
    with serving(tmp_path) as server:
        page = opened(server, "/finds/1", wait=".stage .empty")
        assert f"images/{run}/000000.jpg" in page.locator(".stage").inner_text()
        grid = opened(server)
        grid.wait_for_selector(".tile .missing")
    grid.wait_for_selector(".notice.error")
    assert "verdicts are not being saved" in grid.locator("#notices").inner_text()


def test_new_finds_of_a_run_are_told(opened: Open, own: Server, tmp_path: Path) -> None:
    page = opened(own)
    live = opened(own, "/live", wait="h1")
    with InspectionLog.open(tmp_path, clock=CLOCK) as log:
        run = log.start_run(START)
        log.log_frame(run, frame(0), [FIND], jpeg(9))
        page.wait_for_selector(".notice.hint")
        live.wait_for_selector(".dot.on")
    assert "1 new find" in page.locator("#notices").inner_text()


@pytest.mark.parametrize("size", SIZES)
def test_what_the_camera_sees_is_shown_while_a_run_goes_on_and_said_to_be_old_after(
    opened: Open, tmp_path: Path, size: str
) -> None:
    with InspectionLog.open(tmp_path, clock=CLOCK) as log, serving(tmp_path) as server:
        page = opened(server, "/live", size, wait=".live-status >> text=No run has written to this log yet")
        run = log.start_run(START)
        log.log_frame(run, frame(0), [FIND], jpeg(9))
        page.wait_for_selector(".camera >> text=No picture of the camera yet")
        for width in (320, 640):
            LiveView(tmp_path).update(np.full((240, width, 3), 120, np.uint8))
            wait_for(lambda width=width: page.evaluate("document.querySelector('.camera img')?.naturalWidth") == width)
        assert page.locator(".camera").inner_text().startswith("The camera, ")
        assert "1 find" in page.locator(".stage:not(.camera) figcaption").inner_text()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        log.end_run(run, RunState.FINISHED, None)
        page.wait_for_selector(".camera >> text=The run has ended")
        page.wait_for_selector(".live-status >> text=The run has ended")


@pytest.mark.parametrize("size", SIZES)
def test_a_photo_is_tried(opened: Open, shared: Server, tmp_path: Path, size: str) -> None:
    (tmp_path / "photo.jpg").write_bytes(jpeg(3))
    (tmp_path / "letter.jpg").write_bytes(b"Dear all")
    page = opened(shared, "/try", size, wait="h1")
    page.set_input_files("#photo", tmp_path / "letter.jpg")
    page.wait_for_selector(".notice.error")
    assert "must be a picture" in page.locator(".result").inner_text()
    page.set_input_files("#photo", tmp_path / "photo.jpg")
    page.wait_for_selector("canvas")
    wait_for(lambda: "at or above" in page.locator(".result").inner_text())


def test_the_pictures_of_the_docs(opened: Open, tmp_path: Path) -> None:
    from edge.cli import main

    folder = Path(SCREENSHOTS or tmp_path)
    # As `make demo`.
    words = ["run", "wall", "--wall", "demo", "--coverage", "0.3", "--log", str(tmp_path / "demo")]
    assert main(words) == 0
    with serving(tmp_path / "demo") as server:
        ids = server.get("/api/finds?order=highest")["ids"]
        for n, find_id in enumerate(ids[1:9]):
            assert server.say(find_id=find_id, verdict="unsure" if n == 3 else "accept").status == 201
        for crack in server.get("/api/cracks")["cracks"]:
            # Holes of the concrete that the network takes for cracks.
            if crack["width_median"] is not None and crack["width_median"][1] > 2:
                assert server.say(crack_id=crack["id"], verdict="reject", reason="other").status == 201
        views = {
            "grid": "/?order=highest",
            "find": f"/finds/{ids[0]}?order=highest",
            "cracks": "/cracks",
            "wall": "/wall",
            "live": "/live",
            "report": "/report",
        }
        keep(opened, server, folder, views)
    # A crack with a visit before it, which one run over a wall has not.
    make_wall_log(tmp_path / "wall")
    with serving(tmp_path / "wall") as server:
        assert server.say(crack_id=1, verdict="accept").status == 201
        keep(opened, server, folder, {"crack": "/cracks/2"})
    assert len(list(folder.glob("review-*.jpg"))) >= 14


def keep(opened: Open, server: Server, folder: Path, views: Mapping[str, str]) -> None:
    """A picture of each view at each size."""
    for size in SIZES:
        for name, path in views.items():
            with closing(opened(server, path, size, wait=SEEN)) as page:
                page.wait_for_load_state("networkidle")
                if name == "crack":
                    slide(page, ".compare input", 45)
                page.screenshot(path=folder / f"review-{name}-{size}.jpg", type="jpeg", quality=40)
