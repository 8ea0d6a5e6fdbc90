"""What is written down while Engawa runs: lines for people, or JSON for machines.

Every request has an id. It is in the answer's `X-Request-ID` and in every JSON line
written meanwhile, so that "it said something broke" can be found again. A proxy that is
trusted (`TRUSTED_PROXIES`) may give one of its own. A line tells the page by its name
and never by its address, which may hold the token of a link.
"""

from __future__ import annotations

import json
import logging
import re
import secrets
import time
import traceback
from datetime import UTC, datetime
from typing import Any

from flask import Flask, Response, g, has_request_context, request

from app.settings import Settings

log = logging.getLogger(__name__)

_GOOD_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")


class JsonLines(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as JSON; whatever is in it, on one line."""
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if has_request_context():
            line["request"] = request_id()
        line |= getattr(record, "facts", {})
        if record.exc_info:
            line["traceback"] = "".join(traceback.format_exception(*record.exc_info))
        return json.dumps(line, ensure_ascii=False)


def init_app(app: Flask, settings: Settings) -> None:
    """Give every request its id; write JSON, and a line for each request, if wanted."""
    in_json = settings.log_format == "json"
    if in_json:
        _write_json()

    @app.before_request
    def begin() -> None:
        g.began_at = time.perf_counter()
        sent = request.headers.get("X-Request-ID", "")
        trusted = settings.trusted_proxies and _GOOD_ID.fullmatch(sent)
        g.request_id = sent if trusted else secrets.token_hex(8)

    @app.after_request
    def end(response: Response) -> Response:
        response.headers["X-Request-ID"] = request_id()
        if in_json and request.endpoint not in ("static", "service.healthz", "service.readyz"):
            # A request that lost its session's store has not begun.
            began = g.get("began_at", time.perf_counter())
            facts = {
                "endpoint": request.endpoint,
                "method": request.method,
                "status": response.status_code,
                "milliseconds": round((time.perf_counter() - began) * 1000, 1),
            }
            log.info("request", extra={"facts": facts})
        return response


def request_id() -> str:
    """The id of the request under way."""
    if "request_id" not in g:
        g.request_id = secrets.token_hex(8)
    known: str = g.request_id
    return known


def page_name() -> str:
    """The page asked for as a log may tell it: method and name, not the address."""
    return f"{request.method} {request.endpoint or 'no page'}"


def _write_json() -> None:
    handler = logging.StreamHandler()
    handler.setFormatter(JsonLines())
    logging.basicConfig(handlers=[handler], level=logging.INFO, force=True)
    # Its lines go through its own handlers, which speak no JSON.
    for name in ("gunicorn.error", "gunicorn.access"):
        logging.getLogger(name).handlers.clear()
        logging.getLogger(name).propagate = True
