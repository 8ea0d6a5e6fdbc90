"""`docs/coverage.md`: which endpoints Engawa uses, and where."""

from __future__ import annotations

import json
from typing import Any

import pytest

from scripts.coverage_table import (
    NOT_YET,
    REASONS,
    WRITTEN,
    as_text,
    callable_endpoints,
    rows,
    uses,
)

from .truth import OPENAPI


@pytest.fixture(scope="module")
def description() -> dict[str, Any]:
    """The server's own description."""
    if not OPENAPI.is_file():
        pytest.skip("the description of the server is not beside the repository")
    described: dict[str, Any] = json.loads(OPENAPI.read_text())
    return described


def test_it_is_fresh(description: dict[str, Any]) -> None:
    assert WRITTEN.read_text() == as_text(rows(description)), "run: make coverage-table"


def test_every_endpoint_has_a_place_or_a_reason(description: dict[str, Any]) -> None:
    found = rows(description)
    assert len(found) > 250
    assert [row.name for row in found if bool(row.places) == bool(row.reason)] == []


def test_what_is_for_others_is_left_out(description: dict[str, Any]) -> None:
    names = callable_endpoints(description)
    assert not [name for name in names if "admin" in name.split("/")]
    assert not {"i/regenerate-token", "i/change-password", "miauth/gen-token"} & names.keys()
    assert names["notes/create"] == "write:notes"
    assert names["meta"] == ""


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("notes/timeline", "app/timelines.py` HOME"),
        ("notes/hybrid-timeline", "app/timelines.py` TIMELINES: social"),
        ("notes/reactions/create", "app/actions.py` ACTIONS: react"),
        ("following/create", "app/relations.py` RELATIONS: follow"),
        ("notes/create", "app/views/compose.py` _post_claimed()"),
        ("meta", "app/views/server.py` `/server`"),
        ("i/update", "app/views/account_settings.py`"),
    ],
)
def test_it_finds_where_an_endpoint_is_used(name: str, place: str) -> None:
    assert [said for said in uses(frozenset({name}))[name] if place in said]


def test_what_nobody_calls_is_not_found() -> None:
    assert not uses(frozenset({"no/such", "reset-db"})).keys() & {"no/such", "reset-db"}


def test_every_reason_is_for_something(description: dict[str, Any]) -> None:
    names = callable_endpoints(description)
    idle = [b for b, _why in REASONS if not any(name.startswith(b) for name in names)]
    assert idle == []
    assert NOT_YET
