"""The copy to read that is part of an export, opened from a folder as its person would."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Literal

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from flask import Flask
from playwright.sync_api import Playwright, Request, ViewportSize

from app import exporting, exports
from app.extensions import db
from app.models import Account, Export, now
from sandbox import Sandbox
from scripts.stage import launch
from tests.browser.test_access import AXE_TAGS, RUN_AXE
from tests.browsing import Browser

pytestmark = pytest.mark.browser


@pytest.fixture
def copy(alice: Browser, app: Flask, sandbox: Sandbox, tmp_path: Path) -> Path:
    """Alice's export, unpacked."""
    with app.test_request_context():
        account = db.session.query(Account).one()
        row = exports.begin(account, exports.PARTS, with_files=True)
        while db.session.get_one(Export, row.id, populate_existing=True).state == "running":
            row.try_at = now()
            db.session.commit()
            exporting.attempt(row.id)
        folder = tmp_path / "copy"
        zipfile.ZipFile(io.BytesIO(exports.archive_of(row).read_bytes())).extractall(folder)
    return folder


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_page_opens_from_a_folder(
    playwright: Playwright, copy: Path, theme: Literal["light", "dark"]
) -> None:
    pages = [path for path in copy.rglob("*.html") if "files" not in path.parts]
    assert len(pages) > 8
    complaints: list[str] = []

    def on_request(request: Request) -> None:
        if not request.url.startswith("file:"):
            complaints.append(f"asked for: {request.url}")

    with launch(playwright) as browser:
        size: ViewportSize = {"width": 360, "height": 780}
        context = browser.new_context(color_scheme=theme, viewport=size, offline=True)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(f"{message.text} ({page.url})"))
        page.on("requestfailed", lambda request: complaints.append(f"not loaded: {request.url}"))
        page.on("request", on_request)
        for path in pages:
            page.goto(path.as_uri())
            for picture in page.locator("img").all():
                picture.scroll_into_view_if_needed()
                picture.evaluate("picture => picture.decode()")
            assert page.evaluate("document.documentElement.scrollWidth") <= 360, path
        page.goto((copy / "index.html").as_uri())
        page.locator('a[href^="notes/"]').first.click()
        assert page.locator("article").count() > 3
        assert complaints == []
        # What looks at it asks for more than a page may; so it has a page of its own.
        inspected = context.new_page()
        for path in pages:
            inspected.goto(path.as_uri())
            inspected.evaluate(AXE_SCRIPT)
            assert inspected.evaluate(RUN_AXE, AXE_TAGS) == [], path


def test_nothing_runs_in_it(playwright: Playwright, copy: Path) -> None:
    """Not even if something that runs came into it."""
    index = copy / "index.html"
    evil = "<script>document.title = 'run'</script>"
    index.write_text(index.read_text().replace("</main>", f"{evil}</main>"))
    with launch(playwright) as browser:
        page = browser.new_page()
        page.goto(index.as_uri())
        assert "@alice@" in page.title()
