"""The protocol of a transform of a batch: draws for each image, and a partner from the others."""

import abc
import dataclasses
from functools import lru_cache, partial
from typing import Any, NoReturn

import jax
import jax.numpy as jnp
from jax.sharding import NamedSharding
from jaxtyping import Array, Bool, Float, Int, Num, PRNGKeyArray

from augjax.draws import bits, unit
from augjax.kernels.varying import varying_with
from augjax.keys import check_epoch, check_key, image_key, stream
from augjax.transforms.core.checks import (
    A_KEY,
    as_draws,
    check_ids,
    check_strength,
    of_integers,
    positions,
)
from augjax.transforms.core.configured import Configured
from augjax.transforms.core.explicit_axes import explicit_sharding, in_auto_axes
from augjax.transforms.core.factors import SHARE, whole
from augjax.transforms.core.transfers import numbers_may_go
from augjax.transforms.core.types import Ids, Images, Params, Shape
from augjax.transforms.mixing.checks import check_batch, check_mask, check_shape, check_sharding
from augjax.transforms.mixing.exchange import rows_at
from augjax.transforms.mixing.labels import SoftLabels, smoothed, soft_labels
from augjax.transforms.mixing.partners import partners
from augjax.typing import AnyArray, Strength

Labels = Num[AnyArray, " batch"] | Num[AnyArray, "batch classes"]
Shares = tuple[Float[Array, "_ _"], Float[Array, ""]]
"""What comes from the partner: of each pixel, (height or 1, width or 1), and of the label."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Mix(Configured, abc.ABC):
    """A random transform of a batch, which mixes each image and its label with another's.

    Images are NHWC: uint8 is read as 0..255 and becomes float32 in [0, 1]; floating images keep
    dtype and range. A mix comes after the transforms of single images, in a training step as

        images = augment.batch(key, images, ids, epoch=epoch)
        images, labels = mix.batch(key, images, labels, ids, epoch=epoch)
        loss = optax.softmax_cross_entropy(logits(params, images), labels).mean()

    Labels come out as float32 that a cross-entropy takes. They go in as

    - whole numbers below `num_classes`, (n,), and come out as (n, num_classes), rows that sum to 1,
      for `optax.softmax_cross_entropy`; others are refused in NumPy arrays, else NaN;
    - such rows already, (n, classes), floating;
    - floats from 0 to 1, (n,) or (n, 1), which say how much it is the second of two classes, for
      `optax.sigmoid_binary_cross_entropy`. 0 and 1 as whole numbers are refused without
      `num_classes`, since they may be meant either way.

    Draws: of each image's own, `on` (bool), whether it is mixed, and what the class says. And
    `partner` (int32), the place in the batch of the image it is mixed with: sorted by a draw of
    each, the next one, and the first for the last. So each image is a partner once, and who it is
    depends on which images are in the batch, but not on their order nor on the number of devices.

    Attributes:
      p: the probability that an image is mixed, in [0, 1].
      num_classes: how many classes there are, where labels are whole numbers; 2 to 10^6.
      label_smoothing: e, in [0, 1]: labels become (1 - e) label + e / classes, those of shape (n,)
        or (n, 1) being of 2 classes.
    """

    p: float = dataclasses.field(default=1.0, metadata=SHARE)
    num_classes: int | None = dataclasses.field(default=None, metadata=whole(2, 10**6))
    label_smoothing: float = dataclasses.field(default=0.0, metadata=SHARE)

    @abc.abstractmethod
    def draw_more(self, key: PRNGKeyArray, shape: Shape, strength: Strength) -> Params:
        """The draws of one image under `key`, which is this mix's own, besides whether it is on."""

    @abc.abstractmethod
    def shares_when_on(self, params: Params, shape: Shape) -> Shares:
        """What comes from the partner, as the draws of one image have it."""

    def draw(self, key: PRNGKeyArray, shape: Shape, strength: Strength) -> Params:
        """The draws of one image under its key, but for the partner."""
        own = self.own_key(key)
        coin = unit(stream(own, "on")) < self.p
        return {"on": coin, **self.draw_more(own, shape, strength)}

    def shares(self, params: Params, shape: Shape) -> Shares:
        """What comes from the partner; nothing where the mix is off."""
        of_pixels, of_label = self.shares_when_on(params, shape)
        return jnp.where(params["on"], of_pixels, 0.0), jnp.where(params["on"], of_label, 0.0)

    def sample(
        self,
        key: PRNGKeyArray,
        ids: Ids,
        shape: Shape,
        *,
        epoch: int | Int[AnyArray, ""] = 0,
        strength: Strength = 1.0,
        mask: Bool[AnyArray, " batch"] | None = None,
    ) -> Params:
        """Draws the parameters of a batch.

        Args:
          key: the key of the augmentation's stream.
          ids: the images' identities (`augjax.image_ids`), one or two words each.
          shape: (height, width, channels) of one image.
          epoch: folded into the key; traced.
          strength: scales how much comes from the partner, towards nothing at 0; traced.
          mask: False for rows that only fill up the batch: they stay as they are, and nobody's
            partner.

        Returns:
          The primitive draws, as each class documents them, with a first axis for the batch.
        """
        check_key(key)
        check_epoch(epoch)
        check_strength(strength)
        check_shape(self.title, shape)
        shape = of_integers(self, shape)
        count = ids.shape[0] if hasattr(ids, "ndim") and ids.ndim else 0
        check_ids(ids, count)
        check_mask(mask, count)

        def of_one(image_id: Any) -> tuple[Any, Params]:
            own_of_image = image_key(key, epoch, image_id)
            lot = bits(stream(self.own_key(own_of_image), "partner"))
            return lot, self.draw(own_of_image, shape, strength)

        lots, params = jax.vmap(of_one)(jnp.asarray(ids))
        mask = jnp.ones(count, bool) if mask is None else mask
        return {"partner": partners(lots, ids, mask), **params}

    def apply(self, params: Params, images: Images, labels: Labels) -> tuple[Images, SoftLabels]:
        """Mixes a batch by its draws.

        Args:
          params: from `sample`, as arrays, or as numbers and lists from JSON.
          images: NHWC, uint8 or floating.
          labels: as the class says.

        Returns:
          Images and labels, floating.
        """
        check_batch(self.title, images, labels, self.num_classes)
        params = as_draws(self.title, params, _draws_of(self, images.shape))
        return _mixed(self, params, images, labels)

    def batch(
        self,
        key: PRNGKeyArray,
        images: Images,
        labels: Labels,
        ids: Ids | None = None,
        *,
        epoch: int | Int[AnyArray, ""] = 0,
        strength: Strength = 1.0,
        mask: Bool[AnyArray, " batch"] | None = None,
        sharding: NamedSharding | None = None,
    ) -> tuple[Images, SoftLabels]:
        """`apply(sample(key, ids, images.shape[1:], ...), images, labels)`, compiled. Without
        `ids`, position i gets the same draws in every batch of an epoch: pass `ids`, or a new key
        at each step.

        Args:
          key: the key of the augmentation's stream.
          images: NHWC, uint8 or floating.
          labels: as the class says.
          ids: the images' identities (`augjax.image_ids`); by default their positions in the
            batch.
          epoch: folded into the key; pass it so that each epoch draws anew. Traced.
          strength: scales how much comes from the partner, towards nothing at 0; traced.
          mask: False for rows that only fill up the batch: they stay as they are, and nobody's
            partner.
          sharding: how the batch is split over devices. Images then go around from device to
            device, and none holds all of them. Known by itself where a mesh has explicit axes;
            else the compiler may give every device the whole batch.
        """
        check_key(key)
        check_epoch(epoch)
        check_strength(strength)
        check_batch(self.title, images, labels, self.num_classes)
        if ids is not None:
            check_ids(ids, images.shape[0])
        check_mask(mask, images.shape[0])
        check_sharding(sharding, images.shape[0])
        with numbers_may_go(key, images, labels, ids, mask):
            return _batch(self, sharding, key, images, labels, ids, epoch, strength, mask)

    def __call__(self, *args: Any, **kwargs: Any) -> NoReturn:
        """There is no mix of one image."""
        raise TypeError(f"{self.title} mixes a batch, as in mix.batch(key, images, labels, ids)")


@lru_cache
def _draws_of(mix: Mix, shape: Shape) -> Params:
    """The names, shapes and types of what is drawn for a batch of `shape`."""
    ids = jax.ShapeDtypeStruct(shape[:1], jnp.uint32)
    return jax.eval_shape(lambda key, ids: mix.sample(key, ids, shape[1:]), A_KEY, ids)


def _mixed(
    mix: Mix, params: Params, images: Images, labels: Labels, sharding: NamedSharding | None = None
) -> tuple[Images, SoftLabels]:
    """`Mix.apply`."""
    images = varying_with(images, *jax.tree.leaves(params))
    shape, partner = images.shape[1:], params["partner"]
    of_pixels, of_labels = jax.vmap(lambda own: mix.shares(own, shape))(params)

    def mixed(images: Any) -> Array:
        theirs = rows_at(images, partner, sharding)
        return _blend(_to_float(images), _to_float(theirs), of_pixels[..., None])

    # A branch, where there is nearly always a partner, since XLA:CPU would otherwise fuse the
    # mix with the pipeline before it, and resample anew for each pixel that it reads.
    has_partners = jnp.any(partner != jnp.arange(images.shape[0], dtype=jnp.int32))
    floats = jax.lax.cond(has_partners, mixed, _to_float, images)
    soft = soft_labels(labels, mix.num_classes)
    of_labels = of_labels if soft.ndim == 1 else of_labels[:, None]
    soft = _blend(soft, rows_at(soft, partner, sharding), of_labels)
    # NumPy's float64 becomes float32, as everywhere in JAX.
    as_floats = jnp.float32 if images.dtype == jnp.uint8 else images.dtype
    floats = floats.astype(jax.dtypes.canonicalize_dtype(as_floats))
    return floats, smoothed(soft, mix.label_smoothing)


@partial(jax.jit, static_argnums=(0, 1))
def _batch(
    mix: Mix,
    sharding: NamedSharding | None,
    key: PRNGKeyArray,
    images: Any,
    labels: Any,
    ids: AnyArray | None,
    epoch: int | Int[AnyArray, ""],
    strength: Strength,
    mask: Any,
) -> Any:
    ids = positions(images.shape[0]) if ids is None else ids
    sharding = sharding or explicit_sharding(images)

    def mixed(
        images: Any, labels: Any, ids: Any, key: Any, epoch: Any, strength: Any, mask: Any
    ) -> Any:
        shape = images.shape[1:]
        params = mix.sample(key, ids, shape, epoch=epoch, strength=strength, mask=mask)
        return _mixed(mix, params, images, labels, sharding)

    return in_auto_axes(mixed, images, labels, ids, key, epoch, strength, mask)


def _to_float(images: Images) -> Float[Array, "batch height width channels"]:
    floats = jnp.asarray(images, jnp.float32)
    return floats / 255.0 if images.dtype == jnp.uint8 else floats


def _blend(
    ours: Float[Array, "..."], theirs: Float[Array, "..."], share: Float[Array, "..."]
) -> Float[Array, "..."]:
    """Ours where `share` is 0 and theirs where it is 1, exactly, and between them else.

    What is not finite stays out of where it has no share.
    """
    change = theirs - ours
    change = jnp.where((share > 0) & (share < 1) | jnp.isfinite(change), change, 0.0)
    return jnp.where(share == 1, theirs, ours + share * change)
