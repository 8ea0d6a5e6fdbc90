"""Tables of people, as the importers of Misskey and Mastodon take them.

Misskey reads a line up to its first comma, `name@host`, and of lists `list,name@host`,
splitting at commas, quoted or not; mutes that end are not among what it exports itself.
Mastodon knows the columns by their names in the first line, and the kind by the file's name.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator
from itertools import chain

from app.archive.bundle import Bundle
from app.archive.collected import Tie, UserList
from app.misskey import User

_USERNAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.\-]{0,127}")
_HOST = re.compile(r"[a-z0-9.\-]{1,253}(:[0-9]{1,5})?")


class Tables:
    """Writes them into a ZIP."""

    def __init__(self, bundle: Bundle) -> None:
        self._bundle = bundle
        self._source = bundle.source

    def write(self) -> None:
        """Those of what was collected."""
        if self._source.has("following"):
            self._following()
        if self._source.has("mutes"):
            self._mutes()
        if self._source.has("blocks"):
            blocked = [[acct] for acct, _ in self._accts("blocks")]
            self._add("misskey/blocking.csv", blocked)
            self._add("mastodon/blocked_accounts.csv", blocked)
        if self._source.has("lists"):
            members = list(self._members())
            self._add("misskey/user-lists.csv", ([_plain(name), acct] for name, acct in members))
            self._add("mastodon/lists.csv", ([name, acct] for name, acct in members))

    def _following(self) -> None:
        following = [acct for acct, _ in self._accts("following")]
        without_renotes = {acct for acct, _ in self._accts("renote_mutes")}
        self._add("misskey/following.csv", ([acct] for acct in following))
        first = ["Account address", "Show boosts", "Notify on new posts", "Languages"]
        rows = ([acct, _yes(acct not in without_renotes), "false", ""] for acct in following)
        self._add("mastodon/following_accounts.csv", chain([first], rows))

    def _mutes(self) -> None:
        # Imported, a mute that ends would have no end.
        lasting = [acct for acct, tie in self._accts("mutes") if tie.expires_at is None]
        self._add("misskey/muting.csv", ([acct] for acct in lasting))
        first = ["Account address", "Hide notifications"]
        self._add("mastodon/muted_accounts.csv", chain([first], ([a, "true"] for a in lasting)))

    def _accts(self, kind: str) -> Iterator[tuple[str, Tie]]:
        """Everybody of a list who has an address, as `name@host`."""
        for tie in self._source.all(kind, Tie):
            acct = self._acct(tie.person)
            if acct is not None:
                yield acct, tie

    def _acct(self, person: User | None) -> str | None:
        if person is None:
            return None
        host = (person.host or self._bundle.account.host).lower()
        # Nothing else may come into a table that programs read.
        if not _USERNAME.fullmatch(person.username) or not _HOST.fullmatch(host):
            return None
        return f"{person.username}@{host}"

    def _members(self) -> Iterator[tuple[str, str]]:
        people = {person.id: self._acct(person) for person in self._source.all("people", User)}
        for made in self._source.all("lists", UserList):
            for acct in map(people.get, made.user_ids):
                if acct is not None:
                    yield made.name, acct

    def _add(self, name: str, rows: Iterable[list[str]]) -> None:
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows(rows)
        self._bundle.add(f"csv/{name}", [text.getvalue().encode(errors="replace")])


def _yes(value: bool) -> str:
    return "true" if value else "false"


def _plain(name: str) -> str:
    """The name of a list, for a reader that splits at every comma."""
    return " ".join(name.replace(",", " ").split())
