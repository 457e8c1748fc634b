"""The protocol of a transform of a batch: draws for each image, and a partner from the others."""

import abc
import dataclasses
from functools import lru_cache, partial
from typing import Any, ClassVar, NoReturn

import jax
import jax.numpy as jnp
from jax.sharding import NamedSharding
from jaxtyping import Bool, Int, PRNGKeyArray

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
from augjax.transforms.core.types import Example, Ids, Images, Params, Shape
from augjax.transforms.mixing.blend import blended
from augjax.transforms.mixing.checks import (
    check_batch,
    check_box_format,
    check_mask,
    check_shape,
    check_sharding,
)
from augjax.transforms.mixing.labels import Labels
from augjax.transforms.mixing.partners import partners
from augjax.transforms.mixing.targets import Cut, Facts, Shares, as_example, as_given
from augjax.typing import AnyArray, Strength


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

    In place of images and labels there may be an example, as `Transform` describes it, with a first
    axis for the batch: `example = mix.batch(key, example, ids=ids)`. Keypoints are not mixed.

    - `mask`, any dtype: (n, height, width), or with a last axis of channels. A pixel has the value
      of the image that it shows, or shows more of: a class, or what stands for none. With
      `instance_masks` its channels are objects, as many as there are boxes.
    - `boxes`, (n, boxes, 4) or as their format has it: those of an image, then those of its
      partner, in a row. `boxes_valid` says which count: not those that come as False, of which
      nothing or less than `min_visibility` is in sight, or whose image has no share.
      `boxes_visible` is the share of each in sight. Where images are blended `boxes_weight` is the
      share of a box's image, by which its loss counts. All three may come in, too. An image's own
      rows that come as False stay as they are; others that do not count are zeros.
    - `label`: of each image, as above; or of each box or instance, whole numbers (n, boxes) or
      anything (n, boxes, ...), which are put in a row as boxes are, and not smoothed.

    Draws: of each image's own, `on` (bool), whether it is mixed, and what the class says. And
    `partner` (int32), the place in the batch of the image it is mixed with: sorted by a draw of
    each, the next one, and the first for the last. So each image is a partner once, and who it is
    depends on which images are in the batch, but not on their order nor on the number of devices.

    Attributes:
      p: the probability that an image is mixed, in [0, 1].
      num_classes: how many classes there are, where labels are whole numbers; 2 to 10^6.
      label_smoothing: e, in [0, 1]: labels become (1 - e) label + e / classes, those of shape (n,)
        or (n, 1) being of 2 classes.
      boxes: the format of boxes; needed where there are any: one of `Sequential`'s.
      min_visibility: the least share of a box in sight with which it counts, in [0, 1].
      instance_masks: whether the channels of a mask, its last axis, are objects and not classes.
    """

    p: float = dataclasses.field(default=1.0, metadata=SHARE)
    num_classes: int | None = dataclasses.field(default=None, metadata=whole(2, 10**6))
    label_smoothing: float = dataclasses.field(default=0.0, metadata=SHARE)
    boxes: str | None = None
    min_visibility: float = dataclasses.field(default=0.0, metadata=SHARE)
    instance_masks: bool = False

    reads_masks: ClassVar[bool] = False
    """Whether it mixes by masks, so that images and labels are not enough."""

    def __post_init__(self) -> None:
        super().__post_init__()
        check_box_format(self, self.boxes)

    @property
    def facts(self) -> Facts:
        """What it was told of labels and targets."""
        return Facts(
            self.title, self.num_classes, self.label_smoothing,
            self.boxes, self.min_visibility, self.instance_masks,
        )  # fmt: skip

    @property
    def has_shares(self) -> bool:
        """Whether `shares_when_on` and `cut_when_on` say all: what comes from one partner."""
        return type(self).combine is Mix.combine

    @abc.abstractmethod
    def draw_more(self, key: PRNGKeyArray, shape: Shape, strength: Strength) -> Params:
        """The draws of one image under `key`, which is this mix's own, besides whether it is on."""

    def shares_when_on(self, params: Params, shape: Shape) -> Shares:
        """What comes from the partner, as the draws of one image have it: of pixels and of labels.

        A mix of more than two images, or by targets, defines `combine` instead.
        """
        raise NotImplementedError(f"{type(self).__name__} defines shares_when_on, or combine")

    def cut_when_on(self, params: Params, shape: Shape) -> Cut:
        """Whether the partner covers a rectangle, to which boxes are clipped, or is blended."""
        return jnp.zeros((), bool), jnp.zeros(4, jnp.float32)

    def draw(self, key: PRNGKeyArray, shape: Shape, strength: Strength) -> Params:
        """The draws of one image under its key, but for the partner."""
        own = self.own_key(key)
        coin = unit(stream(own, "on")) < self.chance(strength)
        return {"on": coin, **self.draw_more(own, shape, strength)}

    def chance(self, strength: Strength) -> Strength:
        """How likely an image is mixed: `p`, unless `strength` scales nothing else."""
        return self.p

    def shares(self, params: Params, shape: Shape) -> Shares:
        """What comes from the partner; nothing where the mix is off."""
        of_pixels, of_label = self.shares_when_on(params, shape)
        return jnp.where(params["on"], of_pixels, 0.0), jnp.where(params["on"], of_label, 0.0)

    def cut(self, params: Params, shape: Shape) -> Cut:
        """Where the partner covers the image; an empty rectangle where the mix is off."""
        is_cut, rectangle = self.cut_when_on(params, shape)
        return is_cut, jnp.where(params["on"], rectangle, 0.0)

    def combine(
        self, params: Params, example: Example, sharding: NamedSharding | None = None
    ) -> Example:
        """Mixes a batch of examples by its draws."""
        shape = example["image"].shape[1:]
        shares = jax.vmap(lambda own: self.shares(own, shape))(params)
        cuts = jax.vmap(lambda own: self.cut(own, shape))(params)
        return blended(self.facts, example, params["partner"], shares, cuts, sharding)

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
          epoch, strength, mask: as for `batch`.

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

    def apply(self, params: Params, images: Images | Example, labels: Labels | None = None) -> Any:
        """Mixes a batch by its draws.

        Args:
          params: from `sample`, as arrays, or as numbers and lists from JSON.
          images: NHWC, uint8 or floating; or an example, as the class says.
          labels: as the class says; an example has its own.

        Returns:
          Images and labels, floating; or an example.
        """
        check_batch(self.facts, images, labels)
        example = as_example(images, labels)
        params = as_draws(self.title, params, _draws_of(self, example["image"].shape))
        return as_given(_mixed(self, params, example), images)

    def batch(
        self,
        key: PRNGKeyArray,
        images: Images | Example,
        labels: Labels | None = None,
        ids: Ids | None = None,
        *,
        epoch: int | Int[AnyArray, ""] = 0,
        strength: Strength = 1.0,
        mask: Bool[AnyArray, " batch"] | None = None,
        sharding: NamedSharding | None = None,
    ) -> Any:
        """`apply(sample(key, ids, images.shape[1:], ...), images, labels)`, compiled. Without
        `ids`, position i gets the same draws in every batch of an epoch: pass `ids`, or a new key
        at each step.

        Args:
          key: the key of the augmentation's stream.
          images: NHWC, uint8 or floating; or an example, as the class says.
          labels: as the class says; an example has its own.
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
        check_batch(self.facts, images, labels)
        example = as_example(images, labels)
        count = example["image"].shape[0]
        if ids is not None:
            check_ids(ids, count)
        check_mask(mask, count)
        check_sharding(sharding, count)
        with numbers_may_go(key, example, ids, mask):
            made = _batch(self, sharding, key, example, ids, epoch, strength, mask)
        return as_given(made, images)

    def __call__(self, *args: Any, **kwargs: Any) -> NoReturn:
        """There is no mix of one image."""
        raise TypeError(f"{self.title} mixes a batch, as in mix.batch(key, images, labels, ids)")


@lru_cache
def _draws_of(mix: Mix, shape: Shape) -> Params:
    """The names, shapes and types of what is drawn for a batch of `shape`."""
    ids = jax.ShapeDtypeStruct(shape[:1], jnp.uint32)
    return jax.eval_shape(lambda key, ids: mix.sample(key, ids, shape[1:]), A_KEY, ids)


def _mixed(
    mix: Mix, params: Params, example: Example, sharding: NamedSharding | None = None
) -> Example:
    draws = jax.tree.leaves(params)
    example = {name: varying_with(part, *draws) for name, part in example.items()}
    return mix.combine(params, example, sharding)


@partial(jax.jit, static_argnums=(0, 1))
def _batch(
    mix: Mix,
    sharding: NamedSharding | None,
    key: PRNGKeyArray,
    example: Example,
    ids: AnyArray | None,
    epoch: int | Int[AnyArray, ""],
    strength: Strength,
    mask: Any,
) -> Example:
    images = example["image"]
    ids = positions(images.shape[0]) if ids is None else ids
    sharding = sharding or explicit_sharding(images)

    def mixed(example: Any, ids: Any, key: Any, epoch: Any, strength: Any, mask: Any) -> Any:
        shape = images.shape[1:]
        params = mix.sample(key, ids, shape, epoch=epoch, strength=strength, mask=mask)
        return _mixed(mix, params, example, sharding)

    return in_auto_axes(mixed, example, ids, key, epoch, strength, mask)
