"""One sentence that outlives a redirect: what was just done."""

from __future__ import annotations

from typing import TypedDict

from flask import Flask, session


class Notice(TypedDict):
    """A sentence, and perhaps a link that goes on from it."""

    text: str
    href: str | None
    label: str | None
    is_problem: bool


def init_app(app: Flask) -> None:
    """Let the layout take the notice."""
    app.jinja_env.globals["take_notice"] = take_notice


def leave_notice(
    text: str, *, href: str | None = None, label: str | None = None, is_problem: bool = False
) -> None:
    """Show `text` on the next page this browser sees."""
    session["notice"] = Notice(text=text, href=href, label=label, is_problem=is_problem)


def take_notice() -> Notice | None:
    """The notice, once. Called by the layout."""
    if "notice" not in session:
        return None
    notice: Notice = session.pop("notice")
    return notice
