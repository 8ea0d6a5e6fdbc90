"""The pages: one Blueprint per area, one file each. A view loads and authorises,
parses, acts, and answers."""

from __future__ import annotations

from flask import Flask

from app.views import (
    about,
    account_settings,
    accounts,
    acting,
    activity,
    browsers,
    chat,
    circles,
    compose,
    developers,
    drafts,
    exports,
    home,
    live,
    menu,
    notes,
    notifications,
    old_notes,
    people,
    scheduled,
    search,
    server,
    service,
    sign_in,
    suggestions,
    summary,
    things,
    timelines,
)


def init_app(app: Flask) -> None:
    """Give `app` all its pages."""
    rooms = (
        *(home, live, timelines, things, notes, people, circles, notifications, search, menu),
        *(
            chat,
            acting,
            compose,
            suggestions,
            drafts,
            scheduled,
            old_notes,
            summary,
            exports,
            sign_in,
            accounts,
            account_settings,
            activity,
            server,
            developers,
            service,
            about,
            browsers,
        ),
    )
    for room in rooms:
        app.register_blueprint(room.bp)
