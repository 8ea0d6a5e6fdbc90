"""What templates call: hostile texts become harmless, times and numbers are read aloud."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from flask import Flask, url_for
from markupsafe import Markup

from app import rendering
from app.misskey import DriveFile, Note, User
from app.misskey.entities.drive import FileProperties
from app.models import now
from tests.unit.machines import at_most

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com",
        "http://example.com/a?b#c",
        "https://example.com/縁側.png",
        "HTTPS://EXAMPLE.COM/",
        "https://[2001:db8::1]/",
        "https://example.com/" + "x" * 1900,
    ],
)
def test_web_address_may_stand_in_an_attribute(url: str) -> None:
    assert rendering.web_url(url) == url


@pytest.mark.parametrize(
    "url",
    [
        None,
        "",
        "/relative",
        "//example.com/",
        "example.com",
        "https:",
        "https:example.com",
        "https:/example.com",
        "https://",
        "https:///a",
        "https://[",
        "https://[x]/",
        "javascript:alert(1)",
        "JavaScript://example.com/%0aalert(1)",
        "\x01javascript:alert(1)",
        " https://example.com",
        "https://example.com/ a",
        "https://example.com/\n",
        "java\nscript:alert(1)",
        "https://exa\tmple.com",
        "https://example.com/\u202egnp",
        "https://example.com/\x00",
        "data:image/png;base64,AAAA",
        "blob:https://example.com/x",
        "file:///etc/passwd",
        "vbscript:x",
        "https://example.com/" + "x" * 2000,
        "https://℀.example/",
    ],
)
def test_anything_else_is_no_web_address(url: str | None) -> None:
    assert rendering.web_url(url) is None


def test_long_address_is_refused_at_once() -> None:
    with at_most(0.2):
        assert rendering.web_url("https://" + "\u0315\u0300" * 1_000_000) is None


# Times and numbers ------------------------------------------------------------------------

In = Callable[[str], object]


@pytest.fixture
def reading_in(app: Flask) -> Callable[[str], object]:
    """A page that is read in this language: `with reading_in("ja"):`."""

    @contextmanager
    def reading(language: str) -> Iterator[None]:
        with app.test_request_context(headers={"Accept-Language": language}):
            yield

    return reading


@pytest.mark.parametrize(
    ("age", "english", "japanese"),
    [
        (timedelta(0), "just now", None),
        (timedelta(seconds=4), "just now", None),
        # A server's clock may be ahead of ours.
        (timedelta(seconds=-90), "just now", None),
        # A poll ends in the future.
        (timedelta(hours=-20), "in 20 hours", "20 時間後"),
        (timedelta(seconds=29.5), "30 seconds ago", "30 秒前"),
        (timedelta(minutes=5, seconds=1), "5 minutes ago", "5 分前"),
        (timedelta(hours=3, seconds=1), "3 hours ago", "3 時間前"),
        (timedelta(days=2, seconds=1), "2 days ago", "2 日前"),
        (timedelta(days=21, seconds=1), "3 weeks ago", "3 週間前"),
        (timedelta(days=200), "7 months ago", "7 か月前"),
    ],
)
def test_how_long_ago(reading_in: In, age: timedelta, english: str, japanese: str | None) -> None:
    with reading_in("en"):  # type: ignore[attr-defined]
        assert rendering.ago(now() - age) == english
    if japanese is not None:
        with reading_in("ja"):  # type: ignore[attr-defined]
            assert rendering.ago(now() - age).replace(" ", "") == japanese.replace(" ", "")


@pytest.mark.parametrize(
    ("moment", "english", "japanese"),
    [
        (datetime(2020, 1, 5, 12, 0, tzinfo=UTC), "Jan 5, 2020", "2020/01/05"),
        (datetime(1, 1, 1, tzinfo=UTC), "Jan 1, 1", "1/01/01"),
        (datetime(9999, 12, 31, 23, 59, tzinfo=UTC), "Dec 31, 9999", "9999/12/31"),
    ],
)
def test_long_ago_or_far_ahead_is_a_date(
    reading_in: In, moment: datetime, english: str, japanese: str
) -> None:
    with reading_in("en"):  # type: ignore[attr-defined]
        assert rendering.ago(moment) == english
    with reading_in("ja"):  # type: ignore[attr-defined]
        assert rendering.ago(moment).lstrip("0") == japanese


def test_exact_time_says_its_zone_in_every_language(reading_in: In) -> None:
    moment = datetime(2026, 11, 23, 1, 17, 51, tzinfo=UTC)
    shown = []
    for language in ("en", "ja", "en"):
        with reading_in(language):  # type: ignore[attr-defined]
            shown.append(rendering.exact_time(moment))
    assert shown[0] == shown[2] != shown[1]
    assert "November 23, 2026" in shown[0]
    assert "2026年11月23日" in shown[1]
    assert all("1:17:51" in one and "UTC" in one for one in shown)


@pytest.mark.parametrize(
    ("moment", "iso"),
    [
        (datetime(2026, 11, 23, 1, 17, 51, 999_999, UTC), "2026-11-23T01:17:51Z"),
        (
            datetime(2026, 11, 23, 10, 17, 51, tzinfo=timezone(timedelta(hours=9))),
            "2026-11-23T01:17:51Z",
        ),
    ],
)
def test_time_for_machines_is_in_utc(moment: datetime, iso: str) -> None:
    assert rendering.iso_time(moment) == iso


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0, "0"),
        (7, "7"),
        (999, "999"),
        (999.9, "999"),
        (1000, "1,000"),
        (3_000_000, "3,000,000"),
        (-5, "-5"),
        (2.0**53, "9,007,199,254,740,992"),
        (-(2.0**53), "-9,007,199,254,740,992"),
    ],
)
@pytest.mark.parametrize("language", ["en", "ja"])
def test_number_is_grouped(reading_in: In, language: str, value: float, shown: str) -> None:
    with reading_in(language):  # type: ignore[attr-defined]
        assert rendering.number(value) == shown


@pytest.mark.parametrize(
    ("size", "shown"),
    [
        (0, "0 B"),
        (-5, "0 B"),
        (999, "999 B"),
        (1000, "1 kB"),
        (1234, "1.2 kB"),
        (1_500_000, "1.5 MB"),
        (1_000_000_000, "1 GB"),
        (5e12, "5,000 GB"),
        (2.0**53, "9,007,199.3 GB"),
    ],
)
def test_size_of_a_file_is_for_people(reading_in: In, size: float, shown: str) -> None:
    with reading_in("en"):  # type: ignore[attr-defined]
        assert rendering.file_size(size) == shown


# Names -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("👍", "👍"),
        ("like", "👍"),
        ("love", "❤"),
        ("pudding", "🍮"),
        ("star", "⭐"),
        (":blobcat@.:", ":blobcat:"),
        (":blobcat:", ":blobcat:"),
        (":blobcat@far.example:", ":blobcat@far.example:"),
        ("unknown", "unknown"),
        ("", ""),
        ("<script>", "<script>"),
    ],
)
def test_reaction_is_shown_by_its_name(name: str, shown: str) -> None:
    assert rendering.reaction_name(name) == shown


def a_note(**fields: str | None) -> Note:
    user = User(id="u1", username="alice", name="アリス")
    return Note(id="n1", created_at=now(), user=user, **fields)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("fields", "title"),
    [
        ({}, "アリス"),
        ({"text": ""}, "アリス"),
        ({"text": " \n\t"}, "アリス"),
        ({"text": "Hello"}, "アリス: Hello"),
        ({"text": " Hello \n\n  there\u3000you "}, "アリス: Hello there you"),
        # What is behind a warning is not told in a title.
        ({"cw": "spoiler", "text": "the butler did it"}, "アリス: spoiler"),
        ({"text": "x" * 60}, "アリス: " + "x" * 60),
        ({"text": "x" * 61}, "アリス: " + "x" * 59 + "…"),
        ({"text": "縁" * 100_000}, "アリス: " + "縁" * 59 + "…"),
    ],
)
def test_title_of_a_note_is_one_short_line(fields: dict[str, str | None], title: str) -> None:
    assert rendering.page_title(a_note(**fields)) == title


@pytest.mark.parametrize(
    ("visibility", "english"),
    [
        ("public", "Public"),
        ("home", "Home"),
        ("followers", "Followers"),
        ("specified", "Direct"),
        ("of another fork", "of another fork"),
    ],
)
def test_visibility_has_a_name(reading_in: In, visibility: str, english: str) -> None:
    with reading_in("en"):  # type: ignore[attr-defined]
        assert rendering.visibility_label(visibility) == english


@pytest.mark.parametrize(
    ("acceptance", "english"),
    [("likeOnly", "Likes only"), ("of another fork", "of another fork")],
)
def test_what_reactions_a_note_takes_has_a_name(
    reading_in: In, acceptance: str, english: str
) -> None:
    with reading_in("en"):  # type: ignore[attr-defined]
        assert rendering.acceptance_label(acceptance) == english


@pytest.mark.parametrize(
    ("blurhash", "average", "colour"),
    [
        ("LEHV6nWB2yk8pyo0adR*.7kCMdnj", None, "#979695"),
        ("L00000", None, "#000000"),
        # A blurhash knows better than the average beside it.
        ("LEHV6nWB", "rgb(1,2,3)", "#979695"),
        ("~~~~~~", None, "#d42810"),
        ("LEHV6", None, None),
        ('LE"><s', "rgb(1,2,3)", None),
        ("LE縁側の猫", None, None),
        (None, "rgb(1,2,3)", "#010203"),
        (None, "rgb(255, 0, 16)", "#ff0010"),
        (None, "rgb(999,999,999)", "#ffffff"),
        (None, "rgb(1,2)", None),
        (None, "red;} body{", None),
        (None, "rgb(1,2,3)\n", None),
        (None, "rgb(١,٢,٣)", None),
        ("", "", None),
        (None, None, None),
    ],
)
def test_colour_of_a_picture_is_a_plain_one(
    blurhash: str | None, average: str | None, colour: str | None
) -> None:
    properties = None if average is None else FileProperties(avg_color=average)
    file = DriveFile(id="f1", blurhash=blurhash, properties=properties)
    assert rendering.frame_colour(file) == colour


@pytest.mark.parametrize("note_id", ["abc123", "a/b", "../x", "?x#y", "縁側", "a b", "%2e%2e"])
def test_path_of_a_note_is_what_flask_would_say(app: Flask, note_id: str) -> None:
    path = rendering.note_path(note_id)
    assert path.count("/") == 2
    assert path.isascii()
    if note_id.isalnum():
        with app.test_request_context():
            assert path == url_for("notes.show", note_id=note_id)


@pytest.mark.parametrize(
    ("text", "values", "made"),
    [
        ("Home", {}, "Home"),
        ("100%% of <b>it</b>", {}, "100% of <b>it</b>"),
        ("Sign in at %(server)s", {"server": "<script>"}, "Sign in at &lt;script&gt;"),
        ("%(a)s%(b)s", {"a": "'\"", "b": Markup("<i>")}, "&#39;&#34;<i>"),
    ],
)
def test_sentence_escapes_what_is_put_into_it(
    reading_in: In, text: str, values: dict[str, str], made: str
) -> None:
    with reading_in("en"):  # type: ignore[attr-defined]
        assert str(rendering.sentence(text, **values)) == made


def test_static_file_has_its_fingerprint_in_its_address(app: Flask) -> None:
    content = (ROOT / "static" / "engawa.css").read_bytes()
    with app.test_request_context():
        url = rendering.static_url("engawa.css")
    assert url == f"/static/engawa.css?v={hashlib.sha256(content).hexdigest()[:12]}"
    with app.test_client().get(url) as answer:
        assert answer.data == content
