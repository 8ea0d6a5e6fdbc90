"""`/drafts`: notes begun and kept for later."""

from __future__ import annotations

from flask import Blueprint, abort, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from app import keeping
from app.notices import leave_notice
from app.security import account_of_form, required_account

bp = Blueprint("drafts", __name__)


@bp.get("/drafts")
def index() -> ResponseReturnValue:
    """The account's drafts, the one changed last first."""
    account = required_account()
    rows = [(row, keeping.draft_of(row)) for row in keeping.listed(account)]
    return render_template("drafts/index.html", account=account, rows=rows, most=keeping.MOST_KEPT)


@bp.post("/drafts/<draft_id>/delete")
def delete(draft_id: str) -> ResponseReturnValue:
    """Throw one away; another account's is not there."""
    account = account_of_form()
    if account is None or keeping.find(account, draft_id) is None:
        abort(404)
    keeping.throw_away(account, draft_id)
    leave_notice(gettext("The draft is thrown away."))
    return redirect(url_for("drafts.index"), 303)
