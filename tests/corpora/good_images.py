"""Kinds of image file that are read, and what each shows."""

import struct
import zlib

import numpy as np
from PIL import Image

from tests.corpora.image_bytes import (
    SIDE,
    Pixels,
    bmp_header,
    chunk,
    encode,
    exif,
    grey,
    jpeg,
    large_profile,
    on_white,
    palette,
    paletted,
    png,
    png_header,
    slopes,
    small_frame_gif,
    small_frame_webp,
    spread,
    steps,
    veil,
    without_adobe,
)  # fmt: skip
from tests.corpora.image_kind import ImageKind, good

LOSSLESS, LOSSY = 1, 14
"""Levels of 255 by which a pixel may be off."""


def jpegs() -> list[ImageKind]:
    """JPEGs of every sort."""
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
    cmyk = [
        without_adobe(jpeg(Image.fromarray(stored).convert("CMYK"), **options))
        for stored, options in ((picture, {}), (turned[6], {"exif": exif(6)}))
    ]
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
        ("CMYK JPEG without an Adobe marker", "a.jpg", cmyk[0], picture),
        ("CMYK JPEG without an Adobe marker, EXIF orientation 6", "a.jpg", cmyk[1], picture),
        ("JPEG with an ICC profile", "a.jpg", jpeg(picture, icc_profile=bytes(70_000)), picture),
        ("JPEG with garbage behind it", "a.jpg", plain + b"\0garbage" * 9, picture),
        ("JPEG with 1,000 fill bytes", "a.jpg", plain[:2] + b"\xff" * 1000 + plain[2:], picture),
        (
            "JPEG with 1,000 comments",
            "a.jpg",
            plain[:2] + b"\xff\xfe\0\2" * 1000 + plain[2:],
            picture,
        ),
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
    return [good(*file, tolerance=LOSSY) for file in files]


def pngs() -> list[ImageKind]:
    """PNGs of every sort."""
    picture, plane, alpha = slopes(), grey(), veil()
    rgba, veiled = np.dstack([picture, alpha]), on_white(picture, alpha)
    wide = picture.astype(np.uint16) * 257
    indices, colours = palette(steps())
    plte = chunk(b"PLTE", colours.astype(np.uint8).tobytes())
    hidden = np.where(indices == 5, 0, 255).astype(np.uint8)
    turned, mark = np.rot90(picture, 1), chunk(b"eXIf", exif(6).removeprefix(b"Exif\0\0"))
    key = steps()[9, 9]
    keyed = np.where((steps() == key).all(-1), 0, 255).astype(np.uint8)
    near = steps().astype(np.uint16) * 257
    near[9, 9:16] += 1  # No longer the transparent colour, by the last of 16 bits.
    near_keyed = np.where((near == key.astype(np.uint16) * 257).all(-1), 0, 255).astype(np.uint8)
    wide_key = chunk(b"tRNS", struct.pack(">3H", *key.astype(np.uint16) * 257))
    dark = np.stack([np.arange(SIDE**2).reshape(SIDE, SIDE) % 256] * 3, -1)
    grey_key = np.where(plane == plane[9, 9], 0, 255).astype(np.uint8)
    two_bits = plane // 64
    apng = encode(
        Image.fromarray(picture), "PNG",
        save_all=True, append_images=[Image.fromarray(255 - picture)],
    )  # fmt: skip
    column = picture[:, :1]
    text = chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(3_000_000)))
    misleading = b"".join(
        chunk(kind, key + (b"\0" * 5 if kind == b"iTXt" else b"\0") + b"5")
        for kind in (b"tEXt", b"iTXt") for key in (b"exif", b"transparency")
    )  # fmt: skip
    small_frame = chunk(b"acTL", struct.pack(">II", 1, 0)) + chunk(
        b"fcTL", struct.pack(">IIIIIHHBB", 0, 9, 9, 4, 4, 1, 1, 0, 0)
    )
    files: list[tuple[str, str, bytes, Pixels]] = [
        ("PNG", "a.png", png(picture), picture),
        ("PNG named .jpg", "a.jpg", png(picture), picture),
        ("interlaced PNG", "a.png", png(picture, interlaced=True), picture),
        ("animated PNG", "a.png", apng, picture),
        ("PNG with a text chunk", "a.png", png(picture, after=chunk(b"tEXt", b"a\0b")), picture),
        ("PNG with a large text", "a.png", png(picture, before=text), picture),
        ("RGBA PNG with a large text", "a.png", png(rgba, before=text), veiled),
        ("RGBA PNG with a large text behind the pixels", "a.png", png(rgba, after=text), veiled),
        ("PNG with a large colour profile", "a.png", png(picture, before=large_profile()), picture),
        ("RGBA PNG with a large colour profile", "a.png",
         png(rgba, before=large_profile()), veiled),
        ("PNG with 20,000 chunks", "a.png",
         png(picture, after=20_000 * chunk(b"prVt", b"")), picture),
        ("PNG with texts named as what Pillow keeps", "a.png",
         png(picture, before=misleading), picture),
        ("RGBA PNG with texts named as what Pillow keeps", "a.png",
         png(rgba, before=misleading), veiled),
        ("animated RGBA PNG whose frame is smaller than its canvas", "a.png",
         png(rgba, before=small_frame), veiled),
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
        ("4-bit PNG with a transparent level beyond its depth", "a.png",
         png(two_bits, depth=4, before=chunk(b"tRNS", b"\0\x51")),
         on_white(spread(two_bits * 17), np.where(two_bits == 1, 0, 255).astype(np.uint8))),
        ("1-bit PNG with a transparent level beyond its depth", "a.png",
         png(plane // 128, depth=1, before=chunk(b"tRNS", b"\0\2")), np.full_like(picture, 255)),
        ("RGB PNG with a transparent colour beyond its depth", "a.png",
         png(steps(), before=chunk(b"tRNS", struct.pack(">3H", *key.astype(int) + 256))),
         on_white(steps(), keyed)),
        ("RGBA PNG of more rows than its header says", "a.png",
         png_header(SIDE, SIDE, 8, 6) + png(np.vstack([rgba, rgba]))[33:], veiled),
        ("PNG with two gammas", "a.png",
         png(picture, before=2 * chunk(b"gAMA", struct.pack(">I", 45455))), picture),
        ("PNG with a profile that is none", "a.png",
         png(picture, before=chunk(b"iCCP", b"a\0\0?")), picture),
        ("16-bit grey PNG", "a.png", png(plane.astype(np.uint16) * 257, depth=16), spread(plane)),
        ("16-bit grey PNG with a transparent level", "a.png",
         png(plane.astype(np.uint16) * 257, depth=16,
             before=chunk(b"tRNS", struct.pack(">H", 257 * int(plane[9, 9])))),
         on_white(spread(plane), grey_key)),
        ("16-bit RGB PNG", "a.png", png(wide, depth=16), picture),
        ("16-bit RGB PNG with a transparent colour", "a.png",
         png(near, depth=16, before=wide_key), on_white(steps(), near_keyed)),
        ("interlaced 16-bit RGB PNG with a transparent colour", "a.png",
         png(near, depth=16, before=wide_key, interlaced=True), on_white(steps(), near_keyed)),
        ("16-bit RGB PNG of 8 bits whose black is transparent", "a.png",
         png(dark, depth=16, before=chunk(b"tRNS", bytes(6))),
         np.where(dark == 0, 255, 0).astype(np.uint8)),
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
    return [good(*file, tolerance=LOSSLESS) for file in files]


def others() -> list[ImageKind]:
    """BMP, GIF and WebP."""
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
    framed, framed_few = np.full_like(picture, 255), np.full_like(few, 255)
    framed[8:24, 4:20], framed_few[8:24, 4:20] = picture[8:24, 4:20], few[8:24, 4:20]
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
        ("GIF whose frame is smaller than its canvas", "a.gif",
         small_frame_gif(paletted(few[8:24, 4:20]), 4, 8), framed_few, 0),
        ("grey GIF", "a.gif", encode(grey(), "GIF"), spread(grey()), 0),
        ("WebP", "a.webp", encode(still, "WEBP", quality=95), picture, LOSSY),
        ("lossless WebP", "a.webp", encode(still, "WEBP", **exact), picture, 0),
        ("lossless WebP with alpha", "a.webp", encode(veiled, "WEBP", **exact), seen, LOSSLESS),
        ("animated WebP", "a.webp", moving, picture, 0),
        ("animated WebP named .jpg", "a.jpg", moving, picture, 0),
        ("animated WebP named .png", "a.png", moving, picture, 0),
        ("animated WebP whose frame is smaller than its canvas", "a.webp",
         small_frame_webp(Image.fromarray(picture[8:24, 4:20]), 4, 8), framed, 0),
        ("WebP, EXIF orientation 6", "a.webp",
         encode(turned, "WEBP", exif=exif(6), **exact), picture, 0),
    ]  # fmt: skip
    return [good(*file) for file in files]
