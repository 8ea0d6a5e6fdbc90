"""How Engawa is served: `gunicorn wsgi:app` reads this file by itself.

Waiting for people's servers is most of the work, so one process has many threads; how
many may wait for one and the same server is bounded by CALLS_PER_SERVER.
"""

import os
import shutil
import signal
import sys
import tempfile
import threading
from types import FrameType
from typing import Any

bind = os.environ.get("BIND", "127.0.0.1:8000")
workers = int(os.environ.get("WEB_CONCURRENCY", "1"))
worker_class = "gthread"
# A page that is told of what happens holds a thread for as long as it is open. So there is
# one for each of them beside those for requests, which therefore never wait for streams;
# threads are started as they are needed. benchmarks/README.md has the figures.
_live_pages = int(os.environ.get("LIVE_PAGES") or "1000")
threads = int(os.environ.get("THREADS", "32")) + _live_pages
# Kept connections, too, which hold no thread.
worker_connections = threads + 1000
# Longer than the longest call to a server, so that no answer is cut off.
timeout = 60
graceful_timeout = 20
keepalive = 15
# Worker heartbeats touch a file; in memory they never wait for a disk.
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None  # noqa: S108
loglevel = os.environ.get("LOG_LEVEL", "info")

if os.environ.get("LOG_FORMAT") == "json":
    # What gunicorn itself says, too.
    logconfig_dict = {
        "formatters": {"json": {"()": "app.logs.JsonLines"}},
        "handlers": {"json": {"class": "logging.StreamHandler", "formatter": "json"}},
        "root": {"level": "INFO", "handlers": ["json"]},
        "loggers": {
            "gunicorn.error": {"level": loglevel.upper(), "handlers": [], "propagate": True},
            "gunicorn.access": {"level": "CRITICAL", "handlers": [], "propagate": False},
        },
    }

# Processes count into files of this folder, so that any of them can tell for all.
_counts_of_all = ""
_counted = any(
    os.environ.get(name) for name in ("METRICS_FROM", "METRICS_TOKEN", "METRICS_TOKEN_FILE")
)
if _counted and "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
    _counts_of_all = tempfile.mkdtemp(prefix="engawa-metrics-")
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = _counts_of_all


def on_exit(_server: object) -> None:
    """Take the folder of the counts away."""
    if _counts_of_all:
        shutil.rmtree(_counts_of_all, ignore_errors=True)


def on_starting(_server: object) -> None:
    """Refuse to start on bad settings with one line, before any worker is tried."""
    from app.settings import SettingsError, from_environment

    try:
        settings = from_environment()
    except SettingsError as error:
        sys.exit(f"engawa: {error}")
    if settings.pinned_server is not None:
        print(
            f"engawa: pinned to {settings.pinned_server.display}. Its app's callback should be "
            f"{settings.callback_url}; without a callback sign-in falls back to a weaker way.",
            file=sys.stderr,
        )


def post_worker_init(worker: Any) -> None:
    """End the open pages when the worker is told to stop, for it waits for all its threads."""
    stop = signal.getsignal(signal.SIGTERM)

    def end_pages_and_stop(number: int, frame: FrameType | None) -> None:
        # In a thread: what was interrupted here may hold the very locks that are needed.
        threading.Thread(target=worker.wsgi.extensions["engawa.live"].close).start()
        stop(number, frame)

    signal.signal(signal.SIGTERM, end_pages_and_stop)
