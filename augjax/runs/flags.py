"""A run's flags, as `config.json` keeps them."""

import os
from pathlib import Path
from typing import Any

from augjax.errors import InputError
from augjax.files import read_json, write_json

CONFIG = "config.json"
"""The flags of a run; a folder that has this file holds a run."""


def write_flags(run_dir: Path, settings: dict[str, Any]) -> None:
    """Writes a run's flags by name; those that are None are left to their defaults."""
    write_json(
        run_dir / CONFIG,
        {k: str(v) if isinstance(v, Path) else v for k, v in settings.items()},
    )


def recorded_flags(run_dir: Path, option: str) -> list[str]:
    """The command line that the settings in `config.json` amount to.

    It is to be parsed like any other, so nothing but flags can come from the file.

    Args:
      run_dir: the run's folder.
      option: how the user named it, for messages.

    Raises:
      InputError: if there is no run, or the file is not one that `write_flags` wrote.
    """
    path = run_dir / CONFIG
    try:
        if not os.path.isdir(run_dir):
            raise FileNotFoundError
        settings = read_json(path)
        return [
            f"--{'no-' if value is False else ''}{name.replace('_', '-')}"
            + ("" if isinstance(value, bool) else f"={value}")
            for name, value in settings.items()
            if value is not None
        ]
    except (FileNotFoundError, NotADirectoryError) as error:
        raise InputError(
            f"{option}: there is no run (no {CONFIG}); give the folder of a run"
        ) from error
    except (OSError, ValueError, AttributeError) as error:
        raise InputError(f"{option}: {path} is not what a run has written") from error
