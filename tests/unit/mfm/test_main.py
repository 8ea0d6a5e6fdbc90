"""``python -m app.mfm`` prints the tree of what it is given."""

import io
import json
import subprocess
import sys

import pytest

from app.mfm.__main__ import main


def run(monkeypatch: pytest.MonkeyPatch, given: bytes, *arguments: str) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(given), encoding="utf-8"))
    assert main(list(arguments)) == 0


def test_prints_a_text_s_tree(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run(monkeypatch, "**な**\r\n".encode())
    assert json.loads(capsys.readouterr().out) == [
        {"type": "bold", "children": [{"type": "text", "props": {"text": "な"}}]},
        {"type": "text", "props": {"text": "\r\n"}},
    ]


def test_prints_a_name_s_tree(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run(monkeypatch, b"**a**", "--simple")
    assert json.loads(capsys.readouterr().out) == [{"type": "text", "props": {"text": "**a**"}}]


def test_takes_a_limit_and_bytes_that_are_no_text(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run(monkeypatch, b"**:a:\xff**", "--nest-limit", "1")
    assert json.loads(capsys.readouterr().out) == [
        {"type": "bold", "children": [{"type": "text", "props": {"text": ":a:\ufffd"}}]}
    ]


def test_runs_as_a_module() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "app.mfm"], input=b":a:", capture_output=True, check=True
    )
    assert json.loads(done.stdout) == [{"type": "emojiCode", "props": {"name": "a"}}]
