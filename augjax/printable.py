"""Names from the file system as text that is safe to print, and lists of them."""

import os
import shlex
import sys
from collections.abc import Sequence


def printable(name: str) -> str:
    r"""`name` with everything that is not visible text, or a space, written as an escape.

    Newlines become `\n`, terminal sequences `\x1b[31m`, bytes that are not UTF-8 `\xff`, and marks
    that reverse the direction of text `\u202e`; what is printable already stays as it is.
    """
    if name.isprintable():
        return name
    return "".join(c if c.isprintable() else _escaped(c) for c in name)


def argument(path: str) -> str:
    """A path as it is to be typed into a shell, and as no program takes it for an option.

    What is not visible text, or not in the encoding of standard output, becomes bytes.
    """
    path = f"./{path}" if path.startswith("-") else path
    if path.isprintable() and _is_on_screen(path):
        return shlex.quote(path)
    typed = (
        chr(byte) if 32 <= byte < 127 and byte not in b"\\'" else f"\\x{byte:02x}"
        for byte in os.fsencode(path)
    )
    return f"$'{''.join(typed)}'"


def some(words: Sequence[str], limit: int = 3) -> str:
    """The first of the words in a row, and how many more there are."""
    more = f", and {len(words) - limit} more" if len(words) > limit else ""
    return ", ".join(words[:limit]) + more


def counted(count: int, thing: str, things: str = "") -> str:
    """A number and what it counts, as in '1 image' and '5,000 images'."""
    return f"{count:,} {thing if count == 1 else things or f'{thing}s'}"


def _is_on_screen(text: str) -> bool:
    try:
        text.encode(getattr(sys.stdout, "encoding", None) or "utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _escaped(character: str) -> str:
    undecoded = "\udc80" <= character <= "\udcff"  # As os.fsdecode keeps a byte.
    return f"\\x{ord(character) - 0xDC00:02x}" if undecoded else ascii(character)[1:-1]
