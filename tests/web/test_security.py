"""The guards that are on by default, walked over every address there is."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

import pytest
from flask import Flask
from itsdangerous import TimestampSigner
from werkzeug.test import TestResponse

from app.extensions import db, limiter
from app.misskey import Secret, parse_server
from app.rendering import static_url
from app.security import public
from sandbox import Sandbox
from tests import stored
from tests.browsing import ORIGIN, Browser
from tests.house import emptied, let_in
from tests.web.cast import acting_as, callback

# Every address somebody who is not signed in may reach, each on purpose.
PUBLIC = {
    "static",
    "home.home",
    "about.about",
    "about.privacy",
    "browsers.manifest",
    "browsers.look_up",
    "browsers.opensearch",
    "browsers.robots",
    "compose.form",
    "compose.post",
    "compose.share",
    "compose.keep_shared",
    # They answer 401 by themselves: a script can do nothing with a page to sign in.
    "suggestions.emoji",
    "suggestions.people",
    "live.events",
    "live.newer",
    "sign_in.form",
    "sign_in.begin",
    "sign_in.callback",
    "sign_in.oauth_callback",
    "sign_in.oauth_client",
    "sign_in.allow",
    "sign_in.allowed",
    "sign_in.begin_on_device",
    "sign_in.device",
    "sign_in.cancel",
    "sign_in.link",
    "sign_in.use_link",
    "account_settings.save",
    "accounts.index",
    "accounts.switch",
    "accounts.sign_out_page",
    "accounts.sign_out",
    "accounts.confirm_forget",
    "accounts.forget",
    "service.language",
    "service.choose_language",
    "service.healthz",
    "service.metrics_page",
    "service.readyz",
    "service.markup_styles",
    "service.settings",
    "service.change_settings",
    "service.keys",
}
NO_PAGES = {
    "static",
    "browsers.manifest",
    "browsers.opensearch",
    "browsers.robots",
    "service.healthz",
    "service.metrics_page",
    "service.readyz",
    "service.markup_styles",
}
FOREIGN = [
    "https://evil.example",
    "null",
    "https://localhost",  # Another scheme, another port, another name: another site.
    "http://localhost:8080",
    "http://127.0.0.1",
    "http://localhost.evil.example",
    "http://evil.example/localhost",
    "HTTP://LOCALHOST",
    "http://localhost/",
    "localhost",
    "",
    "file://",
    "http://localhost, https://evil.example",
]
# A page that says so, or back to the form it came from; done is nothing either way.
REFUSED = (400, 303)
HTTPS = "https://engawa.example"


@pytest.fixture
def app(house: Flask) -> Flask:
    """The installation, empty."""
    return emptied(house)


@pytest.fixture
def alice(browser: Browser, sandbox: Sandbox) -> Browser:
    """A browser signed in as alice, and a sandbox that remembers no call."""
    let_in(browser, "alice")
    sandbox.clear_calls()
    return browser


def addresses(app: Flask, method: str, account_id: str = "0" * 32) -> list[tuple[str, str]]:
    """Every endpoint that takes the method, with an address of it."""
    values: dict[str, str | int] = {
        "note_id": "abc123",
        "account_id": account_id,
        "draft_id": "d" * 32,
        "server_draft_id": "abc123",
        "token": "a-token",
        "filename": "engawa.css",
        "name": "react",
        "group_name": "profile",
        "which": "avatar",
        "kind_name": "notes",
        "acct": "bob",
        "tag": "tea",
        "row": "local",
        "kind": "lists",
        "tab": "media",
        "doing": "follow",
        "deed": "favourite",
        "decision": "pause",
        "asked": "block",
        "circle": "muted",
        "ties": "followers",
        "theirs": "clips",
        "talk": "people",
        "message_deed": "react",
        "room_deed": "join",
        "room_asked": "leave",
        "work": "pages",
        "liking": "like",
        "crowd": "new",
        "all_of_them": "show-replies",
        "far_host": "far.example",
        "bond_name": "follows",
        "year": 2026,
        "month": 11,
    }
    adapter = app.url_map.bind("localhost")
    return [
        (
            rule.endpoint,
            adapter.build(
                rule.endpoint,
                {name: values.get(name, "abc123") for name in rule.arguments},
                method,
            ),
        )
        for rule in app.url_map.iter_rules()
        if method in (rule.methods or ())
    ]


def known_token(browser: Browser) -> str:
    """The CSRF token of this browser's forms."""
    return browser.get("/language").form("/language").fields["csrf_token"]


def id_of_alice(app: Flask) -> str:
    """The id of the only account."""
    [row] = stored.rows(app, "accounts")
    return str(row["id"])


# Who is let in ------------------------------------------------------------


def test_every_address_is_guarded_or_public_on_purpose(app: Flask) -> None:
    marked = {name for name, view in app.view_functions.items() if hasattr(view, "is_public")}
    assert marked | {"static"} == PUBLIC


def test_guarded_pages_lead_to_the_sign_in_and_back(browser: Browser, sandbox: Sandbox) -> None:
    guarded = [item for item in addresses(browser.app, "GET") if item[0] not in PUBLIC]
    assert len(guarded) >= 2
    for endpoint, path in guarded:
        page = browser.get(f"{path}?until=x&a=%26", follow=False)
        assert page.status == 303, endpoint
        wanted = quote(f"{path}?until=x&a=%26", safe="")
        assert page.response.headers["Location"] == f"/sign-in?next={wanted}"
        assert "Set-Cookie" not in page.response.headers
    assert sandbox.calls == []


def test_guarded_actions_are_not_done_for_somebody_signed_out(
    browser: Browser, app: Flask, sandbox: Sandbox
) -> None:
    token = known_token(browser)
    before = stored.everything(app)
    guarded = [item for item in addresses(app, "POST") if item[0] not in PUBLIC]
    assert guarded
    for endpoint, path in guarded:
        page = browser.post(path, {"csrf_token": token}, follow=False)
        assert page.status == 303, endpoint
        assert page.response.headers["Location"] == "/sign-in?next=%2F"
    assert sandbox.calls == []
    assert stored.everything(app) == before


def test_a_new_view_is_guarded_unless_it_says_otherwise(
    make_app: Callable[..., Flask], sandbox: Sandbox
) -> None:
    app = make_app()
    reached = []
    app.add_url_rule("/new", view_func=lambda: reached.append("new") or "")
    app.add_url_rule(
        "/open", endpoint="open", view_func=public(lambda: reached.append("open") or "")
    )
    browser = Browser(app, sandbox)
    assert browser.get("/new", follow=False).response.headers["Location"] == "/sign-in?next=%2Fnew"
    assert browser.get("/open").status == 200
    assert reached == ["open"]


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS"])
def test_other_safe_methods_are_no_way_around(
    browser: Browser, sandbox: Sandbox, method: str
) -> None:
    for endpoint, path in addresses(browser.app, method):
        if endpoint not in PUBLIC:
            assert browser.client.open(path, method=method).status_code == 303, endpoint
    assert sandbox.calls == []


# Forms --------------------------------------------------------------------


@pytest.mark.parametrize("token", [None, "", "junk", "ImEi.aaaa.bbbb", "of another browser"])
def test_no_form_is_taken_without_our_token(
    alice: Browser,
    app: Flask,
    sandbox: Sandbox,
    new_browser: Callable[[], Browser],
    token: str | None,
) -> None:
    known_token(alice)  # From now on the session has one, and reading pages changes nothing.
    fields = {"server": sandbox.host, "text": "Not mine", "language": "ja"}
    if token is not None:
        fields["csrf_token"] = token
    if token == "of another browser":
        fields["csrf_token"] = known_token(new_browser())
    before = stored.everything(app)
    for endpoint, path in addresses(app, "POST", id_of_alice(app)):
        page = alice.post(path, fields, follow=False)
        assert page.status in REFUSED, endpoint
        assert "Set-Cookie" not in page.response.headers, endpoint
        assert sandbox.calls == [], endpoint
    assert stored.everything(app) == before
    assert acting_as(alice) == f"@alice@{sandbox.host}"


def test_the_page_for_a_refused_form_leads_back(alice: Browser) -> None:
    page = alice.post("/language", {"next": "/accounts", "language": "ja"})
    assert page.status == 400
    assert "/accounts" in page.links()
    page = alice.post("/language", {"next": "//evil.example", "language": "ja"})
    assert "//evil.example" not in page.html


def test_a_token_may_be_older_than_an_hour(alice: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    """Writing a note may take its time; tokens are bound to the session, not to the clock."""
    a_month_ago = TimestampSigner("x").get_timestamp() - 30 * 24 * 3600
    with monkeypatch.context() as patched:
        patched.setattr(TimestampSigner, "get_timestamp", lambda self: a_month_ago)
        token = known_token(alice)
    assert alice.post("/language", {"csrf_token": token, "language": "ja"}).status == 200


def test_nothing_is_taken_from_another_site(alice: Browser, app: Flask, sandbox: Sandbox) -> None:
    """Even with a good token, which another site has no way to know."""
    token = known_token(alice)
    fields = {"csrf_token": token, "server": sandbox.host, "text": "Not mine", "language": "ja"}
    before = stored.everything(app)
    for endpoint, path in addresses(app, "POST", id_of_alice(app)):
        for origin in FOREIGN:
            page = alice.post(path, fields, follow=False, Origin=origin)
            assert page.status == 403, (endpoint, origin)
            assert "Set-Cookie" not in page.response.headers, (endpoint, origin)
            assert "Location" not in page.response.headers, (endpoint, origin)
            assert "alice" not in page.html, (endpoint, origin)
            assert sandbox.calls == [], (endpoint, origin)
    assert stored.everything(app) == before


def test_another_sites_form_does_not_sign_anybody_out(alice: Browser, sandbox: Sandbox) -> None:
    """A browser keeps the SameSite cookie back; an answer with a new one would replace it."""
    stranger = Browser(alice.app, sandbox)
    for _, path in addresses(alice.app, "POST"):
        page = stranger.post(path, {"text": "x"}, follow=False, Origin="https://evil.example")
        assert page.status == 403
        assert "Set-Cookie" not in page.response.headers
    assert sandbox.calls == []


def test_another_sites_form_does_not_take_the_notice_away(alice: Browser, sandbox: Sandbox) -> None:
    token = known_token(alice)
    alice.post(f"/accounts/{id_of_alice(alice.app)}/switch", {"csrf_token": token}, follow=False)
    page = alice.post("/language", {}, Origin="https://evil.example")
    assert "You are now" not in page.html
    assert "You are now @alice@" in alice.get("/accounts").text


def test_a_browser_that_sends_no_origin_is_served(alice: Browser) -> None:
    token = known_token(alice)
    response = alice.client.post("/language", data={"csrf_token": token, "language": "ja"})
    assert response.status_code == 303


# Methods and addresses ----------------------------------------------------


def test_a_wrong_method_is_a_page_that_says_so(
    alice: Browser, app: Flask, sandbox: Sandbox
) -> None:
    every = sorted({path for known in ("GET", "POST") for _, path in addresses(app, known)})
    adapter = app.url_map.bind("localhost")
    token = known_token(alice)
    before = stored.everything(app)
    for method in ("GET", "POST", "PUT", "PATCH", "DELETE", "TRACE", "BREW"):
        for path in (path for path in every if not adapter.test(path, method)):
            headers = {"Accept-Language": "en", "Origin": ORIGIN}
            response = alice.client.open(
                path, method=method, data={"csrf_token": token}, headers=headers
            )
            assert response.status_code == 405, (method, path)
            assert set(response.headers["Allow"].split(", ")) & {"GET", "POST"}, path
            assert "this way" in response.get_data(as_text=True), path
    assert sandbox.calls == []
    assert stored.everything(app) == before


def test_addresses_there_are_none_of(alice: Browser, sandbox: Sandbox) -> None:
    for path in (
        "/nothing",
        "/sign-in/",
        "/static/../wsgi.py",
        "/static/..%2fwsgi.py",
        "/static/%2e%2e/wsgi.py",
        "/static//etc/passwd",
        "/.env",
        "/instance/secret_key",
        "/notes/",
        "/notes/a/b",
        "/" + "a" * 5000,
        "/%ff",
        "/%00",
        "/あ",
    ):
        assert alice.get(path).status == 404, path
    assert sandbox.calls == []


@pytest.mark.parametrize("path", ["//evil.example", "///evil.example/", "//evil.example/%2f.."])
@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_an_address_with_two_slashes_does_not_lead_away(
    browser: Browser, sandbox: Sandbox, path: str, host: str
) -> None:
    response = browser.client.get("/", environ_overrides={"PATH_INFO": path, "HTTP_HOST": host})
    place = response.headers.get("Location", f"{ORIGIN}/")
    assert place.startswith(f"{ORIGIN}/")
    assert not place.removeprefix(ORIGIN).startswith("//")
    assert sandbox.calls == []


def test_a_form_that_is_far_too_large(alice: Browser, sandbox: Sandbox) -> None:
    token = known_token(alice)
    page = alice.post("/compose", {"csrf_token": token, "text": "a" * 3 * 1024 * 1024})
    assert page.status == 413
    assert "larger than Engawa takes" in page.text
    assert sandbox.calls == []


def test_a_form_with_far_too_many_fields(alice: Browser, sandbox: Sandbox) -> None:
    fields = {f"field{number}": "x" for number in range(1500)}
    response = alice.client.post("/compose", data=fields, content_type="multipart/form-data")
    assert response.status_code == 413
    assert sandbox.calls == []


def test_a_body_that_is_no_form(alice: Browser, app: Flask, sandbox: Sandbox) -> None:
    known_token(alice)
    before = stored.everything(app)
    for body, kind in (
        (b"\xff\xfe\x00", "application/x-www-form-urlencoded"),
        (b"csrf_token=%ff%fe&text=%00", "application/x-www-form-urlencoded"),
        (b"--x\r\nContent-Disposition: nonsense", "multipart/form-data; boundary=x"),
        (b"x", "multipart/form-data"),
        (b"{", "application/json"),
        (b"csrf_token=x", "text/plain"),
        (b"", ""),
    ):
        for endpoint, path in addresses(app, "POST", id_of_alice(app)):
            response = alice.client.post(path, data=body, content_type=kind)
            assert response.status_code in REFUSED, (endpoint, kind)
    assert sandbox.calls == []
    assert stored.everything(app) == before


# What every answer carries ------------------------------------------------

POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "connect-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' https: http://127.0.0.1:* http://localhost:*",
    "media-src": "https: http://127.0.0.1:* http://localhost:*",
    "form-action": "'self'",
    "manifest-src": "'self'",
    "frame-src": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}
POLICY_OF_FILES = dict.fromkeys(
    ("default-src", "base-uri", "form-action", "frame-ancestors"), "'none'"
)


def policy_of(response: TestResponse) -> dict[str, str]:
    """The content security policy, by directive."""
    text = response.headers["Content-Security-Policy"]
    return dict(part.strip().split(" ", 1) for part in text.split(";"))


def answers_of_every_kind(app: Flask, sandbox: Sandbox) -> Iterator[tuple[str, int, TestResponse]]:
    """One answer of each kind there is: its name, the status it should have, itself."""
    browser = Browser(app, sandbox)
    english = {"Accept-Language": "en"}
    client = browser.client

    @public
    def bug() -> str:
        raise RuntimeError("a bug with s3cret-words in it")

    app.add_url_rule("/bug", view_func=bug)
    yield "page", 200, client.get("/", headers=english)
    yield "redirect", 303, client.get("/accounts", headers=english)
    yield "to its own name", 307, client.get("/", base_url="http://127.0.0.1")
    yield "bad request", 400, client.get("/sign-in/callback", headers=english)
    yield "refused form", 400, client.post("/language", headers=english)
    yield "another site", 403, client.post("/language", headers={"Origin": "null"})
    yield "not found", 404, client.get("/nothing", headers=english)
    yield "wrong method", 405, client.put("/", headers=english)
    yield "text", 200, client.get("/healthz")
    yield "static", 200, client.get(static_url("engawa.css"), buffered=True)
    yield "static, missing", 404, client.get("/static/nothing.css", buffered=True)
    yield "options", 200, client.options("/")
    yield "head", 200, client.head("/")
    yield "bug", 500, client.get("/bug", headers=english)
    browser.sign_in("alice")
    sandbox.misbehave("notes/timeline", "html", status=502)
    yield "server's fault", 502, client.get("/", headers=english)
    token = known_token(browser)
    for _ in range(21):
        limited = browser.post("/sign-in", {"csrf_token": token, "server": ""})
    yield "too many", 429, limited.response


def test_every_kind_of_answer_carries_the_headers(
    make_app: Callable[..., Flask], sandbox: Sandbox
) -> None:
    kinds = 0
    for kind, status, response in answers_of_every_kind(make_app(), sandbox):
        kinds += 1
        headers = response.headers
        assert response.status_code == status, kind
        assert headers["X-Content-Type-Options"] == "nosniff", kind
        assert headers["X-Frame-Options"] == "DENY", kind
        assert headers["Referrer-Policy"] == "same-origin", kind
        assert headers["Cross-Origin-Opener-Policy"] == "same-origin", kind
        assert headers["Cross-Origin-Resource-Policy"] == "same-origin", kind
        assert "camera=()" in headers["Permissions-Policy"], kind
        assert "Strict-Transport-Security" not in headers, kind
        policy = policy_of(response)
        if kind.startswith("static"):
            assert policy == POLICY_OF_FILES, kind
        else:
            assert {**policy, "form-action": ""} == {**POLICY, "form-action": ""}, kind
        assert "unsafe" not in str(policy), kind
        assert "*" not in str(policy).replace("127.0.0.1:*", "").replace("localhost:*", ""), kind
        if kind.startswith("static") and status == 200:
            assert "max-age=31536000" in headers["Cache-Control"], kind
        elif not kind.startswith("static"):
            assert "no-cache" in headers["Cache-Control"] or kind == "text", kind
    assert kinds == 16


def test_forms_lead_away_from_the_sign_in_pages_only(alice: Browser, app: Flask) -> None:
    away = "'self' https: http://127.0.0.1:* http://localhost:*"
    for endpoint, path in addresses(app, "GET", id_of_alice(app)):
        response = alice.client.get(path, buffered=True)
        if endpoint in ("static", "live.newer"):
            expected = "'none'"
        else:
            expected = away if endpoint.startswith("sign_in.") else "'self'"
        assert policy_of(response)["form-action"] == expected, endpoint


def test_an_installation_for_the_public_names_no_loopback(
    make_app: Callable[..., Flask], sandbox: Sandbox
) -> None:
    client = make_app(allow_loopback_servers=False).test_client()
    for path in ("/", "/sign-in"):
        policy = policy_of(client.get(path))
        assert "127.0.0.1" not in str(policy)
        assert "localhost" not in str(policy)
    assert policy_of(client.get("/sign-in"))["form-action"] == "'self' https:"


def test_a_pinned_installation_leads_to_its_server_only(make_app: Callable[..., Flask]) -> None:
    app = make_app(
        pinned_server=parse_server("misskey.example"), pinned_app_secret=Secret("s3cret")
    )
    policy = policy_of(app.test_client().get("/sign-in"))
    assert policy["form-action"] == "'self' https://misskey.example"


def test_no_page_needs_what_the_policy_forbids(alice: Browser, app: Flask) -> None:
    for endpoint, path in addresses(app, "GET", id_of_alice(app)):
        if endpoint in NO_PAGES:
            continue
        if endpoint.startswith("suggestions."):
            continue  # JSON.
        page = alice.get(path)
        assert page.foreign_scripts() == [], endpoint
        for element in page.root.iter():
            assert element.tag not in ("style", "base", "object"), endpoint
            if element.tag == "iframe":
                assert element.get("src", "").startswith("/live/newer?"), endpoint
            for name in element.attrib:
                assert name != "style", endpoint
                assert not str(name).startswith("on"), endpoint


def test_pages_are_not_kept_by_caches_on_the_way(alice: Browser, app: Flask) -> None:
    for endpoint, path in addresses(app, "GET", id_of_alice(app)):
        # The rules in the address of a sheet are nobody's own, nor is who we are.
        if endpoint not in ("static", "service.markup_styles", "sign_in.oauth_client"):
            control = alice.client.get(path).headers["Cache-Control"]
            assert "private" in control or "no-store" in control, endpoint


# Cookies ------------------------------------------------------------------


def cookies_of(response: TestResponse) -> dict[str, set[str]]:
    """The cookies an answer sets: their attributes, without the times."""
    found = {}
    for header in response.headers.getlist("Set-Cookie"):
        name, *attributes = header.split("; ")
        found[name.partition("=")[0]] = {
            part for part in attributes if not part.startswith(("Expires", "Max-Age"))
        }
    return found


def test_the_session_cookie_on_loopback(browser: Browser) -> None:
    response = browser.client.get("/sign-in")
    assert cookies_of(response) == {"engawa": {"HttpOnly", "Path=/", "SameSite=Lax"}}


def test_cookies_over_https(make_app: Callable[..., Flask]) -> None:
    client = make_app(public_url=HTTPS).test_client()
    page = client.get("/sign-in", base_url=HTTPS)
    bound = {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"}
    assert cookies_of(page) == {"__Host-engawa": bound}
    token = page.get_data(as_text=True).partition('name="csrf_token" value="')[2]
    chosen = client.post(
        "/language",
        base_url=HTTPS,
        data={"csrf_token": token.partition('"')[0], "language": "ja"},
        headers={"Origin": HTTPS, "Referer": f"{HTTPS}/sign-in"},
    )
    assert chosen.status_code == 303
    assert cookies_of(chosen) == {"engawa-language": bound}


def test_https_is_for_good(make_app: Callable[..., Flask]) -> None:
    response = make_app(public_url=HTTPS).test_client().get("/", base_url=HTTPS)
    assert response.headers["Strict-Transport-Security"] == "max-age=63072000"


def test_the_whole_way_over_https(make_app: Callable[..., Flask], sandbox: Sandbox) -> None:
    client = make_app(public_url=HTTPS).test_client()
    own = {"Origin": HTTPS, "Referer": f"{HTTPS}/sign-in", "Accept-Language": "en"}
    page = client.get("/sign-in", base_url=HTTPS).get_data(as_text=True)
    token = page.partition('name="csrf_token" value="')[2].partition('"')[0]
    fields = {"csrf_token": token, "server": sandbox.host}
    away = client.post("/sign-in", base_url=HTTPS, data=fields, headers=own)
    consent = away.headers["Location"].rpartition("/")[2]
    assert sandbox.calls_of("app/create")[0].body["callbackUrl"] == f"{HTTPS}/sign-in/callback"
    sandbox.consent(consent, "alice")
    back = client.get(callback(consent), base_url=HTTPS, headers=own)
    assert back.headers["Location"] == "/"
    home = client.get("/", base_url=HTTPS, headers=own).get_data(as_text=True)
    assert "You are signed in as @alice@" in home


def test_reading_changes_no_cookie(alice: Browser) -> None:
    alice.get("/")  # Where she is in it is kept, once.
    for path in ("/", "/notes/abc", "/nothing", "/healthz", "/static/engawa.css"):
        assert cookies_of(alice.client.get(path, buffered=True)) == {}


def test_somebody_who_only_looks_gets_no_cookie(browser: Browser, app: Flask) -> None:
    for path in ("/", "/nothing", "/healthz", "/notes/abc", "/accounts", "/static/engawa.css"):
        assert cookies_of(browser.client.get(path, buffered=True)) == {}
    assert stored.rows(app, "sessions") == []


# Bugs ---------------------------------------------------------------------


def test_a_bug_shows_no_details(
    make_app: Callable[..., Flask], sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    app = make_app()

    def bug() -> str:
        raise RuntimeError("a bug with s3cret-words in it")

    app.add_url_rule("/bug", view_func=bug)
    browser = Browser(app, sandbox)
    browser.sign_in("alice")
    page = browser.get("/bug?token=s3cret-token")
    assert page.status == 500
    assert "Something broke on our side" in page.title
    for detail in ("s3cret", "RuntimeError", "Traceback", "bug.py", "flask", str(app.root_path)):
        assert detail not in page.html
    # The operator can find it, without what stood in the address.
    assert "a bug at GET bug" in caplog.text
    assert "s3cret-token" not in caplog.text
    assert acting_as(browser) == f"@alice@{sandbox.host}"


@pytest.mark.small
def test_without_its_database_an_answer_is_still_a_sentence(
    make_app: Callable[..., Flask], sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    app = make_app()
    browser = Browser(app, sandbox)
    browser.sign_in("alice")
    sandbox.clear_calls()
    with app.app_context():
        db.engine.dispose()
    os.rename(stored.path_of(app), stored.path_of(app).with_suffix(".away"))
    for path in ("/", "/accounts", "/nothing"):
        response = browser.client.get(path, headers=browser.headers)
        assert response.status_code == 503
        assert response.headers["Retry-After"] == "60"
        assert response.mimetype == "text/plain"
        assert "Engawa's storage does not work" in response.get_data(as_text=True)
        assert "sqlite" not in response.get_data(as_text=True).lower()
        assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert sandbox.calls == []
    assert caplog.records


# Behind a proxy, and by which name ----------------------------------------


def begin_from(app: Flask, times: int, **headers: str) -> list[int]:
    """Begin so many sign-ins with these headers; what each was answered with."""
    client = app.test_client()
    page = client.get("/sign-in").get_data(as_text=True)
    token = page.partition('name="csrf_token" value="')[2].partition('"')[0]
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return [
        client.post("/sign-in", data={"csrf_token": token}, headers=named).status_code
        for _ in range(times)
    ]


def test_a_claimed_address_is_not_believed(app: Flask) -> None:
    assert begin_from(app, 20, X_Forwarded_For="203.0.113.1") == [400] * 20
    assert begin_from(app, 1, X_Forwarded_For="203.0.113.2") == [429]
    assert begin_from(app, 1, Forwarded="for=203.0.113.3") == [429]
    assert begin_from(app, 1, X_Real_IP="203.0.113.4") == [429]


def test_a_trusted_proxy_tells_people_apart(make_app: Callable[..., Flask]) -> None:
    app = make_app(trusted_proxies=1)
    assert begin_from(app, 21, X_Forwarded_For="203.0.113.1") == [400] * 20 + [429]
    assert begin_from(app, 1, X_Forwarded_For="203.0.113.2") == [400]
    # Only what the proxy itself wrote counts, not what it was told.
    assert begin_from(app, 1, X_Forwarded_For="203.0.113.9, 203.0.113.1") == [429]


def test_a_claimed_name_or_scheme_is_not_believed(browser: Browser) -> None:
    response = browser.client.get(
        "/accounts", headers={"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https"}
    )
    assert response.headers["Location"] == "/sign-in"
    page = browser.client.get("/sign-in", headers={"X-Forwarded-Host": "evil.example"})
    assert "evil.example" not in page.get_data(as_text=True)


def test_a_wrong_name_of_ours_is_not_repeated(browser: Browser, sandbox: Sandbox) -> None:
    for host in ("evil.example", "evil.example:80", "localhost:8080", "a b", "<b>", "[::1]", "あ"):
        for path in ("/", "/sign-in", "/nothing", "/accounts"):
            response = browser.client.get(path, headers={"Host": host})
            shown = response.get_data(as_text=True) + response.headers.get("Location", "")
            assert "evil.example" not in shown, path
            assert response.status_code < 500, host
    assert sandbox.calls == []


def test_another_loopback_name_leads_to_our_own(browser: Browser, sandbox: Sandbox) -> None:
    response = browser.client.get("/sign-in?server=a&next=/compose", base_url="http://127.0.0.1")
    assert response.status_code == 307
    assert response.headers["Location"] == f"{ORIGIN}/sign-in?server=a&next=/compose"
    assert cookies_of(response) == {}
    assert sandbox.calls == []


def test_with_a_port_too(make_app: Callable[..., Flask]) -> None:
    client = make_app(public_url="http://127.0.0.1:8000").test_client()
    moved = client.get("/?until=x", base_url="http://localhost:8000")
    assert moved.headers["Location"] == "http://127.0.0.1:8000/?until=x"
    assert client.get("/", base_url="http://127.0.0.1:8000").status_code == 200
    # Another port is another program's business, or a proxy's.
    assert client.get("/", base_url="http://localhost:9000").status_code == 200


def test_a_public_installation_leaves_names_to_its_proxy(make_app: Callable[..., Flask]) -> None:
    client = make_app(public_url=HTTPS).test_client()
    assert client.get("/healthz", base_url="http://127.0.0.1").status_code == 200
    assert client.get("/", base_url="http://localhost").status_code == 200


# Limits -------------------------------------------------------------------


def test_beginning_sign_ins_is_limited(browser: Browser, app: Flask, sandbox: Sandbox) -> None:
    token = known_token(browser)
    fields = {"csrf_token": token, "server": "10.0.0.1"}
    assert [browser.post("/sign-in", fields).status for _ in range(20)] == [400] * 20
    page = browser.post("/sign-in", {**fields, "server": sandbox.host})
    assert page.status == 429
    assert "Too many" in page.title
    assert int(page.response.headers["Retry-After"]) > 0
    assert sandbox.calls == []
    assert stored.rows(app, "pending_sign_ins") == []
    assert browser.get("/sign-in").status == 200
    with app.app_context():
        limiter.reset()  # As ten minutes do.
    assert browser.post("/sign-in", fields).status == 400


@pytest.mark.parametrize("path", ["/sign-in/callback?token=x", "/sign-in/allow", "/sign-in/link/x"])
def test_trying_to_finish_sign_ins_is_limited(
    browser: Browser, sandbox: Sandbox, path: str
) -> None:
    fields: dict[str, Any] = {"csrf_token": known_token(browser)}

    def attempt() -> int:
        if "callback" in path:
            return browser.get(path).status
        return browser.post(path, fields).status

    assert {attempt() for _ in range(60)} == {400}
    assert attempt() == 429
    assert sandbox.calls == []


def test_reading_is_not_limited_by_us(browser: Browser) -> None:
    assert {browser.client.get("/sign-in").status_code for _ in range(80)} == {200}


def test_limits_of_one_address_are_not_anothers(
    browser: Browser, app: Flask, sandbox: Sandbox
) -> None:
    begin_from(app, 21)
    token = known_token(browser)
    response = browser.client.post(
        "/sign-in",
        data={"csrf_token": token, "server": sandbox.host},
        environ_base={"REMOTE_ADDR": "203.0.113.7"},
    )
    assert response.headers["Location"].startswith(f"{sandbox.url}/auth/")


@pytest.mark.parametrize("host", ["a" * 70 + ".example", "x..example", ".", "évil", "a b", ""])
def test_a_host_that_is_no_name_gets_a_sentence(
    browser: Browser, sandbox: Sandbox, host: str, caplog: pytest.LogCaptureFixture
) -> None:
    for method in ("GET", "POST"):
        response = browser.client.open("/", method=method, headers={"Host": host})
        assert response.status_code < 500
        assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert "Traceback" not in caplog.text
    assert sandbox.calls == []
