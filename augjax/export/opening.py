"""Python that opens an image file as a run does, for people who have no augjax."""

from augjax.data.tf import ResizeMethod

NUMPY = "import numpy as np\n"
IMAGE = "path/to/image.jpg"
"""Stands in the code for the image file, which its user puts there."""

_OPEN = f"""\
{NUMPY}from PIL import Image, ImageOps

image = "{IMAGE}"
picture = ImageOps.exif_transpose(Image.open(image)).convert("RGB")
"""

_NEAREST = """\
pixels = np.asarray(picture)
rows, columns = (
    ((np.arange(SIZE, dtype=np.float32) + 0.5) * np.float32(side / SIZE)).astype(int)
    for side in pixels.shape[:2]
)
images = pixels[rows[:, None], columns][None]
"""

_BILINEAR = """\
pixels = np.asarray(picture).astype(np.float32)
for axis in (1, 0):
    pixels = np.moveaxis(pixels, axis, -1)
    last = pixels.shape[-1] - 1
    places = (np.arange(SIZE, dtype=np.float32) + 0.5) * np.float32((last + 1) / SIZE) - 0.5
    places = places.clip(0, last)
    low, share = places.astype(int), places % 1
    left, right = pixels[..., low], pixels[..., np.minimum(low + 1, last)]
    pixels = np.moveaxis(left + (right - left) * share, -1, axis)
images = pixels.round().astype(np.uint8)[None]
"""


def opening(size: int, method: ResizeMethod) -> str:
    """Python that makes `images`, a batch of one, of the file `IMAGE`, as `tf.image.resize` does.

    It needs NumPy and Pillow. Transparent parts it does not put on white, as a run does.

    Args:
      size: side of the square in pixels.
      method: how it is resized.
    """
    return _OPEN + {"nearest": _NEAREST, "bilinear": _BILINEAR}[method].replace("SIZE", str(size))
