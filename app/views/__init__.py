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
    announcements,
    browsers,
    chat,
    circles,
    compose,
    decorations,
    developers,
    drafts,
    drive,
    explore,
    exports,
    home,
    invites,
    live,
    menu,
    notes,
    notifications,
    old_notes,
    people,
    registry,
    scheduled,
    search,
    server,
    service,
    sign_in,
    suggestions,
    summary,
    things,
    timelines,
    webhooks,
    work_forms,
    works,
)


def init_app(app: Flask) -> None:
    """Give `app` all its pages."""
    rooms = (
        *(home, live, timelines, things, work_forms, works, notes, people, circles, notifications),
        *(search, explore, announcements, webhooks, registry, invites, menu),
        *(
            chat,
            acting,
            compose,
            suggestions,
            drafts,
            drive,
            scheduled,
            old_notes,
            summary,
            exports,
            sign_in,
            accounts,
            account_settings,
            decorations,
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
