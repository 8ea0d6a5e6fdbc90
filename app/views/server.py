"""`/server`: what the account's server says of itself; `/server/emoji`: its custom emoji."""

from __future__ import annotations

from flask import Blueprint, abort, render_template, request
from flask.typing import ResponseReturnValue

from app import charts, emojis, exploring, servers
from app.about_server import features, plain_lines, plain_texts
from app.charts import OF_SERVER
from app.misskey import Client, CredentialRefused, MisskeyError
from app.misskey.entities import Online, Stats, WholeMeta
from app.models import Account
from app.reading import reading_as
from app.security import required_account
from app.servers import client_for

bp = Blueprint("server", __name__)

EMOJI_PER_PAGE = 60
_LONGEST_QUERY = 100


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
        # The page begins with the one of notes.
        has_charts=OF_SERVER["notes"] in charts.offered(server, OF_SERVER.values()),
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
