"""A PyTorch DataLoader: its collate function augments a batch in one jitted call."""

from functools import partial
from typing import Any

from augjax.extras import exit_without

exit_without("experiments.examples.torch_collate", "torch", extra="bench")

import jax
import numpy as np
import torch

import augjax as aj
from experiments.examples.pictures import striped

KEY = aj.stream(aj.key(0), "augment")
AUGMENT = aj.Sequential([aj.RandomFlip(), aj.RandomRotation(0.05), aj.RandomContrast(0.2)])
augment = jax.jit(lambda images, ids, epoch: AUGMENT.batch(KEY, images, ids, epoch=epoch))


def collate(rows: list[Any], epoch: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Images, channels first, and labels of a batch."""
    images, labels, ids = map(np.stack, zip(*rows, strict=True))
    pixels = torch.from_dlpack(augment(images, ids, epoch)).permute(0, 3, 1, 2)
    return pixels, torch.from_numpy(labels).long()


conv, out = torch.nn.Conv2d(3, 16, 5, stride=2), torch.nn.Linear(16, 2)
adam = torch.optim.Adam([*conv.parameters(), *out.parameters()], lr=1e-2)
for epoch in (1, 2, 3):
    # In this process: one that is forked cannot use JAX, and spawned ones have to be told so.
    data = list(zip(*striped(512), strict=True))
    loader = torch.utils.data.DataLoader(data, 32, True, collate_fn=partial(collate, epoch=epoch))
    for images, labels in loader:
        logits = out(conv(images - 0.5).relu().mean((2, 3)))
        loss = torch.nn.functional.cross_entropy(logits, labels)
        adam.zero_grad(), loss.backward(), adam.step()
    print(f"epoch {epoch}: last loss {loss.item():.3f}")
