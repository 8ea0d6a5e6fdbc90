"""The pages: one Blueprint per area, one file each. A view loads and authorises,
parses, acts, and answers."""

from __future__ import annotations

from flask import Flask

from app.views import accounts, acting, compose, drafts, home, notes, people, service, sign_in


def init_app(app: Flask) -> None:
    """Give `app` all its pages."""
    for room in (home, notes, people, acting, compose, drafts, sign_in, accounts, service):
        app.register_blueprint(room.bp)
