"""Puts the house together and keeps it running until told to stop."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from uuid import uuid4

import structlog

from groat.errors import GroatError
from groat_server import logs, settings
from groat_server.engine import Engine
from groat_server.rpc import Server, is_serving
from groat_server.sampler import Sampler
from groat_server.settings import HealthCheck, Settings
from groat_server.storage.sql import SqlStore

_log = structlog.get_logger(__name__)
_THREADS = 16


def main(arguments: Sequence[str] | None = None) -> int:
    """Run ``groat-server``; returns the exit code."""
    try:
        wanted = settings.read(sys.argv[1:] if arguments is None else arguments)
        if isinstance(wanted, HealthCheck):
            return 0 if is_serving(wanted.address) else 1
        logs.set_up(wanted.log_format)
        asyncio.run(serve(wanted))
    except (ValueError, GroatError, OSError) as error:
        sys.stderr.write(f"groat-server: {error}\n")
        return 1
    return 0


async def serve(wanted: Settings) -> None:
    """Serve until SIGTERM or SIGINT, then let running calls finish.

    Raises:
        GroatError: The store cannot be opened.
        OSError: The address is taken.
    """
    loop = asyncio.get_running_loop()
    loop.set_default_executor(ThreadPoolExecutor(_THREADS, thread_name_prefix="groat"))
    store = await asyncio.to_thread(SqlStore.open, wanted.store)
    sampler = Sampler(workers=wanted.fit_workers, timeout_s=wanted.fit_timeout_s)
    ahead = wanted.computes_ahead
    engine = Engine(store, sampler, clock=_now, make_id=_new_id, computes_ahead=ahead)
    server = Server(engine, wanted.address)
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    try:
        address = await server.start()
        # On standard output, so that whoever started a server on port 0 learns where it is.
        sys.stdout.write(f"groat-server listening on {address}\n")
        sys.stdout.flush()
        _log.info("serving", address=address)
        await stop.wait()
        _log.info("draining", seconds=wanted.drain_s)
    finally:
        await server.stop(wanted.drain_s)
        await asyncio.to_thread(sampler.close)
        await asyncio.to_thread(store.close)
    _log.info("stopped")


def _now() -> datetime:
    return datetime.now(UTC)


def _new_id() -> str:
    return str(uuid4())


if __name__ == "__main__":
    sys.exit(main())
