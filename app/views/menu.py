"""`/menu`: everything there is, as a plain list of links."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from app import charts, chat, circles, servers, standing, timelines
from app.circles import CIRCLES
from app.security import required_account
from app.servers import client_for
from app.timelines import HOME, KINDS, TIMELINES

bp = Blueprint("menu", __name__)


@bp.get("/menu")
def index() -> ResponseReturnValue:
    """Every place of the account, as far as its server has it."""
    account = required_account()
    server = servers.known(account.host)
    standing.refresh(account, client_for(account))
    return render_template(
        "menu/index.html",
        account=account,
        has_chat=chat.is_offered(account, server),
        has_charts=any(kind.name == "notes" for kind in charts.offered(server)),
        rows=[
            timeline
            for timeline in (HOME, *TIMELINES.values())
            if timelines.is_offered(timeline, account, server)
        ],
        circles=[
            circle for circle in CIRCLES.values() if circles.is_offered(circle, account, server)
        ],
        kinds=[
            kind for kind in KINDS.values() if timelines.is_offered(kind.notes, account, server)
        ],
    )
