"""The journey in a text browser, w3m, over a real terminal: sign in through the server's
plain consent page, read home, open a note, react, write."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from sandbox.records import Note
from scripts.stage import Stage
from tests.browser.terminal import Terminal

pytestmark = pytest.mark.browser

TEXT = "Written in a terminal, 縁側にて"
_NEXT, _PREVIOUS, _ENTER = "\t", "\x1b\t", "\n"
_OPTIONS = {"use_cookie": "1", "accept_cookie": "1", "confirm_qq": "0", "mark_all_pages": "0"}


@pytest.fixture
def command() -> list[str]:
    """How w3m is started. Without it the test is skipped, but never in CI."""
    if shutil.which("w3m") is None:
        reason = "there is no w3m on PATH"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    options = [word for name, value in _OPTIONS.items() for word in ("-o", f"{name}={value}")]
    return ["w3m", "-no-mouse", "-I", "UTF-8", "-O", "UTF-8", *options]


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """A home without settings, and an editor that writes TEXT by itself: w3m hands large
    fields to the person's own."""
    editor = tmp_path / "editor"
    editor.write_text(f"#!/bin/sh\nprintf '%s' '{TEXT}' > \"$1\"\n")
    editor.chmod(0o755)
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "TERM": "vt100",
        "LANG": "C.UTF-8",
        "EDITOR": str(editor),
    }


def move_to(terminal: Terminal, words: str) -> None:
    """Put the cursor on the first of these words on the page."""
    terminal.type(f"g/{words}{_ENTER}")
    terminal.settle()


def follow(terminal: Terminal, words: str) -> None:
    """Follow the first link, or press the first button, with these words."""
    move_to(terminal, words)
    terminal.type(_ENTER)


def newest_of_alice(stage: Stage) -> Note:
    alice = stage.sandbox.person("alice").id
    return next(note for note in stage.sandbox.world.newest_first() if note.user_id == alice)


def test_a_text_browser_signs_in_reads_reacts_and_writes(
    stage: Stage, command: list[str], environment: dict[str, str]
) -> None:
    seen = newest_of_alice(stage)
    assert seen.text is not None
    alice = stage.sandbox.person("alice").id
    before = dict(seen.reactions)
    with Terminal([*command, stage.url], environment) as terminal:
        terminal.wait_for("How it works")
        follow(terminal, "Sign in with your server")

        terminal.wait_for("Go to my server")
        move_to(terminal, "Its name")
        terminal.type(_PREVIOUS + _ENTER)
        terminal.wait_for("TEXT:")
        terminal.type(stage.sandbox.host + _ENTER)
        terminal.wait_for(f"[{stage.sandbox.host}")
        follow(terminal, "Go to my server")

        terminal.wait_for("Sign in as Alice")
        follow(terminal, "Sign in as Alice")
        # Whoever allowed Engawa before, in another test, is let through without a word.
        if "Engawa asks for" in terminal.wait_for("igned in as"):
            follow(terminal, "Accept")

        terminal.wait_for("You are signed in as @alice", "Home timeline", seen.text)
        follow(terminal, " ago")
        terminal.wait_for("Note by Alice", seen.text)
        follow(terminal, "👍")
        terminal.wait_for("You reacted.", "👍 1 (yours: take it back)")
        assert seen.reactions[alice] == "👍"
        follow(terminal, "👍 1 .yours")
        terminal.wait_for("Your reaction is taken back.")
        assert alice not in seen.reactions

        follow(terminal, "Write")
        terminal.wait_for("Your note", "Up to")
        move_to(terminal, "Your note")
        terminal.type(_NEXT + _ENTER)
        terminal.wait_for("[Written in a")  # The field shows its first columns.
        follow(terminal, "Post")
        terminal.wait_for("Posted.", TEXT)
    assert newest_of_alice(stage).text == TEXT
    assert seen.reactions == before


def test_a_text_browser_gets_to_the_code_for_another_device(
    stage: Stage, command: list[str], environment: dict[str, str]
) -> None:
    """Those who cannot see the server's consent page have only this way."""
    with Terminal([*command, f"{stage.url}/sign-in"], environment) as terminal:
        terminal.wait_for("Go to my server")
        move_to(terminal, "Its name")
        terminal.type(_PREVIOUS + _ENTER)
        terminal.wait_for("TEXT:")
        terminal.type(stage.sandbox.host + _ENTER)
        terminal.wait_for(f"[{stage.sandbox.host}")
        follow(terminal, "Use another device")
        terminal.wait_for(f"{stage.sandbox.url}/auth/")
