"""Which process of a run this is, by variables in every state that they are found in."""

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
    ("environ", "line"),
    [
        (SLURM | {"SLURM_PROCID": "4"}, "Slurm's variables say process 4 of 4, counted from 0; "),
        (without(SLURM, "SLURM_STEP_NUM_TASKS") | {"SLURM_NTASKS": "0"}, "Slurm's variables say"),
        (OPEN_MPI | {"OMPI_COMM_WORLD_RANK": "7"}, "Open MPI's variables say process 7 of 4"),
        (OPEN_MPI | {"OMPI_COMM_WORLD_SIZE": "0"}, "Open MPI's variables say process 1 of 0"),
        (TPU | {"TPU_WORKER_ID": "9"}, "Cloud TPU's variables say process 9 of 2"),
        (TPU | SLICES | {"MEGASCALE_SLICE_ID": "3"}, "Cloud TPU's variables say process 7 of 6"),
    ],
)
def test_numbers_that_cannot_be_are_not_waited_for(environ, line):
    place = found(environ)
    assert place.alone and place.line.startswith(f"One process: {line}")


def test_a_list_of_no_tasks_is_no_list():
    assert found(SLURM | {"SLURM_STEP_TASKS_PER_NODE": "0(x0)"}).processes == 4


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
    single = {"TPU_WORKER_HOSTNAMES": "localhost", "TPU_WORKER_ID": "0"}
    assert found(TPU | SLICES | single).processes == 3
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
