"""The small pages every service has: its language, its settings, its keys, its health."""

from __future__ import annotations

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from prometheus_client import CONTENT_TYPE_LATEST
from werkzeug.wrappers import Response

from app import metrics, preferences, readiness, reading, servers, timelines
from app.account_settings import tabs
from app.languages import COOKIE, LANGUAGES
from app.mfm import stylesheet
from app.models import Account
from app.notices import leave_notice
from app.preferences import Preferences
from app.security import (
    account_of_form,
    current_account,
    public,
    safe_next,
    settings_of_app,
)

bp = Blueprint("service", __name__)

_UNKEPT = {"Cache-Control": "no-store"}
_PLAIN = {"Content-Type": "text/plain; charset=utf-8", **_UNKEPT}
_A_YEAR = 365 * 24 * 3600
_LONGEST_STYLES = 4000


@bp.get("/language")
@public
def language() -> ResponseReturnValue:
    """Choose the language of the pages."""
    return render_template(
        "service/language.html",
        account=current_account(),
        languages=LANGUAGES,
        next=safe_next(request.args.get("next")),
    )


@bp.post("/language")
@public
def choose_language() -> ResponseReturnValue:
    """Keep the choice in a cookie of its own, so that it outlives signing out, and with the
    account."""
    response = redirect(safe_next(request.form.get("next")), 303)
    chosen = request.form.get("language")
    if chosen in LANGUAGES:
        _keep_in_browser(response, {COOKIE: chosen})
        account = current_account()
        if account is not None:
            preferences.choose_language(account, chosen)
    return response


@bp.get("/mfm.css")
@public
def markup_styles() -> ResponseReturnValue:
    """The rules for the values in the address, which a page's markup needs; the same
    address always has the same answer (`app.mfm.styles`)."""
    rules = stylesheet(request.args.get("v", "")[:_LONGEST_STYLES])
    headers = {
        "Content-Type": "text/css; charset=utf-8",
        "Cache-Control": f"public, max-age={_A_YEAR}, immutable",
    }
    return rules, 200, headers


@bp.get("/settings")
@public
def settings() -> ResponseReturnValue:
    """How one likes to read."""
    current_account()  # Loads whose preferences are the current ones.
    return _show_settings(preferences.current())


@bp.post("/settings")
@public
def change_settings() -> ResponseReturnValue:
    """Keep the choices with the account the page was shown to, and in this browser's cookies
    for the pages it opens before it is known who reads them."""
    account = account_of_form()
    before = preferences.current() if account is None else preferences.of(account)
    try:
        chosen = preferences.from_form(request.form, before, _offered_tabs(account))
    except preferences.Unfit as unfit:
        return _show_settings(before, problem=str(unfit))
    if account is not None:
        preferences.keep(account, chosen)
    response = redirect(safe_next(request.form.get("next"), url_for("service.settings")), 303)
    _keep_in_browser(
        response,
        preferences.cookies_of(chosen)
        | {reading.KEYS_COOKIE: "1" if request.form.get("uses_keys") else "0"},
    )
    if account is None:
        leave_notice(gettext("Saved for this browser."))
    else:
        leave_notice(gettext("Saved for %(handle)s.", handle=account.handle))
    return response


def _show_settings(chosen: Preferences, *, problem: str = "") -> ResponseReturnValue:
    account = current_account()
    body = render_template(
        "service/settings.html",
        account=account,
        chosen=chosen,
        reactions=request.form.get("quick_reactions", " ".join(chosen.quick_reactions)),
        timelines=[timelines.MAY_BE_TABS[name] for name in _offered_tabs(account)],
        themes=preferences.THEMES,
        media=preferences.MEDIA,
        page_sizes=[(size, size) for size in preferences.PAGE_SIZES],
        languages=LANGUAGES,
        tabs=tabs(account, "reading") if account is not None else [],
        next=safe_next(request.values.get("next"), ""),
        problem=problem,
    )
    return body, 400 if problem else 200


def _offered_tabs(account: Account | None) -> list[str]:
    """The timelines that may stand in the row, as far as the account has them; asks no
    server."""
    if account is None:
        return []
    server = servers.stored(account.host)
    return [
        name
        for name, timeline in timelines.MAY_BE_TABS.items()
        if timelines.is_offered(timeline, account, server)
    ]


def _keep_in_browser(response: Response, cookies: dict[str, str]) -> None:
    for name, value in cookies.items():
        response.set_cookie(
            name,
            value,
            max_age=_A_YEAR,
            httponly=True,
            samesite="Lax",
            secure=settings_of_app().is_https,
        )


@bp.get("/about/keys")
@public
def keys() -> ResponseReturnValue:
    """Which keys do what."""
    return render_template("service/keys.html", account=current_account())


@bp.get("/readyz")
@public
def readyz() -> ResponseReturnValue:
    """Ready to serve: the database answers and is migrated, and so does Redis, where
    there is one. For a load balancer; what exactly is wrong tells `flask check`.

    That no worker is alive is said, but is no reason to send people elsewhere: pages work
    without one, on this node as well as on all others.
    """
    missing = readiness.missing()
    words = "".join(f"{name} does not answer as it should\n" for name in missing) or "ready\n"
    if not missing and not readiness.is_worked():
        words += "no worker is running\n"
    return words, 503 if missing else 200, _PLAIN


@bp.get("/metrics")
@public
def metrics_page() -> ResponseReturnValue:
    """The counts, for whom the operator lets read them; for all others there is no such
    page."""
    counted = metrics.current()
    allowed = metrics.may_be_read(
        settings_of_app(), request.remote_addr, request.headers.get("Authorization", "")
    )
    if counted is None or not allowed:
        abort(404)
    return counted.as_text(), 200, {"Content-Type": CONTENT_TYPE_LATEST, **_UNKEPT}


@bp.get("/healthz")
@public
def healthz() -> ResponseReturnValue:
    """Alive. Asks nobody else."""
    return "ok\n", 200, _PLAIN
