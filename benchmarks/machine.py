"""Where and on what a benchmark ran."""

from __future__ import annotations

import subprocess
from pathlib import Path


def cpu_model() -> str:
    """Return the name of the processor. Linux only."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    return next(line.partition(": ")[2] for line in lines if line.startswith("model name"))


def commit() -> str:
    """Name the checkout; ``-dirty`` when it has changes that are not committed."""
    command = ["git", "describe", "--always", "--dirty"]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    return found.stdout.strip()
