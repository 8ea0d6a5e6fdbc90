"""How people's words become HTML on one page: markup, names, reactions.

A `Writer` belongs to one page and one reader. It knows where custom emoji are, whether
the reader wants pictures at all, and collects the values (colours, turns, speeds) that
the page's markup needs as a stylesheet of its own (see `app.mfm.styles`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache

from flask import url_for
from flask_babel import format_datetime
from markupsafe import Markup, escape

from app import mfm
from app.emojis import Pictures, sent_with, sent_with_user
from app.misskey import Note, User
from app.misskey.entities.chat import ChatMessage
from app.misskey.entities.people import Profile
from app.rendering import reaction_name, web_url

_IMAGE = Markup('<img class="emoji" src="{}" alt="{}" title="{}" loading="lazy" decoding="async">')
_BUTTON = Markup('<button class="pill" name="reaction" value="{}">{}</button>')
SEARCH = "https://duckduckgo.com/?q={query}"


@dataclass
class Writer:
    """Writes texts for one page.

    `loads_pictures` is off in data-saver mode: emoji are then their codes.
    """

    pictures: Pictures
    loads_pictures: bool = True
    styles: mfm.Styles = field(default_factory=mfm.Styles)
    _buttons: dict[tuple[str, ...], Markup] = field(default_factory=dict)

    def text(self, note: Note) -> Markup:
        """A note's text with all its markup."""
        tree = mfm.parse(note.text or "")
        return self._render(tree, note.user, sent_with(note))

    def line(self, words: str, note: Note) -> Markup:
        """One line of a note, such as its content warning, in the full grammar, which
        the official client uses there too."""
        return self._render(mfm.parse(words), note.user, sent_with(note))

    def message(self, message: ChatMessage, sender: User) -> Markup:
        """What somebody wrote in a chat."""
        return self._render(mfm.parse(message.text or ""), sender, sent_with_user(sender))

    def name(self, user: User) -> Markup:
        """A person's name, with their emoji."""
        tree = mfm.parse_simple(user.display_name)
        return self._render(tree, user, sent_with_user(user), stays_as_written=True)

    def description(self, profile: Profile) -> Markup:
        """What a person says of themselves on their page."""
        tree = mfm.parse(profile.description or "")
        return self._render(tree, profile, sent_with_user(profile), stays_as_written=True)

    def plain_line(self, words: str, user: User) -> Markup:
        """What a person wrote beside notes: a field on their page, the text of a page."""
        tree = mfm.parse(words)
        return self._render(tree, user, sent_with_user(user), stays_as_written=True)

    def keepers_words(self, words: str, host: str) -> Markup:
        """What those who run the server of that host say to everybody."""
        keeper = User(id="", username=host)
        return self.plain_line(words, keeper)

    def reaction(self, reaction: str, note: Note) -> Markup:
        """A reaction: the emoji itself, or a custom one's picture with its code."""
        shown = reaction_name(reaction)
        url = web_url(self.pictures.of_reaction(reaction, sent_with(note)))
        return self._picture(shown, url)

    def buttons(self, reactions: list[str]) -> Markup:
        """Buttons that react with each of `reactions`, of the reader's own server. Every
        note of a page has the same ones, so they are written once."""
        key = tuple(reactions)
        if key not in self._buttons:
            self._buttons[key] = Markup("\n").join(
                _BUTTON.format(reaction, self.own_reaction(reaction)) for reaction in reactions
            )
        return self._buttons[key]

    def own_reaction(self, reaction: str) -> Markup:
        """A reaction that only knows emoji of the reader's own server."""
        url = web_url(self.pictures.of_reaction(reaction, {}))
        return self._picture(reaction_name(reaction), url)

    def emoji(self, name: str, url: str | None = None) -> Markup:
        """One of the server's own emoji, by its name."""
        address = web_url(self.pictures.of_reaction(f":{name}:", {}) or url)
        return self._picture(f":{name}:", address)

    def sheets(self) -> list[str]:
        """The stylesheets that what was written so far needs."""
        return self.styles.addresses(url_for("service.markup_styles"))

    def _picture(self, code: str, url: str | None) -> Markup:
        if url is None or not self.loads_pictures:
            return escape(code)
        return _image(code, url)

    def _render(
        self,
        tree: list[mfm.Node],
        user: User,
        sent: dict[str, str],
        *,
        stays_as_written: bool = False,
    ) -> Markup:
        def picture(name: str, host: str | None) -> str | None:
            if not self.loads_pictures:
                return None
            return web_url(self.pictures.of_text(name, host, sent))

        context = mfm.Context(
            emoji=picture,
            host=user.host,
            is_cat=bool(user.is_cat) and not stays_as_written,
            search_url=SEARCH,
            time=format_datetime,
            styles=self.styles,
        )
        # app.mfm.html escapes every character a person wrote.
        return Markup(mfm.render(tree, context))  # noqa: S704


@lru_cache(maxsize=2048)
def _image(code: str, url: str) -> Markup:
    # A few hundred emoji make up nearly all of what people write.
    return _IMAGE.format(url, code, code)
