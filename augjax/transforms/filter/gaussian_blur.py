"""RandomGaussianBlur."""

import dataclasses

import jax.numpy as jnp
from jaxtyping import Array, Float, PRNGKeyArray

from augjax.draws import uniform
from augjax.kernels.blur import filter_separable, gaussian_kernel
from augjax.keys import stream
from augjax.transforms.core.arguments import given
from augjax.transforms.core.factors import KERNEL, SHARE, Range, always, bounded, ranged
from augjax.transforms.core.transform import Switched
from augjax.transforms.core.types import Params, Shape

_ODD = f"an odd number of pixels from 1 to {KERNEL}"


@dataclasses.dataclass(frozen=True)
class RandomGaussianBlur(Switched):
    """Blurs an image with a Gaussian.

        weight(i) ~ exp(-i^2 / (2 sigma^2)), |i| <= kernel_size // 2, along both axes

    Beyond its border the image is mirrored without repeating the outermost pixel.

    Draws: `sigma` in pixels ~ U[lower, upper], one an image; `on` (bool), with probability `p`,
    which `strength` scales.

    The arguments are torchvision's, which always blurs, as does the default `p`. Keras 3 draws one
    sigma a batch, pads with zeros, and calls the probability `factor`.

    Args:
      kernel_size: taps along each axis, an odd number up to 1023.
      sigma: standard deviation in pixels, a number or a pair (lower, upper) above 0,
        up to 1000.
      p: the probability that an image is changed, in [0, 1]; `strength` scales it.

    References: `torchvision.transforms.v2.GaussianBlur`;
    `scipy.ndimage.gaussian_filter(sigma, mode="mirror", radius=kernel_size // 2)`.
    """

    kernel_size: int = dataclasses.field(metadata=bounded(1, KERNEL, _ODD))
    sigma: Range = dataclasses.field(
        default=(0.1, 2.0),
        metadata=ranged(lowest=0, highest=1000, number=always, open_below="expected it above 0"),
    )
    p: float = dataclasses.field(default=1.0, kw_only=True, metadata=SHARE)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.kernel_size % 2 == 0:
            raise ValueError(f"{given(self, 'kernel_size', self.kernel_size)}: expected {_ODD}")

    def draw_more(self, key: PRNGKeyArray, shape: Shape) -> Params:
        return {"sigma": uniform(stream(key, "sigma"), *self.range("sigma"))}

    def render(
        self, params: Params, image: Float[Array, "height width channels"]
    ) -> Float[Array, "height width channels"]:
        # dm_pix.gaussian_blur is a grouped convolution, thirty times slower on a CPU under vmap,
        # and darkens the border, since it pads with zeros.
        kernel = gaussian_kernel(jnp.float32(params["sigma"]), self.kernel_size)
        return jnp.clip(filter_separable(image, kernel), 0.0, 1.0)
