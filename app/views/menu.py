"""`/menu`: everything there is, as a plain list of links."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from app import charts, chat, circles, drive, exploring, servers, standing, timelines, works
from app.circles import CIRCLES
from app.security import required_account
from app.servers import client_for
from app.timelines import HOME, KINDS, TIMELINES
from app.works import WORKS

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
        has_drive="drive/files" in drive.offered(account, server),
        has_charts=any(kind.name == "notes" for kind in charts.offered(server)),
        has_announcements=exploring.has(account, server, "announcements", None),
        has_invites=standing.may(account, "canInvite")
        and exploring.has(account, server, "invite/list", None),
        has_webhooks=exploring.has(account, server, "i/webhooks/list", "read:account"),
        places=exploring.tabs(account, server, ""),
        works=[kind for kind in WORKS.values() if "show" in works.offered(kind, account, server)],
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
