"""Cracks, masks, the wall, thresholds and files in a real browser, by keyboard and touch, on a desk and on a phone."""

from pathlib import Path
from typing import Any

import pytest
from edge_log_samples import raw
from edge_review_browser_samples import SIZES, Open, needs_chromium, slide, wait_for
from edge_review_samples import Server

pytest_plugins = ("edge_review_browser_fixtures",)
pytestmark = needs_chromium


def crack_entries(folder: Path) -> list[tuple[Any, ...]]:
    with raw(folder) as db:
        return db.execute("SELECT crack_id, verdict, reason FROM reviews ORDER BY id").fetchall()


def test_cracks_by_keyboard_are_one_key_each(opened: Open, own_wall: Server, tmp_path: Path) -> None:
    order = [card["id"] for card in own_wall.get("/api/cracks")["cracks"]]
    page = opened(own_wall, "/cracks", wait=".crack-row")
    page.locator(".crack-row").first.focus()
    page.keyboard.press("Enter")
    wait_for(lambda: page.title().startswith(f"Crack {order[0]} "))
    page.keyboard.press("a")
    wait_for(lambda: page.title().startswith(f"Crack {order[1]} "))
    page.keyboard.press("j")
    wait_for(lambda: page.title().startswith(f"Crack {order[2]} "))
    page.keyboard.press("z")
    wait_for(lambda: page.title().startswith(f"Crack {order[1]} "))
    wait_for(lambda: len(crack_entries(tmp_path)) == 3)
    assert crack_entries(tmp_path) == [
        (order[0], "accept", None),
        (order[1], "reject", "joint"),
        (order[1], "unsure", "undone"),
    ]
    page.keyboard.press("Escape")
    page.wait_for_selector(".crack-row [data-state=accepted]")
    assert "3 of 3" in page.locator("#count").inner_text()


def test_cracks_by_touch(opened: Open, own_wall: Server, tmp_path: Path) -> None:
    order = [card["id"] for card in own_wall.get("/api/cracks")["cracks"]]
    page = opened(own_wall, "/cracks", "phone", wait=".crack-row")
    page.locator(".crack-row").first.tap()
    wait_for(lambda: page.title().startswith(f"Crack {order[0]} "))
    page.get_by_role("button", name="Reject").tap()
    page.get_by_role("button", name="formwork").tap()
    wait_for(lambda: page.title().startswith(f"Crack {order[1]} "))
    page.get_by_role("button", name="Accept").tap()
    wait_for(lambda: len(crack_entries(tmp_path)) == 2)
    assert crack_entries(tmp_path) == [(order[0], "reject", "formwork"), (order[1], "accept", None)]


def test_a_crack_beside_its_earlier_visit_and_its_width(opened: Open, wall: Server) -> None:
    page = opened(wall, "/cracks/2", wait=".crack .plot path")
    page.keyboard.press("c")
    wait_for(lambda: "50%" in page.locator(".before").evaluate("e => e.style.clipPath"))
    slide(page, ".compare input", 80)
    wait_for(lambda: "20%" in page.locator(".before").evaluate("e => e.style.clipPath"))
    assert page.locator(".plot .line").count() == 2
    slide(page, ".along input", 40)
    course = wall.get("/api/cracks/2")["history"][-1]["courses"][0]
    assert f"{course[40][2]:.2f} mm" in page.locator(".along output").inner_text()
    assert page.locator(".strip a").count() == len(wall.get("/api/cracks/2")["sightings"])
    page.keyboard.press("b")
    assert page.locator(".stage .over").is_hidden()


@pytest.mark.parametrize("size", SIZES)
def test_a_crack_is_split_and_joined_and_that_is_taken_back(
    opened: Open, own_wall: Server, tmp_path: Path, size: str
) -> None:
    page = opened(own_wall, "/cracks/2", size, wait=".crack .plot path")
    slide(page, ".along input", 40)
    page.get_by_role("button", name="split here").click()
    page.wait_for_selector(".facts >> text=Parts")
    page.get_by_role("button", name="join").first.click()
    joined = page.locator(".facts p", has_text="One with crack")
    joined.wait_for()
    page.get_by_role("button", name="Undo").click()
    wait_for(lambda: joined.count() == 0)
    assert [reason for _, _, reason in crack_entries(tmp_path)] == ["split", "joined", "split"]
    assert own_wall.get("/api/cracks/2")["splits"] == 1


@pytest.mark.parametrize("size", SIZES)
def test_a_mask_is_drawn_by_hand(opened: Open, own_wall: Server, size: str) -> None:
    # Find 8 is taller than it is wide: its sheet has to fit into the window.
    page = opened(own_wall, "/finds/8", size, wait=".find .stage img")
    page.get_by_role("button", name="Correct the mask").click()
    paint = page.locator(".paint")
    paint.wait_for()
    before = page.locator("dialog .hint").inner_text()
    at, seen = paint.bounding_box(), page.locator(".sheet img").bounding_box()
    assert [at[side] for side in ("x", "y", "width", "height")] == pytest.approx(
        [seen[side] for side in ("x", "y", "width", "height")], abs=1
    )
    wide, tall = paint.evaluate("e => [e.width, e.height]")
    assert at["width"] / at["height"] == pytest.approx(wide / tall, rel=0.02)
    page.mouse.move(at["x"] + 20, at["y"] + 20)
    page.mouse.down()
    page.mouse.move(at["x"] + 90, at["y"] + 40, steps=5)
    page.mouse.up()
    wait_for(lambda: page.locator("dialog .hint").inner_text() != before)
    page.get_by_role("button", name="Save").click()
    page.wait_for_selector(".over image", state="attached")
    found = own_wall.get("/api/finds/8")
    assert (found["state"], found["reason"]) == ("accepted", "mask corrected")
    drawn = sum(found["mask"]["counts"][1::2])
    assert f"{drawn:,} pixels" != before.split(" of ")[0]
    page.get_by_role("button", name="Undo").click()
    wait_for(lambda: own_wall.get("/api/finds/8")["mask"] is None)


def test_a_mask_is_drawn_with_the_keyboard(opened: Open, own_wall: Server) -> None:
    page = opened(own_wall, "/finds/1", wait=".find .stage img")
    page.keyboard.press("m")
    page.wait_for_selector(".paint:focus")
    for key in ("ArrowUp", "ArrowUp", " ", "ArrowLeft", " ", "e", " "):
        page.keyboard.press(key)
    page.get_by_role("button", name="Save").press("Enter")
    wait_for(lambda: own_wall.get("/api/finds/1")["mask"] is not None)


def test_a_mask_that_could_not_be_sent_stays_on_the_sheet(opened: Open, own_wall: Server) -> None:
    page = opened(own_wall, "/finds/1", wait=".find .stage img")
    page.keyboard.press("m")
    page.wait_for_selector(".paint:focus")
    page.keyboard.press(" ")
    drawn = page.locator("dialog .hint").inner_text()
    page.context.set_offline(True)
    page.get_by_role("button", name="Save").click()
    page.wait_for_selector("dialog >> text=Not saved: the server cannot be reached")
    page.context.set_offline(False)
    page.get_by_role("button", name="Save").click()
    page.wait_for_selector(".over image", state="attached")
    kept = own_wall.get("/api/finds/1")
    assert drawn.startswith(f"{sum(kept['mask']['counts'][1::2]):,} pixels")
    assert len(kept["history"]) == 1


def test_the_threshold_tells_what_would_appear_and_disappear(opened: Open, wall: Server) -> None:
    page = opened(wall)
    own = int(page.locator(".threshold input").input_value())
    slide(page, ".threshold input", own - 20)
    page.wait_for_selector(".effect >> text=would appear")
    expected = wall.get("/api/threshold?score=" + str(wall.get("/api/log")["levels"][own - 20]))
    assert f"{expected['appear']} find" in page.locator(".effect").inner_text()
    assert page.locator("#count").inner_text().startswith("9 of 9")
    page.locator(".effect button").click()
    page.wait_for_selector("dialog .strip li")
    page.keyboard.press("Escape")
    slide(page, ".threshold input", 255)
    page.wait_for_selector(".effect >> text=9 finds would disappear")
    wait_for(lambda: page.locator("#count").inner_text().startswith("0 of 9"))


def test_every_file_is_downloaded_and_a_refusal_is_words(opened: Open, wall: Server, shared: Server) -> None:
    page = opened(wall, "/report", wait=".files button")
    page.locator("#report-state").select_option("")
    for n, ending in enumerate((".pdf", ".csv", ".csv", ".csv", ".gpkg", "", ".dxf", ".png", ".json", ".mcap")):
        if not ending:
            # GeoJSON, which needs to know where the wall stands.
            page.locator(".files button").nth(n).click()
            page.wait_for_selector(".refused >> text=--georeference")
            continue
        with page.expect_download() as download:
            page.locator(".files button").nth(n).click()
        assert download.value.suggested_filename.endswith(ending)
        assert Path(download.value.path()).stat().st_size > 300
    refused = opened(shared, "/report", wait=".files button")
    refused.get_by_role("button", name="DXF").click()
    refused.wait_for_selector(".refused")
    assert "places on the wall" in refused.locator(".refused").inner_text()


@pytest.mark.parametrize("size", SIZES)
def test_the_wall_shows_what_was_not_inspected_and_leads_to_a_crack(opened: Open, wall: Server, size: str) -> None:
    page = opened(wall, "/wall?crack=1", size, wait=".wall canvas")
    page.wait_for_selector("ul[aria-label=Coverage] >> text=not inspected: too dark")
    page.locator("#colour").select_option("change")
    page.wait_for_selector("ul[aria-label=Cracks] >> text=grown")
    # The map shows crack 1 alone with a margin; by its points it is found under the pointer.
    course = wall.get("/api/wall")["cracks"][0]["courses_mm"][0]
    xs, ys = zip(*course, strict=True)
    box = page.locator("canvas").bounding_box()
    wide, tall = max(xs) - min(xs) + 80, max(ys) - min(ys) + 80
    scale = 0.95 * min(box["width"] / wide, box["height"] / tall)
    x, y = course[len(course) // 2]
    at = (
        box["width"] / 2 + (x - (max(xs) + min(xs)) / 2) * scale,
        box["height"] / 2 - (y - (max(ys) + min(ys)) / 2) * scale,
    )
    page.locator("canvas").click(position={"x": at[0], "y": at[1]})
    wait_for(lambda: page.title().startswith("Crack 1 "))


def test_looking_closer_keeps_what_is_under_the_pointer(opened: Open, wall: Server) -> None:
    page = opened(wall, "/cracks/1", wait=".crack .stage img")
    page.wait_for_load_state("networkidle")
    box = page.locator(".stage .frame").bounding_box()
    at = box["x"] + box["width"] * 0.7, box["y"] + box["height"] * 0.4
    page.mouse.move(*at)
    page.mouse.wheel(0, -400)
    page.wait_for_selector(".stage.zoomed")
    closer = page.locator(".stage .frame").bounding_box()
    assert closer["width"] > 3 * box["width"]
    assert (at[0] - closer["x"]) / closer["width"] == pytest.approx(0.7, abs=0.01)
    assert (at[1] - closer["y"]) / closer["height"] == pytest.approx(0.4, abs=0.01)
    page.keyboard.press("0")
    wait_for(lambda: page.locator(".stage.zoomed").count() == 0)
    page.keyboard.press("+")
    page.wait_for_selector(".stage.zoomed")


def test_a_corrected_mask_says_from_when_the_sizes_are(opened: Open, own_wall: Server) -> None:
    edit = {"find_id": 1, "mask": {"box_xywh_px": [20, 20, 60, 60], "counts": [0, 3600]}, "reviewer": "Ann"}
    assert own_wall.ask("/api/edits", "POST", edit).status == 201
    page = opened(own_wall, "/finds/1", wait=".find .facts")
    page.wait_for_selector(".facts >> text=Measured before Ann corrected the mask")
    (crack_id,) = own_wall.get("/api/finds/1")["cracks"]
    page = opened(own_wall, f"/cracks/{crack_id}", wait=".crack .facts")
    page.wait_for_selector(".facts >> text=Measured before the mask of find 1 was corrected")
