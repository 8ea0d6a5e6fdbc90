"""The pages: one Blueprint per area, one file each. A view loads and authorises,
parses, acts, and answers."""

from __future__ import annotations

from flask import Flask

from app.views import (
    about,
    accounts,
    acting,
    browsers,
    compose,
    drafts,
    home,
    notes,
    people,
    service,
    sign_in,
)


def init_app(app: Flask) -> None:
    """Give `app` all its pages."""
    rooms = (home, notes, people, acting, compose, drafts, sign_in, accounts, service)
    for room in (*rooms, about, browsers):
        app.register_blueprint(room.bp)
