"""Pipelines by name, as the data that `from_dict` takes.

- notebook: that of Keras's notebook on cars and trucks.
- light: a safe first choice for photographs, of a flip, a few pixels and a little colour.
- trivial, randaugment: a flip and the policy, as torchvision's `references/classification` has them
  after its crop (`ta_wide`; `ra` of two layers and magnitude 9).
- imagenet: what ResNets are trained with: the defaults of timm's `transforms_imagenet_train`, which
  are those of torchvision's `references/classification` and its colours besides. Both normalise
  afterwards, and timm draws the interpolation too.
"""

from typing import Any

from augjax.transforms.composition.sequential import Sequential
from augjax.transforms.serial import from_dict

_FLIP = {"transform": "RandomFlip", "mode": "horizontal"}
_RECIPES: dict[str, list[dict[str, Any]]] = {
    "notebook": [
        {"transform": "RandomContrast", "factor": 0.2},
        _FLIP,
        {"transform": "RandomRotation", "factor": 0.1},
        {"transform": "RandomTranslation", "height_factor": 0.1, "width_factor": 0.1},
    ],
    "light": [
        _FLIP,
        {"transform": "RandomTranslation", "height_factor": 0.05, "width_factor": 0.05},
        {"transform": "ColorJitter", "brightness": 0.1, "contrast": 0.1, "saturation": 0.1},
    ],
    "trivial": [_FLIP, {"transform": "TrivialAugmentWide"}],
    "randaugment": [_FLIP, {"transform": "RandAugment", "num_ops": 2, "magnitude": 9}],
    "imagenet": [
        {"transform": "RandomResizedCrop", "height": "image_size", "width": "image_size"},
        _FLIP,
        {"transform": "ColorJitter", "brightness": 0.4, "contrast": 0.4, "saturation": 0.4},
    ],
}
"""The transforms of each preset; 'image_size' stands for the argument of `preset`."""

PRESETS = tuple(_RECIPES)
"""The names."""


def preset(name: str, *, image_size: int = 224) -> Sequential:
    """The pipeline of a name, one of PRESETS.

    Args:
      name: as described in `augjax.transforms.presets`.
      image_size: the side, in pixels, of the images that presets with a crop make. The others keep
        the size of what they are given.

    Raises:
      ValueError: if there is no such preset; the message lists those that there are.
    """
    if name not in _RECIPES:
        raise ValueError(f"there is no preset {name!r}; the presets are {', '.join(PRESETS)}")
    transforms = [
        {
            argument: image_size if value == "image_size" else value
            for argument, value in transform.items()
        }
        for transform in _RECIPES[name]
    ]
    pipeline = from_dict({"transform": "Sequential", "transforms": transforms})
    assert isinstance(pipeline, Sequential)
    return pipeline
