"""What the unit tests share: machines, a network to them, transports that are closed."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator

import pytest
import requests.adapters
from hypothesis import settings

from app.misskey import Transport
from app.misskey.transport import Limits
from tests.unit.certificates import Certificates
from tests.unit.machines import PUBLIC, Behaviour, Machine, Network

# The same examples in every run: a test that fails for one of us fails for all.
settings.register_profile("unit", derandomize=True, deadline=None)
settings.load_profile("unit")

NewMachine = Callable[..., Machine]
NewTransport = Callable[..., Transport]


@pytest.fixture
def new_machine() -> Iterator[NewMachine]:
    """Makes machines that are switched off at the end: `new_machine(behaviour)`."""
    made: list[Machine] = []

    def make(behave: Behaviour, tls: ssl.SSLContext | None = None) -> Machine:
        made.append(Machine(behave, tls))
        return made[-1]

    yield make
    for machine in made:
        machine.switch_off()


@pytest.fixture
def new_transport() -> Iterator[NewTransport]:
    """Makes transports with short limits: `new_transport(total=0.2)`."""
    made: list[Transport] = []

    def make(**limits: float) -> Transport:
        short = {"connect": 1.0, "between_pieces": 1.0, "total": 2.0, "body": 1_000_000}
        made.append(Transport(Limits(**{**short, **limits})))  # type: ignore[arg-type]
        return made[-1]

    yield make
    for transport in made:
        transport.close()


@pytest.fixture
def transport(new_transport: NewTransport) -> Transport:
    """A transport that waits two seconds at most."""
    return new_transport()


@pytest.fixture
def network(monkeypatch: pytest.MonkeyPatch) -> Network:
    """A network whose names and addresses the test decides on."""
    return Network(monkeypatch)


@pytest.fixture(scope="session")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """An authority that nobody trusts yet."""
    return Certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def trusted(certificates: Certificates, monkeypatch: pytest.MonkeyPatch) -> Certificates:
    """The same authority, trusted as those of the bundle that requests brings along."""
    monkeypatch.setattr(requests.adapters, "DEFAULT_CA_BUNDLE_PATH", str(certificates.bundle))
    return certificates


@pytest.fixture
def at_misskey(network: Network, new_machine: NewMachine) -> Callable[..., Machine]:
    """Puts a machine where misskey.example leads: `at_misskey(behaviour, tls)`."""

    def put(behave: Behaviour, tls: ssl.SSLContext | None = None) -> Machine:
        network.names["misskey.example"] = [PUBLIC]
        network.machines[PUBLIC] = new_machine(behave, tls)
        return network.machines[PUBLIC]

    return put
