"""The files of a data set as they are found and judged, each process its share of them."""

from collections import Counter
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Bool, Int64, UInt8

from augjax.data.data_report import BadImage, DataReport
from augjax.data.folder.judge import Verdict
from augjax.data.folder.scan import FoundFile, FoundSplit
from augjax.data.folder.verdict_cache import FileState
from augjax.runtime.processes import Processes


class Found(NamedTuple):
    """A file of a split, and where it lies."""

    split: FoundSplit
    file: FoundFile
    path: str
    key: str
    """Its path below the data folder."""

    @property
    def state(self) -> FileState:
        """By which a verdict that was kept is told from one on another file."""
        return self.file.size, self.file.changed


class Judged(NamedTuple):
    """A file and what its header, or all of it, says."""

    found: Found
    verdict: Verdict


class Share(NamedTuple):
    """The usable files that a process has judged, and of those it has decoded, what came of it."""

    usable: list[Judged]
    images: UInt8[np.ndarray, "n size size 3"] | None
    contents: Int64[np.ndarray, " n"]
    held: Bool[np.ndarray, " n"] | None = None


def all_shares(
    own: Share, found: Sequence[Found], report: DataReport, processes: Processes
) -> Share:
    """The shares of all processes, with the images of this one's; their reports join `report`."""
    places = {id(one): place for place, one in enumerate(found)}

    def told() -> dict[str, Any]:
        return {
            "verdicts": [(places[id(one.found)], one.verdict) for one in own.usable],
            "contents": own.contents.tolist(),
            "bad": report.bad,
            "doubtful": report.doubtful,
            "dark": report.dark,
            "decoded": report.decoded,
        }

    shares = processes.gather(told)
    report.bad = [BadImage(*bad) for share in shares for bad in share["bad"]]
    report.doubtful = [path for share in shares for path in share["doubtful"]]
    report.dark = [path for share in shares for path in share["dark"]]
    report.decoded = sum((Counter(share["decoded"]) for share in shares), Counter())
    usable = [
        Judged(found[place], Verdict(*verdict))
        for share in shares
        for place, verdict in share["verdicts"]
    ]
    contents = np.array([c for share in shares for c in share["contents"]], np.int64)
    if own.images is None:
        return Share(usable, None, contents)
    before = sum(len(share["verdicts"]) for share in shares[: processes.index])
    images = np.zeros((len(usable), *own.images.shape[1:]), np.uint8)
    images[before : before + len(own.usable)] = own.images
    held = np.zeros(len(usable), bool)
    held[before : before + len(own.usable)] = True
    return Share(usable, images, contents, held)
