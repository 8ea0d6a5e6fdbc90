"""Drafts as plain data; polls; the body of an upload."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta

import pytest
from werkzeug.datastructures import MultiDict

from app.drafts import Attached, Draft, Named, from_form, handles, not_handles, packed, unpacked
from app.misskey import DriveFile
from app.misskey.multipart import FormWithFile
from app.models import now
from app.polls import OFFSETS, PollDraft, offset_label, poll_of


def file(name: str) -> DriveFile:
    return DriveFile(id=name, name=f"{name}.png", comment="as it was")


def draft_of_files(*names: str) -> Draft:
    return Draft(files=[Attached.of(file(name)) for name in names])


def names(draft: Draft) -> list[str]:
    return [held.file.id for held in draft.files]


@pytest.mark.parametrize(
    ("file_id", "by", "order"),
    [
        ("a", 1, "bac"),
        ("a", -1, "abc"),
        ("c", 1, "abc"),
        ("c", -1, "acb"),
        ("b", 0, "ac"),
        ("x", 1, "abc"),
    ],
)
def test_moving_files(file_id: str, by: int, order: str) -> None:
    draft = draft_of_files("a", "b", "c")
    draft.move(file_id, by)
    assert names(draft) == list(order)


def test_a_file_is_attached_once() -> None:
    draft = draft_of_files("a")
    draft.attach(file("a"))
    draft.attach(file("b"))
    assert names(draft) == ["a", "b"]


def test_only_what_changed_is_told() -> None:
    held = Attached.of(file("a"))
    assert held.changes == {}
    held.alt = " a leaf "
    assert held.changes == {"comment": "a leaf"}
    held.alt, held.is_sensitive = "", True
    assert held.changes == {"comment": "", "isSensitive": True}


def test_packing_keeps_everything() -> None:
    draft = Draft(
        text="words",
        cw="",
        channel=Named("c1", "tea house"),
        recipients=[Named("u1", "@bob")],
        poll=PollDraft(choices=["a", "b"], ends="at", at="2030-01-01T00:00"),
        files=[Attached(file("a"), "typed", True)],
    )
    data = packed(draft)
    assert data is not None
    assert unpacked(data) == draft


@pytest.mark.parametrize("junk", ["", "{", "[]", "5", '{"text": 5}', "[" * 100_000])
def test_junk_unpacks_to_nothing(junk: str) -> None:
    assert unpacked(junk) is None


def test_an_older_draft_still_unpacks() -> None:
    draft = unpacked('{"text": "words", "something": "from another time"}')
    assert draft is not None
    assert draft.text == "words"


@pytest.mark.parametrize(
    ("form", "cw"),
    [
        ({}, None),
        ({"cw": " "}, None),
        ({"cw": "careful"}, "careful"),
        ({"cw_without_words": "1"}, ""),
        ({"cw": "", "cw_without_words": "0"}, None),
    ],
)
def test_a_warning_is_none_or_empty_or_words(form: dict, cw: str | None) -> None:
    assert from_form(MultiDict(form)).cw == cw


def test_the_same_words_in_the_same_form_have_the_same_key() -> None:
    form = MultiDict({"text": "a", "form_id": "f" * 20})
    assert from_form(form).key == from_form(form).key != ""
    assert from_form(MultiDict({**form, "text": "b"})).key != from_form(form).key
    assert from_form(MultiDict({"text": "a", "form_id": "?"})).key == ""


@pytest.mark.parametrize(
    ("text", "named", "found"),
    [
        ("@bob", "", [("bob", None)]),
        ("", "bob, carol", [("bob", None), ("carol", None)]),
        ("", "@juno@far.example、bob", [("juno", "far.example"), ("bob", None)]),
        ("**@bob** and `@carol`", "bob", [("bob", None)]),
        ("mail bob@carol.example", "", []),
    ],
)
def test_who_is_named(text: str, named: str, found: list) -> None:
    assert handles(Draft(text=text, named=named)) == found


def test_no_more_than_twenty_are_looked_up() -> None:
    assert len(handles(Draft(named=" ".join(f"p{n}" for n in range(50))))) == 20


def test_what_is_no_handle() -> None:
    assert not_handles(Draft(named="bob ??? @juno@far.example")) == ["???"]


# Polls --------------------------------------------------------------------------------------


def test_a_clock_far_from_utc() -> None:
    poll = PollDraft(choices=["a", "b"], ends="at", at="2030-01-01T09:00", offset="540")
    assert poll.ends_at() == datetime(2030, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize("at", ["", "soon", "0001-01-01T00:00", "9999-12-31T23:59", "2030-13-01"])
def test_times_that_are_none(at: str) -> None:
    poll = PollDraft(choices=["a", "b"], ends="at", at=at, offset="-720")
    poll.ends_at()
    poll.parameters()


def test_offsets_have_labels() -> None:
    assert offset_label(540) == "UTC+09:00"
    assert offset_label(-210) == "UTC-03:30"
    assert list(OFFSETS) == sorted(set(OFFSETS))


def test_a_poll_that_is_over_begins_without_an_end() -> None:
    from app.misskey import Poll
    from app.misskey.entities.notes import PollChoice

    choices = [PollChoice(text="a", votes=3), PollChoice(text="b")]
    over = poll_of(Poll(choices=choices, expires_at=now() - timedelta(days=1)))
    assert (over.ends, over.choices) == ("never", ["a", "b"])


# The body of an upload ----------------------------------------------------------------------


class Watched(io.BytesIO):
    """Remembers the largest piece that was read of it."""

    largest = 0

    def read(self, size: int | None = -1) -> bytes:
        assert size is not None
        assert size > 0, "all of it at once"
        self.largest = max(self.largest, size)
        return super().read(size)


def test_a_body_is_as_long_as_it_says_and_read_in_pieces() -> None:
    content = bytes(range(256)) * 8192
    watched = Watched(content)
    form = FormWithFile({"i": "secret", "name": "a"}, watched, len(content), 'le"af\r\n.png')
    whole = b"".join(form)
    assert len(whole) == len(form)
    assert content in whole
    assert watched.largest <= 64 * 1024
    head = whole[: whole.index(content[:512])].decode()
    assert head.index('name="i"') < head.index('name="name"') < head.index('name="file"')
    assert 'filename="le%22af%0D%0A.png"' in head
    boundary = form.content_type.partition("boundary=")[2]
    assert whole.endswith(f"\r\n--{boundary}--\r\n".encode())


def test_a_file_that_ends_early_is_no_whole_body() -> None:
    form = FormWithFile({}, io.BytesIO(b"short"), 10, "a")
    with pytest.raises(OSError, match="ended early"):
        b"".join(form)


def test_a_body_shows_no_secret() -> None:
    assert "secret" not in repr(FormWithFile({"i": "secret"}, io.BytesIO(b"x"), 1, "a"))
