"""Every page in English; see `every_page`."""

from __future__ import annotations

import pytest

from scripts.stage import Stage
from scripts.tour import STOPS
from tests.browser.every_page import EveryPage, Seen, look_at

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module", params=STOPS, ids=lambda stop: stop.name)
def seen(request: pytest.FixtureRequest, running_stage: Stage) -> Seen:
    return look_at(request.param, "en", running_stage)


class TestEveryPage(EveryPage):
    pass
