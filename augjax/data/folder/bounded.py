"""What Pillow gets to read of a file: as much as an image needs, whatever the file holds."""

import io
import zlib

OpenFile = io.BufferedReader | io.BytesIO

PNG_START = b"\x89PNG\r\n\x1a\n"
_PNG_END = b"\0\0\0\0IEND\xaeB`\x82"

MAX_CHUNKS = 100_000
"""Of a PNG. Encoders begin one every 8 KiB or later."""

MAX_READS, MAX_HEADER_MB = 100_000, 16
"""Of the header of another file. Pillow reads a segment in about four, and fill bytes singly."""


class TooMuchError(Exception):
    """A picture that would take its reader minutes; the message says what it has too much of."""


class Metered:
    """A file for Pillow to read the header of; beyond the limits, that is a `TooMuchError`."""

    def __init__(self, file: OpenFile, format: str) -> None:
        self._file, self._format = file, format
        self._reads = self._bytes = 0
        self.seek, self.tell = file.seek, file.tell

    def read(self, size: int = -1) -> bytes:
        """Reads as the file does."""
        data = self._file.read(size)
        self._reads += 1
        self._bytes += len(data)
        if self._reads > MAX_READS or self._bytes > MAX_HEADER_MB * 10**6:
            raise TooMuchError(
                f"a {self._format} whose header takes more than {MAX_READS:,} reads or "
                f"{MAX_HEADER_MB} MB"
            )
        return data


def png_pixels(file: OpenFile, *, header_only: bool = False) -> bytes:
    """A PNG without the chunks that say nothing of its pixels.

    Pillow goes through these slowly, and refuses texts and colour profiles of more than a megabyte.

    Args:
      file: with the PNG.
      header_only: whether to leave out the pixels as well.

    Raises:
      TooMuchError: if it has more than `MAX_CHUNKS`.
      ValueError: if a checksum up to the pixels is wrong, or one of theirs.
    """
    header, pixels, name = [PNG_START], [], b""
    file.seek(len(PNG_START))
    for _ in range(MAX_CHUNKS):
        start, before = file.read(8), name
        if len(start) < 8 or (name := start[4:]) == b"IEND":
            return b"".join([*header, *pixels, _PNG_END])
        length = int.from_bytes(start[:4], "big")
        if name == b"IDAT":
            wanted = not header_only and (before == name or not pixels)
        else:
            wanted = name == b"eXIf" or not pixels
        data = file.read(length + 4) if wanted else b""
        if not wanted:
            file.seek(length + 4, io.SEEK_CUR)
        elif zlib.crc32(start[4:] + data[:length]) != int.from_bytes(data[length:], "big"):
            raise ValueError("a damaged PNG")
        if name == b"IDAT" and (wanted or not pixels):
            pixels.append(start + data)
        elif wanted and name in (b"IHDR", b"PLTE", b"tRNS", b"eXIf"):
            header.append(start + data)
    raise TooMuchError(f"a PNG of more than {MAX_CHUNKS:,} chunks")
