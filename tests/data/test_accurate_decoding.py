"""JPEGs and PNGs have the pixels that Pillow gives them, however they are read."""

import io

import numpy as np
import pytest

from augjax.data import load_image_folder
from augjax.data.folder.judge import MAX_PIXELS, judge_files
from augjax.data.folder.pillow import read_upright
from augjax.data.tf import decode_jpeg_or_png
from tests.corpora.hard_patterns import LEVELS, PATTERNS, RANDOM, SIZE, by_pillow, jpeg
from tests.oracles import Image

QUALITIES = (1, 10, 30, 50, 75, 90, 95, 100)


@pytest.mark.parametrize("subsampling", [0, 1, 2])
@pytest.mark.parametrize("name", PATTERNS)
def test_hard_patterns_at_all_qualities(name, subsampling):
    for quality in QUALITIES:
        for progressive in (False, True):
            options = {"subsampling": subsampling, "progressive": progressive}
            content = jpeg(PATTERNS[name], quality=quality, **options)
            ours = decode_jpeg_or_png(content).numpy()
            assert np.abs(ours - by_pillow(content)).max() <= LEVELS, (quality, progressive)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Hard patterns of two classes, plain and turned, in both splits."""
    root = tmp_path_factory.mktemp("hard")
    turned = Image.Exif()
    turned[0x0112] = 6
    for split in ("train", "valid"):
        for label in ("Car", "Truck"):
            (root / split / label).mkdir(parents=True)
            for i, (name, pixels) in enumerate(PATTERNS.items()):
                where = root / split / label / f"{i}.jpg"
                exif = {"exif": turned} if i % 2 else {}
                quality = 75 if split == "train" else 90
                where.write_bytes(jpeg(pixels, quality=quality, comment=f"{label}{name}", **exif))
    return root


@pytest.mark.parametrize("kept", [True, False])
def test_every_path_decodes_them_alike(folder, kept):
    limit = 2**30 if kept else 0
    data = load_image_folder(folder, image_size=SIZE, cache_limit=limit)
    for split in (data.train, data.valid):
        for i, source in enumerate(split.sources):
            content = (folder / split.name / source).read_bytes()
            theirs = by_pillow(content)
            if "exif" in Image.open(io.BytesIO(content)).info:
                theirs = np.rot90(theirs, -1)
            assert np.abs(split.image(i) - theirs).max() <= LEVELS, source


def grey_with_alpha(mode):
    pixels = RANDOM.integers(
        0, 256, (SIZE, SIZE, len(Image.new(mode, (1, 1)).getbands())), np.uint8
    )
    file = io.BytesIO()
    Image.fromarray(pixels, mode).save(file, "PNG")
    return file.getvalue()


def no_jpeg(content: bytes) -> np.ndarray:
    raise AssertionError


@pytest.mark.parametrize("mode", ["LA", "RGBA"])
def test_any_byte_changed_among_a_pngs_pixels_is_found(mode):
    content = grey_with_alpha(mode)
    start = content.index(b"IDAT") + 4
    assert len(read_upright(content, no_jpeg)) == SIZE
    for place in np.linspace(start, len(content) - 17, 50).astype(int):
        harmed = bytearray(content)
        harmed[place] ^= 0x10
        with pytest.raises(ValueError, match="damaged PNG"):
            read_upright(bytes(harmed), no_jpeg)


def test_a_jpeg_that_is_turned_is_damaged_as_any_other(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    noise = RANDOM.integers(0, 256, (SIZE, SIZE, 3), np.uint8)
    whole = jpeg(noise, quality=90, exif=exif)
    for split in ("train", "valid"):
        for label in ("Car", "Truck"):
            (tmp_path / split / label).mkdir(parents=True)
            (tmp_path / split / label / "whole.jpg").write_bytes(
                whole + label.encode() + split.encode()
            )
    (tmp_path / "train/Car/half.jpg").write_bytes(whole[: len(whole) // 2])
    harmed = bytearray(whole)
    for place in np.linspace(len(whole) // 2, len(whole) * 0.9, 20).astype(int):
        harmed[place] ^= 0x5A
    (tmp_path / "train/Car/harmed.jpg").write_bytes(harmed)
    data = load_image_folder(tmp_path, image_size=SIZE, on_bad_image="skip")
    assert data.report is not None
    assert [bad.path for bad in data.report.bad] == ["train/Car/half.jpg"]
    assert data.report.doubtful == ["train/Car/harmed.jpg"]


def scans(content: bytes, times: int) -> bytes:
    """A progressive JPEG whose last scan comes so many times."""
    start = content.rindex(b"\xff\xda")
    return content[:start] + content[start:-2] * times + content[-2:]


def test_a_jpeg_of_many_scans_is_refused_before_it_is_decoded(tmp_path):
    few = jpeg(PATTERNS["noise"], progressive=True)
    many = scans(few, 2000)
    plain = jpeg(PATTERNS["noise"])
    alone = plain.replace(
        b"\xff\xda\x00\x0c\x03\x01\x00\x02\x11\x03\x11", b"\xff\xda\x00\x08\x01\x01\x00"
    )
    assert alone != plain
    assert 2 < few.count(b"\xff\xda") < 20
    (tmp_path / "few.jpg").write_bytes(few)
    (tmp_path / "many.jpg").write_bytes(many)
    (tmp_path / "plain.jpg").write_bytes(plain)
    (tmp_path / "alone.jpg").write_bytes(scans(alone, 2000))
    names = ("few.jpg", "many.jpg", "plain.jpg", "alone.jpg")
    first, second, third, fourth = judge_files([str(tmp_path / name) for name in names], [None] * 4)
    assert first.refusal(MAX_PIXELS) == "" and first.is_plain
    assert third.refusal(MAX_PIXELS) == "" and third.is_plain
    for many in (second, fourth):
        assert many.refusal(MAX_PIXELS) == "a JPEG of more than 100 scans"
