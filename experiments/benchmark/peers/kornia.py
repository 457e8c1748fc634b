"""kornia on PyTorch, on float32 and in PyTorch's layout."""

import os
from collections.abc import Callable
from typing import Any

import kornia.augmentation as augmentation
import numpy as np
import torch

from experiments.benchmark.works import MIXES, Work


def augment(work: Work, setting: str) -> Callable[[], Any]:
    """Modules over a batch, drawing for each image."""
    images = images_of(work, setting)
    modules = torch.nn.Sequential(*_modules(work.kind, work, "resample" in setting))

    def call() -> Any:
        with torch.inference_mode():
            return modules(images)

    return call


def mix(work: Work, setting: str) -> Callable[[], Any]:
    """A module that mixes a batch, and tells whose labels are mixed and by how much."""
    images, labels = images_of(work, setting), torch.from_numpy(work.labels())
    keys, p = ["input", "class"], work.strength
    module: Any = (
        augmentation.RandomMixUpV2(p=p, data_keys=keys)
        if work.kind == "mixup"
        else augmentation.RandomCutMixV2(p=p, data_keys=keys, use_correct_lambda=True)
    )

    def call() -> Any:
        with torch.inference_mode():
            return module(images, labels)

    return call


def images_of(work: Work, setting: str) -> torch.Tensor:
    """The work's images, for as many threads as the setting says."""
    torch.set_num_threads(1 if setting.startswith("1 ") else os.cpu_count() or 1)
    torch.manual_seed(0)
    return torch.from_numpy(work.images()).permute(0, 3, 1, 2).contiguous()


def _modules(kind: str, work: Work, resample: bool) -> list[Any]:
    s, k = work.strength, augmentation
    if kind == "chain":
        return [
            k.RandomContrast((1 - 0.1 * s, 1 + 0.1 * s), p=1.0),
            k.RandomHorizontalFlip(p=0.5 * s),
            k.RandomAffine(36.0 * s, (0.1 * s, 0.1 * s), padding_mode="REFLECTION", p=1.0),
        ]
    if kind == "perspective":
        return [k.RandomPerspective(0.5 * s, p=1.0)]
    if kind == "resized_crop":
        scale, ratio = ((0.08, 1.0), (3 / 4, 4 / 3)) if s else ((1.0, 1.0), (1.0, 1.0))
        size = (work.size, work.size)
        mode = "resample" if resample else "slice"
        return [k.RandomResizedCrop(size, scale, ratio, p=1.0, cropping_mode=mode)]
    if kind == "color_jitter":
        return [k.ColorJitter(0.4 * s, 0.4 * s, 0.4 * s, 0.1 * s, p=1.0)]
    if kind == "blur":
        return [k.RandomGaussianBlur((7, 7), (0.5, 2.0), p=s)]
    if kind == "randaugment":
        return [k.auto.RandAugment(2, 9)] if s else []
    assert kind == "erasing"
    return [k.RandomErasing(p=s)]


def as_numpy(result: Any) -> np.ndarray:
    """A call's result as NumPy's, channels last, without the labels of a mix."""
    images = result if isinstance(result, torch.Tensor) else result[0]
    return images.permute(0, 2, 3, 1).numpy()


CALLS = {
    **dict.fromkeys(
        ("chain", "perspective", "resized_crop", "color_jitter", "blur", "erasing", "randaugment"),
        augment,
    ),
    **dict.fromkeys(MIXES, mix),
}
