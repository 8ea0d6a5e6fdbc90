"""A secret does not show itself by accident."""

from __future__ import annotations

import io
import logging
import pprint
import traceback
from dataclasses import dataclass

import msgspec
import pytest

from app.misskey import Secret

VALUE = "hunter2-and-some-more"


@dataclass
class Holder:
    secret: Secret


def _percent(secret: Secret) -> str:
    return "%s %r" % (secret, secret)  # noqa: UP031


SHOWN = {
    "repr": repr,
    "str": str,
    "format": lambda secret: f"{secret}{secret!s}{secret!r}",
    "percent": _percent,
    "str.format": "{0} {0!r}".format,
    "in a list": lambda secret: str([secret]),
    "in a dict": lambda secret: repr({"secret": secret}),
    "in a dataclass": lambda secret: repr(Holder(secret)),
    "pretty printed": pprint.pformat,
    "in an exception": lambda secret: "".join(
        traceback.format_exception(ValueError("bad value", secret))
    ),
}


@pytest.mark.parametrize("show", SHOWN.values(), ids=SHOWN)
def test_value_is_hidden(show) -> None:
    shown = show(Secret(VALUE))
    assert VALUE not in shown
    assert "Secret(…)" in shown


def test_value_is_hidden_in_a_traceback_that_shows_variables() -> None:
    def fails(secret: Secret) -> None:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no") as failed:
        fails(Secret(VALUE))
    told = traceback.TracebackException.from_exception(failed.value, capture_locals=True)
    frames = "".join(told.format())
    assert "secret = Secret(…)" in frames
    assert VALUE not in frames


def test_value_is_hidden_in_a_log_line() -> None:
    written = io.StringIO()
    log = logging.Logger("test")
    log.addHandler(logging.StreamHandler(written))
    log.error("%s %r", Secret(VALUE), Secret(VALUE))
    assert VALUE not in written.getvalue()
    assert "Secret(…)" in written.getvalue()


@pytest.mark.parametrize("encode", [msgspec.json.encode, msgspec.msgpack.encode])
def test_secret_is_not_written_into_an_answer_or_a_session(encode) -> None:
    with pytest.raises(TypeError) as failed:
        encode({"secret": Secret(VALUE)})
    assert VALUE not in str(failed.value)


def test_value_is_revealed_to_who_asks_for_it() -> None:
    assert Secret(VALUE).reveal() == VALUE


def test_secrets_are_the_same_by_their_value() -> None:
    assert Secret(VALUE) == Secret(VALUE)
    assert hash(Secret(VALUE)) == hash(Secret(VALUE))
    assert Secret(VALUE) != Secret(VALUE.upper())
    assert Secret("縁側") == Secret("縁側")
    assert Secret(VALUE) != VALUE


def test_secret_has_no_room_for_anything_else() -> None:
    with pytest.raises(AttributeError):
        Secret(VALUE).note = "x"  # type: ignore[attr-defined]
