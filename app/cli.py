"""The operator's commands: `flask account add`, `flask rotate-keys`, `flask worker`."""

from __future__ import annotations

import click
from cryptography.fernet import InvalidToken
from flask import Flask, current_app
from flask.cli import AppGroup, with_appcontext
from sqlalchemy import Table, select, update

from app import jobs, sign_in
from app.errors import explain
from app.extensions import db
from app.misskey import AddressRefused, CredentialRefused, MisskeyError, Secret, parse_server
from app.misskey.signin import NotMisskey
from app.models import Account, PendingSignIn, ServerApp
from app.security import settings_of_app
from app.vault import current_vault

account = AppGroup("account", help="Accounts kept on this installation.")


def init_app(app: Flask) -> None:
    """Give `flask` our commands."""
    app.cli.add_command(account)
    app.cli.add_command(rotate_keys)
    app.cli.add_command(worker)


@account.command("add")
@click.argument("server")
def add(server: str) -> None:
    """Add your own account at SERVER by its API key.

    The key is asked for without echo, checked, and kept encrypted. A link is printed
    that signs one browser in, within ten minutes.
    """
    settings = settings_of_app()
    try:
        address = parse_server(server, allow_loopback=settings.allow_loopback_servers)
    except AddressRefused as error:
        raise click.ClickException(_in_words(error)) from None
    key = click.prompt("API key", hide_input=True).strip()
    try:
        added = sign_in.add_account(address, Secret(key))
    except CredentialRefused:
        raise click.ClickException(
            f"{address.display} does not accept this API key. Nothing was kept."
        ) from None
    except (MisskeyError, NotMisskey) as error:
        raise click.ClickException(_in_words(error)) from None
    click.echo(f"{added.handle} is kept here now.")
    click.echo("Open this link in your browser within ten minutes; it works once:")
    click.echo(f"{settings.public_url}/sign-in/link/{sign_in.link_for(added)}")


def _in_words(error: Exception) -> str:
    # The words come with links of pages, which only a request can make.
    with current_app.test_request_context():
        words = explain(error)
    return f"{words.happened} {words.advice}".strip()


@click.command("rotate-keys")
@with_appcontext
def rotate_keys() -> None:
    """Encrypt every stored secret anew with the first of CREDENTIAL_KEYS.

    Afterwards the older keys can be taken away. Safe to run while people use Engawa.
    """
    done = lost = 0
    for model, name in (
        (Account, "credential"),
        (ServerApp, "secret"),
        (PendingSignIn, "app_secret"),
        (PendingSignIn, "verifier"),
    ):
        table = model.__table__
        assert isinstance(table, Table)
        changed, unreadable = _rotate(table, name)
        done, lost = done + changed, lost + unreadable
    click.echo(f"{done} secrets encrypted with the newest key.")
    if lost:
        raise click.ClickException(
            f"{lost} secrets can't be opened with any of CREDENTIAL_KEYS and stay as they are."
        )


@click.command("worker")
@click.option("--threads", default=jobs.THREADS, show_default=True, type=click.IntRange(1, 64))
@with_appcontext
def worker(threads: int) -> None:
    """Do what is to be done while people are away: post scheduled notes, make exports.

    As many workers as you like may run, also on other machines. SIGTERM ends one when what
    it is doing is done, Ctrl-C at once; however it ends, it loses nothing.
    """
    jobs.worker(current_app._get_current_object(), threads).run()  # type: ignore[attr-defined]


def _rotate(table: Table, name: str) -> tuple[int, int]:
    """Re-encrypt one column, row by row: how many were changed, how many can't be read.

    The raw bytes are read and written, and only where they are still the same, so that
    a sign-in at the same moment is not overwritten.
    """
    column = table.c[name]
    raw = db.type_coerce(column, db.LargeBinary)
    keys = list(table.primary_key.columns)
    done = lost = 0
    for row in db.session.execute(select(raw, *keys).where(column.is_not(None))).all():
        sealed, *key = row
        try:
            renewed = current_vault().rotate(sealed)
        except InvalidToken:
            lost += 1
            continue
        same = [part == value for part, value in zip(keys, key, strict=True)]
        db.session.execute(
            update(table)
            .where(*same, raw == sealed)
            .values({name: db.bindparam("renewed", renewed, db.LargeBinary)})
        )
        db.session.commit()
        done += 1
    return done, lost
