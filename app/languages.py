"""Which language a page is in: the one chosen, else the one the browser prefers."""

from __future__ import annotations

from flask import has_request_context, request

LANGUAGES = {"ja": "日本語", "en": "English"}
"""Each by its own name."""

COOKIE = "engawa-language"


def select_locale() -> str:
    """`ja` or `en`, for the page being made."""
    if not has_request_context():
        return "en"
    chosen = request.cookies.get(COOKIE)
    if chosen in LANGUAGES:
        return chosen
    return request.accept_languages.best_match(list(LANGUAGES), default="en") or "en"
