"""Data sets by their names, whatever they are: a folder, a table, or tfds:NAME."""

from collections.abc import Sequence
from pathlib import Path

from augjax.data.classes import check_class_count, labels_in, listed
from augjax.data.data_report import OnBadImage, damage_note
from augjax.data.dataset import CACHE_LIMIT_BYTES, VALID_NAMES, Dataset, ImageSet
from augjax.data.folder.agreed import agreed_source
from augjax.data.folder.judge import MAX_PIXELS
from augjax.data.folder.options import ReadOptions
from augjax.data.folder.read import read_dataset, read_source
from augjax.data.folder.splits import Contents, Source, contents, divided_source, one_set
from augjax.data.folder.verify import Verify
from augjax.data.tf import ResizeMethod
from augjax.data.tfds import load_named, read_tfds
from augjax.data.tfds_builder import PREFIX, open_tfds
from augjax.errors import InputError
from augjax.printable import printable
from augjax.runtime.processes import ALONE, Processes


def load_dataset(
    data: str | Path,
    *,
    image_size: int,
    method: ResizeMethod = "nearest",
    valid_fraction: float | None = None,
    split_seed: int = 0,
    cache_limit: int = CACHE_LIMIT_BYTES,
    max_pixels: int = MAX_PIXELS,
    on_bad_image: OnBadImage = "fail",
    verify: Verify = "auto",
    follow_links: bool = False,
    processes: Processes = ALONE,
) -> Dataset:
    """Reads images of 2 to 1,000 classes, for training and for validation.

    `data` is one of

    - a folder with the folders `train` and `valid` (or `val`, `validation`, `test`), each with a
      folder for each class; it is read as by `load_image_folder`, which says which files are read,
      and how;
    - a folder with a folder for each class. It needs `valid_fraction`;
    - a table, NAME.csv or NAME.jsonl, UTF-8: rows of `path`, `label` and maybe `split`, which is
      'train' or a name of a validation split. A CSV has the names of its columns in the first line,
      a JSONL an object in each line. Paths are relative to the table's folder. Without splits it
      needs `valid_fraction`;
    - 'tfds:NAME' or 'tfds:NAME:CLASS,CLASS', read as by `load_tfds`, which has no use for the
      options on files.

    Classes are sorted by code point, but for those of TensorFlow Datasets.

    With `valid_fraction`, an image is for validation if a uniform hash of `split_seed` and its
    identity, `augjax.image_ids` of its path below the folder, is below the fraction. So an image
    never changes sides when others are added, and none goes back to training when the fraction
    grows. The fraction holds for each class about; a small class may have no image for validation,
    which is noted.

    Args:
      data: the folder, the table or the name.
      image_size: side of the square in pixels that every image is resized to.
      method: 'nearest' or 'bilinear', neither antialiased.
      valid_fraction: the share for validation of images that have no splits, between 0 and 1.
      split_seed: another one divides them otherwise.
      cache_limit: bytes up to which the decoded images are kept in memory.
      max_pixels: width times height of a stored image at most.
      on_bad_image: 'fail' if images that cannot be used are an error, 'skip' to leave them out,
        also those that a table names and that are not there.
      verify: 'full' to decode every file before training even if the images do not fit into memory.
      follow_links: whether links are followed wherever they lead, and files of a table may lie
        anywhere.
      processes: those that read the data together, all at the same time: each judges and decodes
        a part of the files, and the rest when an epoch asks for it.

    Raises:
      InputError: for an option or data that cannot be used, all bad rows of a table named; as a
        `BadImagesError`, which has the whole report, for images that cannot.
    """
    options = ReadOptions(
        image_size=image_size, method=method, cache_limit=cache_limit, max_pixels=max_pixels,
        on_bad_image=on_bad_image, verify=verify, follow_links=follow_links, processes=processes,
    )  # fmt: skip
    if _is_tfds(data):
        if valid_fraction is not None:
            raise InputError(
                f"--valid-fraction {valid_fraction}: {data} has splits of its own; "
                "leave the flag out"
            )
        with processes.agreeing():
            return load_named(
                str(data), where=str(data), image_size=image_size, method=method,
                cache_limit=cache_limit,
            )  # fmt: skip

    def find() -> Source:
        found = _contents(data, options)
        return divided_source(found, fraction=valid_fraction, seed=split_seed)

    return read_dataset(agreed_source(find, processes), options)


def load_image_set(
    data: str | Path,
    *,
    image_size: int,
    method: ResizeMethod = "nearest",
    class_names: Sequence[str] | None = None,
    cache_limit: int = CACHE_LIMIT_BYTES,
    max_pixels: int = MAX_PIXELS,
    on_bad_image: OnBadImage = "fail",
    verify: Verify = "auto",
    follow_links: bool = False,
) -> ImageSet:
    """Reads labelled images as one set: those for validation, or all where there are no splits.

    Args:
      data: as `load_dataset` takes it.
      image_size: side of the square in pixels that every image is resized to.
      method: 'nearest' or 'bilinear', neither antialiased.
      class_names: the classes in the order of their labels, such as a run's. The data may have
        fewer, down to one. By default they are those of the data, two or more.
      cache_limit: bytes up to which the decoded images are kept in memory.
      max_pixels: as `load_dataset` takes it, and so are the others.
      on_bad_image: 'fail' or 'skip'.
      verify: 'auto' or 'full'.
      follow_links: whether links are followed wherever they lead.

    Raises:
      InputError: for an option or data that cannot be used, or that have classes which are not
        among `class_names`; as a `BadImagesError` for images that cannot be used.
    """
    options = ReadOptions(
        image_size=image_size, method=method, cache_limit=cache_limit, max_pixels=max_pixels,
        on_bad_image=on_bad_image, verify=verify, follow_links=follow_links,
    )  # fmt: skip
    if _is_tfds(data):
        return _tfds_set(str(data), class_names, options)
    source = one_set(_contents(data, options), class_names)
    read = read_source(source, options)
    names = source.splits[0].class_names
    return ImageSet(names, read.splits[0], read.notes, read.report, image_size)


def _tfds_set(spec: str, class_names: Sequence[str] | None, options: ReadOptions) -> ImageSet:
    found = open_tfds(spec, spec)
    valid_name = found.valid_name
    if valid_name is None:
        raise InputError(f"{spec}: it has no split {' or '.join(VALID_NAMES)}")
    if class_names is None:
        check_class_count(found.class_names, spec)
    else:
        labels = labels_in(class_names, found.class_names, spec).tolist()
        ours = {theirs: labels[label] for theirs, label in found.labels.items()}
        found = found._replace(class_names=tuple(class_names), labels=ours)
    images, doubtful = read_tfds(
        found, valid_name, image_size=options.image_size, method=options.method,
        cache_limit=options.cache_limit,
    )  # fmt: skip
    notes = [damage_note(doubtful)] if doubtful else []
    counts = images.class_counts(len(found.class_names))
    if empty := [name for name, n in zip(found.class_names, counts, strict=True) if not n]:
        notes.append(f"Classes without an image in {images.name}: {listed(empty)}.")
    return ImageSet(found.class_names, images, tuple(notes), None, options.image_size)


def _is_tfds(data: str | Path) -> bool:
    return str(data).startswith(PREFIX)


def _contents(data: str | Path, options: ReadOptions) -> Contents:
    return contents(
        Path(data), where=printable(str(data)), follow_links=options.follow_links,
        skip_missing=options.on_bad_image == "skip",
    )  # fmt: skip
