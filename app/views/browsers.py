"""What browsers and search engines ask a site for: how to install it, how to search with
it, and what they may look at."""

from __future__ import annotations

from urllib.parse import urlencode

import msgspec
from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale, gettext

from app.rendering import static_url
from app.security import public, settings_of_app

bp = Blueprint("browsers", __name__)

PROTOCOL = "web+misskey"
"""Other sites may link to `web+misskey:@alice@misskey.example`, or to a note's address in
the same way; a browser in which Engawa is installed hands it over."""

_PAPER = "#faf6ef"
# The pages that are the same for everybody. `$` ends an address: `/` alone, not what
# lies under it.
_FOR_EVERYBODY = ("/$", "/sign-in$", "/about$", "/privacy$", "/static/")


@bp.get("/manifest.webmanifest")
@public
def manifest() -> ResponseReturnValue:
    """What a browser needs to put Engawa among a person's apps, in their language: its
    name and icons, what it can be handed (a text to share, an address to open), and
    shortcuts (https://www.w3.org/TR/appmanifest/)."""
    locale = get_locale()
    described = {
        "id": "/",
        "name": "Engawa",
        "short_name": "Engawa",
        "description": gettext("A light client for Misskey"),
        "lang": locale.language if locale else "en",
        "dir": "ltr",
        "start_url": url_for("home.home"),
        "scope": "/",
        "display": "minimal-ui",
        "theme_color": _PAPER,
        "background_color": _PAPER,
        "icons": [
            _icon("favicon.svg", "any", "image/svg+xml"),
            _icon("icon-192.png", "192x192"),
            _icon("icon-512.png", "512x512"),
            _icon("icon-whole-512.png", "512x512", purpose="maskable"),
        ],
        "shortcuts": [
            {"name": gettext("Write a note"), "url": url_for("compose.form")},
            {"name": gettext("Drafts"), "url": url_for("drafts.index")},
        ],
        "share_target": {
            "action": url_for("compose.share"),
            "method": "GET",
            "params": {"title": "title", "text": "text", "url": "url"},
        },
        "protocol_handlers": [
            {"protocol": PROTOCOL, "url": url_for("browsers.look_up") + "?address=%s"}
        ],
    }
    headers = {
        "Content-Type": "application/manifest+json; charset=utf-8",
        # Browsers look at it with every page. It may be in yesterday's language.
        "Cache-Control": "private, max-age=86400",
    }
    return msgspec.json.encode(described), 200, headers


def _icon(
    filename: str, sizes: str, kind: str = "image/png", *, purpose: str = "any"
) -> dict[str, str]:
    return {"src": static_url(filename), "sizes": sizes, "type": kind, "purpose": purpose}


@bp.get("/opensearch.xml")
@public
def opensearch() -> ResponseReturnValue:
    """How to search with Engawa from a browser's address bar
    (https://github.com/dewitt/opensearch)."""
    body = render_template("browsers/opensearch.xml", origin=settings_of_app().public_url)
    return body, 200, {"Content-Type": "application/opensearchdescription+xml; charset=utf-8"}


@bp.get("/look-up")
@public
def look_up() -> ResponseReturnValue:
    """Look up what stands in a `web+misskey:` link: a person's handle, or the address of a
    note or a person. Asks no server by itself."""
    address = request.args.get("address", "").strip()
    for prefix in (f"{PROTOCOL}://", f"{PROTOCOL}:"):
        if address.lower().startswith(prefix):
            address = address[len(prefix) :]
            break
    return redirect("/search?" + urlencode({"q": address}), 303)


@bp.get("/robots.txt")
@public
def robots() -> ResponseReturnValue:
    """Search engines find what Engawa is, and nothing of anybody."""
    lines = ["User-agent: *", *(f"Allow: {path}" for path in _FOR_EVERYBODY), "Disallow: /", ""]
    return "\n".join(lines), 200, {"Content-Type": "text/plain; charset=utf-8"}
