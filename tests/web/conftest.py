"""What tests of pages may use beside `tests/conftest.py`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

import pytest
import requests.adapters
from flask import Flask
from jinja2 import FileSystemBytecodeCache

from app.settings import Settings
from sandbox import Sandbox
from tests.house import emptied, open_house, trusting
from tests.https import ENGAWA, Doorstep, Traveller, lay_out, secure_sandbox
from tests.unit.certificates import Certificates
from tests.unit.machines import Network


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


# Out on the network: what sign-in by OAuth needs (tests/https.py).


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """An authority that everybody of these tests trusts."""
    return Certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(scope="session")
def running_secure(certificates: Certificates) -> Iterator[Sandbox]:
    """https://misskey.example for the whole run; tests use `secure`."""
    with secure_sandbox(certificates) as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def engawa_example(street: Callable[..., Flask], certificates: Certificates) -> Iterator[Doorstep]:
    """An installation that is really served as https://engawa.example."""
    app = street(public_url=ENGAWA, allow_loopback_servers=False)
    with Doorstep(app, certificates) as doorstep:
        yield doorstep


@pytest.fixture
def network(monkeypatch: pytest.MonkeyPatch, certificates: Certificates) -> Network:
    """A network whose names the test decides on, and whose certificates we trust."""
    monkeypatch.setattr(requests.adapters, "DEFAULT_CA_BUNDLE_PATH", str(certificates.bundle))
    return Network(monkeypatch)


@pytest.fixture
def secure(running_secure: Sandbox, network: Network, engawa_example: Doorstep) -> Sandbox:
    """https://misskey.example, as it is at its start, which can read our client page."""
    running_secure.reset()
    lay_out(network, running_secure, engawa_example)
    return running_secure


@pytest.fixture
def new_traveller(
    engawa_example: Doorstep, secure: Sandbox, certificates: Certificates
) -> Iterator[Callable[[], Traveller]]:
    """Makes browsers at https://engawa.example that know nothing of each other."""
    app = emptied(engawa_example.app)
    with ExitStack() as leaving:

        def make() -> Traveller:
            made = Traveller(app, secure, certificates)
            leaving.callback(made.close)
            return made

        yield make


@pytest.fixture
def traveller(new_traveller: Callable[[], Traveller]) -> Traveller:
    """A browser at https://engawa.example that nobody has signed in with."""
    return new_traveller()


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
