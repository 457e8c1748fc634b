"""PNGs: the chunks that their pixels depend on, and whether all of the pixels are there."""

import io
import struct
import zlib
from collections.abc import Iterable

from augjax.data.folder.bounded import OpenFile, TooMuchError

PNG_START = b"\x89PNG\r\n\x1a\n"

MAX_CHUNKS = 100_000
"""Of a PNG. Encoders begin one every 8 KiB or later."""

_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
"""By type of colour."""

_ADAM7 = ((8, 8, 0, 0), (8, 8, 4, 0), (4, 8, 0, 4), (4, 4, 2, 0), (2, 4, 0, 2), (2, 2, 1, 0),
          (1, 2, 0, 1))  # fmt: skip
"""Of each pass: the steps between columns and between rows, and the first of both."""

_PIECE = 2**16
"""How many bytes are inflated at a time."""


def png_pixels(file: OpenFile, *, header_only: bool = False) -> bytes:
    """A PNG without the chunks that say nothing of its pixels.

    Pillow goes through these slowly, and refuses texts and colour profiles of more than a megabyte.

    Args:
      file: with the PNG.
      header_only: whether to leave out the pixels as well.

    Raises:
      TooMuchError: if it has more than `MAX_CHUNKS`.
      ValueError: if a checksum up to the pixels is wrong, or one of theirs, or rows are missing.
    """
    file.seek(len(PNG_START))
    header, pixels, name = [file.read(25)], [], b"IHDR"
    _check(header[0])
    for _ in range(MAX_CHUNKS):
        start, before = file.read(8), name
        if len(start) < 8 or (name := start[4:]) == b"IEND":
            break
        length = int.from_bytes(start[:4], "big")
        if name == b"IDAT":
            wanted = not header_only and (before == name or not pixels)
        else:
            wanted = name == b"eXIf" or not pixels
        chunk = start + file.read(length + 4) if wanted else start
        if wanted:
            _check(chunk)
        else:
            file.seek(length + 4, io.SEEK_CUR)
        if name == b"IDAT" and (wanted or not pixels):
            pixels.append(chunk)
        elif wanted and name in (b"PLTE", b"tRNS", b"eXIf"):
            header.append(_within_depth(chunk, header[0]) if name == b"tRNS" else chunk)
    else:
        raise TooMuchError(f"a PNG of more than {MAX_CHUNKS:,} chunks")
    if not header_only:
        _check_rows(header[0], (memoryview(chunk)[8:-4] for chunk in pixels))
    return b"".join([PNG_START, *header, *pixels, _chunk(b"IEND", b"")])


def _check(chunk: bytes) -> None:
    if zlib.crc32(chunk[4:-4]) != int.from_bytes(chunk[-4:], "big"):
        raise ValueError("a damaged PNG")


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I4s", len(data), name) + data + struct.pack(">I", zlib.crc32(name + data))


def _within_depth(chunk: bytes, header: bytes) -> bytes:
    """A transparent colour without bits beyond the samples' depth, which say nothing."""
    depth, colour = header[16:18]
    if depth == 16 or colour == 3:
        return chunk
    samples = (bytes([0, byte & (2**depth - 1)]) for byte in chunk[9:-4:2])
    return _chunk(b"tRNS", b"".join(samples))


def _check_rows(header: bytes, pieces: Iterable[memoryview]) -> None:
    """Checks that the pixels are as many as the header says, which Pillow does not."""
    width, height, depth, colour, _, _, interlaced = struct.unpack(">IIBBBBB", header[8:21])
    missing = 0
    for across, down, left, top in _ADAM7 if interlaced else ((1, 1, 0, 0),):
        columns, rows = -((left - width) // across), -((top - height) // down)
        if columns > 0:
            missing += max(rows, 0) * (1 - (-columns * depth * _CHANNELS[colour] // 8))
    inflater = zlib.decompressobj()
    for piece in pieces:
        for start in range(0, len(piece), _PIECE):
            data = piece[start : start + _PIECE]
            while data and missing > 0:
                missing -= len(inflater.decompress(data, _PIECE))
                data = inflater.unconsumed_tail
    if missing > len(inflater.flush()):
        raise ValueError("a PNG without its last rows")
