"""Apps, sign-in sessions and access tokens: FACTS.md A, in code.

One access token exists per app and person: a second sign-in gives the same one.
`i` is the lower-case hex of sha256(accessToken + appSecret); the bare access
token works too, as on every server since 12.39 (FACTS.md B 6).
"""

from __future__ import annotations

import hashlib
import secrets
import string
import uuid

from .clock import Clock
from .errors import ApiError
from .ids import Ids
from .records import AccessToken, App, Person, Session

SECRET_ALPHABET = string.ascii_letters + string.digits
V11_PERMISSIONS = frozenset(
    [
        f"{how}:{what}"
        for how in ("read", "write")
        for what in (
            "account",
            "blocks",
            "drive",
            "favorites",
            "following",
            "messaging",
            "mutes",
            "notifications",
            "page-likes",
            "pages",
            "reactions",
            "user-groups",
        )
    ]
    + ["write:notes", "write:votes"]
)
"""The 26 kinds of v11 (FACTS.md D.2): all that a strict server such as FoundKey takes."""


def credential(access_token: str, app_secret: str) -> str:
    """The `i` an app calls with."""
    return hashlib.sha256((access_token + app_secret).encode()).hexdigest()


class Apps:
    """Who registered, who is signing in, who allowed what."""

    def __init__(self, clock: Clock, ids: Ids) -> None:
        self.clock = clock
        self._ids = ids
        self._apps: dict[str, App] = {}
        self._sessions: dict[str, Session] = {}
        self._tokens: dict[tuple[str, str], AccessToken] = {}

    def register(
        self,
        name: str,
        description: str,
        permission: list[str],
        callback_url: str | None,
        owner_id: str | None = None,
    ) -> App:
        """app/create: neither the permissions' names nor the address are checked."""
        app = App(
            id=self._ids.at(self.clock.now()),
            name=name,
            description=description,
            permission=permission,
            callback_url=callback_url,
            secret=_random_secret(),
            owner_id=owner_id,
        )
        self._apps[app.secret] = app
        return app

    def of(self, person: Person) -> list[App]:
        """Those that somebody registered."""
        return [app for app in self._apps.values() if app.owner_id == person.id]

    def by_secret(self, secret: str) -> App | None:
        """The app with that secret."""
        return self._apps.get(secret)

    def forget(self, secret: str) -> None:
        """Remove an app and all that hangs on it; unknown secrets are passed over."""
        app = self._apps.pop(secret, None)
        if app is None:
            return
        self._sessions = {k: s for k, s in self._sessions.items() if s.app is not app}
        self._tokens = {k: t for k, t in self._tokens.items() if t.app is not app}

    def open_session(self, app: App) -> Session:
        """auth/session/generate."""
        session = Session(self._ids.at(self.clock.now()), str(uuid.uuid4()), app)
        self._sessions[session.token] = session
        return session

    def session(self, token: str) -> Session | None:
        """The session with that token, pending or accepted."""
        return self._sessions.get(token)

    def is_allowed(self, app: App, person: Person) -> bool:
        """Whether this person's consent is still standing."""
        return (app.id, person.id) in self._tokens

    def allow(self, session: Session, person: Person) -> AccessToken:
        """The person accepts; an access token they gave earlier is given again."""
        session.user_id = person.id
        key = (session.app.id, person.id)
        if key not in self._tokens:
            token = _random_secret()
            self._tokens[key] = AccessToken(
                token,
                credential(token, session.app.secret),
                session.app,
                person.id,
                self.clock.now(),
            )
        return self._tokens[key]

    def grant(self, name: str, permission: list[str], person: Person) -> AccessToken:
        """What consent by OAuth comes to: each time a token of its own, of 128 characters,
        which is `i` as it is (oauth.json)."""
        app = App(self._ids.at(self.clock.now()), name, "", permission, None, _random_secret())
        token = _random_secret(128)
        given = AccessToken(token, token, app, person.id, self.clock.now())
        self._tokens[app.id, person.id] = given
        return given

    def take_back(self, given: AccessToken) -> None:
        """This one token is worth nothing any more."""
        self._tokens = {key: token for key, token in self._tokens.items() if token is not given}

    def exchange(self, secret: str, token: str) -> AccessToken:
        """auth/session/userkey: the session is gone after it. Errors as in sign-in.json."""
        app = self._apps.get(secret)
        if app is None:
            raise ApiError("NO_SUCH_APP", "No such app.", "fcab192a-2c5a-43b7-8ad8-9b7054d8d40d")
        session = self._sessions.get(token)
        if session is None or session.app is not app:
            raise ApiError(
                "NO_SUCH_SESSION", "No such session.", "5b5a1503-8bc8-4bd0-8054-dc189e8cdcb3"
            )
        if session.user_id is None:
            raise ApiError(
                "PENDING_SESSION",
                "This session is not completed yet.",
                "8c8a4145-02cc-4cca-8e66-29ba60445a8e",
            )
        del self._sessions[token]
        key = (app.id, session.user_id)
        if key not in self._tokens:
            # Accepted, and revoked before the app came to fetch it: the real server finds
            # no access token row here and fails inside.
            raise ApiError(
                "INTERNAL_ERROR",
                "Internal error occurred. Please contact us if the error persists.",
                "5d37dbcb-891e-41ca-a3d6-e690c97775ac",
                kind="server",
            )
        return self._tokens[key]

    def holder(self, i: str) -> AccessToken | None:
        """The access token behind a credential, if there is one."""
        wanted = i.lower()
        for token in self._tokens.values():
            if token.hash == wanted or token.token == i:
                return token
        return None

    def allowed_by(self, person: Person) -> list[AccessToken]:
        """What this person gave to apps, newest first."""
        mine = [token for token in self._tokens.values() if token.user_id == person.id]
        return sorted(mine, key=lambda token: token.created, reverse=True)

    def revoke(self, person: Person, app_id: str | None = None) -> None:
        """Take back what this person gave: to one app, or to all."""
        self._tokens = {
            key: token
            for key, token in self._tokens.items()
            if token.user_id != person.id or (app_id is not None and token.app.id != app_id)
        }


def _random_secret(length: int = 32) -> str:
    return "".join(secrets.choice(SECRET_ALPHABET) for _ in range(length))
