"""A real groat server in a process of its own, for tests that kill and restart it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from types import TracebackType
from typing import Self

_PREFIX = "groat-server listening on "


class RunningServer:
    """``groat-server serve`` on one store; a restart keeps its port.

    Args:
        store: Database URL.
        options: Further command-line options.
    """

    def __init__(self, store: str, *options: str) -> None:
        self.address = "127.0.0.1:0"
        self._store = store
        self._options = options
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> str:
        """Start, and wait until it listens; returns its address."""
        command = [sys.executable, "-m", "groat_server.main", "serve"]
        command += ["--address", self.address, "--store", self._store, *self._options]
        self._process = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line.startswith(_PREFIX), f"the server did not start: {line!r}"
        self.address = line.removeprefix(_PREFIX).strip()
        return self.address

    def kill(self) -> None:
        """End it as a power cut would."""
        assert self._process is not None
        self._process.kill()
        self._reap()

    def stop(self) -> int:
        """Ask it to end, and return its exit code."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        return self._reap()

    def _reap(self) -> int:
        assert self._process is not None
        code = self._process.wait(timeout=30)
        if self._process.stdout is not None:
            self._process.stdout.close()
        self._process = None
        return code

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        if self._process is not None:
            self.kill()
