"""What Engawa keeps, and what becomes of a page while that can't be read or written: a
database that is locked, full or gone, a Redis that does not answer."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from redis.exceptions import RedisError
from sqlalchemy.exc import InternalError, OperationalError

from app.extensions import db

log = logging.getLogger(__name__)

StorageFails = (OperationalError, InternalError, RedisError)
"""What is raised then. Other errors of the database mean that we asked for nonsense."""


@contextmanager
def aside() -> Iterator[None]:
    """Write to the database, and commit, what the page at hand can do without: where that
    fails, the page is shown all the same, and the next one tries again."""
    try:
        yield
        db.session.commit()
    except StorageFails as error:
        db.session.rollback()
        log.warning("what a page would have remembered was not written: %s", type(error).__name__)
