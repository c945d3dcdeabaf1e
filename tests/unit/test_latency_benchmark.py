"""The benchmark of what an ask costs: what is measured, what is claimed of it, and what is kept."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks import (
    cube,
    latency,
    latency_chart,
    latency_report,
    latency_rows,
    latency_runs,
    machine,
    problems,
    readme,
    searches,
)
from benchmarks.latency_rows import Row
from benchmarks.latency_runs import Timing

TIMING = Timing(
    cpu_s=(0.1, 0.1, 0.4),
    ask_s=(0.010, 0.012, 0.5),
    tell_s=(0.005, 0.005, 0.005),
    fill_s=2.0,
    first_s=9.0,
    others=0.01,
    fit_s=0.3,
)


def row(measure: str, contender: str, told: int, *, scale: float = 1.0, others: float = 0.0) -> Row:
    """A measurement on zdt1 whose CPU seconds are scaled."""
    cpu_s = tuple(scale * one for one in TIMING.cpu_s)
    return Row(
        measure=measure,
        contender=contender,
        problem="zdt1",
        fingerprint="",
        told=told,
        seed=0,
        version="",
        machine="",
        timing=replace(TIMING, cpu_s=cpu_s, others=others),
        commit="",
        date="2026-01-01",
    )


def test_asks_are_timed_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """A number of each, after a past that was attached; nothing is lost."""
    monkeypatch.setattr(latency_runs, "ASKS", 3)

    found = latency_runs.asks("optuna-tpe", problems.look_up("mixed_rag"), 12, 0)

    assert len(found.cpu_s) == len(found.ask_s) == len(found.tell_s) == 3
    assert min(found.fill_s, found.first_s, *found.ask_s) > 0
    assert (found.fit_s, found.lost) == (0.0, 0)


def test_long_pasts_are_timed_until_it_takes_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """A few cycles are made however slow they are."""
    monkeypatch.setattr(latency_runs, "MOST_S", 0.0)

    found = latency_runs.cycles("optuna-tpe", problems.look_up("zdt1"), 12, 0)

    assert len(found.ask_s) == latency_runs.LEAST_CYCLES


def test_several_workers_are_timed_together(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each has a first ask that does not count; of CPU there is only the mean."""
    monkeypatch.setattr(latency_runs, "FITS", 1)
    monkeypatch.setattr(latency_runs, "WORKERS", 2)
    monkeypatch.setattr(latency_runs, "WORKER_ASKS", 4)

    found = latency_runs.crowd("optuna-tpe", problems.look_up("zdt1"), 6, 0)

    assert len(found.ask_s) == len(found.tell_s) == 4
    assert len(found.cpu_s) == 1
    assert min(found.fit_s, found.cpu_s[0]) > 0


def test_a_past_is_as_long_as_said_and_begins_with_today() -> None:
    """Each configuration comes once, with its own values."""
    problem = problems.look_up("mixed_rag")

    facts = searches.past(problem, 33, 0)

    assert len({repr(fact.configuration) for fact in facts}) == 33
    assert facts[0].configuration == cube.default(problem.space)
    assert facts[7].values == problem.evaluate(facts[7].configuration)


def test_what_is_busy_only_grows() -> None:
    """All cores of the machine since it started."""
    first, second = machine.busy_s(), machine.busy_s()

    assert 0 < first <= second


@pytest.mark.parametrize(
    ("scale", "verdict"),
    [
        pytest.param(20.0, "1/20 and 1/20", id="just enough"),
        pytest.param(19.9, "**not kept**", id="too little"),
    ],
)
def test_the_claim_beside_the_peer(scale: float, verdict: str) -> None:
    """Kept at exactly a twentieth, by medians and by means."""
    rows = [row("asks", "groat-bayesian", 100), row("asks", "ax", 100, scale=scale)]

    text = latency_report.markdown(rows)

    [line] = [line for line in text.splitlines() if line.startswith("- zdt1") and "takes" in line]
    assert verdict in line


def test_the_mean_may_break_what_the_median_keeps() -> None:
    """A rare dear ask counts: medians are 1/20, means are 0.2 over 2.0."""
    peer = row("asks", "ax", 100)
    even = replace(peer, timing=replace(TIMING, cpu_s=(2.0, 2.0, 2.0)))

    text = latency_report.markdown([row("asks", "groat-auto", 100), even])

    assert "1/20 and 1/10 of ax's processor time" in text
    assert "at most 1/20: **not kept**" in text


def test_half_of_the_waits_decide() -> None:
    """12 ms are below 20, whatever the slowest one took."""
    text = latency_report.markdown([row("thinking", "groat-bayesian", 60)])

    assert "| zdt1 | 1 | 60 | 300 | 0.200 | 3 | 12.0 | 490.2 | 500.0 | 0.00 | kept |" in text


@pytest.mark.parametrize(
    ("scale", "verdict"), [(2.0, "By CPU this is kept"), (2.1, "By CPU this is **not kept**")]
)
def test_growth_is_that_of_the_mean(scale: float, verdict: str) -> None:
    """From a hundred told trials to a hundred thousand, whatever lies between."""
    rows = [
        row("cycles", "groat-nsga2", 100),
        row("cycles", "groat-nsga2", 1_000, scale=50.0),
        row("cycles", "groat-nsga2", 100_000, scale=scale),
    ]

    assert verdict in latency_report.markdown(rows)


def test_a_disturbed_measurement_is_said_to_be_one() -> None:
    """One of two, with how many cores were busy elsewhere."""
    rows = [
        row("asks", "groat-auto", 20, others=1.25),
        row("asks", "groat-auto", 50, others=0.02),
    ]

    text = " ".join(latency_report.markdown(rows).split())

    assert "**Disturbed**: during 1 of 2 measurements" in text
    assert "1.25 cores at the most" in text
    assert "Undisturbed" in latency_report.markdown(rows[1:])


def test_a_point_of_the_chart_is_the_mean_of_all_asks() -> None:
    """Two seeds, 0.2 and 0.4 on average: their means are the ends of the bar."""
    rows = [row("asks", "ax", 20), replace(row("asks", "ax", 20, scale=2.0), seed=1)]

    assert latency_chart.points(rows, "ax") == {20: pytest.approx([0.3, 0.2, 0.4])}


def test_slow_peers_are_asked_after_a_hundred_trials_at_most() -> None:
    """And the longest past is imported once."""
    tasks = latency.tasks(3)

    most = {task.contender: task.told for task in sorted(tasks, key=lambda task: task.told)}
    assert (most["ax"], most["groat-auto"], most["groat-nsga2"]) == (100, 1_000, 100_000)
    assert sum(task.told == latency.ONCE for task in tasks) == 1
    assert len(set(tasks)) == len(tasks)


def test_a_finished_measurement_is_not_repeated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its line has the key of the task, so only the report is written again."""
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.setattr(latency, "RESULTS", tmp_path)
    monkeypatch.setattr(latency_rows, "KNOWN", tmp_path / "latency.jsonl")
    monkeypatch.setattr(readme, "README", tmp_path / "README.md")
    readme.README.write_text(f"<!-- written by python -m benchmarks.latency -->{readme.END}")
    [task] = [t for t in latency.tasks(1) if (t.contender, t.told) == ("groat-nsga2", 100)]
    fingerprint, version, where = task.key[3], *task.key[-2:]
    made = row("cycles", "groat-nsga2", 100)
    known = replace(made, fingerprint=fingerprint, version=version, machine=where)
    latency_rows.append([known])

    code = latency.main(["--contenders", "groat-nsga2", "--told", "100", "--seeds", "1"])

    assert code == 0
    assert latency_rows.read() == [known]
    assert {path.suffix for path in tmp_path.iterdir()} == {".jsonl", ".md", ".png"}
    assert "nothing else took more than" in (tmp_path / "README.md").read_text()
