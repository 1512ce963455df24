"""Sizes, views and helpers of the browser tests of the review page."""

import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from edge_log_samples import raw

Page = Any  # playwright's, which not every machine has
Open = Callable[..., Page]

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
needs_chromium = pytest.mark.skipif(CHROMIUM is None, reason="needs the browser chromium")

DESK = {"viewport": {"width": 1280, "height": 800}}
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
SIZES = {"desk": DESK, "phone": PHONE}
VIEWS = ("/", "/finds/1", "/cracks", "/cracks/2", "/wall", "/live", "/try", "/report")
SEEN = ".tile .caption b, .find .where, .crack-row, h1"
PATIENCE_MS = 60_000
SCREENSHOTS = os.environ.get("HAIRLINE_SCREENSHOTS")


def entries(folder: Path) -> list[tuple[Any, ...]]:
    with raw(folder) as db:
        return db.execute("SELECT find_id, verdict, reason, reviewer FROM reviews ORDER BY id").fetchall()


def wait_for(condition: Any) -> None:
    deadline = time.monotonic() + PATIENCE_MS / 1000
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def slide(page: Page, selector: str, value: int) -> None:
    """Moves a slider as a hand does, the events with it."""
    slider = page.locator(selector)
    slider.evaluate("(slider, value) => { slider.value = value; }", value)
    for event in ("input", "change"):
        slider.dispatch_event(event)
