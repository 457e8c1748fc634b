"""Pictures as Pillow reads them: what the header says, and upright pixels on white."""

import io
import re
import struct
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Bool, UInt8
from PIL import BmpImagePlugin, GifImagePlugin, Image, JpegImagePlugin, PngImagePlugin
from PIL.Image import Transpose
from PIL.WebPImagePlugin import WebPImageFile

from augjax.data.folder.bounded import Metered, OpenFile, TooMuchError
from augjax.data.folder.png import PNG_START, png_pixels

JPEG_START = b"\xff\xd8\xff"
HEAD_BYTES = 4096
"""What is read of a file to tell what it is."""

# Pillow's `Image.open` would apply a limit of its own to the size, and try formats not wanted here.
_OPENERS: dict[str, Callable[[Any], Image.Image]] = {
    "JPEG": JpegImagePlugin.JpegImageFile,
    "PNG": PngImagePlugin.PngImageFile,
    "GIF": GifImagePlugin.GifImageFile,
    "BMP": BmpImagePlugin.BmpImageFile,
    "WebP": WebPImageFile,
}
FORMATS = tuple(_OPENERS)

_STARTS = (
    (JPEG_START, "JPEG"),
    (PNG_START, "PNG"),
    (b"GIF87a", "GIF"),
    (b"GIF89a", "GIF"),
    (b"BM", "BMP"),
)
_FOREIGN_STARTS = (
    (b"II*\0", "TIFF"),
    (b"MM\0*", "TIFF"),
    (b"\0\0\1\0", "ICO"),
    (b"\xff\x0a", "JPEG XL"),
    (b"\0\0\0\x0cJXL ", "JPEG XL"),
    (b"\0\0\0\x0cjP  ", "JPEG 2000"),
    (b"\xff\x4f\xff\x51", "JPEG 2000"),
    (b"8BPS", "Photoshop"),
    (b"%PDF", "PDF"),
    (b"PK\3\4", "ZIP"),
    *((b"P%d" % digit + space, "PNM") for digit in range(1, 8) for space in (b"\n", b" ")),
)
_BRANDS = {b"avif": "AVIF", b"avis": "AVIF", b"heic": "HEIC", b"heix": "HEIC", b"mif1": "HEIF"}
_JPEG_FRAME = rb"\xff[\xc0-\xc3\xc5-\xc7\xc9-\xcb\xcd-\xcf]...(..)(..)"
"""The marker, length and depth before a JPEG's height and width."""
_JPEG_SCAN = b"\xff\xda"
"""The marker of a scan, which does not occur within one."""

_ADOBE = b"\xff\xee\x00\x0eAdobe\x00\x64\x00\x00\x00\x00\x00"
"""A marker by which CMYK is inverted."""

_UPRIGHT = {
    2: Transpose.FLIP_LEFT_RIGHT,
    3: Transpose.ROTATE_180,
    4: Transpose.FLIP_TOP_BOTTOM,
    5: Transpose.TRANSPOSE,
    6: Transpose.ROTATE_270,
    7: Transpose.TRANSVERSE,
    8: Transpose.ROTATE_90,
}
"""By EXIF orientation."""


MAX_SCANS = 100
"""Of a JPEG: each may go through all of its pixels. Encoders make about ten."""


class Header(NamedTuple):
    """What a picture's header says.

    Attributes:
      width: in pixels, as stored.
      height: in pixels, as stored.
      is_plain: whether its stored pixels are opaque, upright and of a kind that TensorFlow decodes
        both rightly and safely: most JPEGs and PNGs. It takes CMYK for inverted only where Adobe's
        marker says so, its BMP decoder takes palette indices for grey, its GIF decoder allocates
        whatever the header asks for (tensorflow#115498), and its decoder of animated WebP corrupts
        the heap (2.21).
    """

    width: int
    height: int
    is_plain: bool


def sniff(head: bytes) -> tuple[str | None, str]:
    """The format of a file that starts with `head`, or None, and what else it looks like."""
    for start, name in _STARTS:
        if head.startswith(start):
            return name, ""
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "WebP", ""
    for start, name in _FOREIGN_STARTS:
        if head.startswith(start):
            return None, f"a {name} file, which is not supported"
    if head[4:8] == b"ftyp":
        name = _BRANDS.get(head[8:12], "video or HEIF")
        return None, f"{'an' if name[0] in 'AH' else 'a'} {name} file, which is not supported"
    if head and not head.strip(b"\0"):
        return None, "nothing but zero bytes"
    try:
        head[:512].decode("ascii")
    except UnicodeDecodeError:
        return None, "not an image"
    return None, "text, not an image"


def read_header(file: OpenFile, format: str, head: bytes) -> Header:
    """Reads the header of a picture of this format, which starts with `head`, and no pixels.

    Raises:
      TooMuchError: if its header has no end, or it is a JPEG of more than `MAX_SCANS`.
      Exception: of any kind, if the header is damaged.
    """
    if format == "WebP":  # Pillow takes memory for the whole canvas as soon as it opens one.
        return Header(*_webp_size(head), is_plain=False)
    if format == "PNG":
        file = io.BytesIO(png_pixels(file, header_only=True))
    file.seek(0)
    picture = _open(Metered(file, format), format)
    if isinstance(picture, JpegImagePlugin.JpegImageFile) and _may_have_many_scans(picture, file):
        file.seek(0)
        if file.read().count(_JPEG_SCAN) > MAX_SCANS:
            raise TooMuchError(f"a JPEG of more than {MAX_SCANS} scans")
    is_plain = (
        (format == "JPEG" or (format == "PNG" and picture.mode in ("1", "L", "P", "RGB", "I;16")))
        and "transparency" not in picture.info
        and not _is_unmarked_cmyk(picture)
        and _orientation(picture) == 1
    )
    return Header(*picture.size, is_plain=is_plain)


def _is_unmarked_cmyk(picture: Image.Image) -> bool:
    """Whether it is a JPEG of CMYK, which all encoders invert, that lacks the marker of Adobe."""
    return picture.mode == "CMYK" and "adobe_transform" not in picture.info


def _may_have_many_scans(picture: JpegImagePlugin.JpegImageFile, file: OpenFile) -> bool:
    """Whether a JPEG is progressive, or its first scan, at which Pillow stops, lacks a channel."""
    file.seek(-8 - 2 * picture.layers, io.SEEK_CUR)
    return "progressive" in picture.info or file.read(2) != _JPEG_SCAN


def has_no_pixels(format: str, head: bytes) -> bool:
    """Whether a header that Pillow refuses does so because its width or height is 0."""
    if format == "JPEG":
        frame = re.search(_JPEG_FRAME, head, re.DOTALL)
        return frame is not None and b"\0\0" in frame.groups()
    layout, start = {"PNG": (">II", 16), "GIF": ("<HH", 6), "BMP": ("<ii", 18)}[format]
    end = start + struct.calcsize(layout)
    return len(head) >= end and 0 in struct.unpack(layout, head[start:end])


def read_upright(
    content: bytes, decode_jpeg: Callable[[bytes], UInt8[np.ndarray, "height width 3"]]
) -> UInt8[np.ndarray, "height width 3"]:
    """Decodes a picture as a person would see it on a white page.

    The EXIF orientation is applied, transparency composited on white, 16 bits are scaled to 8, and
    of an animation the first frame is taken.

    Args:
      content: the file's.
      decode_jpeg: gives the pixels of a JPEG as they are stored. Pillow says nothing of damage
        among them.

    Raises:
      Exception: of any kind, if the picture is damaged.
    """
    format, _ = sniff(content[:HEAD_BYTES])
    if format is None:
        raise ValueError("not a picture of a known format")
    if format == "PNG":
        content = png_pixels(io.BytesIO(content))
    picture = _open(io.BytesIO(content), format)
    if format == "JPEG":
        if _is_unmarked_cmyk(picture):
            content = content[:2] + _ADOBE + content[2:]
        rgb = Image.fromarray(decode_jpeg(content))
    else:
        box = _painted(picture, content)
        picture.load()
        rgb = _on_white(picture, content)
        if box is not None:
            canvas = Image.new("RGB", rgb.size, "white")
            canvas.paste(rgb.crop(box), box)
            rgb = canvas
    upright = _UPRIGHT.get(_orientation(picture))
    return np.asarray(rgb if upright is None else rgb.transpose(upright))


def _open(file: OpenFile | Metered, format: str) -> Image.Image:
    return _OPENERS[format](file)


def _painted(picture: Image.Image, content: bytes) -> tuple[int, int, int, int] | None:
    """The part of the canvas that the first frame of a GIF or an animated WebP lies on.

    What lies around it is transparent. Pillow paints it if the picture has no transparency.
    """
    if isinstance(picture, GifImagePlugin.GifImageFile):
        return picture.tile[0].extents
    start = 12
    while picture.format == "WEBP" and start + 20 <= len(content):
        name, length = struct.unpack_from("<4sI", content, start)
        if name == b"ANMF":
            places = (content[start + 8 + at : start + 11 + at] for at in (0, 3, 6, 9))
            x, y, width, height = (int.from_bytes(place, "little") for place in places)
            return 2 * x, 2 * y, 2 * x + width + 1, 2 * y + height + 1
        start += 8 + length + length % 2
    return None


def _on_white(picture: Image.Image, content: bytes) -> Image.Image:
    key = picture.info.get("transparency")
    if picture.format == "PNG" and picture.mode in ("1", "L", "RGB", "I;16") and key is not None:
        opaque = _opaque(picture, key, content)
    elif picture.has_transparency_data:
        picture = picture.convert("RGBA")
        opaque = picture.getchannel("A")
    else:
        opaque = None
    if picture.mode == "I;16":  # Pillow's own conversion clips at 255.
        sixteen = np.asarray(picture).astype(np.uint32)
        picture = Image.fromarray(((sixteen + 128) // 257).astype(np.uint8))
    rgb = picture.convert("RGB")
    if opaque is None:
        return rgb
    return Image.composite(rgb, Image.new("RGB", rgb.size, "white"), opaque)


def _opaque(picture: Image.Image, key: int | tuple[int, ...], content: bytes) -> Image.Image:
    """The mask of a PNG whose header names one colour transparent."""
    pixels = np.asarray(picture.convert("L") if picture.mode == "1" else picture)
    colour, depth = np.atleast_1d(key), content[24]
    if depth < 8:
        colour = colour * (255 // (2**depth - 1))
    elif depth == 16 and pixels.dtype == np.uint8:
        pixels = pixels.astype(np.uint16) << 8 | _low_bytes(content)
    matches: Bool[np.ndarray, "h w"] = (pixels.reshape(*pixels.shape[:2], -1) == colour).all(-1)
    return Image.fromarray(np.where(matches, 0, 255).astype(np.uint8))


def _low_bytes(content: bytes) -> UInt8[np.ndarray, "h w 3"]:
    """The lower halves of a 16-bit RGB PNG's samples, of which Pillow keeps the upper ones."""
    picture = PngImagePlugin.PngImageFile(io.BytesIO(content))
    picture.tile = [tile._replace(args="RGB;16L") for tile in picture.tile]
    return np.asarray(picture)


def _orientation(picture: Image.Image) -> int:
    """The EXIF orientation, 1 to 8; 1 where the block says nothing usable."""
    tiff = picture.info.get("exif", b"").removeprefix(b"Exif\0\0")
    order = {b"II": "<", b"MM": ">"}.get(tiff[:2])
    if order is None:
        return 1
    try:
        (start,) = struct.unpack_from(f"{order}I", tiff, 4)
        (count,) = struct.unpack_from(f"{order}H", tiff, start)
        for entry in range(count):
            tag, kind, _, value = struct.unpack_from(f"{order}HHIH", tiff, start + 2 + 12 * entry)
            if tag == 0x0112 and kind == 3:
                return value if value in _UPRIGHT else 1
    except struct.error:
        pass
    return 1


def _webp_size(head: bytes) -> tuple[int, int]:
    kind = head[12:16]
    if kind == b"VP8X":
        width, height = (int.from_bytes(head[at : at + 3], "little") for at in (24, 27))
        return width + 1, height + 1
    if kind == b"VP8L":
        (bits,) = struct.unpack_from("<I", head, 21)
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if kind == b"VP8 ":
        width, height = struct.unpack_from("<HH", head, 26)
        return width & 0x3FFF, height & 0x3FFF
    raise ValueError("not a WebP picture")
