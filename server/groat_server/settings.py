"""What an operator may set: flags first, then environment, then defaults."""

from __future__ import annotations

import argparse
import ipaddress
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

_LOOPBACK_NAMES = {"localhost"}


class BadSetting(ValueError):
    """A setting that the server will not start with; the message names the way out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How to serve.

    Attributes:
        address: Host and port; port 0 takes a free one.
        store: A SQLAlchemy URL of SQLite or PostgreSQL.
        fit_workers: Processes that fit models.
        fit_timeout_s: A fit that takes longer is given up for a Sobol point.
        computes_ahead: Compute suggestions before they are asked for.
        drain_s: How long running calls may finish after SIGTERM.
        log_format: ``json`` or ``text``.
        is_insecure: Allow plaintext off loopback.
    """

    address: str
    store: str
    fit_workers: int
    fit_timeout_s: float
    computes_ahead: bool
    drain_s: float
    log_format: str
    is_insecure: bool


_SERVE: tuple[tuple[str, str, str], ...] = (
    ("address", "127.0.0.1:50051", "host and port to listen on; port 0 takes a free one"),
    ("store", "sqlite:///groat.db", "database URL: sqlite:///FILE or postgresql://..."),
    ("fit-workers", "1", "processes that fit models"),
    ("fit-timeout", "120", "seconds after which a fit is given up for a Sobol point"),
    ("ahead", "on", "compute suggestions before they are asked for: on or off"),
    ("drain", "10", "seconds that running calls get after SIGTERM"),
    ("log-format", "text", "json or text"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthCheck:
    """Ask a running server whether it serves."""

    address: str


def _parser() -> argparse.ArgumentParser:
    root = argparse.ArgumentParser(prog="groat-server", description="The groat server.")
    commands = root.add_subparsers(dest="command", required=True)
    health = commands.add_parser("health", help="exit 0 if a server serves, 1 if not")
    health.add_argument("--address", default="127.0.0.1:50051", help="host and port to ask")
    serve = commands.add_parser("serve", help="serve groat.v1 until SIGTERM")
    for name, default, text in _SERVE:
        variable = _variable(name)
        serve.add_argument(f"--{name}", help=f"{text} [{default}; env {variable}]")
    serve.add_argument(
        "--insecure",
        action="store_true",
        help=f"allow plaintext on an address that others can reach [env {_variable('insecure')}=1]",
    )
    return root


def read(
    arguments: Sequence[str], environment: Mapping[str, str] = os.environ
) -> Settings | HealthCheck:
    """Read and check what is to be done.

    Raises:
        BadSetting: One of them makes no sense.
    """
    flags = vars(_parser().parse_args(arguments))
    if flags["command"] == "health":
        return HealthCheck(address=flags["address"])
    raw = {
        name: flags[name.replace("-", "_")] or environment.get(_variable(name)) or default
        for name, default, _ in _SERVE
    }
    settings = Settings(
        address=raw["address"],
        store=_store(raw["store"]),
        fit_workers=int(_number("fit-workers", raw["fit-workers"], 1, 64)),
        fit_timeout_s=_number("fit-timeout", raw["fit-timeout"], 1, 86_400),
        computes_ahead=_one_of("ahead", raw["ahead"], ("on", "off")) == "on",
        drain_s=_number("drain", raw["drain"], 0, 3_600),
        log_format=_one_of("log-format", raw["log-format"], ("json", "text")),
        is_insecure=flags["insecure"] or environment.get(_variable("insecure")) == "1",
    )
    _check_address(settings)
    return settings


def _variable(name: str) -> str:
    return "GROAT_" + name.upper().replace("-", "_")


def _number(name: str, text: str, low: float, high: float) -> float:
    try:
        value = float(text)
    except ValueError as error:
        raise BadSetting(f"{name}: {text!r} is not a number") from error
    if not low <= value <= high:
        raise BadSetting(f"{name}: {text} is outside {low:g} to {high:g}")
    return value


def _one_of(name: str, text: str, allowed: Sequence[str]) -> str:
    if text not in allowed:
        raise BadSetting(f"{name}: {text!r} is none of {', '.join(allowed)}")
    return text


def _store(url: str) -> str:
    if not url.startswith(("sqlite:", "postgresql:", "postgresql+psycopg:")):
        raise BadSetting("store: begins with neither sqlite: nor postgresql:")
    return url


def _check_address(settings: Settings) -> None:
    host, _, port = settings.address.rpartition(":")
    if not host or not port.isdigit() or int(port) > 65_535:
        raise BadSetting(f"address: {settings.address!r} is not HOST:PORT, like 127.0.0.1:50051")
    if not settings.is_insecure and not _is_loopback(host.strip("[]")):
        raise BadSetting(
            f"address: {host} can be reached from elsewhere, and this server speaks plaintext to "
            "anyone; listen on 127.0.0.1, or say --insecure where the network itself is closed"
        )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host in _LOOPBACK_NAMES
