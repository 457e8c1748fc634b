"""Image files made byte by byte: what encoders write, and what they never should."""

import io
import struct
import zlib
from typing import Any

import numpy as np
from jaxtyping import Integer, UInt8
from PIL import Image, ImageCms

SIDE = 32

Pixels = UInt8[np.ndarray, "height width 3"]

_ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2),
          (0, 1, 1, 2))  # fmt: skip
"""First column and row, and the steps between columns and between rows, of each pass."""


def slopes() -> Pixels:
    """A smooth picture that no flip, turn or exchange of channels leaves as it is."""
    x, y = np.meshgrid(np.arange(SIDE), np.arange(SIDE))
    return np.stack([8 * x, 8 * y, 2 * (x + y)], axis=-1).astype(np.uint8)


def steps() -> Pixels:
    """The same in four levels a channel, so that a palette holds its colours."""
    return slopes() // 64 * 85


def grey() -> UInt8[np.ndarray, "height width"]:
    """A smooth grey picture."""
    return (slopes()[..., 0] // 2 + slopes()[..., 1] // 4).astype(np.uint8)


def veil() -> UInt8[np.ndarray, "height width"]:
    """An alpha channel: transparent, half and opaque thirds."""
    return np.repeat(np.array([0, 128, 255], np.uint8), [10, 11, 11])[:, None].repeat(SIDE, 1)


def on_white(pixels: UInt8[np.ndarray, "h w 3"], alpha: UInt8[np.ndarray, "h w"]) -> Pixels:
    """What a person sees of a picture with an alpha channel on a white page."""
    share = alpha[..., None] / 255
    return np.round(pixels * share + 255 * (1 - share)).astype(np.uint8)


def spread(plane: UInt8[np.ndarray, "h w"]) -> Pixels:
    """Grey as RGB."""
    return np.repeat(plane[..., None], 3, axis=-1)


def encode(image: Image.Image | np.ndarray, format: str, **options: Any) -> bytes:
    """A file as Pillow writes it."""
    picture = image if isinstance(image, Image.Image) else Image.fromarray(image)
    file = io.BytesIO()
    picture.save(file, format, **options)
    return file.getvalue()


def jpeg(image: Image.Image | np.ndarray, **options: Any) -> bytes:
    """A JPEG of high quality without chroma subsampling."""
    mode = {} if isinstance(image, np.ndarray) and image.ndim == 2 else {"subsampling": 0}
    return encode(image, "JPEG", **{"quality": 95, **mode, **options})


def exif(orientation: int) -> bytes:
    """An EXIF block that says how the camera was held."""
    block = Image.Exif()
    block[0x0112] = orientation
    return block.tobytes()


def palette(pixels: UInt8[np.ndarray, "h w 3"]) -> tuple[UInt8[np.ndarray, "h w"], np.ndarray]:
    """Indices into the colours of a picture, and the colours."""
    colours, indices = np.unique(pixels.reshape(-1, 3), axis=0, return_inverse=True)
    return indices.reshape(pixels.shape[:2]).astype(np.uint8), colours


def paletted(pixels: UInt8[np.ndarray, "h w 3"]) -> Image.Image:
    """A picture with a palette."""
    indices, colours = palette(pixels)
    picture = Image.fromarray(indices).convert("P")
    picture.putdata(indices.reshape(-1).tolist())
    picture.putpalette(colours.reshape(-1).tolist())
    return picture


def chunk(name: bytes, data: bytes) -> bytes:
    """A chunk of a PNG."""
    return struct.pack(">I4s", len(data), name) + data + struct.pack(">I", zlib.crc32(name + data))


def large_profile() -> bytes:
    """A chunk with a colour profile of 2 MB."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    profile = struct.pack(">I", 2_000_000) + profile[4:].ljust(2_000_000 - 4, b"\0")
    return chunk(b"iCCP", b"a\0\0" + zlib.compress(profile))


def png_header(width: int, height: int, depth: int, colour: int, interlaced: bool = False) -> bytes:
    """The beginning of a PNG; `colour` is 0 grey, 2 RGB, 3 palette, 4 grey + alpha, 6 RGBA."""
    fields = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlaced)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", fields)


def png(
    samples: Integer[np.ndarray, "..."],
    *,
    depth: int = 8,
    before: bytes = b"",
    after: bytes = b"",
    paletted: bool = False,
    interlaced: bool = False,
) -> bytes:
    """A PNG of samples (height, width) or (height, width, channels) as they are stored.

    Args:
      samples: below 2**depth.
      depth: 1, 2, 4, 8 or 16 bits.
      before: chunks between header and pixels.
      after: chunks behind the pixels.
      paletted: whether samples are indices of a palette in `before`.
      interlaced: in Adam7 order.
    """
    samples = samples.reshape(*samples.shape[:2], -1)
    height, width, channels = samples.shape
    colour = 3 if paletted else {1: 0, 2: 4, 3: 2, 4: 6}[channels]
    passes = _ADAM7 if interlaced else ((0, 0, 1, 1),)
    rows = [
        b"\0" + _packed(row, depth)
        for x, y, across, down in passes
        for row in samples[y::down, x::across]
    ]
    return (
        png_header(width, height, depth, colour, interlaced)
        + before
        + chunk(b"IDAT", zlib.compress(b"".join(rows)))
        + after
        + chunk(b"IEND", b"")
    )


def bmp_header(width: int, height: int) -> bytes:
    """The beginning of a BMP of 24 bits; a negative height is a picture stored top down."""
    return struct.pack(
        "<2sIHHIIiiHHIIiiII",
        b"BM", 0, 0, 0, 54, 40, width, height, 1, 24, 0, 0, 0, 0, 0, 0,
    )  # fmt: skip


def jpeg_of_size(content: bytes, width: int, height: int) -> bytes:
    """A JPEG whose header lies about its size."""
    start = content.index(b"\xff\xc0") + 5
    return content[:start] + struct.pack(">HH", height, width) + content[start + 4 :]


def without_adobe(content: bytes) -> bytes:
    """A JPEG whose Adobe marker is taken out."""
    start = content.index(b"\xff\xee\x00\x0eAdobe")
    return content[:start] + content[start + 16 :]


def small_frame_gif(frame: Image.Image, left: int, top: int) -> bytes:
    """A GIF of `SIDE`, whose only frame begins at a place of the canvas."""
    content = encode(frame, "GIF")
    start = content.index(b"," + bytes(4) + struct.pack("<HH", *frame.size)) + 1
    place = struct.pack("<HH", left, top)
    content = content[:start] + place + content[start + 4 :]
    return content[:6] + struct.pack("<HH", SIDE, SIDE) + content[10:]


def small_frame_webp(frame: Image.Image, left: int, top: int) -> bytes:
    """An animated WebP of `SIDE` without alpha, whose first frame begins at an even place."""
    size = [(side - 1).to_bytes(3, "little") for side in (SIDE, SIDE)]
    box = [n.to_bytes(3, "little") for n in (left // 2, top // 2, *(s - 1 for s in frame.size))]
    pixels = encode(frame, "WEBP", lossless=True, exact=True)[12:]
    chunks = [
        (b"VP8X", b"\2\0\0\0" + b"".join(size)),
        (b"ICCP", b"ANMF" + bytes(20)),
        (b"ANIM", bytes(6)),
        (b"ANMF", b"".join(box) + b"\x64\0\0\0" + pixels),
    ]
    body = b"WEBP" + b"".join(name + struct.pack("<I", len(data)) + data for name, data in chunks)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def damaged(content: bytes, share: float, count: int = 1) -> bytes:
    """The file with `count` bytes inverted, from a share of its length on."""
    start = int(len(content) * share)
    flipped = bytes(byte ^ 0xFF for byte in content[start : start + count])
    return content[:start] + flipped + content[start + count :]


def cut(content: bytes, share: float) -> bytes:
    """The first part of a file."""
    return content[: int(len(content) * share)]


def _packed(row: Integer[np.ndarray, "width channels"], depth: int) -> bytes:
    flat = row.reshape(-1)
    if depth == 16:
        return flat.astype(">u2").tobytes()
    if depth == 8:
        return flat.astype(np.uint8).tobytes()
    bits = flat[:, None] >> np.arange(depth - 1, -1, -1) & 1
    return np.packbits(bits.astype(np.uint8)).tobytes()
