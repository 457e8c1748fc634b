"""Kinds of image file that are refused, or doubtful, and why."""

import os
import struct
import tempfile
import zlib
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image, features

from tests.corpora.image_bytes import (
    SIDE,
    bmp_header,
    chunk,
    cut,
    damaged,
    encode,
    exif,
    jpeg,
    jpeg_of_size,
    paletted,
    png,
    png_header,
    slopes,
    steps,
    without_adobe,
)  # fmt: skip
from tests.corpora.image_kind import ImageKind, bad


def no_images() -> list[ImageKind]:
    """Content of another sort."""
    picture = slopes()
    box = b"\0\0\0\x1cftyp%s\0\0\0\0" + bytes(99)
    avif = encode(picture, "AVIF") if features.check("avif") else box % b"avif"
    files = [
        ("no bytes", "a.jpg", b"", "empty"),
        ("text", "a.jpg", b"this is not an image", "text, not an image"),
        ("a web page", "a.png", b"<!DOCTYPE html><html><body>404", "text, not an image"),
        ("random bytes", "a.jpg", np.random.default_rng(0).bytes(999), "not an image"),
        ("zeros", "a.png", bytes(999), "nothing but zero bytes"),
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
    return [bad(*file) for file in files]


def damaged_files() -> list[ImageKind]:
    """Images cut short or changed."""
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
        bad(f"{name} cut at {share:.0%}", f"a.{name.lower()}", cut(whole, share), reason)
        for name, whole in content.items()
        for share, reason in ((0.5, "truncated or damaged"), (0.9, "truncated or damaged"))
    ]
    kinds += [
        bad(f"{name} cut after {count} bytes", "a.jpg", content[name][:count], f"damaged {name}")
        for name, count in (("JPEG", 20), ("PNG", 20), ("BMP", 20), ("GIF", 9), ("WebP", 16))
    ]
    four = np.dstack([noise, noise])[..., :4]
    image_data = content["PNG"].index(b"IDAT")
    broken_check = content["PNG"][:29] + b"\0\0\0\0" + content["PNG"][33:]
    files = [
        ("JPEG without its last two bytes", small[:-2], "truncated or damaged"),
        ("JPEG without any scan", small[: small.index(b"\xff\xda")], "damaged"),
        ("PNG with a byte flipped", damaged(content["PNG"], 0.5), "truncated or damaged"),
        ("PNG whose header's checksum is wrong", broken_check, "damaged PNG"),
        ("PNG whose transparent colour's checksum is wrong",
         png(noise, before=chunk(b"tRNS", bytes(6))[:-1] + b"?"), "damaged PNG"),
        ("PNG whose text's checksum is wrong",
         png(noise, before=chunk(b"tEXt", b"a\0b")[:-1] + b"?"), "damaged PNG"),
        *((f"{name} with half of its rows",
           png_header(SIDE, SIDE, 8, 4 if samples.shape[2] == 2 else 6)
           + png(samples[: SIDE // 2], before=before)[33:], "truncated or damaged")
          for name, samples, before in (
            ("RGBA PNG", four, b""), ("grey PNG with alpha", four[..., :2], b""),
            ("turned PNG", four, chunk(b"eXIf", exif(6).removeprefix(b"Exif\0\0"))))),
        ("interlaced RGBA PNG without its last row",
         png_header(SIDE, SIDE, 8, 6, True) + png(four)[33:], "truncated or damaged"),
        ("PNG without pixels", content["PNG"][: image_data - 4], "damaged"),
        ("PNG of 12 bits", png_header(SIDE, SIDE, 12, 0) + bytes(99), "damaged PNG"),
        ("WebP whose pixels are not there", content["WebP"][:12] + content["WebP"][40:], "damaged"),
    ]  # fmt: skip
    kinds += [bad(name, "a.jpg", file, reason) for name, file, reason in files]
    cmyk = without_adobe(jpeg(Image.fromarray(noise).convert("CMYK")))
    half_lost = {  # JPEG has no checksums: no decoder fails on these.
        "JPEG that ends in its middle": cut(small, 0.5) + b"\xff\xd9",
        "JPEG with 20 bytes flipped": damaged(small, 0.5, 20),
        "CMYK JPEG without an Adobe marker, with 20 bytes flipped": damaged(cmyk, 0.5, 20),
    }
    return kinds + [
        ImageKind(name, "a.jpg", partial(Path.write_bytes, data=content), doubtful=True)
        for name, content in half_lost.items()
    ]


def bombs() -> list[ImageKind]:
    """Headers that promise more, or less, than an image."""
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
    return [bad(name, "a.jpg", content, reason) for name, content, reason in files]


def endless() -> list[ImageKind]:
    """Images with so much before their pixels, or behind them, that a reader takes minutes."""
    plain, gif = jpeg(slopes()), encode(paletted(steps()), "GIF")
    colours = 13 + 3 * 2 ** ((gif[10] & 7) + 1)
    nothing = 100_000 * chunk(b"prVt", b"")
    kinds = {
        "JPEG with a million fill bytes": plain[:2] + bytes([255]) * 10**6 + plain[2:],
        "JPEG with 100,000 comments": plain[:2] + b"\xff\xfe\0\2" * 100_000 + plain[2:],
        "JPEG with 20 MB of EXIF":
            plain[:2] + 300 * (b"\xff\xe1\xff\xffExif\0\0" + bytes(65527)) + plain[2:],
        "GIF with 100,000 comments": gif[:colours] + b"!\xfe\1a\0" * 100_000 + gif[colours:],
        "PNG with 100,000 chunks": png(slopes(), before=nothing),
        "PNG with 100,000 chunks behind the pixels": png(slopes(), after=nothing),
        "RGBA PNG with 100,000 chunks of pixels":
            png(np.dstack([slopes()] * 2)[..., :4], after=100_000 * chunk(b"IDAT", b"")),
    }  # fmt: skip
    return [
        bad(name, "a.jpg", content, "chunks" if name.count("PNG") else "header takes more than")
        for name, content in kinds.items()
    ]


def no_files() -> list[ImageKind]:
    """What has an image's name and is no file."""

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
