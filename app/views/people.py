"""`/@name` and `/tags/word`: where the mentions and hashtags of a note lead."""

from __future__ import annotations

import re

from flask import Blueprint, abort, render_template, request
from flask.typing import ResponseReturnValue

from app import timelines
from app.misskey import Client
from app.misskey.entities import Profile
from app.models import Account
from app.reading import reading_as
from app.security import required_account
from app.servers import client_for
from app.timelines import Timeline, misskey_id

bp = Blueprint("people", __name__)

_NAME = re.compile(r"[\w.\-]{1,128}", re.ASCII)
_HOST = re.compile(r"[^\s/?#@\\]{1,300}")
_LONGEST_TAG = 128


@bp.get("/@<acct>")
def person(acct: str) -> ResponseReturnValue:
    """Somebody, by `name` or `name@host`, and what they wrote."""
    username, _, host = acct.partition("@")
    if not _NAME.fullmatch(username) or (host and not _HOST.fullmatch(host)):
        abort(404)
    account = required_account()
    client = client_for(account)
    profile = client.call(
        "users/show",
        into=Profile,
        username=username,
        host=host if host and host.lower() != account.host else None,
    )
    return _show(account, client, timelines.of_person(profile.id), profile=profile)


@bp.get("/tags/<tag>")
def tag(tag: str) -> ResponseReturnValue:
    """Notes with a hashtag, as far as the person's server knows them."""
    if len(tag) > _LONGEST_TAG:
        abort(404)
    account = required_account()
    return _show(account, client_for(account), timelines.of_tag(tag), tag=tag)


def _show(
    account: Account,
    client: Client,
    timeline: Timeline,
    *,
    profile: Profile | None = None,
    tag: str | None = None,
) -> ResponseReturnValue:
    until = misskey_id(request.args.get("until"))
    page = timelines.read(client, timeline, until=until)
    return render_template(
        "people/notes.html",
        account=account,
        reading=reading_as(account),
        profile=profile,
        tag=tag,
        page=page,
        is_full=len(page.items) + page.unreadable >= timelines.NOTES_PER_PAGE,
    )
