"""The review page in a browser (headless Chromium): 200 finds by keyboard, 100,000 finds scrolled, two people at once.

Targets: first view within a second, no more keys than finds, the next picture within 100 ms, scrolling without stutter
(a frame takes 16.7 ms), a verdict seen by another within two seconds. It needs chromium, and playwright of `[dev]`.
"""

import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from statistics import median, quantiles
from time import perf_counter
from typing import Any

import numpy as np
from harness import WH, arguments, show

# The samples of the tests lie beside this folder.
sys.path.insert(0, str(Path(__file__).parents[1]))
from edge_log_samples import CLOCK, FIND, START, frame
from edge_review_samples import jpeg, make_large_log, serving_process

from edge.imagefile import decode_bgr
from edge.log import Entry, InspectionLog, RunState
from edge.overlay import encode_jpeg
from edge.plain import plain_box

FINDS, MANY, VERDICTS = 200, 100_000, 20
# Nobody judges faster than this; the page uses the time to fetch what comes next.
PACE_MS = 250
SCROLL_S = 4

# Notes when a key is pressed and when the next find's picture is there, painted.
WATCH = """() => {
  window.waits = [];
  document.addEventListener('keydown', () => {
    const began = performance.now(), before = document.title;
    const look = () => {
      const img = document.querySelector('.stage img');
      if (document.title !== before && img && img.complete && img.naturalWidth) waits.push(performance.now() - began);
      else requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  }, true);
}"""
SCROLL = """(seconds) => new Promise((done) => {
  const box = document.querySelector('.scroller');
  const gaps = [];
  const began = performance.now();
  let last = began;
  const step = (now) => {
    gaps.push(now - last);
    last = now;
    box.scrollTop += 60;
    if (now - began < seconds * 1000) requestAnimationFrame(step);
    else done(gaps.slice(1));
  };
  requestAnimationFrame(step);
})"""


def main() -> None:
    from playwright.sync_api import sync_playwright

    args = arguments(__doc__.splitlines()[0])
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    finds = 50 if args.short else FINDS
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        few, many = Path(name) / "few", Path(name) / "many"
        make_log(few, finds)
        rows = [*keyboard(browser, few, finds), *together(browser, few)]
        make_large_log(many, MANY)
        rows += scrolling(browser, many)
        browser.close()
    show("Review page in a browser", rows, args)


def make_log(folder: Path, finds: int) -> None:
    """A find in each frame of 1080p, with the pictures that a run leaves."""
    with InspectionLog.open(folder, clock=CLOCK) as log:
        run_id = log.start_run(START)
        for seq in range(finds):
            box = (200 + 5 * (seq % 200), 300, 384, 288)
            drawn = jpeg(seq, WH)
            x, y, w, h = plain_box(box, WH)
            plain = np.ascontiguousarray(decode_bgr(drawn, name="frame")[y : y + h, x : x + w])
            record = replace(FIND, box_xywh_px=box, score=0.99 - 0.0001 * seq)
            entry = Entry(
                frame=frame(seq, frame_wh=WH, score_map_q=None, image_score=None),
                finds=[record],
                overlay_jpeg=drawn,
                plain_jpegs=[encode_jpeg(plain, 95)],
            )
            log.log_frames(run_id, [entry])
        log.end_run(run_id, RunState.FINISHED, None)


@contextmanager
def opened(browser: Any, url: str, wait: str) -> Iterator[Any]:
    """A person of their own at an address."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    context.set_default_timeout(60_000)
    page = context.new_page()
    page.goto(url)
    page.wait_for_selector(wait)
    yield page
    context.close()


def keyboard(browser: Any, folder: Path, finds: int) -> list[Mapping[str, object]]:
    """Every find is judged: how many keys that takes, and how long the next picture is waited for."""
    keys = 0
    with serving_process(folder) as (server, _), opened(browser, server.url, ".tile .caption b") as page:
        page.locator(".tile a").first.click()
        page.wait_for_selector(".stage img")
        page.evaluate(WATCH)
        for n in range(finds):
            page.wait_for_timeout(PACE_MS)
            page.keyboard.press("awj"[n % 3])
            keys += 1
            if n < finds - 1:
                page.wait_for_function("(n) => waits.length > n", arg=n)
        waits = page.evaluate("waits")
        page.wait_for_function("document.querySelector('#toast').textContent.includes('last')")
        left = server.get("/api/log")["states"]["unreviewed"]
    if left:
        raise AssertionError(f"{left} finds were not judged")
    return [*spread(f"{finds} finds by keyboard: next picture, ms", waits), row("keys pressed", float(keys))]


def together(browser: Any, folder: Path) -> list[Mapping[str, object]]:
    """From one person's key to the other's sight."""
    waits = []
    with (
        serving_process(folder) as (server, _),
        opened(browser, f"{server.url}/finds/1", ".find .state") as ann,
        opened(browser, f"{server.url}/finds/1", ".find .state") as bob,
    ):
        for n in range(VERDICTS):
            verdict, seen = ("unsure", "unsure") if n % 2 else ("accept", "accepted")
            begun = perf_counter()
            server.say(find_id=1, verdict=verdict, reviewer="Ann")
            bob.wait_for_function("(state) => document.querySelector('.find .state').textContent === state", arg=seen)
            waits.append(1000 * (perf_counter() - begun))
        ann.close()
    return spread("a verdict seen by another, ms", waits)


def scrolling(browser: Any, folder: Path) -> list[Mapping[str, object]]:
    """The grid of many finds: until it is there, and how evenly it moves."""
    firsts = []
    with serving_process(folder) as (server, _):
        for _ in range(3):
            begun = perf_counter()
            with opened(browser, server.url, ".tile .caption b") as page:
                firsts.append(1000 * (perf_counter() - begun))
        with opened(browser, server.url, ".tile .caption b") as page:
            gaps = page.evaluate(SCROLL, SCROLL_S)
    late = 100 * sum(gap > 50 for gap in gaps) / len(gaps)
    return [
        row(f"{MANY:,} finds: first view, ms, median of 3", median(firsts)),
        *spread(f"{MANY:,} finds scrolled: between two frames, ms", gaps),
        row("frames later than 50 ms, %", late),
    ]


def spread(name: str, values: Sequence[float]) -> list[Mapping[str, object]]:
    return [
        row(f"{name}, median", median(values)),
        row(f"{name}, 95 % within", quantiles(values, n=20)[-1]),
        row(f"{name}, longest", max(values)),
    ]


def row(name: str, value: float) -> Mapping[str, object]:
    return {"what": name, "measured": value}


if __name__ == "__main__":
    main()
