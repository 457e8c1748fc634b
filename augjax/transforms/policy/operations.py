"""The operations that policies draw from, and what they do with an image.

| operation | magnitude m | what it does |
|---|---|---|
| Identity | | nothing |
| ShearX | pixels a pixel | x_in = x + m (y + 1/2): about the upper left corner; m > 0 slants to the left |
| ShearY | pixels a pixel | y_in = y + m (x + 1/2); m > 0 slants up |
| TranslateX | pixels | to the right by m, cut to a whole number |
| TranslateY | pixels | down by m, cut to a whole number |
| Rotate | degrees | about the centre; m > 0 is counter-clockwise |
| Brightness | change of the factor | black + (1 + m) (level - black) |
| Color | change of the factor | grey + (1 + m) (level - grey), grey that of the pixel |
| Contrast | change of the factor | mean + (1 + m) (level - mean), mean that of the image's grey |
| Sharpness | change of the factor | smooth + (1 + m) (level - smooth), smooth that of its neighbours |
| Posterize | bits | keeps the m highest of 8 |
| Solarize | level | 255 - level where level >= m |
| AutoContrast | | each channel's levels stretched to 0 to 255 |
| Equalize | | each channel's levels spread evenly |
| Invert | | 255 - level |

Those of colour work on 8-bit levels, round(255 x), as the papers' code does, and give what Pillow gives,
level for level: results are cut to whole levels, not rounded. Channels after the third stay as they
are. An operation that changes nothing (a change of 0, 8 bits, level 256) does not round either. No
gradient flows through an operation of colour that changes something.

Where references disagree, and what is done here:

| | torchvision, and here | TensorFlow's EfficientNet code | timm | Keras 3 |
|---|---|---|---|---|
| operations are drawn for | an image or a batch, as it comes; here an image | an image | an image | a batch |
| RandAugment draws from | 14 | 16: also Invert, SolarizeAdd, Cutout, but no Identity | 15: as there, but no Cutout; each taken by a coin | 11, without Identity; shears and moves along both axes at once |
| its magnitude 9 turns by | 9 degrees: bin 9 of 0 to 30 | 27: 9 of 10 | 27 | no magnitude, but a factor f in [0, 1]: 0 to f turns, counter-clockwise only |
| Brightness and the like | 1 + m or 1 - m, m up to 0.9 | 0.1 to 1.9: weak is dark | as there; with `inc` as here | lighter by 0 to f of the range, greyer by 0 to f, contrast times 1 to 1 + f, sharpness 0 to 2 f |
| Posterize | 8 bits to 4: stronger leaves fewer | 0 to 4: weaker leaves fewer | as there; with `inc` 4 to 0 | 1 to 8 f - 1: weaker leaves fewer |
| moves of up to | 150/331 of the size | 100 pixels, in AutoAugment 250 | 0.45 of the size | f of the size, right and down only |
| what lies beyond is | 0 | 128 | the mean that images are normalised by | reflected |
| pixels are | the nearest | the nearest | bilinear or bicubic, as it comes | bilinear |
| smooth, of Sharpness, is | rounded, as Pillow's | cut | Pillow's | not rounded, and with zeros beyond the border |
| mean, of Contrast, is | rounded, as Pillow's; torchvision's is not for tensors | a 256th of the number of pixels, at most 255 | Pillow's | of each channel |
| AutoContrast | here the exact quotient, cut; Pillow's doubles are a level lower where they fall just below a whole number (0.4 % of levels) | cut in float32 | Pillow's | not cut |
| Solarize of magnitude 0 | level 255 becomes 0 | all levels | as there; with `inc` none | all levels; up to 255 f is added before |
"""  # noqa: E501

from collections.abc import Callable, Sequence
from functools import reduce
from operator import or_

import jax.numpy as jnp
import numpy as np
from jax import lax
from jaxtyping import Array, Bool, Float, Int

from augjax.kernels import pillow
from augjax.kernels.batching import only_where
from augjax.kernels.color import COLORS
from augjax.transforms.core.spatial import affine_matrix
from augjax.transforms.core.types import Shape

OPERATIONS = (
    "Identity", "ShearX", "ShearY", "TranslateX", "TranslateY", "Rotate",
    "Brightness", "Color", "Contrast", "Sharpness", "Posterize", "Solarize",
    "AutoContrast", "Equalize", "Invert",
)  # fmt: skip
"""Draws name an operation by its place in this list."""
ENHANCING = ("Brightness", "Color", "Contrast", "Sharpness")
"""Those that move levels towards or away from those of another image."""
ABSOLUTE = ("AutoContrast", "Equalize", "Invert")
"""Those that have no magnitude, and always change something."""
OF_COLOR = (*ENHANCING, "Posterize", "Solarize", *ABSOLUTE)
UNCHANGED = np.array(
    [{"Posterize": 8, "Solarize": 256}.get(name, 0) for name in OPERATIONS], np.float32
)
"""The magnitude at which each operation changes nothing, if it has one."""

_STEPS = 65536.0

Operation = Int[Array, ""]
Magnitude = Float[Array, ""]
Levels = Float[Array, "height width channels"]


def is_among(operation: Int[Array, "*n"], names: Sequence[str]) -> Bool[Array, "*n"]:
    """Whether operations are among some."""
    return reduce(or_, (operation == OPERATIONS.index(name) for name in names))


def matrix(operation: Operation, magnitude: Magnitude, shape: Shape) -> Float[Array, "3 3"]:
    """Output pixel (x, y, 1) to input pixel; of an operation of colour, the identity.

    In whole 65536ths of a pixel, as Pillow has it: else every fifth row of a shear by 0.2, which
    falls between two pixels, would go to the other one.
    """

    def of(name: str) -> Magnitude:
        return jnp.where(is_among(operation, [name]), magnitude, 0.0)

    x, y = (shape[1] - 1) / 2, (shape[0] - 1) / 2
    shear_x, shear_y, angle = of("ShearX"), of("ShearY"), jnp.deg2rad(of("Rotate"))
    cos, sin = jnp.cos(angle), jnp.sin(angle)
    dx, dy = jnp.trunc(of("TranslateX")), jnp.trunc(of("TranslateY"))
    # Where a position is still between two pixels, Pillow takes the one that comes later.
    later_x, later_y = (
        jnp.where(shear + angle != 0, 0.5 / _STEPS, 0.0) for shear in (shear_x, shear_y)
    )
    from_x = x * (1.0 - cos) + y * sin + shear_x / 2 - dx
    from_y = y * (1.0 - cos) - x * sin + shear_y / 2 - dy
    return affine_matrix(
        _stepped(cos), _stepped(shear_x - sin), _stepped(from_x) + later_x,
        _stepped(shear_y + sin), _stepped(cos), _stepped(from_y) + later_y,
    )  # fmt: skip


def _stepped(value: Magnitude) -> Magnitude:
    """In whole 65536ths, but with the gradient of the value."""
    return value + lax.stop_gradient(jnp.round(value * _STEPS) / _STEPS - value)


def recolor(
    operation: Operation, magnitude: Magnitude, image: Float[Array, "height width channels"]
) -> Float[Array, "height width channels"]:
    """What an operation of colour makes of an image in [0, 1]; of geometry, the image itself.

    Each operation is a formula of levels, and on a CPU a pass over the images that drew it alone.
    """
    colors = image[..., :COLORS]
    changes = is_among(operation, ABSOLUTE) | (magnitude != jnp.asarray(UNCHANGED)[operation])
    for name in OF_COLOR:
        colors = _RECOLORED[name](is_among(operation, [name]) & changes, colors, magnitude)
    if image.shape[-1] <= COLORS:
        return colors
    return jnp.concatenate([colors, image[..., COLORS:]], axis=-1)


def _brightness(levels: Levels, change: Magnitude) -> Levels:
    return pillow.blend(jnp.float32(0), levels, 1.0 + change)


def _color(levels: Levels, change: Magnitude) -> Levels:
    return pillow.blend(pillow.grey(levels), levels, 1.0 + change)


def _contrast(levels: Levels, change: Magnitude) -> Levels:
    return pillow.blend(pillow.mean_grey(levels), levels, 1.0 + change)


def _sharpness(levels: Levels, change: Magnitude) -> Levels:
    return pillow.blend(pillow.smooth(levels), levels, 1.0 + change)


def _posterize(levels: Levels, bits: Magnitude) -> Levels:
    step = (1 << (8 - bits.astype(jnp.int32))).astype(jnp.float32)
    return step * jnp.floor(levels / step)


def _solarize(levels: Levels, threshold: Magnitude) -> Levels:
    return jnp.where(levels >= threshold, 255.0 - levels, levels)


def _auto_contrast(levels: Levels, _: Magnitude) -> Levels:
    return pillow.stretch(levels)


def _equalize(levels: Levels, _: Magnitude) -> Levels:
    return pillow.equalize(levels)


def _invert(levels: Levels, _: Magnitude) -> Levels:
    return 255.0 - levels


def _of_image(of_levels: Callable[[Levels, Magnitude], Levels]) -> Callable[..., Levels]:
    """What makes levels of levels, of images in [0, 1], and only where it is on."""

    def recolored(image: Levels, magnitude: Magnitude) -> Levels:
        return of_levels(pillow.to_levels(image), magnitude) / 255.0

    return only_where(recolored)


_FORMULAS = (
    _brightness, _color, _contrast, _sharpness, _posterize, _solarize,
    _auto_contrast, _equalize, _invert,
)  # fmt: skip
_RECOLORED = dict(zip(OF_COLOR, map(_of_image, _FORMULAS), strict=True))
