"""Rules about the repository itself that no linter knows."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import entry_points

import pytest

from groat import errors
from groat_server.rpc.status import CLIENT_ONLY, STATUS
from tests.generate import ROOT

HEAVY = ("numpy", "scipy", "torch", "sqlalchemy", "rich", "groat_server")


def loaded_after(statement: str) -> set[str]:
    """Return the modules that a fresh interpreter has after a statement."""
    program = f"{statement}; import sys; print(*sys.modules)"
    printed = subprocess.check_output([sys.executable, "-c", program], text=True)
    return {name.partition(".")[0] for name in printed.split()}


def test_the_client_imports_nothing_heavy() -> None:
    """It runs inside other people's programs."""
    assert not loaded_after("import groat") & set(HEAVY)


@pytest.mark.parametrize("module", ["groat_server.main", "groat_server.engine"])
def test_the_serving_process_imports_neither_torch_nor_pymoo(module: str) -> None:
    """Models are fitted in processes of their own; the server starts without waiting for them."""
    assert not loaded_after(f"import {module}") & {"torch", "botorch", "gpytorch", "pymoo"}


def test_looking_up_a_heavy_algorithm_imports_no_torch() -> None:
    """The serving process asks each algorithm whether it is heavy."""
    names = [point.name for point in entry_points(group="groat.algorithms")]
    look_ups = "; ".join(f"look_up({name!r})" for name in names)

    loaded = loaded_after(f"from groat_server.algorithms import look_up; {look_ups}")

    assert "torch" not in loaded


def test_every_error_has_a_status() -> None:
    """Adding an error class without a gRPC status fails here."""
    assert set(errors.BY_REASON.values()) - CLIENT_ONLY == set(STATUS)


def test_no_field_is_called_cost_or_price() -> None:
    """Peers use one word for the objective, for dollars and for fidelity; here each has its own."""
    protos = (ROOT / "proto" / "groat" / "v1").glob("*.proto")
    lines = [line for proto in protos for line in proto.read_text().splitlines()]
    names = [line.split("=")[0].split()[-1] for line in lines if " = " in line.partition("//")[0]]

    assert not {"cost", "price"} & set(names)
    assert "max_spend" in names


def test_no_file_is_past_four_hundred_lines() -> None:
    """A longer one is two rooms."""
    folders = ("client", "server", "tests", "examples", "benchmarks")
    files = [path for folder in folders for path in (ROOT / folder).rglob("*.py")]
    written = [path for path in files if "v1" not in path.parts]

    assert [path.name for path in written if len(path.read_text().splitlines()) > 400] == []
    assert len(written) > 100
