"""A groat server for as long as an example runs."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def served(folder: Path) -> Generator[str]:
    """Run a server on a free port, its database and its log in ``folder``; gives its address."""
    command = [sys.executable, "-m", "groat_server.main", "serve", "--address", "127.0.0.1:0"]
    command += ["--store", f"sqlite:///{folder / 'groat.db'}"]
    with (folder / "server.log").open("w") as log:
        server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)
    with server:
        line = server.stdout.readline() if server.stdout else ""
        if not line:
            raise SystemExit(f"the server did not start; see {folder / 'server.log'}")
        try:
            yield line.split()[-1]
        finally:
            server.terminate()


def fresh(folder: Path) -> Path:
    """Make an empty folder, so that an example works again when run twice."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder
