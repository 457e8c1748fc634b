"""Rows of results, on the screen, in Markdown and as JSON."""

import dataclasses
import itertools
from collections.abc import Sequence
from typing import Any

from rich.table import Table
from rich.text import Text

from experiments.benchmark.timing import Spread


@dataclasses.dataclass(frozen=True, kw_only=True)
class Row:
    """A claim: what was measured, and whether it is what was hoped for.

    Attributes:
      work: what was done.
      size: with what.
      peer: against whom; '' if against nobody.
      setting: the peer's best one.
      ours, theirs: the measurements, in `unit`.
      value: the ratio theirs / ours; or, if there is no peer, the share in `unit`, or nothing.
      target: the least ratio, or the share that it must stay below.
      note: where the peer's work is not quite the same.
      skipped: why there are no measurements.
    """

    work: str
    size: str
    peer: str = ""
    setting: str = ""
    unit: str = "ms"
    ours: Spread | None = None
    theirs: Spread | None = None
    value: Spread | None = None
    target: float | None = None
    note: str = ""
    skipped: str = ""

    @property
    def claim(self) -> tuple[str, str, str]:
        """What it is about, whatever was measured."""
        return (self.work, self.size, self.peer)

    @property
    def reached(self) -> bool | None:
        """Whether the target is reached, if there is one and something was measured."""
        if self.target is None or self.value is None:
            return None
        if self.peer:
            return self.value.median >= self.target
        return self.value.median < self.target

    def as_json(self) -> dict[str, Any]:
        """All of it, rounded to what means anything."""
        fields: dict[str, Any] = dataclasses.asdict(self) | {"reached": self.reached}
        for name in ("ours", "theirs", "value"):
            if fields[name]:
                fields[name] = {k: float(f"{v:.4g}") for k, v in fields[name].items()}
        return fields

    @property
    def is_loss(self) -> bool:
        """Whether a peer is ahead, or the target is missed."""
        is_behind = bool(self.peer) and self.value is not None and self.value.median < 1
        return is_behind or self.reached is False

    @property
    def goal(self) -> str:
        """The target in words."""
        if self.target is None:
            return ""
        return f"{self.target:g}" if self.peer else f"< {self.target:g} {self.unit}"

    @property
    def remark(self) -> str:
        """The verdict, why it was skipped, and the note."""
        verdict = {None: "", True: "reached", False: "NOT reached"}[self.reached]
        skipped = f"skipped: {self.skipped}" if self.skipped else ""
        return "; ".join(part for part in (verdict, skipped, self.note) if part)


def with_images_per_second(row: Row, images: int) -> Row:
    """A row of times for so many images, with a note of what that is in a second."""
    if row.ours is None or row.theirs is None:
        return row
    ours, theirs = (1e3 * images / spread.median for spread in (row.ours, row.theirs))
    rates = f"{ours:,.0f} against {theirs:,.0f} images/s"
    return dataclasses.replace(row, note="; ".join(filter(None, (rates, row.note))))


def with_spread(spread: Spread | None, unit: str) -> str:
    """'median (lower-upper) unit'."""
    if spread is None:
        return ""
    text = digits(spread.median)
    if spread.samples > 1:
        text += f" ({digits(spread.lower)}-{digits(spread.upper)})"
    return f"{text} {unit}".strip()


def digits(number: float) -> str:
    """Three significant digits, without an exponent."""
    return f"{float(f'{number:.3g}'):,.10g}"


def on_screen(rows: Sequence[Row]) -> list[Table | Text]:
    """A table of rich for each piece of work, and under it what is to be said of its rows."""
    shown: list[Table | Text] = []
    for (work, size), group in itertools.groupby(rows, lambda row: (row.work, row.size)):
        table = Table(box=None, pad_edge=False)
        table.add_column("", min_width=20)
        for name, width in (("time or memory", 20), ("ratio", 18), ("target", 6)):
            table.add_column(name, justify="right", min_width=width, no_wrap=True)
        remarks = []
        for place, row in enumerate(group):
            if row.ours and not place:
                table.add_row("augjax", with_spread(row.ours, row.unit))
            if row.peer:
                measured = (with_spread(row.theirs, row.unit), with_spread(row.value, ""))
            else:
                measured = (with_spread(row.value, row.unit), "")
            against = f"{row.peer}, {row.setting}" if row.setting else row.peer or "augjax"
            style = "red" if row.is_loss else "dim" if row.skipped else None
            table.add_row(*map(Text, (against, *measured, row.goal)), style=style)
            if row.remark:
                who = f"{row.peer}: " if row.peer else ""
                remarks.append(Text(f"  {who}{row.remark}", style="dim"))
        shown += [Text(f"{work}, {size}", style="italic"), table, *remarks]
    return shown


def in_markdown(rows: Sequence[Row]) -> str:
    """A line for each piece of work: our measurement, and the ratio to each of the others'."""
    peers = list(dict.fromkeys(row.peer for row in rows if row.peer))
    lines: list[tuple[str, ...]] = [("", "images", "augjax", *peers)]
    lines.append(("---",) * len(lines[0]))
    for (work, size), group in itertools.groupby(rows, lambda row: (row.work, row.size)):
        found = {row.peer: row for row in group}
        first = next(iter(found.values()))
        ours = with_spread(first.ours, first.unit) if first.peer else _in_bold_if_lost(first)
        others = (_in_bold_if_lost(found[peer]) if peer in found else "" for peer in peers)
        lines.append((work, size, ours, *others))
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _in_bold_if_lost(row: Row) -> str:
    """'median (lower-upper)', and the target where it is missed."""
    if row.value is None:
        return row.skipped
    cell = with_spread(row.value, "" if row.peer else row.unit)
    cell = f"**{cell}**" if row.is_loss else cell
    return cell if row.reached is not False else f"{cell}, hoped for {row.goal}"
