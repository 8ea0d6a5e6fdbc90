"""A form with one file at its end, written piece by piece while it is sent.

`drive/files/create` is the only endpoint that takes `multipart/form-data`. Servers read
it as it comes and know only the fields that stood before the file (FACTS C.1), so the
file is always last. Its length is known beforehand and its bytes are read from the
caller's file only when they are due: no upload is ever whole in memory.
"""

from __future__ import annotations

import io
import secrets
from collections.abc import Iterator, Mapping
from typing import BinaryIO

_PIECE = 64 * 1024


class FormWithFile:
    """The body of one upload. It is read once, from its beginning to its end.

    `file` stands at its beginning and has `size` bytes; `name` is what it is called.
    """

    def __init__(self, fields: Mapping[str, str], file: BinaryIO, size: int, name: str) -> None:
        boundary = f"engawa-{secrets.token_hex(16)}"
        self.content_type = f"multipart/form-data; boundary={boundary}"
        head = "".join(_field(boundary, key, value) for key, value in fields.items())
        head += _file_head(boundary, name)
        self._head = io.BytesIO(head.encode())
        self._file = file
        self._left = size
        self._tail = io.BytesIO(f"\r\n--{boundary}--\r\n".encode())
        self._length = len(self._head.getbuffer()) + size + len(self._tail.getbuffer())

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator[bytes]:
        while piece := self.read():
            yield piece

    def read(self, size: int = _PIECE) -> bytes:
        """At most `size` bytes; none at the end. Raises OSError if the file is shorter
        than it was said to be."""
        if piece := self._head.read(size):
            return piece
        if not self._left:
            return self._tail.read(size)
        piece = self._file.read(min(size, self._left))
        if not piece:
            raise OSError("the file ended early")
        self._left -= len(piece)
        return piece


def _field(boundary: str, name: str, value: str) -> str:
    return f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'


def _file_head(boundary: str, name: str) -> str:
    # As browsers write it. What the file is, servers see from its bytes.
    escaped = name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
    return (
        f"--{boundary}\r\n"
        f'Content-Disposition: form-data; name="file"; filename="{escaped}"\r\n'
        "Content-Type: application/octet-stream\r\n\r\n"
    )
