"""Standard output and error that end no program, by their encoding or because nobody reads them."""

import errno
import io
import os
import select
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_lost: list[OSError] = []
"""Why something that was printed is not on its disk."""
_left: set[int] = set()
"""Descriptors from which the reader has gone, or whose disk is full."""


class _Pipe(io.FileIO):
    """A file descriptor to which writing goes on, to nowhere, once it has failed.

    As when a reader or a terminal has gone, or the disk is full. What is not to be written at once
    is waited for.
    """

    def write(self, data: Any, /) -> int:
        try:
            while (written := super().write(data)) is None:  # In non-blocking mode, and full.
                select.select([], [self], [])
            return written
        except OSError as error:
            if error.errno in _FULL:
                _lost.append(error)
            _left.add(self.fileno())
            _lead_nowhere(self.fileno())
            return super().write(data)


def keep_printing() -> None:
    """Has both streams escape what they cannot encode, and outlive whatever they lead to.

    One that is closed leads nowhere: the next file to be opened would take its place, and get what
    libraries print. Streams that were put in place of the usual ones are left alone.
    """
    for descriptor, name in ((1, "stdout"), (2, "stderr")):
        try:
            os.fstat(descriptor)
        except OSError:
            _lead_nowhere(descriptor)
        stream = getattr(sys, name)
        if stream is None:  # As Python has it where the descriptor was closed.
            nowhere = os.open(os.devnull, os.O_WRONLY)
            setattr(sys, name, _escaping(nowhere, "utf-8", line_buffering=False))
        elif isinstance(stream, io.TextIOWrapper) and stream is getattr(sys, f"__{name}__"):
            stream.flush()
            at_once = stream.line_buffering or stream.write_through or name == "stderr"
            setattr(sys, name, _escaping(descriptor, stream.encoding, line_buffering=at_once))


def unprinted() -> str:
    """Why something that was printed is not on its disk, or ''. For what is a program's result."""
    sys.stdout.flush()
    return _lost[0].strerror or str(_lost[0]) if _lost else ""


def nobody_reads() -> bool:
    """Whether standard output has failed, as a pipe to `head` does that has seen enough."""
    return 1 in _left


@contextmanager
def beside_stderr() -> Iterator[Any]:
    """A stream to where standard error leads, even while its descriptor is redirected.

    What is written to it is not among what libraries are found to have written.
    """
    try:
        descriptor = os.dup(sys.stderr.fileno())
    except (OSError, ValueError):  # Another stream was put in its place, or it is closed.
        yield sys.stderr
        return
    try:
        yield _escaping(descriptor, sys.stderr.encoding, line_buffering=True)
    finally:
        os.close(descriptor)


def _escaping(descriptor: int, encoding: str, *, line_buffering: bool) -> io.TextIOWrapper:
    return io.TextIOWrapper(
        io.BufferedWriter(_Pipe(descriptor, "w", closefd=False)),
        encoding=encoding,
        errors="backslashreplace",
        line_buffering=line_buffering,
    )


def _lead_nowhere(descriptor: int) -> None:
    nowhere = os.open(os.devnull, os.O_RDWR)
    if nowhere != descriptor:
        os.dup2(nowhere, descriptor)
        os.close(nowhere)
