"""What a transform of one's own is made of, for `from augjax.base import ...`.

A class derives from how it draws and from what it does with pixels:

- `Transform` draws for every image, `Switched` is applied with probability `p`;
- `Pointwise` recolours each pixel by itself, `Resampled` moves pixels by a 3x3 matrix, `Displaced`
  by a field of displacements, and `Operation` does anything else, such as a filter.

`Mix` is the base of what mixes the images of a batch. `augjax/transforms/core/README.md` is the
guide, with one of each kind.
"""

from augjax.draws import (
    at_least,
    below,
    choose,
    field_data,
    field_key,
    normal,
    plus_minus_one,
    uniform,
    uniform_about,
    unit,
    whole_number,
)
from augjax.keys import stream
from augjax.transforms.core.factors import (
    COLOR,
    SHARE,
    Color,
    Factor,
    Range,
    always,
    around_one,
    bounded,
    ranged,
    symmetric,
    up_to,
    whole,
)
from augjax.transforms.core.operation import Operation, Pointwise
from augjax.transforms.core.spatial import Displaced, Resampled, about_centre, affine_matrix
from augjax.transforms.core.transform import Switched, Transform
from augjax.transforms.core.types import Params, Shape
from augjax.transforms.mixing.mix import Mix
from augjax.transforms.registry import register
from augjax.typing import Strength

__all__ = [
    "COLOR",
    "SHARE",
    "Color",
    "Displaced",
    "Factor",
    "Mix",
    "Operation",
    "Params",
    "Pointwise",
    "Range",
    "Resampled",
    "Shape",
    "Strength",
    "Switched",
    "Transform",
    "about_centre",
    "affine_matrix",
    "always",
    "around_one",
    "at_least",
    "below",
    "bounded",
    "choose",
    "field_data",
    "field_key",
    "normal",
    "plus_minus_one",
    "ranged",
    "register",
    "stream",
    "symmetric",
    "uniform",
    "uniform_about",
    "unit",
    "up_to",
    "whole",
    "whole_number",
]
