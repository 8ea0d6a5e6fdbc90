"""`/compose/people` and `/compose/emoji`: what the script offers while somebody types
`@na…` or `:na…`. Without the script nobody asks here, and names are typed whole.

Each answer is `{"suggestions": [{"text", "name", "picture"}, …]}`: what to put into the
text, what it is called, and perhaps its picture. Nothing found, nothing that could be
asked for, and a server that does not answer all give an empty list; the status says which.
"""

from __future__ import annotations

import re

from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from flask_limiter.util import get_remote_address
from werkzeug.exceptions import TooManyRequests

from app import emojis, servers
from app.errors import explain, retry_header
from app.extensions import limiter
from app.misskey import CredentialRefused, MisskeyError, User
from app.misskey.entities.servers import CustomEmoji
from app.models import Account
from app.offers import offer_for
from app.reading import reading_as
from app.rendering import web_url
from app.security import asking_account, public, sign_out_everywhere

bp = Blueprint("suggestions", __name__)

MOST = 8
# How people's names are spelled on any server: `bob`, `bob@`, `bob@far.exam`.
_BEGINNING_OF_HANDLE = re.compile(r"([A-Za-z0-9_.-]{1,64})(?:@([\w.:-]{0,128}))?")
_BEGINNING_OF_EMOJI = re.compile(r"[A-Za-z0-9_+-]{1,64}")
_OFTEN_ENOUGH = "120 per minute"
"""Somebody who types without a pause asks four times a second, and not for a minute."""


def _who_asks() -> str:
    account = asking_account(request.args.get("account"))
    return account.id if account is not None else get_remote_address()


@bp.get("/compose/people")
@public
@limiter.limit(_OFTEN_ENOUGH, key_func=_who_asks)
def people() -> ResponseReturnValue:
    """People whose handle begins with `q`, as the person's own server orders them."""
    account = asking_account(request.args.get("account"))
    if account is None:
        return _nothing(401)
    asked = _BEGINNING_OF_HANDLE.fullmatch(request.args.get("q", ""))
    if asked is None or not offer_for(account).finds_people:
        return _nothing(200)
    username, host = asked.groups()
    try:
        found = servers.client_for(account).page(
            "users/search-by-username-and-host",
            of=User,
            username=username,
            host=host or None,
            limit=MOST,
            detail=False,
        )
    except MisskeyError as error:
        return _failed(error, account)
    return {"suggestions": [_person(user) for user in found.items[:MOST]]}


@bp.get("/compose/emoji")
@public
@limiter.limit(_OFTEN_ENOUGH, key_func=_who_asks)
def emoji() -> ResponseReturnValue:
    """The server's own emoji whose name or alias holds `q`, out of the list that is asked
    for once a day."""
    account = asking_account(request.args.get("account"))
    if account is None:
        return _nothing(401)
    asked = request.args.get("q", "")
    server = servers.known(account.host)
    if server is None or _BEGINNING_OF_EMOJI.fullmatch(asked) is None:
        return _nothing(200)
    try:
        known = emojis.fresh(server, servers.client_for(account))
    except MisskeyError as error:
        return _failed(error, account)
    shows_pictures = not reading_as(account).saves_data
    found = known.search(asked, MOST)
    return {"suggestions": [_emoji(one, shows_pictures=shows_pictures) for one in found]}


@bp.errorhandler(429)
def too_often(_error: TooManyRequests) -> ResponseReturnValue:
    """The script takes it for nothing found; a page would only be thrown away."""
    return _nothing(429)


def _person(user: User) -> dict[str, str | None]:
    return {"text": user.handle, "name": user.display_name, "picture": None}


def _emoji(one: CustomEmoji, *, shows_pictures: bool) -> dict[str, str | None]:
    picture = web_url(one.url) if shows_pictures and one.url else None
    return {"text": f":{one.name}:", "name": "", "picture": picture}


def _failed(error: MisskeyError, account: Account) -> ResponseReturnValue:
    if isinstance(error, CredentialRefused):
        sign_out_everywhere(account)
    explanation = explain(error)
    return _nothing(explanation.status, retry_header(explanation.retry_after))


def _nothing(status: int, headers: dict[str, str] | None = None) -> ResponseReturnValue:
    return {"suggestions": []}, status, headers or {}
