"""The protocol of a random transform: what is drawn is kept apart from what is done with it.

Images are HWC (batches NHWC). uint8 is read as 0..255 and becomes float32 in [0, 1]; floating
images lie in [0, 1] and keep their dtype, with the arithmetic between done in float32.
"""

import abc
import dataclasses
from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, TypeAlias

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float, Int, Num, PRNGKeyArray, UInt32

from augjax.keys import check_epoch, check_key, image_key, stream
from augjax.transforms.arguments import Configured
from augjax.typing import AnyArray

if TYPE_CHECKING:
    from augjax.transforms.plan import Plan

Image: TypeAlias = Num[AnyArray, "height width channels"]
Images: TypeAlias = Num[AnyArray, "batch height width channels"]
Example: TypeAlias = dict[str, Any]
"""An image with what belongs to it: see `augjax.transforms.targets`."""
Shape: TypeAlias = tuple[int, ...]
"""(height, width, channels)."""
Params: TypeAlias = dict[str, Any]
"""Primitive draws by name, in physical units; a named container's draws are a dict of their own."""
Ids: TypeAlias = UInt32[AnyArray, "batch"] | UInt32[AnyArray, "batch words"]
Strength: TypeAlias = float | Float[Array, ""]
Gate: TypeAlias = Bool[Array, ""] | bool
"""Whether a step is taken, which is drawn."""


class Step(NamedTuple):
    """A transform in a pipeline, with containers opened up.

    Attributes:
      transform: no container.
      params: its own draws.
      gate: whether it is applied to this image; None if always.
      apart: why it may share no resample with its neighbours; empty if it may.
    """

    transform: "Transform"
    params: Params
    gate: Gate | None
    apart: str


class Facts(NamedTuple):
    """What a pipeline is told about the data.

    Attributes:
      value_range: of floating images going in and of images coming out.
      boxes: the format of boxes; None if there are none.
      mask_fill: what masks hold beyond the image, where that is not filled from inside.
    """

    value_range: tuple[float, float] = (0.0, 1.0)
    boxes: str | None = None
    mask_fill: int = 0


@dataclasses.dataclass(frozen=True, kw_only=True)
class Transform(Configured):
    """A random transform of one image: static, hashable configuration.

    A subclass defines `draw` and `render`; users call the transform, `batch`, or `sample` and
    `apply` apart.
    """

    keeps_range: ClassVar[bool] = True
    """Whether images in [0, 1] stay there."""
    leaves_blank: ClassVar[bool] = False
    """Whether what it returns may be blank beyond the frame that it draws."""
    reads_frame: ClassVar[bool] = False
    """Whether it is told, as a draw named 'frame', which part of an image is not blank."""

    @classmethod
    def example(cls) -> "Transform":
        """A typical instance: what the pictures of the API page and all proofs are made with."""
        return cls()

    @property
    def facts(self) -> Facts:
        """What is known of the data; only a container is ever told."""
        return Facts()

    @abc.abstractmethod
    def draw(self, key: PRNGKeyArray, shape: Shape, strength: Strength) -> Params:
        """The draws under `key`, which is this transform's own."""

    @abc.abstractmethod
    def render(
        self, params: Params, image: Float[Array, "height width channels"]
    ) -> Float[Array, "_ _ channels"]:
        """The image that the draws make of a float32 image in [0, 1]."""

    def out_shape(self, shape: Shape) -> Shape:
        """The shape that an image of `shape` becomes, whatever is drawn."""
        return shape

    def steps(self, params: Params | None) -> Iterator[Step]:
        """The transforms to take one after the other; without draws, to see which they are."""
        yield Step(self, params or {}, None, "")

    def sample(self, key: PRNGKeyArray, shape: Shape, *, strength: Strength = 1.0) -> Params:
        """Draws the parameters of one image.

        Args:
          key: the image's key (`augjax.image_key`), typed or legacy.
          shape: (height, width, channels) of the image.
          strength: scales the range of every draw about the identity; traced. At 0 the transform
            does nothing. Transforms that change the image's size ignore it. Gradients flow to it
            and to floating draws where pixels follow them: not to what is on or off, and not
            through whole numbers, tables and 'nearest' interpolation.

        Returns:
          The primitive draws, as each class documents them: small, loggable, editable.
        """
        check_key(key)
        check_shape(self, shape)
        check_strength(strength)
        return self.draw(self.own_key(key), shape, strength)

    def apply(self, params: Params, image: Image | Example, *, shape: Shape | None = None) -> Any:
        """Applies draws to one image: uint8, or floating in [0, 1].

        Args:
          params: from `sample`.
          image: an image, or a dict of it and of what belongs to it (`augjax.transforms.targets`).
          shape: of the image, where the dict has neither it nor a mask.

        Returns:
          An image or a dict like the one that came.
        """
        from augjax.transforms.concrete import check_values
        from augjax.transforms.program import run  # It knows the kinds of transforms.

        check_values(self, image)
        return run(self, params, image, shape)

    def __call__(
        self, key: PRNGKeyArray, image: Image | Example, *, strength: Strength = 1.0
    ) -> Any:
        """`apply(sample(key, image.shape), image)`."""
        from augjax.transforms.targets import shape_of

        shape = shape_of(self, image)
        return self.apply(self.sample(key, shape, strength=strength), image)

    def batch(
        self,
        key: PRNGKeyArray,
        images: Images | Example,
        ids: Ids | None = None,
        *,
        epoch: int | Int[AnyArray, ""] = 0,
        strength: Strength = 1.0,
    ) -> Any:
        """Transforms each image of a batch with draws of its own.

        `batch(key, images, ids, epoch=e)[i] == t(image_key(key, e, ids[i]), images[i])`: the draws
        of an image depend neither on its neighbours nor on its place.

        Args:
          key: the key of the augmentation's stream.
          images: NHWC, or a dict of arrays with a first axis for the batch.
          ids: the images' identities (`augjax.image_ids`), one or two words each. By default the
            position in the batch, so that an image is then drawn for by where it stands.
          epoch: folded into the key; pass it so that each epoch draws anew. Traced.
          strength: as for `sample`.
        """
        from augjax.transforms.concrete import check_values
        from augjax.transforms.targets import batch_size

        check_key(key)
        check_epoch(epoch)
        check_strength(strength)
        count = batch_size(self, images)
        check_values(self, images)
        return _batch(self, key, images, batch_ids(ids, count), epoch, strength)

    def valid(self, params: Params, shape: Shape) -> Bool[Array, "_ _"]:
        """Which pixels of the result show the image, and not what was filled in around it."""
        from augjax.transforms.program import valid

        return valid(self, params, shape)

    def invert(self, params: Params, image: Image | Example, shape: Shape) -> Any:
        """Brings what belongs to a transformed image back to the frame of the original.

        Pixels, masks, boxes and points are moved back; colours stay as they became. What the
        transformed image does not show is zero. Images are interpolated and masks are not: a map of
        classes goes in as {"mask": classes}.

        Args:
          params: the draws that transformed it.
          image: the transformed image, or a dict as for `apply`, or a floating map of any channels
            that was predicted for it.
          shape: (height, width, channels) of the original.
        """
        from augjax.transforms.program import run_backwards

        return run_backwards(self, params, image, shape)

    def plan(self, shape: Shape) -> "Plan":
        """How it runs on float32 images of `shape`: what is fused and why, and what it costs."""
        from augjax.transforms.plan import plan

        check_shape(self, shape)
        return plan(self, shape)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Pointwise(Transform):
    """A transform of each pixel's colour by itself, so that it may stand between resamplings."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Switched(Transform):
    """A transform that is applied to an image or not.

    Attributes:
      p: the probability that it is, in [0, 1]; `strength` scales it.
    """

    p: float = 0.5

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0 <= self.p <= 1:
            raise ValueError(f"{type(self).__name__}(p={self.p!r}): expected a number in [0, 1]")

    def draw(self, key: PRNGKeyArray, shape: Shape, strength: Strength) -> Params:
        coin = jax.random.uniform(stream(key, "on")) < self.p * jnp.float32(strength)
        return {"on": coin, **self.draw_more(key, shape)}

    def draw_more(self, key: PRNGKeyArray, shape: Shape) -> Params:
        """The draws besides whether it is applied."""
        return {}

    def steps(self, params: Params | None) -> Iterator[Step]:
        """Itself, gated."""
        own = params or {}
        yield Step(self, own, own.get("on", True), "")


@partial(jax.jit, static_argnums=0)
def _batch(
    transform: Transform,
    key: PRNGKeyArray,
    images: Any,
    ids: AnyArray,
    epoch: int | Int[AnyArray, ""],
    strength: Strength,
) -> Any:
    def one(image_id: Any, image: Any) -> Any:
        return transform(image_key(key, epoch, image_id), image, strength=strength)

    return jax.vmap(one)(ids, images)


def batch_ids(ids: Ids | None, count: int) -> Ids:
    """The identities of a batch's images, which are their positions unless they are given.

    Raises:
      TypeError, ValueError: if they are not an array of uint32, one or two words an image.
    """
    if ids is None:
        return jnp.arange(count, dtype=jnp.uint32)
    if not hasattr(ids, "dtype"):
        raise TypeError(
            f"ids are an array of uint32, but got a {type(ids).__name__}; aj.image_ids(paths) "
            "makes them of names, np.asarray(ids, np.uint32) of numbers"
        )
    if ids.dtype == jnp.uint32 and ids.ndim in (1, 2) and ids.shape[0] != count:
        raise ValueError(f"expected an id for each of {count} images, but got {ids.shape[0]}")
    if ids.dtype != jnp.uint32 or ids.shape[:1] != (count,) or ids.ndim > 2:
        raise ValueError(
            f"expected uint32 ids of shape ({count},) or ({count}, words), but got {ids.dtype} "
            f"of shape {ids.shape}; np.asarray(ids, np.uint32) makes them of integers"
        )
    return ids


def check_shape(transform: Transform, shape: tuple[int, ...]) -> None:
    """Raises TypeError or ValueError unless `shape` is that of one image."""
    if not isinstance(shape, tuple | list):
        raise TypeError(
            f"{told(transform)} takes a shape, (height, width, channels), but got a "
            f"{type(shape).__name__}; an image has it as image.shape"
        )
    if len(shape) != 3 or 0 in shape:
        hint = {
            0: "; the key comes first, then the image",
            4: "; for a batch call .batch(key, images, ids)",
            2: "; a grey image has one channel, image[..., None]",
        }.get(len(shape), "")
        raise ValueError(
            f"{told(transform)} takes one image of shape (height, width, channels), "
            f"but got {shape_text(shape)}{hint}"
        )


def check_strength(strength: Strength) -> None:
    """Raises TypeError or ValueError unless `strength` may be a strength."""
    if hasattr(strength, "dtype"):
        if shape := jnp.shape(strength):
            given = shape_text(shape)
            raise ValueError(f"strength is one number for all images, but got {given}")
        return
    if isinstance(strength, bool) or not isinstance(strength, int | float):
        raise TypeError(f"strength is a number, but got {strength!r}")
    if not 0 <= strength < float("inf"):
        raise ValueError(f"strength={strength!r}: expected a number that is not negative")


def told(transform: Configured) -> str:
    """What messages call a transform."""
    return transform.name or type(transform).__name__


def shape_text(shape: tuple[int, ...]) -> str:
    """For messages."""
    return f"an array of shape {tuple(shape)}"
