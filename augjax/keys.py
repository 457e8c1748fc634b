"""Keys. Every random number in augjax is a pure function of

    seed -> stream -> epoch -> image id -> transform name,

each folded into the key of the one before it. No key is split, threaded through a loop or saved,
so adding an image, a transform, a device or a restart changes no other draw.

All keys are Threefry. A user's key of another kind, such as one of JAX's default 'rbg', stands for
the Threefry key of seed 0 into which the words of its data are folded, one after the other.
"""

import unicodedata
import zlib
from collections.abc import Iterable
from hashlib import blake2b
from numbers import Integral
from pathlib import PurePath
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Int, PRNGKeyArray, UInt32

from augjax.typing import AnyArray

__all__ = ["image_ids", "image_key", "key", "stream"]

_THREEFRY = "threefry2x32"


def key(seed: int | np.integer | Int[AnyArray, ""]) -> PRNGKeyArray:
    """The root key of a seed: Threefry, whatever JAX's configured default is.

    Of the seed, the lower 32 bits count.

    >>> import augjax as aj
    >>> jax.random.key_data(aj.key(7)).tolist()
    [0, 7]
    """
    if isinstance(seed, bool) or not (isinstance(seed, Integral) or hasattr(seed, "dtype")):
        raise TypeError(f"a seed is a whole number, but got {seed!r}")
    if isinstance(seed, Integral):
        if not -(2**63) <= seed < 2**63:
            raise ValueError(f"a seed has at most 64 bits, but got {seed!r}")
        return wrapped(np.array([0, int(seed) % 2**32], np.uint32))
    low = jnp.asarray(seed)
    if low.ndim or not jnp.issubdtype(low.dtype, jnp.integer):
        raise TypeError(f"a seed is a whole number, but got {seed!r}")
    return wrapped(jnp.stack([jnp.uint32(0), low.astype(jnp.uint32)]))


def stream(key: PRNGKeyArray, name: str) -> PRNGKeyArray:
    """The key of a named stream ('init', 'augment', a transform's name, ...) below `key`.

    Names are folded in as the CRC-32 of their UTF-8 bytes.

    >>> import augjax as aj
    >>> jax.random.key_data(aj.stream(aj.key(0), "augment")).tolist()
    [1344629774, 4219992126]
    """
    if not isinstance(name, str):
        raise TypeError(f"the name of a stream is text, but got {name!r}")
    return jax.random.fold_in(threefry(key), _crc32(name))


def _crc32(name: str) -> int:
    try:
        return zlib.crc32(name.encode())
    except UnicodeEncodeError as error:
        raise ValueError(
            f"expected a name that can be encoded as UTF-8, but got {name!a}"
        ) from error


def same_stream(names: Iterable[str]) -> tuple[str, str] | None:
    """Two different names of one CRC-32, whose streams would be the same, if there are any."""
    by_number: dict[int, str] = {}
    for name in names:
        other = by_number.setdefault(_crc32(name), name)
        if other != name:
            return other, name
    return None


def image_key(
    key: PRNGKeyArray,
    epoch: int | Int[AnyArray, ""],
    image_id: UInt32[AnyArray, ""] | UInt32[AnyArray, "2"],
) -> PRNGKeyArray:
    """The key of one image in one epoch below the key of a stream.

    Args:
      key: the stream's key.
      epoch: the epoch's number.
      image_id: the image's identity, one or two words of 32 bits (`image_ids`), folded in one
        after the other.

    >>> import augjax as aj
    >>> ids = aj.image_ids(["Car/0001.jpg"])
    >>> one = aj.image_key(aj.key(0), 3, ids[0])
    >>> bool(aj.RandomFlip().sample(one, (8, 8, 3))["horizontal"])
    True
    """
    key = threefry(key)
    check_epoch(epoch)
    is_number = isinstance(image_id, Integral) and not isinstance(image_id, bool)
    if not (0 <= image_id < 2**32 if is_number else _is_id(image_id)):
        raise ValueError(f"image_id={image_id!r}: expected a number of 32 bits, or image_ids's")
    words = jnp.atleast_1d(jnp.asarray(np.uint32(image_id) if is_number else image_id))
    if words.ndim > 1 or words.size not in (1, 2):
        raise ValueError(
            f"one image's id has one or two words, but got an array of shape {words.shape}; "
            "jax.vmap takes several, and so does a transform's .batch"
        )
    key = jax.random.fold_in(key, epoch)
    for i in range(words.shape[0]):
        key = jax.random.fold_in(key, words[i])
    return key


def image_ids(paths: Iterable[str | PurePath]) -> UInt32[np.ndarray, "n 2"]:
    """The identities of images named by `paths`: the 64-bit BLAKE2b of each name.

    Args:
      paths: POSIX paths relative to the split's folder ('Car/0001.jpg'), or any names that stay
        with the image. They are brought to Unicode's NFC first, since file systems differ.

    >>> import augjax as aj
    >>> aj.image_ids(["Car/0001.jpg", "Truck/0001.jpg"])
    array([[ 923299646, 3549384619],
           [2072843601,  820387990]], dtype=uint32)
    """
    if isinstance(paths, str):
        raise TypeError(f"expected several paths, as in image_ids([{paths!r}]), but got one")
    if not isinstance(paths, Iterable):
        raise TypeError(f"expected paths or names, but got {paths!r}")
    names = [path.as_posix() if isinstance(path, PurePath) else path for path in paths]
    for name in names:
        if not isinstance(name, str):
            raise TypeError(
                f"expected paths or names, but got {name!r}; numbers are ids as they are, as in "
                "np.arange(n, dtype=np.uint32)"
            )
    digests = [
        blake2b(
            unicodedata.normalize("NFC", name).encode(errors="surrogateescape"), digest_size=8
        ).digest()
        for name in names
    ]
    words = np.frombuffer(b"".join(digests), dtype="<u4")
    return words.astype(np.uint32).reshape(-1, 2)


def threefry(key: PRNGKeyArray) -> PRNGKeyArray:
    """`key`, or the Threefry key that one of another kind stands for.

    Raises:
      TypeError: if it is not one key.
    """
    check_key(key)
    if jnp.issubdtype(key.dtype, jax.dtypes.prng_key):
        if jax.random.key_impl(key) == _THREEFRY:
            return key
        words = jax.random.key_data(key)
    else:
        words = jnp.asarray(key)
        if words.shape == (2,):
            return wrapped(words)
    derived = wrapped(jnp.zeros(2, jnp.uint32))
    for i in range(words.size):
        derived = jax.random.fold_in(derived, words[i])
    return derived


def wrapped(words: UInt32[AnyArray, "2"]) -> PRNGKeyArray:
    """The Threefry key of these words."""
    return jax.random.wrap_key_data(jnp.asarray(words, jnp.uint32), impl=_THREEFRY)


def check_key(key: PRNGKeyArray) -> None:
    """Raises TypeError unless `key` is one key: a typed one, or its words as JAX's legacy keys."""
    dtype = getattr(key, "dtype", None)
    typed = dtype is not None and jnp.issubdtype(dtype, jax.dtypes.prng_key)
    legacy = dtype == jnp.uint32 and key.shape in ((2,), (4,))
    if not (typed and key.shape == ()) and not legacy:
        what = type(key).__name__ if dtype is None else f"an array {dtype}{list(key.shape)}"
        first = (
            "; the key comes first" if isinstance(key, dict) or getattr(key, "ndim", 0) > 2 else ""
        )
        raise TypeError(f"expected one PRNG key, such as augjax.key(0), but got {what}{first}")


def _is_id(image_id: Any) -> bool:
    """Whether it is an array of whole numbers, of 32 bits as far as they are seen."""
    dtype = getattr(image_id, "dtype", None)
    if dtype is None or not jnp.issubdtype(dtype, jnp.integer):
        return False
    seen = image_id if isinstance(image_id, np.ndarray) else np.zeros(0, np.uint32)
    return bool(((seen >= 0) & (seen < 2**32)).all())


def check_epoch(epoch: int | Int[AnyArray, ""]) -> None:
    """Raises ValueError unless `epoch` may be the number of one."""
    if isinstance(epoch, np.ndarray) and not epoch.ndim:
        epoch = epoch.item()
    dtype = getattr(epoch, "dtype", None)
    whole = dtype is not None and jnp.issubdtype(dtype, jnp.integer) and not jnp.ndim(epoch)
    if isinstance(epoch, Integral):
        whole = not isinstance(epoch, bool) and 0 <= epoch < 2**31
    if not whole:
        raise ValueError(
            f"epoch={epoch!r}: expected a whole number that is not negative, below 2**31"
        )
