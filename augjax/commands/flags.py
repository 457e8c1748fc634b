"""The flags of every command of `augjax` that does not train."""

import dataclasses
from pathlib import Path
from typing import Annotated, Literal, TypeVar

import tyro

from augjax.errors import InputError

RunFolder = Annotated[Path, tyro.conf.Positional, tyro.conf.arg(metavar="RUN")]
_T = TypeVar("_T")
ByDefault = Annotated[_T, tyro.conf.arg(help_behavior_hint="")]
"""Of a flag whose text says what it is by default."""
Data = Annotated[str, tyro.conf.Positional, tyro.conf.arg(metavar="DATA")]
MOST_PROCESSES = 256
"""That are launched; each takes two of the 1,024 files that a process may usually have open."""


@dataclasses.dataclass(frozen=True)
class Check:
    """Says what is in a folder of images: splits, classes, sizes, and what is wrong with it."""

    data: Data
    """A folder that holds train/<class>/... and valid/<class>/...; or a folder of class folders; or
    a CSV or JSONL of path and label."""
    _: dataclasses.KW_ONLY
    out: Path = Path("check")
    """The folder for a contact sheet of each class, as PNG."""
    sheets: bool = True
    """Whether contact sheets are drawn."""
    json: bool = False
    """Print what was found as JSON."""
    max_pixels: int = 64_000_000
    """Width times height of a stored image at most."""
    follow_links: bool = False
    """Whether links in DATA are followed wherever they lead, out of the folder too."""
    debug: bool = False
    """Show the traceback of an error."""


@dataclasses.dataclass(frozen=True)
class Preview:
    """Draws what a pipeline makes of your own images, in epoch after epoch."""

    data: Data
    """Any folder of images, with class folders and splits or without; or a CSV or JSONL of path and
    label."""
    _: dataclasses.KW_ONLY
    pipeline: str = "notebook"
    """The name of a preset, such as light or imagenet, or a file of JSON that holds what
    augjax.to_dict made of a pipeline."""
    out: ByDefault[Path | None] = None
    """The file to write, .png or .gif; by default preview.png."""
    gif: bool = False
    """Write an animation over the epochs, by default preview.gif."""
    images: int = 5
    """How many images are shown, at most 20."""
    epochs: int = 5
    """In how many epochs each is shown, at most 20, or 100 in an animation."""
    image_size: int = 128
    """Side in pixels that images are resized to."""
    interpolation: Literal["nearest", "bilinear"] = "nearest"
    """How images are resized."""
    seed: int = 0
    """Seed of the run whose draws are shown."""
    augment_strength: float = 1.0
    """A number that all ranges of the pipeline are multiplied by."""
    follow_links: bool = False
    """Whether links in DATA are followed wherever they lead, out of the folder too."""
    debug: bool = False
    """Show the traceback of an error."""


@dataclasses.dataclass(frozen=True)
class Evaluate:
    """Measures a run on labelled images: by default on its own validation split."""

    run: RunFolder
    """The run's folder."""
    data: Annotated[
        str | None,
        tyro.conf.Positional,
        tyro.conf.arg(metavar="[DATA]", help_behavior_hint="(optional)"),
    ] = None
    """Other labelled images, of the run's classes: a folder of class folders, a folder with a
    validation split, a CSV or JSONL of path and label, or tfds:NAME."""
    _: dataclasses.KW_ONLY
    tta: int = 1
    """Views of each image whose probabilities are averaged."""
    out: ByDefault[Path | None] = None
    """The folder for evaluation.json and predictions.csv; by default RUN, or ./evaluation if
    DATA is given."""
    json: bool = False
    """Print evaluation.json in place of the table."""
    on_bad_image: Literal["fail", "skip"] = "fail"
    """Whether images that cannot be used end the command or are left out."""
    follow_links: bool = False
    """Whether links in DATA are followed wherever they lead, out of the folder too."""
    debug: bool = False
    """Show the traceback of an error."""


@dataclasses.dataclass(frozen=True)
class Predict:
    """Predicts the class of images, with the probability of each class."""

    run: RunFolder
    """The run's folder."""
    paths: Annotated[
        tuple[str, ...],
        tyro.conf.Positional,
        tyro.conf.arg(metavar="PATH ...", help_behavior_hint="(one or more)"),
    ]
    """Files and folders of images; - reads a list of them, one a line, from standard input."""
    _: dataclasses.KW_ONLY
    format: Literal["table", "csv", "jsonl"] = "table"
    """How answers are printed."""
    json: bool = False
    """As --format jsonl."""
    max_pixels: int = 64_000_000
    """Width times height of a stored image at most."""
    debug: bool = False
    """Show the traceback of an error."""


@dataclasses.dataclass(frozen=True)
class Report:
    """Writes one HTML page of a run: its data, curves, mistakes, heat maps and doubtful labels."""

    run: RunFolder
    """The run's folder."""
    _: dataclasses.KW_ONLY
    out: ByDefault[Path | None] = None
    """The file to write; by default RUN/report.html."""
    debug: bool = False
    """Show the traceback of an error."""


@dataclasses.dataclass(frozen=True)
class Compare:
    """Compares runs: curves, a table, and what differs in their settings."""

    runs: Annotated[
        tuple[Path, ...],
        tyro.conf.Positional,
        tyro.conf.arg(metavar="RUN RUN ...", help_behavior_hint="(two or more)"),
    ]
    """The folders of two or more runs."""
    _: dataclasses.KW_ONLY
    out: Path = Path("compare.png")
    """The file for the curves."""
    json: bool = False
    """Print the comparison as JSON."""
    debug: bool = False
    """Show the traceback of an error."""


@dataclasses.dataclass(frozen=True)
class Export:
    """Writes a run's network for other programs, and checks that it answers as the run does."""

    run: RunFolder
    """The run's folder."""
    _: dataclasses.KW_ONLY
    to: Literal["stablehlo", "savedmodel", "onnx"]
    """The format."""
    out: ByDefault[Path | None] = None
    """The folder to write, with a model card; by default RUN/export-FORMAT. One that an export has
    written is replaced."""
    python: Path | None = None
    """For onnx: the interpreter of another environment, which has jax2onnx."""
    debug: bool = False
    """Show the traceback of an error."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Launch:
    """Starts a command as N processes of one JAX program on this machine."""

    debug: bool = False
    """Show the traceback of an error of augjax launch."""
    processes: Annotated[int, tyro.conf.arg(aliases=["-n"], metavar="N -- COMMAND ...")]
    """The number of processes, 1 to 256, and the command with its arguments. Each process finds
    JAX_COORDINATOR_ADDRESS, JAX_NUM_PROCESSES and JAX_PROCESS_ID in its environment, and its
    number goes ahead of each line that it prints. If one fails, the others are ended."""
    command: tyro.conf.Suppress[tuple[str, ...]] = ()

    def __post_init__(self) -> None:
        if not 1 <= self.processes <= MOST_PROCESSES:
            raise InputError(f"-n {self.processes}: expected 1 to {MOST_PROCESSES}")
