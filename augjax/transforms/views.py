"""Several augmented views of each image, for contrastive training."""

import dataclasses
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
from jaxtyping import Int, PRNGKeyArray

from augjax.keys import check_epoch, check_key, image_key, stream
from augjax.transforms.core.arguments import given
from augjax.transforms.core.checks import check_ids, check_strength, positions
from augjax.transforms.core.configured import Configured
from augjax.transforms.core.examples import batch_size, shape_of
from augjax.transforms.core.explicit_axes import in_auto_axes
from augjax.transforms.core.factors import Bounds
from augjax.transforms.core.transfers import numbers_may_go
from augjax.transforms.core.transform import Transform
from augjax.transforms.core.types import Example, Ids, Image, Images
from augjax.transforms.core.values import check_values
from augjax.typing import AnyArray, Strength

_COUNTS = Bounds(1, 1000, "whole numbers of views from 1 to 1000, one for each pipeline")


@dataclasses.dataclass(frozen=True)
class Views(Configured):
    """Several views of each image, each with draws of its own; `augjax.views` makes one.

        one, two = views.batch(key, images, ids, epoch=epoch)

    View v of group g is what the group's pipeline makes of the image under a key of its own,
    `view_key(key, v, g)`, below that of the image. So a view added to a group, or a group added
    after the others, changes no other view. No view is special: the first one is not what the
    pipeline alone would draw. All views are computed in one program, which has each pipeline once.

    Draws: those of each view's pipeline, `pipeline.sample(views.view_key(key, v, g), shape)`.

    Args:
      transforms: one pipeline, or a list with one for each group.
      counts: how many views it makes, 1 to 1000; a list where `transforms` is one.

    References: the two views of SimCLR (arXiv 2002.05709), the multi-crop of SwAV and DINO
    (arXiv 2006.09882, 2104.14294).
    """

    why_no_step: ClassVar[str] = "; it makes several images of one: give it the whole pipeline"
    """Why no container holds it, for a message."""

    transforms: Sequence[Transform] | Transform
    counts: Sequence[int] | int

    def __post_init__(self) -> None:
        groups = [self.transforms] if isinstance(self.transforms, Transform) else self.transforms
        if not isinstance(groups, Iterable):
            raise TypeError(f"Views takes a transform or a list of them, but got {groups!r}")
        groups = tuple(groups)
        for pipeline in groups:
            if not isinstance(pipeline, Transform):
                raise TypeError(f"Views holds augjax transforms of images, but got {pipeline!r}")
        if not isinstance(self.transforms, Transform):
            object.__setattr__(self, "transforms", groups)
        super().__post_init__()
        together = isinstance(self.transforms, Transform)
        counts = self.counts
        if isinstance(counts, int) != together or len(self._counts) != len(groups) or not groups:
            raise ValueError(f"{given(self, 'counts', counts)}: expected {_COUNTS.expected}")
        for count in self._counts:
            _COUNTS.check(self, "counts", count)

    @property
    def children(self) -> tuple[Transform, ...]:
        """The pipeline of each group."""
        held = self.transforms
        return (held,) if isinstance(held, Transform) else tuple(held)

    @property
    def _counts(self) -> tuple[int, ...]:
        return (self.counts,) if isinstance(self.counts, int) else tuple(self.counts)

    def own_key(self, key: PRNGKeyArray) -> PRNGKeyArray:
        return key if self.name is None else stream(key, self.name)

    def view_key(
        self, key: PRNGKeyArray, view: int | Int[AnyArray, ""], group: int = 0
    ) -> PRNGKeyArray:
        """The key under which one view is drawn.

        `pipeline(views.view_key(image_key, view, group), image)` is that view again.

        Args:
          key: the image's (`augjax.image_key`, `augjax.transforms.replay.replay_key`).
          view: the number of the view in its group, from 0. Traced.
          group: the number of its group, from 0.
        """
        check_key(key)
        return jax.random.fold_in(stream(self.own_key(key), f"views {group}"), view)

    def __call__(
        self, key: PRNGKeyArray, image: Image | Example, *, strength: Strength = 1.0
    ) -> Any:
        """All views of one image or example.

        Args:
          key: the image's.
          image: (height, width, channels), or an example (see `augjax.Transform`).
          strength: as for `Transform.sample`.

        Returns:
          The views of one pipeline as an array (views, height, width, channels), or as an example
          of arrays with a first axis for the views; for a list of pipelines a tuple of these.
        """
        check_key(key)
        check_strength(strength)
        for pipeline in self.children:
            shape_of(pipeline, image)
            check_values(pipeline, image)

        return self.each_view(lambda g, v: self.view(g, v, key, image, strength))

    def batch(
        self,
        key: PRNGKeyArray,
        images: Images | Example,
        ids: Ids | None = None,
        *,
        epoch: int | Int[AnyArray, ""] = 0,
        strength: Strength = 1.0,
    ) -> Any:
        """All views of each image of a batch; keys, ids, epoch and strength as for
        `Transform.batch`.

        `batch(key, images, ids, epoch=e)[v, i]` is view v of
        `views(image_key(key, e, ids[i]), images[i])`.

        >>> import augjax as aj
        >>> crops = [(aj.RandomCrop(32, 32), 2), (aj.RandomCrop(16, 16), 6)]
        >>> large, small = aj.views(crops).batch(aj.key(0), jnp.zeros((4, 40, 40, 3)))
        >>> large.shape, small.shape
        ((2, 4, 32, 32, 3), (6, 4, 16, 16, 3))

        Args:
          key: the key of the augmentation's stream.
          images: NHWC, or an example of arrays with a first axis for the batch.
          ids: the images' identities; by default their positions in the batch.
          epoch: folded into the key. Traced.
          strength: traced.

        Returns:
          The views of one pipeline as an array (views, batch, height, width, channels), which
          unpacks into one batch for each view, or as an example of arrays with these first two
          axes, targets and labels included; for a list of pipelines a tuple of these.
        """
        check_key(key)
        check_epoch(epoch)
        check_strength(strength)
        count = batch_size(self.children[0], images)
        if ids is not None:
            check_ids(ids, count)
        for pipeline in self.children:
            check_values(pipeline, images)
        with numbers_may_go(key, images, ids):
            return _batch(self, key, images, ids, epoch, strength)

    def view(self, group: int, view: Any, key: PRNGKeyArray, image: Any, strength: Strength) -> Any:
        """One view of one image."""
        return self.children[group](self.view_key(key, view, group), image, strength=strength)

    def each_view(self, paint: Callable[[int, Any], Any]) -> Any:
        """What `paint(group, view)` makes of all views, in the form of what `batch` returns."""
        made = tuple(
            jax.vmap(partial(paint, group))(jnp.arange(count, dtype=jnp.int32))
            for group, count in enumerate(self._counts)
        )
        return made[0] if isinstance(self.transforms, Transform) else made


def views(pipeline: Transform | Sequence[tuple[Transform, int]], n: int | None = None) -> Views:
    """Several views of each image in one call, each with draws of its own (see `Views`).

        two = aj.views(pipeline, 2)
        one, other = two.batch(key, images, ids, epoch=epoch)

        crops = aj.views([(large, 2), (small, 6)])
        large_crops, small_crops = crops.batch(key, images, ids, epoch=epoch)

    >>> import augjax as aj
    >>> two = aj.views(aj.RandomCrop(16, 16), 2)
    >>> two.batch(aj.key(0), jnp.zeros((4, 32, 32, 3))).shape
    (2, 4, 16, 16, 3)

    Args:
      pipeline: what makes the views; or a list of pairs (pipeline, n), one for each group of views,
        whose images may differ in size.
      n: how many views, where there is one pipeline, 1 to 1000.

    Raises:
      TypeError, ValueError: if there is a pipeline without a number of views, or the other way
        round.
    """
    if isinstance(pipeline, Transform):
        if n is None:
            raise TypeError("views(pipeline, n): expected how many views, as in views(pipeline, 2)")
        return Views(pipeline, n)
    pairs = tuple(pipeline) if isinstance(pipeline, Iterable) else ()
    if n is not None or not pairs or not all(_is_pair(pair) for pair in pairs):
        raise TypeError(
            "views takes a transform and a number, or a list of such pairs, as in "
            f"views([(large, 2), (small, 6)]), but got {pipeline!r}"
        )
    return Views([pipeline for pipeline, _ in pairs], [count for _, count in pairs])


def _is_pair(pair: Any) -> bool:
    return isinstance(pair, tuple | list) and len(pair) == 2


@partial(jax.jit, static_argnums=0)
def _batch(
    several: Views,
    key: PRNGKeyArray,
    images: Any,
    ids: AnyArray | None,
    epoch: int | Int[AnyArray, ""],
    strength: Strength,
) -> Any:
    if ids is None:
        ids = positions(batch_size(several.children[0], images))

    def each(images: Any, ids: Any, key: Any, epoch: Any, strength: Any) -> Any:
        def of_view(group: int, view: Any) -> Any:
            def one(image_id: Any, image: Any) -> Any:
                return several.view(group, view, image_key(key, epoch, image_id), image, strength)

            return jax.vmap(one)(ids, images)

        return several.each_view(of_view)

    return in_auto_axes(each, images, ids, key, epoch, strength, axis=1)
