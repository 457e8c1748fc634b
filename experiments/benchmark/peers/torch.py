"""PyTorch: the notebook's network."""

import os
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from experiments.benchmark.works import Work


def network() -> torch.nn.Module:
    """The notebook's network with a logit at its end; Keras's momentum 0.99 is 0.01 here."""
    nn = torch.nn

    def norm(channels: int, *, flat: bool = False) -> torch.nn.Module:
        kind = nn.BatchNorm1d if flat else nn.BatchNorm2d
        return kind(channels, eps=1e-3, momentum=0.01)

    layers: list[Any] = [norm(3)]
    before = 3
    for channels, kernel in ((16, 7), (32, 5), (64, 5), (128, 3), (256, 3), (512, 3)):
        if channels >= 64:
            layers += [nn.MaxPool2d(2), norm(before)]
        layers += [nn.Conv2d(before, channels, kernel, padding="same"), nn.ReLU()]
        before = channels
    layers += [nn.AdaptiveAvgPool2d(1), nn.Flatten(), norm(512, flat=True)]
    layers += [nn.Linear(512, 6), nn.ReLU(), nn.Linear(6, 1)]
    return nn.Sequential(*layers)


def _network_and_images(work: Work, setting: str) -> tuple[torch.nn.Module, torch.Tensor]:
    torch.set_num_threads(os.cpu_count() or 1)
    torch.manual_seed(0)
    order = torch.channels_last if setting == "channels last" else torch.contiguous_format
    images = torch.from_numpy(work.images()).permute(0, 3, 1, 2).contiguous(memory_format=order)
    return network().to(memory_format=order), images  # type: ignore[call-overload]


def train(work: Work, setting: str) -> Callable[[], Any]:
    """A step of Adam on the binary cross-entropy, the accuracy counted."""
    model, images = _network_and_images(work, setting)
    labels = torch.arange(work.batch).remainder(2).float()[:, None]
    optimizer = torch.optim.Adam(model.parameters(), 1e-3)
    loss_of = torch.nn.BCEWithLogitsLoss()

    def call() -> Any:
        optimizer.zero_grad(set_to_none=True)
        logits = model(images)
        loss = loss_of(logits, labels)
        loss.backward()
        optimizer.step()
        correct = ((logits > 0) == (labels > 0.5)).sum()
        return loss.item(), correct.item()

    parameters = sum(p.numel() for p in model.parameters())
    call.about = {"parameters": parameters}  # type: ignore[attr-defined]
    return call


def infer(work: Work, setting: str) -> Callable[[], Any]:
    """The network's logits of a batch."""
    model, images = _network_and_images(work, setting)
    model.eval()

    def call() -> Any:
        with torch.inference_mode():
            return model(images)[:, 0].numpy()

    return call


def as_numpy(result: Any) -> np.ndarray:
    """A call's result as NumPy's."""
    return np.asarray(result[0] if isinstance(result, tuple) else result)


CALLS = {"train": train, "infer": infer}
