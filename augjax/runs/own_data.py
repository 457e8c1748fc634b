"""The images that a run was trained on and validated with, found again."""

from pathlib import Path
from typing import Any

from augjax.data import Dataset, load_dataset
from augjax.data.tf import ResizeMethod
from augjax.data.tfds_builder import PREFIX
from augjax.errors import InputError
from augjax.files import is_path, read_json
from augjax.printable import printable
from augjax.runs.folder import DATA_REPORT

_OPTIONS = ("max_pixels", "on_bad_image", "follow_links", "valid_fraction", "split_seed")
"""Flags by which it is decided which images there are, and in which split."""


def own_data(folder: Path, settings: dict[str, Any]) -> str:
    """The folder, the table or the name of a run's data set.

    Args:
      folder: of the run.
      settings: its flags by name.

    Raises:
      InputError: if the run does not say.
    """
    try:
        data = settings.get("data") or read_json(folder / DATA_REPORT)["root"]
        if not (isinstance(data, str) and is_path(data)):
            raise TypeError
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _unreadable(folder, f"no {DATA_REPORT} says where they are") from error
    return data


def own_dataset(
    folder: Path, settings: dict[str, Any], *, image_size: int, method: ResizeMethod
) -> Dataset:
    """The data set of a run, as it is now.

    Args:
      folder: of the run.
      settings: its flags by name.
      image_size: side of the square in pixels that its images are resized to.
      method: how they are resized.

    Raises:
      InputError: if they cannot be read.
    """
    data = own_data(folder, settings)
    try:
        options = {name: settings[name] for name in _OPTIONS if settings.get(name) is not None}
        if data.startswith(PREFIX):
            options = {}
        elif options.get("on_bad_image") != "skip":
            options["cache_limit"] = 0  # All could be decoded: so only those that are looked at.
        return load_dataset(data, image_size=image_size, method=method, **options)
    except InputError as error:
        raise _unreadable(folder, str(error), error.details, error.in_commands) from error
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise _unreadable(folder, f"no {DATA_REPORT} says where they are") from error


def _unreadable(
    folder: Path, reason: str, details: tuple[str, ...] = (), in_commands: str = ""
) -> InputError:
    said, shown = (
        f"{printable(str(folder))}: cannot read the run's own images ({why}); give DATA"
        for why in (reason, in_commands or reason)
    )
    return InputError(said, details, in_commands=shown)
