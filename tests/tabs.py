"""Several tabs of one browser, and things done in them at the same moment."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from flask import Flask

from tests.browsing import Browser

T = TypeVar("T")


def another_tab(browser: Browser, app: Flask | None = None) -> Browser:
    """A tab beside `browser`: the same cookies, the same page in front of it. `app` may be
    another process of the same installation."""
    tab = Browser(app or browser.app, browser.sandbox)
    value = browser.cookie()
    if value is not None:
        tab.client.set_cookie("engawa", value, domain="localhost")
    tab.page = browser.page
    return tab


def at_once(*doings: Callable[[], T]) -> list[T]:
    """Do all of it in threads that start together; what each gave, in order."""
    together = threading.Barrier(len(doings))

    def do(doing: Callable[[], T]) -> T:
        together.wait(timeout=10)
        return doing()

    with ThreadPoolExecutor(len(doings)) as pool:
        return list(pool.map(do, doings))
