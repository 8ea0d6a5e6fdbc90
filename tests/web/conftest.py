"""What tests of pages may use beside `tests/conftest.py`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from jinja2 import FileSystemBytecodeCache

from app.settings import Settings
from sandbox import Sandbox
from tests.house import open_house, trusting


@pytest.fixture(scope="session")
def compiled_templates(tmp_path_factory: pytest.TempPathFactory) -> FileSystemBytecodeCache:
    """Templates compiled once for the whole run: every test has an app of its own, and
    compiling them would be a third of its time."""
    return FileSystemBytecodeCache(str(tmp_path_factory.mktemp("templates")))


@pytest.fixture
def make_app(
    make_app: Callable[..., Flask], compiled_templates: FileSystemBytecodeCache
) -> Callable[..., Flask]:
    """Makes apps on the same database: `make_app(pinned_server=…)`."""

    def make(**changes: Any) -> Flask:
        app = make_app(**changes)
        app.jinja_env.bytecode_cache = compiled_templates
        return app

    return make


@pytest.fixture(scope="module")
def house(house_settings: Settings, compiled_templates: FileSystemBytecodeCache) -> Iterator[Flask]:
    """One installation for a whole module; see `tests/house.py`."""
    with open_house(house_settings) as app:
        app.jinja_env.bytecode_cache = compiled_templates
        yield app


@pytest.fixture(scope="module")
def street(
    house_settings: Settings, compiled_templates: FileSystemBytecodeCache
) -> Iterator[Callable[..., Flask]]:
    """More installations on the database of the house, with other settings; each is made
    once for the module: `street(pinned_server=…)`."""
    built: dict[Settings, Flask] = {}
    with ExitStack() as open_houses:

        def build(**changes: Any) -> Flask:
            settings = replace(house_settings, **changes)
            if settings not in built:
                built[settings] = open_houses.enter_context(open_house(settings))
                built[settings].jinja_env.bytecode_cache = compiled_templates
            return trusting(built[settings])

        yield build


@pytest.fixture(scope="session")
def running_other_sandbox() -> Iterator[Sandbox]:
    """A second server for the whole run; tests use `other_sandbox`."""
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def other_sandbox(running_other_sandbox: Sandbox) -> Sandbox:
    """A second pretend server, with people of its own, as it is at its start."""
    running_other_sandbox.reset()
    running_other_sandbox.latency = 0
    return running_other_sandbox
