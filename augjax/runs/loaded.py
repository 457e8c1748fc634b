"""A run, read from its folder: what it was, what it says of images, and how good that is."""

import dataclasses
import functools
import itertools
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import flax.linen as nn
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float32

from augjax.data import (
    Batch,
    Dataset,
    ImageSet,
    Split,
    epoch_batches,
    load_image_set,
    stream_files,
)
from augjax.data.folder.judge import MAX_PIXELS
from augjax.data.tf import ResizeMethod
from augjax.errors import InputError
from augjax.printable import counted, printable, some
from augjax.runs.contents import (
    read_history,
    read_record,
    read_settings,
    read_summary,
    read_trained,
)
from augjax.runs.evaluation import WARNING, Evaluation
from augjax.runs.fingerprints import trained_on
from augjax.runs.images import seen_images
from augjax.runs.own_data import own_data, own_dataset
from augjax.runs.predictor import Predictor, check_views
from augjax.runs.record import changed_images

_BATCH_SIZE = 64
"""Where a run's flags do not say."""


def load_run(folder: str | Path) -> "Run":
    """Reads a run, finished or not, as it is now. Nothing in its folder is changed.

        run = augjax.load_run("runs/mine")
        run.predict(["a.jpg", "b.png"])  # an array (2, classes)
        run.evaluate().accuracy  # of the run's own validation images

    A network that is not augjax's own is built by importing its module.

    Raises:
      InputError: if there is no run, its weights are not written yet, damaged or of another
        network, or what is written of it cannot be read.
    """
    folder = Path(folder)
    settings = read_settings(folder)
    dtype = jnp.bfloat16 if settings.get("precision") == "bf16" else jnp.float32
    return Run(
        folder=folder,
        settings=settings,
        record=read_record(folder),
        summary=read_summary(folder),
        history=read_history(folder),
        **read_trained(folder, dtype)._asdict(),
    )


@dataclasses.dataclass(frozen=True, eq=False, kw_only=True)
class Run:
    """A finished or unfinished run, as `load_run` reads it.

    Attributes:
      folder: of the run.
      class_names: in the order of the labels.
      image_size: side in pixels of the square that every image is resized to.
      interpolation: how it is resized.
      epoch: the best so far, counted from 1, whose weights these are.
      model: the network.
      variables: its `params` and `batch_stats`, as NumPy arrays.
      settings: the run's flags by name, as in its config.json.
      record: its surroundings, as in its run.json.
      history: a row for each epoch, of numbers by name; `pandas.DataFrame(run.history)` works.
      summary: what the run came to; None if it has not ended.
    """

    folder: Path
    class_names: tuple[str, ...]
    image_size: int
    interpolation: ResizeMethod
    epoch: int
    model: nn.Module = dataclasses.field(repr=False)
    variables: dict[str, Any] = dataclasses.field(repr=False)
    settings: dict[str, Any] = dataclasses.field(repr=False)
    record: dict[str, Any] = dataclasses.field(repr=False)
    history: list[dict[str, Any]] = dataclasses.field(repr=False)
    summary: dict[str, Any] | None = dataclasses.field(repr=False)

    @property
    def notes(self) -> tuple[str, ...]:
        """What the user should know about the weights: that the run has not ended, if so."""
        if self.summary is not None:
            return ()
        return (
            f"The run has not ended: its weights are those of epoch {self.epoch}, the best of "
            f"{max(len(self.history), self.epoch)} so far.",
        )

    @property
    def data(self) -> str:
        """The folder, the table or the name of the data set that the run was trained on.

        Raises:
          InputError: if the run does not say.
        """
        return own_data(self.folder, self.settings)

    @functools.cached_property
    def dataset(self) -> Dataset:
        """The images that the run was trained on and validated with, as they are now.

        Raises:
          InputError: if they cannot be read.
        """
        return own_dataset(
            self.folder, self.settings, image_size=self.image_size, method=self.interpolation
        )

    def predict(self, images: Any) -> Float32[np.ndarray, "n classes"]:
        """The probability of each class for each image, which is resized as in training.

        Images are predicted in batches of the run's size by one compiled program. The others in its
        batch change nothing of an image's probabilities, another batch size at most 1e-6.

        Args:
          images: an image, or an iterable of images such as an array of a batch: uint8 arrays
            (height, width, 3), pictures of Pillow's, or paths of JPEG, PNG, BMP, GIF or WebP files,
            which are seen as training sees them. Each may have a size of its own.

        Raises:
          InputError: for what is no image, and for files that cannot be used, all of them named.
        """
        seen = seen_images(images, **self._resizing)
        rows = [row for row, _ in self._predicted((image, image) for image in seen)]
        return np.array(rows, np.float32).reshape(-1, len(self.class_names))

    def predict_files(
        self, paths: Iterable[str | Path], *, max_pixels: int | None = None
    ) -> Iterator[tuple[str, Float32[np.ndarray, " classes"] | None, str]]:
        """For each file in turn: its path, the probability of each class, and ''.

        Of a file that cannot be used: its path, None, and the reason. Paths are read while the
        results are taken, a few batches ahead, so that memory does not grow with their number.

        Args:
          paths: of files of any name; `augjax.data.expand` finds those of folders.
          max_pixels: width times height of a stored image at most; by default as in training.
        """
        options = self._resizing
        if max_pixels is not None:
            options["max_pixels"] = max_pixels
        for row, (path, _, reason) in self._predicted(
            (image, (path, image, reason)) for path, image, reason in stream_files(paths, **options)
        ):
            yield str(path), row, reason

    def evaluate(
        self, data: str | Path | ImageSet | Split | None = None, *, tta: int = 1
    ) -> Evaluation:
        """Predicts labelled images, and scores that.

        Args:
          data: what `load_image_set` is to read, or has read, or a split of images of the run's
            size; by default the run's own validation images, of which loss and accuracy are those
            of the epoch.
          tta: how many views of each image the probabilities are the mean of, 1 to 1000: the image
            itself, and horizontal flips and shifts by up to a twentieth of its sides
            (`predictor.VIEWS`), drawn by the image's identity alone. They take as many times the
            memory.

        Raises:
          InputError: if the images cannot be read, or have other classes than the run's.
        """
        check_views(tta)
        split, notes = self._labelled(data)
        if not len(split):
            raise InputError(f"{printable(split.name)}: there are no images to evaluate")
        predictor = self._predictor if tta == 1 else self._new_predictor(views=tta)
        masks = []

        def batches() -> Iterator[Batch]:
            for batch in epoch_batches(split, np.arange(len(split)), predictor.batch_size):
                masks.append(batch.mask)
                yield batch

        said = np.concatenate(list(predictor(batches())))[: len(split)]
        used = np.concatenate(masks)[: len(split)]
        if missing := len(split) - int(used.sum()):
            notes.append(
                f"Left out {missing:,} of {counted(len(split), 'image')}, which cannot be decoded."
            )
        if data is None:
            changed = changed_images(self.folder, self.dataset, str(self.folder))
            notes += [f"The data have changed since the run: {some(changed)}."] if changed else []
        elif known := trained_on(self.folder, split):
            have = "has" if known == 1 else "have"
            notes.append(
                f"{WARNING}{known:,} of {counted(len(split), 'image')} {have} the bytes of "
                "training images of this run, so the scores are too high."
            )
        return Evaluation(
            class_names=self.class_names,
            sources=tuple(itertools.compress(split.sources, used)),
            labels=split.labels[used],
            probabilities=said[used],
            views=tta,
            notes=(*self.notes, *notes),
        )

    def _labelled(self, data: str | Path | ImageSet | Split | None) -> tuple[Split, list[str]]:
        """The images to evaluate, and what there is to say about them."""
        if data is None:
            return self.dataset.valid, []
        if isinstance(data, Split):
            if len(data) and data.labels.max() >= len(self.class_names):
                raise InputError(
                    f"{printable(data.name)} has the label {data.labels.max()}, but the run has "
                    f"{len(self.class_names)} classes only"
                )
            return data, []
        if not isinstance(data, ImageSet):
            data = load_image_set(
                data,
                image_size=self.image_size,
                method=self.interpolation,
                class_names=self.class_names,
            )
        if (data.class_names, data.image_size) != (self.class_names, self.image_size):
            ours, theirs = (
                some([printable(n) for n in one.class_names], 10) for one in (self, data)
            )
            raise InputError(
                f"the images are of {theirs} at {data.image_size} pixels, but the run's of {ours} "
                f"at {self.image_size}; read them with the run's class_names and image_size"
            )
        return data.images, list(data.notes)

    def _predicted(
        self, pairs: Iterable[tuple[Any, Any]]
    ) -> Iterator[tuple[Float32[np.ndarray, " classes"] | None, Any]]:
        """Of pairs of an image or None and what belongs to it: the probabilities, and that."""
        size = self._predictor.batch_size
        pairs = iter(pairs)
        ahead, named = itertools.tee(iter(lambda: list(itertools.islice(pairs, size)), []))
        batches = (self._batch([image for image, _ in c if image is not None]) for c in ahead)
        for chunk, said in zip(named, self._predictor(batches), strict=True):
            rows = iter(said)
            for image, what in chunk:
                yield None if image is None else next(rows), what

    def _batch(self, images: Sequence[np.ndarray]) -> Batch:
        """A full batch, of which the first rows are these images."""
        n, side = self._predictor.batch_size, self.image_size
        rows = np.zeros((n, side, side, 3), np.uint8)
        if images:
            rows[: len(images)] = images
        ids = np.zeros((n, 2), np.uint32)
        return Batch(rows, np.zeros(n, np.int32), ids, np.arange(n) < len(images))

    @functools.cached_property
    def _predictor(self) -> Predictor:
        return self._new_predictor(views=1)

    def _new_predictor(self, *, views: int) -> Predictor:
        size = self.settings.get("batch_size")
        batch_size = size if type(size) is int and size > 0 else _BATCH_SIZE
        return Predictor(self.model, self.variables, batch_size, views=views)

    @property
    def _resizing(self) -> dict[str, Any]:
        most = self.settings.get("max_pixels")
        return {
            "image_size": self.image_size,
            "method": self.interpolation,
            "max_pixels": most if type(most) is int and most > 0 else MAX_PIXELS,
        }
