"""What users call: a transform draws for an image, and does what was drawn.

Drawing and doing are two methods, `sample` and `apply`, so that draws can be logged, edited,
replayed and inverted.
"""

import abc
import dataclasses
from collections.abc import Iterator
from functools import lru_cache, partial
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Int, PRNGKeyArray

from augjax.draws import unit
from augjax.keys import check_epoch, check_key, image_key, stream
from augjax.transforms.core.checks import (
    A_KEY,
    as_draws,
    as_shape,
    check_ids,
    check_strength,
    positions,
)
from augjax.transforms.core.clips import run_clip, run_clip_backwards, sample_frames, valid_in_clip
from augjax.transforms.core.examples import batch_size, shape_of
from augjax.transforms.core.explicit_axes import in_auto_axes
from augjax.transforms.core.factors import SHARE
from augjax.transforms.core.operation import Operation, Pipeline, Step
from augjax.transforms.core.plan import Plan, plan
from augjax.transforms.core.run import run, run_backwards, valid
from augjax.transforms.core.scene import Scene, open_example
from augjax.transforms.core.transfers import numbers_may_go
from augjax.transforms.core.types import Example, Ids, Image, Images, Params, Shape
from augjax.transforms.core.values import check_values
from augjax.typing import AnyArray, Strength


@dataclasses.dataclass(frozen=True, kw_only=True)
class Transform(Pipeline):
    """A random transform of one image: static, hashable configuration.

        image = transform(key, image)
        images = transform.batch(key, images, ids, epoch=epoch)
        params = transform.sample(key, image.shape)
        image = transform.apply(params, image)

    Images are HWC, batches NHWC. uint8 is read as 0..255 and becomes float32 in [0, 1]; floating
    images lie in [0, 1] and keep their dtype, with the arithmetic between done in float32. Where
    something recolours, a floating image that is outside its range by more than half of it is
    refused as NumPy array, and becomes NaN on a device and inside `jit`.

    In place of an image there may be an example, a dict of an image with its targets, all moved by
    the same draws:

    - `image`: (height, width, channels), uint8 or floating;
    - `mask`: (height, width) or (height, width, channels), any dtype; moved without interpolation;
    - `boxes`: (n, 4), or [] for none, in the format of the outermost `Sequential(boxes=)`. Edges
      lie between pixels: a box around the whole image is (0, 0, width, height) in 'xyxy'. Boxes at
      any angle are (n, 5) in 'center_xywhr', where the angle is counter-clockwise in radians, or
      (n, 8) in 'xyxyxyxy', from the box's own top left corner clockwise;
    - `boxes_valid`: (n,), False for rows that only fill up, which stay what they are;
    - `keypoints`: (n, 2), or [] for none, x and y in pixels, where (0, 0) is the centre of the
      first pixel;
    - `size`: (height, width), whole numbers: what is shown of the image and mask, in the upper left
      of a canvas (`augjax.pad_to_canvas`). The first transform has to read it: Resize, Letterbox,
      ScaleJitter, RandomResizedCrop, RandomCrop and CenterCrop do, and return what they make of
      the part that is shown, as if it were all; that one shares no resample with those that follow;
    - `label`: anything, which stays as it is.

    With `Sequential(same_on=)` an image may be a clip, (frames, height, width, channels), with a
    first axis for the frames in all targets but the label, which are arrays then.

    The result has the same keys. Beside `boxes` it also has `boxes_visible`, the share (0 to 1) of
    each box that is still in the frame, and beside `keypoints` `keypoints_visible` (bool); the next
    transform goes on from these. `boxes_valid`, where it is given or the outermost `Sequential` has
    `min_visibility` or `min_area`, becomes False for boxes that are out of the frame, or too far.

    Boxes along the axes are clipped to the frame, and one that was turned becomes the smallest box
    around it. Boxes at any angle are not clipped. They are moved by their corners: exactly where
    a rectangle stays one; else 'center_xywhr' is the rectangle nearest to the corners (least
    squares). Mirrored, a box's right side stays its right side. Of several transforms, the least
    share in the frame counts.

    A subclass defines `draw`. It is an `Operation` as well (see `augjax.transforms.core.operation`)
    and defines `render`, or it is a `Container`.
    """

    sees_targets: ClassVar[bool] = False
    """Whether draws depend on an example's boxes or mask, by `draw_for`."""

    @abc.abstractmethod
    def draw(self, key: PRNGKeyArray, shape: Shape, strength: Strength) -> Params:
        """The draws under `key`, which is this transform's own, where there are no targets."""

    def draw_for(self, key: PRNGKeyArray, scene: Scene, strength: Strength) -> Params:
        """The draws for an example, as it is when its turn comes."""
        return self.draw(key, scene.shape, strength)

    def sample(
        self,
        key: PRNGKeyArray,
        shape: Shape,
        *,
        strength: Strength = 1.0,
        targets: Example | None = None,
    ) -> Params:
        """Draws the parameters of one image.

        >>> import augjax as aj
        >>> params = aj.RandomBrightness(0.2).sample(aj.key(0), (32, 32, 3))
        >>> {name: draw.shape for name, draw in params.items()}
        {'delta': ()}

        Args:
          key: the image's key (`augjax.image_key`), typed or legacy.
          shape: (height, width, channels) of the image.
          strength: scales the range of every draw towards no change; traced. At 0 the transform
            does nothing. Transforms that change the image's size ignore it. Gradients flow to it
            and to floating draws where pixels follow them: not to what is on or off, and not
            through whole numbers, tables and 'nearest' interpolation.
          targets: the example, or its boxes and mask, where a transform looks at them; without, it
            draws as if there were none.

        Returns:
          The primitive draws, as each class documents them: small, loggable, editable.
        """
        check_key(key)
        shape = self._shape(shape)
        check_strength(strength)
        looks = targets is not None and (self.sees_targets or "size" in targets)
        seen = targets if looks else None

        def one(key: PRNGKeyArray, targets: Example | None) -> Params:
            own_key = self.own_key(key)
            if targets is None:
                return self.draw(own_key, shape[-3:], strength)
            parts = {name: part for name, part in targets.items() if name != "image"}
            return self.draw_for(own_key, open_example(self, parts, shape[-3:]), strength)

        return one(key, seen) if len(shape) == 3 else sample_frames(self, one, key, shape, seen)

    def apply(self, params: Params, image: Image | Example, *, shape: Shape | None = None) -> Any:
        """Applies draws to one image or example.

        >>> import augjax as aj
        >>> aj.RandomBrightness(0.2).apply({"delta": 0.25}, jnp.full((1, 1, 1), 0.5)).item()
        0.75

        Args:
          params: from `sample`, as arrays, or as numbers and lists from JSON.
          image: an image, uint8 or floating in [0, 1], or an example.
          shape: of the image, for an example with neither image nor mask.

        Returns:
          An image or an example like the one given.
        """
        shape = shape_of(self, image, shape)
        params = as_draws(self.title, params, _draws_of(self, shape))
        check_values(self, image)
        return (run if len(shape) == 3 else run_clip)(self, params, image, shape)

    def __call__(
        self, key: PRNGKeyArray, image: Image | Example, *, strength: Strength = 1.0
    ) -> Any:
        """`apply(sample(key, image.shape, targets=image), image)`."""
        shape = shape_of(self, image)
        check_values(self, image)
        targets = image if isinstance(image, dict) else None
        params = self.sample(key, shape, strength=strength, targets=targets)
        return (run if len(shape) == 3 else run_clip)(self, params, image, shape)

    def batch(
        self,
        key: PRNGKeyArray,
        images: Images | Example,
        ids: Ids | None = None,
        *,
        epoch: int | Int[AnyArray, ""] = 0,
        strength: Strength = 1.0,
    ) -> Any:
        """Transforms each image of a batch by its own draws. Without `ids`, position i gets the
        same draws in every batch of an epoch: pass `ids`, or a new key at each step.

        `batch(key, images, ids, epoch=e)[i] == t(image_key(key, e, ids[i]), images[i])`: the draws
        of an image depend neither on its neighbours nor on its position.

        >>> import augjax as aj
        >>> images, ids = jnp.zeros((4, 32, 32, 3)), jnp.arange(4, dtype=jnp.uint32)
        >>> aj.RandomRotation(0.1).batch(aj.key(0), images, ids, epoch=1).shape
        (4, 32, 32, 3)

        Args:
          key: the key of the augmentation's stream.
          images: NHWC, clips with a second axis for the frames, or an example of arrays with a
            first axis for the batch.
          ids: the images' identities (`augjax.image_ids`), one or two words each; by default their
            positions in the batch.
          epoch: folded into the key; pass it so that each epoch has new draws. Traced.
          strength: as for `sample`.
        """
        check_key(key)
        check_epoch(epoch)
        check_strength(strength)
        count = batch_size(self, images)
        if ids is not None:
            check_ids(ids, count)
        check_values(self, images)
        with numbers_may_go(key, images, ids):
            return _batch(self, key, images, ids, epoch, strength)

    def valid(self, params: Params, shape: Shape) -> Bool[Array, "*frames _ _"]:
        """Which pixels of the result show the image, and not what was filled in around it."""
        shape = self._shape(shape)
        params = as_draws(self.title, params, _draws_of(self, shape))
        return (valid if len(shape) == 3 else valid_in_clip)(self, params, shape)

    def invert(self, params: Params, image: Image | Example, shape: Shape) -> Any:
        """Brings a transformed image or example back to the frame of the original.

        Pixels, masks, boxes and keypoints are moved back; colours stay as they became. What the
        transformed image does not show is zero. Images are interpolated and masks are not: a map of
        classes goes in as {"mask": classes}.

        Args:
          params: the draws that transformed it.
          image: the transformed image, or an example, or a floating map of any channels
            that was predicted for it.
          shape: (height, width, channels) of the original.
        """
        shape = self._shape(shape)
        params = as_draws(self.title, params, _draws_of(self, shape))
        backwards = run_backwards if len(shape) == 3 else run_clip_backwards
        return backwards(self, params, image, shape)

    def plan(self, shape: Shape) -> Plan:
        """How it runs on float32 images of `shape`: what is fused and why, and what it costs.

        Compiles it, to count the costs.
        """
        return plan(self, self.__call__, self._shape(shape)[-3:])

    def _shape(self, shape: Shape) -> Shape:
        return as_shape(self, shape, clips=self.facts.same_on is not None)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Switched(Transform, Operation):
    """A transform that is applied to an image or not.

    Attributes:
      p: the probability that it is, in [0, 1]; `strength` scales it.
    """

    p: float = dataclasses.field(default=0.5, metadata=SHARE)

    def draw(self, key: PRNGKeyArray, shape: Shape, strength: Strength) -> Params:
        coin = unit(stream(key, "on")) < self.p * jnp.float32(strength)
        return {"on": coin, **self.draw_more(key, shape)}

    def draw_more(self, key: PRNGKeyArray, shape: Shape) -> Params:
        """The draws besides whether it is applied."""
        return {}

    def steps(self, params: Params | None) -> Iterator[Step]:
        own = params or {}
        yield Step(self, own, own.get("on", True), "")


@lru_cache
def _draws_of(transform: Transform, shape: Shape) -> Params:
    """The names, shapes and types of what is drawn for an image of `shape`."""
    return jax.eval_shape(lambda key: transform.sample(key, shape), A_KEY)


@partial(jax.jit, static_argnums=0)
def _batch(
    transform: Transform,
    key: PRNGKeyArray,
    images: Any,
    ids: AnyArray | None,
    epoch: int | Int[AnyArray, ""],
    strength: Strength,
) -> Any:
    if ids is None:
        ids = positions(batch_size(transform, images))

    def each(images: Any, ids: Any, key: Any, epoch: Any, strength: Any) -> Any:
        def one(image_id: Any, image: Any) -> Any:
            return transform(image_key(key, epoch, image_id), image, strength=strength)

        return jax.vmap(one)(ids, images)

    return in_auto_axes(each, images, ids, key, epoch, strength)
