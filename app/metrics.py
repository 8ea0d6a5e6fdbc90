"""What an operator may count, in Prometheus' format: requests by page and outcome, calls
to servers by outcome. Never by person, server or address: a count of one is a person.

Off unless METRICS_FROM or METRICS_TOKEN is set. Processes of one node add up where
PROMETHEUS_MULTIPROC_DIR names a folder of theirs, which gunicorn.conf.py sees to.
"""

from __future__ import annotations

import hmac
import ipaddress
import os
import time

from flask import Flask, Response, current_app, g, request
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from app.misskey import AnswerLost, AnswerUnusable, ServerBusy, ServerUnreachable
from app.settings import Settings

_METHODS = ("GET", "HEAD", "POST", "OPTIONS")
_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_OUTCOMES = (
    (ServerBusy, "held-back"),
    (ServerUnreachable, "unreachable"),
    (AnswerLost, "lost"),
    (AnswerUnusable, "unusable"),
)


class Metrics:
    """The counters of one app."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._requests = Histogram(
            "engawa_request_seconds",
            "Time to answer requests",
            ("endpoint", "method", "status"),
            buckets=_SECONDS,
            registry=self._registry,
        )
        self._calls = Histogram(
            "engawa_call_seconds",
            "Time of calls to people's servers, by what came of them",
            ("outcome",),
            buckets=_SECONDS,
            registry=self._registry,
        )
        self._bugs = Counter(
            "engawa_bugs", "Requests that ended in a mistake of ours", registry=self._registry
        )

    def count_request(self, endpoint: str, method: str, status: int, seconds: float) -> None:
        """One request was answered."""
        method = method if method in _METHODS else "other"
        self._requests.labels(endpoint, method, str(status)).observe(seconds)
        if status == 500:
            self._bugs.inc()

    def count_call(self, came_of_it: int | Exception, seconds: float) -> None:
        """One call to a server is over: its status, or how it failed."""
        self._calls.labels(_outcome(came_of_it)).observe(seconds)

    def as_text(self) -> bytes:
        """All of them, of all processes of this node."""
        registry = self._registry
        if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
            registry = CollectorRegistry()
            MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        return generate_latest(registry)


def init_app(app: Flask, settings: Settings) -> None:
    """Count the requests of `app`, where the operator wants to know."""
    if not is_wanted(settings):
        return
    metrics = Metrics()
    app.extensions["engawa.metrics"] = metrics

    @app.before_request
    def begin() -> None:
        g.began = time.perf_counter()

    @app.after_request
    def count(response: Response) -> Response:
        # By the name of the page, not by its address, of which there are too many.
        seconds = time.perf_counter() - g.get("began", time.perf_counter())
        metrics.count_request(
            request.endpoint or "none", request.method, response.status_code, seconds
        )
        return response


def current() -> Metrics | None:
    """The running app's counters; None where nothing is counted."""
    metrics: Metrics | None = current_app.extensions.get("engawa.metrics")
    return metrics


def is_wanted(settings: Settings) -> bool:
    """Whether the operator has said who may read the counts."""
    return bool(settings.metrics_from) or settings.metrics_token is not None


def may_be_read(settings: Settings, address: str | None, authorization: str) -> bool:
    """Whether somebody at `address`, who sent that Authorization, may read the counts.

    Where both an address and a token are asked for, both have to be right.
    """
    if settings.metrics_from and not _is_within(address, settings.metrics_from):
        return False
    if settings.metrics_token is None:
        return bool(settings.metrics_from)
    expected = f"Bearer {settings.metrics_token.reveal()}"
    return hmac.compare_digest(authorization.encode(errors="replace"), expected.encode())


def _is_within(address: str | None, networks: tuple[str, ...]) -> bool:
    try:
        ip = ipaddress.ip_address(address or "")
    except ValueError:  # A socket has none.
        return False
    return any(ip in ipaddress.ip_network(network) for network in networks)


def _outcome(came_of_it: int | Exception) -> str:
    if isinstance(came_of_it, Exception):
        for kind, outcome in _OUTCOMES:
            if isinstance(came_of_it, kind):
                return outcome
        return "failed"
    if came_of_it >= 500:
        return "server-fault"
    return "refused" if came_of_it >= 400 else "answered"
