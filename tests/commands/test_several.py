import math
from pathlib import Path

import pytest

from augjax.commands.several import Cluster, check_alike, joined_processes, shared_settings
from augjax.commands.train_flags import Train, settings_of
from augjax.errors import InputError
from augjax.runtime.processes import ALONE
from tests.threads import in_threads


@pytest.fixture(autouse=True)
def no_variables(monkeypatch):
    for name in ("JAX_COORDINATOR_ADDRESS", "JAX_NUM_PROCESSES", "JAX_PROCESS_ID"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize("name", ["start_timeout", "peer_timeout"])
@pytest.mark.parametrize("seconds", [0, -1, 0.5, math.nan, math.inf, 1e6])
def test_times_that_cannot_be_waited_for(name, seconds):
    option = f"--{name.replace('_', '-')}"
    with pytest.raises(InputError, match=f"{option} .*: expected seconds from 1 to 86400"):
        Cluster(**{name: seconds})


def test_a_process_is_alone_unless_something_says_otherwise(capsys):
    with joined_processes(Cluster()) as processes:
        assert processes is ALONE
    assert capsys.readouterr() == ("", "")
    with joined_processes(Cluster(processes=1)) as processes:
        assert processes is ALONE
    assert capsys.readouterr() == ("One process: --processes 1.\n", "")


def test_all_have_the_settings_that_the_first_one_finds(tmp_path):
    asked = []

    def find():
        asked.append(1)
        flags = Train(str(tmp_path), run_dir=Path("runs/a b"), epochs=3)
        return settings_of(flags)

    expected = find()
    found = in_threads(3, lambda processes: shared_settings(find, processes))
    assert found == [expected] * 3 and len(asked) == 2
    assert shared_settings(find, ALONE) == expected


def test_settings_that_the_first_one_cannot_find_are_an_error_in_all():
    def find():
        raise InputError("there is no run")

    found = in_threads(2, lambda processes: shared_settings(find, processes))
    assert [type(error) for error in found] == [InputError] * 2
    assert {str(error) for error in found} == {"there is no run"}


def test_processes_that_were_told_other_counts_are_an_error_in_all():
    told = [2, 2, 3]
    found = in_threads(3, lambda processes: check_alike(told[processes.index], processes))
    assert {str(error) for error in found} == {
        "process 2 has --processes 3, but process 0 has --processes 2; give all the same"
    }
    assert in_threads(2, lambda processes: check_alike(None, processes)) == [None, None]


def test_processes_of_other_versions_are_an_error_in_all(monkeypatch):
    """Of two that ask one after the other."""
    asked = iter(["1.0", "1.1"])
    monkeypatch.setattr("augjax.commands.several._version", lambda: next(asked))
    found = in_threads(2, lambda processes: check_alike(2, processes))
    assert all("has augjax 1." in str(error) for error in found)
