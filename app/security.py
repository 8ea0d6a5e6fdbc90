"""Who is signed in, who may come in, where people may be sent, and what every answer
carries in its headers.

Guards are on by default: every view needs a signed-in account unless it is marked
`@public`, and every POST must come from our own pages (its Origin, where the browser
sends one, and its CSRF token).
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import urlencode

from flask import Flask, Response, abort, current_app, g, redirect, request, session, url_for
from flask_limiter.util import get_remote_address
from sqlalchemy import bindparam, delete, select, update
from sqlalchemy.orm import joinedload
from werkzeug.wrappers import Response as BaseResponse

from app import fragments
from app.extensions import db
from app.models import Account, BrowserSignIn, now
from app.settings import Settings
from app.storage import aside

View = TypeVar("View", bound=Callable[..., Any])

# Answers that are the same for everybody: asked for without looking at the session, so
# that they may be kept by caches.
_NOT_A_VISIT = ("static", "sign_in.oauth_client")
_LONGEST_NEXT = 2000
_LOOPBACK_NAMES = ("localhost", "127.0.0.1")
_LOOPBACK_URLS = ("http://localhost", "http://127.0.0.1")
# A path on this site: one slash, then no second one (//evil.example), no backslash
# (browsers read \ as /), no control character or space (browsers drop tabs and line
# ends, so "/\t/evil.example" would become "//evil.example").
_LOCAL_PATH = re.compile(r"/(?![/\\])[\x21-\x5b\x5d-\x7e]*")


def public(view: View) -> View:
    """Mark a view that works without being signed in."""
    view.is_public = True  # type: ignore[attr-defined]
    return view


def framed(view: View) -> View:
    """Mark a view that our own pages, and nobody else's, show in a frame."""
    view.is_framed = True  # type: ignore[attr-defined]
    return view


def safe_next(value: str | None, default: str = "/") -> str:
    """`value` if it is a path on this very site, else `default`.

    Browsers resolve more than `urlsplit` sees (`https:evil.example`, `/\\evil.example`),
    so a path must match what we write ourselves; ours never hold dot segments.
    """
    if not value or len(value) > _LONGEST_NEXT or not _LOCAL_PATH.fullmatch(value):
        return default
    if any(part in (".", "..") for part in re.split(r"[/?#]", value.lower().replace("%2e", "."))):
        return default
    return value


def hash_of(token: str) -> str:
    """SHA-256 in hexadecimal: how tokens are kept that only have to be recognised."""
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()


def browser_hash(*, create: bool = False) -> str | None:
    """Which browser this is, as the tables know it; None if it has no name yet."""
    name = session.get("browser")
    if not isinstance(name, str):
        if not create:
            return None
        name = session["browser"] = secrets.token_urlsafe(32)
    return hash_of(name)


def current_account() -> Account | None:
    """The account this browser acts as now, with a credential; loaded once a request."""
    if "account" not in g:
        g.account = signed_in_account(session.get("current"))
    account: Account | None = g.account
    return account


def signed_in_account(account_id: object) -> Account | None:
    """The account with this id, if this very browser is signed in to it."""
    browser = browser_hash()
    if browser is None or not isinstance(account_id, str) or not account_id.isalnum():
        return None
    return db.session.scalar(_SIGNED_IN, {"browser_hash": browser, "account_id": account_id})


# Asked at every request, so it is put together but once.
_SIGNED_IN = (
    select(Account)
    .join(BrowserSignIn)
    .where(
        BrowserSignIn.browser_hash == bindparam("browser_hash"),
        Account.id == bindparam("account_id"),
        Account.credential.is_not(None),
    )
    # Nearly every page needs to know what the server can do.
    .options(joinedload(Account.server))
)


def asking_account(account_id: str | None) -> Account | None:
    """The account a page of this browser was made for, which says so by `account_id`,
    whichever is the current one by now; without an id, the current one.

    None if this browser is signed out of it; no other account answers for it.
    """
    return signed_in_account(account_id) if account_id else current_account()


def account_of_form() -> Account | None:
    """The account the sent form was shown to."""
    return asking_account(request.form.get("account"))


def who_sends() -> str:
    """Whom a limit counts: the account a form was shown to, else the address it comes from."""
    account = account_of_form()
    return account.id if account is not None else get_remote_address()


def signed_in_accounts() -> list[Account]:
    """All accounts this browser is signed in to, the oldest sign-in first."""
    browser = browser_hash()
    if browser is None:
        return []
    return list(
        db.session.scalars(
            select(Account)
            .join(BrowserSignIn)
            .where(BrowserSignIn.browser_hash == browser)
            .order_by(BrowserSignIn.created_at, Account.id)
        )
    )


def required_account() -> Account:
    """The account of a request that the guard has let in."""
    account = current_account()
    if account is None:
        abort(401)
    return account


def sign_out_everywhere(account: Account) -> None:
    """No browser is signed in to `account` any more, and nothing we hold can act for it."""
    db.session.execute(delete(BrowserSignIn).where(BrowserSignIn.account_id == account.id))
    account.credential = None
    db.session.commit()
    g.pop("account", None)


def init_app(app: Flask, settings: Settings) -> None:
    """Put the guards before every request and the headers on every answer."""
    headers = _headers(settings)
    policy = _content_policy(settings, form_targets="'self'")
    sign_in_policy = _content_policy(settings, form_targets=_sign_in_targets(settings))

    @app.before_request
    def by_its_own_name() -> BaseResponse | None:
        # Somebody trying it out types localhost for 127.0.0.1. Cookies tell them apart,
        # so the way back from the consent page would find another browser. Only on
        # loopback: in front of a public one may stand a proxy with names of its own.
        name, _, port = request.host.partition(":")
        if name in _LOOPBACK_NAMES and settings.public_url.startswith(_LOOPBACK_URLS):
            own_host = settings.public_url.removeprefix("http://")
            own_port = own_host.partition(":")[2]
            if request.method == "GET" and request.host != own_host and port == own_port:
                return redirect(settings.public_url + request.full_path.rstrip("?"), 307)
        return None

    @app.before_request
    def only_from_our_own_pages() -> None:
        # A POST from another site carries its Origin. It is turned away before anything
        # touches the session: with a SameSite cookie the browser sent none, and saving
        # a new session in the answer would sign the person out.
        if request.method in ("GET", "HEAD", "OPTIONS"):
            return
        origin = request.headers.get("Origin")
        if origin is not None and origin != settings.public_url:
            g.is_foreign = True
            abort(403)

    @app.before_request
    def only_signed_in() -> BaseResponse | None:
        view = app.view_functions.get(request.endpoint or "")
        if view is None or request.endpoint == "static" or getattr(view, "is_public", False):
            return None
        if current_account() is not None:
            return None
        if fragments.wanted():
            abort(401)
        wanted = request.full_path.rstrip("?") if request.method == "GET" else "/"
        place = "accounts.index" if signed_in_accounts() else "sign_in.form"
        return redirect(url_for(place) + "?" + urlencode({"next": wanted}), 303)

    @app.before_request
    def remember_the_visit() -> None:
        # The session slides by its last use; once a day is enough, and keeps reading a
        # page from writing to the database.
        if request.endpoint in _NOT_A_VISIT:
            return
        today = now().date().isoformat()
        browser = browser_hash()
        if browser is not None and session.get("seen") != today:
            with aside():
                db.session.execute(
                    update(BrowserSignIn)
                    .where(BrowserSignIn.browser_hash == browser)
                    .values(seen_at=now())
                )
                session["seen"] = today

    @app.after_request
    def add_headers(response: Response) -> Response:
        for name, value in headers.items():
            response.headers.setdefault(name, value)
        leads_away = request.blueprint == "sign_in"
        if getattr(app.view_functions.get(request.endpoint or ""), "is_framed", False):
            response.headers["X-Frame-Options"] = "SAMEORIGIN"
            response.headers["Content-Security-Policy"] = _OF_FRAMES
        if request.endpoint == "static":
            # Nothing of a file runs or leads anywhere when it is opened by itself.
            response.headers.setdefault("Content-Security-Policy", _OF_FILES)
        response.headers.setdefault(
            "Content-Security-Policy", sign_in_policy if leads_away else policy
        )
        if request.endpoint != "static":
            # Pages are a person's own. "no-cache" still lets the Back button show them.
            response.headers.setdefault("Cache-Control", "private, no-cache")
        return response


_OF_FILES = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
_OF_FRAMES = (
    "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self'"
)
_LOOPBACK_SOURCES = " http://127.0.0.1:* http://localhost:*"


def _sign_in_targets(settings: Settings) -> str:
    """Where the sign-in form may lead. Chromium applies form-action to redirects too, and
    this form ends at the consent page of a server: of any, or of the pinned one."""
    if settings.pinned_server is not None:
        return f"'self' {settings.pinned_server.origin}"
    return f"'self' https:{_LOOPBACK_SOURCES if settings.allow_loopback_servers else ''}"


def _content_policy(settings: Settings, *, form_targets: str) -> str:
    policy = {
        "default-src": "'none'",
        "script-src": "'self'",
        "connect-src": "'self'",
        "style-src": "'self'",
        # Pictures lie wherever people's servers keep them.
        "img-src": f"'self' https:{_LOOPBACK_SOURCES if settings.allow_loopback_servers else ''}",
        "media-src": f"https:{_LOOPBACK_SOURCES if settings.allow_loopback_servers else ''}",
        "manifest-src": "'self'",
        "frame-src": "'self'",
        "form-action": form_targets,
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in policy.items())


def _headers(settings: Settings) -> dict[str, str]:
    headers = {
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
        # Not no-referrer: Flask-WTF refuses https forms that come without one.
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    }
    if settings.is_https:
        headers["Strict-Transport-Security"] = "max-age=63072000"
    return headers


def settings_of_app() -> Settings:
    """The settings of the running app."""
    settings: Settings = current_app.extensions["engawa.settings"]
    return settings
