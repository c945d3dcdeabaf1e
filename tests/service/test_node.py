"""A second language runs the loop from the same protos, without our code."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.generate import ROOT
from tests.running import RunningServer

EXAMPLE = ROOT / "examples" / "node"


@pytest.fixture(scope="module")
def node() -> str:
    """The interpreter, with the example's two packages installed beside it."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        pytest.skip("node is not installed")
    if not (EXAMPLE / "node_modules").is_dir():
        install = [npm, "ci", "--no-audit", "--no-fund"]
        if subprocess.run(install, cwd=EXAMPLE, check=False, timeout=120).returncode:
            pytest.skip("the npm registry is out of reach")
    return node


def test_node_asks_tells_and_reads_the_front(node: str, server: RunningServer) -> None:
    """Its last line counts what the server has."""
    script = str(Path(EXAMPLE, "tune.js"))

    printed = subprocess.check_output(
        [node, script, "--server", server.address, "--trials", "12"], text=True, timeout=120
    )

    summary = json.loads(printed.splitlines()[-1])
    assert summary["trials"] == 12
    assert summary["front"] >= 1
