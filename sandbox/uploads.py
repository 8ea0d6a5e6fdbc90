"""A file that somebody sends: read as it comes, kept on disk when it is large.

The body is `multipart/form-data`. As the real server does, the fields that
stand before the file are taken and what follows it is passed over, so a client
has to write its text fields first. What a file is, its own bytes say; neither
its name nor the type the client claims is believed.
"""

from __future__ import annotations

import hashlib
import re
import struct
import tempfile
import threading
import weakref
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import IO
from urllib.parse import unquote

from .pictures import Content, blurred, picture

CHUNK = 64 * 1024
IN_MEMORY = 256 * 1024
MOST_HEADERS = 16 * 1024
MOST_FIELD = 1024 * 1024
OCTETS = "application/octet-stream"

Read = Callable[[int], bytes]


@dataclass
class Upload:
    """The file part: `file` is closed when nobody holds the upload any more."""

    name: str
    type: str
    """What the client said it is."""
    size: int = 0
    md5: str = ""
    file: IO[bytes] = field(default_factory=lambda: _store(), repr=False)

    def __post_init__(self) -> None:
        weakref.finalize(self, self.file.close)
        self._lock = threading.Lock()

    def read(self) -> bytes:
        """The whole file; several may ask at once."""
        with self._lock:
            self.file.seek(0)
            return self.file.read()


def _store() -> IO[bytes]:
    """In memory while it is small; closed by whoever holds it (see `Upload`)."""
    return tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)


@dataclass
class Form:
    """What came: the text fields before the file, and the file."""

    fields: dict[str, str] = field(default_factory=dict)
    upload: Upload | None = None


def receive(read: Read, content_type: str) -> Form:
    """Read a whole `multipart/form-data` body; `read(n)` gives b"" at its end.

    Raises ValueError for what is no such body.
    """
    found = re.search(r'boundary=(?:"([^"]+)"|([^\s;]+))', content_type)
    if found is None:
        raise ValueError("a boundary is missing")
    form = Form()
    for headers, body in _parts(read, (found[1] or found[2]).encode()):
        name, filename = _names(headers)
        if form.upload is not None:
            _pass_over(body)
        elif filename is None:
            form.fields[name] = _text(body)
        else:
            kind = re.search(r"content-type:\s*([^\s;]+)", headers, re.IGNORECASE)
            form.upload = _kept(Upload(filename, kind[1] if kind else OCTETS), body)
    return form


def _kept(upload: Upload, body: Iterator[bytes]) -> Upload:
    digest = hashlib.md5(usedforsecurity=False)
    for chunk in body:
        upload.file.write(chunk)
        digest.update(chunk)
        upload.size += len(chunk)
    upload.md5 = digest.hexdigest()
    return upload


def _text(body: Iterator[bytes]) -> str:
    data = b""
    for chunk in body:
        data = (data + chunk)[:MOST_FIELD]
    return data.decode("utf-8", "replace")


def _pass_over(body: Iterator[bytes]) -> None:
    for _ in body:
        pass


def _names(headers: str) -> tuple[str, str | None]:
    """The part's name, and the file's if it is one (`filename*` before `filename`)."""
    said = re.search(r"content-disposition:\s*form-data([^\r\n]*)", headers, re.IGNORECASE)
    values: dict[str, str] = {}
    for key, quoted, plain in re.findall(
        r';\s*([\w*]+)=(?:"((?:[^"\\]|\\.)*)"|([^;\s]+))', said[1] if said else ""
    ):
        values[key.lower()] = re.sub(r"\\(.)", r"\1", quoted) if quoted else plain
    if "name" not in values:
        raise ValueError("a part has no name")
    named = values.get("filename")
    if "filename*" in values:
        named = unquote(values["filename*"].rpartition("'")[2])
    return values["name"], named


def _parts(read: Read, boundary: bytes) -> Iterator[tuple[str, Iterator[bytes]]]:
    """The parts in their order: headers, and the body in chunks, to be read to its end."""
    window = _Window(read)
    mark = b"\r\n--" + boundary
    _pass_over(window.until(mark))
    while window.starts_with(b"--") is False:
        headers = b""
        for chunk in window.until(b"\r\n\r\n"):
            headers += chunk
            if len(headers) > MOST_HEADERS:
                raise ValueError("a part's headers do not end")
        yield headers.decode("utf-8", "replace"), window.until(mark)
    while read(CHUNK):
        pass


class _Window:
    """Sees only a little of the stream at a time."""

    def __init__(self, read: Read) -> None:
        self._read = read
        self._seen = b"\r\n"

    def starts_with(self, mark: bytes) -> bool:
        """Whether that is next."""
        while len(self._seen) < len(mark):
            self._more()
        return self._seen.startswith(mark)

    def until(self, mark: bytes) -> Iterator[bytes]:
        """What stands before the mark, in chunks; the mark itself is taken away."""
        while (at := self._seen.find(mark)) < 0:
            sure = len(self._seen) - len(mark) + 1
            if sure > 0:
                chunk, self._seen = self._seen[:sure], self._seen[sure:]
                yield chunk
            self._more()
        chunk, self._seen = self._seen[:at], self._seen[at + len(mark) :]
        yield chunk

    def _more(self) -> None:
        data = self._read(CHUNK)
        if not data:
            raise ValueError("the body ends too early")
        self._seen += data


# What a file is ------------------------------------------------------------


@dataclass(frozen=True)
class Sent(Content):
    """A file that was sent; its bytes stay where they were put."""

    upload: Upload | None = None

    @property
    def bytes(self) -> bytes:
        """The file itself, read each time it is asked for."""
        assert self.upload is not None
        return self.upload.read()

    @property
    def size(self) -> int:
        """Its length in bytes."""
        assert self.upload is not None
        return self.upload.size

    @property
    def md5(self) -> str:
        """Summed up while it came."""
        assert self.upload is not None
        return self.upload.md5

    @cached_property
    def blurhash(self) -> str | None:
        """No real preview (nothing here unpacks pictures): two colours the sum of it gives."""
        if not self.is_picture:
            return None
        one, two = (bytes.fromhex(self.md5[at : at + 6]) for at in (0, 6))
        top, bottom = (one[0], one[1], one[2]), (two[0], two[1], two[2])
        return blurred(picture(4, 3, top, bottom))


def content_of(upload: Upload) -> Sent:
    """The upload as a file's content, its type and size seen from its bytes."""
    upload.file.seek(0)
    head = upload.file.read(4096)
    kind, width, height = _sniffed(head, upload.file)
    return Sent(kind, width, height, upload=upload)


def _sniffed(head: bytes, file: IO[bytes]) -> tuple[str, int, int]:
    if head.startswith(b"\x89PNG\r\n\x1a\n") and len(head) >= 24:
        return "image/png", *struct.unpack(">II", head[16:24])
    if head[:6] in {b"GIF87a", b"GIF89a"} and len(head) >= 10:
        return "image/gif", *struct.unpack("<HH", head[6:10])
    if head.startswith(b"\xff\xd8\xff"):
        return "image/jpeg", *_jpeg_size(file)
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp", *_webp_size(head)
    if head[4:8] == b"ftyp":
        return _iso_media(head)
    if b"<svg" in head[:1024] and head.lstrip()[:1] == b"<":
        return "image/svg+xml", 300, 150
    return _without_size(head), 0, 0


def _without_size(head: bytes) -> str:
    for mark, kind in (
        (b"RIFF", "audio/wav"),
        (b"ID3", "audio/mpeg"),
        (b"\xff\xfb", "audio/mpeg"),
        (b"OggS", "audio/ogg"),
        (b"fLaC", "audio/flac"),
        (b"\x1aE\xdf\xa3", "video/webm"),
        (b"%PDF-", "application/pdf"),
        (b"PK\x03\x04", "application/zip"),
        (b"\x1f\x8b", "application/gzip"),
    ):
        if head.startswith(mark):
            return kind
    # Plain text has no mark of its own, and is not known to the real server either.
    return OCTETS


def _jpeg_size(file: IO[bytes]) -> tuple[int, int]:
    file.seek(2)
    while len(mark := file.read(4)) == 4 and mark[0] == 0xFF:
        (length,) = struct.unpack(">H", mark[2:])
        if mark[1] in {0xC0, 0xC1, 0xC2, 0xC3}:
            frame = file.read(5)
            height, width = struct.unpack(">HH", frame[1:]) if len(frame) == 5 else (1, 1)
            return width, height
        file.seek(length - 2, 1)
    return 1, 1


def _webp_size(head: bytes) -> tuple[int, int]:
    if head[12:16] == b"VP8X":
        wide, high = (int.from_bytes(head[at : at + 3], "little") for at in (24, 27))
        return wide + 1, high + 1
    if head[12:16] == b"VP8L":
        bits = int.from_bytes(head[21:25], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    wide, high = struct.unpack("<HH", head[26:30]) if len(head) >= 30 else (1, 1)
    return wide & 0x3FFF, high & 0x3FFF


def _iso_media(head: bytes) -> tuple[str, int, int]:
    brand = head[8:12]
    if brand in {b"avif", b"avis", b"heic", b"heix", b"mif1"}:
        at = head.find(b"ispe")
        size = struct.unpack(">II", head[at + 8 : at + 16]) if at > 0 else (1, 1)
        return "image/avif" if brand.startswith(b"avi") else "image/heic", *size
    if brand == b"M4A ":
        return "audio/mp4", 0, 0
    return "video/quicktime" if brand == b"qt  " else "video/mp4", 0, 0
