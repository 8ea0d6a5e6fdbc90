"""OAuth 2.0 with PKCE, as oauth.json has it (FACTS.md F): the server reads the client's page,
the person consents, the code becomes a token.

    GET  /.well-known/oauth-authorization-server   what is offered
    GET  /oauth/authorize                          reads the client's page, asks the person
    POST /oauth/decision                           the buttons of that page
    POST /oauth/token                              code into token

Strict as a server in production is: a client is an https page under a name that leads out
on the network. The official consent page needs JavaScript; this one is plain HTML.
"""

from __future__ import annotations

import base64
import hashlib
import http.client
import ipaddress
import re
import secrets
import socket
import ssl
import string
from collections.abc import Callable
from dataclasses import dataclass, field
from html import escape
from html.parser import HTMLParser
from urllib.parse import urlencode, urljoin, urlsplit

from .consent import Consent, page, permissions
from .records import AccessToken
from .wire import Answer, Request
from .world import World

METADATA = "/.well-known/oauth-authorization-server"
TOKEN = "/oauth/token"
APP_CALLS = {METADATA, TOKEN}
"""What apps ask for themselves; the others are pages for people."""
CODE_SECONDS = 300
FETCH_SECONDS = 5
MOST_PAGE = 1024 * 1024
LETTERS = string.ascii_letters + string.digits


@dataclass
class Ask:
    """What an app asks a person for; `code` is set once the person allowed it."""

    client_id: str
    client_name: str
    redirect_uri: str
    scope: list[str]
    state: str | None
    challenge: str
    user_id: str = ""
    at: float = 0
    given: AccessToken | None = None


class Refused(Exception):
    """An error as JSON, with its status: told to whoever asked, not to the client."""

    def __init__(self, status: int, error: str, description: str) -> None:
        super().__init__(description)
        self.status, self.error, self.description = status, error, description


class OAuth:
    """Answers these addresses for one world. `trusts` is whose certificates a client's page
    may have."""

    def __init__(
        self,
        world: World,
        consent: Consent,
        known_scopes: list[str],
        trusts: ssl.SSLContext | None = None,
    ) -> None:
        self.world = world
        self.consent = consent
        self.known_scopes = known_scopes
        self.trusts = trusts
        self._asked: dict[str, Ask] = {}
        self._codes: dict[str, Ask] = {}

    def forget(self) -> None:
        """Nobody asked for anything yet."""
        self._asked.clear()
        self._codes.clear()

    def answer(self, request: Request) -> Answer | None:
        """The answer, or None if the request is for somebody else."""
        if self.world.age.old:
            return None
        doors: dict[tuple[str, str], Callable[[Request], Answer]] = {
            ("GET", METADATA): self._metadata,
            ("GET", "/oauth/authorize"): self._authorize,
            ("POST", "/oauth/decision"): self._decide,
            ("POST", TOKEN): self._token,
        }
        door = doors.get((request.method, request.path))
        if door is None:
            return None
        try:
            return door(request)
        except Refused as refused:
            body = {"error": refused.error, "error_description": refused.description}
            return Answer.json(body, refused.status, Content_Type="application/json")

    def _metadata(self, _request: Request) -> Answer:
        origin = self.world.origin
        return Answer.json(
            {
                "issuer": origin,
                "authorization_endpoint": f"{origin}/oauth/authorize",
                "token_endpoint": f"{origin}{TOKEN}",
                "scopes_supported": self.known_scopes,
                "response_types_supported": ["code"],
                "grant_types_supported": ["authorization_code"],
                "service_documentation": "https://misskey-hub.net",
                "code_challenge_methods_supported": ["S256"],
                "authorization_response_iss_parameter_supported": True,
            }
        )

    # Consent --------------------------------------------------------------

    def _authorize(self, request: Request) -> Answer:
        asked = request.query
        client = read_client(asked.get("client_id", ""), self.trusts)
        redirect_uri = asked.get("redirect_uri", "")
        if redirect_uri not in client.redirect_uris:
            raise Refused(400, "invalid_request", "Invalid redirect_uri")
        scope = [name for name in asked.get("scope", "").split() if name in self.known_scopes]
        ask = Ask(
            client.id,
            client.name or client.id,
            redirect_uri,
            scope,
            asked.get("state"),
            asked.get("code_challenge", ""),
        )
        if asked.get("response_type") != "code":
            return self._back(ask, error="unsupported_response_type")
        if not ask.challenge:
            needed = "`code_challenge` parameter is required"
            return self._back(ask, error="invalid_request", error_description=needed)
        if asked.get("code_challenge_method") != "S256":
            needed = "`code_challenge_method` parameter must be set as S256"
            return self._back(ask, error="invalid_request", error_description=needed)
        if not scope:
            unknown = "`scope` parameter has no known scope"
            return self._back(ask, error="invalid_scope", error_description=unknown)
        person = self.consent.person(request)
        if person is None:
            return self.consent.choose_person(request, "Please log in to authorize applications.")
        transaction = _random(40)
        self._asked[transaction] = ask
        return page(
            f"Would you like to authorize “{escape(ask.client_name)}” to access your account?",
            f"""<p>{escape(ask.client_name)} asks for:</p>{permissions(scope)}
<form method="post" action="/oauth/decision">
<input type="hidden" name="transaction_id" value="{transaction}">
<button name="cancel" value="cancel">Cancel</button>
<button class="main" name="accept" value="accept">Accept</button></form>
<p><small>Signed in as {escape(person.username)}.</small></p>""",
        )

    def _decide(self, request: Request) -> Answer:
        ask = self._asked.pop(request.form.get("transaction_id", ""), None)
        person = self.consent.person(request)
        if ask is None or person is None:
            raise Refused(403, "access_denied", "Invalid transaction")
        if request.form.get("cancel"):
            return self._back(ask, error="access_denied")
        code = _random(128)
        ask.user_id, ask.at = person.id, self.world.clock.now()
        self._codes[code] = ask
        return self._back(ask, code=code)

    def _back(self, ask: Ask, **parameters: str) -> Answer:
        if ask.state is not None:
            parameters["state"] = ask.state
        parameters["iss"] = self.world.origin
        between = "&" if "?" in ask.redirect_uri else "?"
        return Answer.redirect(f"{ask.redirect_uri}{between}{urlencode(parameters)}")

    # The token ------------------------------------------------------------

    def _token(self, request: Request) -> Answer:
        sent = request.form
        if sent.get("grant_type") != "authorization_code":
            raise Refused(400, "unsupported_grant_type", "grant_type is not supported")
        ask = self._codes.get(sent.get("code", ""))
        if ask is None or not self._fits(ask, sent):
            raise Refused(403, "invalid_grant", "Invalid authorization code")
        with self.world.lock:
            if ask.given is not None:
                # Somebody has the code who should not: what it gave is taken back.
                self.world.apps.take_back(ask.given)
                raise Refused(403, "invalid_grant", "Invalid authorization code")
            person = self.world.people[ask.user_id]
            ask.given = self.world.apps.grant(ask.client_name, ask.scope, person)
        return Answer.json(
            {
                "access_token": ask.given.token,
                "scope": " ".join(ask.scope),
                "token_type": "Bearer",
            },
            Content_Type="application/json",
            Cache_Control="no-store",
            Pragma="no-cache",
        )

    def _fits(self, ask: Ask, sent: dict[str, str]) -> bool:
        digest = hashlib.sha256(sent.get("code_verifier", "").encode()).digest()
        return (
            self.world.clock.now() - ask.at <= CODE_SECONDS
            and sent.get("client_id") == ask.client_id
            and sent.get("redirect_uri") == ask.redirect_uri
            and base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == ask.challenge
        )


# The client's page --------------------------------------------------------


@dataclass
class ClientPage:
    """What a client's page says of it."""

    id: str
    name: str | None = None
    redirect_uris: list[str] = field(default_factory=list)


def read_client(client_id: str, trusts: ssl.SSLContext | None) -> ClientPage:
    """Fetch and read the page that is the client's id. Raises Refused."""
    parts = urlsplit(client_id)
    host = parts.hostname or ""
    if parts.scheme != "https" or parts.fragment or parts.username or not _is_name(host):
        raise Refused(400, "invalid_request", "client_id must be a valid HTTPS URL")
    try:
        found = socket.getaddrinfo(host, parts.port or 443, type=socket.SOCK_STREAM)
        if not all(ipaddress.ip_address(entry[4][0]).is_global for entry in found):
            raise Refused(400, "invalid_request", "client_id resolves to disallowed IP range.")
        headers, text = _fetch(host, parts.port, parts.path or "/", trusts)
    except (OSError, http.client.HTTPException) as error:
        raise Refused(500, "server_error", "Failed to parse client information") from error
    read = _Reader(client_id)
    read.feed(text)
    links = re.findall(r'<([^>]+)>;\s*rel="?redirect_uri"?', headers.get("link", ""))
    uris = [urljoin(client_id, uri) for uri in [*links, *read.redirect_uris]]
    return ClientPage(client_id, read.name if read.url == client_id else None, uris)


def _is_name(host: str) -> bool:
    return re.fullmatch(r"(?:[a-z0-9-]+\.)+[a-z][a-z0-9-]*", host) is not None


def _fetch(
    host: str, port: int | None, path: str, trusts: ssl.SSLContext | None
) -> tuple[dict[str, str], str]:
    context = trusts or ssl.create_default_context()
    connection = http.client.HTTPSConnection(host, port, timeout=FETCH_SECONDS, context=context)
    try:
        connection.request("GET", path, headers={"Accept": "text/html"})
        answer = connection.getresponse()
        if answer.status != 200:
            raise http.client.HTTPException(f"the client's page answered {answer.status}")
        headers = {name.lower(): value for name, value in answer.getheaders()}
        return headers, answer.read(MOST_PAGE).decode("utf-8", "replace")
    finally:
        connection.close()


class _Reader(HTMLParser):
    """Finds the redirect_uri links, and the name and address of the h-app."""

    def __init__(self, base: str) -> None:
        super().__init__()
        self.base = base
        self.redirect_uris: list[str] = []
        self.name: str | None = None
        self.url: str | None = None
        self._in_app = False
        self._naming = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note links and classes."""
        given = {name: value or "" for name, value in attrs}
        classes = given.get("class", "").split()
        if tag == "link" and "redirect_uri" in given.get("rel", "").split():
            self.redirect_uris.append(given.get("href", ""))
        self._in_app = self._in_app or "h-app" in classes
        if self._in_app and "u-url" in classes:
            self.url = urljoin(self.base, given.get("href", ""))
        if self._in_app and "p-name" in classes and self.name is None:
            self._naming, self.name = tag, ""

    def handle_data(self, data: str) -> None:
        """The text of the name."""
        if self._naming:
            self.name = (self.name or "") + data

    def handle_endtag(self, tag: str) -> None:
        """The end of the name."""
        if tag == self._naming:
            self._naming = ""


def _random(length: int) -> str:
    return "".join(secrets.choice(LETTERS) for _ in range(length))
