"""Which of a Misskey server's endpoints Engawa uses, and where: `docs/coverage.md`.

    python scripts/coverage_table.py            # writes docs/coverage.md
    python scripts/coverage_table.py --check    # fails if it is not as it would be written

The endpoints are those of the server's own description (`openapi-2025.11.json`, beside the
repository). Where they are used is found in the code: in the tables (timelines, actions,
relations, circles and so on), which are imported and walked, and in calls, whose names are
read from the source. Only the reasons for the others are written by hand, below.
"""

from __future__ import annotations

import argparse
import ast
import importlib
import json
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))
DESCRIPTION = ROOT.parent / "shared" / "misskey" / "openapi-2025.11.json"
WRITTEN = ROOT / "docs" / "coverage.md"
# These speak of endpoints without being a place for them: they ask whether a server has them.
_NOT_A_PAGE = {"app/about_server.py", "app/checks.py", "app/offers.py"}
# Nor do these calls, which ask the same.
_ASKED = {"exploring.has", "has", "_has", "_needs"}
_MOST_PLACES = 3

REASONS: tuple[tuple[str, str], ...] = (
    ("app/show", "shows the app that asks, which is us"),
    ("auth/", "belongs to the consent page of the server"),
    ("bubble-game/", "a game of the official client"),
    ("reversi/", "a game of the official client"),
    ("cli", "fetches the official client"),
    ("fetch-rss", "not about Misskey"),
    ("reset-", "without signing in, at the server itself"),
    ("request-reset-password", "without signing in, at the server itself"),
    ("verify-email", "without signing in, at the server itself"),
    ("email-address/", "without signing in, at the server itself"),
    ("username/available", "for making an account, at the server itself"),
    ("test", "for those who develop Misskey"),
    ("promo/", "advertisements are not shown"),
    ("ap/get", "ap/show gives the same as a page"),
    ("drive/files/check-existence", "the server finds a file it has by itself"),
    ("drive/files/find-by-hash", "the server finds a file it has by itself"),
    ("i/claim-achievement", "achievements are won in the official client"),
    ("notes/replies", "notes/children gives them, and quotes as well"),
    ("notes/show-partial-bulk", "pages ask for whole notes"),
    ("sw/", "the official client's own push messages"),
    ("users/recommendation", "is an error on every version that was tried (DIFFERENCES)"),
    ("users/relation", "comes with users/show"),
    ("notes/unrenote", "would delete quotes as well (see app/actions.py)"),
    ("notifications/create", "Engawa tells on its own pages"),
)
"""Why an endpoint has no page, by how its name begins; the first that fits. One that nothing
fits says that it is not there yet."""
NOT_YET = "not there yet; the developers' console can call it"


@dataclass(frozen=True, slots=True)
class Row:
    """One endpoint: the permission an app needs for it, where it is used, or why not."""

    name: str
    permission: str
    places: tuple[str, ...]
    reason: str


def rows(description: Mapping[str, Any]) -> list[Row]:
    """A row for every endpoint an app may call and that is not for administrators."""
    names = callable_endpoints(description)
    used = uses(frozenset(names))
    return [
        Row(name, permission, tuple(used.get(name, ())), "" if used.get(name) else _reason(name))
        for name, permission in sorted(names.items())
    ]


def callable_endpoints(description: Mapping[str, Any]) -> dict[str, str]:
    """The names of what an app may call, and the permission for each. Those an app may not
    call say that they are internal (FACTS D.1)."""
    found: dict[str, str] = {}
    for path, said in description["paths"].items():
        name, words = path.lstrip("/"), said["post"]["description"]
        if "admin" in name.split("/") or "**Internal Endpoint**" in words:
            continue
        _, _, permission = words.partition("**Permission**: *")
        found[name] = permission.partition("*")[0]
    return found


def uses(names: frozenset[str]) -> dict[str, list[str]]:
    """Where in `app/` each of `names` is used: rows of tables first, then calls."""
    places: dict[str, list[str]] = defaultdict(list)
    for file in sorted((ROOT / "app").rglob("*.py")):
        path = file.relative_to(ROOT).as_posix()
        if path in _NOT_A_PAGE:
            continue
        for name, place in [*_in_tables(path, names), *_in_calls(file, names)]:
            said = f"`{path}` {place}".strip()
            if said not in places[name]:
                places[name].append(said)
    return places


def as_text(found: list[Row]) -> str:
    """The whole of `docs/coverage.md`."""
    used = [row for row in found if row.places]
    waiting = [row for row in found if row.reason == NOT_YET]
    share = 100 * len(used) // len(found)
    settled = 100 * (len(found) - len(waiting)) // len(found)
    lines = [
        "# What of a server's API Engawa uses",
        "",
        "Written by `make coverage-table` from the description of Misskey 2025.11 and from the",
        "code; a test holds it to both. Endpoints for administrators, and those that no app may",
        "call, are left out.",
        "",
        f"{len(used)} of {len(found)} endpoints have a place of their own ({share} %); with those",
        f"that have none for a reason it is {settled} %. The developers' console calls all "
        "of them.",
        "",
        "| endpoint | permission | used by, or why not |",
        "|---|---|---|",
    ]
    for row in found:
        places = list(row.places[:_MOST_PLACES])
        if len(row.places) > _MOST_PLACES:
            places.append("…")
        said = ", ".join(places) or f"— {row.reason}"
        lines.append(f"| `{row.name}` | {row.permission or '–'} | {said} |")
    return "\n".join(lines) + "\n"


def _reason(name: str) -> str:
    return next((why for beginning, why in REASONS if name.startswith(beginning)), NOT_YET)


def _in_tables(path: str, names: frozenset[str]) -> Iterator[tuple[str, str]]:
    """What stands in the tables of a module, by names in capitals: dictionaries, rows, and
    endpoints by themselves."""
    dotted = path.removesuffix(".py").replace("/", ".").removesuffix(".__init__")
    module = importlib.import_module(dotted)
    for title, value in vars(module).items():
        if not title.isupper() or getattr(value, "__module__", dotted) != dotted:
            continue
        if isinstance(value, str) and value in names:
            yield value, title
        rows_of = value.items() if isinstance(value, Mapping) else [("", value)]
        for key, row in rows_of:
            if not is_dataclass(row) or type(row).__module__ != dotted:
                continue
            for text in _strings(row, 0):
                if text in names:
                    yield text, f"{title}: {key}" if key else title


def _strings(value: Any, depth: int) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif depth > 5:
        return
    elif is_dataclass(value):
        for field in fields(value):
            yield from _strings(getattr(value, field.name, None), depth + 1)
    elif isinstance(value, tuple | list | frozenset):
        for item in value:
            yield from _strings(item, depth + 1)
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _strings(item, depth + 1)


def _in_calls(file: Path, names: frozenset[str]) -> Iterator[tuple[str, str]]:
    """What stands in functions: their addresses where they are views, else their names."""
    for node in ast.walk(ast.parse(file.read_text())):
        if not isinstance(node, ast.FunctionDef):
            continue
        for inner in ast.walk(node):
            if not isinstance(inner, ast.Call) or ast.unparse(inner.func) in _ASKED:
                continue
            # What is called is a first argument, or chosen between two of them.
            for argument in inner.args[:3]:
                for literal in ast.walk(argument):
                    if isinstance(literal, ast.Constant) and literal.value in names:
                        yield str(literal.value), _address(node) or f"{node.name}()"


def _address(function: ast.FunctionDef) -> str:
    """The first address a view answers at: `/lists`."""
    for decorator in function.decorator_list:
        if isinstance(decorator, ast.Call) and ast.unparse(decorator.func) in ("bp.get", "bp.post"):
            first = decorator.args[0]
            if isinstance(first, ast.Constant):
                return f"`{first.value!s}`"
    return ""


def main() -> int:
    """Write the table, or with `--check` say whether it is fresh."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--check", action="store_true")
    if not DESCRIPTION.is_file():
        print(f"The description of the server is not at {DESCRIPTION.name} beside the repository.")
        return 1
    text = as_text(rows(json.loads(DESCRIPTION.read_text())))
    if options.parse_args().check:
        is_fresh = WRITTEN.is_file() and WRITTEN.read_text() == text
        print("fresh" if is_fresh else "stale: run make coverage-table")
        return 0 if is_fresh else 1
    WRITTEN.write_text(text)
    print(text.split("\n")[6])
    return 0


if __name__ == "__main__":
    sys.exit(main())
