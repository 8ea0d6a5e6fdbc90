"""`/activity`: pictures of what the account did and what came of it, with the numbers; and of
its server (`/server/charts`) and others (`/servers/<host>/charts`)."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, abort, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from app import charts, servers
from app.charts import KINDS, OF_ANOTHER, OF_SERVER, SPANS, Kind
from app.exploring import HOST
from app.misskey.address import display_host
from app.models import Account
from app.security import required_account
from app.servers import client_for

bp = Blueprint("activity", __name__)

_KIND = "any(" + ", ".join(repr(name) for name in KINDS) + ")"
_OF_SERVER = "any(" + ", ".join(repr(name) for name in OF_SERVER) + ")"


@bp.get("/activity")
@bp.get(f"/activity/<{_KIND}:kind_name>")
def chart(kind_name: str = "notes") -> ResponseReturnValue:
    """One chart, by the day or by the hour: one call."""
    account = required_account()

    def path(kind: Kind, by: str | None = None) -> str:
        return url_for("activity.chart", kind_name=kind.name, by=by)

    offered = charts.offered(servers.known(account.host))
    title = gettext("Your activity")
    return _show(account, KINDS[kind_name], offered, title, path, userId=account.user_id)


@bp.get("/server/charts")
@bp.get(f"/server/charts/<{_OF_SERVER}:kind_name>")
def of_server(kind_name: str = "notes") -> ResponseReturnValue:
    """One chart of the account's server: one call."""
    account = required_account()

    def path(kind: Kind, by: str | None = None) -> str:
        return url_for("activity.of_server", kind_name=kind.name, by=by)

    offered = charts.offered(servers.known(account.host), OF_SERVER.values())
    title = gettext("Charts of this server")
    way = (account.address.display, url_for("server.about"))
    return _show(account, OF_SERVER[kind_name], offered, title, path, way)


@bp.get("/servers/<far_host>/charts")
def of_another(far_host: str) -> ResponseReturnValue:
    """The chart of another server: one call. Of one that is not known, all is nought."""
    account = required_account()
    if not HOST.fullmatch(far_host):
        abort(404)

    def path(_kind: Kind, by: str | None = None) -> str:
        return url_for("activity.of_another", far_host=far_host, by=by)

    offered = charts.offered(servers.known(account.host), [OF_ANOTHER])
    title = display_host(far_host)
    way = (title, url_for("explore.instance", far_host=far_host))
    return _show(account, OF_ANOTHER, offered, title, path, way, host=far_host)


def _show(
    account: Account,
    kind: Kind,
    offered: list[Kind],
    title: str,
    path: Callable[..., str],
    way: tuple[str, str] | None = None,
    **whose: str,
) -> ResponseReturnValue:
    """The page of one chart among those `offered`; `way` leads to whom it is of."""
    if kind not in offered:
        abort(404)
    asked = request.args.get("by", "")
    span = asked if asked in SPANS else "day"
    found = charts.read(client_for(account), kind, span, **whose)
    return render_template(
        "activity/chart.html",
        account=account,
        title=title,
        way=way,
        kind=kind,
        chart=found,
        width=charts.WIDTH,
        height=charts.HEIGHT,
        span=span,
        spans=[(label, path(kind, one), one == span) for one, (label, _length) in SPANS.items()],
        tabs=[(one.label, path(one), one is kind) for one in offered] if len(offered) > 1 else [],
        most=gettext("At most %(count)s at once.", count=found.highest),
    )
