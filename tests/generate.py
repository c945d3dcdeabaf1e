"""Generates the Python code of proto/ into a folder: `python tests/generate.py client`."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

ROOT = Path(__file__).parent.parent


def generate(target: Path) -> None:
    """Run protoc over every proto; messages everywhere, services for service.proto only."""
    well_known = str(files("grpc_tools") / "_proto")
    compiler = [sys.executable, "-m", "grpc_tools.protoc", f"-I{ROOT / 'proto'}", f"-I{well_known}"]
    protos = sorted((ROOT / "proto" / "groat" / "v1").glob("*.proto"))
    messages = [f"--python_out={target}", f"--mypy_out=quiet:{target}"]
    services = [f"--grpc_python_out={target}", f"--mypy_grpc_out=quiet:{target}"]
    # The stub plug-ins are looked up on the path; they stand beside the interpreter.
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    for arguments in ([*messages, *map(str, protos)], [*services, str(_service(protos))]):
        subprocess.run([*compiler, *arguments], check=True, env={**os.environ, "PATH": path})


def _service(protos: list[Path]) -> Path:
    return next(proto for proto in protos if proto.name == "service.proto")


if __name__ == "__main__":
    generate(Path(sys.argv[1]))
