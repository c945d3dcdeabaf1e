"""The benchmark of several workers: simulated time, what is waited for, and its sums."""

from __future__ import annotations

import math
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks import (
    cube,
    fresh,
    groat_runs,
    parallel,
    parallel_report,
    parallel_rows,
    parallel_runs,
    problems,
    results,
)
from benchmarks.parallel_rows import Row
from benchmarks.parallel_runs import Crew, Way
from benchmarks.searches import Fact, Job
from groat_server.engine import ahead

ZDT1 = problems.look_up("zdt1")


class Diary:
    """A search that writes down what it was asked and told.

    Args:
        at_once: It gives no trial while so many run.
    """

    def __init__(self, at_once: float = math.inf) -> None:
        self.lines: list[str] = []
        self._points = iter(cube.spread(ZDT1.space, 64, 0))
        self._left = at_once
        self._numbers = iter(range(64))

    def attach(self, past: Sequence[Fact]) -> None:
        raise AssertionError(past)

    def ask(self, count: int = 1) -> list[Job]:
        self.lines.append(f"ask {count}")
        given = int(min(count, self._left))
        self._left -= given
        return [self._job(next(self._numbers)) for _ in range(given)]

    def _job(self, number: int) -> Job:
        return Job(next(self._points), lambda values: self._tell(number))

    def _tell(self, number: int) -> None:
        self._left += 1
        self.lines.append(f"tell {number}")

    def settle(self) -> None:
        self.lines.append("settle")

    def cpu_s(self) -> float:
        return 0.0

    def beside_s(self) -> float:
        return 0.0

    def lost(self) -> int:
        return 3


def worked(way: Way, lasts: list[float], diary: Diary) -> tuple[float, ...]:
    """Let a crew work, and return when its trials were told."""
    crew = Crew(way, diary, ZDT1, lasts)
    crew.work()
    return crew.outcome(cpu_s=0.0).times


def row(way: str, last: float, *, problem: str = "zdt1", seed: int = 0) -> Row:
    """A search of two trials, of which the final hypervolume is given."""
    return Row(
        problem=problem,
        way=way,
        fingerprint="",
        version="",
        seed=seed,
        curve=(0.1, last),
        times=(1.0, 2.5),
        cpu_s=0.0,
        wall_s=0.0,
        commit="",
        date="2026-01-01",
    )


def test_who_ends_first_tells_first_and_asks_at_once() -> None:
    """By hand: the second worker has run two more trials before the first has ended its own."""
    diary = Diary()

    times = worked(Way(name="", workers=2), [3.0, 1.0, 1.0, 5.0], diary)

    assert times == (1.0, 2.0, 3.0, 7.0)
    told = "ask 1, ask 1, settle, tell 1, ask 1, settle, tell 2, ask 1, tell 0, tell 3"
    assert ", ".join(diary.lines) == told


def test_a_batch_is_told_together_when_its_last_trial_ends() -> None:
    """Whoever was quicker waits; the order of telling is that of ending."""
    diary = Diary()

    times = worked(Way(name="", workers=2, is_batch=True), [3.0, 1.0, 2.0, 2.5, 4.0], diary)

    assert times == (3.0, 3.0, 5.5, 5.5, 9.5)
    told = "ask 2, settle, tell 1, tell 0, ask 2, settle, tell 2, tell 3, ask 1, tell 4"
    assert ", ".join(diary.lines) == told


def test_one_worker_takes_as_long_as_all_trials_together() -> None:
    """Nothing that is computed takes simulated time."""
    assert worked(Way(name="", workers=1), [3.0, 1.0, 2.0], Diary()) == (3.0, 4.0, 6.0)


def test_who_gets_no_trial_asks_again_after_the_next_result() -> None:
    """A search that gives one trial at a time keeps one of two workers idle."""
    assert worked(Way(name="", workers=2), [3.0, 1.0, 2.0], Diary(at_once=1)) == (3.0, 4.0, 6.0)


def test_a_search_without_trials_is_no_search() -> None:
    """It does not end quietly with fewer trials than were wanted."""
    with pytest.raises(RuntimeError, match="no more trials after 0"):
        worked(Way(name="", workers=2), [1.0], Diary(at_once=0))


def test_trials_take_one_on_average_and_differ() -> None:
    """The same dice for all, a tenth of the trials twice as long as another tenth or more."""
    lasts = parallel_runs.durations(0, 20_000)

    short, long = np.percentile(lasts, [10, 90])

    assert np.mean(lasts) == pytest.approx(1.0, abs=0.02)
    assert long > 2 * short
    assert lasts[:5] == parallel_runs.durations(0, 20_000)[:5]


def test_every_fallback_is_counted_and_every_trial_scored() -> None:
    """What the search says it lost, and the losses of all that was told, in order of telling."""
    crew = Crew(Way(name="", workers=2), Diary(), ZDT1, [3.0, 1.0, 1.0])

    crew.work()

    found = crew.outcome(cpu_s=1.5).run
    asked = [ZDT1.losses(ZDT1.evaluate(one)) for one in cube.spread(ZDT1.space, 3, 0)]
    np.testing.assert_array_equal(found.losses, [asked[1], asked[2], asked[0]])
    assert (found.fallbacks, found.cpu_s) == (3, 1.5)


def test_the_server_is_waited_for_longer_than_it_hesitates() -> None:
    """Else time would go on before it has begun what it computes after an ask."""
    assert groat_runs.QUIET_S > 1.5 * ahead._MOMENT_S


@pytest.fixture
def late(tmp_path: Path) -> Iterator[tuple[groat_runs.Server, Path]]:
    """A server of which nothing is there but a process that computes, and then writes a file."""
    done = tmp_path / "done"
    code = f"import time; sum(range(20_000_000)); open({str(done)!r}, 'w'); time.sleep(60)"
    process = subprocess.Popen([sys.executable, "-c", code], start_new_session=True)
    yield groat_runs.Server(address="", session=process.pid, log=done), done
    process.kill()
    process.wait()


def test_settling_waits_for_what_is_computed(late: tuple[groat_runs.Server, Path]) -> None:
    """A process that sleeps has nothing under way, one that computes has."""
    server, done = late

    server.settle()

    assert done.exists()


def test_groat_serves_several_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Through a real server, by an algorithm that needs no worker process."""
    monkeypatch.setattr(groat_runs, "QUIET_S", 0.1)

    found = parallel_runs.search(Way(name="groat-nsga2", workers=4), ZDT1, seed=0, trials=10)

    assert found.run.losses.shape == (10, 2)
    assert sorted(found.times) == list(found.times)
    assert found.run.cpu_s > 0


@pytest.mark.parametrize("way", ["optuna-tpe-1", "optuna-tpe-8", "scipy-sobol-8"])
def test_peers_run_all_their_trials(way: str) -> None:
    """Also where inactive parameters are left out, and today's configuration comes first."""
    problem = problems.look_up("mixed_rag")

    found = parallel_runs.search(parallel_runs.WAYS[way], problem, seed=0, trials=12)

    assert found.run.losses.shape == (12, 2)
    today = problem.losses(problem.evaluate(cube.default(problem.space)))
    assert today.tolist() in found.run.losses.tolist()


def test_what_is_reached_counts_from_when_it_is_told() -> None:
    """A trial that runs has no result yet."""
    one = row("groat-auto-8", 0.9)

    assert [one.reached(time) for time in (0.9, 1.0, 2.4, 2.5)] == [0.0, 0.1, 0.1, 0.9]


def test_the_ratio_is_that_of_medians_over_common_seeds() -> None:
    """0.6 over 0.8; the third seed of one worker has no counterpart, and does not count."""
    rows = [
        *(row("groat-auto-8", last, seed=seed) for seed, last in enumerate((0.5, 0.7))),
        *(row("groat-auto-1", last, seed=seed) for seed, last in enumerate((0.8, 0.8, 0.1))),
    ]

    assert parallel_report.ratio(rows, "zdt1", "groat-auto-8") == pytest.approx(0.75)
    assert parallel_report.ratio(rows, "zdt1", "optuna-tpe-8") is None


def test_the_report_says_plainly_what_is_kept() -> None:
    """Each problem has its own verdict, and the median of three its own."""
    many = {"zdt1": 0.98, "re21": 0.97, "dtlz2": 0.5}
    rows = [row("groat-auto-8", last, problem=name) for name, last in many.items()]
    rows += [row("groat-auto-1", 1.0, problem=name) for name in many]

    text = parallel_report.markdown(rows)

    assert "- zdt1: 0.980: kept" in text
    assert "- dtlz2: 0.500: **not kept**" in text
    assert "- median of 3 problems: 0.970: kept" in text


def test_other_workers_make_another_search(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows made under other rules are not taken for these."""
    before = parallel_rows.fingerprint("zdt1")

    monkeypatch.setattr(parallel_runs, "WORKERS", 9)

    assert parallel_rows.fingerprint("zdt1") != before


def test_a_finished_search_is_not_repeated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its line has the key of the task, so only the report is written again."""
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.setattr(results, "RESULTS", tmp_path)
    monkeypatch.setattr(parallel_rows, "KNOWN", tmp_path / "parallel.jsonl")
    task = parallel.Task(problem="zdt1", way="scipy-sobol-8", seed=0, trials=8)
    made = parallel.perform(task)
    parallel_rows.append([made])

    code = parallel.main(["--problems=zdt1", "--ways=scipy-sobol-8", "--seeds=1", "--trials=8"])

    assert (code, made.key) == (0, task.key)
    assert len((tmp_path / "parallel.jsonl").read_text().splitlines()) == 1
    assert parallel_rows.read() == [made]
    assert {path.suffix for path in tmp_path.glob("parallel-8.*")} == {".md", ".png"}


def test_the_newest_line_of_a_search_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that is only appended to may have older lines of the same."""
    monkeypatch.setattr(parallel_rows, "KNOWN", tmp_path / "parallel.jsonl")
    older = row("groat-auto-8", 0.9)

    parallel_rows.append([older, replace(older, cpu_s=2.0)])

    assert parallel_rows.read() == [replace(older, cpu_s=2.0)]


def test_a_failed_run_does_not_end_the_others() -> None:
    """There is no square root of -1; that of 4 is kept all the same."""
    kept: list[float] = []

    failed = fresh.make([-1.0, 4.0], math.sqrt, kept.extend)

    assert (kept, failed) == ([2.0], 1)
