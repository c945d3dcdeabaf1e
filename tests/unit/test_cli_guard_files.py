"""What a study file says of its guard and workload, files of usage, and other languages."""

from __future__ import annotations

import json
import re
import sys
import tomllib
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import groat
from groat import model
from groat.cli import study_file, workload_file
from groat.errors import InvalidArgument


def parse(text: str) -> tuple[str, model.StudySpec]:
    """Read TOML as the command does."""
    return study_file.parse(tomllib.loads(text, parse_float=Decimal))


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ('id = "s"\n[guard]\nmode = "enforced"', "guard.mode"),
        ('id = "s"\n[guard]\nhold_quantil = 0.5', "guard.hold_quantil"),
        ('id = "s"\n[guard.value]\nmonths = 1', "guard.value.requests_per_month"),
        ('id = "s"\nhold_quantile = 0.5\n[guard]\nmode = "advise"', "hold_quantile"),
        ('id = "s"\n[workload]\nspread = 2', "workload.examples"),
    ],
)
def test_an_odd_key_of_the_guard_is_named_with_its_path(text: str, path: str) -> None:
    """A guard that is looser than was meant is found out too late."""
    with pytest.raises(InvalidArgument, match=f"^{re.escape(path)}"):
        parse(text)


def test_the_quantile_of_holds_may_stand_at_the_top() -> None:
    """Files that were written before there was a table of the guard go on."""
    _, spec = parse('id = "s"\nhold_quantile = 0.8')

    assert spec.guard_policy == groat.GuardPolicy(hold_quantile=0.8)


ITEM = 'id = "s"\n[workload]\nexamples = 9\n[[workload.items]]\n'


@pytest.mark.parametrize(
    ("item", "problem"),
    [
        ("", r"workload.items\[0\]: needs exactly one of input_tokens, .*, amount"),
        ("amount = 1\nminutes = 1", r"items\[0\]: .* has minutes, amount"),
        ("input_token = 1", r"items\[0\]: .*is it what 'input_token' was meant to be"),
        ('model = "m"\ninput_tokens = 1', r"items\[0\].output_tokens: missing"),
        ('model = "m"\ninput_text = "a"', r"items\[0\].output_text: missing"),
        ("input_tokens = 1\noutput_tokens = 1", r"items\[0\].model: missing"),
        ("minutes = 1", r"items\[0\].hourly_rate: missing"),
        ("amount = 1\ntime = 2", r"items\[0\].time: unknown; is times meant?"),
        ('amount = 1\ncategory = "search"', r"items\[0\].category: .* is none of sampling"),
        (
            'model = "m"\noutput_text = ""\ninput_file = "no"',
            r"items\[0\].input_file: .*cannot be read",
        ),
    ],
)
def test_a_workloads_item_says_what_it_lacks(item: str, problem: str) -> None:
    """A forecast from half an item would be too low."""
    with pytest.raises(InvalidArgument, match=problem):
        parse(ITEM + item)


def test_a_workloads_text_may_be_a_file_beside_the_study(tmp_path: Path) -> None:
    """A prompt of two pages has its own file already."""
    (tmp_path / "prompt.txt").write_text("Be brief.")
    file = tmp_path / "study.toml"
    file.write_text(ITEM + 'model = "m"\ninput_file = "prompt.txt"\noutput_text = "Yes."')

    _, spec = study_file.read(str(file))

    assert spec.workload is not None
    assert spec.workload.items[0].usage.quantity == model.RawText(input="Be brief.", output="Yes.")


def test_lines_of_usage_say_all_that_a_worker_knows(tmp_path: Path) -> None:
    """Calls, texts, people and fees, in the categories that they usually have."""
    file = tmp_path / "usage.jsonl"
    file.write_text(
        '{"model": "m", "provider": "p", "input_tokens": 9, "output_tokens": 1, "requests": 3}\n'
        "\n"
        '{"model": "m", "input_text": "a", "output_text": "b", "cache_hit": true}\n'
        '{"minutes": 1.5, "hourly_rate": "40 EUR", "usage_id": "u"}\n'
        '{"amount": "0.1", "category": "sampling", "billed": 0.2}\n'
    )

    assert workload_file.read_usage(str(file)) == [
        groat.tokens("m", 9, 1, provider="p", request_count=3),
        groat.Usage(
            category=groat.SpendCategory.EXPERIMENT,
            quantity=model.RawText(input="a", output="b"),
            model="m",
            cache_hit=True,
        ),
        groat.human(1.5, groat.Money.of(40, "EUR"), usage_id="u"),
        groat.fee("0.1", category=groat.SpendCategory.SAMPLING, billed=groat.Money.of("0.2")),
    ]


def test_example_records_have_latencies_and_scores(tmp_path: Path) -> None:
    """Metrics that are derived from them can be told by hand, too."""
    file = tmp_path / "records.jsonl"
    file.write_text('{"example_id": "1", "latency_seconds": 0.5, "scores": {"valid": 1}}')

    (record,) = workload_file.read_records(str(file))

    assert record == groat.ExampleRecord(
        example_id="1", latency=timedelta(seconds=0.5), scores={"valid": 1.0}
    )


def test_every_line_that_is_no_usage_is_named(tmp_path: Path) -> None:
    """One round of mending is enough."""
    file = tmp_path / "usage.jsonl"
    file.write_text('{"amount": 1}\n{"amount": 1, "modle": "m"}\nno\n[]\n')

    with pytest.raises(InvalidArgument) as refused:
        workload_file.read_usage(str(file))

    paths = [one.path for one in refused.value.violations]
    assert paths == [str(file), "line 2.modle", "line 3", "line 4"]


def test_json_has_the_same_keys(tmp_path: Path) -> None:
    """A moment is a string there; everything else is the same."""
    content: dict[str, Any] = {"id": "s", "budget": {"deadline": "2026-12-24T18:00:00Z"}}
    file = tmp_path / "study.json"
    file.write_text(json.dumps(content))

    _, spec = study_file.read(str(file))

    assert spec.budget.deadline == datetime(2026, 12, 24, 18, tzinfo=UTC)


YAML = """
id: s
labels: {team: no}
budget: {max_spend: 0.1, max_trials: 1_000, deadline: 2026-12-24T18:00:00Z}
parameters:
  - {id: rate, real: [1e-5, .5]}
  - {id: mode, choice: [on, off, "1"], default: on}
metrics:
  - maximize: q
"""


def test_yaml_says_the_same_as_toml(tmp_path: Path) -> None:
    """Words that older YAML takes for truths are words, and money is exact."""
    file = tmp_path / "study.yaml"
    file.write_text(YAML)

    assert study_file.read(str(file)) == parse(
        """
        id = "s"
        labels = { team = "no" }
        budget = { max_spend = 0.1, max_trials = 1000, deadline = 2026-12-24T18:00:00Z }
        parameters = [
            { id = "rate", real = [1e-5, 0.5] },
            { id = "mode", choice = ["on", "off", "1"], default = "on" },
        ]
        metrics = [{ maximize = "q" }]
        """
    )


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("id: s\nid: t\n", "line 1: the key 'id' stands there twice"),
        ("labels:\n  1: a\n", "line 2: the key '1' is no word"),
        ("id: [s\n", "line 2"),
        ("- id\n", "the file: must be a table"),
    ],
)
def test_what_is_no_such_yaml_is_refused_with_its_line(
    tmp_path: Path, text: str, problem: str
) -> None:
    """The second of two budgets must not win in silence."""
    file = tmp_path / "study.yml"
    file.write_text(text)

    with pytest.raises(InvalidArgument, match=problem):
        study_file.read(str(file))


def test_yaml_without_its_extra_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The line can be pasted."""
    monkeypatch.delitem(sys.modules, "groat.cli.yaml_file", raising=False)
    monkeypatch.setitem(sys.modules, "yaml", None)
    file = tmp_path / "study.yaml"
    file.write_text(YAML)

    with pytest.raises(InvalidArgument, match=re.escape("pip install 'groat[cli]'")):
        study_file.read(str(file))
