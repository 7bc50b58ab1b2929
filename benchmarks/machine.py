"""What the measurements were taken on and with."""

import os
import platform
import subprocess
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np  # noqa: F401  (its BLAS has to be loaded to be described)
from threadpoolctl import threadpool_info

from benchmarks import child
from handgrad.threads import available_cores

PACKAGES = ("handgrad", "numpy", "torch", "jax", "scikit-learn")


def describe() -> dict[str, str]:
    """Describe machine and software, as seen from a contender's process."""
    one, five, _ = os.getloadavg()
    return {
        "processor": _processor(),
        "cores": str(available_cores()),
        "system": f"{_system()}, kernel {platform.release()}",
        "Python": platform.python_version(),
        **{package: _version(package) for package in PACKAGES},
        "BLAS of numpy": _blas(),
        "commit": _commit(),
        "load when it began": f"{one:.1f} (one minute), {five:.1f} (five minutes)",
    }


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        fields = dict(
            map(str.strip, line.split(":", 1))
            for line in cpuinfo.read_text().splitlines()
            if ":" in line
        )
        if "model name" in fields:
            numbers = (fields.get("cpu family"), fields.get("model"))
            return f"{fields['model name']} (family {numbers[0]}, model {numbers[1]})"
    return platform.processor() or platform.machine()


def _system() -> str:
    try:
        return platform.freedesktop_os_release()["PRETTY_NAME"]
    except OSError:
        return platform.system()


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def _blas() -> str:
    return "; ".join(
        f"{library['internal_api']} {library['version']}, kernel {library.get('architecture')}"
        for library in threadpool_info()
        if library["user_api"] == "blas"
    )


def _commit() -> str:
    command = ["git", "describe", "--always", "--dirty"]
    result = subprocess.run(command, capture_output=True, text=True)
    return result.stdout.strip() or "unknown"


if __name__ == "__main__":
    child.main(describe)
