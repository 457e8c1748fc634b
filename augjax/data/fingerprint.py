"""Fingerprints, by which one content of an image's file is told from another."""

import io
from typing import Any

from augjax.data.tf import import_tensorflow

FINGERPRINT = "all bytes of each file"
"""What fingerprints depend on; to be changed when the same file gets another one."""

ENDS_BYTES = 4096
"""What is read of either end of a file at the start, when its other bytes are not."""

_BUCKETS = 2**63 - 1
"""All numbers that a signed 64-bit integer can hold from 0 on."""


def fingerprint(contents: Any) -> Any:
    """A 64-bit hash of each string, as a tensor of int64 of their shape; never negative.

    TensorFlow computes it where the bytes pass anyway, in its own threads, at several GB/s. It
    tells of every accident, but somebody who means to can find two contents that share one.
    """
    return import_tensorflow().strings.to_hash_bucket_fast(contents, _BUCKETS)


def outline(content: Any) -> Any:
    """The fingerprint of the size, first and last 4 KiB of a file with this content."""
    tf = import_tensorflow()
    size = tf.strings.length(content)
    head = tf.strings.substr(content, 0, ENDS_BYTES)
    tail = tf.strings.substr(content, tf.maximum(size - ENDS_BYTES, 0), ENDS_BYTES)
    return fingerprint(tf.strings.join([head, tail, tf.strings.as_string(size)]))


def read_ends(file: io.BufferedReader) -> bytes:
    """What `outline` is the fingerprint of, without reading the rest."""
    file.seek(0)
    head = file.read(ENDS_BYTES)
    size = file.seek(0, io.SEEK_END)
    file.seek(max(size - ENDS_BYTES, 0))
    return head + file.read(ENDS_BYTES) + b"%d" % size


def if_same(content: Any, outlined: Any, seen: Any) -> tuple[Any, Any]:
    """The bytes of a file and their fingerprint; no bytes, and `seen`, if they have changed.

    Args:
      content: the file's bytes.
      outlined: the outline of the file when it was judged.
      seen: the fingerprint of its bytes when they were first read, or 0.
    """
    tf = import_tensorflow()
    found = fingerprint(content)
    same = (outline(content) == outlined) & ((seen == 0) | (seen == found))
    return tf.where(same, content, b""), tf.where(same, found, seen)
