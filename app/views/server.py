"""`/server`: what the account's server says of itself; `/server/emoji`: its custom emoji."""

from __future__ import annotations

from time import monotonic
from typing import Any, TypeVar

from flask import Blueprint, abort, render_template, request
from flask.typing import ResponseReturnValue

from app import charts, emojis, exploring, servers
from app.about_server import came_back, features, plain_lines, plain_texts
from app.charts import OF_SERVER
from app.misskey import Client, CredentialRefused, MisskeyError
from app.misskey.entities.servers import Joined, Machine, Online, Stats, WholeEmoji, WholeMeta
from app.models import Account
from app.reading import reading_as
from app.security import required_account
from app.servers import client_for

bp = Blueprint("server", __name__)

EMOJI_PER_PAGE = 60
_LONGEST_QUERY = 100
_DOING = ("ping", "server-info", "retention")
_DAYS = 30
Told = TypeVar("Told")


@bp.get("/server")
def about() -> ResponseReturnValue:
    """Who runs it, its rules, its counts, and what can be done there: three calls."""
    account = required_account()
    client = client_for(account)
    server = servers.known(account.host)
    meta = client.call("meta", into=WholeMeta, detail=True)
    return render_template(
        "server/about.html",
        account=account,
        meta=meta,
        description=plain_lines(meta.description),
        rules=plain_texts(meta.server_rules or []),
        counts=_counts(client),
        online=_online(account, client),
        features=features(server),
        is_doing=any(exploring.has(account, server, name, None) for name in _DOING),
        # The page begins with the one of notes.
        has_charts=OF_SERVER["notes"] in charts.offered(server, OF_SERVER.values()),
    )


@bp.get("/server/doing")
def doing() -> ResponseReturnValue:
    """How quickly it answers, what it runs on and who comes back: at most three calls."""
    account = required_account()
    server = servers.known(account.host)
    can = {name for name in _DOING if exploring.has(account, server, name, None)}
    if not can:
        abort(404)
    client = client_for(account)
    milliseconds = None
    if "ping" in can:
        began = monotonic()
        client.call("ping", into=dict[str, Any])
        milliseconds = round((monotonic() - began) * 1000)
    machine = _or_nothing(client, "server-info", Machine) if "server-info" in can else None
    joined = _or_nothing(client, "retention", list[Joined]) if "retention" in can else None
    newest_first = sorted(joined or [], key=lambda row: row.created_at, reverse=True)
    return render_template(
        "server/doing.html",
        account=account,
        can=can,
        milliseconds=milliseconds,
        machine=machine if machine and machine.cpu.cores > 0 else None,
        rows=[(row, came_back(row)) for row in newest_first[:_DAYS]],
    )


def _or_nothing(client: Client, endpoint: str, into: type[Told]) -> Told | None:
    """What it answers, or None where it fails: the page has more to tell."""
    try:
        return client.call(endpoint, into=into)
    except CredentialRefused:
        raise
    except MisskeyError:
        return None


@bp.get("/server/emoji/<emoji_name>")
def one_emoji(emoji_name: str) -> ResponseReturnValue:
    """All that is told of one of its emoji. Of one that is not in the list nothing is asked:
    servers answer that with a fault of their own."""
    account = required_account()
    server = servers.known(account.host) or abort(404)
    if not exploring.has(account, server, "emoji", None):
        abort(404)
    client = client_for(account)
    if emoji_name not in emojis.fresh(server, client).names:
        abort(404)
    return render_template(
        "server/one_emoji.html",
        account=account,
        reading=reading_as(account),
        emoji=client.call("emoji", into=WholeEmoji, name=emoji_name),
    )


@bp.get("/server/emoji")
def emoji() -> ResponseReturnValue:
    """Its custom emoji, found by `q` or leafed through: at most one call a day."""
    account = required_account()
    server = servers.known(account.host) or abort(404)
    listed = emojis.fresh(server, client_for(account))
    query = request.args.get("q", "")[:_LONGEST_QUERY]
    found = listed.search(query, len(listed.emojis)) if query.strip() else list(listed.emojis)
    last = max(1, -(-len(found) // EMOJI_PER_PAGE))
    asked = request.args.get("page", "")
    number = min(int(asked), last) if asked.isdecimal() and len(asked) < 6 else 1
    number = max(number, 1)
    return render_template(
        "server/emoji.html",
        account=account,
        reading=reading_as(account),
        has_pages=exploring.has(account, server, "emoji", None),
        query=query,
        count=len(found),
        emojis=found[(number - 1) * EMOJI_PER_PAGE : number * EMOJI_PER_PAGE],
        number=number,
        last=last,
    )


def _counts(client: Client) -> Stats | None:
    """How many of everything; None where the server does not say."""
    try:
        return client.call("stats", into=Stats)
    except CredentialRefused:
        raise
    except MisskeyError:
        return None


def _online(account: Account, client: Client) -> float | None:
    """How many of its people are there now; None where the server does not say."""
    if not exploring.has(account, servers.stored(account.host), "get-online-users-count", None):
        return None
    try:
        return client.call("get-online-users-count", into=Online).count
    except CredentialRefused:
        raise
    except MisskeyError:
        return None
