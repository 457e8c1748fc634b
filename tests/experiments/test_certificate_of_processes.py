"""The certificate of several processes: made in real ones, and able to fail."""

import numpy as np
import pytest

from augjax.errors import RunError
from augjax.transforms.certify import TOLERANCE
from experiments.certificate.member import differing
from experiments.certificate.processes import certify_processes
from tests import loopback


@pytest.mark.long
def test_two_processes_have_what_one_has():
    [found] = certify_processes([(2, 2)])
    assert found.ok and not found.differing_draws
    assert found.transform == "2 processes of 2 devices"


def things(draw=0, pixel=0.0, ids=0):
    draws = {"angle": np.arange(8) + draw, "partner": np.arange(8)[::-1]}
    batches = np.arange(6).reshape(3, 2) + ids
    pixels = np.full((8, 100, 100), pixel, np.float32)
    return {"flip": (draws, None), "mix": (draws, pixels), "batches": (batches, None)}


@pytest.mark.parametrize(
    ("change", "names"),
    [
        ({}, []),
        ({"draw": 1}, ["flip", "mix"]),
        ({"pixel": TOLERANCE / 2}, []),
        ({"pixel": TOLERANCE * 2}, ["mix"]),
        ({"ids": 1}, ["batches"]),
    ],
)
def test_what_differs_of_a_process_s_rows_is_named(change, names):
    rows = {"flip": slice(2, 6), "mix": slice(2, 6), "batches": slice(1, 2)}

    def own(whole, at):
        draws, pixels = whole
        draws = {k: v[at] for k, v in draws.items()} if isinstance(draws, dict) else draws[at]
        return draws, None if pixels is None else pixels[at]

    part = {name: own(whole, rows[name]) for name, whole in things(**change).items()}
    found, worst = differing(things(), part, rows)
    assert found == names
    assert worst == pytest.approx(change.get("pixel", 0))


def test_processes_that_fail_are_an_error(monkeypatch):
    failed = [loopback.Ended(1, "", "a\nOSError: no port\n"), loopback.Ended(-6, "", "")]
    monkeypatch.setattr(loopback, "run", lambda *arguments, **options: failed)
    with pytest.raises(RunError, match="1 process of 1 device was not certified: OSError"):
        next(certify_processes([(2, 2)]))
