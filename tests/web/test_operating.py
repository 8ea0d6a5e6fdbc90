"""The operator's decisions: servers turned away, sign-ups closed, a notice to all, and the
commands about servers and accounts."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from click.testing import Result
from flask import Flask

from app import house_rules
from sandbox import Sandbox
from tests import stored
from tests.browsing import Browser
from tests.house import emptied, let_in
from tests.web.cast import acting_as, callback, sign_in_at


@pytest.fixture
def app(house: Flask) -> Flask:
    """The installation of this module, empty."""
    return emptied(house)


@pytest.fixture
def alice(browser: Browser, sandbox: Sandbox) -> Browser:
    """A browser signed in as alice, and a sandbox that remembers no call."""
    let_in(browser, "alice")
    sandbox.clear_calls()
    return browser


def run(app: Flask, *words: str) -> Result:
    """Run a command of `flask`."""
    return app.test_cli_runner().invoke(args=words)


def done(app: Flask, *words: str) -> str:
    """What a command prints that succeeds."""
    result = run(app, *words)
    assert result.exit_code == 0, result.output
    return result.output


# Servers --------------------------------------------------------------------


def test_nobody_signs_in_at_a_blocked_server(
    app: Flask, browser: Browser, sandbox: Sandbox
) -> None:
    assert "is blocked" in done(app, "servers", "block", sandbox.host)
    for action in ("/sign-in", "/sign-in/device"):
        page = browser.get("/sign-in")
        fields = page.form("/sign-in").fields | {"server": sandbox.host}
        page = browser.post(action, fields)
        assert page.status == 403
        assert f"decided not to connect to {sandbox.host}" in page.text
        assert page.form("/sign-in").fields["server"] == sandbox.host, "what was typed stays"
    assert sandbox.calls == []
    assert stored.rows(app, "pending_sign_ins") == []


def test_a_sign_in_under_way_when_its_server_is_blocked_comes_to_nothing(
    app: Flask, browser: Browser, sandbox: Sandbox
) -> None:
    token = browser.begin_sign_in()
    sandbox.consent(token, "alice")
    done(app, "servers", "block", sandbox.host)
    sandbox.clear_calls()
    assert browser.get(callback(token)).status == 403
    assert sandbox.calls == []
    assert acting_as(browser) is None


def test_people_of_a_blocked_server_are_told_and_stay_signed_in(
    app: Flask, alice: Browser, sandbox: Sandbox
) -> None:
    done(app, "servers", "block", sandbox.host)
    for path in ("/", "/notifications", "/timelines/local", "/@bob"):
        page = alice.get(path)
        assert page.status == 403, path
        assert f"{sandbox.host} can't be used here" in page.title
        assert "/accounts" in page.links()
    page = alice.get("/compose")
    if page.status == 200:
        page = alice.submit("/compose", text="Not lost")
        assert page.status == 403
        assert "Not lost" in page.html
    assert sandbox.calls == []
    assert acting_as(alice) == f"@alice@{sandbox.host}"
    assert "may be used" in done(app, "servers", "allow", sandbox.host)
    assert alice.get("/").status == 200


def test_the_people_of_other_servers_notice_nothing(
    app: Flask,
    new_browser: Callable[[], Browser],
    sandbox: Sandbox,
    other_sandbox: Sandbox,
) -> None:
    done(app, "servers", "block", sandbox.host)
    browser = new_browser()
    sign_in_at(browser, other_sandbox, "alice")
    assert browser.get("/").status == 200
    assert sandbox.calls == []


def test_a_blocked_person_can_still_forget_the_account(
    app: Flask, alice: Browser, sandbox: Sandbox
) -> None:
    done(app, "servers", "block", sandbox.host)
    [row] = stored.rows(app, "accounts")
    path = f"/accounts/{row['id']}/forget"
    alice.get(path)
    alice.submit(path)
    assert stored.rows(app, "accounts") == []
    assert sandbox.calls == []


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"blocked_servers": ("127.0.0.1",)}, 303),  # Another port is another server.
        ({"allowed_servers": ("misskey.example",)}, 403),
        ({"allowed_servers": ("misskey.example", "HERE")}, 303),
        ({"allowed_servers": ("HERE",), "blocked_servers": ("HERE",)}, 403),
        ({"blocked_servers": ("HERE",)}, 403),
    ],
)
def test_servers_by_setting(
    app: Flask,
    street: Callable[..., Flask],
    sandbox: Sandbox,
    changes: dict[str, tuple[str, ...]],
    status: int,
) -> None:
    here = {
        name: tuple(host.replace("HERE", sandbox.host) for host in hosts)
        for name, hosts in changes.items()
    }
    browser = Browser(street(**here), sandbox)
    browser.get("/sign-in")
    page = browser.submit("/sign-in", server=sandbox.host, follow=False)
    assert page.status == status
    assert bool(sandbox.calls) == (status == 303)


def test_a_command_adds_to_the_allowed_ones_but_not_over_a_block_by_setting(
    app: Flask, street: Callable[..., Flask], sandbox: Sandbox
) -> None:
    listed = street(allowed_servers=("misskey.example",))
    listed.extensions.pop("engawa.house_rules", None)
    assert "may be used" in done(listed, "servers", "allow", sandbox.host)
    browser = Browser(listed, sandbox)
    browser.get("/sign-in")
    assert browser.submit("/sign-in", server=sandbox.host, follow=False).status == 303
    blocked = street(blocked_servers=(sandbox.host,))
    blocked.extensions.pop("engawa.house_rules", None)
    result = run(blocked, "servers", "allow", sandbox.host)
    assert result.exit_code == 1
    assert "still turned away" in result.output


@pytest.mark.parametrize(
    ("host", "lets_in"),
    [
        ("evil.example", True),
        ("a.evil.example", False),
        ("a.b.evil.example", False),
        ("notevil.example", True),
        ("bad.example", False),
        ("a.bad.example", True),
        ("example", True),
    ],
)
def test_a_star_stands_for_all_below_a_name(host: str, lets_in: bool) -> None:
    rules = house_rules.HouseRules(
        allowed=frozenset(),
        blocked=frozenset({"*.evil.example", "bad.example"}),
        only_allowed=False,
        notices={},
    )
    assert rules.lets_in(host) is lets_in


def test_another_process_hears_of_a_block_within_seconds(
    app: Flask,
    alice: Browser,
    sandbox: Sandbox,
) -> None:
    assert alice.get("/").status == 200
    sandbox.clear_calls()
    heard = app.extensions["engawa.house_rules"]
    with app.app_context():
        house_rules.decide(sandbox.host, "block")
    # As in a process that did not carry out the command itself.
    app.extensions["engawa.house_rules"] = heard
    heard.at -= house_rules.HEARD_WITHIN + 1
    assert alice.get("/").status == 403
    assert sandbox.calls == []


@pytest.mark.parametrize("name", ["", "a b", "https://", "10.0.0.1", "*.*", "../etc", "名前 "])
@pytest.mark.parametrize("command", ["block", "allow", "forget"])
def test_what_is_no_servers_name_changes_nothing(app: Flask, name: str, command: str) -> None:
    before = stored.everything(app)
    result = run(app, "servers", command, name)
    assert result.exit_code == 1
    assert "is no name of a server" in result.output
    assert stored.everything(app) == before


def test_the_list_of_servers(app: Flask, alice: Browser, sandbox: Sandbox) -> None:
    done(app, "servers", "block", "*.bad.example")
    done(app, "servers", "block", "bad.example")
    lines = done(app, "servers", "list").splitlines()
    assert lines[0].split() == ["1", sandbox.host, "2025.11.0"]
    assert sorted(line.split()[1:] for line in lines[1:-1]) == [
        ["*.bad.example", "-", "blocked"],
        ["bad.example", "-", "blocked"],
    ]
    assert lines[-1] == "3 servers, 1 accounts."


def test_forgetting_a_server(app: Flask, browser: Browser, sandbox: Sandbox) -> None:
    browser.sign_in("alice")
    browser.begin_sign_in()
    assert "is forgotten" in done(app, "servers", "forget", sandbox.host)
    for table in ("servers", "server_apps", "server_emojis", "pending_sign_ins"):
        assert stored.rows(app, table) == [], table
    assert len(stored.rows(app, "accounts")) == 1
    assert browser.get("/").status == 200
    done(app, "servers", "forget", sandbox.host, "--with-accounts")
    assert stored.rows(app, "accounts") == stored.rows(app, "browser_sign_ins") == []
    assert acting_as(browser) is None


# Accounts -------------------------------------------------------------------


def test_the_list_of_accounts(
    app: Flask, alice: Browser, new_browser: Callable[[], Browser], sandbox: Sandbox
) -> None:
    let_in(new_browser(), "bob")
    let_in(new_browser(), "bob")
    output = done(app, "accounts", "list")
    assert "2 accounts, 2 of them signed in, in 3 browsers." in output
    assert output.splitlines()[1].split() == ["2", sandbox.host]
    assert done(app, "accounts", "list", "--server", sandbox.host).split() == [
        f"@alice@{sandbox.host}",
        f"@bob@{sandbox.host}",
    ]


def test_forgetting_an_account(
    app: Flask, alice: Browser, new_browser: Callable[[], Browser], sandbox: Sandbox
) -> None:
    bob = let_in(new_browser(), "bob")
    assert "is deleted" in done(app, "accounts", "forget", f"@alice@{sandbox.host}")
    assert acting_as(alice) is None
    assert acting_as(bob) == f"@bob@{sandbox.host}"
    assert len(stored.rows(app, "browser_sign_ins")) == 1
    for handle in (f"@alice@{sandbox.host}", "alice", "@alice", "@@x", f"%@{sandbox.host}"):
        result = run(app, "accounts", "forget", handle)
        assert result.exit_code == 1
        assert "Traceback" not in result.output
    assert acting_as(bob) == f"@bob@{sandbox.host}"


# Sign-ups closed ------------------------------------------------------------


def test_with_sign_ups_closed_only_who_was_here_comes_in(
    app: Flask, alice: Browser, street: Callable[..., Flask], sandbox: Sandbox
) -> None:
    closed = street(sign_ups_closed=True)
    known = Browser(closed, sandbox)
    known.sign_in("alice")
    assert acting_as(known) == f"@alice@{sandbox.host}"
    stranger = Browser(closed, sandbox)
    page = stranger.sign_in("bob")
    assert page.status == 400
    assert "takes in nobody new" in page.text
    assert acting_as(stranger) is None
    assert [row["username"] for row in stored.rows(closed, "accounts")] == ["alice"]
    assert stored.rows(closed, "pending_sign_ins") == []


def test_with_sign_ups_closed_another_device_is_no_way_around(
    app: Flask, street: Callable[..., Flask], sandbox: Sandbox
) -> None:
    browser = Browser(street(sign_ups_closed=True), sandbox)
    page = browser.get("/sign-in")
    fields = page.form("/sign-in").fields | {"server": sandbox.host}
    browser.post("/sign-in/device", fields)
    [session] = sandbox.world.apps._sessions.values()
    sandbox.consent(session.token, "bob")
    assert "takes in nobody new" in browser.get("/sign-in/device?look=1").text
    assert acting_as(browser) is None
    assert stored.rows(browser.app, "accounts") == []


# A notice to all ------------------------------------------------------------


def test_a_notice_is_on_every_page_in_the_readers_language(
    app: Flask, alice: Browser, new_browser: Callable[[], Browser]
) -> None:
    words = {"en": "Back at <noon> & later", "ja": "正午に戻ります"}
    done(app, "notice", "set", "--en", words["en"], "--ja", words["ja"])
    for browser in (alice, new_browser()):
        for path in ("/", "/sign-in", "/about", "/nothing", "/settings"):
            for language in ("en", "ja"):
                page = browser.get(path, Accept_Language=language)
                [shown] = page.all("aside", class_="to-all")
                assert words[language] in "".join(shown.itertext()), (path, language)
    done(app, "notice", "clear")
    assert alice.get("/").all("aside", class_="to-all") == []


def test_a_notice_in_one_language_is_shown_to_all_and_says_which(
    app: Flask, browser: Browser
) -> None:
    done(app, "notice", "set", "--en", "first")
    done(app, "notice", "set", "--ja", "正午に戻ります")
    page = browser.get("/about", Accept_Language="en")
    [shown] = page.all("aside", class_="to-all")
    assert [p.get("lang") for p in shown.iter() if p.get("lang")] == ["ja"]
    assert "first" not in page.html


def test_a_notice_without_words_changes_nothing(app: Flask) -> None:
    done(app, "notice", "set", "--en", "stays")
    for words in ((), ("--en", "  "), ("--ja", "")):
        assert run(app, "notice", "set", *words).exit_code == 1
    assert [row["text"] for row in stored.rows(app, "service_notices")] == ["stays"]
