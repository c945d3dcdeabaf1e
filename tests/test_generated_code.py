"""The committed generated code is what the protos say."""

from __future__ import annotations

import re
from pathlib import Path

from tests.generate import ROOT, generate


def test_committed_code_is_what_the_protos_generate(tmp_path: Path) -> None:
    """A proto that changed without `make proto` would serve something else than it says."""
    generate(tmp_path)

    fresh = {p.name: p.read_text() for p in (tmp_path / "groat" / "v1").iterdir()}
    committed = {
        p.name: p.read_text()
        for p in (ROOT / "client" / "groat" / "v1").iterdir()
        if p.is_file() and p.name != "__init__.py"
    }
    assert committed == fresh


def test_protos_import_google_protobuf_only() -> None:
    """`protoc -I proto` is then all that any language needs."""
    protos = (ROOT / "proto" / "groat" / "v1").glob("*.proto")
    imports = {
        name for proto in protos for name in re.findall(r'import "(.+?)"', proto.read_text())
    }

    assert all(name.startswith(("google/protobuf/", "groat/v1/")) for name in imports)
    assert imports
