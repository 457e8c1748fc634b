"""Files that change after they were judged are named, and their new content is not used."""

import functools
import os
import time

import numpy as np
import pytest

from augjax.data import BadImagesError, epoch_batches, load_image_folder
from augjax.data.folder import verify
from augjax.data.folder.judge import judge_files
from augjax.errors import InputError
from tests.corpora.image_bytes import encode, exif, jpeg, slopes
from tests.helpers import noise, write_image_folder

SIZE = 64
LIMITS = {"kept": 2**30, "streamed": 0}


def picture(seed=0) -> np.ndarray:
    return np.round(noise(SIZE, SIZE, 3, seed=seed) * 255).astype(np.uint8)


def long_jpeg() -> bytes:
    """With more than its ends; its pixels do not depend on what follows them."""
    return jpeg(slopes()) + bytes(20_000)


CONTENTS = {"a.bmp": encode(picture(), "BMP"), "a.jpg": long_jpeg()}
"""One by Pillow and one by TensorFlow."""


@pytest.fixture
def root(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return write_image_folder(tmp_path / "data", per_class=2)


def write(root, files: dict[str, bytes]) -> None:
    """Training images of one class that have not changed for an hour."""
    for name, content in files.items():
        (root / "train" / "Car" / name).write_bytes(content)
    then = time.time() - 3600
    for path in root.rglob("*.*"):
        os.utime(path, (then, then))


def rewrite(path, content):
    """Leaves the time of change as it was, and the size too if the content has it."""
    before = path.stat()
    path.write_bytes(content)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def changed_at(content: bytes, place: int) -> bytes:
    return content[:place] + bytes([content[place] ^ 1]) + content[place:][1:]


def load(root, kept, **options):
    return load_image_folder(root, image_size=16, cache_limit=LIMITS[kept], **options)


def epoch(dataset):
    return list(epoch_batches(dataset.train, np.arange(len(dataset.train)), 4))


def fingerprints(split):
    """Of the ends and of all bytes, by path."""
    rows = zip(split.outlines.tolist(), split.contents.numpy().tolist(), strict=True)
    return dict(zip(split.sources, rows, strict=True))


PLACES = (38, 4095, 4096, 8000, -4097, -4096, -1)


@pytest.mark.parametrize("kept", LIMITS)
def test_every_byte_counts_once_it_is_decoded(root, kept):
    files = {f"{place}{name}": (place, CONTENTS[name]) for place in PLACES for name in CONTENTS}
    write(root, {name: content for name, (_, content) in files.items()})
    before = load(root, kept)
    epoch(before)
    known = fingerprints(before.train)
    assert all(all(one) for one in known.values())
    for name, (place, content) in files.items():
        rewrite(root / "train" / "Car" / name, changed_at(content, place))
    after = load(root, kept)
    at_first = fingerprints(after.train)
    epoch(after)
    for source, (ends, read) in fingerprints(after.train).items():
        place, content = files.get(source.removeprefix("Car/"), (None, b""))
        is_at_an_end = place is not None and not 4096 <= place % len(content) < len(content) - 4096
        assert (read != known[source][1]) == (place is not None)
        assert (ends != known[source][0]) == is_at_an_end
        assert at_first[source] == (ends, read if kept == "kept" else 0)


def replace(kind, path, elsewhere):
    content = path.read_bytes()
    if kind == "transparency":
        rgba = np.dstack([picture(), np.full((SIZE, SIZE), 9, np.uint8)])
        path.write_bytes(encode(rgba, "PNG"))
    elif kind == "EXIF turn":
        path.write_bytes(jpeg(picture(), exif=exif(6)))
    elif kind == "link that leads out":
        elsewhere.write_bytes(encode(picture(1), "PNG"))
        path.unlink()
        path.symlink_to(elsewhere)
    elif kind == "nothing":
        path.write_bytes(b"")
    elif kind == "one byte more":
        path.write_bytes(content + b"\0")
    elif kind == "another end":
        rewrite(path, changed_at(content, -1))


KINDS = ("transparency", "EXIF turn", "link that leads out", "nothing", "one byte more",
         "another end")  # fmt: skip


def test_what_is_replaced_between_judging_and_decoding_is_named(root, tmp_path):
    kinds = {f"{kind}.{name}": kind for kind in KINDS for name in CONTENTS}
    write(root, {name: CONTENTS[name.partition(".")[2]] for name in kinds})
    failing, skipping = (load(root, "streamed", on_bad_image=how) for how in ("fail", "skip"))
    for name, kind in kinds.items():
        replace(kind, root / "train" / "Car" / name, tmp_path / f"elsewhere-{name}")
    named = [f"{root}/train/Car/{name} (has changed since it was first read)" for name in kinds]
    with pytest.raises(BadImagesError, match="cannot use 12 of 20 images") as error:
        epoch(failing)
    assert error.value.details == tuple(sorted(named))
    told, gone = [], [f"Car/{name}" for name in sorted(kinds)]
    assert skipping.report is not None
    skipping.report.tell = told.append
    for _ in range(2):
        mask = np.concatenate([batch.mask for batch in epoch(skipping)])[: len(skipping.train)]
        assert np.array(skipping.train.sources)[~mask].tolist() == gone
    assert len(told) == 1 and all(one in told[0] for one in named)
    for source in gone:
        with pytest.raises(InputError, match=f"{source} cannot be decoded"):
            skipping.train.image(skipping.train.sources.index(source))


@pytest.mark.parametrize("name", CONTENTS)
def test_the_content_that_was_decoded_first_is_used_in_all_epochs(root, name):
    write(root, {name: CONTENTS[name]})
    dataset = load(root, "streamed")
    path = root / "train" / "Car" / name
    changed = changed_at(CONTENTS[name], len(CONTENTS[name]) // 2)
    rewrite(path, changed)
    epoch(dataset)
    os.utime(path)
    epoch(dataset)  # Times do not count.
    rewrite(path, CONTENTS[name])
    with pytest.raises(BadImagesError) as error:
        epoch(dataset)
    assert error.value.details == (f"{path} (has changed since it was first read)",)
    rewrite(path, changed)
    epoch(load(root, "streamed"))


def test_a_file_that_is_judged_by_its_time_is_judged_by_its_ends_too(root):
    """The kept verdict says that TensorFlow decodes it, which drops what is transparent."""
    path = root / "train" / "Car" / "0.png"
    load_of = functools.partial(load_image_folder, root, image_size=SIZE)
    rgba = encode(np.dstack([picture(), np.zeros((SIZE, SIZE), np.uint8)]), "PNG")
    write(root, {"0.png": encode(picture(), "PNG") + bytes(10_000)})
    index = load_of().train.sources.index("Car/0.png")
    rewrite(path, rgba + bytes(path.stat().st_size - len(rgba)))
    for limit in LIMITS.values():
        assert (load_of(cache_limit=limit).train.image(index) == 255).all()


def test_a_file_that_changes_while_it_is_judged_and_decoded_is_named(root, monkeypatch):
    path = root / "train" / "Car" / "0.png"

    def judge_and_change(paths, known):
        verdicts = judge_files(paths, known)
        if str(path) in paths:
            path.write_bytes(encode(picture(3), "PNG"))
        return verdicts

    monkeypatch.setattr(verify, "judge_files", judge_and_change)
    with pytest.raises(BadImagesError) as error:
        load(root, "kept")
    assert error.value.details == (f"{path} (has changed since it was first read)",)
    monkeypatch.setattr(verify, "judge_files", judge_files)
    load(root, "kept")  # It was no lasting verdict.


@pytest.mark.parametrize("kept", LIMITS)
def test_bytes_of_zero_at_the_end_are_a_part_of_a_file(root, kept):
    black = np.zeros((SIZE, SIZE, 3), np.uint8)
    (root / "train" / "Car" / "black.bmp").write_bytes(encode(black, "BMP"))
    dataset = load(root, kept)
    epoch(dataset)
    assert not dataset.train.image(dataset.train.sources.index("Car/black.bmp")).any()
