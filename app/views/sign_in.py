"""`/sign-in`: the pages of signing in. The rules they keep are in `app.sign_in`."""

from __future__ import annotations

import segno
from flask import Blueprint, abort, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from markupsafe import Markup

from app import sign_in
from app.errors import Explanation, explain, retry_header
from app.extensions import limiter
from app.misskey import AddressRefused, MisskeyError, ServerAddress, parse_server
from app.misskey.signin import NotMisskey
from app.models import Account
from app.notices import leave_notice
from app.security import public, safe_next, settings_of_app
from app.sign_in import Begun, SignInFailed

bp = Blueprint("sign_in", __name__, url_prefix="/sign-in")

RELOAD_EVERY = 5
"""Seconds between two looks of the page that waits for another device."""

# Per address. People share addresses (a school, a carrier's NAT), so it is not one or two.
_BEGINNINGS = "20 per 10 minutes"
_DEVICE_BEGINNINGS = "6 per 10 minutes"
_RETURNS = "60 per 10 minutes"

# No state, code or issuer is that long; of what is, a part will do to be refused.
_LONGEST_PARAMETER = 1000
# Seconds; an hour, so that a new version of the page is soon known.
_CLIENT_PAGE_HOLDS_FOR = 3600


@bp.get("")
@public
def form() -> ResponseReturnValue:
    """The form with one field, or one button for a pinned server."""
    return _form(request.args.get("server", ""))


@bp.post("")
@public
@limiter.limit(_BEGINNINGS)
def begin() -> ResponseReturnValue:
    """Off to the consent page of the person's server; or, from a browser that does not know
    where the button for another device leads (text browsers), to that."""
    if "device" in request.form:
        return begin_on_device()
    next_path = safe_next(request.form.get("next"))
    settings = settings_of_app()
    if settings.pinned_server is not None:
        try:
            begun = sign_in.begin_pinned(next_path)
        except (MisskeyError, NotMisskey, SignInFailed) as error:
            return _form("", explain(error))
        if begun.way == "button":
            session["waiting"] = _waiting_for(begun)
            return redirect(url_for("sign_in.allow"), 303)
        return redirect(begun.url, 303)
    try:
        return redirect(sign_in.begin(_typed_server(), next_path).url, 303)
    except (AddressRefused, MisskeyError, NotMisskey) as error:
        return _form(request.form.get("server", ""), explain(error))


@bp.get("/callback")
@public
@limiter.limit(_RETURNS)
def callback() -> ResponseReturnValue:
    """Back from the consent page. This GET changes something, as Misskey's protocol has
    it; `app.sign_in` says what keeps it safe."""
    token = request.args.get("token", "")
    if not token or len(token) > 200:
        raise SignInFailed("unknown")
    return _welcome(*sign_in.finish_callback(token))


@bp.get("/oauth/callback")
@public
@limiter.limit(_RETURNS)
def oauth_callback() -> ResponseReturnValue:
    """Back from the consent page of OAuth; like the other callback, this GET changes
    something."""
    state, issuer, code, error = (
        request.args.get(name, "")[:_LONGEST_PARAMETER]
        for name in ("state", "iss", "code", "error")
    )
    return _welcome(*sign_in.finish_oauth(state, issuer=issuer, code=code, error=error))


@bp.get("/oauth/client")
@public
def oauth_client() -> ResponseReturnValue:
    """Who we are, for servers that offer OAuth: they read this page before they ask the
    person (FACTS F). The same for everybody, in both languages."""
    body = render_template("sign_in/oauth_client.html", settings=settings_of_app())
    return body, 200, {"Cache-Control": f"public, max-age={_CLIENT_PAGE_HOLDS_FOR}"}


@bp.get("/allow")
@public
def allow() -> ResponseReturnValue:
    """For an app without a callback: the way to the consent page, and a button for
    afterwards."""
    waiting = _waiting("button")
    if waiting is None:
        return redirect(url_for("sign_in.form"), 303)
    return render_template("sign_in/allow.html", waiting=waiting)


@bp.post("/allow")
@public
@limiter.limit(_RETURNS)
def allowed() -> ResponseReturnValue:
    """ "I have allowed it"."""
    waiting = _waiting("button")
    if waiting is None:
        raise SignInFailed("unknown")
    try:
        result = sign_in.ask_again(waiting["token"], "button")
    except MisskeyError as error:
        words = explain(error)
        return render_template("sign_in/allow.html", waiting=waiting, problem=words), words.status
    except SignInFailed:
        session.pop("waiting", None)
        raise
    if result is None:
        problem = _not_yet(waiting["host"])
        return render_template("sign_in/allow.html", waiting=waiting, problem=problem), 409
    session.pop("waiting", None)
    return _welcome(*result)


@bp.post("/device")
@public
@limiter.limit(_DEVICE_BEGINNINGS)
def begin_on_device() -> ResponseReturnValue:
    """Begin a sign-in whose consent is given on another device."""
    if settings_of_app().pinned_server is not None:
        # A pinned server's app is the operator's; none is registered beside it.
        abort(404)
    try:
        begun = sign_in.begin_on_device(_typed_server(), safe_next(request.form.get("next")))
    except (AddressRefused, MisskeyError, NotMisskey) as error:
        return _form(request.form.get("server", ""), explain(error))
    session["waiting"] = _waiting_for(begun)
    return redirect(url_for("sign_in.device"), 303)


@bp.get("/device")
@public
def device() -> ResponseReturnValue:
    """The QR code, the address and the code to compare; reloads itself until consent is
    given. Like the callback, this GET ends a sign-in this same browser began."""
    waiting = _waiting("device")
    if waiting is None:
        return redirect(url_for("sign_in.form"), 303)
    problem = None
    if request.args.get("look"):
        try:
            result = sign_in.ask_again(waiting["token"], "device")
        except SignInFailed:
            session.pop("waiting", None)
            raise
        except MisskeyError as error:
            result, problem = None, explain(error)
        if result is not None:
            session.pop("waiting", None)
            return _welcome(*result)
    body = render_template(
        "sign_in/device.html",
        waiting=waiting,
        problem=problem,
        qr=_qr_code(waiting["url"]),
    )
    look_again = url_for("sign_in.device", look=1)
    # A header, so that the page needs neither a script nor a <meta> in its body.
    return body, 200, {"Refresh": f"{RELOAD_EVERY}; url={look_again}"}


@bp.post("/cancel")
@public
def cancel() -> ResponseReturnValue:
    """Stop waiting for another device, or for the button."""
    waiting = session.pop("waiting", None)
    if isinstance(waiting, dict):
        sign_in.give_up(str(waiting.get("token", "")))
    return redirect(url_for("sign_in.form"), 303)


@bp.get("/link/<token>")
@public
def link(token: str) -> ResponseReturnValue:
    """A one-time link of `flask account add`: whose it is, and a button. Opening it
    changes nothing, so a preview does not use it up."""
    account = sign_in.account_of_link(token)
    if account is None:
        raise SignInFailed("unknown")
    return render_template("sign_in/link.html", link_account=account, token=token)


@bp.post("/link/<token>")
@public
@limiter.limit(_RETURNS)
def use_link(token: str) -> ResponseReturnValue:
    """Sign this browser in by the link."""
    return _welcome(sign_in.use_link(token), "/")


def _typed_server() -> ServerAddress:
    return parse_server(
        request.form.get("server", ""),
        allow_loopback=settings_of_app().allow_loopback_servers,
    )


def _form(server: str, problem: Explanation | None = None) -> ResponseReturnValue:
    body = render_template(
        "sign_in/form.html",
        server=server[:300],
        problem=problem,
        pinned=settings_of_app().pinned_server,
        next=safe_next(request.values.get("next")),
    )
    if problem is None:
        return body
    return body, problem.status, retry_header(problem.retry_after)


def _waiting_for(begun: Begun) -> dict[str, str]:
    return {
        "way": begun.way,
        "token": begun.token,
        "url": begun.url,
        "host": begun.host,
        "code": begun.code or "",
    }


def _waiting(way: str) -> dict[str, str] | None:
    waiting = session.get("waiting")
    return waiting if isinstance(waiting, dict) and waiting.get("way") == way else None


def _not_yet(host: str) -> Explanation:
    return Explanation(
        409,
        gettext("Not allowed yet"),
        gettext("%(server)s says you have not allowed Engawa yet.", server=host),
        gettext("Open the page below, allow Engawa there, then press the button again."),
    )


def _welcome(account: Account, next_path: str) -> ResponseReturnValue:
    leave_notice(gettext("You are signed in as %(handle)s.", handle=account.handle))
    return redirect(safe_next(next_path), 303)


def _qr_code(url: str) -> Markup:
    """`url` as an SVG without styles, sized by the stylesheet."""
    svg = segno.make(url, error="m").svg_inline(
        scale=4, border=2, dark="#000", light="#fff", svgclass="qr", lineclass=None, omitsize=True
    )
    # The URL is inside as modules of the code, not as text.
    return Markup(svg)  # noqa: S704
