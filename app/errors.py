"""What a person reads when something fails: what happened, to what, and what to do.

`explain` turns every failure we know into an `Explanation`; the handlers show it as a
page, and forms show the same sentences beside what was typed.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlencode

from flask import Flask, g, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import BadHost, HTTPException, InternalServerError

from app import fragments
from app.extensions import db
from app.house_rules import ServerTurnedAway
from app.logs import page_name
from app.misskey import (
    AddressForbidden,
    AddressRefused,
    AnswerLost,
    AnswerUnusable,
    ApiError,
    CredentialRefused,
    EndpointMissing,
    MisskeyError,
    NotThere,
    PermissionMissing,
    RateLimited,
    ServerBusy,
    ServerFault,
    ServerUnreachable,
)
from app.misskey.address import display_host
from app.misskey.signin import NotMisskey
from app.notices import Notice
from app.security import current_account, safe_next, sign_out_everywhere
from app.sign_in import SignInFailed
from app.storage import StorageFails

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Explanation:
    """A failure in a person's words.

    `happened` and `advice` are one or two sentences each; `retry_after` is in seconds.
    """

    status: int
    title: str
    happened: str
    advice: str
    link: tuple[str, str] | None = None
    retry_after: int | None = None
    headers: dict[str, str] = field(default_factory=dict)


def init_app(app: Flask) -> None:
    """Show every failure of `app` as a page with a next step."""
    app.register_error_handler(MisskeyError, _show)
    app.register_error_handler(NotMisskey, _show)
    app.register_error_handler(SignInFailed, _show)
    app.register_error_handler(HTTPException, show_http)
    for kind in StorageFails:
        app.register_error_handler(kind, show_storage)
    app.register_error_handler(Exception, _show_bug)


def page(explanation: Explanation) -> ResponseReturnValue:
    """The whole page that shows `explanation`; to our script, the same words as a notice."""
    headers = explanation.headers | retry_header(explanation.retry_after)
    if fragments.wanted():
        body = render_template("fragment.html", notice=_notice(explanation))
        return body, explanation.status, headers
    # A page shown to another site's request says what is wrong and nothing of the person.
    account = None if g.get("is_foreign") else current_account()
    body = render_template("error.html", explanation=explanation, account=account)
    return body, explanation.status, headers


def in_a_line(happened: str, advice: str) -> str:
    """Two sentences, one after the other."""
    # Japanese has no space between them.
    return happened + ("" if happened.endswith("。") else " ") + advice


def _notice(explanation: Explanation) -> Notice:
    label, href = explanation.link or (None, None)
    text = in_a_line(explanation.happened, explanation.advice)
    return Notice(text=text, href=href, label=label, is_problem=True)


def retry_header(seconds: int | None) -> dict[str, str]:
    """The Retry-After header, where there is a time to tell."""
    return {} if seconds is None else {"Retry-After": str(seconds)}


def explain(error: Exception) -> Explanation:
    """`error` in a person's words. Takes every MisskeyError, NotMisskey, SignInFailed
    and AddressRefused."""
    for kind, words in _WORDS:
        if isinstance(error, kind):
            return words(error)
    raise TypeError(f"no words for {type(error).__name__}") from error


def explain_deed(error: MisskeyError) -> Explanation:
    """`error` in words, where something was to be done: it may have been all the same."""
    words = explain(error)
    if not error.may_have_happened:
        return words
    advice = gettext("It may have been done all the same: look before you try again.")
    return replace(words, advice=advice)


def _show(error: Exception) -> ResponseReturnValue:
    db.session.rollback()
    explanation = explain(error)
    if isinstance(error, CredentialRefused):
        # Only a refused credential signs out, and only the account it belongs to.
        account = g.get("acting_account")
        if account is not None:
            sign_out_everywhere(account)
    return page(explanation)


def show_http(error: HTTPException) -> ResponseReturnValue:
    """The page that says in words what an HTTP error means."""
    if error.code is not None and error.code < 400:
        return error.get_response()
    if isinstance(request.routing_exception, BadHost):
        # The Host header is no name, so there is no address that a link could have.
        return "Bad Request\n", 400, {"Content-Type": "text/plain; charset=utf-8"}
    if isinstance(error, InternalServerError) and isinstance(
        error.original_exception, StorageFails
    ):
        # Outside of the views: a session that could not be read or saved.
        return show_storage(error.original_exception)
    explanation = _http_words(error)
    if request.endpoint == "static":
        return _as_text(explanation)
    try:
        return page(explanation)
    except Exception:
        if explanation.status != 500:
            raise
        # While the database is gone there is no session, and a page can't do without.
        return _as_text(explanation)


def _as_text(explanation: Explanation) -> ResponseReturnValue:
    words = f"{explanation.title}\n{explanation.happened} {explanation.advice}\n"
    headers = {"Content-Type": "text/plain; charset=utf-8"}
    return words, explanation.status, headers | retry_header(explanation.retry_after)


def _show_bug(error: Exception) -> ResponseReturnValue:
    db.session.rollback()
    # The traceback names code, not people: no value of ours that matters has a repr.
    log.error("a bug at %s", page_name(), exc_info=error)
    return show_http(InternalServerError())


def show_storage(error: Exception) -> ResponseReturnValue:
    """The page that says that our own database, or Redis, does not do its part."""
    db.session.rollback()
    log.error("storage fails at %s", page_name(), exc_info=error)
    explanation = Explanation(
        503,
        gettext("Engawa's storage does not work"),
        gettext("Engawa could not read or write what it keeps, so this may not have been done."),
        gettext("Try again in a moment. If it happens again, please tell the operator."),
        (gettext("Go home"), url_for("home.home")),
        retry_after=60,
    )
    try:
        return page(explanation)
    except Exception:
        # Without its store there may be no session at all, and a page can't do without.
        return _as_text(explanation)


def _http_words(error: HTTPException) -> Explanation:
    back = url_for("home.home")
    home = (gettext("Go home"), back)
    if isinstance(error, CSRFError):
        return Explanation(
            400,
            gettext("This page was open for too long"),
            gettext("The form you sent belongs to an older visit, so nothing was done."),
            gettext("Go back, reload the page and send the form again."),
            (gettext("Go back"), safe_next(request.form.get("next"), back)),
        )
    if error.code == 401:
        return Explanation(
            401,
            gettext("You are signed out"),
            gettext("This browser is signed out of the account, so nothing was done."),
            gettext("Sign in, then do it again."),
            (gettext("Sign in"), url_for("sign_in.form")),
        )
    if error.code == 404:
        return Explanation(
            404,
            gettext("There is nothing here"),
            gettext("No page has this address, or it was taken away."),
            gettext("Check the address, or start from home."),
            home,
        )
    if error.code == 405:
        return Explanation(
            405,
            gettext("That can't be done this way"),
            gettext("This address only works from its own form."),
            gettext("Start from home and use the buttons there."),
            home,
            headers={"Allow": ", ".join(sorted(getattr(error, "valid_methods", None) or []))},
        )
    if error.code == 429:
        return Explanation(
            429,
            gettext("Too many tries"),
            gettext("Too many requests came from your address in a short time."),
            gettext("Wait a few minutes, then try again."),
            home,
            retry_after=600,
        )
    if error.code == 413:
        return Explanation(
            413,
            gettext("That was too much at once"),
            gettext("What you sent is larger than Engawa takes."),
            gettext("Go back and send less."),
            home,
        )
    if error.code == 403 and g.get("is_foreign"):
        return Explanation(
            403,
            gettext("This came from another site"),
            gettext("Another site tried to send a form to Engawa. Nothing was done."),
            gettext("If you meant to do this, open Engawa itself and do it there."),
            home,
        )
    if error.code is not None and error.code >= 500:
        return Explanation(
            500,
            gettext("Something broke on our side"),
            gettext("Engawa made a mistake and could not finish what you asked for."),
            gettext("Try again in a moment. If it happens again, please tell the operator."),
            home,
        )
    return Explanation(
        error.code or 400,
        gettext("That was not understood"),
        gettext("Engawa could not make sense of this request, so nothing was done."),
        gettext("Start from home and try again."),
        home,
    )


def _here() -> tuple[str, str]:
    """A link that tries the same page again, or goes home after a form."""
    if request.method == "GET":
        return gettext("Try again"), safe_next(request.full_path.rstrip("?"))
    return gettext("Go home"), url_for("home.home")


def _busy(error: ServerBusy) -> Explanation:
    server = display_host(error.host)
    return Explanation(
        503,
        gettext("%(server)s is not keeping up", server=server),
        gettext(
            "%(server)s did not answer several times just now, so Engawa gives it a rest.",
            server=server,
        ),
        _wait(error.retry_after),
        _here(),
        retry_after=error.retry_after,
    )


def _forbidden(error: AddressForbidden) -> Explanation:
    server = display_host(error.host)
    return Explanation(
        502,
        gettext("%(server)s is not on the public network", server=server),
        gettext(
            "The name %(server)s leads to a private address, and Engawa only connects to "
            "public ones.",
            server=server,
        ),
        gettext("Check the spelling of the server's name."),
        (gettext("Type another server"), url_for("sign_in.form")),
    )


def _turned_away(error: ServerTurnedAway) -> Explanation:
    server = display_host(error.host)
    return Explanation(
        403,
        gettext("%(server)s can't be used here", server=server),
        gettext(
            "The operator of this Engawa has decided not to connect to %(server)s.",
            server=server,
        ),
        gettext(
            "Your account there is as it was. Only the operator can change this; you can "
            "also use Engawa somewhere else."
        ),
        (gettext("Accounts in this browser"), url_for("accounts.index")),
    )


def _unreachable(error: ServerUnreachable) -> Explanation:
    server = display_host(error.host)
    return Explanation(
        502,
        gettext("%(server)s can't be reached", server=server),
        gettext("%(server)s was not found, or nothing answers there.", server=server),
        gettext(
            "Check the name, or open %(server)s itself to see whether it is up. Then try again.",
            server=server,
        ),
        _here(),
    )


def _lost(error: AnswerLost) -> Explanation:
    server = display_host(error.host)
    return Explanation(
        504,
        gettext("%(server)s did not answer in time", server=server),
        gettext(
            "%(server)s took the question (%(endpoint)s), but no whole answer came back.",
            server=server,
            endpoint=error.endpoint,
        ),
        gettext("It may be very busy. Wait a moment, then try again."),
        _here(),
    )


def _unusable(error: AnswerUnusable) -> Explanation:
    server = display_host(error.host)
    if error.reason == "redirect":
        happened = gettext(
            "%(server)s sends visitors on to another address (%(other)s), and Engawa does "
            "not carry requests there by itself.",
            server=server,
            other=error.location or "?",
        )
    elif error.reason == "too-large":
        happened = gettext(
            "The answer of %(server)s (%(endpoint)s) was far too large.",
            server=server,
            endpoint=error.endpoint,
        )
    else:
        happened = gettext(
            "%(server)s answered (%(endpoint)s), but not in the way Misskey does.",
            server=server,
            endpoint=error.endpoint,
        )
    return Explanation(
        502,
        gettext("%(server)s gave an answer that can't be used", server=server),
        happened,
        gettext(
            "A server under maintenance does that, or something standing in front of it. "
            "Try again in a while."
        ),
        _here(),
    )


def _credential_refused(error: CredentialRefused) -> Explanation:
    server = display_host(error.host)
    return Explanation(
        401,
        gettext("%(server)s no longer accepts this sign-in", server=server),
        gettext(
            "%(server)s refused the key it had given Engawa. Perhaps you removed Engawa "
            "from your connected apps there. This account is now signed out here.",
            server=server,
        ),
        gettext("Sign in again to go on."),
        (
            gettext("Sign in at %(server)s", server=server),
            url_for("sign_in.form") + "?" + urlencode({"server": error.host}),
        ),
    )


def _permission_missing(error: PermissionMissing) -> Explanation:
    server = display_host(error.host)
    return Explanation(
        403,
        gettext("%(server)s does not let Engawa do this", server=server),
        gettext(
            "The permission for this (%(endpoint)s) was not given to Engawa at %(server)s.",
            server=server,
            endpoint=error.endpoint,
        ),
        gettext("Sign in again: Engawa then asks for every permission it needs."),
        (
            gettext("Sign in at %(server)s", server=server),
            url_for("sign_in.form") + "?" + urlencode({"server": error.host}),
        ),
    )


def _rate_limited(error: RateLimited) -> Explanation:
    server = display_host(error.host)
    return Explanation(
        429,
        gettext("%(server)s asks you to wait", server=server),
        gettext(
            "You did more in a short time than %(server)s allows one account "
            "(the official app counts too).",
            server=server,
        ),
        _wait(error.retry_after),
        _here(),
        retry_after=error.retry_after,
    )


def _not_there(error: NotThere) -> Explanation:
    server = display_host(error.host)
    return Explanation(
        404,
        gettext("%(server)s does not have this", server=server),
        gettext("It was deleted, or it is not meant for this account."),
        gettext("Go back, or start from home."),
        (gettext("Go home"), url_for("home.home")),
    )


def _endpoint_missing(error: EndpointMissing) -> Explanation:
    server = display_host(error.host)
    return Explanation(
        502,
        gettext("%(server)s can't do this", server=server),
        gettext(
            "The software of %(server)s does not offer what this page needs (%(endpoint)s).",
            server=server,
            endpoint=error.endpoint,
        ),
        gettext("Nothing is wrong with your account. Other pages work as before."),
        (gettext("Go home"), url_for("home.home")),
    )


def _server_fault(error: ServerFault) -> Explanation:
    server = display_host(error.host)
    return Explanation(
        502,
        gettext("%(server)s has a problem", server=server),
        gettext(
            "%(server)s answered with an error of its own (%(status)s, %(endpoint)s).",
            server=server,
            status=str(error.status),
            endpoint=error.endpoint,
        ),
        gettext("Try again in a moment. If it lasts, its operators can help."),
        _here(),
    )


def _refused(error: ApiError) -> Explanation:
    server = display_host(error.host)
    known = {
        "YOUR_ACCOUNT_SUSPENDED": gettext(
            "Your account at %(server)s is suspended.", server=server
        ),
        "YOUR_ACCOUNT_MOVED": gettext(
            "Your account has moved away from %(server)s, and moved accounts can't do this.",
            server=server,
        ),
        "ACCESS_DENIED": gettext("%(server)s lets only the owner do this.", server=server),
        "YOU_HAVE_BEEN_BLOCKED": gettext("This person has blocked you."),
        "CANNOT_REPLY_TO_AN_INVISIBLE_NOTE": gettext("You can't see the note you reply to."),
        "CONTAINS_PROHIBITED_WORDS": gettext(
            "%(server)s does not allow a word in this text.", server=server
        ),
        "CONTAINS_TOO_MANY_MENTIONS": gettext(
            "%(server)s does not allow so many mentions in one note.", server=server
        ),
        "UNAVAILABLE": gettext("%(server)s has this switched off.", server=server),
        "INVALID_PARAM": gettext(
            "%(server)s did not accept what was sent: something is too long, empty or of a "
            "kind it does not take.",
            server=server,
        ),
    }
    return Explanation(
        403 if error.code in ("ACCESS_DENIED", "YOU_HAVE_BEEN_BLOCKED") else 502,
        gettext("%(server)s said no", server=server),
        known.get(
            error.code,
            gettext(
                "%(server)s refused this (%(code)s, %(endpoint)s).",
                server=server,
                code=error.code,
                endpoint=error.endpoint,
            ),
        ),
        gettext("Nothing was changed. Change what you sent, or go back."),
        _here(),
    )


def _wait(seconds: int | None) -> str:
    if seconds is None:
        return gettext("It did not say for how long. An hour is always enough.")
    if seconds < 100:
        return ngettext(
            "Try again in %(num)s second.", "Try again in %(num)s seconds.", max(seconds, 1)
        )
    return ngettext(
        "Try again in %(num)s minute.", "Try again in %(num)s minutes.", -(-seconds // 60)
    )


def _not_misskey(error: NotMisskey) -> Explanation:
    server = display_host(error.host)
    happened = {
        "meta": gettext(
            "%(server)s answers, but not when it is asked what it is (meta). It may be a "
            "Mastodon or another kind of server, or none at all.",
            server=server,
        ),
        "endpoints": gettext(
            "%(server)s says it is Misskey, but it lacks the sign-in that Engawa needs "
            "(endpoints).",
            server=server,
        ),
        "uri": gettext(
            "%(server)s gives an address of its own (uri) that does not lead back to itself.",
            server=server,
        ),
        "consent": gettext(
            "%(server)s wanted to send you to a consent page that is not its own, so Engawa "
            "stopped.",
            server=server,
        ),
    }[error.step]
    if isinstance(error.cause, AnswerUnusable) and error.cause.location:
        happened = gettext(
            "%(server)s sends visitors on to %(other)s. Your server may be there.",
            server=server,
            other=error.cause.location,
        )
    return Explanation(
        502,
        gettext("%(server)s is no Misskey server Engawa can use", server=server),
        happened,
        gettext("Check the name of your server: it stands in your handle after the second @."),
        (gettext("Type another server"), url_for("sign_in.form")),
    )


def _sign_in_failed(error: SignInFailed) -> Explanation:
    server = display_host(error.host) if error.host else ""
    other_browser = gettext(
        "This sign-in was begun in another browser. So that nobody can be signed in by a "
        "link somebody else made, it has been stopped there too."
    )
    happened = {
        "unknown": gettext("This sign-in is not known here, was finished before, or is too old."),
        "other-browser": other_browser,
        "expired": gettext("More than ten minutes have passed, or it was tried too often."),
        "pending": gettext("%(server)s says you have not allowed Engawa yet.", server=server),
        "used": gettext("%(server)s says this sign-in was used before.", server=server),
        "closed": gettext("This Engawa takes in nobody new at the moment."),
        "often": gettext("This account was signed in many times within a few minutes."),
        "app-gone": gettext("%(server)s does not know Engawa's app any more.", server=server),
        "callback-mismatch": gettext(
            "The app the operator registered at %(server)s leads to another address.",
            server=server,
        ),
        "denied": gettext("You did not allow Engawa at %(server)s.", server=server),
        "stopped": gettext("%(server)s did not go through with the sign-in.", server=server),
        "wrong-issuer": gettext(
            "You began at %(server)s, but came back as if from another server, so Engawa stopped.",
            server=server,
        ),
        "code-refused": gettext(
            "%(server)s did not accept this sign-in: it was used before, or took too long.",
            server=server,
        ),
    }[error.reason]
    advice = {
        "closed": gettext("Nobody was signed in. Whoever was here before can sign in as ever."),
        "often": gettext("Wait ten minutes, then begin again."),
        "callback-mismatch": gettext("Only the operator can mend this. Please tell them."),
    }.get(error.reason, gettext("Nobody was signed in. Begin again here, in this browser."))
    return Explanation(
        {"callback-mismatch": 502, "often": 429}.get(error.reason, 400),
        gettext("The sign-in did not work"),
        happened,
        advice,
        (
            gettext("Begin again"),
            url_for("sign_in.form") + ("?" + urlencode({"server": error.host}) if server else ""),
        ),
        retry_after=600 if error.reason == "often" else None,
    )


def _address_refused(error: AddressRefused) -> Explanation:
    happened = {
        "empty": gettext("Type the name of your server, for example misskey.io."),
        "scheme": gettext("Engawa talks to servers over https only. Type just the server's name."),
        "credentials": gettext(
            "This looks like an address with a user name or password in it. Type just the "
            "server's name, for example misskey.io."
        ),
        "path": gettext("Type just the server's name, without what follows it after the slash."),
        "number": gettext("Type the server's name, not its number."),
        "name": gettext("This is not the name of a server out on the network."),
        "port": gettext("The port after the colon must be a number from 1 to 65535."),
        "loopback": gettext("Servers on this machine itself can't be used here."),
    }[error.reason]
    return Explanation(400, gettext("That is no server's name"), happened, "")


_WORDS: list[tuple[type[Exception], Callable[[Any], Explanation]]] = [
    (ServerTurnedAway, _turned_away),
    (ServerBusy, _busy),
    (AddressForbidden, _forbidden),
    (ServerUnreachable, _unreachable),
    (AnswerLost, _lost),
    (AnswerUnusable, _unusable),
    (CredentialRefused, _credential_refused),
    (PermissionMissing, _permission_missing),
    (RateLimited, _rate_limited),
    (NotThere, _not_there),
    (EndpointMissing, _endpoint_missing),
    (ServerFault, _server_fault),
    (ApiError, _refused),
    (NotMisskey, _not_misskey),
    (SignInFailed, _sign_in_failed),
    (AddressRefused, _address_refused),
]
