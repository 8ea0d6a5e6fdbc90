"""Exports: from the form to the ZIP, and all that may come between."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update

from app import exporting, exports
from app.extensions import db
from app.models import Export, now
from sandbox import Sandbox
from tests.browsing import Browser, Page
from tests.house import emptied, let_in


@pytest.fixture
def app(house: Flask) -> Flask:
    """One installation for all of these, empty at the start of each."""
    return emptied(house)


@pytest.fixture
def alice(browser: Browser, sandbox: Sandbox) -> Browser:
    """A browser signed in as alice."""
    let_in(browser, "alice")
    sandbox.clear_calls()
    return browser


def start(browser: Browser, *parts: str, files: bool = False) -> Page:
    """Choose these parts, or all of them, and make an export."""
    page = browser.get("/exports")
    chosen = list(parts) or [box.get("value") for box in page.all("input", name="part")]
    return browser.press("/exports", part=chosen, with_files="1" if files else None)


def row_of(app: Flask) -> Export | None:
    """The only export there is."""
    with app.app_context():
        return db.session.scalar(select(Export))


def bring_near(app: Flask, **more: Any) -> None:
    """Let the time of the export have come."""
    with app.app_context():
        past = {"try_at": now() - timedelta(seconds=1)}
        db.session.execute(update(Export).values(**past, **more))
        db.session.commit()


def step(app: Flask, times: int = 1) -> Export | None:
    """What workers do, so many steps of it, without the pauses between."""
    for _ in range(times):
        row = row_of(app)
        if row is None or row.state != "running":
            break
        bring_near(app)
        with app.test_request_context():
            exporting.attempt(row.id)
    return row_of(app)


def finish(app: Flask) -> Export:
    """All steps, to the end."""
    row = step(app, 500)
    assert row is not None
    assert row.state != "running"
    return row


def archive(browser: Browser) -> zipfile.ZipFile:
    """The ZIP, downloaded by the page's own link."""
    page = browser.get("/exports")
    (link,) = [link for link in page.links() if link.endswith("/download")]
    with browser.client.get(link, base_url=browser.origin) as response:
        assert response.status_code == 200
        return zipfile.ZipFile(io.BytesIO(response.get_data()))


def lines(zipped: zipfile.ZipFile, name: str) -> list[Any]:
    """The things in one of its files of JSON."""
    return [json.loads(line) for line in zipped.read(f"json/{name}.jsonl").splitlines()]


def table(zipped: zipfile.ZipFile, name: str) -> list[list[str]]:
    """The rows of one of its tables."""
    return list(csv.reader(io.StringIO(zipped.read(f"csv/{name}").decode())))


def folder_of(app: Flask, row: Export) -> Path:
    """Where its files lie."""
    with app.app_context():
        return exports.folder_of(row.id)


# What is in it ----------------------------------------------------------------------------


def test_everything_is_taken_along(alice: Browser, app: Flask, sandbox: Sandbox) -> None:
    page = start(alice, files=True)
    assert page.path == "/exports"
    assert "Your export is being made." in page.text
    row = finish(app)
    assert (row.state, row.problem) == ("done", None)
    with archive(alice) as zipped:
        assert zipped.testzip() is None
        me = sandbox.person("alice").id
        notes = [n for n in sandbox.world.newest_first() if n.user_id == me]
        assert [note["id"] for note in lines(zipped, "notes")] == [note.id for note in notes]
        print(zipped.namelist())
        print(zipped.read("README.txt").decode())
