"""The same house on SQLite and on PostgreSQL, with sessions in tables and in Redis."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.operations import BatchOperations, Operations
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask
from flask_migrate import check, downgrade, upgrade
from sqlalchemy import select
from sqlalchemy.exc import DatabaseError, IntegrityError
from sqlalchemy.pool import QueuePool

from app.extensions import db
from app.misskey import Secret
from app.models import (
    Account,
    BrowserSignIn,
    DeletionRule,
    Export,
    FoundNote,
    KeptDraft,
    Measure,
    OneTimeLink,
    PendingSignIn,
    RunningWorker,
    ScheduledNote,
    Server,
    ServerApp,
    ServerEmojis,
    ServerReference,
    ServerRule,
    ServiceNotice,
    StoredSession,
    Submission,
    SummaryPlan,
)
from app.settings import Settings
from sandbox import Sandbox
from tests.browsing import Browser
from tests.conftest import CREDENTIAL_KEY, PUBLIC_URL, SECRET_KEY
from tests.faults.databases import Cluster, RedisServer, postgresql, redis_server
from tests.house import emptied, let_in, open_house
from tests.tabs import another_tab, at_once

KINDS = ["sqlite", "postgresql"]
NOON = datetime(2026, 11, 23, 12, 0, 0, 123456, tzinfo=UTC)


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """A PostgreSQL of the tests' own."""
    with postgresql() as running:
        yield running


@pytest.fixture(scope="module")
def running_redis() -> Iterator[RedisServer]:
    """A Redis of the tests' own."""
    with redis_server() as running:
        yield running


@pytest.fixture
def redis(running_redis: RedisServer) -> RedisServer:
    """… empty."""
    running_redis.client.flushall()
    return running_redis


@contextmanager
def opened(url: str, **changes: Any) -> Iterator[Flask]:
    """An installation on that database, closed with care."""
    settings = Settings(
        public_url=PUBLIC_URL,
        secret_key=SECRET_KEY,
        credential_keys=(CREDENTIAL_KEY,),
        database_url=url,
        allow_loopback_servers=True,
        upstream_seconds=5,
    )
    with open_house(replace(settings, **changes)) as app:
        yield app


@pytest.fixture(params=KINDS)
def bare(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Flask]:
    """An installation on a database without any table."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path}/bare.sqlite"
    else:
        cluster: Cluster = request.getfixturevalue("cluster")
        url = cluster.url(cluster.new_database())
    with opened(url) as app, app.app_context():
        yield app


@pytest.fixture(scope="module")
def migrated(cluster: Cluster) -> str:
    """The name of a migrated PostgreSQL database."""
    name = cluster.new_database()
    with opened(cluster.url(name)) as app, app.app_context():
        upgrade()
    return name


@pytest.fixture(scope="module", params=KINDS)
def database_url(request: pytest.FixtureRequest, house_settings: Settings) -> str:
    """A migrated database; `app` empties it."""
    if request.param == "sqlite":
        return house_settings.database_url
    cluster: Cluster = request.getfixturevalue("cluster")
    return cluster.url(request.getfixturevalue("migrated"))


@pytest.fixture(scope="module")
def house(database_url: str) -> Iterator[Flask]:
    """An installation on it for the whole module."""
    with opened(database_url) as app:
        yield app


@pytest.fixture
def app(house: Flask) -> Flask:
    """… empty at the start of each test."""
    return emptied(house)


@pytest.fixture
def alice(browser: Browser) -> Browser:
    """A browser signed in as alice, by the quickest way."""
    return let_in(browser, "alice")


# Migrations ----------------------------------------------------------------


def tables() -> set[str]:
    """The tables there are."""
    return set(sa.inspect(db.engine).get_table_names()) - {"alembic_version"}


def revisions() -> list[str]:
    """All migrations, the first one first."""
    script = ScriptDirectory(str(Path(__file__).parents[2] / "migrations"))
    return [revision.revision for revision in script.walk_revisions()][::-1]


def fill() -> None:
    """A row in every table, with something in every column."""
    account = Account(
        id="a" * 32,
        host="tea.example",
        user_id="u1",
        username="momo",
        name="もも 🍵",
        avatar_url="https://tea.example/momo.png",
        credential=Secret("c" * 64),
        created_at=NOON,
    )
    db.session.add(account)
    db.session.flush()
    db.session.add_all(
        [
            Server(
                host="tea.example",
                name="お茶",
                version="2025.11.0",
                max_note_length=3000,
                endpoints=["meta", "notes/timeline"],
                asked_at=NOON,
            ),
            ServerApp(
                host="tea.example", fingerprint="f" * 64, secret=Secret("s"), created_at=NOON
            ),
            BrowserSignIn(
                browser_hash="b" * 64, account_id=account.id, created_at=NOON, seen_at=NOON
            ),
            PendingSignIn(
                token_hash="t" * 64,
                browser_hash="b" * 64,
                way="callback",
                host="tea.example",
                app_secret=Secret("s"),
                verifier=Secret("v" * 64),
                token_path="/" + "t" * 1999,
                tries_left=1,
                expires_at=NOON,
                next_path="/" + "x" * 1999,
            ),
            OneTimeLink(token_hash="l" * 64, account_id=account.id, expires_at=NOON),
            Submission(form_id="s" * 64, account_id=account.id, note_id="n" * 64, created_at=NOON),
            ServerEmojis(host="tea.example", data=bytes(range(256)), asked_at=NOON),
            KeptDraft(
                id="d" * 32,
                account_id=account.id,
                data='{"text": "もも"}',
                is_kept=True,
                changed_at=NOON,
            ),
            ScheduledNote(
                id="e" * 32,
                account_id=account.id,
                data='{"text": "もも"}',
                parameters="{}",
                zone="Asia/Tokyo",
                language="ja",
                due_at=NOON,
                try_at=NOON,
                marked_at=NOON,
            ),
            DeletionRule(
                account_id=account.id,
                rule="{}",
                language="ja",
                state="running",
                failing_since=NOON,
                looked_at=NOON,
                ended_at=NOON,
                error='{"ja": "もも"}',
                error_at=NOON,
            ),
            FoundNote(
                account_id=account.id,
                note_id="n" * 64,
                place=0,
                kind="note",
                beginning="も" * 200,
                posted_at=NOON,
            ),
            SummaryPlan(
                account_id=account.id,
                is_on=True,
                every="week",
                weekday=0,
                hour=21,
                zone="Asia/Tokyo",
                language="ja",
                way="notification",
                template="{notes} もも",
                next_at=NOON,
                try_at=NOON,
                pending="+1 もも",
                marked_at=NOON,
                error='{"ja": "もも"}',
            ),
            Measure(
                account_id=account.id,
                taken_at=NOON,
                notes=2_000_000_000,
                followers=-2_000_000_000,
                following=0,
                reactions=None,
            ),
            Export(
                id="0" * 32,
                account_id=account.id,
                parts=["notes"],
                with_files=True,
                language="ja",
                try_at=NOON,
                moved_at=NOON,
                progress="{}",
                size=2**33,
                problem="{}",
                created_at=NOON,
                kept_until=NOON,
            ),
            RunningWorker(id="w" * 32, name="somewhere:1", began_at=NOON, seen_at=NOON),
            StoredSession(id_hash="i" * 64, data=bytes(range(256)), expires_at=NOON),
            ServerReference(host="misskey.example", data=bytes(range(256)), asked_at=NOON),
            ServerRule(host="*.evil.example", rule="block", decided_at=NOON),
            ServiceNotice(language="ja", text="お知らせ 🍵", set_at=NOON),
        ]
    )
    db.session.commit()
    db.session.expire_all()


def rows() -> dict[str, int]:
    """How many rows each table has."""
    return {
        table.name: db.session.scalar(select(sa.func.count()).select_from(table)) or 0
        for table in db.metadata.sorted_tables
    }


def test_every_migration_goes_up_and_down_one_by_one_with_data_in_the_tables(
    bare: Flask,
) -> None:
    steps = revisions()
    assert steps
    for step in steps:
        upgrade(revision=step)
    assert tables() == set(db.metadata.tables)
    fill()
    assert set(rows().values()) == {1}
    db.session.remove()
    for _ in steps:
        downgrade(revision="-1")
    assert tables() == set()
    upgrade()
    assert tables() == set(db.metadata.tables)
    fill()
    assert set(rows().values()) == {1}


def old_rows() -> dict[str, list[Any]]:
    """All rows of the tables of the first migration, without what came later."""
    reflected = sa.MetaData()
    reflected.reflect(db.engine, only=sorted(FIRST))
    with db.engine.connect() as connection:
        return {
            name: [
                tuple(row)
                for row in connection.execute(
                    select(*[reflected.tables[name].c[column] for column in FIRST[name]])
                )
            ]
            for name in sorted(FIRST)
        }


FIRST = {
    "accounts": ["id", "host", "user_id", "username", "credential"],
    "browser_sign_ins": ["browser_hash", "account_id"],
    "one_time_links": ["token_hash", "account_id"],
    "pending_sign_ins": ["token_hash", "way", "tries_left"],
    "server_apps": ["host", "fingerprint", "secret"],
    "servers": ["host", "endpoints"],
    "sessions": ["id_hash", "data"],
    "submissions": ["form_id", "account_id", "state"],
}
"""The tables there were at the beginning, and something of each."""


def test_what_people_had_outlives_every_migration_up_and_down(bare: Flask) -> None:
    # SQLite changes a table by making it anew. Dropping the old one must not take along,
    # by their foreign keys, the sign-ins of everybody.
    upgrade()
    fill()
    before = old_rows()
    db.session.remove()
    assert [len(found) for found in before.values()] == [1] * len(FIRST)
    for step in revisions()[::-1][1:]:
        downgrade(revision=step)
        assert old_rows() == before, f"down to {step}"
    for step in revisions()[1:]:
        upgrade(revision=step)
        assert old_rows() == before, f"up to {step}"


def tables_as_they_are() -> sa.MetaData:
    """What a version whose newest migration is the one of this moment knows of the database."""
    known = sa.MetaData()
    known.reflect(db.engine)
    known.remove(known.tables["alembic_version"])
    return known


def work_with(known: sa.MetaData) -> None:
    """Write, read, change and delete a row in every table, as a version does that knows these
    tables and columns and no others. Raises SQLAlchemyError where the database minds."""
    with db.engine.begin() as connection:
        for table in known.sorted_tables:
            row = {column.name: something_for(column) for column in table.columns}
            connection.execute(table.insert().values(row))
            assert dict(connection.execute(select(table)).one()._mapping).keys() == row.keys()
            connection.execute(table.update().values(row))
        for table in reversed(known.sorted_tables):
            assert connection.execute(table.delete()).rowcount == 1


def something_for(column: sa.Column[Any]) -> Any:
    """A value of the column's kind; texts are as long as may be, so that all ids are alike."""
    if isinstance(column.type, sa.JSON):
        return {}
    if isinstance(column.type, sa.String):
        return "x" * (column.type.length or 10)
    return {datetime: NOON, bytes: b"x", bool: True, int: 1}[column.type.python_type]


def test_nodes_of_every_earlier_version_go_on_working_on_the_newest_tables(bare: Flask) -> None:
    # docs/deploy.md has people migrate first and then restart their nodes one by one.
    earlier: dict[str, sa.MetaData] = {}
    for step in revisions():
        upgrade(revision=step)
        earlier[step] = tables_as_they_are()
    for known in earlier.values():
        work_with(known)
    columns = [sum(len(table.columns) for table in each.sorted_tables) for each in earlier.values()]
    assert columns == sorted(columns)


@pytest.mark.parametrize(
    "change",
    [
        lambda servers: servers.drop_column("name"),
        lambda servers: servers.alter_column("name", new_column_name="title"),
        lambda servers: servers.add_column(sa.Column("kind", sa.String(10), nullable=False)),
    ],
)
def test_a_change_that_an_earlier_version_minds_would_be_noticed(
    bare: Flask, change: Callable[[BatchOperations], None]
) -> None:
    upgrade()
    known = tables_as_they_are()
    with db.engine.begin() as connection:
        operations = Operations(MigrationContext.configure(connection))
        with operations.batch_alter_table("servers") as servers:
            change(servers)
    with pytest.raises(DatabaseError):
        work_with(known)


def test_foreign_keys_are_kept_again_after_migrating(bare: Flask) -> None:
    upgrade()
    downgrade(revision=revisions()[0])
    upgrade()
    db.session.add(Submission(form_id="x", account_id="nobody"))
    with pytest.raises(IntegrityError):
        db.session.commit()


def test_going_down_all_the_way_at_once_leaves_nothing(bare: Flask) -> None:
    upgrade()
    fill()
    db.session.remove()
    downgrade(revision="base")
    assert tables() == set()
    inspected = sa.inspect(db.engine)
    if inspected.dialect.name == "postgresql":
        assert inspected.get_sequence_names() == []


def test_going_up_twice_changes_nothing(bare: Flask) -> None:
    upgrade()
    fill()
    db.session.remove()
    upgrade()
    assert set(rows().values()) == {1}


def test_the_migrations_make_what_the_models_say(bare: Flask) -> None:
    upgrade()
    check()


@pytest.mark.parametrize(
    "change",
    [
        "ALTER TABLE accounts ADD COLUMN mood VARCHAR(10)",
        "ALTER TABLE servers DROP COLUMN name",
        "DROP INDEX ix_submissions_created_at",
        "CREATE TABLE extra (id INTEGER)",
    ],
)
def test_a_difference_would_be_noticed(bare: Flask, change: str) -> None:
    upgrade()
    with db.engine.begin() as connection:
        connection.execute(sa.text(change))
    with pytest.raises(SystemExit):
        check()


def test_the_indexes_and_names_are_the_same_on_both(bare: Flask) -> None:
    upgrade()
    inspected = sa.inspect(db.engine)
    for table in db.metadata.sorted_tables:
        indexes = {index["name"] for index in inspected.get_indexes(table.name)}
        assert {index.name for index in table.indexes} <= indexes
        assert inspected.get_pk_constraint(table.name)["name"] == f"pk_{table.name}"
        for key in inspected.get_foreign_keys(table.name):
            assert str(key["name"]).startswith(f"fk_{table.name}_")
            assert key["options"].get("ondelete") == "CASCADE"


# What is kept --------------------------------------------------------------


def test_everything_comes_back_as_it_was_kept(app: Flask) -> None:
    with app.app_context():
        fill()
        account = db.session.get_one(Account, "a" * 32)
        assert account.name == "もも 🍵"
        assert account.credential == Secret("c" * 64)
        assert account.created_at == NOON
        assert account.created_at.tzinfo is not None
        assert db.session.get_one(Server, "tea.example").endpoints == ["meta", "notes/timeline"]
        assert db.session.get_one(StoredSession, "i" * 64).data == bytes(range(256))
        pending = db.session.get_one(PendingSignIn, "t" * 64)
        assert (pending.app_secret, pending.verifier) == (Secret("s"), Secret("v" * 64))
        assert db.session.get_one(Submission, "s" * 64).state == "sending"


def test_times_are_compared_rightly_across_zones(app: Flask) -> None:
    with app.app_context():
        fill()
        from_tokyo = NOON.astimezone(tz=None) + timedelta(seconds=1)
        found = select(StoredSession.id_hash).where(StoredSession.expires_at < from_tokyo)
        assert db.session.scalar(found) == "i" * 64
        found = select(StoredSession.id_hash).where(StoredSession.expires_at > from_tokyo)
        assert db.session.scalar(found) is None


def test_a_credential_lies_there_sealed(app: Flask) -> None:
    with app.app_context():
        fill()
        for sql in ("SELECT credential FROM accounts", "SELECT secret FROM server_apps"):
            raw = bytes(db.session.scalars(sa.text(sql)).one())
            assert b"cccc" not in raw
            assert raw.startswith(b"gAAAA")


def test_with_an_account_goes_all_that_hangs_on_it(app: Flask) -> None:
    with app.app_context():
        fill()
        # By plain SQL: it is the database that sees to it, not our objects.
        db.session.execute(sa.text("DELETE FROM accounts"))
        db.session.commit()
        left = {name for name, count in rows().items() if count}
        with_accounts = {"accounts", "browser_sign_ins", "one_time_links", "submissions", "drafts"}
        with_accounts |= {"scheduled_notes", "deletion_rules", "found_notes"}
        with_accounts |= {"summary_plans", "measures"}
        with_accounts |= {"exports"}
        assert left == set(db.metadata.tables) - with_accounts


@pytest.mark.parametrize(
    "row",
    [
        BrowserSignIn(browser_hash="x", account_id="nobody"),
        OneTimeLink(token_hash="x", account_id="nobody", expires_at=NOON),
        Submission(form_id="x", account_id="nobody"),
        KeptDraft(account_id="nobody", data="{}", is_kept=True),
        ScheduledNote(
            account_id="nobody",
            data="{}",
            parameters="{}",
            zone="UTC",
            language="en",
            due_at=NOON,
            try_at=NOON,
        ),
        Measure(account_id="nobody", taken_at=NOON, notes=0, followers=0, following=0),
        DeletionRule(account_id="nobody", rule="{}", language="en", state="off"),
        FoundNote(
            account_id="nobody", note_id="x", place=0, kind="note", beginning="", posted_at=NOON
        ),
        Export(account_id="nobody", parts=[], with_files=False, language="en", progress="{}"),
    ],
    ids=lambda row: type(row).__name__,
)
def test_nothing_can_hang_on_an_account_that_is_not_there(app: Flask, row: Any) -> None:
    with app.app_context():
        sa.orm.make_transient(row)
        db.session.add(row)
        with pytest.raises(IntegrityError):
            db.session.commit()


def test_an_account_is_there_once(app: Flask) -> None:
    with app.app_context():
        for number in range(2):
            db.session.add(Account(host="tea.example", user_id="u", username=f"momo{number}"))
        with pytest.raises(IntegrityError):
            db.session.commit()


def test_sqlite_lets_readers_and_a_writer_work_side_by_side(settings: Settings) -> None:
    with opened(settings.database_url) as app, app.app_context():
        wanted = {"journal_mode": "wal", "foreign_keys": 1, "busy_timeout": 5000, "synchronous": 1}
        for _ in range(3):  # Of every connection, not only the first.
            with db.engine.connect() as first, db.engine.connect() as second:
                for connection in (first, second):
                    for name, value in wanted.items():
                        found = connection.execute(sa.text(f"PRAGMA {name}")).scalar()
                        assert found == value, name


# The journey ---------------------------------------------------------------


def walk(browser: Browser, sandbox: Sandbox) -> None:
    """Sign in, read home, post, delete, switch, sign out, forget."""
    page = browser.sign_in("alice")
    assert "You are signed in as @alice@" in page.text
    assert len(page.note_ids()) == 20
    browser.get("/compose")
    page = browser.submit("/compose", text="On another floor 🍵")
    assert "Posted." in page.text
    note_id = page.note_ids()[0]
    assert sandbox.world.notes[note_id].text == "On another floor 🍵"
    browser.get(f"/notes/{note_id}/delete")
    assert "The note is deleted." in browser.submit(f"/notes/{note_id}/delete").text
    browser.sign_in("bob")
    browser.get("/accounts")
    switch = next(f for f in browser.page.forms() if "/switch" in f.action)  # type: ignore[union-attr]
    assert "You are now @alice@" in browser.post(switch.action, switch.fields).text
    page = browser.get("/accounts")
    forget = next(link for link in page.links() if link.endswith("/forget"))
    browser.get(forget)
    assert "is deleted" in browser.submit(forget).text
    browser.get("/sign-out")
    browser.submit("/sign-out")
    assert not browser.is_signed_in


def test_the_whole_journey(browser: Browser, sandbox: Sandbox, app: Flask) -> None:
    walk(browser, sandbox)
    with app.app_context():
        assert rows()["browser_sign_ins"] == 0
        assert db.session.scalars(select(Account.credential)).all() == [None]


def test_the_whole_journey_with_redis(
    database_url: str, redis: RedisServer, sandbox: Sandbox
) -> None:
    with opened(database_url, redis_url=Secret(redis.url)) as app:
        walk(Browser(app, sandbox), sandbox)
        with app.app_context():
            assert rows()["sessions"] == 0


def test_redis_holds_sessions_by_the_hash_of_their_id_and_forgets_them(
    settings: Settings, redis: RedisServer, sandbox: Sandbox
) -> None:
    with opened(settings.database_url, redis_url=Secret(redis.url)) as app:
        browser = Browser(app, sandbox)
        browser.sign_in("alice")
        cookie = str(browser.cookie())
        sessions = list(redis.client.scan_iter("engawa:session:*"))
        assert len(sessions) == 1, "the one of before the sign-in is gone"
        everything = b"".join(
            key + (redis.client.get(key) or b"") for key in redis.client.scan_iter("*")
        )
        assert cookie.encode() not in everything
        assert timedelta(days=59).total_seconds() < redis.client.ttl(sessions[0]) <= 60 * 86400
        # What somebody else wrote there is no session, and nothing is run from it.
        redis.client.set(sessions[0], b"cos\nsystem\n(S'touch /tmp/engawa-was-here'\ntR.")
        assert not browser.is_signed_in
        assert not Path("/tmp/engawa-was-here").exists()  # noqa: S108


def test_a_redis_that_lost_everything_only_signs_out(
    settings: Settings, redis: RedisServer, sandbox: Sandbox
) -> None:
    with opened(settings.database_url, redis_url=Secret(redis.url)) as app:
        browser = Browser(app, sandbox)
        browser.sign_in("alice")
        browser.get("/compose")
        redis.client.flushall()
        sandbox.clear_calls()
        page = browser.submit("/compose", text="not lost")
        assert page.status == 401
        assert "not lost" in page.text
        assert sandbox.calls == []
        browser.sign_in("alice")
        assert browser.get("/compose").form("/compose").fields["text"] == "not lost"


def test_limits_in_redis_hold_for_all_processes_together(
    settings: Settings, redis: RedisServer, sandbox: Sandbox
) -> None:
    url = Secret(redis.url)
    with opened(settings.database_url, redis_url=url) as one:
        # The extension is one for all apps of a process: each half while its app is the last.
        assert begin_often(Browser(one, sandbox), 12) == [400] * 12
        with opened(settings.database_url, redis_url=url) as other:
            assert begin_often(Browser(other, sandbox), 12) == [400] * 8 + [429] * 4
    assert sandbox.calls == []


def begin_often(browser: Browser, times: int) -> list[int]:
    """The statuses of so many sign-ins at no server at all."""
    fields = browser.get("/sign-in").form("/sign-in").fields | {"server": "nowhere"}
    return [browser.post("/sign-in", fields).status for _ in range(times)]


# Many at once --------------------------------------------------------------


def test_many_people_at_once_get_in_and_write(
    new_browser: Callable[[], Browser], sandbox: Sandbox
) -> None:
    people = ["alice", "bob", "carol"] * 2
    sandbox.misbehave("notes/timeline", "answer", body=[])
    browsers = [new_browser() for _ in people]

    def live(browser: Browser, name: str, number: int) -> list[str]:
        browser.sign_in(name)
        said = []
        for turn in range(3):
            browser.get("/compose")
            page = browser.submit("/compose", text=f"{number} says {turn}")
            assert page.status == 200, page.text
            assert "Posted." in page.text
            said.append(f"{number} says {turn}")
        return said

    said = at_once(
        *[
            lambda browser=browser, name=name, number=number: live(browser, name, number)
            for number, (browser, name) in enumerate(zip(browsers, people, strict=True))
        ]
    )
    texts = [note.text for note in sandbox.world.notes.values()]
    for lines in said:
        assert [texts.count(line) for line in lines] == [1, 1, 1]


def test_many_tabs_of_one_browser_at_once(alice: Browser, sandbox: Sandbox) -> None:
    tabs = [another_tab(alice) for _ in range(8)]
    for tab in tabs:
        tab.get("/compose")
    pages = at_once(
        *[
            lambda tab=tab, number=number: tab.submit(
                "/compose", text=f"tab {number}", follow=False
            )
            for number, tab in enumerate(tabs)
        ]
    )
    assert [page.status for page in pages] == [303] * 8
    assert len(sandbox.calls_of("notes/create")) == 8


def test_a_double_click_posts_once(alice: Browser, sandbox: Sandbox) -> None:
    alice.get("/compose")
    sandbox.misbehave("notes/create", "slow", seconds=0.2)
    tabs = [another_tab(alice) for _ in range(4)]
    pages = at_once(
        *[lambda tab=tab: tab.submit("/compose", text="Only once", follow=False) for tab in tabs]
    )
    assert [page.status for page in pages] == [303] * 4
    assert len(sandbox.calls_of("notes/create")) == 1


def test_no_connection_is_held_while_a_server_thinks(
    alice: Browser, sandbox: Sandbox, app: Flask
) -> None:
    """Else few people of one slow server could use up the pool for everybody."""
    alice.get("/compose")
    tabs = [another_tab(alice) for _ in range(4)]
    note_id = next(sandbox.world.newest_first()).id
    doings: list[Callable[[], Any]] = [
        lambda: tabs[0].get("/"),
        lambda: tabs[1].get(f"/notes/{note_id}"),
        lambda: tabs[2].submit("/compose", text="psst @bob", visibility="specified"),
        lambda: tabs[3].begin_sign_in(),
    ]
    with app.app_context():
        pool = db.engine.pool
    assert isinstance(pool, QueuePool)
    sandbox.misbehave("*", "slow", seconds=0.1)
    held: list[tuple[str, int]] = []
    with ThreadPoolExecutor(1) as beside:
        for doing in doings:
            sandbox.clear_calls()
            seen = 0
            future = beside.submit(doing)
            while not future.done():
                if len(sandbox.calls) > seen:
                    seen = len(sandbox.calls)
                    held.append((sandbox.calls[-1].endpoint, pool.checkedout()))
                time.sleep(0.01)
            future.result()
    assert {"notes/timeline", "notes/show", "users/show", "notes/create", "meta"} <= dict(
        held
    ).keys()
    assert [(endpoint, count) for endpoint, count in held if count] == []


# What does not fit into a table --------------------------------------------


def test_a_zero_byte_in_a_form_is_junk_and_no_failure(alice: Browser, sandbox: Sandbox) -> None:
    alice.get("/compose")
    sandbox.clear_calls()
    page = alice.submit("/compose", text="x", account="\0")
    assert page.status == 401
    note_id = next(sandbox.world.newest_first()).id
    token = alice.get("/accounts").forms()[0].fields["csrf_token"]
    page = alice.post(f"/notes/{note_id}/delete", {"csrf_token": token, "account": "a\0b"})
    assert page.status < 500
    for path in ("/accounts/%00/forget", "/sign-in/link/%00", "/sign-in/callback?token=%00"):
        assert alice.get(path).status < 500, path
    assert sandbox.calls_of("notes/create") == sandbox.calls_of("notes/delete") == []


@dataclass(frozen=True)
class Odd:
    """Something a server may call a person, or itself."""

    endpoint: str
    values: dict[str, Any]


ODD = {
    "a name with a zero byte": Odd("auth/session/userkey", {"name": "a\0b"}),
    "a username with a zero byte": Odd("auth/session/userkey", {"username": "a\0b"}),
    "a name without end": Odd("auth/session/userkey", {"name": "n" * 10_000}),
    "a username without end": Odd("auth/session/userkey", {"username": "n" * 10_000}),
    "a picture without end": Odd("auth/session/userkey", {"avatarUrl": "https://x/" + "n" * 9000}),
    "a server's name with a zero byte": Odd("meta", {"name": "a\0b"}),
    "a server's name without end": Odd("meta", {"name": "n" * 10_000}),
    "a version without end": Odd("meta", {"version": "1\0" * 5000}),
    "a length without end": Odd("meta", {"maxNoteTextLength": 2**62}),
    "a length below nothing": Odd("meta", {"maxNoteTextLength": -5}),
}


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD.keys())
def test_what_a_server_calls_things_never_breaks_the_sign_in(
    browser: Browser, sandbox: Sandbox, odd: Odd
) -> None:
    if odd.endpoint == "meta":
        sandbox.misbehave("meta", "patch", values=odd.values)
    else:
        user = {"id": sandbox.person("alice").id, "username": "alice", **odd.values}
        sandbox.misbehave(odd.endpoint, "patch", values={"user": user})
    page = browser.sign_in("alice")
    assert page.status == 200
    assert browser.get("/compose").status == 200


def test_a_persons_id_that_is_none_stops_the_sign_in(browser: Browser, sandbox: Sandbox) -> None:
    for odd in ("u" * 1000, "a\0b", ""):
        user = {"id": odd, "username": "alice"}
        sandbox.misbehave("auth/session/userkey", "patch", values={"user": user}, times=1)
        page = browser.sign_in("alice")
        assert page.status == 502, odd[:9]
        assert "can't be used" in page.title
        assert not browser.is_signed_in
