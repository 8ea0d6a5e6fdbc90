"""A pretend Misskey server over real HTTP, for trying Engawa and for its tests.

    with Sandbox() as sandbox:
        i = sandbox.credential("alice")
        requests.post(f"{sandbox.url}/api/i", json={"i": i})
        sandbox.misbehave("notes/timeline", "slow", seconds=2, account="alice", times=1)

It behaves as Misskey 2025.11 does in our recordings, uses the standard library
only and shares nothing with `app/`, so that it cannot share its mistakes.
On the command line: `python -m sandbox --port 4000`.
"""

from __future__ import annotations

import ipaddress
import ssl
import threading
from typing import Any

from . import demo
from .ages import AGES, NOW
from .apps import V11_PERMISSIONS
from .apps import credential as credential_of
from .clock import Clock
from .records import Person
from .server import Recorded, Server, Site
from .streaming import Socket
from .world import Settings, World

__all__ = ["Clock", "Recorded", "Sandbox", "Settings", "World"]

ALL_PERMISSIONS = sorted(
    V11_PERMISSIONS
    | {
        f"{how}:{what}"
        for how in ("read", "write")
        for what in (
            "channels",
            "chat",
            "clip-favorite",
            "flash",
            "flash-likes",
            "gallery",
            "gallery-likes",
            "invite-codes",
        )
    }
    | {"write:report-abuse", "read:federation"}
)
"""Every kind a person can give in 2025.11 (FACTS.md D.2)."""


class Sandbox:
    """One sandbox in a thread of this process, on a loopback port of its own.

    `latency` (seconds) is the least time an answer of the API takes. `lively`
    lets a new note appear every `pace` seconds. `emoji` is how many custom emoji
    there are besides the few the people here use. `age` is how old the server
    is: "2025.11", "v12" or "v11" (`ages.py`). `world.clock` may be frozen and
    moved, `world.settings` changed: until `reset()`, which brings back those
    given here. Everything may be changed while it runs. With `tls` it speaks
    https; `trusts` is whose certificates the pages of OAuth's clients may have.
    """

    def __init__(
        self,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        origin: str | None = None,
        latency: float = 0.0,
        lively: bool = False,
        pace: float = 30.0,
        clock: Clock | None = None,
        settings: Settings | None = None,
        emoji: int = 0,
        age: str = NOW.name,
        tls: ssl.SSLContext | None = None,
        trusts: ssl.SSLContext | None = None,
    ) -> None:
        self._emoji = emoji
        self._tls = tls
        self.site = Site(
            self._furnish, clock or Clock(), settings, AGES[age], ALL_PERMISSIONS, trusts
        )
        self.site.latency = latency
        self._address = (host, port)
        self.port = port
        """The port it listens on, once it does."""
        self._origin = origin
        self._lively = lively
        self._pace = pace
        self._server: Server | None = None
        self._threads: list[threading.Thread] = []

    def _furnish(self, world: World) -> None:
        demo.furnish(world)
        if self._emoji:
            world.plant_emoji(self._emoji)

    # Beginning and end ----------------------------------------------------

    def start(self) -> Sandbox:
        """Listen; raises OSError if the port is taken."""
        self._server = Server(self._address, self.site, self._tls)
        host, port = self._address[0], int(self._server.server_address[1])
        scheme = "https" if self._tls else "http"
        self.port = port
        self.site.world.origin = self._origin or f"{scheme}://{_callable_name(host)}:{port}"
        self.site.stopping.clear()
        self._threads = [
            threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        ]
        if self._lively:
            self._threads.append(threading.Thread(target=self._live, daemon=True))
        for thread in self._threads:
            thread.start()
        return self

    def stop(self) -> None:
        """Close the port and every connection; harmless when not running."""
        if self._server is None:
            return
        self.site.stopping.set()
        self._server.shutdown()
        self._server.end_connections()
        self._server.server_close()
        for thread in self._threads:
            thread.join(timeout=5)
        self._server = None

    def __enter__(self) -> Sandbox:
        return self.start()

    def __exit__(self, *exc: object) -> None:
        self.stop()

    def _live(self) -> None:
        turn = 0
        while not self.site.stopping.wait(self._pace):
            with self.world.lock:
                demo.something_happens(self.world, turn)
            turn += 1

    # What it is -----------------------------------------------------------

    @property
    def url(self) -> str:
        """Its origin, `http://127.0.0.1:PORT`."""
        return self.site.world.origin

    @property
    def host(self) -> str:
        """The same without the scheme, as a person would type it."""
        return self.url.split("//", 1)[1]

    @property
    def world(self) -> World:
        """People, notes, apps, clock."""
        return self.site.world

    @property
    def calls(self) -> list[Recorded]:
        """Every call of the API so far, in order, with nothing hidden."""
        return self.site.calls

    def calls_of(self, endpoint: str) -> list[Recorded]:
        """The calls of one endpoint."""
        return [call for call in self.site.calls if call.endpoint == endpoint]

    def clear_calls(self) -> None:
        """Forget the calls so far."""
        self.site.clear_calls()

    @property
    def latency(self) -> float:
        """The least time in seconds that an answer of the API takes."""
        return self.site.latency

    @latency.setter
    def latency(self, seconds: float) -> None:
        self.site.latency = seconds

    @property
    def streams(self) -> list[Socket]:
        """The connections to /streaming that are open now."""
        return list(self.site.streams.open)

    def drop_streams(self) -> None:
        """Close them all, as a server does that starts anew."""
        self.site.streams.drop()

    # Switches -------------------------------------------------------------

    def misbehave(
        self,
        endpoint: str,
        how: str,
        *,
        account: str | None = None,
        times: int | None = None,
        **options: Any,
    ) -> None:
        """Misbehave from now on: see `misbehaviour.py` for the ways and their options."""
        self.site.misbehaviours.set(endpoint, how, account=account, times=times, **options)

    def behave(self) -> None:
        """Stop misbehaving."""
        self.site.misbehaviours.clear()

    def reset(self) -> None:
        """The world as at the start; no calls, no misbehaviour, nobody signed in."""
        self.site.reset()

    # People and apps, without HTTP ----------------------------------------

    def consent(self, token: str, username: str) -> None:
        """Accept a sign-in as that person; raises KeyError for an unknown token or person."""
        with self.world.lock:
            session = self.world.apps.session(token)
            if session is None:
                raise KeyError(f"no such session: {token}")
            self.world.apps.allow(session, self.world.person(username))

    def credential(
        self,
        username: str,
        app_secret: str | None = None,
        *,
        permission: list[str] | None = None,
    ) -> str:
        """A finished `i` for that person: through the app of `app_secret`, or a new one.

        A new app has every permission unless `permission` names them.
        """
        with self.world.lock:
            apps = self.world.apps
            if app_secret is None:
                wanted = ALL_PERMISSIONS if permission is None else permission
                app = apps.register("Test", "A test's app", wanted, None)
            else:
                known = apps.by_secret(app_secret)
                if known is None:
                    raise KeyError("no app has that secret")
                app = known
            given = apps.allow(apps.open_session(app), self.world.person(username))
            return credential_of(given.token, app.secret)

    def revoke(self, username: str) -> None:
        """That person takes back what they gave to apps."""
        with self.world.lock:
            self.world.apps.revoke(self.world.person(username))

    def forget_app(self, secret: str) -> None:
        """The server no longer knows the app: NO_SUCH_APP follows."""
        with self.world.lock:
            self.world.apps.forget(secret)

    def person(self, username: str, host: str | None = None) -> Person:
        """One of the people, to look at or to change."""
        return self.world.person(username, host)


def _callable_name(host: str) -> str:
    """The host as it stands in an address: "every interface" is no name to call."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    if address.is_unspecified:
        return "127.0.0.1" if address.version == 4 else "[::1]"
    return host if address.version == 4 else f"[{host}]"
