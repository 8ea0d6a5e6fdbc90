"""`/activity`: pictures of what the account did and what came of it, with the numbers."""

from __future__ import annotations

from flask import Blueprint, abort, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from app import charts, servers
from app.charts import KINDS, SPANS
from app.security import required_account
from app.servers import client_for

bp = Blueprint("activity", __name__)

_KIND = "any(" + ", ".join(repr(name) for name in KINDS) + ")"


@bp.get("/activity")
@bp.get(f"/activity/<{_KIND}:kind_name>")
def chart(kind_name: str = "notes") -> ResponseReturnValue:
    """One chart, by the day or by the hour: one call."""
    account = required_account()
    offered = charts.offered(servers.known(account.host))
    if KINDS[kind_name] not in offered:
        abort(404)
    asked = request.args.get("by", "")
    span = asked if asked in SPANS else "day"
    found = charts.read(client_for(account), account, KINDS[kind_name], span)
    return render_template(
        "activity/chart.html",
        account=account,
        kind=KINDS[kind_name],
        chart=found,
        width=charts.WIDTH,
        height=charts.HEIGHT,
        span=span,
        spans=[
            (label, url_for("activity.chart", kind_name=kind_name, by=one), one == span)
            for one, (label, _length) in SPANS.items()
        ],
        tabs=[
            (kind.label, url_for("activity.chart", kind_name=kind.name), kind.name == kind_name)
            for kind in offered
        ],
        most=gettext("At most %(count)s at once.", count=found.highest),
    )
