"""`/`: the home timeline; for somebody who is not signed in, what this is."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from app.security import current_account, public, signed_in_accounts
from app.servers import client_for
from app.stretches import show
from app.timelines import HOME

bp = Blueprint("home", __name__)


@bp.get("/")
@public
def home() -> ResponseReturnValue:
    """The newest notes of home, or those before `until` or after `since`: one call."""
    account = current_account()
    if account is None:
        if signed_in_accounts():
            return redirect(url_for("accounts.index"), 303)
        return render_template("home/welcome.html")
    return show(account, client_for(account), HOME)
