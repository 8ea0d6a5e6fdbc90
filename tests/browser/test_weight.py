"""What a first visit weighs: counts, which are the same on every machine. Times are
measured by `make weight`."""

from __future__ import annotations

import pytest

from benchmarks.weight import LINES, MOST_REQUESTS, OFFICIAL_BYTES, TIMES_LIGHTER, visits
from scripts.stage import Look, Stage

pytestmark = pytest.mark.browser

MOST_BYTES = OFFICIAL_BYTES / TIMES_LIGHTER
MOST_OF_A_FEATURE_PHONE = 128 * 1024
"""Bytes of memory that browsers of feature phones have for a page."""


@pytest.fixture(params=["home", "thread", "profile", "notifications"])
def path(request: pytest.FixtureRequest, stage: Stage) -> str:
    """Each of the pages people read most."""
    thread = f"/notes/{stage.note_amid_a_conversation().id}"
    paths = {"home": "/", "thread": thread, "profile": "/@bob", "notifications": "/notifications"}
    return paths[request.param]


def test_a_cold_visit_is_light_and_a_warm_one_lighter(stage: Stage, path: str) -> None:
    cookies = stage.page(Look(), "one").context.cookies(stage.url)
    named = {str(cookie["name"]): str(cookie["value"]) for cookie in cookies}
    cold, warm = visits(stage.browser, stage.url, path, named, LINES[0])
    assert cold.without_pictures(cold.bytes) <= MOST_BYTES, cold.bytes
    assert cold.without_pictures(cold.requests) <= MOST_REQUESTS, cold.requests
    # Only the page itself is asked for again.
    assert warm.requests["Document"] == 1
    assert warm.without_pictures(warm.requests) == 1, warm.requests


def test_the_page_has_room_in_a_feature_phone(stage: Stage, path: str) -> None:
    page = stage.page(Look(), "one")
    assert len(page.request.get(stage.url + path).body()) <= MOST_OF_A_FEATURE_PHONE
