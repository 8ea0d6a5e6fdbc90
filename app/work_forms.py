"""How pages, posts of galleries and Plays are written: the fields of each, as rows of a
table. What they are, and where they stand, is in `app.works`."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from typing import Any

from flask_babel import LazyString, gettext, lazy_gettext
from werkzeug.datastructures import MultiDict

from app import page_texts
from app.drafts import Attached, file_from
from app.misskey import NULL, DriveFile
from app.page_texts import Content, Part
from app.problems import Problem
from app.things import CHOICE, FLAG, LINE, TEXT, Control, Field, problem_in

MOST_PICTURES = 32
"""In a post of a gallery."""
_PAGE_NAME = re.compile(r"[^\s:/?#\[\]@!$&'()*+,;=\\%\x00-\x20]{1,256}")
"""As `pages/create` wants it."""
_FORBIDDEN_SIGNS = ": / ? # [ ] @ ! $ & ' ( ) * + , ; = \\ %"

# Not null where there is nothing: `flash/create` wants words.
_WORDS = Control("text", lambda value: value or "", str.strip)
# A program goes as it was typed, to the last line end.
_PROGRAM = Control("text", lambda value: value or "", str)

_TITLE = Field("title", LINE, lazy_gettext("Title"), longest=256, is_required=True)


@dataclasses.dataclass(frozen=True, slots=True)
class WorkForm:
    """The form of one kind of works. `has_texts` for those made of blocks, `has_pictures`
    for those made of files; `always` is sent along."""

    fields: tuple[Field, ...]
    new: LazyString
    change: LazyString
    about: LazyString | None = None
    has_texts: bool = False
    has_pictures: bool = False
    always: Mapping[str, Any] = dataclasses.field(default_factory=dict)


FORMS = {
    "pages": WorkForm(
        (
            _TITLE,
            Field(
                "name",
                LINE,
                lazy_gettext("Name in its address"),
                lazy_gettext("Its address ends with this, so without spaces."),
                longest=256,
                is_required=True,
            ),
            Field("summary", TEXT, lazy_gettext("What it is about (optional)"), longest=256),
            Field(
                "font",
                CHOICE,
                lazy_gettext("Letters"),
                usual="sans-serif",
                choices={
                    "sans-serif": lazy_gettext("Sans serif"),
                    "serif": lazy_gettext("Serif"),
                },
            ),
            Field("alignCenter", FLAG, lazy_gettext("Everything in the middle")),
            Field(
                "hideTitleWhenPinned",
                FLAG,
                lazy_gettext("Without its title where it is pinned to your profile"),
            ),
        ),
        new=lazy_gettext("New page"),
        change=lazy_gettext("Change this page"),
        has_texts=True,
    ),
    "gallery": WorkForm(
        (
            _TITLE,
            Field(
                "description",
                TEXT,
                lazy_gettext("What it is about (optional)"),
                longest=2048,
            ),
            Field("isSensitive", FLAG, lazy_gettext("Sensitive: hidden until asked for")),
        ),
        new=lazy_gettext("New post"),
        change=lazy_gettext("Change this post"),
        has_pictures=True,
    ),
    "play": WorkForm(
        (
            _TITLE,
            Field("summary", _WORDS, lazy_gettext("What it is about (optional)"), longest=1024),
            Field(
                "script",
                _PROGRAM,
                lazy_gettext("Program"),
                lazy_gettext("Written in AiScript."),
                longest=65536,
                is_required=True,
                rows=14,
                is_code=True,
            ),
            Field(
                "visibility",
                CHOICE,
                lazy_gettext("Who can find it"),
                usual="public",
                choices={
                    "public": lazy_gettext("Everybody"),
                    "private": lazy_gettext("Whoever has its address"),
                },
            ),
        ),
        new=lazy_gettext("New Play"),
        change=lazy_gettext("Change this Play"),
        about=lazy_gettext("A Play is a small program. It runs in the official client, not here."),
        # Nothing tells which ones a Play has, and the official client asks for none either.
        always={"permissions": []},
    ),
}


@dataclasses.dataclass
class Written:
    """What stands in a form: its fields by their names, the blocks of a page with what was
    typed for them, the pictures of a post."""

    values: dict[str, str]
    content: Content = dataclasses.field(default_factory=list)
    texts: dict[str, str] = dataclasses.field(default_factory=dict)
    pictures: list[DriveFile] = dataclasses.field(default_factory=list)
    held: str = ""
    """Which blocks the server had when the form was shown."""

    @property
    def parts(self) -> list[Part]:
        """The blocks with what was typed for them."""
        return [
            Part(part.type, part.field, self.texts.get(part.field, part.text))
            for part in page_texts.parts_of(self.content) or []
        ]

    @property
    def added(self) -> str:
        """The text that comes after all others."""
        return self.texts.get(page_texts.ADDED, "")

    def picks(self, files: list[DriveFile]) -> None:
        """Add pictures that are not there yet."""
        there = {file.id for file in self.pictures}
        self.pictures += [file for file in files if file.id not in there]


def empty(form: WorkForm) -> Written:
    """The form for a new one."""
    return Written({field.key: field.usual for field in form.fields})


def of_work(form: WorkForm, made: Mapping[str, Any], pictures: list[DriveFile]) -> Written | None:
    """What there is of a work, as the server tells of it; None for a page this form could
    not keep whole."""
    values = {field.key: _shown(field, made.get(field.key)) for field in form.fields}
    written = Written(values, pictures=pictures)
    if form.has_texts:
        if page_texts.parts_of(made.get("content")) is None:
            return None
        written.content = made["content"]
        written.held = page_texts.print_of(written.content)
    return written


def _shown(field: Field, value: object) -> str:
    if field.control is FLAG:
        return "1" if value is True else ""
    return value if isinstance(value, str) and value else field.usual


def from_request(form: WorkForm, sent: MultiDict[str, str]) -> Written | None:
    """What was typed and chosen; None for what our form can't have sent."""
    values = {field.key: _lines(sent.get(field.key, "")) for field in form.fields}
    written = Written(values, held=sent.get("held", ""))
    if form.has_texts:
        content = page_texts.unpacked(sent.get("content", "[]"))
        if content is None:
            return None
        written.content = content
        written.texts = {
            name: _lines(text) for name, text in sent.items() if name.startswith("part-")
        }
    if form.has_pictures:
        chosen = [file_from(about) for about in sent.getlist("file")]
        written.picks([file for file in chosen if file is not None])
    return written


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def problem_with(form: WorkForm, written: Written) -> Problem | None:
    """Why this can't be sent, in words; None if it can."""
    for field in form.fields:
        raw = written.values[field.key]
        if field.is_required and not raw.strip():
            return Problem(gettext("Write something here first."), field=field.key)
        problem = problem_in(field, raw)
        if problem is not None:
            return problem
    if form.has_texts and not _PAGE_NAME.fullmatch(written.values["name"].strip()):
        words = gettext("No spaces, and none of these: %(signs)s", signs=_FORBIDDEN_SIGNS)
        return Problem(words, field="name")
    if form.has_pictures and not written.pictures:
        return Problem(gettext("Choose a picture first."), field="files")
    if len(written.pictures) > MOST_PICTURES:
        return too_many_pictures()
    return None


def too_many_pictures() -> Problem:
    """The sentence for a picture more than a post can have."""
    words = gettext("A post can have up to %(most)s pictures.", most=MOST_PICTURES)
    return Problem(words, gettext("Take some off."), "files")


def parameters(
    form: WorkForm, written: Written, before: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """What to send: every field there is, for older servers want them all, and pass over
    those they do not know (FACTS C.3). `before` is the work as it is so far, None for a new
    one: the program of an old page stays with it."""
    sent = {field.key: field.control.sent(written.values[field.key]) for field in form.fields}
    if form.has_texts:
        content = page_texts.with_texts(written.content, written.texts)
        kept = before or {}
        sent |= {
            "content": content,
            "variables": kept.get("variables") or [],
            "script": kept.get("script") or "",
        }
    if form.has_pictures:
        sent["fileIds"] = [file.id for file in written.pictures]
    if before is None:
        sent = {key: None if value is NULL else value for key, value in sent.items()}
    return {**sent, **form.always}


def about(file: DriveFile) -> str:
    """A picture as it stands in the form."""
    return Attached.of(file).about
