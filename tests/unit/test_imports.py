"""Who may know whom: read from the source, so that it holds for imports inside of
functions too. The rule is that of the architecture: imports run one way."""

from __future__ import annotations

import ast
import re
import sys
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

# What opens sockets to other machines, or makes it easy to.
NETWORK = {
    *("socket", "ssl", "asyncio", "socketserver", "selectors", "ftplib", "smtplib", "imaplib"),
    *("http.client", "http.server", "urllib.request", "xmlrpc"),
    *("requests", "urllib3", "httpx", "aiohttp", "websockets", "websocket", "pycurl"),
}
# The last one knocks at the operator's own door, on the operator's command.
DOORS = {"app/misskey/transport.py", "app/misskey/streaming.py", "app/checks.py"}
WEB = {
    *("flask", "flask_babel", "flask_session", "flask_sqlalchemy", "flask_wtf", "flask_limiter"),
    *("flask_migrate", "flask_compress", "werkzeug", "jinja2", "markupsafe", "sqlalchemy"),
}
# They carry out what they read.
CARELESS = {"pickle", "shelve", "marshal", "dill", "yaml"}


def imports_of(
    source: str, module: str, *, is_package: bool = False, with_types: bool = True
) -> set[str]:
    """The dotted names that a module's source imports, relative ones made whole; with or
    without those that only serve as types.

    `from a import b` gives `a` and `a.b`: b may be a module.
    """
    package = module if is_package else module.rpartition(".")[0]
    found: set[str] = set()
    tree = ast.parse(source)
    for_types = {
        inner
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if node in for_types and not with_types:
            continue
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parts = package.split(".")
                above = ".".join(parts[: len(parts) - node.level + 1])
                base = f"{above}.{base}".rstrip(".")
            found.add(base)
            found.update(f"{base}.{alias.name}" for alias in node.names)
    return found


def module_of(file: Path) -> str:
    """`app.misskey.client` for its file, `app.misskey` for its `__init__`."""
    parts = file.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _read(folder: str, *, with_types: bool = True) -> dict[str, set[str]]:
    return {
        module_of(file): imports_of(
            file.read_text(),
            module_of(file),
            is_package=file.name == "__init__.py",
            with_types=with_types,
        )
        for file in sorted((ROOT / folder).rglob("*.py"))
    }


APP, SANDBOX = _read("app"), _read("sandbox")


def within(names: set[str], *roots: str) -> set[str]:
    """Those of the names that are one of the roots or lie below it."""
    return {name for name in names if any(f"{name}.".startswith(f"{root}.") for root in roots)}


def test_reader_of_imports_sees_every_kind() -> None:
    source = """
import os, app.views.home as home
from app import models
from . import errors
from ..sessions import LIFETIME
def later():
    from app.cli import add
    import socket
"""
    assert imports_of(source, "app.misskey.client") == {
        *("os", "app.views.home", "app", "app.models", "app.misskey", "app.misskey.errors"),
        *("app.sessions", "app.sessions.LIFETIME", "app.cli", "app.cli.add", "socket"),
    }
    assert imports_of("from . import a", "app.misskey", is_package=True) == {
        "app.misskey",
        "app.misskey.a",
    }
    source = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import app.views"
    assert "app.views" in imports_of(source, "app.models")
    assert "app.views" not in imports_of(source, "app.models", with_types=False)
    assert within({"app.misskey", "app.misskeyed", "http"}, "app.misskey", "http.client") == {
        "app.misskey"
    }
    assert {"app", "app.misskey", "app.misskey.transport", "app.views"} <= APP.keys()
    assert {"sandbox", "sandbox.endpoints.notes"} <= SANDBOX.keys()


@pytest.mark.parametrize("package", sorted({"app.misskey", "app.mfm"} & APP.keys()))
def test_protocol_and_markup_know_nothing_of_the_app(package: str) -> None:
    for module in within(set(APP), package):
        of_app = within(APP[module], "app") - within(APP[module], package)
        assert of_app == set(), module
        assert within(APP[module], *WEB) == set(), module


@pytest.mark.parametrize(
    ("module", "may_know"),
    [
        ("app.extensions", []),
        ("app.languages", []),
        ("app.settings", ["app.misskey"]),
        ("app.vault", ["app.misskey"]),
        ("app.models", ["app.misskey", "app.extensions", "app.vault"]),
    ],
)
def test_ground_floor_knows_only_what_lies_below(module: str, may_know: list[str]) -> None:
    assert within(APP[module], "app") - within(APP[module], *may_know) == set()


@pytest.mark.parametrize("module", sorted(set(APP) - {"app"}))
def test_rooms_do_not_know_who_uses_them(module: str) -> None:
    if not within({module}, "app.views", "app.jobs", "app.cli"):
        assert within(APP[module], "app.views", "app.jobs", "app.cli") == set()


@pytest.mark.parametrize("module", sorted(within(set(APP), "app.views") - {"app.views"}))
def test_views_do_not_know_each_other(module: str) -> None:
    assert within(APP[module], "app.views") == set()


def test_no_circle() -> None:
    graph = {
        module: {name for name in names if name in APP and name != module and name != "app"}
        for module, names in _read("app", with_types=False).items()
        if module != "app"
    }
    # A package's own module stands for its face, which imports the modules below it.
    for module in graph:
        graph[module] = {name for name in graph[module] if not module.startswith(f"{name}.")}
    assert list(TopologicalSorter(graph).static_order())


def test_sandbox_cannot_share_our_mistakes() -> None:
    for module, names in SANDBOX.items():
        assert within(names, "app", "tests") == set(), module
        outside = {name.partition(".")[0] for name in names} - {"sandbox"}
        assert outside <= set(sys.stdlib_module_names), module


def test_app_knows_neither_sandbox_nor_tests() -> None:
    for module, names in APP.items():
        assert within(names, "sandbox", "tests", "benchmarks", "scripts") == set(), module


@pytest.mark.parametrize("file", sorted((ROOT / "app").rglob("*.py")), ids=module_of)
def test_only_the_doors_open_sockets(file: Path) -> None:
    names = within(APP[module_of(file)], *NETWORK)
    if file.relative_to(ROOT).as_posix() in DOORS:
        assert names
    else:
        assert names == set()


def test_nothing_carries_out_what_it_reads() -> None:
    for module, names in APP.items():
        assert within(names, *CARELESS) == set(), module


@pytest.mark.parametrize("folder", ["app", "sandbox"])
def test_files_are_named_by_what_is_in_them(folder: str) -> None:
    names = {file.stem for file in (ROOT / folder).rglob("*.py")}
    assert names
    for name in names:
        assert not re.search(r"util|helper|manager|common|misc(?!key)", name)


# Templates ------------------------------------------------------------------------------

TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
FORBIDDEN = {
    "inline style": r"<style\b|[\s\"']style\s*=",
    "inline script": r"<script\b(?![^>]*\ssrc=)",
    "handler": r"[\s\"'/]on[a-z]+\s*=\s*[\"'{]",
    "script address": r"javascript:|vbscript:",
    "unescaped value": r"\|\s*safe\b|autoescape\s+false|Markup\(",
    "embedding": r"<(object|embed|base|frame)\b|<iframe\b(?![^>]*\ssrc=\"/live/)",
}


def forbidden(text: str) -> list[str]:
    """What the Content-Security-Policy would refuse, or escaping would not see."""
    return [name for name, pattern in FORBIDDEN.items() if re.search(pattern, text, re.IGNORECASE)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('<p style="color: red">', ["inline style"]),
        ("<style>p{}</style>", ["inline style"]),
        ("<script>x()</script>", ["inline script"]),
        ('<script src="/static/engawa.js" defer></script>', []),
        ('<button onclick="x()">', ["handler"]),
        ("<body onload='x()'>", ["handler"]),
        ('<a href="javascript:x()">', ["script address"]),
        ("{{ text|safe }}", ["unescaped value"]),
        ('<iframe src="/elsewhere">', ["embedding"]),
        ('<iframe title="" src="/live/newer?a">', []),
        ('<p class="once" title="on = off">{{ text }}</p>', []),
        ('<a href="/x?onion=1&style=2">', []),
    ],
)
def test_reader_of_templates_sees_what_it_looks_for(text: str, found: list[str]) -> None:
    assert forbidden(text) == found


@pytest.mark.parametrize(
    "template", TEMPLATES, ids=lambda path: path.relative_to(ROOT / "templates").as_posix()
)
def test_template_has_nothing_inline_and_nothing_unescaped(template: Path) -> None:
    assert forbidden(template.read_text()) == []


def test_there_are_templates() -> None:
    assert len(TEMPLATES) >= 15
