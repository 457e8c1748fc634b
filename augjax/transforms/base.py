"""The protocol of a random transform: what is drawn is kept apart from what is done with it.

Images are HWC (batches NHWC). uint8 is read as 0..255 and becomes float32 in [0, 1]; floating
images lie in [0, 1] and keep their dtype, with the arithmetic between done in float32.
"""

import abc
import dataclasses
from functools import partial
from typing import Any, TypeAlias

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Num, PRNGKeyArray, UInt32

from augjax.keys import check_key, image_key, stream
from augjax.typing import AnyArray

Image: TypeAlias = Num[AnyArray, "height width channels"]
Images: TypeAlias = Num[AnyArray, "batch height width channels"]
Shape: TypeAlias = tuple[int, ...]
"""(height, width, channels)."""
Params: TypeAlias = dict[str, Any]
"""Primitive draws by name, in physical units; a named container's draws are a dict of their own."""
Strength: TypeAlias = float | Float[Array, ""]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Transform(abc.ABC):
    """A random transform of one image: static, hashable configuration.

    A subclass defines `draw` and `render`; users call the transform, `batch`, or `sample` and
    `apply` apart.

    Attributes:
      name: takes part in the key of every draw; by default the name of the class.
    """

    name: str | None = None

    @property
    def label(self) -> str:
        """The name under which draws are keyed and returned."""
        return self.name or type(self).__name__

    def own_key(self, key: PRNGKeyArray) -> PRNGKeyArray:
        """This transform's key below that of an image or a container."""
        return stream(key, self.label)

    @abc.abstractmethod
    def draw(self, key: PRNGKeyArray, shape: Shape, strength: Strength) -> Params:
        """The draws under `key`, which is this transform's own."""

    @abc.abstractmethod
    def render(
        self, params: Params, image: Float[Array, "height width channels"]
    ) -> Float[Array, "_ _ channels"]:
        """The image that the draws make of a float32 image in [0, 1]."""

    def sample(self, key: PRNGKeyArray, shape: Shape, *, strength: Strength = 1.0) -> Params:
        """Draws the parameters of one image.

        Args:
          key: the image's key (`augjax.image_key`), typed or legacy.
          shape: (height, width, channels) of the image.
          strength: scales the range of every draw about the identity; traced. At 0 the transform
            does nothing. Transforms that change the image's size ignore it.

        Returns:
          The primitive draws, as each class documents them: small, loggable, editable.
        """
        check_key(key)
        _check_shape(self, shape)
        return self.draw(self.own_key(key), shape, strength)

    def apply(self, params: Params, image: Image) -> Num[Array, "_ _ channels"]:
        """Applies draws to one image: uint8, or floating in [0, 1]."""
        _check_shape(self, image.shape)
        unit = _to_unit_float32(self, image)
        return self.render(params, unit).astype(output_dtype(image))

    def __call__(
        self, key: PRNGKeyArray, image: Image, *, strength: Strength = 1.0
    ) -> Num[Array, "_ _ channels"]:
        """`apply(sample(key, image.shape), image)`."""
        _check_shape(self, image.shape)
        return self.apply(self.sample(key, image.shape, strength=strength), image)

    def batch(
        self,
        key: PRNGKeyArray,
        images: Images,
        ids: UInt32[AnyArray, "batch"] | UInt32[AnyArray, "batch words"] | None = None,
        *,
        epoch: int | Int[AnyArray, ""] = 0,
        strength: Strength = 1.0,
    ) -> Num[Array, "batch _ _ channels"]:
        """Transforms each image of a batch with draws of its own.

        `batch(key, images, ids, epoch=e)[i] == t(image_key(key, e, ids[i]), images[i])`: the draws
        of an image depend neither on its neighbours nor on its place.

        Args:
          key: the key of the augmentation's stream.
          images: NHWC.
          ids: the images' identities (`augjax.image_ids`), one or two words each. By default the
            position in the batch, so that an image is then drawn for by where it stands.
          epoch: folded into the key; pass it so that each epoch draws anew. Traced.
          strength: as for `sample`.
        """
        check_key(key)
        if images.ndim != 4:
            raise ValueError(
                f"{self.label}.batch takes images of shape (batch, height, width, channels), "
                f"but got {_shape_text(images.shape)}; call the transform itself on one image"
            )
        if ids is None:
            ids = jnp.arange(images.shape[0], dtype=jnp.uint32)
        elif not hasattr(ids, "dtype"):
            raise TypeError(f"ids are an array of uint32, but got a {type(ids).__name__}")
        elif ids.dtype != jnp.uint32 or ids.shape[:1] != images.shape[:1] or ids.ndim > 2:
            raise ValueError(
                f"expected uint32 ids of shape ({images.shape[0]},) or ({images.shape[0]}, words), "
                f"but got {ids.dtype} of shape {ids.shape}; see np.asarray(ids, np.uint32)"
            )
        return _batch(self, key, images, ids, epoch, strength)


@partial(jax.jit, static_argnums=0)
def _batch(
    transform: Transform,
    key: PRNGKeyArray,
    images: Images,
    ids: AnyArray,
    epoch: int | Int[AnyArray, ""],
    strength: Strength,
) -> Num[Array, "batch _ _ channels"]:
    def one(image_id: Any, image: Any) -> Array:
        return transform(image_key(key, epoch, image_id), image, strength=strength)

    return jax.vmap(one)(ids, images)


def _check_shape(transform: Transform, shape: tuple[int, ...]) -> None:
    if len(shape) != 3 or 0 in shape:
        hint = "; for a batch call .batch(key, images, ids)" if len(shape) == 4 else ""
        raise ValueError(
            f"{transform.label} takes one image of shape (height, width, channels), "
            f"but got {_shape_text(shape)}{hint}"
        )


def _shape_text(shape: tuple[int, ...]) -> str:
    return f"an array of shape {tuple(shape)}"


def output_dtype(image: Image) -> jnp.dtype:
    """The dtype of what becomes of `image`."""
    return jnp.dtype(jnp.float32) if image.dtype == jnp.uint8 else image.dtype


def _to_unit_float32(transform: Transform, image: Image) -> Float[Array, "height width channels"]:
    if image.dtype == jnp.uint8:
        return jnp.asarray(image, jnp.float32) / 255.0
    if jnp.issubdtype(image.dtype, jnp.floating):
        return jnp.asarray(image, jnp.float32)
    raise TypeError(f"{transform.label} takes uint8 or floating images, but got {image.dtype}")
