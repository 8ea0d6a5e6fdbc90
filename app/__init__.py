"""Engawa: a light web client for Misskey."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from flask import Flask, Response, request
from sqlalchemy import event
from werkzeug.middleware.proxy_fix import ProxyFix

from app import (
    cli,
    emojis,
    errors,
    house_rules,
    live,
    logs,
    metrics,
    notices,
    operating,
    overseeing,
    preferences,
    reading,
    rendering,
    security,
    servers,
    sessions,
    uploads,
    views,
)
from app.extensions import babel, compress, csrf, db, limiter, migrate
from app.settings import Settings, from_environment
from app.vault import Vault

ROOT = Path(__file__).parent.parent
_LARGEST_FORM = 2 * 1024 * 1024


def create_app(settings: Settings | None = None) -> Flask:
    """The WSGI application, by `settings` or by the environment.

    Raises SettingsError, one line, if a setting is missing or impossible.
    """
    settings = settings or from_environment()
    app = Flask(
        __name__,
        root_path=str(ROOT),
        instance_path=str(ROOT / "instance"),
        template_folder="templates",
        static_folder="static",
    )
    app.extensions["engawa.settings"] = settings
    _configure(app, settings)
    logs.init_app(app, settings)
    metrics.init_app(app, settings)
    Vault(settings.credential_keys).init_app(app)
    _init_database(app)
    servers.init_app(app, settings)
    live.init_app(app, settings)
    house_rules.init_app(app)
    security.init_app(app, settings)
    # Before the CSRF check, which reads the form.
    uploads.init_app(app, settings)
    _init_extensions(app)
    sessions.init_app(app, settings)
    rendering.init_app(app)
    preferences.init_app(app)
    reading.init_app(app)
    emojis.init_app(app)
    notices.init_app(app)
    errors.init_app(app)
    views.init_app(app)
    cli.init_app(app)
    operating.init_app(app)
    overseeing.init_app(app)
    return app


def _configure(app: Flask, settings: Settings) -> None:
    app.config.update(
        SECRET_KEY=settings.secret_key.reveal(),
        SQLALCHEMY_DATABASE_URI=settings.database_url,
        # The database's errors are logged, and would show the values of their statement.
        SQLALCHEMY_ENGINE_OPTIONS={"pool_pre_ping": True, "hide_parameters": True},
        MAX_CONTENT_LENGTH=_LARGEST_FORM,
        MAX_FORM_MEMORY_SIZE=_LARGEST_FORM,
        # Tokens stay bound to the session; an hour is too short for a long note.
        WTF_CSRF_TIME_LIMIT=None,
        RATELIMIT_STORAGE_URI=_limits_at(settings),
        RATELIMIT_STORAGE_OPTIONS=sessions.REDIS_OPTIONS if settings.redis_url else {},
        RATELIMIT_HEADERS_ENABLED=False,
        BABEL_TRANSLATION_DIRECTORIES=str(ROOT / "translations"),
        # A tenth smaller than as usual, for a tenth of a millisecond a page. With gzip, 9 would
        # take as much for 24 bytes.
        COMPRESS_BR_LEVEL=5,
        COMPRESS_LEVEL=6,
        COMPRESS_MIMETYPES=[
            "text/html",
            "text/css",
            # Which of the two a script is depends on the machine's list of types.
            "text/javascript",
            "application/javascript",
            "image/svg+xml",
            "text/plain",
            "application/manifest+json",
        ],
    )
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, hops, hops, hops)  # type: ignore[method-assign]


def _limits_at(settings: Settings) -> str:
    """Where limits are counted. The library has a name of its own for a Redis on a socket."""
    if settings.redis_url is None:
        return "memory://"
    return re.sub("^unix://", "redis+unix://", settings.redis_url.reveal())


def _init_database(app: Flask) -> None:
    db.init_app(app)
    migrate.init_app(app, db, directory=str(ROOT / "migrations"))
    with app.app_context():
        if db.engine.dialect.name == "sqlite":
            event.listen(db.engine, "connect", _prepare_sqlite)


def _prepare_sqlite(connection: Any, _record: object) -> None:
    """Readers beside a writer, foreign keys kept, a moment's patience for a lock."""
    cursor = connection.cursor()
    for pragma in (
        "journal_mode = WAL",
        "synchronous = NORMAL",
        "foreign_keys = ON",
        "busy_timeout = 5000",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _init_extensions(app: Flask) -> None:
    csrf.init_app(app)
    limiter.init_app(app)
    babel.init_app(app, locale_selector=preferences.select_locale)
    compress.init_app(app)
    app.after_request(_whole_if_static)
    app.after_request(_kept_by_its_own_address)


def _whole_if_static(response: Response) -> Response:
    """Static files are few and small. Read whole they are compressed as pages are;
    Flask-Compress streams files, without gzip, and leaves closing them to chance."""
    if request.endpoint == "static" and response.status_code == 200:
        response.direct_passthrough = False
        response.get_data()
    return response


def _kept_by_its_own_address(response: Response) -> Response:
    """By the address that our pages name, a static file is kept for a year. By another, not
    at all: a node of the version before would have its file kept for the new one's."""
    is_file = request.endpoint == "static" and response.status_code in (200, 304)
    if is_file and request.full_path == rendering.static_url((request.view_args or {})["filename"]):
        response.cache_control.no_cache = None
        response.cache_control.public = True
        response.cache_control.max_age = 365 * 24 * 3600
    return response
