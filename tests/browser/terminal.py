"""A terminal with a program in it, for tests: keys go in, and the screen can be read.

    with Terminal(["w3m", "http://…"], environment) as terminal:
        terminal.wait_for("Welcome")
        terminal.type("q")

It knows the few control sequences a VT100 is sent by programs that paint a whole screen
(ECMA-48): moving, clearing, and colours, which it passes over.
"""

from __future__ import annotations

import codecs
import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
import time
import unicodedata
from types import TracebackType

ROWS, COLUMNS = 200, 100
_PATIENCE = 20.0
# A sequence with its parameters and final letter; a choice of character set; any other.
_SEQUENCE = re.compile(r"\x1b(?:\[([?\d;]*)([@-~])|[()][\dAB]|[=>78DEHM])")


class Screen:
    """What stands on the screen after all that was printed."""

    def __init__(self) -> None:
        self.lines = [[" "] * COLUMNS for _ in range(ROWS)]
        self.row = self.column = 0
        self._rest = ""

    @property
    def text(self) -> str:
        """The lines, without the spaces they end with."""
        return "\n".join("".join(line).rstrip() for line in self.lines).rstrip()

    def print(self, printed: str) -> None:
        """Take what a program prints. An unfinished sequence waits for its end."""
        printed, self._rest = self._rest + printed, ""
        position = 0
        while position < len(printed):
            if printed[position] != "\x1b":
                self._put(printed[position])
                position += 1
                continue
            found = _SEQUENCE.match(printed, position)
            if found is None:
                self._rest = printed[position:]
                return
            self._obey(found[1] or "", found[2])
            position = found.end()

    def _put(self, character: str) -> None:
        if character == "\r":
            self.column = 0
        elif character == "\n":
            self.row = min(self.row + 1, ROWS - 1)
        elif character == "\b":
            self.column = max(self.column - 1, 0)
        elif character >= " ":
            width = 2 if unicodedata.east_asian_width(character) in "WF" else 1
            if self.column + width <= COLUMNS:
                # The second half of a wide character is no character of its own.
                self.lines[self.row][self.column : self.column + width] = [character, ""][:width]
            self.column += width

    def _obey(self, parameters: str, final: str | None) -> None:
        numbers = [int(number) if number.isdigit() else 0 for number in parameters.split(";")]
        first, second = numbers[0], numbers[-1]
        if final == "H":
            self.row = min(max(first, 1), ROWS) - 1
            self.column = max(second, 1) - 1 if len(numbers) > 1 else 0
        elif final in ("A", "B"):
            by = max(first, 1) * (1 if final == "B" else -1)
            self.row = min(max(self.row + by, 0), ROWS - 1)
        elif final in ("C", "D"):
            self.column = max(self.column + max(first, 1) * (1 if final == "C" else -1), 0)
        elif final == "K":
            self.lines[self.row][self.column :] = [" "] * (COLUMNS - self.column)
        elif final == "J":
            after = 0 if first == 2 else self.row + 1
            if first != 2:
                self._obey("", "K")
            self.lines[after:] = [[" "] * COLUMNS for _ in range(ROWS - after)]


class Terminal:
    """A program on a pseudo-terminal of its own."""

    def __init__(self, command: list[str], environment: dict[str, str]) -> None:
        self.screen = Screen()
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        self._pid, self._terminal = pty.fork()
        if self._pid == 0:
            os.execvpe(command[0], command, environment)  # noqa: S606
        size = struct.pack("HHHH", ROWS, COLUMNS, 0, 0)
        fcntl.ioctl(self._terminal, termios.TIOCSWINSZ, size)

    def __enter__(self) -> Terminal:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        os.kill(self._pid, signal.SIGKILL)
        os.waitpid(self._pid, 0)
        os.close(self._terminal)

    def type(self, keys: str) -> None:
        """Press these keys."""
        os.write(self._terminal, keys.encode())

    def wait_for(self, *words: str) -> str:
        """The text of the screen, once all of `words` stand on it and it is at rest.
        Raises AssertionError, with what stood there, when they don't in good time."""
        deadline = time.monotonic() + _PATIENCE
        while time.monotonic() < deadline:
            changed = self._read()
            if not changed and all(word in self.screen.text for word in words):
                return self.screen.text
        raise AssertionError(f"no {words} on the screen:\n{self.screen.text}")

    def settle(self) -> None:
        """Wait until nothing more is printed."""
        while self._read():
            pass

    def _read(self) -> bool:
        """Take what was printed within a tenth of a second; whether anything was."""
        ready, _, _ = select.select([self._terminal], [], [], 0.1)
        if not ready:
            return False
        try:
            printed = os.read(self._terminal, 65536)
        except OSError:  # The program has ended.
            return False
        self.screen.print(self._decoder.decode(printed))
        return True
