"""Which process of a run this is: by its flags, or by variables as they are found in the wild."""

import re

import pytest

from augjax.errors import InputError
from augjax.runtime.cluster import Place, find_place, launchers

ALONE = Place()

SLURM = {
    "SLURM_JOB_ID": "4711",
    "SLURM_JOB_NUM_NODES": "2",
    "SLURM_NTASKS": "4",
    "SLURM_PROCID": "3",
    "SLURM_LOCALID": "1",
    "SLURM_NODEID": "1",
    "SLURM_STEP_ID": "0",
    "SLURM_STEP_NUM_NODES": "2",
    "SLURM_STEP_NUM_TASKS": "4",
    "SLURM_STEP_NODELIST": "gpu[07-08]",
    "SLURM_STEP_TASKS_PER_NODE": "2(x2)",
}
SBATCH = {name: SLURM[name] for name in ("SLURM_JOB_ID", "SLURM_JOB_NUM_NODES", "SLURM_NTASKS")}
OPEN_MPI = {
    "OMPI_MCA_orte_hnp_uri": "1531576320.0;tcp://10.96.0.1,10.148.0.1:34911",
    "OMPI_COMM_WORLD_SIZE": "4",
    "OMPI_COMM_WORLD_RANK": "1",
    "OMPI_COMM_WORLD_LOCAL_RANK": "1",
    "OMPI_COMM_WORLD_LOCAL_SIZE": "4",
}
TPU = {"TPU_WORKER_HOSTNAMES": "t0.svc,t1.svc", "TPU_WORKER_ID": "1"}
SLICES = {
    "MEGASCALE_NUM_SLICES": "3",
    "MEGASCALE_SLICE_ID": "2",
    "MEGASCALE_COORDINATOR_ADDRESS": "job-0.svc:8080",
}
POD = {"KUBERNETES_SERVICE_HOST": "10.0.0.1"}


def found(environ: dict[str, str]) -> Place:
    return find_place(None, None, None, environ)


def without(environ: dict[str, str], *names: str) -> dict[str, str]:
    return {name: value for name, value in environ.items() if name not in names}


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
    environ = SLURM | {
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
    place = find_place(None, 1, process_id, SLURM)
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
        ((None, None, 0), SLURM, r"--process-id 0: .* needs --coordinator and --processes too"),
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
        (("a:1", 0, 0), {}, r"--processes 0: expected a whole number of 1 or more"),
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


def test_a_task_of_srun():
    place = found(SLURM)
    assert (place.processes, place.process_id) == (4, 3)
    assert place.coordinator == "gpu07:62055"  # 61440 + 4711 % 4096.
    assert place.line == "Process 3 of 4, by Slurm (job 4711, 2 nodes)."


@pytest.mark.parametrize(
    ("nodes", "first"),
    [
        ("node001", "node001"),
        ("node001,host2", "node001"),
        ("node[001-015],host2", "node001"),
        ("node[001,007-015],host2", "node001"),
        ("rack[1-2]n[07,09-11]-ib,other", "rack1n07-ib"),
    ],
)
def test_the_first_node_of_slurm_is_the_coordinator(nodes, first):
    place = found(SLURM | {"SLURM_STEP_NODELIST": nodes})
    assert place.coordinator.split(":")[0] == first


def test_steps_of_a_job_have_ports_of_their_own_unless_one_is_set():
    assert found(SLURM | {"SLURM_STEP_ID": "5"}).coordinator == "gpu07:62060"
    assert found(SLURM | {"JAX_COORDINATOR_PORT": "99"}).coordinator == "gpu07:99"
    assert found(SLURM | {"SLURM_JOB_ID": "999999999999"}).coordinator.endswith(":65535")


def test_the_step_counts_where_the_job_has_more_tasks():
    assert found(SLURM | {"SLURM_NTASKS": "16"}).processes == 4
    assert found(without(SLURM, "SLURM_STEP_NUM_TASKS")).processes == 4


PARTLY = "One process: Slurm's variables are only partly set (no "
BY_SRUN = "); srun starts one process a task."


@pytest.mark.parametrize(
    ("environ", "line"),
    [
        # By ssh to a node of a job: jax#30073.
        (
            {"SLURM_JOB_ID": "4711"},
            f"{PARTLY}SLURM_NTASKS, SLURM_STEP_NODELIST, SLURM_PROCID, and 1 more{BY_SRUN}",
        ),
        # A script of sbatch, which is task 0 of a step that none of the others is in.
        (
            SBATCH | {"SLURM_PROCID": "0", "SLURM_LOCALID": "0"},
            f"{PARTLY}SLURM_STEP_NODELIST{BY_SRUN}",
        ),
        # A shell that salloc opened on the login node.
        (
            SBATCH,
            f"{PARTLY}SLURM_STEP_NODELIST, SLURM_PROCID, SLURM_LOCALID{BY_SRUN}",
        ),
        (without(SLURM, "SLURM_LOCALID"), f"{PARTLY}SLURM_LOCALID{BY_SRUN}"),
        (SLURM | {"SLURM_PROCID": "three"}, f"{PARTLY}SLURM_PROCID{BY_SRUN}"),
        # A shell that salloc opened on the first node, as a step of one task.
        (
            SLURM | {"SLURM_STEP_NUM_TASKS": "1", "SLURM_PROCID": "0"},
            "One process: this shell is none of its Slurm job's 4 tasks, which srun starts.",
        ),
    ],
)  # fmt: skip
def test_what_slurm_left_half_set_is_not_waited_for(environ, line):
    place = found(environ)
    assert place.alone and place.line == line


@pytest.mark.parametrize(
    "environ",
    [
        SLURM | {"SLURM_NTASKS": "1", "SLURM_STEP_NUM_TASKS": "1"},
        {"SLURM_JOB_ID": "4711", "SLURM_NTASKS": "1", "SLURM_PROCID": "0"},
        {"SLURM_JOB_ID": "4711", "SLURM_JOB_NUM_NODES": "1", "SLURM_PROCID": "0"},
    ],
)
def test_a_slurm_job_of_one_task_is_quiet(environ):
    assert found(environ) == ALONE


@pytest.mark.parametrize(
    ("changes", "ids"),
    [
        ({}, (1,)),
        # One task a node takes all of its devices: maxtext#3433.
        ({"SLURM_STEP_TASKS_PER_NODE": "1(x4)", "SLURM_LOCALID": "0"}, None),
        ({"SLURM_STEP_TASKS_PER_NODE": "3,1", "SLURM_LOCALID": "0"}, None),
        ({"SLURM_STEP_TASKS_PER_NODE": "1,3", "SLURM_LOCALID": "0"}, (0,)),
        ({"SLURM_STEP_TASKS_PER_NODE": "2(x3),1", "SLURM_NODEID": "2"}, (1,)),
        ({"SLURM_STEP_TASKS_PER_NODE": "2(x3),1", "SLURM_NODEID": "3"}, None),
        ({"SLURM_STEP_TASKS_PER_NODE": "", "SLURM_NTASKS_PER_NODE": "1"}, None),
        ({"SLURM_STEP_TASKS_PER_NODE": "", "SLURM_NTASKS_PER_NODE": "2"}, (1,)),
        ({"SLURM_STEP_TASKS_PER_NODE": "nonsense"}, (1,)),
        # What each task sees is its own already.
        ({"CUDA_VISIBLE_DEVICES": "3"}, None),
        ({"ROCR_VISIBLE_DEVICES": "3"}, None),
        ({"SLURM_GPUS_PER_TASK": "1"}, None),
        ({"SLURM_GPUS_PER_TASK": "a100:2", "CUDA_VISIBLE_DEVICES": "0,1"}, None),
        ({"JAX_LOCAL_DEVICE_IDS": "0"}, None),
        # All see all, and share.
        ({"CUDA_VISIBLE_DEVICES": "0,1,2,3"}, (2, 3)),
        ({"SLURM_GPUS_PER_TASK": "1", "CUDA_VISIBLE_DEVICES": "0,1,2,3"}, (2, 3)),
        ({"CUDA_VISIBLE_DEVICES": "0,1,2"}, (1,)),
        ({"CUDA_VISIBLE_DEVICES": ""}, (1,)),
    ],
)
def test_tasks_of_a_node_share_its_devices(changes, ids):
    assert found(SLURM | changes).local_device_ids == ids


def test_a_process_of_mpirun():
    place = found(OPEN_MPI)
    assert (place.processes, place.process_id, place.local_device_ids) == (4, 1, (1,))
    assert place.coordinator == "10.96.0.1:62624"  # 61440 + 1531576320 / 4096 % 4096.
    assert place.line == "Process 1 of 4, by Open MPI."
    assert found(OPEN_MPI | {"OMPI_COMM_WORLD_LOCAL_SIZE": "1"}).local_device_ids is None
    uri = {"OMPI_MCA_orte_hnp_uri": "1314521088.0;tcp6://[2620:10d::2,fe80::1]:43370"}
    assert found(OPEN_MPI | uri).coordinator.startswith("[2620:10d::2]:6")


@pytest.mark.parametrize(("environ", "its_name"), [(SLURM, "slurm"), (OPEN_MPI, "ompi")])
def test_jax_finds_the_same(environ, its_name, monkeypatch):
    kinds = pytest.importorskip("jax._src.clusters").ClusterEnv._cluster_types
    kind = next(kind for kind in kinds if kind.name == its_name)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    place = found(environ)
    assert kind.is_env_present()
    assert place.coordinator == kind.get_coordinator_address(1, None)
    assert (place.processes, place.process_id) == (kind.get_process_count(), kind.get_process_id())


def test_mpirun_of_one_process_is_quiet():
    assert found(OPEN_MPI | {"OMPI_COMM_WORLD_SIZE": "1"}) == ALONE


def test_mpirun_from_version_5_on_is_not_taken_for_slurm_which_started_it():
    place = found(without(OPEN_MPI, "OMPI_MCA_orte_hnp_uri") | SLURM)
    assert place.alone and place.line == (
        "One process: Open MPI's variables are only partly set (no OMPI_MCA_orte_hnp_uri, as from "
        "version 5 on); give each process --coordinator, --processes and --process-id."
    )
    assert found(OPEN_MPI | SLURM).line == "Process 1 of 4, by Open MPI."


def test_a_host_of_a_tpu_pod():
    place = found(TPU)
    assert (place.processes, place.process_id, place.coordinator) == (2, 1, "t0.svc:8482")
    assert place.local_device_ids is None
    assert place.line == "Process 1 of 2, by Cloud TPU (2 hosts)."
    assert found(TPU | {"TPU_PROCESS_ADDRESSES": "a:1,b:2,c:3"}).coordinator == "a:8482"
    assert found({"TPU_WORKER_HOSTNAMES": "localhost", "TPU_WORKER_ID": "0"}) == ALONE


def test_a_host_of_several_tpu_pods():
    place = found(TPU | SLICES)
    assert (place.processes, place.process_id, place.coordinator) == (6, 5, "job-0.svc:8482")
    assert found(TPU | SLICES | {"TPU_WORKER_HOSTNAMES": "localhost"}).processes == 3
    place = found(without(TPU | SLICES, "TPU_WORKER_ID", "MEGASCALE_SLICE_ID"))
    assert place.alone and place.line.startswith(
        "One process: Cloud TPU's variables are only partly set (no TPU_WORKER_ID, MEGASCALE_SLICE_"
    )
    assert "(no TPU_WORKER_HOSTNAMES)" in found(without(TPU | SLICES, "TPU_WORKER_HOSTNAMES")).line


def test_hosts_of_a_tpu_pod_that_are_listed_in_a_file(tmp_path):
    path = tmp_path / "addresses"
    environ = TPU | {"TPU_PROCESS_ADDRESSES_PATH": str(path)}
    with pytest.raises(InputError, match=r"^TPU_PROCESS_ADDRESSES_PATH=.*No such file"):
        found(environ)
    path.write_text("a:1,b:2,c:3\n")
    assert found(environ).processes == 3


def test_a_pod_that_is_of_no_indexed_job_is_quiet():
    assert found(POD) == ALONE  # jax#24964: JAX warns of the package that it would ask with.
    assert found({"JOB_COMPLETION_INDEX": "1"}) == ALONE


@pytest.mark.parametrize("installed", [False, True])
def test_a_pod_of_an_indexed_job(installed, monkeypatch):
    monkeypatch.setattr(launchers, "find_spec", lambda name: name if installed else None)
    place = found(POD | {"JOB_COMPLETION_INDEX": "1"})
    if installed:
        assert place == Place(processes=None, process_id=1, why="Kubernetes")
        assert not place.alone and place.line == "Process 1, by Kubernetes."
    else:
        assert place.alone and re.match(
            "One process: this is pod 1 of a Kubernetes Job; .*pip install kubernetes, or give "
            r"each process --coordinator, --processes and --process-id\.$",
            place.line,
        )
