"""Who is signed in in which browser."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from flask import Flask
from sqlalchemy import event

from app.extensions import db
from sandbox import Sandbox
from tests import stored
from tests.browsing import Browser


def acting_as(browser: Browser) -> str | None:
    """The handle this browser acts as now; None if it acts as nobody. Makes no call."""
    names = ["".join(link.itertext()) for link in browser.get("/accounts").all("a", class_="me")]
    return names[0] if names else None


def sign_in_at(browser: Browser, sandbox: Sandbox, username: str) -> str:
    """Sign in at that server; the id of the account."""
    browser.sandbox = sandbox
    browser.sign_in(username)
    assert acting_as(browser) == f"@{username}@{sandbox.host}"
    found = stored.execute(
        browser.app,
        "SELECT id FROM accounts WHERE host = ? AND username = ?",
        sandbox.host,
        username,
    )
    return str(found[0]["id"])


def callback(token: str) -> str:
    """Where the consent page sends a browser to."""
    return f"/sign-in/callback?token={token}"


@contextmanager
def meanwhile(app: Flask, statement: str, do: Callable[[], Any]) -> Iterator[list[Any]]:
    """Do something else just before the app's first statement that begins so: what two
    requests at once come to, at the worst moment. Gives what was done, in a list."""
    done: list[Any] = []
    busy = False

    def step_in(_connection: Any, _cursor: Any, sql: str, *_more: Any) -> None:
        nonlocal busy
        if not busy and not done and sql.startswith(statement):
            busy = True
            # In a thread of its own, as another request is.
            with ThreadPoolExecutor(1) as pool:
                done.append(pool.submit(do).result())

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", step_in)
    try:
        yield done
    finally:
        event.remove(engine, "before_cursor_execute", step_in)
