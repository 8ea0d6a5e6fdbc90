"""The recorded answers of real servers (`../shared/misskey`), of three ages."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

SHARED = Path(__file__).resolve().parents[3] / "shared" / "misskey"
FOLDERS = {"2025.11": "recordings", "12": "recordings-v12", "11": "recordings-v11"}


@dataclass(frozen=True)
class Recording:
    """One recorded answer: the file's name, what was called, status, headers and body."""

    name: str
    endpoint: str
    status: int
    headers: dict[str, str]
    response: Any


def recordings(version: str) -> list[Recording]:
    """All recorded answers of that version of Misskey. Skips the test where they are not
    at hand, but fails it in CI."""
    folder = SHARED / FOLDERS[version]
    if not folder.is_dir():
        reason = f"the recordings are not beside the repository ({FOLDERS[version]})"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return [
        Recording(
            file.stem,
            entry.get("endpoint", ""),
            entry["status"],
            entry.get("headers") or {},
            entry.get("response"),
        )
        for file in sorted(folder.glob("*.json"))
        for entry in _entries(json.loads(file.read_text()))
    ]


def _entries(content: Any) -> Iterator[dict[str, Any]]:
    for entry in content if isinstance(content, list) else [content]:
        # Streaming is recorded in other shapes.
        if isinstance(entry, dict) and isinstance(entry.get("status"), int):
            yield entry


def objects(value: Any) -> Iterator[dict[str, Any]]:
    """Every object inside a recorded answer, at any depth."""
    if isinstance(value, dict):
        yield value
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for part in inner:
        yield from objects(part)
