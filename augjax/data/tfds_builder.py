"""A data set of TensorFlow Datasets, found by its name, prepared, and its classes chosen."""

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np

from augjax.data.dataset import VALID_NAMES
from augjax.data.tf import import_tensorflow
from augjax.errors import InputError

PREFIX = "tfds:"
_RETRIES = 2


class OpenTfds(NamedTuple):
    """A data set that is prepared.

    Attributes:
      where: what an error about it begins with.
      builder: TensorFlow Datasets' own object.
      splits: the names of all its splits.
      class_names: of the chosen classes, in the order of the labels they get.
      labels: those labels, by the data set's own.
    """

    where: str
    builder: Any
    splits: tuple[str, ...]
    class_names: tuple[str, ...]
    labels: dict[int, int]

    @property
    def valid_name(self) -> str | None:
        """The name of the split to validate on, if there is one."""
        return next((name for name in VALID_NAMES if name in self.splits), None)


def open_tfds(spec: str, where: str) -> OpenTfds:
    """Finds a data set, downloads and prepares it if need be, and chooses its classes.

    Args:
      spec: as `load_tfds` takes it.
      where: what an error begins with.

    Raises:
      InputError: if there is no such data set or class, or it cannot be downloaded.
    """
    import_tensorflow()
    import tensorflow_datasets as tfds

    name, _, listed = spec.removeprefix(PREFIX).partition(":")
    try:
        builder = tfds.builder(name)
    except tfds.core.DatasetNotFoundError as error:
        raise InputError(f"{where}: TensorFlow Datasets has no data set {name!r}") from error
    except ValueError as error:
        raise InputError(f"{where}: expected tfds:NAME[:CLASS,CLASS]") from error
    _prepare(where, builder)
    # Class and split names are part of what is prepared, and unknown before.
    class_names, labels = _chosen_classes(where, builder.info, listed)
    return OpenTfds(where, builder, tuple(builder.info.splits), class_names, labels)


def is_encoded(found: OpenTfds) -> bool:
    """Whether the images are stored as files, or else as pixels.

    Raises:
      InputError: if they are neither, but something else.
    """
    import tensorflow_datasets as tfds

    feature = found.builder.info.features["image"]

    dtype, shape = getattr(feature, "np_dtype", None), getattr(feature, "shape", None)
    if dtype != np.uint8 or not shape or len(shape) != 3 or shape[-1] not in (1, 3, None):
        raise InputError(
            f"{found.where}: its feature 'image' is {getattr(dtype, '__name__', dtype)} of shape "
            f"{shape}; expected uint8 of shape (height, width, 1 or 3)"
        )
    return isinstance(feature, tfds.features.Image)


def _prepare(where: str, builder: Any) -> None:
    import tensorflow_datasets as tfds

    if not sys.stderr.isatty():
        tfds.disable_progress_bar()
    try:
        with _few_retries():
            builder.download_and_prepare()
    except ImportError:
        raise  # A missing package is not a missing network.
    except (OSError, tfds.download.DownloadError) as error:
        reason = str(error).splitlines()[0].partition(" (")[0]
        raise InputError(
            f"{where}: cannot download or prepare it "
            f"({type(error).__name__}: {reason:.120}); "
            f"check the network, or prepare it elsewhere and copy it to {builder.data_dir}"
        ) from error


@contextmanager
def _few_retries() -> Iterator[None]:
    """Without a network, TensorFlow Datasets would try for minutes, and warn each time."""
    from tensorflow_datasets.core.download import downloader

    logger = logging.getLogger("urllib3.connectionpool")
    level, retries = logger.level, downloader.MAX_RETRIES
    logger.setLevel(logging.ERROR)
    downloader.MAX_RETRIES = _RETRIES
    try:
        yield
    finally:
        logger.setLevel(level)
        downloader.MAX_RETRIES = retries


def _chosen_classes(where: str, info: Any, listed: str) -> tuple[tuple[str, ...], dict[int, int]]:
    """The names of the classes, and a map from the data set's labels to ours."""
    features = dict(info.features.items()) if hasattr(info.features, "items") else {}
    label: Any = features.get("label")
    if "image" not in features or not hasattr(label, "names"):
        raise InputError(f"{where}: not a data set of images with one class label each")
    wanted = [word.strip() for word in listed.split(",")] if listed else label.names
    chosen = [
        label.names.index(w) if w in label.names else int(w) if w.isdecimal() else -1
        for w in wanted
    ]
    unknown = [w for w, i in zip(wanted, chosen, strict=True) if not 0 <= i < label.num_classes]
    if unknown:
        raise InputError(f"{where}: no class {', '.join(unknown)}; it has {', '.join(label.names)}")
    if len(set(chosen)) != len(chosen):
        raise InputError(f"{where}: a class is listed twice")
    return tuple(label.names[i] for i in chosen), {i: n for n, i in enumerate(chosen)}
