"""The small pages every service has: its language, its settings, its keys, its health."""

from __future__ import annotations

from flask import Blueprint, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from prometheus_client import CONTENT_TYPE_LATEST

from app import metrics, readiness, reading
from app.languages import COOKIE, LANGUAGES
from app.mfm import stylesheet
from app.notices import leave_notice
from app.security import current_account, public, safe_next, settings_of_app

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
    """Keep the choice in a cookie of its own, so that it outlives signing out."""
    response = redirect(safe_next(request.form.get("next")), 303)
    chosen = request.form.get("language")
    if chosen in LANGUAGES:
        response.set_cookie(
            COOKIE,
            chosen,
            max_age=_A_YEAR,
            httponly=True,
            samesite="Lax",
            secure=settings_of_app().is_https,
        )
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
    """How pages are shown in this browser."""
    return render_template(
        "service/settings.html",
        account=current_account(),
        next=safe_next(request.args.get("next")),
    )


@bp.post("/settings")
@public
def change_settings() -> ResponseReturnValue:
    """Keep the choices in cookies, so that they hold for every account here."""
    response = redirect(safe_next(request.form.get("next"), url_for("service.settings")), 303)
    choices = {reading.DATA_SAVER_COOKIE: "saves_data", reading.KEYS_COOKIE: "uses_keys"}
    for cookie, field in choices.items():
        response.set_cookie(
            cookie,
            "1" if request.form.get(field) else "0",
            max_age=_A_YEAR,
            httponly=True,
            samesite="Lax",
            secure=settings_of_app().is_https,
        )
    leave_notice(gettext("Saved for this browser."))
    return response


@bp.get("/about/keys")
@public
def keys() -> ResponseReturnValue:
    """Which keys do what."""
    return render_template("service/keys.html", account=current_account())


@bp.get("/readyz")
@public
def readyz() -> ResponseReturnValue:
    """Ready to serve: the database answers and is migrated, and so does Redis, where
    there is one. For a load balancer; what exactly is wrong tells `flask check`."""
    missing = readiness.missing()
    words = "".join(f"{name} does not answer as it should\n" for name in missing) or "ready\n"
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
