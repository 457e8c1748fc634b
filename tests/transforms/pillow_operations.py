"""What Pillow makes of an image by each operation of a policy: the oracle of their tests."""

from typing import Any

import numpy as np

from augjax.transforms.policy.operations import OPERATIONS
from tests.oracles import Image, ImageEnhance, ImageOps


def by_pillow(operation: int, magnitude: float | np.floating, pixels: np.ndarray) -> np.ndarray:
    """The operation on (height, width, 3) of uint8, as torchvision calls it for PIL images."""
    name, m, image = OPERATIONS[operation], float(magnitude), Image.fromarray(pixels)

    def affine(*matrix: float) -> Any:
        how = Image.Transform.AFFINE, matrix, Image.Resampling.NEAREST
        return image.transform(image.size, *how, fillcolor=(0, 0, 0))

    match name:
        case "Identity":
            made = image
        case "ShearX":
            made = affine(1, m, 0, 0, 1, 0)
        case "ShearY":
            made = affine(1, 0, 0, m, 1, 0)
        case "TranslateX":
            made = affine(1, 0, -int(m), 0, 1, 0)
        case "TranslateY":
            made = affine(1, 0, 0, 0, 1, -int(m))
        case "Rotate":
            made = image.rotate(m, Image.Resampling.NEAREST, fillcolor=(0, 0, 0))
        case "Brightness" | "Color" | "Contrast" | "Sharpness":
            made = getattr(ImageEnhance, name)(image).enhance(1 + m)
        case "Posterize":
            made = ImageOps.posterize(image, int(m))
        case "Solarize":
            made = ImageOps.solarize(image, m)  # type: ignore[arg-type]
        case "AutoContrast":
            return stretched(pixels)
        case "Equalize":
            made = ImageOps.equalize(image)
        case _:
            made = ImageOps.invert(image)
    return np.asarray(made)


def stretched(pixels: np.ndarray) -> np.ndarray:
    """Pillow's autocontrast with a quotient that is exact."""
    levels = pixels.astype(int)
    lowest, highest = levels.min(axis=(0, 1)), levels.max(axis=(0, 1))
    width = np.maximum(highest - lowest, 1)
    return np.where(highest > lowest, (levels - lowest) * 255 // width, levels).astype(np.uint8)
