"""What people type where a server is asked for, and what hostile people type there."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.misskey.address import AddressRefused, ServerAddress, display_host, parse_server
from tests.unit.machines import at_most

TAKEN = {
    "misskey.io": "misskey.io",
    "  misskey.io \n": "misskey.io",
    "\u3000misskey.io\u3000": "misskey.io",
    "MISSKEY.IO": "misskey.io",
    "misskey.io.": "misskey.io",
    "https://misskey.io": "misskey.io",
    "https://misskey.io/": "misskey.io",
    "HTTPS://Misskey.IO/": "misskey.io",
    "@alice@misskey.io": "misskey.io",
    "alice@misskey.io": "misskey.io",
    "@misskey.io": "misskey.io",
    "@Alice_2.x-y@misskey.io/": "misskey.io",
    "ｍｉｓｓｋｅｙ．ｉｏ": "misskey.io",
    "ｈｔｔｐｓ：／／ｍｉｓｓｋｅｙ．ｉｏ／": "misskey.io",
    "＠ａｌｉｃｅ＠ｍｉｓｓｋｅｙ．ｉｏ": "misskey.io",
    "misskey。io": "misskey.io",
    "misskey.io。": "misskey.io",
    "ﾐｽｷｰ.example": "xn--nckxa7i0e.example",
    "ミスキー.example": "xn--nckxa7i0e.example",
    "日本語.jp": "xn--wgv71a119e.jp",
    "https://にじみす.example/": "xn--78jc6c4d.example",
    "XN--WGV71A119E.jp": "xn--wgv71a119e.jp",
    "straße.example": "xn--strae-oqa.example",
    "misskey.io:443": "misskey.io",
    "misskey.io:0443": "misskey.io",
    "misskey.io:8443": "misskey.io:8443",
    "https://misskey.io:8443/": "misskey.io:8443",
    "@alice@misskey.io:8443": "misskey.io:8443",
    "misskey.io：８４４３": "misskey.io:8443",
    "日本語.jp:65535": "xn--wgv71a119e.jp:65535",
    "a.b.c.d.misskey.io": "a.b.c.d.misskey.io",
    "1.misskey.io": "1.misskey.io",
    "127.0.0.1.nip.io": "127.0.0.1.nip.io",
    "0x7f.example": "0x7f.example",
    "xn--p1ai.xn--p1ai": "xn--p1ai.xn--p1ai",
    f"{'a' * 63}.example": f"{'a' * 63}.example",
}

LOOPBACK = {
    "localhost": "localhost",
    "LOCALHOST:3000": "localhost:3000",
    "http://localhost:3000/": "localhost:3000",
    "http://localhost:80": "localhost",
    "127.0.0.1": "127.0.0.1",
    "127.0.0.1:3000": "127.0.0.1:3000",
    "http://127.255.255.254:1": "127.255.255.254:1",
    "@alice@127.0.0.1:3000": "127.0.0.1:3000",
    "[::1]": "[::1]",
    "http://[::1]:3000/": "[::1]:3000",
    "[0:0:0:0:0:0:0:1]:3000": "[0:0:0:0:0:0:0:1]:3000",
    "１２７．０．０．１": "127.0.0.1",
}

REFUSED = [
    ("", "empty"),
    (" \t\n\u3000", "empty"),
    # Not https, or not even a server
    ("http://misskey.io", "scheme"),
    ("HTTP://misskey.io/", "scheme"),
    ("ftp://misskey.io", "scheme"),
    ("file:///etc/passwd", "scheme"),
    ("gopher://127.0.0.1:70/_", "scheme"),
    ("javascript:alert(1)", "scheme"),
    ("data:text/html,x", "scheme"),
    ("unix:/run/docker.sock", "scheme"),
    ("https:misskey.io", "scheme"),
    ("https:/misskey.io", "scheme"),
    ("//misskey.io", "scheme"),
    ("/misskey.io", "scheme"),
    ("misskey.io://x", "scheme"),
    ("misskey.io:", "scheme"),
    ("misskey.io:https", "scheme"),
    ("misskey.io:123456", "scheme"),
    ("misskey.io:-1", "scheme"),
    # Credentials, and names dressed up as others
    ("https://alice:secret@misskey.io", "credentials"),
    ("https://misskey.io@evil.example", "credentials"),
    ("https://@misskey.io", "credentials"),
    ("alice:secret@misskey.io", "credentials"),
    ("@a@b@misskey.io", "credentials"),
    ("a b@misskey.io", "name"),
    ("%61lice@misskey.io", "credentials"),
    # More than a server
    ("misskey.io/@alice", "path"),
    ("https://misskey.io/api", "path"),
    ("https://misskey.io//", "path"),
    ("https:///misskey.io", "path"),
    ("misskey.io?x", "path"),
    ("misskey.io#x", "path"),
    ("https://misskey.io#@evil.example/", "path"),
    ("https://misskey.io?@evil.example/", "path"),
    ("https://misskey.io\\@evil.example", "path"),
    ("misskey.io\\", "path"),
    ("misskey.io/..", "path"),
    ("℀.example", "path"),
    # Addresses in numbers: private, public, mapped, and in every disguise
    ("10.0.0.1", "number"),
    ("172.16.0.1", "number"),
    ("192.168.0.1:8080", "number"),
    ("169.254.169.254", "number"),
    ("100.64.0.1", "number"),
    ("0.0.0.0", "number"),
    ("255.255.255.255", "number"),
    ("224.0.0.1", "number"),
    ("8.8.8.8", "number"),
    ("https://8.8.8.8/", "number"),
    ("@alice@8.8.8.8", "number"),
    ("8.8.8.8.", "number"),
    ("8.8.8.8。", "number"),
    ("2130706433", "number"),
    ("127.1", "number"),
    ("127.0.1", "number"),
    ("0", "number"),
    ("0177.0.0.1", "number"),
    ("0x7f.0.0.1", "number"),
    ("0x7f000001", "number"),
    ("0X7F000001", "number"),
    ("0x", "number"),
    ("example.0x7f", "number"),
    ("example.1", "number"),
    ("１０.０.０.１", "number"),
    ("①②⑦.1", "number"),
    ("127.0.0.256", "number"),
    ("[fd00::1]", "number"),
    ("[fe80::1]", "number"),
    ("[fe80::1%eth0]", "number"),
    ("[::]", "number"),
    ("[::ffff:127.0.0.1]", "number"),
    ("[::ffff:7f00:1]:443", "number"),
    ("[::127.0.0.1]", "number"),
    ("[64:ff9b::7f00:1]", "number"),
    ("[2001:4860:4860::8888]", "number"),
    ("[::1%lo]", "number"),
    ("[127.0.0.1]", "number"),
    ("[misskey.io]", "number"),
    # This machine
    ("localhost", "loopback"),
    ("LocalHost:5000", "loopback"),
    ("http://localhost", "loopback"),
    ("127.0.0.1", "loopback"),
    ("127.9.9.9:443", "loopback"),
    ("[::1]", "loopback"),
    ("[::1]:443", "loopback"),
    ("localhost.", "name"),
    ("localhost。", "name"),
    ("evil.localhost", "name"),
    ("evil.localhost.", "name"),
    ("evil.localhost。", "name"),
    # No names
    ("misskey", "name"),
    (".", "name"),
    ("..", "name"),
    ("@", "name"),
    ("alice@", "name"),
    (".misskey.io", "name"),
    ("misskey..io", "name"),
    ("misskey.io..", "name"),
    ("misskey.。io", "name"),
    ("misskey_x.io", "name"),
    ("-misskey.io", "name"),
    ("misskey-.io", "name"),
    ("misskey.io-", "name"),
    ("mis skey.io", "name"),
    ("misskey.io evil.example", "name"),
    ("misskey!.io", "name"),
    ("misskey%2eio", "name"),
    ("misskey%00.io", "name"),
    ("misskey.io;evil.example", "name"),
    ("misskey.io,evil.example", "name"),
    ("misskey.io'\"><script>", "name"),
    ("misskey.io&x", "name"),
    ("xn--a.example", "name"),
    ("xn--.example", "name"),
    ("[::1]x", "name"),
    ("[::1", "name"),
    ("☃️\u20e3.example", "name"),
    # What cannot be seen
    ("misskey.io\x00", "name"),
    ("misskey\x00.io", "name"),
    ("misskey\r\n.io", "name"),
    ("misskey\t.io", "name"),
    ("misskey\x7f.io", "name"),
    ("misskey\x85.io", "name"),
    ("misskey\u200b.io", "name"),
    ("misskey\u200d.io", "name"),
    ("misskey\u2060.io", "name"),
    ("\ufeffmisskey.io", "name"),
    ("misskey\u00ad.io", "name"),
    ("misskey\u202e.io", "name"),
    ("\u2066misskey.io\u2069", "name"),
    ("misskey\u2028.io", "name"),
    ("misskey\u00a0.io", "name"),
    ("misskey\ud800.io", "name"),
    # Too long
    (f"{'a' * 64}.example", "name"),
    ("a." * 130 + "example", "name"),
    ("a" * 301, "name"),
    ("https://misskey.io/" + " " * 300 + "x", "name"),
    # Ports
    ("misskey.io:0", "port"),
    ("misskey.io:65536", "port"),
    ("misskey.io:99999", "port"),
    ("https://misskey.io:", "port"),
    ("https://misskey.io:x", "port"),
    ("https://misskey.io:80:90", "port"),
    ("https://misskey.io:-1", "port"),
    ("https://misskey.io:+1", "port"),
    ("https://misskey.io:٤٤٣", "port"),
    ("[::1]:0", "port"),
    ("::1", "port"),
]


@pytest.mark.parametrize(("typed", "host"), TAKEN.items())
@pytest.mark.parametrize("allow_loopback", [False, True])
def test_server_is_understood(typed: str, host: str, allow_loopback: bool) -> None:
    address = parse_server(typed, allow_loopback=allow_loopback)
    assert address == ServerAddress(host)
    assert address.origin == f"https://{host}"


@pytest.mark.parametrize(("typed", "host"), LOOPBACK.items())
def test_loopback_is_understood_where_it_is_allowed(typed: str, host: str) -> None:
    address = parse_server(typed, allow_loopback=True)
    assert address == ServerAddress(host, is_loopback=True)
    assert address.origin == f"http://{host}"
    with pytest.raises(AddressRefused) as refused:
        parse_server(typed)
    assert refused.value.reason == "loopback"


@pytest.mark.parametrize(("typed", "reason"), REFUSED)
def test_anything_else_is_refused_with_its_reason(typed: str, reason: str) -> None:
    with pytest.raises(AddressRefused) as refused:
        parse_server(typed)
    assert refused.value.reason == reason
    # The text of the exception is the reason, and never what was typed.
    assert str(refused.value) == reason


@pytest.mark.parametrize(
    ("typed", "reason"), [(typed, why) for typed, why in REFUSED if why != "loopback"]
)
def test_allowing_loopback_allows_nothing_else(typed: str, reason: str) -> None:
    with pytest.raises(AddressRefused) as refused:
        parse_server(typed, allow_loopback=True)
    assert refused.value.reason == reason


def test_hostile_table_is_not_thinned_out() -> None:
    assert len({typed for typed, _ in REFUSED}) == len(REFUSED) >= 40


@pytest.mark.parametrize(
    "typed",
    [
        "a" + "\u0315\u0300" * 500_000 + ".example",
        "a." * 500_000,
        "@" * 1_000_000,
        "ﷺ" * 1_000_000,
    ],
    ids=["combining marks", "labels", "at signs", "letters that grow"],
)
def test_very_long_input_is_refused_at_once(typed: str) -> None:
    with at_most(0.2), pytest.raises(AddressRefused):
        parse_server(typed)


@pytest.mark.parametrize(
    ("host", "shown"),
    [
        ("misskey.io", "misskey.io"),
        ("xn--wgv71a119e.jp", "日本語.jp"),
        ("xn--wgv71a119e.jp:8443", "日本語.jp:8443"),
        ("xn--nckxa7i0e.xn--wgv71a119e.example", "ミスキー.日本語.example"),
        ("127.0.0.1:3000", "127.0.0.1:3000"),
        ("[::1]:3000", "[::1]:3000"),
        # From a server's answer it may be anything.
        ("xn--a.example", "xn--a.example"),
        ("xn--", "xn--"),
        ("", ""),
    ],
)
def test_host_is_shown_as_people_write_it(host: str, shown: str) -> None:
    assert display_host(host) == shown
    assert ServerAddress(host).display == shown


_PIECES = st.sampled_from(
    [
        *("https://", "http://", "@", "alice", ".", "。", "．", ":", "/", "\\", "[", "]", "::1"),
        *("localhost", "127.0.0.1", "0x7f", "xn--", "443", "80", "%", "日本", "ß", "\u200b", "io"),
    ]
)
_TYPED = st.one_of(st.text(max_size=40), st.lists(_PIECES, max_size=8).map("".join))


@given(_TYPED, st.booleans())
@example("misskey.io。", False)
@example("1.2.3.4。", False)
@example("[::1%25lo]", True)
@example("127.0.0.1]", True)
@settings(max_examples=300)
def test_whatever_is_typed_is_refused_or_means_the_same_again(typed: str, loopback: bool) -> None:
    try:
        address = parse_server(typed, allow_loopback=loopback)
    except AddressRefused:
        return
    assert parse_server(address.host, allow_loopback=loopback) == address
    assert parse_server(address.origin, allow_loopback=loopback) == address
    assert parse_server(address.display, allow_loopback=loopback) == address
    assert address.host.isascii()
    assert address.host == address.host.lower()
    assert address.is_loopback <= loopback


@given(st.text())
def test_any_host_can_be_shown(host: str) -> None:
    assert isinstance(display_host(host), str)
