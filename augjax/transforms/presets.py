"""Pipelines by name.

- notebook: that of Keras's notebook on cars and trucks.
- light: a safe first choice for photographs, of a flip, a few pixels and a little colour.
- trivial, randaugment: a flip and the policy, as torchvision's `references/classification` has them
  after its crop (`ta_wide`; `ra` of two layers and magnitude 9).
- imagenet: what ResNets are trained with: the defaults of timm's `transforms_imagenet_train`, which
  are those of torchvision's `references/classification` and its colours besides. Both normalise
  afterwards, and timm draws the interpolation too.
"""

from collections.abc import Callable

from augjax.transforms.color.color_jitter import ColorJitter
from augjax.transforms.color.contrast import RandomContrast
from augjax.transforms.composition.sequential import Sequential
from augjax.transforms.core.factors import LARGEST
from augjax.transforms.core.transform import Transform
from augjax.transforms.geometry.flip import RandomFlip
from augjax.transforms.geometry.resized_crop import RandomResizedCrop
from augjax.transforms.geometry.rotation import RandomRotation
from augjax.transforms.geometry.translation import RandomTranslation
from augjax.transforms.policy.rand_augment import RandAugment
from augjax.transforms.policy.trivial_augment import TrivialAugmentWide

_RECIPES: dict[str, Callable[[int], list[Transform]]] = {
    "notebook": lambda image_size: [
        RandomContrast(0.2),
        RandomFlip("horizontal"),
        RandomRotation(0.1),
        RandomTranslation(0.1, 0.1),
    ],
    "light": lambda image_size: [
        RandomFlip("horizontal"),
        RandomTranslation(0.05, 0.05),
        ColorJitter(0.1, 0.1, 0.1),
    ],
    "trivial": lambda image_size: [
        RandomFlip("horizontal"),
        TrivialAugmentWide(),
    ],
    "randaugment": lambda image_size: [
        RandomFlip("horizontal"),
        RandAugment(num_ops=2, magnitude=9),
    ],
    "imagenet": lambda image_size: [
        RandomResizedCrop(image_size, image_size),
        RandomFlip("horizontal"),
        ColorJitter(0.4, 0.4, 0.4),
    ],
}
"""The transforms of each preset, for images of a size where it resizes them."""

PRESETS = tuple(_RECIPES)
"""The names."""


def preset(name: str, *, image_size: int = 224) -> Sequential:
    """The pipeline of a name, one of PRESETS.

    >>> import augjax as aj
    >>> aj.preset("randaugment")
    Sequential([RandomFlip('horizontal'), RandAugment()])

    Args:
      name: as described in `augjax.transforms.presets`.
      image_size: the side, in pixels from 1 to 32768, of the images that presets with a crop make.
        The others keep the size of what they are given.

    Raises:
      ValueError: if there is no such preset, when the message lists all that there are, or if the
        size is out of range.
    """
    if name not in PRESETS:
        raise ValueError(f"there is no preset {name!r}; the presets are {', '.join(PRESETS)}")
    if isinstance(image_size, bool) or image_size not in range(1, LARGEST + 1):
        raise ValueError(
            f"preset(image_size={image_size!r}): expected a whole number of pixels from 1 to "
            f"{LARGEST}"
        )
    return Sequential(_RECIPES[name](image_size))
