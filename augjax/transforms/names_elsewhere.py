"""What Keras, torchvision and albumentations call it: the page's table, and hints for who asks."""

import re
from collections.abc import Iterable
from difflib import get_close_matches

TABLE = """
| augjax | Keras 3 | torchvision v2 | albumentations 2 |
|---|---|---|---|
| `RandomFlip("horizontal")` | `RandomFlip("horizontal")` | `RandomHorizontalFlip` | `HorizontalFlip` |
| `RandomRotation(0.1)`, of a full turn | the same | `RandomRotation(36)` | `Rotate(36)` |
| `RandomTranslation(0.1, 0.1)` | the same | `RandomAffine(0, translate=(0.1, 0.1))` | `Affine(translate_percent=...)` |
| `RandomZoom((-0.2, 0.2))`, out if positive | the same | `RandomAffine(0, scale=...)` | `Affine(scale=...)` |
| `RandomShear(0.2, 0.2)` | `RandomShear` | `RandomAffine(0, shear=...)` | `Affine(shear=...)` |
| `RandomAffine(degrees, translate, scale, shear)` | | the same | `Affine` |
| `RandomRot90()` | | | `RandomRotate90` |
| `RandomPerspective(0.3, p=0.5)`, first the scale | `RandomPerspective(0.5, 0.3)` | `RandomPerspective(distortion_scale, p)` | `Perspective` |
| `RandomWidth`, `RandomHeight` | in Keras 2 | | |
| `RandomCrop(height, width)` | the same | `RandomCrop((height, width))` | `RandomCrop` |
| `CenterCrop(height, width)` | the same | `CenterCrop((height, width))` | `CenterCrop` |
| `RandomResizedCrop(height, width, scale, ratio)` | | `RandomResizedCrop((height, width), ...)` | `RandomResizedCrop` |
| `Resize(height, width)` | `Resizing`, which never antialiases | `Resize((height, width))` | `Resize` |
| `Pad(padding)` | | the same | `Pad` |
| `RandomElastic(alpha, sigma)` | `RandomElasticTransform` | `ElasticTransform` | `ElasticTransform` |
| `RandomBrightness(0.2)`, added | the same | `ColorJitter`, multiplied | `RandomBrightnessContrast` |
| `RandomContrast(0.2)` | the same | `ColorJitter(contrast=0.2)`, about the mean grey | `RandomBrightnessContrast` |
| `RandomSaturation`, `RandomHue` | the same | `ColorJitter` | `HueSaturationValue` |
| `ColorJitter(...)` | `RandomColorJitter` | the same | `ColorJitter` |
| `RandomGamma` | | `functional.adjust_gamma` | `RandomGamma` |
| `RandomGrayscale(p=0.1)` | `RandomGrayscale(0.1)` | the same | `ToGray(p=0.1)` |
| `RandomInvert(p=0.5)` | `RandomInvert(0.5)` | the same | `InvertImg` |
| `RandomSolarize(0.5, p=0.5)` | `Solarization` | `RandomSolarize(128, p=0.5)` | `Solarize` |
| `RandomPosterize(4, p=0.5)` | `RandomPosterization(4)` | the same | `Posterize` |
| `RandomEqualize(p=0.5)` | `Equalization` | the same | `Equalize` |
| `RandomAutoContrast(p=0.5)` | `AutoContrast` | `RandomAutocontrast` | `AutoContrast` |
| `RandomSharpness` | the same | `RandomAdjustSharpness` | `Sharpen` |
| `RandomChannelShuffle`, `RandomChannelDrop` | | `RandomChannelPermutation` | `ChannelShuffle`, `ChannelDropout` |
| `Normalize(mean, std)` | `Normalization` | the same | `Normalize` |
| `RandomGaussianBlur(kernel_size, sigma)`, `RandomMotionBlur((3, 7))` | `RandomGaussianBlur` | `GaussianBlur` | `GaussianBlur`, `MotionBlur(blur_limit=7)` |
| `RandomGaussianNoise`, `RandomSaltAndPepper` | `GaussianNoise` | `GaussianNoise` | `GaussNoise`, `SaltAndPepper` |
| `RandomErasing(p=0.5)`, one rectangle of 2 to 33 % | `RandomErasing(0.5)` | the same | `Erasing`; `CoarseDropout` for several |
| `RandomGridDropout` | | | `GridDropout` |
| `RandAugment(2, 9)`, magnitude 9 of 31 | `RandAugment`, one draw a batch | the same, one draw a batch | |
| `TrivialAugmentWide()`, `AutoAugment("imagenet")` | | the same, one draw a batch | |
| `AugMix(severity=3)` | `AugMix` | the same | |
| `Sequential([...], value_range=(0, 255))`, and uint8 images need nothing | `Rescaling` | `ToDtype(scale=True)` | `ToFloat` |
| `Sequential([...])` | `Pipeline` | `Compose` | `Compose` |
| `RandomApply(t, p)` | | the same | `p=` of each, `Sequential(p=)`, `OneOf(p=)` |
| `MixUp(0.2)`, after the pipeline | the same | `MixUp(alpha=0.2)` | |
| `CutMix()` | `CutMix()`, with an alpha drawn from 0 to 1 | `CutMix()` | |
| `RandomMixChoice([MixUp(), CutMix()])` | | `RandomChoice([MixUp(), CutMix()])`, in timm `Mixup` | |
| `RandomChoice`, `RandomSomeOf`, `RandomOrder` | | `RandomChoice`, `RandomOrder` | `OneOf`, `SomeOf`, `RandomOrder` |
"""  # noqa: E501


def hint(name: str, names: Iterable[str]) -> str:
    """What may be meant by a name that is none of `names`; empty if nothing comes to mind."""
    rows = [row.strip("| ").split(" | ") for row in TABLE.strip().splitlines()[2:]]
    found = [
        here.replace("`", "")
        for here, *elsewhere in rows
        if any(name in re.findall(r"`(\w+)", cell) for cell in elsewhere)
    ]
    if found:
        return f"; here it is {' or '.join(found)}"
    near = get_close_matches(name, names, n=1, cutoff=0.75)
    return f"; {near[0]} may be meant" if near else ""
