"""MixUp."""

import dataclasses

import jax.numpy as jnp
from jaxtyping import PRNGKeyArray

from augjax.draws import beta
from augjax.keys import stream
from augjax.transforms.core.factors import ALPHA
from augjax.transforms.core.types import Params, Shape
from augjax.transforms.mixing.mix import Mix
from augjax.transforms.mixing.targets import Shares
from augjax.typing import Strength


@dataclasses.dataclass(frozen=True)
class MixUp(Mix):
    """Blends an image with another, and their labels in the same proportion.

    image' = lam image + (1 - lam) partner, label' = lam label + (1 - lam) partner's label, where
    1 - lam is `strength` times a draw from Beta(alpha, alpha). Gradients flow to images, `lam` and
    `strength`.

    In an example, boxes of both images count, with weights `lam` and 1 - `lam`. A mask is that of
    the image with the larger share, as a blend of two classes is none.

    Draws of each image: `lam` (float32, in [0, 1]), with `on` and `partner`; one for each image,
    where torchvision draws one `lam` for the batch.

    >>> import augjax as aj
    >>> images, labels = jnp.zeros((4, 8, 8, 3)), jnp.array([0, 1, 1, 0])
    >>> images, labels = aj.MixUp(0.2, num_classes=2).batch(aj.key(0), images, labels)
    >>> labels.shape
    (4, 2)

    Args:
      alpha: above 0, up to a million; near 0 one of the two is barely seen, at 1 the proportion is
        uniform, and large values mix halves.

    References: Zhang et al., "mixup: Beyond Empirical Risk Minimization", arXiv:1710.09412;
    `keras.layers.MixUp`.
    """

    alpha: float = dataclasses.field(default=0.2, metadata=ALPHA)

    def draw_more(self, key: PRNGKeyArray, shape: Shape, strength: Strength) -> Params:
        share = jnp.float32(strength) * beta(stream(key, "lam"), self.alpha)
        return {"lam": 1.0 - jnp.clip(share, 0.0, 1.0)}

    def shares_when_on(self, params: Params, shape: Shape) -> Shares:
        share = 1.0 - jnp.asarray(params["lam"], jnp.float32)
        return share[None, None], share
