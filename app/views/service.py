"""The small pages every service has: its language, its health."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request
from flask.typing import ResponseReturnValue

from app.languages import COOKIE, LANGUAGES
from app.security import current_account, public, safe_next, settings_of_app

bp = Blueprint("service", __name__)

_A_YEAR = 365 * 24 * 3600


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


@bp.get("/healthz")
@public
def healthz() -> ResponseReturnValue:
    """Alive. Asks nobody else."""
    return "ok\n", 200, {"Content-Type": "text/plain; charset=utf-8", "Cache-Control": "no-store"}
