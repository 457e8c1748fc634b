"""Where a run ran: devices, versions and settings that its numbers depend on."""

import importlib.metadata
import os
import platform
import shutil
import subprocess
from pathlib import Path
from typing import Any

import jax

from augjax.runtime.determinism import JAX_SETTINGS

_PACKAGES = (
    "augjax", "jax", "jaxlib", "flax", "optax", "dm-pix", "numpy", "pillow", "tensorflow-datasets"
)  # fmt: skip
_TENSORFLOW = ("tensorflow", "tensorflow-cpu")
_SETTINGS = ("JAX_PLATFORMS", "XLA_FLAGS", "NPROC", "CUDA_VISIBLE_DEVICES")


def environment() -> dict[str, Any]:
    """Versions, devices, settings and the checkout's commit, for `run.json`."""
    return {
        "python": platform.python_version(),
        "platform": platform.platform(),
        "processor": _processor(),
        "cpus": os.cpu_count(),
        "devices": [f"{d.platform}:{d.id} {d.device_kind}" for d in jax.devices()],
        "processes": jax.process_count(),
        "versions": {
            name: version for name in (*_PACKAGES, *_TENSORFLOW) if (version := _version(name))
        },
        "settings": {name: os.environ[name] for name in _SETTINGS if name in os.environ},
        "jax": {name: getattr(jax.config, name) for name in JAX_SETTINGS},
        "git_commit": _git_commit(),
    }


def device_line() -> str:
    """The devices in one line, with a warning if a GPU goes unused."""
    devices, processes = jax.devices(), jax.process_count()
    on_cpu = devices[0].platform == "cpu"
    cores = f", {os.cpu_count()} cores" if on_cpu else ""
    plural = "s" if len(devices) > 1 else ""
    shared = f" of {processes} processes" if processes > 1 else ""
    line = (
        f"Running on {len(devices)} {devices[0].device_kind} device{plural}{shared} "
        f"(JAX {jax.__version__}{cores})."
    )
    if on_cpu and not os.environ.get("JAX_PLATFORMS") and _has_nvidia_gpu():
        line += (
            "\nWarning: there is an NVIDIA GPU, but this JAX has no GPU build; "
            'install it with: pip install -e ".[cuda13]"'
        )
    return line


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next((line.partition(": ")[2] for line in lines if line.startswith("model name")), "")


def _has_nvidia_gpu() -> bool:
    return Path("/proc/driver/nvidia/version").exists() or bool(shutil.which("nvidia-smi"))


def _version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def _git_commit() -> str | None:
    try:
        shown = subprocess.run(
            ["git", "-C", str(Path(__file__).parent), "rev-parse", "HEAD"],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
    except (OSError, subprocess.CalledProcessError):
        return None
    return shown.stdout.strip()
