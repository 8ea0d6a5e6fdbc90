"""Pictures and sounds made in code, so that nothing has to be shipped.

A picture is a few shapes (ellipses) over a vertical gradient, drawn row by row
as spans: fast enough in plain Python to be made when first asked for. Each has
a blurhash, as the server's files have.
"""

from __future__ import annotations

import hashlib
import math
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache

Colour = tuple[int, int, int]


@dataclass(frozen=True)
class Ellipse:
    """A filled ellipse; positions and radii are parts of the picture's width and height."""

    x: float
    y: float
    rx: float
    ry: float
    colour: Colour


@dataclass(frozen=True)
class Content:
    """The recipe of a file: a picture, or bytes that are given."""

    type: str
    width: int = 0
    height: int = 0
    top: Colour = (0, 0, 0)
    bottom: Colour = (0, 0, 0)
    shapes: tuple[Ellipse, ...] = ()
    transparent: bool = False
    given: bytes = b""
    recipe: Callable[[], bytes] | None = None
    """Makes the bytes, where that takes a while."""
    poster: Content | None = None
    """The picture that stands for a film."""

    @property
    def is_picture(self) -> bool:
        """Whether it is drawn (and has a size in pixels and a blurhash)."""
        return self.width > 0

    @cached_property
    def bytes(self) -> bytes:
        """The file itself."""
        if self.recipe is not None:
            return self.recipe()
        return draw(self) if self.is_picture else self.given

    @property
    def size(self) -> int:
        """Its length in bytes."""
        return len(self.bytes)

    @cached_property
    def md5(self) -> str:
        """As the server tells it of its files."""
        return hashlib.md5(self.bytes, usedforsecurity=False).hexdigest()

    @cached_property
    def blurhash(self) -> str | None:
        """A blurred preview in about 30 characters; None for what is no picture."""
        return blurred(self) if self.is_picture else None


def picture(
    width: int,
    height: int,
    top: Colour,
    bottom: Colour,
    *shapes: Ellipse,
    transparent: bool = False,
) -> Content:
    """A drawn picture; a transparent one shows its shapes only."""
    return Content("image/png", width, height, top, bottom, shapes, transparent)


def text_file(text: str) -> Content:
    """A plain text file."""
    return Content("text/plain", given=text.encode())


@lru_cache(maxsize=256)
def draw(content: Content) -> bytes:
    """The picture as a PNG file."""
    rows = [b"\0" + row(content, y) for y in range(content.height)]
    colours = 6 if content.transparent else 2
    header = struct.pack(">IIBBBBB", content.width, content.height, 8, colours, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + _chunk(b"IHDR", header)
        + _chunk(b"IDAT", zlib.compress(b"".join(rows), 6))
        + _chunk(b"IEND", b"")
    )


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def row(content: Content, y: int) -> bytes:
    """One line of the picture: three bytes a pixel, four in a transparent one."""
    part = y / max(1, content.height - 1)
    solid = b"\xff" if content.transparent else b""
    pixel = bytes(4) if content.transparent else bytes(_between(content.top, content.bottom, part))
    row = bytearray(pixel * content.width)
    for shape in content.shapes:
        span = _span(content, shape, y)
        if span is not None:
            left, right = (edge * len(pixel) for edge in span)
            row[left:right] = (bytes(shape.colour) + solid) * (span[1] - span[0])
    return bytes(row)


def _span(content: Content, shape: Ellipse, y: int) -> tuple[int, int] | None:
    off = ((y + 0.5) / content.height - shape.y) / shape.ry
    if abs(off) >= 1:
        return None
    half = shape.rx * math.sqrt(1 - off * off)
    left = max(0, round((shape.x - half) * content.width))
    right = min(content.width, round((shape.x + half) * content.width))
    return (left, right) if right > left else None


def _between(start: Colour, end: Colour, part: float) -> Colour:
    red, green, blue = (round(a + (b - a) * part) for a, b in zip(start, end, strict=True))
    return red, green, blue


def _colour_at(content: Content, x: float, y: float) -> Colour:
    colour = _between(content.top, content.bottom, y)
    for shape in content.shapes:
        if ((x - shape.x) / shape.rx) ** 2 + ((y - shape.y) / shape.ry) ** 2 < 1:
            colour = shape.colour
    return colour


BASE83 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz#$%*+,-.:;=?@[]^_{|}~"


@lru_cache(maxsize=256)
def blurred(content: Content, across: int = 4, down: int = 3) -> str:
    """The picture's blurhash (the public format: base 83, cosine parts, sRGB made linear)."""
    side = 16
    steps = [(number + 0.5) / side for number in range(side)]
    points = [(x, y, _colour_at(content, x, y)) for y in steps for x in steps]
    factors = []
    for j in range(down):
        for i in range(across):
            scale = (1 if i == j == 0 else 2) / len(points)
            waves = [math.cos(math.pi * i * x) * math.cos(math.pi * j * y) for x, y, _ in points]
            factors.append(
                tuple(
                    scale
                    * sum(w * _linear(c[k]) for w, (_, _, c) in zip(waves, points, strict=True))
                    for k in range(3)
                )
            )
    average, *details = factors
    most = max(abs(value) for factor in details for value in factor)
    step = max(0, min(82, math.floor(most * 166 - 0.5)))
    unit = (step + 1) / 166
    text = _base83((across - 1) + (down - 1) * 9, 1) + _base83(step, 1)
    red, green, blue = (_srgb(value) for value in average)
    text += _base83((red << 16) + (green << 8) + blue, 4)
    for factor in details:
        r, g, b = (
            max(0, min(18, math.floor(math.copysign(math.sqrt(abs(v / unit)), v) * 9 + 9.5)))
            for v in factor
        )
        text += _base83(r * 361 + g * 19 + b, 2)
    return text


def _base83(number: int, length: int) -> str:
    return "".join(BASE83[number // 83 ** (length - 1 - place) % 83] for place in range(length))


def _linear(value: int) -> float:
    v = value / 255
    return v / 12.92 if v <= 0.04045 else float(((v + 0.055) / 1.055) ** 2.4)


def _srgb(value: float) -> int:
    v = max(0.0, min(1.0, value))
    return round((v * 12.92 if v <= 0.0031308 else 1.055 * v ** (1 / 2.4) - 0.055) * 255)


@lru_cache(maxsize=1)
def chime(seconds: float = 1.5, rate: int = 8000) -> Content:
    """A soft bell as a WAV file, for a note with a sound."""
    samples = bytearray()
    for number in range(int(seconds * rate)):
        t = number / rate
        wave = math.sin(2 * math.pi * 880 * t) + 0.4 * math.sin(2 * math.pi * 1318.5 * t)
        samples += struct.pack("<h", int(9000 * wave * math.exp(-3 * t)))
    header = struct.pack(
        "<4sI4s4sIHHIIHH4sI",
        b"RIFF",
        36 + len(samples),
        b"WAVE",
        b"fmt ",
        16,
        1,
        1,
        rate,
        rate * 2,
        2,
        16,
        b"data",
        len(samples),
    )
    return Content("audio/wav", given=header + bytes(samples))


@lru_cache(maxsize=1)
def one_page(text: str) -> Content:
    """A PDF of one page with one line on it."""
    drawn = f"BT /F1 28 Tf 60 320 Td ({text}) Tj ET".encode("latin-1")
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 421] /Contents 4 0 R "
        b"/Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(drawn), drawn),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Times-Roman >>",
    ]
    data, places = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, 1):
        places.append(len(data))
        data += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    start = len(data)
    data += b"xref\n0 %d\n0000000000 65535 f \n%s" % (len(objects) + 1, table)
    data += b"trailer\n<< /Size %d /Root 1 0 R >>\n" % (len(objects) + 1)
    return Content("application/pdf", given=data + b"startxref\n%d\n%%%%EOF\n" % start)
