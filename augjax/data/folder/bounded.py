"""What Pillow gets to read of a file's header: no more than it needs."""

import io

OpenFile = io.BufferedReader | io.BytesIO

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
