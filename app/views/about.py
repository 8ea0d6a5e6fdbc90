"""`/about`, `/privacy`: what Engawa is, and what it keeps of people. `/about/design`: every
colour and every part pages are made of, for whoever works on them."""

from __future__ import annotations

from flask import Blueprint, abort, current_app, render_template
from flask.typing import ResponseReturnValue

from app import samples, summaries
from app.reading import reading_as
from app.security import current_account, public, required_account
from app.sessions import LIFETIME

bp = Blueprint("about", __name__)


@bp.get("/about")
@public
def about() -> ResponseReturnValue:
    """What Engawa is, in one screen."""
    return render_template("about/about.html", account=current_account())


@bp.get("/privacy")
@public
def privacy() -> ResponseReturnValue:
    """What the tables, the cookies and the log hold. Whoever adds to one adds to this page."""
    return render_template(
        "about/privacy.html",
        account=current_account(),
        days=LIFETIME.days,
        days_of_numbers=summaries.KEPT_FOR.days,
    )


@bp.get("/about/design")
def design() -> ResponseReturnValue:
    """Every token and every component in every state; only where somebody works on them
    (`flask --debug run`), else there is no such page. Asks no server."""
    if not current_app.debug:
        abort(404)
    account = required_account()
    return render_template(
        "about/design.html",
        account=account,
        reading=reading_as(account),
        tokens=samples.TOKENS,
        notes=samples.notes(account),
    )
