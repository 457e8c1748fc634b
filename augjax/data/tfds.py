"""Data sets of TensorFlow Datasets, named as tfds:NAME or tfds:NAME:CLASS,CLASS."""

import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from hashlib import blake2b
from typing import Any

import numpy as np

from augjax.data.classes import check_class_count
from augjax.data.data_report import damage_note
from augjax.data.dataset import CACHE_LIMIT_BYTES, VALID_NAMES, Dataset, Split, cache_bytes
from augjax.data.fingerprint import fingerprint
from augjax.data.folder.decode import decode_by_pillow, decode_plain
from augjax.data.folder.judge import judge_contents
from augjax.data.folder.pillow import JPEG_START
from augjax.data.tf import ResizeMethod, import_tensorflow, resize, silent_stderr, unconverted
from augjax.data.tfds_builder import OpenTfds, is_encoded, open_tfds
from augjax.errors import InputError
from augjax.keys import image_ids
from augjax.printable import printable, some


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
    return load_named(
        spec, where=f"--data {spec}", image_size=image_size, method=method, cache_limit=cache_limit
    )


def load_named(
    spec: str, *, where: str, image_size: int, method: ResizeMethod, cache_limit: int
) -> Dataset:
    """As `load_tfds`; `where` is what errors begin with."""
    found = open_tfds(spec, where)
    valid_name = found.valid_name
    if "train" not in found.splits or valid_name is None:
        raise InputError(
            f"{where}: expected the splits train and {' or '.join(VALID_NAMES)}, "
            f"found {', '.join(found.splits) or 'none'}"
        )
    check_class_count(found.class_names, where)
    train, valid = (
        read_tfds(found, split_name, image_size=image_size, method=method, cache_limit=cache_limit)
        for split_name in ("train", valid_name)
    )
    doubtful = train[1] + valid[1]
    return Dataset(
        found.class_names,
        train[0],
        valid[0],
        fingerprint=_fingerprint(found.builder, (train[0], valid[0])),
        image_size=image_size,
        notes=(damage_note(doubtful),) if doubtful else (),
    )


def read_tfds(
    found: OpenTfds, name: str, *, image_size: int, method: ResizeMethod, cache_limit: int
) -> tuple[Split, list[str]]:
    """A split, and the ids of its images at which decoders complained.

    Raises:
      InputError: if it has no image of the chosen classes, too many, or one cannot be decoded.
    """
    tf = import_tensorflow()
    where, labels = found.where, found.labels
    encoded = is_encoded(found)

    def prepare(image: Any, label: Any, source: Any, is_plain: Any, reason: Any) -> tuple[Any, ...]:
        content = fingerprint(image if encoded else tf.io.serialize_tensor(image))
        if encoded:
            file = tf.where(reason == "", image, b"")
            image = tf.cond(is_plain, lambda: decode_plain(file), lambda: decode_by_pillow(file))
        elif image.shape[-1] == 1:
            image = tf.image.grayscale_to_rgb(image)
        return resize(image, image_size, method), label, source, content

    stored = _stored(found.builder, name, labels, encoded=encoded)
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
                        f"{where}: split {name} takes more than the "
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
            f"{where}: split {name}: {problem}; repair it and prepare it again"
        ) from failed
    if not sources:
        raise InputError(f"{where}: split {name} has no image of the chosen classes")
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
