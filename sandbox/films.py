"""A film made in code: H.264 in an MP4, the plainest that every browser plays.

The first picture is sent as it is (I_PCM macroblocks, no compression at all);
of the ones after it only the blocks that changed (P_Skip for the others). The
names are those of the standard, ITU-T H.264, 7.3 and 9.1.
"""

from __future__ import annotations

import struct
from functools import lru_cache

from .pictures import Colour, Content, Ellipse, picture, row

WIDE, HIGH = 12, 8
"""Of the film, in macroblocks of 16 pixels."""
RATE = 8
"""Pictures a second."""
Block = bytes
Plane = list[Block]


class _Bits:
    """Writes bits, the highest first."""

    def __init__(self) -> None:
        self._done = bytearray()
        self._open = ""

    def u(self, number: int, width: int) -> _Bits:
        self._open += format(number, f"0{width}b")
        while len(self._open) >= 8:
            self._done.append(int(self._open[:8], 2))
            self._open = self._open[8:]
        return self

    def ue(self, number: int) -> _Bits:
        """Exp-Golomb."""
        return self.u(number + 1, 2 * (number + 1).bit_length() - 1)

    def raw(self, data: bytes) -> _Bits:
        """Whole bytes, after zeros up to the next one."""
        if self._open:
            self.u(0, 8 - len(self._open))
        self._done += data
        return self

    def end(self) -> bytes:
        """A one, then zeros (rbsp_trailing_bits)."""
        self.u(1, 1)
        return bytes(self.raw(b"")._done)


def _nal(kind: int, payload: bytes) -> bytes:
    """A unit; no 00 00 00-03 may stand in it, so 03 is put between."""
    escaped = bytearray([kind])
    zeros = 0
    for byte in payload:
        if zeros >= 2 and byte <= 3:
            escaped.append(3)
            zeros = 0
        zeros = zeros + 1 if byte == 0 else 0
        escaped.append(byte)
    return bytes(escaped)


def _sequence() -> bytes:
    bits = _Bits().u(66, 8).u(0xC0, 8).u(30, 8).ue(0)  # Baseline, level 3
    bits.ue(4).ue(2).ue(1).u(0, 1)  # frame_num of 8 bits, shown as decoded, one reference
    return _nal(0x67, bits.ue(WIDE - 1).ue(HIGH - 1).u(0b1000, 4).end())


def _parameters() -> bytes:
    bits = _Bits().ue(0).ue(0).u(0, 2).ue(0).ue(0).ue(0).u(0, 3)
    return _nal(0x68, bits.ue(0).ue(0).ue(0).u(0b100, 3).end())


def _first(blocks: Plane) -> bytes:
    bits = _Bits().ue(0).ue(7).ue(0).u(0, 8).ue(0).u(0, 2).ue(0).ue(1)
    for block in blocks:
        bits.ue(25).raw(block)
    return _nal(0x65, bits.end())


def _later(number: int, before: Plane, blocks: Plane) -> bytes:
    bits = _Bits().ue(0).ue(5).ue(0).u(number % 256, 8).u(0, 2).u(0, 1).ue(0).ue(1)
    skipped = 0
    for old, block in zip(before, blocks, strict=True):
        if block == old:
            skipped += 1
        else:
            bits.ue(skipped).ue(30).raw(block)
            skipped = 0
    return _nal(0x41, (bits.ue(skipped) if skipped else bits).end())


def _planes(content: Content) -> Plane:
    """The picture's macroblocks: 256 of light, 64 and 64 of colour."""
    drawn = [row(content, y) for y in range(content.height)]
    blocks = []
    for top in range(0, content.height, 16):
        for left in range(0, content.width, 16):
            lines = [drawn[top + y][left * 3 : (left + 16) * 3] for y in range(16)]
            blocks.append(_block(tuple(lines)))
    return blocks


@lru_cache(maxsize=4096)
def _block(lines: tuple[bytes, ...]) -> Block:
    pixels = [[_ycc(*line[x : x + 3]) for x in range(0, 48, 3)] for line in lines]
    light = bytes(pixel[0] for line in pixels for pixel in line)
    few = [line[::2] for line in pixels[::2]]
    colour = (bytes(pixel[k] for line in few for pixel in line) for k in (1, 2))
    return light + b"".join(colour)


@lru_cache(maxsize=64)
def _ycc(red: int, green: int, blue: int) -> Colour:
    return (
        round(16 + (65.7 * red + 129.1 * green + 25.1 * blue) / 256),
        round(128 + (-37.9 * red - 74.5 * green + 112.4 * blue) / 256),
        round(128 + (112.4 * red - 94.2 * green - 18.3 * blue) / 256),
    )


def _scene(part: float) -> Content:
    """A moon going up over a hill."""
    return picture(
        WIDE * 16,
        HIGH * 16,
        (52, 62, 102),
        (52, 62, 102),
        Ellipse(0.2 + 0.6 * part, 0.62 - 0.4 * part, 0.08, 0.12, (246, 238, 200)),
        Ellipse(0.5, 1.15, 0.7, 0.45, (60, 84, 66)),
    )


def moonrise() -> Content:
    """The film; it is made when it is first looked at."""
    return Content("video/mp4", recipe=_moonrise, poster=_scene(0.5))


@lru_cache(maxsize=1)
def _moonrise(seconds: int = 3) -> bytes:
    count = seconds * RATE
    pictures = [_planes(_scene(number / (count - 1))) for number in range(count)]
    units = [_first(pictures[0])]
    units += [_later(number, pictures[number - 1], pictures[number]) for number in range(1, count)]
    return _mp4([_long(unit) for unit in units])


def _long(unit: bytes) -> bytes:
    return struct.pack(">I", len(unit)) + unit


# The box it comes in (ISO/IEC 14496-12 and -15) -----------------------------


def _box(name: bytes, *parts: bytes) -> bytes:
    data = b"".join(parts)
    return struct.pack(">I", len(data) + 8) + name + data


def _full(name: bytes, *numbers: int, flags: int = 0, more: bytes = b"") -> bytes:
    """A box with a version and flags, then numbers of 32 bits."""
    return _box(name, struct.pack(f">{1 + len(numbers)}I", flags, *numbers), more)


MATRIX = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)


def _mp4(samples: list[bytes]) -> bytes:
    kind = _box(b"ftyp", b"isom", struct.pack(">I", 512), b"isomiso2avc1mp41")
    before = len(kind) + len(_movie(samples, 0)) + 8
    return kind + _movie(samples, before) + _box(b"mdat", *samples)


def _movie(samples: list[bytes], at: int) -> bytes:
    length = len(samples) * 1000 // RATE
    track = _full(b"tkhd", 0, 0, 1, 0, length, 0, 0, 0, 0, flags=3, more=MATRIX + _size())
    media = _box(
        b"mdia",
        _full(b"mdhd", 0, 0, 1000, length, 0x55C40000),
        _full(b"hdlr", 0, more=b"vide" + bytes(12) + b"Moonrise\0"),
        _box(
            b"minf",
            _full(b"vmhd", 0, 0, flags=1),
            _box(b"dinf", _full(b"dref", 1, more=_full(b"url ", flags=1))),
            _samples(samples, at),
        ),
    )
    more = MATRIX + bytes(24) + struct.pack(">I", 2)
    header = _full(b"mvhd", 0, 0, 1000, length, 0x10000, 0x01000000, 0, 0, more=more)
    return _box(b"moov", header, _box(b"trak", track, media))


def _size() -> bytes:
    return struct.pack(">II", WIDE * 16 << 16, HIGH * 16 << 16)


def _samples(samples: list[bytes], at: int) -> bytes:
    sequence, parameters = _sequence(), _parameters()
    decoder = b"\1" + sequence[1:4] + b"\xff\xe1" + struct.pack(">H", len(sequence)) + sequence
    decoder += b"\1" + struct.pack(">H", len(parameters)) + parameters
    entry = bytes(6) + struct.pack(">H", 1) + bytes(16)
    entry += struct.pack(">HHIII", WIDE * 16, HIGH * 16, 0x480000, 0x480000, 0)
    entry += struct.pack(">H", 1) + bytes(32) + struct.pack(">Hh", 24, -1)
    return _box(
        b"stbl",
        _full(b"stsd", 1, more=_box(b"avc1", entry, _box(b"avcC", decoder))),
        _full(b"stts", 1, len(samples), 1000 // RATE),
        _full(b"stss", 1, 1),
        _full(b"stsc", 1, 1, len(samples), 1),
        _full(b"stsz", 0, len(samples), *map(len, samples)),
        _full(b"stco", 1, at),
    )
