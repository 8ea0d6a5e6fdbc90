"""Engawa and a server out on the network, both over real https: what sign-in by OAuth needs.

https://engawa.example is the app under TLS on a loopback port, https://misskey.example a
sandbox likewise. Names and certificates are the test's own (`tests/unit/machines.py`), all
the rest is what people's machines do: we read the server's metadata, it reads our client
page, and people's browsers go from one to the other.
"""

from __future__ import annotations

import re
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from html import unescape
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests
from flask import Flask
from werkzeug.serving import make_server

from sandbox import Sandbox
from tests.browsing import Browser, Page
from tests.unit.certificates import Certificates
from tests.unit.machines import PUBLIC, Listening, Network

ENGAWA = "https://engawa.example"
SERVER = "https://misskey.example"
CALLBACK = f"{ENGAWA}/sign-in/oauth/callback"
CLIENT = f"{ENGAWA}/sign-in/oauth/client"
OUR_ADDRESS = "93.184.216.99"
METADATA = "/.well-known/oauth-authorization-server"
TOKEN = "/oauth/token"


@contextmanager
def secure_sandbox(
    certificates: Certificates, name: str = "misskey.example", **more: Any
) -> Iterator[Sandbox]:
    """A sandbox that is https://NAME."""
    trusts = ssl.create_default_context(cafile=str(certificates.bundle))
    tls = certificates.server(name)
    with Sandbox(origin=f"https://{name}", tls=tls, trusts=trusts, **more) as sandbox:
        yield sandbox


@dataclass
class Doorstep:
    """`app` served as https://engawa.example; its log is thrown away."""

    app: Flask
    certificates: Certificates
    port: int = field(init=False)

    def __enter__(self) -> Doorstep:
        tls = self.certificates.server("engawa.example")
        self._server = make_server("127.0.0.1", 0, self.app, threaded=True, ssl_context=tls)
        self.port = self._server.server_port
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join(5)
        self._server.server_close()


def lay_out(network: Network, sandbox: Sandbox, doorstep: Listening | None = None) -> None:
    """Let the names lead there."""
    network.names["misskey.example"] = [PUBLIC]
    network.machines[PUBLIC] = sandbox
    network.names["engawa.example"] = [OUR_ADDRESS]
    if doorstep is not None:
        network.machines[OUR_ADDRESS] = doorstep


class Traveller(Browser):
    """A person's browser that goes to their server as well, over the network of the test."""

    origin = ENGAWA

    def __init__(self, app: Flask, sandbox: Sandbox, certificates: Certificates) -> None:
        super().__init__(app, sandbox)
        self.headers["Referer"] = f"{ENGAWA}/sign-in"
        self._outside = requests.Session()
        # Else the machine's own list of authorities would stand before it.
        self._outside.trust_env = False
        self._outside.verify = str(certificates.bundle)

    def begin(self, next: str | None = None) -> str:
        """Type the server's name; the address of the consent page we are sent to."""
        self.get("/sign-in" if next is None else f"/sign-in?next={next}")
        page = self.submit("/sign-in", server="misskey.example", follow=False)
        assert page.status == 303, page.text
        return page.response.headers["Location"]

    def visit(self, url: str, username: str = "alice") -> requests.Response:
        """Open a consent page of the server as one of its people."""
        answer = self._outside.get(url, allow_redirects=False)
        if "/sandbox-sign-in" not in answer.text:
            return answer
        back = unescape(re.findall('name="next" value="([^"]+)"', answer.text)[0])
        fields = {"username": username, "next": back}
        return self._outside.post(f"{SERVER}/sandbox-sign-in", data=fields)

    def decide(self, url: str, username: str = "alice", *, button: str = "accept") -> str:
        """Consent there, or press the other button: the way back the server sends us."""
        self._outside.cookies.clear()
        asked = self.visit(url, username)
        transaction = re.findall('name="transaction_id" value="([^"]+)"', asked.text)
        assert transaction, asked.text
        answer = self._outside.post(
            f"{SERVER}/oauth/decision",
            data={"transaction_id": transaction[0], button: button},
            allow_redirects=False,
        )
        location = answer.headers["Location"]
        assert location.startswith(f"{CALLBACK}?"), location
        return location.removeprefix(ENGAWA)

    def sign_in(self, username: str) -> Page:
        """The whole way."""
        return self.get(self.decide(self.begin(), username))

    def cookie(self, name: str = "__Host-engawa") -> str | None:
        """The value of one of its cookies."""
        found = self.client.get_cookie(name, domain="engawa.example")
        return found.value if found else None

    def plant(self, cookie: str) -> None:
        """Put a session's cookie into it."""
        self.client.set_cookie("__Host-engawa", cookie, domain="engawa.example", secure=True)

    def close(self) -> None:
        """Close what is open to the server."""
        self._outside.close()


def parameters(url: str) -> dict[str, str]:
    """The query of an address."""
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
