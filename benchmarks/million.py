"""Whether it matters how many accounts there are, and how many jobs are done: sign-in, home
and picking the next job, with a thousand of each and with a million and ten.

    python benchmarks/million.py                    a million and ten million: needs 8 GB
    python benchmarks/million.py --accounts 20000   a try; jobs are always ten times as many

Two databases of one PostgreSQL (and one Redis) of its own, filled by SQL, each with an
Engawa; the two take turns at everything, so that a busy moment of the machine falls on both.
A server is a sandbox that answers at once. Needs the system's PostgreSQL and Redis.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from statistics import median
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))

from cryptography.fernet import Fernet
from flask import Flask
from flask_migrate import upgrade
from sqlalchemy import event, select, text

from app import away, exporting, posting
from app.extensions import db, limiter
from app.misskey import Secret
from app.models import Account, ScheduledNote
from app.settings import Settings
from app.vault import current_vault
from benchmarks.home import Measure
from sandbox import Sandbox
from tests.browsing import Browser
from tests.faults.databases import postgresql, redis_server
from tests.house import let_in, open_house

FEW = 1000
DUE = 100
"""Notes that are due at the moment, in both."""

MOST = 1.2

# Foreign keys are right as they are made, and not looked up ten million times.
FILL = """
SET session_replication_role = replica;
INSERT INTO servers (host, version, max_note_length, endpoints, asked_at)
    SELECT 'server' || n || '.example', '2025.11.0', 3000, '[]', now()
    FROM generate_series(1, 1000) n;
INSERT INTO accounts (id, host, user_id, username, credential, troubled_notes, created_at)
    SELECT md5(n::text), 'server' || 1 + n % 1000 || '.example', 'u' || n, 'user' || n,
        :sealed, 0, now() - n % 400 * interval '1 day'
    FROM generate_series(1, :accounts) n;
INSERT INTO browser_sign_ins (browser_hash, account_id, created_at, seen_at)
    SELECT md5('b' || n) || md5('c' || n), md5(n::text), now() - interval '40 days',
        now() - n % 29 * interval '1 day'
    FROM generate_series(1, :accounts) n;
INSERT INTO scheduled_notes (id, account_id, data, parameters, due_at, zone, language, state,
        turn, try_at, tries, looks, note_id)
    SELECT md5('s' || n), md5((1 + n % :accounts)::text), '{"text":"It was posted long ago."}',
        '{"text":"It was posted long ago."}', now() - n % 600000 * interval '1 second',
        'Asia/Tokyo', 'ja', 'done', 2, now() - n % 600000 * interval '1 second', 0, 0, 'n' || n
    FROM generate_series(1, :jobs) n;
INSERT INTO scheduled_notes (id, account_id, data, parameters, due_at, zone, language, state,
        turn, try_at, tries, looks)
    SELECT md5('w' || n), md5(n::text), '{"text":"Now."}', '{"text":"Now."}', now(),
        'Asia/Tokyo', 'ja', 'waiting', 0, now(), 0, 0
    FROM generate_series(1, :due) n;
SET session_replication_role = DEFAULT;
"""


def fill(app: Flask, accounts: int, jobs: int) -> None:
    """So many accounts, each signed in with a browser, and so many notes that were posted."""
    values: dict[str, Any] = {"accounts": accounts, "jobs": jobs, "due": DUE}
    with app.app_context():
        values["sealed"] = current_vault().seal(Secret("c" * 64))
        for statement in filter(str.strip, FILL.split(";")):
            names = [name for name in values if f":{name}" in statement]
            db.session.execute(text(statement), {name: values[name] for name in names})
        db.session.commit()
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))


class Here:
    """One installation, and how long the database took over what was asked of it last."""

    def __init__(self, app: Flask, sandbox: Sandbox) -> None:
        self.app, self.sandbox = app, sandbox
        self.person = let_in(Browser(app, sandbox), "alice")
        self.database = 0.0
        with app.app_context():
            event.listen(db.engine, "before_cursor_execute", self._begin)
            event.listen(db.engine, "after_cursor_execute", self._end)
            self.busy = db.session.scalars(
                select(ScheduledNote.account_id).where(ScheduledNote.state == "waiting").limit(1)
            ).one()

    def _begin(self, *_: Any) -> None:
        self._began = time.perf_counter()

    def _end(self, *_: Any) -> None:
        self.database += time.perf_counter() - self._began

    def sign_in(self) -> None:
        """The whole way, with a browser that was never here."""
        with self.app.app_context():
            limiter.reset()
        Browser(self.app, self.sandbox).sign_in("bob")

    def home(self) -> None:
        """Open home."""
        if self.person.get("/").status != 200:
            raise RuntimeError("home failed")

    def next_job(self) -> None:
        """What a worker asks every few seconds, and then of one account."""
        with self.app.app_context():
            if len(posting.accounts_due()) != DUE:
                raise RuntimeError("not all that is due was found")
            exporting.due()
            if posting._next(self.busy) is None:
                raise RuntimeError("the next job was not found")

    def after_job(self) -> None:
        """What is asked once a note was posted: whether the credential is still needed."""
        with self.app.app_context():
            account = db.session.scalars(select(Account).where(Account.id == self.busy)).one()
            away.let_go(account.id)


DOINGS: tuple[tuple[str, Callable[[Here], None], int], ...] = (
    ("sign-in", Here.sign_in, 20),
    ("home", Here.home, 60),
    ("picking the next job", Here.next_job, 100),
    ("the end of a job", Here.after_job, 60),
)


def measured(few: Here, many: Here) -> list[Measure]:
    """Each doing on both in turns: medians, and the one as a multiple of the other."""
    found = []
    for name, doing, rounds in DOINGS:
        whole: dict[Here, list[float]] = {few: [], many: []}
        database: dict[Here, list[float]] = {few: [], many: []}
        for number in range(rounds + 5):
            for here in (few, many):
                here.database, began = 0.0, time.perf_counter()
                doing(here)
                if number >= 5:
                    whole[here].append((time.perf_counter() - began) * 1000)
                    database[here].append(here.database * 1000)
        for title, taken in (("", whole), (", the database's part", database)):
            for word, here in (("few", few), ("many", many)):
                found.append(Measure(f"{name}{title}, {word}", median(taken[here]), "ms"))
        multiple = median(whole[many]) / median(whole[few])
        found.append(Measure(f"{name}, as a multiple", multiple, "x", MOST))
    return found


@contextmanager
def installations() -> Iterator[tuple[Flask, Flask]]:
    """Two, on databases of their own."""
    settings = Settings(
        public_url="http://localhost",
        secret_key=Secret("a secret key that is long enough for benchmarks"),
        credential_keys=(Secret(Fernet.generate_key().decode()),),
        allow_loopback_servers=True,
    )
    with ExitStack() as open_ones, postgresql() as cluster, redis_server() as redis:
        apps = []
        for number in range(2):
            app = open_ones.enter_context(
                open_house(
                    replace(
                        settings,
                        database_url=cluster.url(cluster.new_database()),
                        redis_url=Secret(f"{redis.url}?db={number}"),
                    )
                )
            )
            with app.app_context():
                upgrade()
            apps.append(app)
        yield apps[0], apps[1]
        open_ones.close()


def main() -> int:
    """Fill, measure, print, judge; the exit status."""
    parser = argparse.ArgumentParser(description="Whether it matters how many there are.")
    parser.add_argument("--accounts", type=int, default=1_000_000, help="how many are many")
    parser.add_argument("--no-judge", action="store_true", help="print, and never fail")
    options = parser.parse_args()
    accounts, jobs = options.accounts, options.accounts * 10
    with installations() as (thousand, million), Sandbox() as sandbox:
        began = time.monotonic()
        fill(thousand, FEW, FEW)
        fill(million, accounts, jobs)
        print(
            f"few: {FEW:,} accounts, {FEW:,} jobs; many: {accounts:,} and {jobs:,} "
            f"(filled in {time.monotonic() - began:.0f} s)",
            flush=True,
        )
        found = measured(Here(thousand, sandbox), Here(million, sandbox))
    for measure in found:
        print(measure)
    missed = [measure.name for measure in found if measure.is_missed]
    if missed:
        print(f"Missed: {', '.join(missed)}.")
    return 1 if missed and not options.no_judge else 0


if __name__ == "__main__":
    sys.exit(main())
