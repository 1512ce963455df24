"""A browser and the logs that it looks at: what the browser tests of the review page share."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from edge_review_browser_samples import CHROMIUM, PATIENCE_MS, SIZES, Open, Page
from edge_review_samples import Server, make_log, serving
from edge_review_wall_samples import make_wall_log


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as playwright:
        # In a container there is no second sandbox inside the first.
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield launched
        launched.close()


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A log that no test changes."""
    folder = tmp_path_factory.mktemp("shared")
    make_log(folder)
    with serving(folder) as server:
        yield server


@pytest.fixture(scope="module")
def made_wall(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder: Path = tmp_path_factory.mktemp("wall")
    make_wall_log(folder)
    return folder


@pytest.fixture(scope="module")
def wall(made_wall: Path) -> Iterator[Server]:
    """A log of a wall with cracks, which no test changes."""
    with serving(made_wall) as server:
        yield server


@pytest.fixture
def own_wall(made_wall: Path, tmp_path: Path) -> Iterator[Server]:
    shutil.copytree(made_wall, tmp_path, dirs_exist_ok=True)
    with serving(tmp_path) as server:
        yield server


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Server]:
    make_log(tmp_path)
    with serving(tmp_path) as server:
        yield server


@pytest.fixture
def opened(browser: Any) -> Iterator[Open]:
    """Opens a view as somebody of their own; all of them leave when the test ends."""
    contexts = []

    def open_view(server: Server, path: str = "/", size: str = "desk", wait: str = ".tile .caption b") -> Page:
        context = browser.new_context(**SIZES[size])
        contexts.append(context)
        context.set_default_timeout(PATIENCE_MS)
        page = context.new_page()
        page.goto(server.url + path)
        page.wait_for_selector(wait)
        return page

    yield open_view
    for context in contexts:
        context.close()
