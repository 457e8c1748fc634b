"""One data set for all processes of a run: on every machine, the folder has the same files."""

from collections.abc import Callable
from hashlib import blake2b

from augjax.data.folder.splits import Source
from augjax.errors import InputError
from augjax.printable import printable
from augjax.runtime.processes import Processes


def agreed_source(find: Callable[[], Source], processes: Processes) -> Source:
    """The source that each process finds, which must have the same files, sizes and classes.

    Raises:
      InputError: in all processes, as `find`, or naming what differs from what process 0 finds.
    """
    if processes.count == 1:
        return find()
    with processes.agreeing():
        source = find()
    own = _listing(source)
    digest = blake2b(repr(sorted(own.items())).encode(errors="surrogateescape")).hexdigest()
    if len(set(processes.gather(lambda: digest))) == 1:
        return source
    first = processes.from_first(lambda: own)

    def differing() -> None:
        wrong = [key for key in sorted(own.keys() | first.keys()) if own.get(key) != first.get(key)]
        if not wrong:
            return
        here, there = own.get(wrong[0]), first.get(wrong[0])
        what = "of another size or class"
        if here is None or there is None:
            what = "not there" if here is None else "there only"
        more = f", and {len(wrong) - 1} more differ" if len(wrong) > 1 else ""
        raise InputError(
            f"{printable(str(source.data))} is not as on process 0: {printable(wrong[0])} is "
            f"{what}{more}; give all processes the same images"
        )

    processes.gather(differing)
    raise AssertionError("the listings differ, and are the same")


def _listing(source: Source) -> dict[str, list[str | int]]:
    """Size and class of each file, by its path below the data's folder."""
    return {
        split.key(file): [file.size, split.class_names[file.label], split.name]
        for split in source.splits
        for file in split.files
    }
