"""What people are told of work that was done while they were away: in Engawa, in whichever
language they will read it, and among the notifications of their server."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import msgspec
from flask_babel import force_locale, get_locale

from app import servers
from app.languages import LANGUAGES
from app.misskey import MisskeyError
from app.models import Account
from app.servers import client_for


def in_all_languages(words: Callable[[], str]) -> str:
    """What `words` says in each language, as JSON: nobody knows yet in which it is read."""
    said: dict[str, str] = {}
    for language in LANGUAGES:
        with force_locale(language):
            said[language] = words()
    return msgspec.json.encode(said).decode()


def in_language_of_page(said: str | None) -> str:
    """What `in_all_languages` wrote down, in the language of the page; "" for nothing."""
    by_language = msgspec.json.decode(said or "{}", type=dict[str, str])
    locale = get_locale()
    return by_language.get(locale.language if locale is not None else "en", "")


def can_notify(account: Account) -> bool:
    """Whether the account's server has notifications of apps, and we may make them."""
    server = servers.stored(account.host)
    if server is None or "notifications/create" not in server.endpoints:
        return False
    return account.permissions is None or "write:notifications" in account.permissions


def notify(account: Account, header: str, words: str) -> None:
    """A notification among the person's own, where that can be made. Raises nothing."""
    if not can_notify(account):
        return
    # It stands in Engawa anyway; a server that is in trouble is not asked twice.
    with suppress(MisskeyError):
        client_for(account).act("notifications/create", header=header, body=words)
