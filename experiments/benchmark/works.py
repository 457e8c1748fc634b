"""What is timed: kinds of work, who can do them, and what we hope for. Imports no library."""

import dataclasses
import importlib.metadata
from collections.abc import Mapping

import numpy as np
from jaxtyping import Float32, Int64

CLASSES = 10
"""That labels are of, where images have labels."""


@dataclasses.dataclass(frozen=True)
class Work:
    """A piece of work that every contender does in the same way.

    Attributes:
      kind: what is done; a key of `TITLES`.
      batch: number of images.
      size: side of the images in pixels.
      strength: 1, or 0 for factors (or else probabilities) of 0, which leave images as they are.
      data: the folder of images that is read, where one is.
      run: the run folder whose network predicts, where one does.
    """

    kind: str
    batch: int
    size: int
    strength: float = 1.0
    data: str | None = None
    run: str | None = None

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """Of the batch of images."""
        return (self.batch, self.size, self.size, 3)

    @property
    def dimensions(self) -> str:
        """The shape in words, as in '64x32x32x3'."""
        return "x".join(map(str, self.shape))

    def images(self) -> Float32[np.ndarray, "batch height width 3"]:
        """The same images for everyone, in [0, 1] and exact as uint8."""
        numbers = np.random.default_rng(0).integers(0, 256, self.shape, np.uint8)
        return numbers.astype(np.float32) / 255

    def labels(self) -> Int64[np.ndarray, " batch"]:
        """The same classes for everyone."""
        return np.arange(self.batch) % CLASSES


@dataclasses.dataclass(frozen=True)
class Skill:
    """How a library does a kind of work.

    Attributes:
      settings: those it is tried with; the fastest one counts.
      note: where the work is not quite the same.
    """

    settings: tuple[str, ...] = ("",)
    note: str = ""


@dataclasses.dataclass(frozen=True)
class Library:
    """A contender.

    Attributes:
      title: its name in tables.
      module: of `CALLS`.
      packages: what must be installed; one of the alternatives where there are several.
      skills: what it can do.
      environment: variables of its process.
    """

    title: str
    module: str
    packages: tuple[tuple[str, ...], ...]
    skills: Mapping[str, Skill]
    environment: Mapping[str, str] = dataclasses.field(default_factory=dict)

    def missing(self) -> str | None:
        """What is not installed, if anything."""
        for alternatives in self.packages:
            if not any(map(version, alternatives)):
                return alternatives[0]
        return None

    @property
    def absence(self) -> str:
        """Why it can take no part, or ''."""
        missing = self.missing()
        return f"{missing} is not installed" if missing else ""


def version(package: str) -> str | None:
    """The installed version of a package."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


TITLES = {
    "chain": "contrast, flip, rotation, translation",
    "perspective": "RandomPerspective",
    "resized_crop": "RandomResizedCrop",
    "color_jitter": "ColorJitter",
    "blur": "RandomGaussianBlur",
    "erasing": "RandomErasing",
    "mixup": "MixUp with labels",
    "cutmix": "CutMix with labels",
    "randaugment": "RandAugment(2)",
    "train": "training step",
    "infer": "inference forward",
    "first_epoch": "first epoch from JPEGs",
    "predict": "predictions from JPEGs",
}
SINGLES = ("perspective", "resized_crop", "color_jitter", "blur", "erasing")
"""Transforms by themselves, to be no slower than any peer's."""
MIXES = ("mixup", "cutmix")

TARGETS = {
    ("chain", "keras"): 5.0,
    ("chain", "keras-jax"): 10.0,
    ("chain", "augmax"): 8.0,
    ("chain", "dm-pix"): 8.0,
    ("chain", "kornia"): 2.2,
    ("chain", "albumentations"): 1.4,
    ("randaugment", "albumentations"): 1.0,
    # No slower than peers that draw for each image.
    **{(mix, peer): 1.0 for mix in MIXES for peer in ("keras", "kornia")},
    ("train", "keras", 32): 2.0,
    ("train", "keras", 128): 1.5,
    ("train", "torch"): 1.1,
    ("infer", "keras"): 1.2,
    ("first_epoch", "keras"): 0.95,
    ("predict", "keras"): 1.0,
}
"""The least ratio hoped for: their time divided by ours."""


def target(work: Work, peer: str) -> float | None:
    """The least ratio hoped for against a peer, if any."""
    whoever = 1.0 if work.kind in SINGLES else None
    return TARGETS.get((work.kind, peer, work.size), TARGETS.get((work.kind, peer), whoever))


_TENSORFLOW = ("tensorflow-cpu", "tensorflow")
_COMPILED = ("graph", "XLA")
_THREADS = ("all threads", "1 thread")
_LOOPS = ("loop", "loop, OpenCV's threads", "pool of threads")

OURS = Library(
    "augjax",
    "experiments.benchmark.peers.ours",
    (("jax",), _TENSORFLOW),
    dict.fromkeys(TITLES, Skill(("jit",))),
)

PEERS: dict[str, Library] = {
    "keras": Library(
        "Keras (TensorFlow)",
        "experiments.benchmark.peers.keras",
        (("keras",), _TENSORFLOW),
        {
            "chain": Skill(_COMPILED, "two resamples"),
            "perspective": Skill(_COMPILED, "constant fill"),
            "color_jitter": Skill(_COMPILED, "fixed order"),
            "blur": Skill(_COMPILED, "one sigma a batch"),
            "erasing": Skill(_COMPILED, "no ratio drawn"),
            "mixup": Skill(("graph",), "an image may meet itself"),
            "cutmix": Skill(("graph",), "an image may meet itself, no box is clipped"),
            "randaugment": Skill(_COMPILED, "operations drawn once a batch"),
            "train": Skill(("graph", "XLA", "tf.function")),
            "infer": Skill(_COMPILED),
            "first_epoch": Skill(("default",), "verifies nothing"),
            "predict": Skill(_COMPILED, "verifies nothing"),
        },
        {"KERAS_BACKEND": "tensorflow"},
    ),
    "keras-jax": Library(
        "Keras (JAX)",
        "experiments.benchmark.peers.keras",
        (("keras",), ("jax",)),
        {
            "chain": Skill(
                ("jit", "eager"), "two resamples; compiled by our jit, as Keras itself does not"
            )
        },
        {"KERAS_BACKEND": "jax"},
    ),
    "augmax": Library(
        "augmax",
        "experiments.benchmark.peers.augmax",
        (("augmax",),),
        {
            "chain": Skill(("jit",), "one resample, constant fill, contrast about 0.5"),
            "color_jitter": Skill(("jit",), "drops the saturation, fixed order"),
        },
    ),
    "dm-pix": Library(
        "dm-pix, chained",
        "experiments.benchmark.peers.dm_pix",
        (("dm-pix",),),
        {
            "chain": Skill(("reflect", "nearest"), "two resamples"),
            "blur": Skill(("jit",), "zeros beyond the border"),
        },
    ),
    "kornia": Library(
        "kornia (PyTorch)",
        "experiments.benchmark.peers.kornia",
        (("kornia",), ("torch",)),
        {
            "chain": Skill(_THREADS, "one resample; contrast is a product"),
            "perspective": Skill(_THREADS, "zero fill"),
            "resized_crop": Skill(
                ("all threads", "1 thread", "all threads, resample", "1 thread, resample")
            ),
            "color_jitter": Skill(_THREADS, "one order a batch"),
            "blur": Skill(_THREADS),
            "erasing": Skill(_THREADS),
            "mixup": Skill(_THREADS, "an image may meet itself, labels are paired and not mixed"),
            "cutmix": Skill(
                _THREADS,
                "an image may meet itself, no box is clipped, labels are paired and not mixed",
            ),
            "randaugment": Skill(_THREADS, "operations drawn once a batch"),
        },
    ),
    "albumentations": Library(
        "albumentations (uint8)",
        "experiments.benchmark.peers.albumentations",
        (("albumentations",), ("opencv-python-headless", "opencv-python")),
        {
            "chain": Skill(_LOOPS, "one resample"),
            "perspective": Skill(_LOOPS, "corners normal, not uniform"),
            "resized_crop": Skill(_LOOPS),
            "color_jitter": Skill(_LOOPS),
            "blur": Skill(_LOOPS),
            "erasing": Skill(_LOOPS),
            "randaugment": Skill(_LOOPS, "SomeOf alike operations, of any magnitude up to it"),
        },
    ),
    "torchvision": Library(
        "torchvision (PyTorch)",
        "experiments.benchmark.peers.torchvision",
        (("torchvision",), ("torch",)),
        {
            "mixup": Skill(_THREADS, "one draw a batch"),
            "cutmix": Skill(_THREADS, "one draw a batch"),
        },
    ),
    "torch": Library(
        "PyTorch",
        "experiments.benchmark.peers.torch",
        (("torch",),),
        {
            "train": Skill(("NCHW", "channels last")),
            "infer": Skill(("NCHW", "channels last")),
        },
    ),
}
