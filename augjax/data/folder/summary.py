"""What is in a folder or a table, in numbers and names, as JSON has them."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from jaxtyping import Int

from augjax.data.folder.inspect import Inspection

FEW = 10
"""A class with fewer training images is told of."""


def summary(found: Inspection) -> dict[str, Any]:
    """All that was found, for `json.dumps`.

    Paths are relative to the data's folder. Balance is that of the training split, or of the first
    one if there is none.
    """
    first, report = found.splits[0].images.name, found.report.as_json()
    return {
        "splits": [
            {
                "name": split.images.name,
                "images": len(split.images),
                "classes": found.report.counts[split.images.name],
                "sizes": size_summary(split.sizes),
            }
            for split in found.splits
        ],
        "balance": {"split": first, **balance(found.report.counts[first])},
        **{name: report[name] for name in ("files_judged", "skipped", "bad", "doubtful", "dark")},
        "leaks": report["leaks"],
        "leaks_of_two_classes": [
            {"valid": valid, "train": train} for valid, train in found.report.torn
        ],
        "duplicates": list(map(list, found.duplicates)),
        "duplicates_of_two_classes": list(map(list, found.torn)),
        "images_in_both_splits": found.shared,
        "findings": list(found.findings),
        "obstacle": found.obstacle,
    }


def size_summary(sizes: Int[np.ndarray, "n 2"]) -> dict[str, Any] | None:
    """Of stored images, width and height in pixels.

    Smallest and greatest are images, by their pixels; the median is that of each side by itself.
    """
    if not len(sizes):
        return None
    pixels = sizes.prod(axis=1)
    return {
        "smallest": sizes[pixels.argmin()].tolist(),
        "median": np.median(sizes, axis=0).astype(int).tolist(),
        "greatest": sizes[pixels.argmax()].tolist(),
        "not_square": int((sizes[:, 0] != sizes[:, 1]).sum()),
    }


def balance(counts: Mapping[str, int]) -> dict[str, Any]:
    """The greatest class against the smallest, and those of fewer than 10 images."""
    most, least = max(counts, key=counts.__getitem__), min(counts, key=counts.__getitem__)
    return {
        "greatest": most,
        "smallest": least,
        "ratio": round(counts[most] / counts[least], 2) if counts[least] else None,
        "few": {name: count for name, count in counts.items() if count < FEW},
    }
