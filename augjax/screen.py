"""Standard output and error that end no program, by their encoding or because nobody reads them."""

import io
import os
import sys
from typing import Any


class _Pipe(io.FileIO):
    """A file descriptor to which writing goes on, to nowhere, when nobody reads it any more."""

    def write(self, data: Any, /) -> int:
        try:
            return super().write(data)
        except BrokenPipeError:
            _lead_nowhere(self.fileno())
            return super().write(data)


def keep_printing() -> None:
    """Has both streams escape what they cannot encode, and outlive a reader such as `head`.

    One that is closed leads nowhere: the next file to be opened would take its place, and get what
    libraries print. Streams that were put in place of the usual ones are left alone.
    """
    for descriptor, name in ((1, "stdout"), (2, "stderr")):
        try:
            os.fstat(descriptor)
        except OSError:
            _lead_nowhere(descriptor)
        stream = getattr(sys, name)
        if isinstance(stream, io.TextIOWrapper) and stream is getattr(sys, f"__{name}__"):
            stream.flush()
            kept = io.TextIOWrapper(
                io.BufferedWriter(_Pipe(descriptor, "w", closefd=False)),
                encoding=stream.encoding,
                errors="backslashreplace",
                line_buffering=stream.line_buffering or name == "stderr",
            )
            setattr(sys, name, kept)


def _lead_nowhere(descriptor: int) -> None:
    nowhere = os.open(os.devnull, os.O_RDWR)
    if nowhere != descriptor:
        os.dup2(nowhere, descriptor)
        os.close(nowhere)
