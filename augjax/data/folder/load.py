"""Image folders with splits: DIR/train/<class>/... and DIR/valid/<class>/..."""

from pathlib import Path

from augjax.data.data_report import OnBadImage
from augjax.data.dataset import CACHE_LIMIT_BYTES, Dataset
from augjax.data.folder.agreed import agreed_source
from augjax.data.folder.judge import MAX_PIXELS
from augjax.data.folder.options import ReadOptions
from augjax.data.folder.read import read_dataset
from augjax.data.folder.splits import Source, contents, folder_contents, two_splits
from augjax.data.folder.verify import Verify
from augjax.data.tf import ResizeMethod
from augjax.printable import printable
from augjax.runtime.processes import ALONE, Processes


def load_image_folder(
    root: str | Path,
    *,
    image_size: int,
    method: ResizeMethod = "nearest",
    cache_limit: int = CACHE_LIMIT_BYTES,
    max_pixels: int = MAX_PIXELS,
    on_bad_image: OnBadImage = "fail",
    verify: Verify = "auto",
    follow_links: bool = False,
    processes: Processes = ALONE,
) -> Dataset:
    """Reads `root/train/<class>/...` and `root/valid/<class>/...`.

    Classes are the sub-folders, sorted by code point; images lie anywhere below them. Hidden
    files and folders, `__MACOSX` and files without an image's suffix are skipped and counted.
    Links may lead to files and class folders within `root`, or anywhere with `follow_links`.

    Images are JPEG, PNG, BMP, GIF or WebP, recognised by their bytes. They are seen as a person
    sees them on a white page: turned by their EXIF orientation, transparency composited on white,
    16 bits scaled to 8, CMYK and palettes converted, the first frame of an animation.

    No file is decoded before its header is judged. Images that fit into memory are decoded at once,
    and every file that cannot be is named; those that do not fit are checked as each epoch decodes
    them. A file that has changed since it was judged, or first decoded, is treated as one that
    cannot be decoded. A JPEG has no checksums: one whose decoder complains but does not fail is
    used, and named in a note; damage that the decoder does not complain of is not found. A 16-bit
    PNG that is nearly black is noted as well, since its values may have fewer bits. Nothing in
    `root` is written. What was found out about each good file is kept in the user's cache folder,
    and believed while its size, time of change and ends stay (`folder.verdict_cache`).

    Args:
      root: holds `train` and one of `valid`, `val`, `validation`, `test`.
      image_size: side of the square in pixels that every image is resized to.
      method: 'nearest' or 'bilinear', neither antialiased.
      cache_limit: bytes up to which the decoded images are kept in memory.
      max_pixels: width times height of a stored image at most. Its file may have 8 bytes for each
        and 64 MB more.
      on_bad_image: 'fail' if images that cannot be used are an error, 'skip' to leave them out.
      verify: 'full' to decode every file before training even if the images do not fit into memory.
      follow_links: whether links are followed wherever they lead, to folders within a class too;
        a class has each file once, however many links lead to it.
      processes: those that read the folder together, as `load_dataset` takes them.

    Raises:
      InputError: for an option or a folder that cannot be used; as a `BadImagesError`, which has
        the whole report, for images that cannot.

    Reference: `keras.utils.image_dataset_from_directory`.
    """
    options = ReadOptions(
        image_size=image_size, method=method, cache_limit=cache_limit, max_pixels=max_pixels,
        on_bad_image=on_bad_image, verify=verify, follow_links=follow_links, processes=processes,
    )  # fmt: skip
    source = agreed_source(lambda: scan_folder(root, follow_links=follow_links), processes)
    return read_dataset(source, options)


def scan_folder(root: str | Path, *, follow_links: bool = False) -> Source:
    """The splits for training and validation; no file is opened.

    Raises:
      InputError: for a folder that cannot be used.
    """
    where = f"--data {printable(str(root))}"
    return two_splits(folder_contents(Path(root), where=where, follow_links=follow_links))


def link_targets(data: str | Path, *, every_split: bool = False) -> tuple[str, ...]:
    """The folders and files, resolved, that are read of a folder or table when links are followed.

    Args:
      data: the folder or the table.
      every_split: not only of the splits that a run reads.

    Raises:
      InputError: for data that cannot be used.
    """
    where = f"--data {printable(str(data))}"
    found = contents(Path(data), where=where, follow_links=True, skip_missing=True)
    read = found.names if every_split else ("train", found.valid_name)
    used = [name for name in found.names if name in read] or [""]
    return tuple(target for name in used for target in found.listed(name).linked)
