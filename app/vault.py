"""Secrets at rest: an encrypted column, and the change of keys.

MultiFernet encrypts with the first of `CREDENTIAL_KEYS` and decrypts with any, so keys
are changed without downtime: put the new key in front, restart, `flask rotate-keys`,
then take the old one away.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from flask import Flask, current_app
from sqlalchemy import LargeBinary
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

from app.misskey import Secret

log = logging.getLogger(__name__)


class Vault:
    """Seals and opens secrets with the installation's keys."""

    def __init__(self, keys: Sequence[Secret]) -> None:
        self._fernet = MultiFernet([Fernet(key.reveal()) for key in keys])

    def init_app(self, app: Flask) -> None:
        """Make this the vault of `app`'s encrypted columns."""
        app.extensions["vault"] = self

    def seal(self, secret: Secret) -> bytes:
        """`secret`, encrypted with the newest key."""
        return self._fernet.encrypt(secret.reveal().encode())

    def open(self, sealed: bytes) -> Secret | None:
        """What `seal` sealed; None if none of the keys opens it."""
        try:
            return Secret(self._fernet.decrypt(sealed).decode())
        except InvalidToken:
            # Without its key a credential is lost, and the person has to sign in again;
            # the operator learns why here.
            log.error("a stored secret can't be opened with any of CREDENTIAL_KEYS")
            return None

    def rotate(self, sealed: bytes) -> bytes:
        """The same secret, sealed with the newest key. Raises InvalidToken."""
        return self._fernet.rotate(sealed)


def current_vault() -> Vault:
    """The vault of the running app."""
    vault: Vault = current_app.extensions["vault"]
    return vault


class Sealed(TypeDecorator[Secret]):
    """A column that holds a `Secret` encrypted, and None where it can't be opened."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: Secret | None, dialect: Dialect) -> bytes | None:
        return None if value is None else current_vault().seal(value)

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> Secret | None:
        return None if value is None else current_vault().open(value)
