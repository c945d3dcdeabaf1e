"""Settings: flags before environment before defaults, and nothing that makes no sense."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from groat_server import settings
from groat_server.settings import BadSetting, Settings


def read(*flags: str, environment: Mapping[str, str] | None = None) -> Settings:
    """Read the settings of ``serve``."""
    wanted = settings.read(["serve", *flags], environment or {})
    assert isinstance(wanted, Settings)
    return wanted


def test_without_a_word_it_serves_loopback_from_a_file() -> None:
    """A newcomer's first start is safe and remembers."""
    wanted = read()

    assert (wanted.address, wanted.store) == ("127.0.0.1:50051", "sqlite:///groat.db")


def test_a_flag_wins_over_the_environment() -> None:
    """What is typed now is meant now."""
    wanted = read("--drain", "3", environment={"GROAT_DRAIN": "5", "GROAT_FIT_WORKERS": "2"})

    assert (wanted.drain_s, wanted.fit_workers) == (3, 2)


def test_it_computes_ahead_unless_told_otherwise() -> None:
    """An ask that answers at once is what everybody wants; a machine without idle time is not."""
    assert read().computes_ahead
    assert not read("--ahead", "off").computes_ahead
    assert not read(environment={"GROAT_AHEAD": "off"}).computes_ahead


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        pytest.param(["--address", "50051"], "HOST:PORT", id="no host"),
        pytest.param(["--address", "127.0.0.1:99999"], "HOST:PORT", id="no such port"),
        pytest.param(["--address", "0.0.0.0:50051"], "--insecure", id="open to all"),
        pytest.param(["--store", "mysql://x/y"], "sqlite", id="another database"),
        pytest.param(["--fit-workers", "many"], "not a number", id="no number"),
        pytest.param(["--fit-workers", "0"], "1 to 64", id="too few"),
        pytest.param(["--log-format", "xml"], "json, text", id="no such format"),
        pytest.param(["--ahead", "yes"], "on, off", id="neither on nor off"),
    ],
)
def test_a_senseless_setting_is_refused_with_the_way_out(flags: list[str], words: str) -> None:
    """Better not to start than to serve something else than was meant."""
    with pytest.raises(BadSetting, match=words):
        read(*flags)


def test_an_open_address_wants_to_be_asked_for() -> None:
    """In a container the network is the boundary, and the image says so."""
    assert read("--address", "0.0.0.0:50051", "--insecure").is_insecure
    assert read("--address", "[::1]:50051").address == "[::1]:50051"
