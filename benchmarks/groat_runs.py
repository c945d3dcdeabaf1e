"""groat as its users meet it: a server process, a database file, and the public client."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from importlib import metadata
from pathlib import Path

import groat
from benchmarks import checksums
from benchmarks.problems import Problem
from benchmarks.runs import Log, Peer, Run
from groat import model

_SERVER = Path(__file__).parents[1] / "server" / "groat_server"
DECIDING = (
    *(f"{room}.py" for room in ("space", "blocks", "columns", "conditions", "restrictions")),
    *("front.py", "history.py", "evidence.py", "algorithms/bayesian/*.py"),
    *(f"algorithms/{name}.py" for name in ("base", "design", "auto", "bayes", "sobol")),
    *(f"algorithms/{name}.py" for name in ("nsga2", "evolution", "variation")),
    *(f"../../benchmarks/{name}.py" for name in ("groat_runs", "runs", "cube")),
)
"""What decides which configuration comes next, and what is told."""

QUIET_S = 0.4
"""More than the moment that a server waits before it computes where nobody waits."""

_GLANCE_S = 0.05
_TICK_S = 1 / os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Server:
    """A running server; it and its workers are alone in their session."""

    address: str
    session: int
    log: Path

    def lost_fits(self) -> int:
        """How many fits failed, so that a Sobol point was suggested in their place."""
        return len(re.findall("fit_lost|fit_failed", self.log.read_text()))

    def cpu_s(self) -> float:
        """CPU seconds of the server and all its descendants since they started. Linux only."""
        ticks = sum(sum(int(field) for field in fields[11:15]) for fields in self._processes())
        return ticks * _TICK_S

    def settle(self) -> None:
        """Wait until it has nothing under way, which is when it did nothing for `QUIET_S`.

        What it computes ahead cannot be seen from outside, other than by this. Linux only.
        """
        quiet, before = 0, self.cpu_s()
        while quiet * _GLANCE_S < QUIET_S:
            time.sleep(_GLANCE_S)
            now = self.cpu_s()
            # A fit that waits for a core takes no time either, but it is running.
            is_quiet = now - before < 2 * _TICK_S and not self._is_running()
            quiet, before = quiet + 1 if is_quiet else 0, now

    def _is_running(self) -> bool:
        return any(fields[0] in "RD" for fields in self._processes("task/[0-9]*/stat"))

    def _processes(self, what: str = "stat") -> Iterator[list[str]]:
        """Yield what the system tells of its processes, from their state on."""
        for stat in Path("/proc").glob(f"[0-9]*/{what}"):
            # A process may end meanwhile; its parent has then taken over its time.
            try:
                fields = stat.read_text().rpartition(")")[2].split()
            except (FileNotFoundError, ProcessLookupError):
                continue
            if int(fields[3]) == self.session:
                yield fields


def run(kind: model.AlgorithmKind, problem: Problem, seed: int, trials: int) -> Run:
    """Search with one of groat's algorithms; the CPU is the server's with its workers.

    Raises:
        RuntimeError: The server stopped the study before its last trial.
    """
    log = Log(problem)
    with serving() as server, groat.Client(server.address) as client:
        start = server.cpu_s()
        study = begin(client, kind, problem, seed, trials)
        for trial in study:
            trial.tell(log.evaluate(trial.parameters))
        if log.count < trials:
            raise RuntimeError(f"{log.count} of {trials} trials, then {study.last_decision}")
        return log.run(cpu_s=server.cpu_s() - start, fallbacks=server.lost_fits())


def begin(
    client: groat.Client, kind: model.AlgorithmKind, problem: Problem, seed: int, trials: int
) -> groat.Study:
    """Begin a study with one of groat's algorithms that may run so many trials."""
    return client.create_study(
        f"{problem.name.replace('_', '-')}-{seed}",
        space=problem.space,
        metrics=problem.metrics,
        algorithm=model.Algorithm(kind=kind, seed=seed),
        budget=model.Budget(max_trials=trials),
    )


ALGORITHMS: dict[str, Peer] = {
    "groat-auto": partial(run, model.Auto()),
    "groat-bayesian": partial(run, model.Bayesian()),
    "groat-nsga2": partial(run, model.Nsga2()),
    "groat-sobol": partial(run, model.Sobol()),
}


def version(patterns: Iterable[str] = DECIDING) -> str:
    """Return groat's version, with a checksum of the code that chooses configurations.

    Args:
        patterns: Of files below the server's folder.
    """
    paths = [path for pattern in patterns for path in sorted(_SERVER.glob(pattern))]
    return f"groat {metadata.version('groat')}+{checksums.of_code(paths)}"


@contextmanager
def serving() -> Iterator[Server]:
    """Start a server on a free port with a new SQLite file; stop it by SIGTERM."""
    with tempfile.TemporaryDirectory() as folder, (Path(folder) / "log").open("w+") as log:
        process = subprocess.Popen(
            _command(f"sqlite:///{folder}/groat.db"),
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            start_new_session=True,
        )
        assert process.stdout is not None
        try:
            greeting = process.stdout.readline()
            if not greeting:
                raise RuntimeError(f"the server did not start: {Path(log.name).read_text()}")
            yield Server(address=greeting.split()[-1], session=process.pid, log=Path(log.name))
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=60)
            process.stdout.close()


def _command(store: str) -> list[str]:
    server = Path(sys.executable).with_name("groat-server")
    return [str(server), "serve", "--address", "127.0.0.1:0", "--store", store]
