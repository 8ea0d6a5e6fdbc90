"""What must not be called, typed into the sign-in form: nothing goes out, not even a look-up
of a name where the typed text says enough."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask

from app.extensions import limiter
from app.settings import Settings
from sandbox import Sandbox
from tests import stored
from tests.browsing import Browser, Page
from tests.house import emptied, open_house

WAYS = ["/sign-in", "/sign-in/device"]
NAME = "a-name-of-somebody-else.example"

HOSTILE = [
    # This machine, in every disguise.
    "localhost",
    "LOCALHOST",
    "localhost.",
    "localhost:3000",
    "http://localhost:3000/",
    "https://localhost",
    "admin.localhost",
    "127.0.0.1",
    "127.0.0.1:80",
    "127.1",
    "127.255.255.254",
    "2130706433",
    "0x7f000001",
    "0x7f.1",
    "0177.0.0.1",
    "017700000001",
    "127.0.0.1.",
    "１２７.０.０.１",
    "127。0。0。1",
    "①②⑦.⓪.⓪.①",
    "0",
    "0.0.0.0",
    "[::1]",
    "[::1]:3000",
    "::1",
    "[::]",
    "[0:0:0:0:0:0:0:1]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::127.0.0.1]",
    "@me@localhost",
    "me@127.0.0.1",
    # Networks that are not the public one.
    "10.0.0.1",
    "172.16.0.1",
    "192.168.0.1",
    "169.254.169.254",
    "http://169.254.169.254/latest/meta-data/",
    "100.64.0.1",
    "198.18.0.1",
    "224.0.0.1",
    "255.255.255.255",
    "[fe80::1]",
    "[fe80::1%25eth0]",
    "[fc00::1]",
    "[ff02::1]",
    "[64:ff9b::a00:1]",
    "[2002:7f00:1::]",
    "8.8.8.8",  # Public, but a number is no server's name.
    "[2001:4860:4860::8888]",
    "intranet",
    "https://router/",
    # Other schemes, credentials, paths.
    "http://{name}",
    "ftp://{name}",
    "file:///etc/passwd",
    "gopher://{name}:70/_x",
    "javascript:alert(1)",
    "data:text/html,x",
    "unix:/run/engawa.sock",
    "//{name}",
    "https:{name}",
    "https:/{name}",
    "https:///{name}",
    "https://https://{name}",
    "https://me:pw@{name}",
    "https://{name}@127.0.0.1",
    "https://127.0.0.1@{name}",
    "me:pw@{name}",
    "{name}/api/meta",
    "https://{name}/@me",
    "https://{name}//",
    "{name}?x=y",
    "{name}#x",
    "{name}\\@127.0.0.1",
    "{name}:0",
    "{name}:65536",
    "{name}:-1",
    "{name}:80:80",
    "{name}:８０８０８０",
    "{name}:x",
    # No names at all.
    "@",
    "@@",
    "@me@",
    "a..example",
    "-a.example",
    "a-.example",
    "a_b.example",
    ".example",
    "a." * 200 + "example",
    "a" * 64 + ".example",
    "a" * 5000,
    "{name} 127.0.0.1",
    "{name}\r\nHost: 127.0.0.1",
    "{name}\x00.example",
    "{name}\u202e",
    "{name}%2f",
    "{name}%00",
    "xn--a.example",
    "<script>.example",
    "' OR 1=1 --",
    "${{jndi:ldap://x}}",
    "..",
    "/",
    "https://",
    "https://:443",
]

# Every kind of address that a name of somebody else may lead to.
NOT_PUBLIC = [
    "127.0.0.1",
    "127.8.8.8",
    "0.0.0.0",
    "10.1.2.3",
    "172.31.255.255",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "100.127.255.254",
    "192.0.0.8",
    "192.0.2.1",
    "198.19.0.1",
    "203.0.113.9",
    "192.88.99.1",
    "224.0.0.251",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "::127.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b:1::1",
    "2001::1",
    "2001:db8::1",
    "2002:a00:1::1",
    "fc00::1",
    "fd12:3456::1",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
]


class Network:
    """Whatever tried to go out: names looked up, addresses connected to."""

    def __init__(self) -> None:
        self.looked_up: list[str] = []
        self.connected: list[Any] = []
        self.leads_to: list[str] = []

    def getaddrinfo(self, host: str, port: int, *_more: Any, **_others: Any) -> list[Any]:
        """Every name leads to `leads_to`."""
        self.looked_up.append(host)
        return [
            (
                socket.AF_INET6 if ":" in ip else socket.AF_INET,
                socket.SOCK_STREAM,
                socket.IPPROTO_TCP,
                "",
                (ip, port, 0, 0) if ":" in ip else (ip, port),
            )
            for ip in self.leads_to
        ]

    def connect(self, address: Any) -> None:
        """Nobody is connected to."""
        self.connected.append(address)
        raise ConnectionRefusedError


@pytest.fixture
def network(monkeypatch: pytest.MonkeyPatch) -> Network:
    """The wire, cut, and listened to."""
    cut = Network()
    monkeypatch.setattr(socket, "getaddrinfo", cut.getaddrinfo)
    monkeypatch.setattr(socket.socket, "connect", lambda _, address: cut.connect(address))
    return cut


@pytest.fixture(scope="module")
def house(house_settings: Settings) -> Iterator[Flask]:
    """An installation for the public: no servers on its own loopback."""
    with open_house(replace(house_settings, allow_loopback_servers=False)) as app:
        yield app


@pytest.fixture
def app(house: Flask) -> Flask:
    """The installation, empty."""
    return emptied(house)


@pytest.fixture
def form(browser: Browser) -> dict[str, str]:
    """The fields of the sign-in form this browser has before it."""
    return browser.get("/sign-in").form("/sign-in").fields


def send(browser: Browser, form: dict[str, str], typed: str, way: str = "/sign-in") -> Page:
    """Send the form with exactly this in its field, and no limit in the way."""
    with browser.app.app_context():
        limiter.reset()
    return browser.post(way, {**form, "server": typed}, follow=False)


@pytest.mark.parametrize("way", WAYS)
def test_what_must_not_be_called_is_refused_by_its_looks(
    browser: Browser,
    form: dict[str, str],
    sandbox: Sandbox,
    network: Network,
    way: str,
) -> None:
    assert len(HOSTILE) >= 30
    before = stored.everything(browser.app)
    for pattern in HOSTILE:
        typed = pattern.format(name=NAME)
        page = send(browser, form, typed, way)
        assert page.status == 400, typed
        assert "Location" not in page.response.headers, typed
        assert "Refresh" not in page.response.headers, typed
        assert network.looked_up == network.connected == [], typed
    assert sandbox.calls == []
    assert stored.everything(browser.app) == before


def test_the_form_comes_back_with_what_was_typed(
    browser: Browser, form: dict[str, str], network: Network
) -> None:
    for typed in ("10.0.0.1", "<script>alert(1)</script>", '"onfocus="alert(1)', "file:///x"):
        page = send(browser, form, typed)
        assert page.one("input", id="server").get("value") == typed
        assert page.one("div", role="alert") is not None
        assert page.all("script") == []
    assert network.looked_up == []


@pytest.mark.parametrize("way", WAYS)
def test_a_name_that_leads_to_a_private_place_is_not_connected_to(
    browser: Browser,
    form: dict[str, str],
    sandbox: Sandbox,
    network: Network,
    way: str,
) -> None:
    before = stored.everything(browser.app)
    for ip in NOT_PUBLIC:
        network.leads_to = [ip]
        page = send(browser, form, NAME, way)
        assert page.status == 502, ip
        assert "not on the public network" in page.html, ip
        assert network.connected == [], ip
    assert network.looked_up == [NAME] * len(NOT_PUBLIC)
    assert sandbox.calls == []
    assert stored.everything(browser.app) == before


def test_of_a_names_addresses_only_the_public_ones_are_connected_to(
    browser: Browser, form: dict[str, str], network: Network
) -> None:
    network.leads_to = ["10.0.0.1", "93.184.215.14", "::1", "2606:2800:21f:cb07::1"]
    assert send(browser, form, NAME).status == 502
    assert [address[:2] for address in network.connected] == [
        ("93.184.215.14", 443),
        ("2606:2800:21f:cb07::1", 443),
    ]


def test_a_name_is_looked_up_once_and_that_address_connected_to(
    browser: Browser, form: dict[str, str], network: Network
) -> None:
    """A name that leads elsewhere the second time finds nobody asking."""
    network.leads_to = ["93.184.215.14"]
    send(browser, form, f"{NAME}:8443")
    assert network.looked_up == [NAME]
    assert network.connected == [("93.184.215.14", 8443)]


def test_servers_on_this_machine_need_the_operators_leave(
    browser: Browser, form: dict[str, str], sandbox: Sandbox, network: Network
) -> None:
    page = send(browser, form, sandbox.host)
    assert page.status == 400
    assert "Servers on this machine" in page.text
    assert network.connected == []
    assert sandbox.calls == []


def test_an_account_from_when_loopback_was_allowed_is_not_called(
    make_app: Callable[..., Flask], sandbox: Sandbox
) -> None:
    browser = Browser(make_app(), sandbox)
    browser.sign_in("alice")
    cookie = browser.cookie()
    assert cookie
    sandbox.clear_calls()
    later = Browser(make_app(allow_loopback_servers=False), sandbox)
    later.client.set_cookie("engawa", cookie)
    page = later.get("/")
    assert page.status == 502
    assert "not on the public network" in page.text
    assert sandbox.calls == []
