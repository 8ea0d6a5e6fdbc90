"""A real browser, a real server: the system's Chromium, Engawa under gunicorn as it is
served, and the sandbox, each over its own socket."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Playwright, sync_playwright

from scripts.stage import CHROMIUM_NAMES, Stage, chromium, launch


@pytest.fixture(scope="package")
def playwright() -> Iterator[Playwright]:
    """What drives browsers. Without Chromium these tests are skipped, but never in CI."""
    if chromium() is None:
        reason = f"there is no Chromium on PATH ({', '.join(CHROMIUM_NAMES)})"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    with sync_playwright() as driver:
        yield driver


@pytest.fixture(scope="package")
def running_stage(
    playwright: Playwright,
    tmp_path_factory: pytest.TempPathFactory,
    empty_database: Path,
) -> Iterator[Stage]:
    """One stage for all of these tests; they use `stage`."""
    folder = tmp_path_factory.mktemp("stage")
    with launch(playwright) as browser, Stage(browser, folder, database=empty_database) as stage:
        yield stage


@pytest.fixture
def stage(running_stage: Stage) -> Iterator[Stage]:
    """A well-behaved sandbox and Engawa on it, for a test that may post what it likes.
    Afterwards, no browser may have complained of anything."""
    running_stage.troubles.clear()
    running_stage.sandbox.behave()
    world = running_stage.sandbox.world
    before = set(world.notes)
    yield running_stage
    for posted in [note for name, note in world.notes.items() if name not in before]:
        world.delete_note(posted)
    assert running_stage.troubles == []
