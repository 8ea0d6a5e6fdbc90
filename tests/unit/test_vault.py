"""Secrets at rest."""

from __future__ import annotations

import logging
from collections.abc import Callable

import pytest
from cryptography.fernet import Fernet, InvalidToken
from flask import Flask

from app.extensions import db
from app.misskey import Secret
from app.models import Account, ServerApp
from app.vault import Vault, current_vault

CREDENTIAL = Secret("a0946bc2b4f5d54ce0e4cbfe6840d5670a4dc18198561911608b3bde832b785f")


def new_key() -> Secret:
    return Secret(Fernet.generate_key().decode())


def test_sealed_secret_opens_to_the_same() -> None:
    vault = Vault([new_key()])
    for secret in (CREDENTIAL, Secret(""), Secret("縁側 🐈"), Secret("x" * 10_000)):
        assert vault.open(vault.seal(secret)) == secret


def test_sealed_secret_shows_nothing_and_is_never_the_same_twice() -> None:
    vault = Vault([new_key()])
    one, other = vault.seal(CREDENTIAL), vault.seal(CREDENTIAL)
    assert CREDENTIAL.reveal().encode() not in one
    assert one != other


def test_newest_key_seals_and_every_key_opens() -> None:
    old, new = new_key(), new_key()
    sealed_before = Vault([old]).seal(CREDENTIAL)
    both = Vault([new, old])
    assert both.open(sealed_before) == CREDENTIAL
    assert Vault([new]).open(both.seal(CREDENTIAL)) == CREDENTIAL
    assert Vault([old]).open(both.seal(CREDENTIAL)) is None


def test_rotated_secret_opens_without_the_old_key() -> None:
    old, new = new_key(), new_key()
    rotated = Vault([new, old]).rotate(Vault([old]).seal(CREDENTIAL))
    assert Vault([new]).open(rotated) == CREDENTIAL


def test_secret_of_an_unknown_key_is_not_rotated() -> None:
    with pytest.raises(InvalidToken):
        Vault([new_key()]).rotate(Vault([new_key()]).seal(CREDENTIAL))


def _changed(sealed: bytes) -> bytes:
    middle = len(sealed) // 2
    return sealed[:middle] + bytes([sealed[middle] ^ 1]) + sealed[middle + 1 :]


@pytest.mark.parametrize(
    "spoil",
    [_changed, lambda sealed: sealed[:-1], lambda _: b"", lambda _: b"\xff\x00", lambda _: b"x"],
    ids=["changed", "cut", "empty", "bytes", "text"],
)
def test_spoilt_secret_does_not_open_and_the_operator_learns_why(
    spoil: Callable[[bytes], bytes], caplog: pytest.LogCaptureFixture
) -> None:
    vault = Vault([new_key()])
    assert vault.open(spoil(vault.seal(CREDENTIAL))) is None
    [record] = caplog.records
    assert record.levelno == logging.ERROR
    assert "CREDENTIAL_KEYS" in record.getMessage()


def test_column_holds_no_secret_in_clear(app: Flask) -> None:
    with app.app_context():
        account = Account(host="misskey.example", user_id="u1", username="alice")
        account.credential = CREDENTIAL
        db.session.add_all([account, ServerApp(host="misskey.example", fingerprint="f")])
        db.session.commit()
        raw = db.session.execute(db.text("SELECT credential FROM accounts")).scalar_one()
        assert CREDENTIAL.reveal().encode() not in bytes(raw)
        assert current_vault().open(raw) == CREDENTIAL
        db.session.expire_all()
        assert db.session.query(Account.credential).scalar() == CREDENTIAL
        # No secret is no secret, sealed or not.
        assert db.session.query(ServerApp.secret).scalar() is None


def test_column_of_a_lost_key_reads_as_none(make_app: Callable[..., Flask]) -> None:
    with make_app().app_context():
        account = Account(host="misskey.example", user_id="u1", username="alice")
        account.credential = CREDENTIAL
        db.session.add(account)
        db.session.commit()
    with make_app(credential_keys=(new_key(),)).app_context():
        assert db.session.query(Account.credential).scalar() is None
        assert db.session.query(Account.username).scalar() == "alice"


def test_column_reads_on_after_a_change_of_keys(make_app: Callable[..., Flask]) -> None:
    first, second = new_key(), new_key()
    with make_app(credential_keys=(first,)).app_context():
        account = Account(host="misskey.example", user_id="u1", username="alice")
        account.credential = CREDENTIAL
        db.session.add(account)
        db.session.commit()
    app = make_app(credential_keys=(second, first))
    result = app.test_cli_runner().invoke(args=["rotate-keys"])
    assert result.exit_code == 0, result.output
    with make_app(credential_keys=(second,)).app_context():
        assert db.session.query(Account.credential).scalar() == CREDENTIAL
