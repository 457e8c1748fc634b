"""What is made of each kind of image file, and what is remembered of it."""

import errno
import functools
import io
import itertools
import json
import os
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from augjax import files
from augjax.data import load_image_folder
from augjax.data.fingerprint import outline
from augjax.data.folder import decode, judge, verdict_cache, verify
from augjax.data.folder.decode import FileDecoder
from augjax.data.folder.judge import DOUBTFUL
from augjax.data.tf import silent_stderr
from augjax.errors import InputError
from augjax.files import user_cache
from tests.corpora import image_zoo
from tests.corpora.image_bytes import encode, jpeg, paletted, png, slopes, steps
from tests.helpers import noise, write_image_folder

KINDS = {kind.name: kind for kind in image_zoo.kinds()}
MISREAD_BY_OTHERS = [
    *(f"JPEG, EXIF orientation {n}" for n in range(2, 9)),
    "PNG, EXIF orientation 6",
    "PNG, EXIF orientation 6 behind the pixels",
    "WebP, EXIF orientation 6",
    "RGBA PNG",
    "grey PNG with alpha",
    "16-bit grey PNG",
    "16-bit RGBA PNG",
    "PNG with a transparent colour in its palette",
    "RGB PNG with a transparent colour",
    "lossless WebP with alpha",
    "GIF with a transparent colour",
]


@pytest.fixture
def root(tmp_path, monkeypatch):
    """Files that have not changed for an hour, and nothing known of them."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    root = write_image_folder(tmp_path / "data")
    for path in root.rglob("*.png"):
        age(path)
    return root


def age(path, hours=1):
    then = time.time() - 3600 * hours
    os.utime(path, (then, then))


def noise_picture() -> np.ndarray:
    return np.round(noise(200, 200, 3) * 255).astype(np.uint8)


def bad_images(root, **options):
    return {path: why for path, why in found_wrong(root, **options).items() if why != DOUBTFUL}


def found_wrong(root, **options):
    """What is wrong with images, those that are used included."""
    dataset = load_image_folder(root, image_size=16, on_bad_image="skip", **options)
    assert dataset.report is not None
    bad = {bad.path: bad.reason for bad in dataset.report.bad}
    return bad | dict.fromkeys(dataset.report.doubtful, DOUBTFUL)


def test_the_zoo_is_as_large_as_promised():
    assert len(KINDS) == len(image_zoo.kinds()) >= 50
    assert sum(kind.pixels is not None for kind in KINDS.values()) >= 50
    assert sum(bool(kind.reason) for kind in KINDS.values()) >= 40


@pytest.mark.parametrize("name", KINDS)
def test_an_image_file_is_read_rightly_or_named(name, tmp_path):
    outcome = image_zoo.judge(KINDS[name], tmp_path)
    assert outcome.ok, outcome


@pytest.mark.long
@pytest.mark.parametrize("name", [name for name, kind in KINDS.items() if not kind.doubtful])
def test_an_image_file_is_read_rightly_or_named_when_streamed(name, tmp_path):
    outcome = image_zoo.judge(KINDS[name], tmp_path, cache_limit=0)
    assert outcome.ok, outcome


@pytest.mark.parametrize("name", MISREAD_BY_OTHERS)
def test_the_zoo_tells_a_careful_reader_from_a_careless_one(name, tmp_path):
    kind = KINDS[name]
    kind.write(tmp_path / kind.file)
    with Image.open(tmp_path / kind.file) as picture:
        careless = np.asarray(picture.convert("RGB")).astype(int)
    assert kind.pixels is not None
    assert np.abs(careless - kind.pixels).max() > 2 * kind.tolerance + 20


@pytest.mark.skipif(not hasattr(os, "memfd_create"), reason="there are no files in memory")
def test_a_full_disk_hides_no_damage(tmp_path, monkeypatch):
    full = functools.partial(open, "/dev/full", "r+b", buffering=0)
    monkeypatch.setattr(tempfile, "TemporaryFile", full)
    outcome = image_zoo.judge(KINDS["JPEG with 20 bytes flipped"], tmp_path)
    assert outcome.ok, outcome


class Gone(io.StringIO):
    """A screen that is not there any more."""

    def flush(self):
        raise BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE))


def closed():
    screen = io.StringIO()
    screen.close()
    return screen


@pytest.mark.parametrize("screen", [lambda: None, closed, Gone], ids=["none", "closed", "gone"])
def test_a_screen_that_is_not_there_ends_nothing(tmp_path, monkeypatch, screen):
    monkeypatch.setattr(sys, "stderr", screen())
    outcome = image_zoo.judge(KINDS["JPEG with 20 bytes flipped"], tmp_path)
    assert outcome.ok, outcome


def test_threads_that_load_at_once_leave_stderr_where_it_was():
    before = os.fstat(2)
    entered, left = threading.Event(), threading.Event()

    def first():
        with silent_stderr():
            entered.set()
            left.wait(0.2)  # For long enough that another would come in.
        left.set()

    def second():
        entered.wait()
        with silent_stderr():
            left.wait()

    threads = [threading.Thread(target=target) for target in (first, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert os.path.samestat(os.fstat(2), before)


def decoder_of(path) -> FileDecoder:
    """Of one file, which is taken for an ordinary JPEG or PNG."""
    ends = np.array([outline(path.read_bytes())])
    return FileDecoder([bytes(path)], np.array([True]), ends, np.array([0]), 16, "nearest")


@pytest.mark.parametrize(
    "content",
    [
        encode(paletted(steps()), "GIF"),
        encode(slopes(), "BMP"),
        encode(slopes(), "WEBP"),
        encode(Image.fromarray(np.dstack([slopes()] * 2)[..., :4]), "WEBP", save_all=True,
               append_images=[Image.fromarray(255 - slopes())]),
        b"\xff",
    ],
    ids=["GIF", "BMP", "WebP", "animated WebP", "one byte"],
)  # fmt: skip
def test_tensorflow_meets_only_jpeg_and_png_whatever_the_verdict(content, tmp_path):
    path = tmp_path / "a.jpg"
    path.write_bytes(content)
    decoder = decoder_of(path)
    assert decoder.failure(0) == "truncated or damaged"


def test_the_largest_size_allowed_is_still_allowed(root):
    (root / "train" / "Car" / "large.png").write_bytes(png(slopes()))
    assert bad_images(root, max_pixels=32 * 32) == {}
    assert bad_images(root, max_pixels=32 * 32 - 1) == {
        "train/Car/large.png": "32 x 32 pixels are more than --max-pixels 1023"
    }


def test_a_file_larger_than_any_such_image_is_not_read(root):
    contents = {
        "plain": jpeg(slopes()),
        "progressive": jpeg(slopes(), progressive=True),
        "bmp": encode(slopes(), "BMP"),
    }
    largest = 64_000_000 + 8 * 1024
    reasons = {}
    for name, size, shown in (
        ("plain", largest, ""),
        ("plain", largest + 1, "64"),
        ("plain", 10**11, "100,000"),
        ("progressive", 10**11, "100,000"),
        ("bmp", 10**11, "100,000"),
    ):
        path = root / "train" / "Car" / f"{name}-{size}.jpg"
        path.write_bytes(contents[name])
        os.truncate(path, size)  # The rest takes no room on the disk.
        if shown:
            reasons[f"train/Car/{path.name}"] = (
                f"{shown} MB are more than an image of --max-pixels 1024 needs at most (64 MB)"
            )
    assert bad_images(root, max_pixels=1024) == reasons


def test_pillows_own_limit_is_neither_in_the_way_nor_changed(root, monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 10)
    for name in ("JPEG, EXIF orientation 6", "RGBA PNG", "BMP"):
        KINDS[name].write(root / "train" / "Car" / f"{name}.png")
    assert bad_images(root) == {}
    assert Image.MAX_IMAGE_PIXELS == 10


def test_what_the_system_refuses_is_named_and_not_remembered(root, monkeypatch):
    def refuse(path):
        if str(path).endswith("Car/0.png"):
            raise PermissionError(13, "Permission denied", path)
        return open_regular(path)

    open_regular = judge.open_regular
    monkeypatch.setattr(judge, "open_regular", refuse)
    reason = "cannot be read (Permission denied)"
    assert bad_images(root) == {"train/Car/0.png": reason, "valid/Car/0.png": reason}
    monkeypatch.setattr(judge, "open_regular", open_regular)
    assert bad_images(root) == {}


# Judged while others are decoded.


@pytest.mark.parametrize("piece", [1, 3, 16, 1000])
def test_files_are_judged_piece_by_piece_to_the_same_end(root, monkeypatch, piece):
    for n, name in enumerate(["RGBA PNG", "BMP", "JPEG that ends in its middle", "text", "JPEG"]):
        kind = KINDS[name]
        kind.write(root / "train" / "Truck" / f"{n}{Path(kind.file).suffix}")
    load = functools.partial(load_image_folder, root, image_size=16, on_bad_image="skip")
    monkeypatch.setattr(verify, "PIECE", 10**6)
    expected = load()
    monkeypatch.setattr(verify, "PIECE", piece)
    monkeypatch.setenv("XDG_CACHE_HOME", str(root.parent / "another"))
    found = load()
    assert found.report is not None and found.report == expected.report
    assert found.report.bad and found.report.doubtful
    for ours, theirs in ((found.train, expected.train), (found.valid, expected.valid)):
        assert ours.sources == theirs.sources
        assert ours.cache is not None and theirs.cache is not None and ours.decode is not None
        assert np.array_equal(ours.cache, theirs.cache)
        for n, image in enumerate(ours.cache):
            assert np.array_equal(image, ours.decode(n))


def test_an_error_of_the_judge_is_not_lost_among_those_of_the_decoders(root, monkeypatch):
    def fail(paths, known):
        raise MemoryError("none left")

    monkeypatch.setattr(verify, "judge_files", fail)
    with pytest.raises(MemoryError, match="none left"):
        bad_images(root)


def test_only_usable_images_need_memory(root):
    (root / "train" / "Car" / "bad.png").write_bytes(b"text")
    load = functools.partial(load_image_folder, root, image_size=16, on_bad_image="skip")
    needed = 16 * 16 * 16 * 3
    assert load(cache_limit=needed).train.cache is not None
    assert load(cache_limit=needed - 1).train.cache is None


# Values of fewer than 16 bits in files of 16.


@pytest.mark.parametrize("limit", [2**30, 0])
def test_values_of_fewer_bits_in_16_are_noted(root, limit):
    values = np.linspace(0, 1, 20 * 20).reshape(20, 20)
    for bits in (8, 10, 12, 14, 15, 16):
        grey = np.round(values * (2**bits - 1)).astype(int)[..., None]
        for mode, samples in (("grey", grey), ("colour", grey.repeat(3, -1))):
            (root / "train" / "Car" / f"{bits}-{mode}.png").write_bytes(png(samples, depth=16))
    dataset = load_image_folder(root, image_size=20, cache_limit=limit)
    dark = sorted(
        f"train/Car/{bits}-{m}.png" for bits in (8, 10, 12, 14) for m in ("grey", "colour")
    )
    assert dataset.report is not None and sorted(dataset.report.dark) == dark
    assert dataset.report.as_json()["dark"] == dataset.report.dark
    (note,) = (note for note in dataset.notes if "16-bit" in note)
    assert note.startswith("Warning: 16-bit PNGs are nearly black: train/Car/10-")
    assert note.endswith(", and 5 more; if their values have fewer bits, scale them to 16.")
    assert len(dataset.train) == 20


# What is remembered.


@pytest.fixture
def judged(monkeypatch):
    """The paths that have been judged, not remembered."""
    paths = []

    def judge_one(path, known):
        if known is None:
            paths.append(path)
        return real(path, known)

    real = judge._judge
    monkeypatch.setattr(judge, "_judge", judge_one)
    return paths


def test_only_what_has_changed_is_judged_again(root, judged):
    (root / "train" / "Car" / "bad.png").write_bytes(b"text")
    age(root / "train" / "Car" / "bad.png")
    first = bad_images(root)
    assert len(judged) == 17 and len(first) == 1
    judged.clear()
    assert bad_images(root) == first
    assert judged == [str(root / "train/Car/bad.png")]
    judged.clear()
    age(root / "valid" / "Car" / "0.png", hours=2)
    (root / "train" / "Car" / "bad.png").write_bytes(png(slopes()))
    assert bad_images(root) == {}
    assert judged == [str(root / "train/Car/bad.png"), str(root / "valid/Car/0.png")]


def test_a_file_that_has_just_changed_is_judged_again(root, judged):
    (root / "train" / "Car" / "new.png").write_bytes(png(slopes()))
    bad_images(root)
    judged.clear()
    bad_images(root)
    assert judged == [str(root / "train/Car/new.png")]


def test_a_remembered_size_meets_the_limit_of_this_run(root, judged):
    assert bad_images(root, max_pixels=400) == {}
    judged.clear()
    assert len(bad_images(root, max_pixels=401)) == 0
    with pytest.raises(InputError, match="none of its images can be used"):
        bad_images(root, max_pixels=399)
    assert judged == []


def remembered():
    (path,) = (user_cache() / "verdicts").iterdir()
    return path


def test_another_version_of_the_judge_judges_again(root, judged, monkeypatch):
    bad_images(root)
    judged.clear()
    monkeypatch.setattr(verdict_cache, "_JUDGE", "another")
    bad_images(root)
    assert len(judged) == 16


def behind_a_thumbnail(content: bytes) -> bytes:
    """A JPEG whose header goes on beyond what its outline is made of, as a camera's does."""
    segment = b"thumbnail" * 1000
    return content[:2] + b"\xff\xe2" + (len(segment) + 2).to_bytes(2, "big") + segment + content[2:]


GOOD = {
    "jpg": behind_a_thumbnail(jpeg(noise_picture())),
    "png": png(noise_picture()),
}
START_OF_FRAME = GOOD["jpg"].index(b"\xff\xc0")


@pytest.mark.parametrize(
    ("suffix", "place", "wrong", "words"),
    [
        ("jpg", START_OF_FRAME, b"\xff\x00\x00", "a damaged JPEG header"),
        ("jpg", START_OF_FRAME + 5, b"\xff\xff\xff\xff", "65535 x 65535 pixels are more than"),
        ("jpg", START_OF_FRAME + 9_999, b"\xff\xd9", DOUBTFUL),
        ("png", 60_000, b"\0\0\0\0", "truncated or damaged"),
    ],
)
@pytest.mark.parametrize("options", [{}, {"cache_limit": 0, "verify": "full"}])
def test_what_was_wrong_with_a_file_that_is_repaired_is_forgotten(
    root, options, suffix, place, wrong, words
):
    """Even where its size, its time and its ends are what they were."""
    good, path = GOOD[suffix], root / "train" / "Car" / f"it.{suffix}"
    path.write_bytes(good[:place] + wrong + good[place + len(wrong) :])
    age(path)
    for _ in range(2):
        assert words in found_wrong(root, **options)[f"train/Car/it.{suffix}"]
    before = path.stat()
    path.write_bytes(good)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert found_wrong(root, **options) == {}


ENTRY = [1, 2, "JPEG", 16, 16, True, False, 0, "", None]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"\xff\xfe",
        b"[]",
        b"null",
        b"[" * 100_000,
        b'{"judge": 1e999}',
        b'{"verdicts": {}}',
        b"9" * 10_000,
    ],
)
def test_a_damaged_memory_is_none(root, judged, content):
    bad_images(root)
    remembered().write_bytes(content)
    judged.clear()
    assert bad_images(root) == {}
    assert len(judged) == 16


@pytest.mark.parametrize(
    "entry",
    [
        None,
        [],
        ENTRY[:-1],
        [*ENTRY, 0],
        *(
            [*ENTRY[:at], value, *ENTRY[at + 1 :]]
            for at, value in [
                (0, "1"), (0, -1), (1, 2.0), (2, "TIFF"), (2, "WebP"), (2, "BMP"), (2, ""),
                (2, None), (3, True), (4, -1), (5, 1), (6, None), (7, None), (8, 7), (8, "bad"),
                (8, None), (9, 0), (9, "bad"),
            ]
        ),
    ],
)  # fmt: skip
def test_a_memory_that_makes_no_sense_is_not_believed(tmp_path, monkeypatch, entry):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    write_memory(tmp_path, {"train/Car/a.jpg": ENTRY})
    assert len(verdict_cache.load_verdicts(tmp_path)) == 1
    write_memory(tmp_path, {"train/Car/a.jpg": entry})
    assert verdict_cache.load_verdicts(tmp_path) == {}


def write_memory(root, entries):
    verdict_cache.save_verdicts(root, {})
    remembered().write_text(json.dumps({"judge": verdict_cache._JUDGE, "verdicts": entries}))


@pytest.mark.skipif(sys.platform == "win32", reason="there are no pipes in folders")
def test_a_memory_that_cannot_be_read_or_written_is_none(root, monkeypatch):
    bad_images(root)
    path = remembered()
    path.unlink()
    os.mkfifo(path)
    assert bad_images(root) == {}
    monkeypatch.setenv("XDG_CACHE_HOME", str(root / "train" / "Car" / "0.png"))
    assert bad_images(root) == {}
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setattr(Path, "home", no_home)
    assert bad_images(root) == {}


@pytest.mark.parametrize("code", [errno.EACCES, errno.ENOSPC, errno.EROFS])
def test_a_memory_that_cannot_be_kept_is_a_note(root, monkeypatch, code):
    def full(*args):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(files.tempfile, "mkstemp", full)
    dataset = load_image_folder(root, image_size=16)
    assert f"{os.strerror(code)}." in dataset.notes[-2]
    assert dataset.notes[-2].startswith("The next start judges all files again: cannot write ")


def test_a_disk_that_fails_once_gives_no_lasting_verdict(tmp_path, monkeypatch):
    (tmp_path / "a.jpg").write_bytes(jpeg(slopes())[:200])
    decoder = decoder_of(tmp_path / "a.jpg")
    assert decoder.failure(0) == "truncated or damaged"

    def failing(path):
        class File(io.BytesIO):
            def read(self, *args):
                raise OSError(errno.EIO, os.strerror(errno.EIO))

        return File()

    monkeypatch.setattr(decode, "open_regular", failing)
    assert decoder.failure(0) == "cannot be read (Input/output error)"
    assert not judge.refused(decoder.failure(0)).lasts


def no_home():
    raise RuntimeError("Could not determine home directory.")


# Full verification of what does not fit into memory.


@pytest.fixture
def truncated(root):
    path = root / "train" / "Car" / "half.jpg"
    path.write_bytes(jpeg(slopes())[:-100])
    age(path)
    return root


def test_verify_full_decodes_what_does_not_fit_once(truncated, monkeypatch):
    found = {"train/Car/half.jpg": "truncated or damaged"}
    assert bad_images(truncated, cache_limit=0) == {}
    assert bad_images(truncated, cache_limit=0, verify="full") == found
    decoded = []
    decode_all = verify.decode_all

    def count(pieces, **options):
        pieces = list(pieces)
        decoded.extend(itertools.chain.from_iterable(pieces))
        return decode_all(pieces, **options)

    monkeypatch.setattr(verify, "decode_all", count)
    assert bad_images(truncated, cache_limit=0, verify="full") == found
    assert [file.path for file in decoded] == [bytes(truncated / "train/Car/half.jpg")]


def test_what_was_verified_once_changes_no_later_run(truncated):
    load = functools.partial(
        load_image_folder, truncated, image_size=16, cache_limit=0, on_bad_image="skip"
    )
    before = load()
    load(verify="full")
    after = load()
    assert before.fingerprint == after.fingerprint
    assert before.train.sources == after.train.sources and "Car/half.jpg" in after.train.sources
