"""Kinds of image file, good and bad, and what augjax must make of each (`zoo.judge_zoo`)."""

import os
import struct
import tempfile
import zlib
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image, features

from experiments.reliability.image_bytes import (
    SIDE,
    Pixels,
    bmp_header,
    chunk,
    cut,
    damaged,
    encode,
    exif,
    grey,
    jpeg,
    jpeg_of_size,
    on_white,
    palette,
    paletted,
    png,
    png_header,
    slopes,
    spread,
    steps,
    veil,
)  # fmt: skip
from experiments.reliability.zoo import Outcome

LOSSLESS, LOSSY = 1, 14
"""Levels of 255 by which a pixel may be off."""


class ImageKind(NamedTuple):
    """A kind of image file.

    Attributes:
      name: what it is.
      file: its name.
      write: puts it at a path.
      pixels: what it shows, resized to 32 x 32; None if it is bad.
      tolerance: levels of 255 by which a pixel may be off.
      reason: a part of why it is bad.
      doubtful: whether it shows something, but is reported as damaged.
    """

    name: str
    file: str
    write: Callable[[Path], object]
    pixels: Pixels | None = None
    tolerance: int = 0
    reason: str = ""
    doubtful: bool = False


@cache
def kinds() -> list[ImageKind]:
    """All of them."""
    return [*_jpegs(), *_pngs(), *_others(), *_bad_content(), *_damaged(), *_bombs(), *_no_files()]


def _good(name: str, file: str, content: bytes, pixels: Pixels, tolerance: int) -> ImageKind:
    return ImageKind(name, file, partial(Path.write_bytes, data=content), pixels, tolerance)


def _bad(name: str, file: str, content: bytes, reason: str) -> ImageKind:
    return ImageKind(name, file, partial(Path.write_bytes, data=content), reason=reason)


def _jpegs() -> list[ImageKind]:
    picture, plain = slopes(), jpeg(slopes())
    other = Image.fromarray(255 - picture)
    turned = {  # What the camera saw, as it is stored.
        2: picture[:, ::-1],
        3: picture[::-1, ::-1],
        4: picture[::-1],
        5: picture.swapaxes(0, 1),
        6: np.rot90(picture, 1),
        7: np.rot90(picture, 2).swapaxes(0, 1),
        8: np.rot90(picture, -1),
    }
    mpo = encode(
        Image.fromarray(picture), "MPO",
        save_all=True, append_images=[other], quality=95, subsampling=0,
    )  # fmt: skip
    files: list[tuple[str, str, bytes, Pixels]] = [
        ("JPEG", "a.jpg", plain, picture),
        ("progressive JPEG", "a.jpeg", jpeg(picture, progressive=True), picture),
        ("JPEG with less chroma", "a.jpg", jpeg(picture, subsampling=2), picture),
        ("JPEG with restart markers", "a.jpg", jpeg(picture, restart_marker_blocks=2), picture),
        ("grey JPEG", "a.jpg", jpeg(grey()), spread(grey())),
        ("CMYK JPEG", "a.jpg", jpeg(Image.fromarray(picture).convert("CMYK")), picture),
        ("JPEG with an ICC profile", "a.jpg", jpeg(picture, icc_profile=bytes(70_000)), picture),
        ("JPEG with garbage behind it", "a.jpg", plain + b"\0garbage" * 9, picture),
        ("two JPEGs in one file", "a.jpg", plain + jpeg(other), picture),
        ("MPO", "a.jpg", mpo, picture),
        ("JPEG named .png", "a.png", plain, picture),
        ("JPEG named .JPG", "A.JPG", plain, picture),
        ("JPEG with a damaged EXIF block", "a.jpg", jpeg(picture, exif=exif(6)[:20]), picture),
        ("JPEG, EXIF orientation 1", "a.jpg", jpeg(picture, exif=exif(1)), picture),
        ("JPEG, EXIF orientation 99", "a.jpg", jpeg(picture, exif=exif(99)), picture),
    ]
    files += [
        (f"JPEG, EXIF orientation {n}", "a.jpg", jpeg(stored, exif=exif(n)), picture)
        for n, stored in turned.items()
    ]
    return [_good(*file, tolerance=LOSSY) for file in files]


def _pngs() -> list[ImageKind]:
    picture, plane, alpha = slopes(), grey(), veil()
    rgba, veiled = np.dstack([picture, alpha]), on_white(picture, alpha)
    wide = picture.astype(np.uint16) * 257
    indices, colours = palette(steps())
    plte = chunk(b"PLTE", colours.astype(np.uint8).tobytes())
    hidden = np.where(indices == 5, 0, 255).astype(np.uint8)
    turned, mark = np.rot90(picture, 1), chunk(b"eXIf", exif(6).removeprefix(b"Exif\0\0"))
    key = steps()[9, 9]
    keyed = np.where((steps() == key).all(-1), 0, 255).astype(np.uint8)
    grey_key = np.where(plane == plane[9, 9], 0, 255).astype(np.uint8)
    two_bits = plane // 64
    apng = encode(
        Image.fromarray(picture), "PNG",
        save_all=True, append_images=[Image.fromarray(255 - picture)],
    )  # fmt: skip
    column = picture[:, :1]
    files: list[tuple[str, str, bytes, Pixels]] = [
        ("PNG", "a.png", png(picture), picture),
        ("PNG named .jpg", "a.jpg", png(picture), picture),
        ("interlaced PNG", "a.png", png(picture, interlaced=True), picture),
        ("animated PNG", "a.png", apng, picture),
        ("PNG with a text chunk", "a.png", png(picture, after=chunk(b"tEXt", b"a\0b")), picture),
        ("grey PNG", "a.png", png(plane), spread(plane)),
        ("1-bit PNG", "a.png", png(plane // 128, depth=1), spread(plane // 128 * 255)),
        ("2-bit PNG", "a.png", png(two_bits, depth=2), spread(two_bits * 85)),
        ("4-bit PNG", "a.png", png(plane // 16, depth=4), spread(plane // 16 * 17)),
        ("PNG with a palette", "a.png", png(indices, before=plte, paletted=True), steps()),
        ("PNG with a transparent colour in its palette", "a.png",
         png(indices, before=plte + chunk(b"tRNS", b"\xff" * 5 + b"\0"), paletted=True),
         on_white(steps(), hidden)),
        ("RGBA PNG", "a.png", png(rgba), veiled),
        ("interlaced RGBA PNG", "a.png", png(rgba, interlaced=True), veiled),
        ("grey PNG with alpha", "a.png", png(np.dstack([plane, alpha])),
         on_white(spread(plane), alpha)),
        ("RGB PNG with a transparent colour", "a.png",
         png(steps(), before=chunk(b"tRNS", struct.pack(">3H", *key))), on_white(steps(), keyed)),
        ("grey PNG with a transparent level", "a.png",
         png(plane, before=chunk(b"tRNS", struct.pack(">H", plane[9, 9]))),
         on_white(spread(plane), grey_key)),
        ("2-bit PNG with a transparent level", "a.png",
         png(two_bits, depth=2, before=chunk(b"tRNS", struct.pack(">H", 1))),
         on_white(spread(two_bits * 85), np.where(two_bits == 1, 0, 255).astype(np.uint8))),
        ("16-bit grey PNG", "a.png", png(plane.astype(np.uint16) * 257, depth=16), spread(plane)),
        ("16-bit grey PNG with a transparent level", "a.png",
         png(plane.astype(np.uint16) * 257, depth=16,
             before=chunk(b"tRNS", struct.pack(">H", 257 * int(plane[9, 9])))),
         on_white(spread(plane), grey_key)),
        ("16-bit RGB PNG", "a.png", png(wide, depth=16), picture),
        ("16-bit RGBA PNG", "a.png",
         png(np.dstack([wide, alpha.astype(np.uint16) * 257]), depth=16), veiled),
        ("16-bit grey PNG with alpha", "a.png",
         png(np.dstack([plane, alpha]).astype(np.uint16) * 257, depth=16),
         on_white(spread(plane), alpha)),
        ("PNG, EXIF orientation 6", "a.png", png(turned, before=mark), picture),
        ("PNG, EXIF orientation 6 behind the pixels", "a.png", png(turned, after=mark), picture),
        ("1 x 1 PNG", "a.png", png(picture[9:10, 9:10]), np.full_like(picture, picture[9, 9])),
        ("1 x 32 PNG", "a.png", png(column), np.repeat(column, SIDE, axis=1)),
        ("32 x 1 PNG", "a.png", png(picture[:1]), np.repeat(picture[:1], SIDE, axis=0)),
    ]  # fmt: skip
    return [_good(*file, tolerance=LOSSLESS) for file in files]


def _others() -> list[ImageKind]:
    picture, few = slopes(), steps()
    still, other = Image.fromarray(picture), Image.fromarray(255 - picture)
    indices, _ = palette(few)
    veiled = Image.fromarray(np.dstack([picture, veil()]))
    seen = on_white(picture, veil())
    top_down = bmp_header(SIDE, -SIDE) + picture[..., ::-1].tobytes()
    frames = {"save_all": True, "append_images": [paletted(255 - few)]}
    exact = {"lossless": True, "exact": True}
    moving = encode(still, "WEBP", save_all=True, append_images=[other], **exact)
    moving_gif = encode(paletted(few), "GIF", **frames)
    holes = on_white(few, np.where(indices == 5, 0, 255).astype(np.uint8))
    turned = Image.fromarray(np.rot90(picture, 1))
    files: list[tuple[str, str, bytes, Pixels, int]] = [
        ("BMP", "a.bmp", encode(picture, "BMP"), picture, 0),
        ("BMP stored top down", "a.bmp", top_down, picture, 0),
        ("BMP with a palette", "a.bmp", encode(paletted(few), "BMP"), few, 0),
        ("grey BMP", "a.bmp", encode(grey(), "BMP"), spread(grey()), 0),
        ("1-bit BMP", "a.bmp", encode(Image.fromarray(grey() > 99), "BMP"),
         spread((grey() > 99).astype(np.uint8) * 255), 0),
        ("BMP named .jpg", "a.jpg", encode(picture, "BMP"), picture, 0),
        ("GIF", "a.gif", encode(paletted(few), "GIF"), few, 0),
        ("animated GIF", "a.gif", moving_gif, few, 0),
        ("animated GIF named .jpg", "a.jpg", moving_gif, few, 0),
        ("GIF with a transparent colour", "a.gif",
         encode(paletted(few), "GIF", transparency=5), holes, 0),
        ("grey GIF", "a.gif", encode(grey(), "GIF"), spread(grey()), 0),
        ("WebP", "a.webp", encode(still, "WEBP", quality=95), picture, LOSSY),
        ("lossless WebP", "a.webp", encode(still, "WEBP", **exact), picture, 0),
        ("lossless WebP with alpha", "a.webp", encode(veiled, "WEBP", **exact), seen, LOSSLESS),
        ("animated WebP", "a.webp", moving, picture, 0),
        ("animated WebP named .jpg", "a.jpg", moving, picture, 0),
        ("animated WebP named .png", "a.png", moving, picture, 0),
        ("WebP, EXIF orientation 6", "a.webp",
         encode(turned, "WEBP", exif=exif(6), **exact), picture, 0),
    ]  # fmt: skip
    return [_good(*file) for file in files]


def _bad_content() -> list[ImageKind]:
    picture = slopes()
    box = b"\0\0\0\x1cftyp%s\0\0\0\0" + bytes(99)
    avif = encode(picture, "AVIF") if features.check("avif") else box % b"avif"
    files = [
        ("no bytes", "a.jpg", b"", "empty"),
        ("text", "a.jpg", b"this is not an image", "text, not an image"),
        ("a web page", "a.png", b"<!DOCTYPE html><html><body>404", "text, not an image"),
        ("random bytes", "a.jpg", np.random.default_rng(0).bytes(999), "not an image"),
        ("zeros", "a.png", bytes(999), "not an image"),
        ("TIFF named .jpg", "a.jpg", encode(picture, "TIFF"), "TIFF"),
        ("big-endian TIFF named .png", "a.png", b"MM\0*" + bytes(99), "TIFF"),
        ("ICO named .png", "a.png", encode(picture, "ICO"), "ICO"),
        ("PPM named .jpg", "a.jpg", encode(picture, "PPM"), "PNM"),
        ("AVIF named .jpg", "a.jpg", avif, "AVIF"),
        ("HEIC named .jpg", "a.jpg", box % b"heic", "HEIC"),
        ("JPEG 2000 named .jpg", "a.jpg", b"\0\0\0\x0cjP  \r\n\x87\n" + bytes(99), "JPEG 2000"),
        ("JPEG XL named .jpg", "a.jpg", b"\xff\x0a" + bytes(99), "JPEG XL"),
        ("PDF named .png", "a.png", b"%PDF-1.7\n" + bytes(99), "PDF"),
        ("ZIP named .jpg", "a.jpg", b"PK\3\4" + bytes(99), "ZIP"),
    ]
    return [_bad(*file) for file in files]


def _damaged() -> list[ImageKind]:
    noise = np.random.default_rng(0).integers(0, 256, (SIDE, SIDE, 3), np.uint8)
    small = jpeg(noise)
    content = {
        "JPEG": small,
        "PNG": png(noise),
        "BMP": encode(noise, "BMP"),
        "GIF": encode(Image.fromarray(noise).quantize(), "GIF"),
        "WebP": encode(noise, "WEBP", lossless=True),
    }
    kinds = [
        _bad(f"{name} cut at {share:.0%}", f"a.{name.lower()}", cut(whole, share), reason)
        for name, whole in content.items()
        for share, reason in ((0.5, "truncated or damaged"), (0.9, "truncated or damaged"))
    ]
    kinds += [
        _bad(f"{name} cut after {count} bytes", "a.jpg", content[name][:count], f"damaged {name}")
        for name, count in (("JPEG", 20), ("PNG", 20), ("BMP", 20), ("GIF", 9), ("WebP", 16))
    ]
    image_data = content["PNG"].index(b"IDAT")
    broken_check = content["PNG"][:29] + b"\0\0\0\0" + content["PNG"][33:]
    files = [
        ("JPEG without its last two bytes", small[:-2], "truncated or damaged"),
        ("JPEG without any scan", small[: small.index(b"\xff\xda")], "damaged"),
        ("PNG with a byte flipped", damaged(content["PNG"], 0.5), "truncated or damaged"),
        ("PNG whose header's checksum is wrong", broken_check, "damaged PNG"),
        ("PNG without pixels", content["PNG"][: image_data - 4], "damaged"),
        ("PNG of 12 bits", png_header(SIDE, SIDE, 12, 0) + bytes(99), "damaged PNG"),
        ("WebP whose pixels are not there", content["WebP"][:12] + content["WebP"][40:], "damaged"),
    ]  # fmt: skip
    kinds += [_bad(name, "a.jpg", file, reason) for name, file, reason in files]
    half_lost = {  # JPEG has no checksums: no decoder fails on these.
        "JPEG that ends in its middle": cut(small, 0.5) + b"\xff\xd9",
        "JPEG with 20 bytes flipped": damaged(small, 0.5, 20),
    }
    return kinds + [
        ImageKind(name, "a.jpg", partial(Path.write_bytes, data=content), doubtful=True)
        for name, content in half_lost.items()
    ]


def _bombs() -> list[ImageKind]:
    plain, webp = jpeg(slopes()), encode(slopes(), "WEBP", save_all=True, lossless=True)
    gif = encode(paletted(steps()), "GIF")
    canvas = (16383).to_bytes(3, "little")
    extended = b"RIFF" + struct.pack("<I", 4 + 18 + len(webp) - 12) + b"WEBPVP8X"
    extended += struct.pack("<II", 10, 0) + canvas + canvas + webp[12:]
    frame = gif.index(b",", 13 + 3 * 2 ** ((gif[10] & 7) + 1))
    files = [
        ("JPEG said to be 65500 x 65500", jpeg_of_size(plain, 65500, 65500), "--max-pixels"),
        ("JPEG said to be 0 x 0", jpeg_of_size(plain, 0, 0), "no pixels"),
        ("PNG said to be 60000 x 60000",
         png_header(60000, 60000, 8, 2) + png(slopes())[33:], "--max-pixels"),
        ("PNG of 12000 x 12000 black pixels", png_header(12000, 12000, 1, 0)
         + chunk(b"IDAT", zlib.compress(bytes(1501 * 12000))) + chunk(b"IEND", b""),
         "12000 x 12000"),
        ("PNG said to be 0 x 32", png_header(0, 32, 8, 2) + png(slopes())[33:], "no pixels"),
        ("GIF said to be 32767 x 32767", gif[:6] + b"\xff\x7f" * 2 + gif[10:], "--max-pixels"),
        ("GIF whose frame is said to be 65535 x 65535",
         gif[: frame + 5] + b"\xff\xff" * 2 + gif[frame + 9 :], "too many pixels"),
        ("GIF said to be 0 x 0", gif[:6] + bytes(4) + gif[10:frame + 5] + bytes(4)
         + gif[frame + 9 :], "no pixels"),
        ("WebP said to be 16384 x 16384", extended, "--max-pixels"),
        ("BMP said to be 46340 x 46340", bmp_header(46340, 46340) + bytes(99), "--max-pixels"),
    ]  # fmt: skip
    return [_bad(name, "a.jpg", content, reason) for name, content, reason in files]


def _no_files() -> list[ImageKind]:
    def leads_out(path: Path) -> None:
        outside = Path(tempfile.mkdtemp(dir=path.parents[4])) / "a.png"
        outside.write_bytes(png(slopes()))
        path.symlink_to(outside)

    return [
        ImageKind("a folder named .jpg", "a.jpg", lambda path: path.mkdir(), reason="a folder"),
        ImageKind("a pipe named .jpg", "a.jpg", os.mkfifo, reason="not a regular file"),
        ImageKind("a link to nothing", "a.jpg", lambda path: path.symlink_to("no"),
                  reason="leads nowhere"),
        ImageKind("a link to itself", "a.jpg", lambda path: path.symlink_to(path),
                  reason="cannot be read"),
        ImageKind("a link out of the data folder", "a.png", leads_out, reason="leads out"),
        ImageKind("a link to a device", "a.png", lambda path: path.symlink_to("/dev/zero"),
                  reason="leads out"),
    ]  # fmt: skip


def judge(kind: ImageKind, folder: Path, *, cache_limit: int = 2**30) -> Outcome:
    """Loads a data set with one file of the kind in it, in `folder`, and says what came of it."""
    from augjax.data import epoch_batches, load_image_folder

    root = folder / "root" / "data"
    for split in ("train", "valid"):
        for name in ("Car", "Truck"):
            (root / split / name).mkdir(parents=True)
            filler = np.full((2, 2, 3), len(split + name), np.uint8)
            (root / split / name / "z.png").write_bytes(png(filler))
    file = root / "train" / "Car" / kind.file
    kind.write(file)
    dataset = load_image_folder(root, image_size=SIDE, on_bad_image="skip", cache_limit=cache_limit)
    assert dataset.report is not None
    batches = list(epoch_batches(dataset.train, np.arange(len(dataset.train)), 4))
    bad = {bad.path: bad.reason for bad in dataset.report.bad}
    expected = "doubtful" if kind.doubtful else kind.reason or "its picture"
    if reason := bad.pop(f"train/Car/{kind.file}", None):
        return Outcome(kind.name, expected, reason, bool(kind.reason) and kind.reason in reason)
    if bad:
        return Outcome(kind.name, expected, f"another file is called bad: {bad}", False)
    if kind.doubtful and dataset.report.doubtful == [f"train/Car/{kind.file}"]:
        return Outcome(kind.name, expected, "doubtful", True)
    if dataset.report.doubtful:
        return Outcome(kind.name, expected, f"doubtful: {dataset.report.doubtful}", False)
    if kind.pixels is None:
        return Outcome(kind.name, expected, "taken for a good image", False)
    off = int(np.abs(batches[0].images[0].astype(int) - kind.pixels).max())
    got = "its picture" if off <= kind.tolerance else f"a picture that is off by {off} levels"
    return Outcome(kind.name, expected, got, off <= kind.tolerance)
