"""Fixtures of the contract, and what happens where the truth is not at hand."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from .server import Server, server_of_environment
from .truth import OPENAPI, RECORDINGS

ABSENT = f"the recordings are not beside the repository ({RECORDINGS})"


@pytest.fixture(autouse=True)
def _truth_is_at_hand() -> None:
    """Without the recordings there is nothing to hold to: skip, but never silently in CI."""
    if RECORDINGS.is_dir() and OPENAPI.is_file():
        return
    if os.environ.get("CI"):
        pytest.fail(f"in CI the contract has to be checked, but {ABSENT}")
    pytest.skip(ABSENT)


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """The server under test, the same for the whole run."""
    with server_of_environment() as server:
        yield server
