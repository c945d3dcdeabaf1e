"""Where and on what a benchmark ran."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path


def cpu_model() -> str:
    """Return the name of the processor. Linux only."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    return next(line.partition(": ")[2] for line in lines if line.startswith("model name"))


def busy_s() -> float:
    """CPU seconds of everything that has run on all cores, or kept others from it. Linux only.

    Since the machine started, in steps of a hundredth of a second; what a host takes from a
    virtual machine counts.
    """
    first = Path("/proc/stat").read_text().partition("\n")[0]
    user, nice, system, _idle, _waiting, *rest = (int(field) for field in first.split()[1:9])
    return (user + nice + system + sum(rest)) / os.sysconf("SC_CLK_TCK")


def commit() -> str:
    """Name the checkout; ``-dirty`` when it has changes that are not committed."""
    command = ["git", "describe", "--always", "--dirty"]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    return found.stdout.strip()
