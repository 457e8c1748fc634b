"""What started this process as one of several: Slurm, Open MPI, Cloud TPU or Kubernetes.

As JAX finds it, but only what is described completely counts. Variables that are left over in a
shell, or that every pod has, would have a process wait for others that nobody starts.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from importlib.util import find_spec
from pathlib import Path

from augjax.errors import InputError
from augjax.printable import counted, printable, some
from augjax.runtime.cluster.place import Place

Environment = Mapping[str, str]

_JOBS = 2**12
_FIRST_PORT = 2**16 - _JOBS
"""From here on, systems hand out no ports by themselves, and each job takes one, as in JAX."""
_TPU_PORT = 8482

_BY_FLAGS = "give each process --coordinator, --processes and --process-id"

_VISIBLE = ("CUDA_VISIBLE_DEVICES", "ROCR_VISIBLE_DEVICES", "HIP_VISIBLE_DEVICES")


def slurm(environ: Environment) -> Place | None:
    """A task of a step, which `srun` starts; in a job's script, or by ssh, only some is set."""
    if "SLURM_JOB_ID" not in environ:
        return None
    ids = {
        name: _number(environ, name) for name in ("SLURM_JOB_ID", "SLURM_PROCID", "SLURM_LOCALID")
    }
    job, process_id, local_id = ids.values()
    nodes = _number(environ, "SLURM_STEP_NUM_NODES") or _number(environ, "SLURM_JOB_NUM_NODES")
    tasks = _number(environ, "SLURM_NTASKS")
    processes = _number(environ, "SLURM_STEP_NUM_TASKS") or tasks
    if processes == 1 and tasks not in (None, 1):  # The shell that salloc opens on a node.
        return Place(why=f"this shell is none of its Slurm job's {tasks} tasks, which srun starts")
    if processes == 1 or (processes is None and nodes == 1):
        return Place()
    listed = environ.get("SLURM_STEP_NODELIST")
    if None in (processes, job, process_id, local_id) or not listed:
        needed = {"SLURM_NTASKS": processes, "SLURM_STEP_NODELIST": listed or None, **ids}
        lacking = (name for name, value in needed.items() if value is None)
        return _partly("Slurm", lacking, "srun starts one process a task")
    assert job is not None and process_id is not None and local_id is not None
    if not processes or process_id >= processes:
        return _impossible("Slurm", process_id, processes)
    # Each of the brackets is for its first entry, as in rack[1-2]n[07,09-11],other.
    host = re.sub(r"\[([^],-]+)[^]]*\]", r"\1", listed).split(",")[0]
    step = _number(environ, "SLURM_STEP_ID") or 0
    return Place(
        processes=processes,
        process_id=process_id,
        coordinator=f"{host}:{_port(environ, _FIRST_PORT + (job + step) % _JOBS)}",
        local_device_ids=_own_devices(environ, local_id, _tasks_here(environ)),
        why=f"Slurm (job {job}, {counted(nodes, 'node')})" if nodes else f"Slurm (job {job})",
    )


def _tasks_here(environ: Environment) -> int | None:
    """Of the step's tasks, how many are on this node, by a list like 2(x3),1."""
    listed = environ.get("SLURM_STEP_TASKS_PER_NODE") or environ.get("SLURM_NTASKS_PER_NODE", "")
    tasks = []
    for part in listed.split(","):
        found = re.fullmatch(r"([0-9]+)(?:\(x([0-9]+)\))?", part)
        if not found:
            return None
        tasks += [int(found[1])] * int(found[2] or 1)
    if not tasks:
        return None
    return tasks[min(_number(environ, "SLURM_NODEID") or 0, len(tasks) - 1)]


def open_mpi(environ: Environment) -> Place | None:
    """A process of `mpirun`, which up to version 4 says where it runs itself."""
    processes = _number(environ, "OMPI_COMM_WORLD_SIZE")
    if processes is None:
        return None
    if processes == 1:
        return Place()
    names = ("OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_LOCAL_RANK")
    process_id, local_id = (_number(environ, name) for name in names)
    launcher = re.match(
        r"([0-9]+).*?(?:tcp://([^,:]+)|tcp6://\[([^],]+))",
        environ.get("OMPI_MCA_orte_hnp_uri", ""),
    )
    if process_id is None or local_id is None or not launcher:
        lacking = [name for name in names if _number(environ, name) is None]
        lacking += [] if launcher else ["OMPI_MCA_orte_hnp_uri, as from version 5 on"]
        return _partly("Open MPI", lacking, _BY_FLAGS)
    if process_id >= processes:
        return _impossible("Open MPI", process_id, processes)
    host = launcher[2] or f"[{launcher[3]}]"
    job = int(launcher[1]) // _JOBS  # It counts jobs in such steps.
    return Place(
        processes=processes,
        process_id=process_id,
        coordinator=f"{host}:{_port(environ, _FIRST_PORT + job % _JOBS)}",
        local_device_ids=_own_devices(
            environ, local_id, _number(environ, "OMPI_COMM_WORLD_LOCAL_SIZE")
        ),
        why="Open MPI",
    )


def cloud_tpu(environ: Environment) -> Place | None:
    """A host of a pod, or of several pods, on each of which there is one process."""
    hosts = _tpu_hosts(environ)
    slices = _number(environ, "MEGASCALE_NUM_SLICES") or 1
    if max(len(hosts), 1) * slices == 1:
        return None
    worker = _number(environ, "TPU_WORKER_ID")
    number = _number(environ, "MEGASCALE_SLICE_ID") if slices > 1 else 0
    first = environ.get("MEGASCALE_COORDINATOR_ADDRESS") if slices > 1 else hosts[0]
    if not hosts or worker is None or number is None or not first:
        needed = {
            "TPU_WORKER_HOSTNAMES": hosts or None,
            "TPU_WORKER_ID": worker,
            "MEGASCALE_SLICE_ID": number,
            "MEGASCALE_COORDINATOR_ADDRESS": first or None,
        }
        lacking = (name for name, value in needed.items() if value is None)
        return _partly("Cloud TPU", lacking, _BY_FLAGS)
    if worker >= len(hosts) or number >= slices:
        return _impossible("Cloud TPU", worker + number * len(hosts), len(hosts) * slices)
    return Place(
        processes=len(hosts) * slices,
        process_id=worker + number * len(hosts),
        coordinator=f"{first.split(':')[0]}:{_port(environ, _TPU_PORT)}",
        why=f"Cloud TPU ({counted(len(hosts) * slices, 'host')})",
    )


def _tpu_hosts(environ: Environment) -> list[str]:
    listed = environ.get("TPU_PROCESS_ADDRESSES") or environ.get("TPU_WORKER_HOSTNAMES", "")
    if path := environ.get("TPU_PROCESS_ADDRESSES_PATH"):
        try:
            listed = Path(path).read_text().strip()
        except (OSError, ValueError) as error:
            raise InputError(f"TPU_PROCESS_ADDRESSES_PATH={printable(path)}: {error}") from error
    return [host for host in listed.split(",") if host]


def kubernetes(environ: Environment) -> Place | None:
    """A pod of an indexed Job. How many there are, and where the first is, JAX asks Kubernetes."""
    index = _number(environ, "JOB_COMPLETION_INDEX")
    if index is None or "KUBERNETES_SERVICE_HOST" not in environ:
        return None
    if find_spec("kubernetes") is None:
        return Place(
            why=f"this is pod {index} of a Kubernetes Job; for one run of all its pods, "
            f"pip install kubernetes, or {_BY_FLAGS}"
        )
    return Place(processes=None, process_id=index, why="Kubernetes")


LAUNCHERS: tuple[Callable[[Environment], Place | None], ...] = (
    open_mpi,
    slurm,
    cloud_tpu,
    kubernetes,
)
"""In JAX's order: what is on the left may have been started by what is on its right."""


def _number(environ: Environment, name: str) -> int | None:
    text = environ.get(name, "")
    return int(text) if text.isascii() and text.isdigit() else None


def _port(environ: Environment, otherwise: int) -> int:
    return _number(environ, "JAX_COORDINATOR_PORT") or otherwise


def _partly(whose: str, lacking: Iterable[str], instead: str) -> Place:
    """One process, where not everything says which of several it is."""
    listed = some([*lacking])
    return Place(why=f"{whose}'s variables are only partly set (no {listed}); {instead}")


def _impossible(whose: str, process_id: int, processes: int | None) -> Place:
    """One process, where the variables contradict each other."""
    number = f"process {process_id} of {processes}, counted from 0"
    return Place(why=f"{whose}'s variables say {number}; {_BY_FLAGS}")


def _own_devices(
    environ: Environment, local_id: int, processes_here: int | None
) -> tuple[int, ...] | None:
    """An equal share of the machine's accelerators, unless each process sees its own only.

    JAX takes one a process by itself, even for the only process of a machine with several.
    """
    listed = next((environ[name] for name in _VISIBLE if environ.get(name)), "")
    visible = len(listed.split(",")) if listed else None
    per_task = re.search("[0-9]+$", environ.get("SLURM_GPUS_PER_TASK", ""))
    limited = per_task is not None and (visible is None or visible <= int(per_task[0]))
    if processes_here == 1 or visible == 1 or limited or environ.get("JAX_LOCAL_DEVICE_IDS"):
        return None
    share = max(visible // processes_here, 1) if visible and processes_here else 1
    return tuple(range(local_id * share, (local_id + 1) * share))
