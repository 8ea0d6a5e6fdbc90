"""The operator's commands about servers, accounts and the notice to all:
`flask servers`, `flask accounts`, `flask notice`, `flask check`, `flask backup`."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import click
from flask import Flask
from flask.cli import AppGroup, with_appcontext
from sqlalchemy import ColumnElement, delete, func, select

from app import checks, house_rules
from app.extensions import db
from app.models import (
    Account,
    BrowserSignIn,
    PendingSignIn,
    Server,
    ServerApp,
    ServerEmojis,
    ServerRule,
)
from app.settings import server_names

servers = AppGroup("servers", help="Servers people sign in to.")
accounts = AppGroup("accounts", help="Accounts kept on this installation.")
notice = AppGroup("notice", help="A notice to all, on every page.")


def init_app(app: Flask) -> None:
    """Give `flask` these commands."""
    for command in (servers, accounts, notice, check, backup):
        app.cli.add_command(command)


@click.command("check")
@with_appcontext
def check() -> None:
    """Say in words what is wrong with this installation.

    Ends with an error if something is; what is only doubtful is no error.
    """
    marks = {"good": "ok   ", "doubtful": "hm   ", "wrong": "WRONG"}
    wrong = 0
    for finding in checks.look_at_everything():
        wrong += finding.grade == "wrong"
        click.echo(f"{marks[finding.grade]}  {finding.about}: {finding.words}")
    if wrong:
        raise click.ClickException(f"{wrong} of these have to be mended.")


@click.command("backup")
@click.argument("path", type=click.Path(path_type=Path, exists=False, dir_okay=False))
@with_appcontext
def backup(path: Path) -> None:
    """Copy the SQLite database to PATH, while Engawa runs. For PostgreSQL use pg_dump.

    Keep CREDENTIAL_KEYS apart from it: either alone opens no account.
    """
    if db.engine.dialect.name != "sqlite":
        raise click.ClickException("This is for SQLite. Use pg_dump; docs/deploy.md says how.")
    # Readable by its owner only, from its first moment; an older copy is not overwritten.
    try:
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    except OSError as error:
        raise click.ClickException(f"{path} can't be made: {error.strerror}.") from None
    with closing(sqlite3.connect(path)) as copy:
        original = db.session.connection().connection.driver_connection
        assert isinstance(original, sqlite3.Connection)
        original.backup(copy)
        [found] = copy.execute("PRAGMA integrity_check").fetchone()
    if found != "ok":
        raise click.ClickException(f"The copy is broken: {found}")
    click.echo(f"The copy is whole: {path}")


# Servers --------------------------------------------------------------------


@servers.command("list")
def list_servers() -> None:
    """Every server known here: its accounts, its version, and what was decided of it."""
    by_server = select(Account.host, func.count()).group_by(Account.host)
    counts = {host: count for host, count in db.session.execute(by_server)}  # noqa: C416
    known = {server.host: server.version for server in db.session.scalars(select(Server))}
    decided = set(db.session.scalars(select(ServerRule.host)))
    rules = house_rules.current()
    hosts = known.keys() | counts.keys() | decided | rules.allowed | rules.blocked
    for host in sorted(hosts, key=lambda host: (-counts.get(host, 0), host)):
        click.echo(
            f"{counts.get(host, 0):>7}  {host:<40} {known.get(host, '-'):<16} "
            f"{_standing(rules, host)}".rstrip()
        )
    click.echo(f"{len(hosts)} servers, {sum(counts.values())} accounts.")


def _standing(rules: house_rules.HouseRules, host: str) -> str:
    if not rules.lets_in(host):
        return "blocked" if host in rules.blocked else "not let in"
    return "allowed" if host in rules.allowed else ""


@servers.command("block")
@click.argument("name")
def block_server(name: str) -> None:
    """Turn NAME away (*.NAME: all below it), and the people who are signed in there.

    Their accounts are kept, without being used, until they or you forget them.
    """
    host = _host(name)
    house_rules.decide(host, "block")
    click.echo(f"{host} is blocked: no call goes there from now on, and nobody signs in there.")
    _say_when()


@servers.command("allow")
@click.argument("name")
def allow_server(name: str) -> None:
    """Take a block of NAME back; where ALLOWED_SERVERS names the only servers that may be
    used, let this one be used, too."""
    host = _host(name)
    house_rules.decide(host, "allow" if house_rules.current().only_allowed else None)
    if house_rules.current().lets_in(host):
        click.echo(f"{host} may be used.")
        _say_when()
        return
    raise click.ClickException(
        f"{host} is still turned away, by BLOCKED_SERVERS or by a block of all below a name."
    )


@servers.command("forget")
@click.argument("name")
@click.option("--with-accounts", is_flag=True, help="Also delete all its accounts here.")
def forget_server(name: str, with_accounts: bool) -> None:
    """Forget what NAME said of itself, its emoji, and the app registered there. At the
    next sign-in it is asked anew."""
    host = _host(name)
    for table in (Server, ServerEmojis, ServerApp, PendingSignIn):
        db.session.execute(delete(table).where(table.host == host))
    gone = _delete_accounts(Account.host == host) if with_accounts else 0
    db.session.commit()
    click.echo(f"{host} is forgotten" + (f", with {gone} accounts." if with_accounts else "."))


def _host(name: str) -> str:
    try:
        [host] = server_names(name)
    except ValueError:
        raise click.ClickException(
            f"{name!r} is no name of a server. Write misskey.example, or *.example for all "
            "below a name."
        ) from None
    return host


def _say_when() -> None:
    click.echo(f"Running processes hear of it within {house_rules.HEARD_WITHIN:.0f} seconds.")


# Accounts -------------------------------------------------------------------


@accounts.command("list")
@click.option("--server", "name", help="The accounts at this server, by name.")
def list_accounts(name: str | None) -> None:
    """How many accounts there are, by server; with --server, which."""
    if name is not None:
        wanted = select(Account).where(Account.host == _host(name)).order_by(Account.username)
        for account in db.session.scalars(wanted):
            click.echo(account.handle + ("" if account.credential else "  (signed out)"))
        return
    browsers = select(func.count()).select_from(BrowserSignIn).scalar_subquery()
    counted = select(func.count(), func.count(Account.credential), browsers).select_from(Account)
    everybody, able, signed_in = db.session.execute(counted).one()
    click.echo(f"{everybody} accounts, {able} of them signed in, in {signed_in} browsers.")
    by_server = select(Account.host, func.count()).group_by(Account.host).order_by(Account.host)
    for host, count in db.session.execute(by_server):
        click.echo(f"{count:>7}  {host}")


@accounts.command("forget")
@click.argument("handle")
def forget_account(handle: str) -> None:
    """Delete everything kept of HANDLE (@somebody@misskey.example), in every browser."""
    username, _, name = handle.removeprefix("@").partition("@")
    if not username or not name:
        raise click.ClickException("Write the whole handle, such as @somebody@misskey.example.")
    host = _host(name)
    gone = _delete_accounts(
        (Account.host == host) & (func.lower(Account.username) == username.lower())
    )
    db.session.commit()
    if not gone:
        raise click.ClickException(f"There is no @{username}@{host} here.")
    click.echo(f"Everything kept of @{username}@{host} is deleted.")


def _delete_accounts(which: ColumnElement[bool]) -> int:
    """Delete accounts and, by the database, all that hangs on them; how many."""
    gone = db.session.scalars(delete(Account).where(which).returning(Account.id)).all()
    return len(gone)


# A notice to all -------------------------------------------------------------


@notice.command("set")
@click.option("--en", "english", help="The notice in English.")
@click.option("--ja", "japanese", help="The notice in Japanese.")
def set_notice(english: str | None, japanese: str | None) -> None:
    """Show a notice at the top of every page, in place of an older one.

    In one language it is shown to all; in both, to each in theirs.
    """
    notices = {"en": english, "ja": japanese}
    given = {name: words.strip() for name, words in notices.items() if words and words.strip()}
    if not given:
        raise click.ClickException("Write what to show: --en '…', --ja '…', or both.")
    house_rules.set_notices(given)
    for language, words in given.items():
        click.echo(f"{language}: {words}")
    _say_when()


@notice.command("clear")
def clear_notice() -> None:
    """Take the notice away."""
    house_rules.set_notices({})
    click.echo("There is no notice now.")
