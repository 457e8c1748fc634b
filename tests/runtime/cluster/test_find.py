"""Which process of a run this is, by its flags or the variables in their stead."""

import pytest

from augjax.errors import InputError
from augjax.runtime.cluster import Place, find_place
from tests.helpers import run_python

ALONE = Place()
IN_A_CLUSTER = {
    "OMPI_MCA_orte_hnp_uri": "1531576320.0;tcp://10.96.0.1:34911",
    "OMPI_COMM_WORLD_SIZE": "4",
    "OMPI_COMM_WORLD_RANK": "1",
    "OMPI_COMM_WORLD_LOCAL_RANK": "1",
}


def found(environ: dict[str, str]) -> Place:
    return find_place(None, None, None, environ)


def test_it_is_found_before_jax_is_imported():
    done = run_python("-c", "import sys, augjax.runtime.cluster; print('jax' in sys.modules)")
    assert (done.stdout, done.stderr) == ("False\n", "")


def test_nothing_says_anything():
    assert found({"SLURM_CONF": "/etc/slurm.conf", "HOME": "/root"}) == ALONE
    assert (ALONE.alone, ALONE.line) == (True, "")


@pytest.mark.parametrize("coordinator", ["10.0.0.1:1234", "node-1.cluster:1", "[fd00::1]:65535"])
def test_flags_say_it(coordinator):
    place = find_place(coordinator, 4, 1, {})
    assert (place.coordinator, place.processes, place.process_id) == (coordinator, 4, 1)
    assert place.local_device_ids is None
    assert place.line == f"Process 1 of 4, by --coordinator {coordinator}."


def test_each_flag_falls_back_to_its_variable_and_wins_over_it_and_over_a_cluster():
    environ = IN_A_CLUSTER | {
        "JAX_COORDINATOR_ADDRESS": "a:1",
        "JAX_NUM_PROCESSES": "7",
        "JAX_PROCESS_ID": "6",
    }
    place = find_place(None, None, None, environ)
    assert (place.coordinator, place.processes, place.process_id) == ("a:1", 7, 6)
    assert place.line == "Process 6 of 7, by JAX_COORDINATOR_ADDRESS=a:1."
    place = find_place("b:2", 9, None, environ)
    assert (place.coordinator, place.processes, place.process_id) == ("b:2", 9, 6)
    assert find_place(None, None, 0, environ).process_id == 0


@pytest.mark.parametrize("process_id", [None, 0])
def test_one_process_needs_no_coordinator_in_a_cluster_either(process_id):
    place = find_place(None, 1, process_id, IN_A_CLUSTER)
    assert place.alone and place.line == "One process: --processes 1."


def test_an_empty_variable_is_none():
    assert found({"JAX_NUM_PROCESSES": "", "JAX_COORDINATOR_ADDRESS": ""}) == ALONE


FOR_BOTH = r"--processes 4: a process of several needs --coordinator and --process-id too \(or "
EXPECTED = r": expected HOST:PORT with a port from 1 to 65535, as in 10\.0\.0\.1:1234 or \["


@pytest.mark.parametrize(
    ("flags", "environ", "message"),
    [
        ((None, 4, None), {}, FOR_BOTH + r"JAX_COORDINATOR_ADDRESS and JAX_PROCESS_ID in its "),
        (("a:1", None, 0), {}, r"--coordinator a:1: .* needs --processes too \(or JAX_NUM_PROC"),
        ((None, 2, 0), {}, r"--processes 2: .* needs --coordinator too"),
        (("a:1", 2, None), {}, r"--coordinator a:1: .* needs --process-id too"),
        (
            (None, None, 0),
            IN_A_CLUSTER,
            r"--process-id 0: .* needs --coordinator and --processes too",
        ),
        ((None,) * 3, {"JAX_NUM_PROCESSES": "2"}, r"JAX_NUM_PROCESSES=2: .* needs --coordinator"),
        (("10.0.0.1", 2, 0), {}, r"--coordinator 10\.0\.0\.1" + EXPECTED),
        (("10.0.0.1:0", 2, 0), {}, EXPECTED),
        (("10.0.0.1:65536", 2, 0), {}, EXPECTED),
        (("10.0.0.1:", 2, 0), {}, EXPECTED),
        ((":1234", 2, 0), {}, EXPECTED),
        (("fd00::1:1234", 2, 0), {}, EXPECTED),
        (("http://a:1234", 2, 0), {}, EXPECTED),
        (("a b:1234", 2, 0), {}, EXPECTED),
        (("", 2, 0), {}, r"--coordinator " + EXPECTED),
        (
            (None, 2, 0),
            {"JAX_COORDINATOR_ADDRESS": "a\n"},
            r"^JAX_COORDINATOR_ADDRESS=a\\n" + EXPECTED,
        ),
        (("a:1", 0, 0), {}, r"--processes 0: expected a whole number from 1 to 1000000"),
        (("a:1", 2, 2), {}, r"--process-id 2: expected a whole number from 0 to 1"),
        (("a:1", 2, -1), {}, r"--process-id -1: expected a whole number from 0 to 1"),
        ((None, 1, 1), {}, r"--process-id 1: expected a whole number from 0 to 0"),
        (("a:1", 2, None), {"JAX_PROCESS_ID": "x"}, r"JAX_PROCESS_ID=x: expected a whole number"),
        (
            ("a:1", None, 0),
            {"JAX_NUM_PROCESSES": "2.0"},
            r"JAX_NUM_PROCESSES=2.0: expected a whole",
        ),
    ],
)
def test_what_is_wrong_is_said_in_one_line(flags, environ, message):
    coordinator, processes, process_id = flags
    with pytest.raises(InputError, match=message) as caught:
        find_place(coordinator, processes, process_id, environ)
    assert "\n" not in str(caught.value)
