import signal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from augjax.errors import InputError, Interrupted, RunError
from augjax.runtime.processes import ALONE, Processes, check_devices
from tests.threads import in_threads


@given(n=st.integers(0, 1000), count=st.integers(1, 20))
def test_everything_is_the_part_of_one_process(n, count):
    parts = [range(n)[Processes(index, count).part(n)] for index in range(count)]
    assert [i for part in parts for i in part] == list(range(n))
    assert max(map(len, parts)) - min(map(len, parts)) <= 1


def test_a_process_alone_says_nothing():
    found = object()  # JSON cannot hold it.
    assert ALONE.gather(lambda: found) == [found]
    assert ALONE.from_first(lambda: found) is found
    assert ALONE.arrays_from_first(found) is found
    with pytest.raises(ZeroDivisionError), ALONE.agreeing():
        _ = 1 / 0


def test_all_learn_what_each_finds():
    found = in_threads(3, lambda processes: processes.gather(lambda: [processes.index, "é\udcff"]))
    assert found == [[[0, "é\udcff"], [1, "é\udcff"], [2, "é\udcff"]]] * 3


def test_only_the_first_process_is_asked_for_what_all_have_of_it():
    asked = []
    found = in_threads(3, lambda p: p.from_first(lambda: asked.append(p.index) or {"a": 1}))
    assert asked == [0] and found == [{"a": 1}] * 3


@pytest.mark.parametrize("kind", [InputError, RunError])
@pytest.mark.parametrize("failing", [[0], [2], [1, 2]])
def test_an_error_of_one_is_raised_in_all(kind, failing):
    def program(processes):
        with processes.agreeing():
            if processes.index in failing:
                raise kind("no such folder", ["first", "second"])
        return "went on"

    for index, error in enumerate(in_threads(3, program)):
        assert type(error) is kind and error.details == ("first", "second")
        own = index == failing[0] or failing == [0]
        assert str(error) == ("" if own else f"process {failing[0]}: ") + "no such folder"


def test_an_error_of_the_system_is_raised_in_all_as_one_of_the_run():
    def program(processes):
        def find():
            if processes.index == 1:
                raise OSError(28, "No space left on device")

        return processes.gather(find)

    first, own = in_threads(2, program)
    assert type(first) is type(own) is RunError
    assert str(first) == str(own) == "process 1: [Errno 28] No space left on device"


class Stopped:
    def __init__(self, asked):
        self.asked = asked

    def interrupted(self, signum):
        return Interrupted(signum, f"by {signum}")


def test_a_signal_to_one_stops_all_where_they_agree():
    stops = [None, signal.SIGTERM, None]
    found = in_threads(3, lambda p: p.gather(lambda: 0), stop=lambda i: Stopped(stops[i]))
    assert [type(one) for one in found] == [Interrupted] * 3
    assert {one.exit_code for one in found} == {128 + signal.SIGTERM}


def test_an_error_comes_before_a_signal():
    def program(processes):
        with processes.agreeing():
            if processes.index == 0:
                raise InputError("wrong")

    found = in_threads(2, program, stop=lambda i: Stopped(signal.SIGINT))
    assert [type(one) for one in found] == [InputError] * 2


def test_all_need_as_many_devices():
    check_devices([0, 1, 2])
    check_devices([1, 0, 0, 1])
    with pytest.raises(InputError, match=r"^process 1 has 1 device, but process 0 has 2; give"):
        check_devices([0, 1, 0])
