"""Data sets of TensorFlow Datasets, named as tfds:NAME or tfds:NAME:CLASS,CLASS."""

import logging
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from hashlib import blake2b
from typing import Any

import numpy as np

from augjax.data.data_report import damage_note
from augjax.data.dataset import CACHE_LIMIT_BYTES, VALID_NAMES, Dataset, Split, cache_bytes
from augjax.data.fingerprint import fingerprint
from augjax.data.folder.decode import decode_by_pillow, decode_plain
from augjax.data.folder.judge import judge_contents
from augjax.data.folder.pillow import JPEG_START
from augjax.data.tf import ResizeMethod, import_tensorflow, resize, silent_stderr, unconverted
from augjax.errors import InputError
from augjax.keys import image_ids
from augjax.printable import printable, some

PREFIX = "tfds:"
_RETRIES = 2


def load_tfds(
    spec: str,
    *,
    image_size: int,
    method: ResizeMethod = "nearest",
    cache_limit: int = CACHE_LIMIT_BYTES,
) -> Dataset:
    """Reads the data set that `spec` names, downloading and preparing it first if need be.

    Images that are stored as files are seen as those of `load_image_folder`.

    Args:
      spec: 'tfds:cifar10:automobile,truck': the data set's name, then its classes by name or
        index, in the order of the labels they get; without a list, all of its classes.
      image_size: side of the square in pixels that every image is resized to.
      method: 'nearest' or 'bilinear', neither antialiased.
      cache_limit: bytes that the decoded images, which are kept in memory, may take.

    Raises:
      InputError: if there is no such data set, class or split, it cannot be downloaded, its images
        are not uint8 of 1 or 3 channels, or one of them cannot be decoded.
    """
    import_tensorflow()
    import tensorflow_datasets as tfds

    name, _, listed = spec.removeprefix(PREFIX).partition(":")
    try:
        builder = tfds.builder(name)
    except tfds.core.DatasetNotFoundError as error:
        raise InputError(f"--data {spec}: TensorFlow Datasets has no data set {name!r}") from error
    except ValueError as error:
        raise InputError(f"--data {spec}: expected tfds:NAME[:CLASS,CLASS]") from error
    _prepare(spec, builder)
    # Class and split names are part of what is prepared, and unknown before.
    class_names, labels = _chosen_classes(spec, builder.info, listed)
    names = builder.info.splits
    valid_name = next((candidate for candidate in VALID_NAMES if candidate in names), None)
    if "train" not in names or valid_name is None:
        raise InputError(
            f"--data {spec}: expected the splits train and {' or '.join(VALID_NAMES)}, "
            f"found {', '.join(names) or 'none'}"
        )
    train, valid = (
        _read_split(spec, builder, split_name, labels, image_size, method, cache_limit)
        for split_name in ("train", valid_name)
    )
    doubtful = train[1] + valid[1]
    return Dataset(
        class_names,
        train[0],
        valid[0],
        fingerprint=_fingerprint(builder, (train[0], valid[0])),
        image_size=image_size,
        notes=(damage_note(doubtful),) if doubtful else (),
    )


def _prepare(spec: str, builder: Any) -> None:
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
            f"--data {spec}: cannot download or prepare it "
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


def _chosen_classes(spec: str, info: Any, listed: str) -> tuple[tuple[str, ...], dict[int, int]]:
    """The names of the classes, and a map from the data set's labels to ours."""
    features = dict(info.features.items()) if hasattr(info.features, "items") else {}
    label: Any = features.get("label")
    if "image" not in features or not hasattr(label, "names"):
        raise InputError(f"--data {spec}: not a data set of images with one class label each")
    wanted = [word.strip() for word in listed.split(",")] if listed else label.names
    chosen = [
        label.names.index(w) if w in label.names else int(w) if w.isdecimal() else -1
        for w in wanted
    ]
    unknown = [w for w, i in zip(wanted, chosen, strict=True) if not 0 <= i < label.num_classes]
    if unknown:
        raise InputError(
            f"--data {spec}: no class {', '.join(unknown)}; it has {', '.join(label.names)}"
        )
    if len(set(chosen)) != len(chosen):
        raise InputError(f"--data {spec}: a class is listed twice")
    return tuple(label.names[i] for i in chosen), {i: n for n, i in enumerate(chosen)}


def _read_split(
    spec: str,
    builder: Any,
    name: str,
    labels: dict[int, int],
    image_size: int,
    method: ResizeMethod,
    cache_limit: int,
) -> tuple[Split, list[str]]:
    """A split, and the ids of its images at which decoders complained."""
    tf = import_tensorflow()
    encoded = _is_encoded(spec, builder.info.features["image"])

    def prepare(image: Any, label: Any, source: Any, is_plain: Any, reason: Any) -> tuple[Any, ...]:
        content = fingerprint(image if encoded else tf.io.serialize_tensor(image))
        if encoded:
            file = tf.where(reason == "", image, b"")
            image = tf.cond(is_plain, lambda: decode_plain(file), lambda: decode_by_pillow(file))
        elif image.shape[-1] == 1:
            image = tf.image.grayscale_to_rgb(image)
        return resize(image, image_size, method), label, source, content

    stored = _stored(builder, name, labels, encoded=encoded)
    examples = (
        stored.map(unconverted(prepare), num_parallel_calls=tf.data.AUTOTUNE)
        .batch(64)
        .prefetch(tf.data.AUTOTUNE)
    )
    images, labelled, sources, contents = [], [], [], []
    failed, bad, doubtful = None, [], []
    with silent_stderr() as written:
        try:
            for image, label, source, content in examples.as_numpy_iterator():
                contents.append(content)
                images.append(image)
                labelled.extend(labels[int(i)] for i in label)
                sources.extend(s.decode() for s in source)
                if cache_bytes(len(sources), image_size) > cache_limit:
                    raise InputError(
                        f"--data {spec}: split {name} takes more than the "
                        f"{cache_limit / 2**20:,.0f} MiB allowed for decoded images; "
                        "choose a smaller --image-size"
                    )
        except tf.errors.OpError as error:
            failed = error
        if failed or written():
            bad, doubtful = _faults(stored, prepare, written)
    if failed:
        problem = f"cannot decode {some(bad)}" if bad else f"damaged ({type(failed).__name__})"
        raise InputError(
            f"--data {spec}: split {name}: {problem}; repair it and prepare it again"
        ) from failed
    if not sources:
        raise InputError(f"--data {spec}: split {name} has no image of the chosen classes")
    contents = np.concatenate(contents)
    split = Split(
        name=name,
        sources=tuple(sources),
        labels=np.asarray(labelled, np.int32),
        ids=image_ids(sources),
        outlines=contents,
        contents=tf.constant(contents),
        cache=tf.constant(np.concatenate(images)),
        decode=None,
    )
    return split, doubtful


def _is_encoded(spec: str, feature: Any) -> bool:
    """Whether the images of a feature are stored as files, or else as pixels."""
    import tensorflow_datasets as tfds

    dtype, shape = getattr(feature, "np_dtype", None), getattr(feature, "shape", None)
    if dtype != np.uint8 or not shape or len(shape) != 3 or shape[-1] not in (1, 3, None):
        raise InputError(
            f"--data {spec}: its feature 'image' is {getattr(dtype, '__name__', dtype)} of shape "
            f"{shape}; expected uint8 of shape (height, width, 1 or 3)"
        )
    return isinstance(feature, tfds.features.Image)


def _stored(builder: Any, split: str, labels: dict[int, int], *, encoded: bool) -> Any:
    """A `tf.data.Dataset` of images, labels, ids, whether TensorFlow decodes them, and why not."""
    tf = import_tensorflow()
    import tensorflow_datasets as tfds

    def judge(images: Any) -> tuple[Any, Any]:
        verdicts = judge_contents(images)
        reasons = [verdict.refusal(sys.maxsize) for verdict in verdicts]
        return np.array([verdict.is_plain for verdict in verdicts]), np.array(reasons, np.bytes_)

    def judged(image: Any, label: Any, source: Any) -> tuple[Any, ...]:
        return image, label, source, *tf.numpy_function(judge, [image], (tf.bool, tf.string))

    wanted = tf.constant(list(labels), tf.int64)
    examples = (
        builder.as_dataset(
            split=split,
            shuffle_files=False,
            read_config=tfds.ReadConfig(add_tfds_id=True),
            decoders={"image": tfds.decode.SkipDecoding()} if encoded else None,
        )
        .filter(unconverted(lambda example: tf.reduce_any(example["label"] == wanted)))
        .map(unconverted(lambda one: (one["image"], one["label"], one["tfds_id"])))
    )
    if not encoded:
        return examples.map(unconverted(lambda *example: (*example, True, "")))
    return examples.batch(64).map(unconverted(judged)).unbatch()


def _faults(
    stored: Any, prepare: Callable[..., Any], written: Callable[[], int]
) -> tuple[list[str], list[str]]:
    """The ids of images that cannot be decoded, with why, and of JPEGs that decoders complain of.

    They are decoded again, one by one, up to a record that cannot be read.
    """
    tf = import_tensorflow()
    bad, doubtful = [], []
    with suppress(tf.errors.OpError):
        for image, label, source, is_plain, reason in stored:
            before, name = written(), printable(source.numpy().decode())
            try:
                prepare(image, label, source, is_plain, reason)
            except tf.errors.OpError:
                bad.append(f"{name} ({reason.numpy().decode() or 'truncated or damaged'})")
            else:
                content = image.numpy()
                is_jpeg = isinstance(content, bytes) and content.startswith(JPEG_START)
                if is_jpeg and written() > before:
                    doubtful.append(name)
    return bad, doubtful


def _fingerprint(builder: Any, splits: Sequence[Split]) -> str:
    digest = blake2b(builder.info.full_name.encode(), digest_size=16)
    for split in splits:
        digest.update("\0".join(split.sources).encode())
        digest.update(split.labels.tobytes())
    return digest.hexdigest()
