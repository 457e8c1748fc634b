"""Some of many things of several groups, so that each group has its turn."""

from collections.abc import Hashable, Sequence

import numpy as np
from jaxtyping import Int

Indices = Int[np.ndarray, " n"]


def by_turns(groups: Sequence[Hashable] | Indices) -> Indices:
    """Indices of all things: the first of each group, then the second of each, and so on."""
    numbers = _numbered(groups)
    return np.lexsort((numbers, _ranks(numbers)))


def spread_by_turns(groups: Sequence[Hashable] | Indices, count: int) -> Indices:
    """As `by_turns`, but the first `count` are spread over all groups, and evenly over each."""
    numbers = _numbered(groups)
    kinds = int(numbers.max(initial=-1)) + 1
    # A group's turn: those that are spread over all groups come first.
    turn = np.argsort(_spread_first(kinds, min(count, kinds)))
    turns = turn[numbers]
    ranks = _ranks(numbers)
    shares = np.bincount(numbers[np.lexsort((turns, ranks))[:count]], minlength=kinds)
    members = np.argsort(numbers, kind="stable")
    ends = np.cumsum(np.bincount(numbers, minlength=kinds))
    for group in np.flatnonzero(shares).tolist():
        own = members[ends[group - 1] if group else 0 : ends[group]]
        ranks[own[_spread_first(len(own), int(shares[group]))]] = np.arange(len(own))
    return np.lexsort((turns, ranks))


def _numbered(groups: Sequence[Hashable] | Indices) -> Indices:
    """Each thing's group as a number, in the order in which groups first appear."""
    known: dict[Hashable, int] = {}
    return np.array([known.setdefault(group, len(known)) for group in groups], np.int64)


def _ranks(numbers: Indices) -> Indices:
    """How many things of its group come before each."""
    members = np.argsort(numbers, kind="stable")
    starts = np.searchsorted(numbers[members], numbers[members])
    ranks = np.empty_like(numbers)
    ranks[members] = np.arange(len(numbers)) - starts
    return ranks


def _spread_first(size: int, count: int) -> Indices:
    """All numbers below `size`; the first `count` are spread evenly."""
    first = np.arange(count) * size // max(count, 1)
    return np.concatenate([first, np.setdiff1d(np.arange(size), first)])
