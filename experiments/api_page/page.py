"""The page and its pictures."""

import inspect
import io
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from PIL import Image, ImageDraw

import augjax as aj
from augjax.files import write_atomically
from augjax.transforms.catalog import examples, mix_examples
from augjax.transforms.mixing.trial import trial
from experiments.car_truck.drawn.dataset import draw_picture
from experiments.car_truck.drawn.vehicles import Kind

PAGE = Path(__file__).parents[2] / "augjax" / "transforms" / "README.md"
PICTURES = Path(__file__).parents[1] / "results" / "transforms"
SIDE, DRAWS = 96, 5
BOX = np.array([[12, 33, 87, 70]], np.float32)
"""Around the drawn car."""

MARKER = (
    "<!-- Below this line `python -m experiments.api_page` writes. Edit the guide above it. -->"
)
"""Ends the part of the page that is written by hand."""

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
| `RandomIoUCrop(height, width)` | | `RandomIoUCrop()` and `Resize` | |
| `RandomBoxSafeCrop(height, width)` | | | `RandomSizedBBoxSafeCrop` |
| `RandomZoomOut()` | | the same | |
| `Letterbox(height, width)` | | | `LongestMaxSize` and `PadIfNeeded` |
| `ScaleJitter(height, width)` | | `ScaleJitter((height, width))`, then a crop and a border | |
| `RandomShortestSize(min_size)` | | the same | `SmallestMaxSize` |
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
| `Mosaic(height, width)` | | | `Mosaic` |
| `CopyPaste()` | | | |
| `RandomChoice`, `RandomSomeOf`, `RandomOrder` | | `RandomChoice`, `RandomOrder` | `OneOf`, `SomeOf`, `RandomOrder` |
"""  # noqa: E501
"""The names of transforms in other libraries; `augjax.transforms.aliases` knows them too."""

FAMILIES = {
    "geometry": (
        "Geometry",
        "Geometric transforms move pixels, and with them masks, boxes and keypoints. Neighbours "
        "with the same fill and interpolation share one resample. A crop ends such a run; an "
        "antialiased resize and an elastic transform are passes of their own.",
    ),
    "color": ("Colour", "Results are clipped to the value range, except by Normalize."),
    "filter": ("Filters, noise, erasing", "Masks, boxes and keypoints stay as they are."),
    "policy": (
        "Policies",
        'Each image draws its own operations. `help("augjax.transforms.policy.operations")` lists '
        "them, and where they differ from Pillow's and other libraries'.",
    ),
    "composition": (
        "Composition",
        "Containers hold transforms and other containers. Geometric transforms inside them still "
        "share a resample.",
    ),
    "mixing": (
        "Mixing",
        "Mixes combine the images of a batch and come after all other transforms: `images, "
        "labels = mix.batch(key, images, labels, ids, epoch=epoch)`. Each image has its own draws "
        "and a partner from the whole batch. Labels become probabilities. See `help(aj.Mix)`.",
    ),
}


def write_all() -> None:
    """Writes the page and a strip of pictures for every transform."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    cells = {name: draws(transform) for name, transform in examples().items()}
    cells |= {name: mixed(mix) for name, mix in mix_examples().items()}
    for name, pictures in cells.items():
        jpeg = io.BytesIO()
        strip(pictures).save(jpeg, "JPEG", quality=85)
        write_atomically(PICTURES / f"{name}.jpg", jpeg.getvalue())
    write_atomically(PAGE, page().encode())
    print(f"{len(cells)} transforms are on {PAGE}")


def page() -> str:
    """The text of the page: the guide, as it stands there, and the gallery after it."""
    guide, _ = PAGE.read_text().split(MARKER)
    return guide + MARKER + gallery()


def gallery() -> str:
    """A line and a picture of every transform, and the table of names elsewhere."""
    lines = [
        "",
        "",
        "## Gallery",
        "",
        "Each entry says what the transform does, and shows an image and five draws of the example "
        "below the picture. `help(aj.RandomRotation)` has the formula, the draws with their units, "
        "the ranges and the references.",
    ]
    for family, (title, about) in FAMILIES.items():
        lines += ["", f"### {title}", "", about, "", "| | |", "|---|---|"]
        for name, example in {**examples(), **mix_examples()}.items():
            if type(example).__module__.split(".")[2] == family:
                path = f"../../experiments/results/transforms/{name}.jpg"
                does = (inspect.getdoc(example) or "").split("\n")[0]
                code = repr(example).replace("|", "\\|")
                lines.append(f"| **{name}**<br>{does} | ![{name}]({path})<br>`{code}` |")
    lines += ["", "## Coming from Keras, torchvision or albumentations", "", TABLE.strip(), ""]
    return "\n".join(lines)


def draws(transform: aj.Transform) -> list[np.ndarray]:
    """A drawn car as it is, and as some draws of `transform` make it."""
    picture = drawn("Car")
    key = aj.stream(aj.key(0), "augment")
    pipeline = aj.Sequential([transform], boxes="xyxy") if transform.sees_targets else transform
    example = {"image": picture, "boxes": BOX} if transform.sees_targets else picture
    cells = [example]
    for draw in range(DRAWS):
        cells.append(pipeline(aj.image_key(key, draw, jnp.uint32(0)), example))
    return [with_box(cell) if isinstance(cell, dict) else as_uint8(cell) for cell in cells]


def with_box(example: dict[str, Any]) -> np.ndarray:
    """A picture with its box, if that is still in it, drawn around."""
    picture = Image.fromarray(as_uint8(example["image"]))
    if np.asarray(example.get("boxes_visible", 1.0)).max() > 0:
        left, top, right, bottom = np.asarray(example["boxes"])[0]
        ImageDraw.Draw(picture).rectangle((left, top, right - 1, bottom - 1), outline="yellow")
    return np.asarray(picture)


def mixed(mix: aj.Mix) -> list[np.ndarray]:
    """A drawn car as it is, and as some draws of `mix` make it in a batch with a truck."""
    batch = np.stack([drawn("Car"), drawn("Truck")])
    key = aj.stream(aj.key(0), "augment")
    cells = [batch[0]]
    for draw in range(DRAWS):
        example = trial(mix, batch, np.array([0, 1], np.float32))
        cells.append(as_uint8(mix.batch(key, example, epoch=draw)["image"][0]))
    return cells


def as_uint8(picture: jax.Array | np.ndarray) -> np.ndarray:
    """A picture in [0, 1] as one of 0 to 255."""
    if picture.dtype == np.uint8:
        return np.asarray(picture)
    return np.rint(np.clip(np.asarray(picture), 0, 1) * 255).astype(np.uint8)


def strip(cells: list[np.ndarray]) -> Image.Image:
    """Pictures side by side, on white."""
    height = max(cell.shape[0] for cell in cells)
    width = max(cell.shape[1] for cell in cells)
    sheet = Image.new("RGB", (len(cells) * (width + 4) - 4, height), "white")
    for place, cell in enumerate(cells):
        left = place * (width + 4) + (width - cell.shape[1]) // 2
        sheet.paste(Image.fromarray(cell), (left, (height - cell.shape[0]) // 2))
    return sheet


def drawn(kind: Kind) -> np.ndarray:
    """A picture of a Car or a Truck for the strips, uint8."""
    return np.asarray(draw_picture("train", kind, 1).resize((SIDE, SIDE), Image.Resampling.BOX))
