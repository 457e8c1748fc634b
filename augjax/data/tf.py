"""TensorFlow, which only feeds images: imported late, quietly and without any GPU."""

import functools
import gc
import os
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import ModuleType
from typing import IO, Any, Literal

ResizeMethod = Literal["nearest", "bilinear"]

_REDIRECTING = threading.RLock()

DECODER = "TensorFlow, JPEGs by the accurate inverse DCT"
"""What pixels depend on besides the files; to be changed when the same file gets other pixels."""


@functools.cache
def import_tensorflow() -> ModuleType:
    """Imports TensorFlow with GPUs hidden from it and its start-up chatter kept off stderr.

    The chatter comes from C++ before any of TensorFlow's own switches is read, so the file
    descriptor is redirected; if the import fails, what was written is shown. It takes a third less
    time than usual: Keras stays out until somebody asks for it, and no garbage is looked for.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with silent_stderr(), _uncollected(), _absent("keras.src.optimizers"):
        import tensorflow as tf

        tf.config.set_visible_devices([], "GPU")
        tf.constant(0)  # Starts the runtime, which has something to say too.
    tf.get_logger().setLevel("ERROR")
    return tf


def unconverted(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function for `tf.data` without control flow of Python's over tensors, taken as it is.

    AutoGraph would rewrite it and all that it calls, which takes a seventh of a second at first.
    """
    return import_tensorflow().autograph.experimental.do_not_convert(function)


def decode_jpeg_or_png(content: Any) -> Any:
    """The uint8 pixels of a JPEG's or PNG's bytes, a tensor (height, width, 3).

    TensorFlow's usual inverse DCT overflows where black meets white (135 levels, measured).
    """
    return import_tensorflow().io.decode_jpeg(content, channels=3, dct_method="INTEGER_ACCURATE")


def resize(image: Any, image_size: int, method: ResizeMethod) -> Any:
    """Resizes a uint8 tensor to a square by `tf.image.resize` without antialiasing."""
    tf = import_tensorflow()
    image.set_shape((None, None, 3))
    resized = tf.image.resize(image, (image_size, image_size), method=method)
    if resized.dtype != tf.uint8:
        resized = tf.cast(tf.clip_by_value(tf.round(resized), 0, 255), tf.uint8)
    return tf.ensure_shape(resized, (image_size, image_size, 3))


def decoded_stream(source: Any, decode: Callable[..., Any], *, batch_size: int = 64) -> Any:
    """Images decoded in parallel, as a `tf.data.Dataset` of batches, in order.

    One that fails is left out: an error would end the stream, and name no file.

    Args:
      source: a `tf.data.Dataset` of what `decode` takes.
      decode: gives a tuple, such as of an image's place and the image, which is of a fixed size.
      batch_size: of the batches, the last of which may be smaller.
    """
    decoded = (
        source.map(
            unconverted(decode),
            num_parallel_calls=2 * (os.cpu_count() or 1),
            deterministic=True,
        )
        .ignore_errors()
        .batch(batch_size)
        .prefetch(2)
    )
    return untuned(decoded)


def untuned(stream: Any) -> Any:
    """A `tf.data.Dataset` as it was built.

    TensorFlow's tuning takes seconds to settle. Meanwhile it may leave a stream that decodes a
    single thread, and one over images in memory waiting, for as long as all its gathering takes
    many times over.
    """
    options = import_tensorflow().data.Options()
    options.autotune.enabled = False
    options.experimental_optimization.apply_default_optimizations = False
    return stream.with_options(options)


@contextmanager
def silent_stderr() -> Iterator[Callable[[], int]]:
    """Keeps what is written to file descriptor 2, by C++ too, unless an error ends the block.

    Gives a function that tells how many bytes have been written so far. The descriptor is the
    process's: other threads that ask for the same wait.
    """
    with _REDIRECTING, _redirected() as written:
        yield written


@contextmanager
def _redirected() -> Iterator[Callable[[], int]]:
    with suppress(AttributeError, OSError, ValueError):  # It may be None, gone or closed.
        sys.stderr.flush()
    kept = os.dup(2)
    with _in_memory() as written:
        os.dup2(written.fileno(), 2)
        try:
            yield lambda: os.fstat(written.fileno()).st_size
        except Exception:
            os.dup2(kept, 2)
            written.seek(0)
            with suppress(OSError):
                os.write(2, written.read())
            raise
        finally:
            os.dup2(kept, 2)
            os.close(kept)


def _in_memory() -> IO[bytes]:
    """A file that no full disk keeps from being written to, where the system has such."""
    if hasattr(os, "memfd_create"):
        return os.fdopen(os.memfd_create("stderr"), "w+b", buffering=0)
    return tempfile.TemporaryFile()


@contextmanager
def _uncollected() -> Iterator[None]:
    """A block in which Python does not look for cycles among ever more objects of modules."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


@contextmanager
def _absent(name: str) -> Iterator[None]:
    """A block in which a module that is not imported yet cannot be found.

    TensorFlow imports this one of Keras's for what happens then, and does without if it fails.
    """
    unknown = name not in sys.modules
    if unknown:
        sys.modules[name] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        if unknown:
            del sys.modules[name]
