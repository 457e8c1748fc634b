"""torchvision's mixes on PyTorch, on float32 and in PyTorch's layout."""

import os
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torchvision.transforms import v2

from experiments.benchmark.works import CLASSES, MIXES, Work


def mix(work: Work, setting: str) -> Callable[[], Any]:
    """A mix of a batch and its labels."""
    torch.set_num_threads(1 if setting.startswith("1 ") else os.cpu_count() or 1)
    torch.manual_seed(0)
    images = torch.from_numpy(work.images()).permute(0, 3, 1, 2).contiguous()
    labels = torch.from_numpy(work.labels())
    kind = v2.MixUp if work.kind == "mixup" else v2.CutMix
    module = kind(alpha=1.0, num_classes=CLASSES) if work.strength else v2.Identity()

    def call() -> Any:
        with torch.inference_mode():
            return module(images, labels)

    return call


def as_numpy(result: Any) -> np.ndarray:
    """A call's images as NumPy's, channels last."""
    return result[0].permute(0, 2, 3, 1).numpy()


CALLS = dict.fromkeys(MIXES, mix)
