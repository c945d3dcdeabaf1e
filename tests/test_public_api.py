"""The public names and signatures are those that were agreed on."""

from __future__ import annotations

import groat
from tests.generate import ROOT
from tests.public_api import describe


def test_the_public_api_is_as_written_down() -> None:
    """A name that vanishes or changes breaks somebody; `python -m tests.public_api` agrees anew."""
    agreed = (ROOT / "tests" / "assets" / "public_api.txt").read_text().splitlines()

    assert list(describe()) == agreed


def test_all_is_sorted_and_complete() -> None:
    """A reader finds a name, and `from groat import *` gives what is meant."""
    assert list(groat.__all__) == sorted(groat.__all__)
    assert all(hasattr(groat, name) for name in groat.__all__)


def test_no_public_signature_shows_protobuf_or_grpc() -> None:
    """They are how it works, not what it is."""
    shown = [line for line in describe() if "_pb2" in line or "grpc" in line]

    assert shown == []
