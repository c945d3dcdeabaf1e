"""Files of trials, row by row: what they become, and every fault with its line."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from rich.console import Console

import groat
from groat import errors, model
from groat._drafts import request_ids
from groat.cli.importing import ticked
from groat.cli.rows import configuration, drafts
from groat.cli.trial_file import FORMATS
from groat.declare import study_spec

SPACE = [
    groat.choice("retriever", ["bm25", "dense"]),
    groat.integer("k", 1, 20, when={"retriever": ["dense"]}),
    groat.subset("tools", ["search", "shell"]),
]
METRICS = [
    groat.maximize("quality"),
    groat.at_most("latency", 4.0),
    groat.tracked("words"),
]
SPEC = study_spec(
    SPACE,
    METRICS,
    constraints=[groat.forbid(retriever="bm25", tools=["shell"])],
    budget=groat.Budget(max_spend=groat.Money.of(9, "EUR")),
)
HEADER = "retriever,k,tools,quality,quality.error,latency,words,example_count,state,reason,spend\n"


def read(text: str, kind: str = "csv", **options: bool) -> list[model.TrialDraft]:
    """Drafts for the study above."""
    return drafts(SPEC, FORMATS[kind](text), **options)


def faults(text: str, kind: str = "csv", **options: bool) -> dict[str, str]:
    """What is wrong, by place."""
    with pytest.raises(errors.InvalidArgument) as caught:
        read(text, kind, **options)
    return {one.path: one.problem for one in caught.value.violations}


def metric(name: str, value: float, error: float | None = None) -> model.MetricValue:
    return model.MetricValue(metric_id=name, value=value, standard_error=error)


def test_a_row_is_a_finished_trial() -> None:
    """All that a row can say, and the fee in the study's own currency."""
    (draft,) = read(HEADER + "dense,3,search|shell,0.5,0.1,2,,40,,,0.25\n")

    metrics = (metric("quality", 0.5, 0.1), metric("latency", 2.0))
    measured = model.Measurement(metrics=metrics, example_count=40)
    assert draft == model.TrialDraft(
        configuration={"retriever": "dense", "k": 3, "tools": ("search", "shell")},
        outcome=model.Succeeded(measurement=measured),
        usage=(groat.fee(groat.Money.of("0.25", "EUR")),),
    )


def test_an_empty_cell_is_nothing() -> None:
    """An inactive parameter and what nobody measured or spent."""
    (draft,) = read(HEADER + "bm25,,[],0.5,,2,,,,,\n")

    assert draft.configuration == {"retriever": "bm25", "tools": ()}
    assert isinstance(draft.outcome, model.Succeeded)
    assert draft.outcome.measurement.value("words") is None
    assert draft.usage == ()


def test_a_row_may_say_that_it_did_not_work() -> None:
    """Why, and what was measured all the same."""
    rows = "bm25,,[],,,,,,infeasible,no memory,\nbm25,,[],0.1,,,,,infeasible,,\n"

    first, second = (draft.outcome for draft in read(HEADER + rows))

    assert first == model.Infeasible(reason="no memory")
    assert second == model.Infeasible(
        measurement=model.Measurement(metrics=(metric("quality", 0.1),))
    )


@pytest.mark.parametrize(
    "line",
    [
        '{"retriever": "dense", "k": 3, "tools": ["search"], "quality": 0.5, "quality.error": 0.1,'
        ' "latency": 2, "words": null, "spend": 0.1}',
        '{"parameters": {"retriever": "dense", "k": 3, "tools": "search"}, "spend": "0.10 EUR",'
        ' "metrics": {"quality": 0.5, "quality.error": 0.1, "latency": 2}}',
    ],
    ids=["flat", "nested"],
)
def test_an_object_is_what_a_row_is(line: str) -> None:
    """Flat or nested; amounts are read as they stand and are exact."""
    row = HEADER + "dense,3,search,0.5,0.1,2,,,,,0.1\n"

    assert read(line, "jsonl") == read(row)


def test_amounts_and_texts_of_objects_are_read_as_they_stand() -> None:
    """A float would lose a nano here, and a line does not end at every sign that could end one."""
    row = '{"retriever": "bm25", "tools": [], "state": "infeasible", "reason": "a\u2028b"'

    (draft,) = read(row + ', "spend": 12345678.123456789}', "jsonl")

    assert draft.outcome == model.Infeasible(reason="a\u2028b")
    assert draft.usage == (groat.fee(groat.Money(12345678_123456789, "EUR")),)


def test_a_queued_row_is_its_configuration() -> None:
    """What it had elsewhere is not even read: it shall be found out here."""
    (draft,) = read(HEADER + "bm25,,search,good,,,,40,failed,,much\n", queued=True)

    chosen = {"retriever": "bm25", "tools": ("search",)}
    assert draft == model.TrialDraft(configuration=chosen, example_count=40)


def test_a_constraint_is_for_queueing_only() -> None:
    """What was tried elsewhere is a fact."""
    row = HEADER + "bm25,,shell,0.5,,2,,,,,\n"

    assert len(read(row)) == 1
    assert "forbidden combination" in faults(row, queued=True)["line 2"]


def test_every_fault_has_its_line() -> None:
    """All rows are read to the end, whatever stands in the first."""
    found = faults(
        HEADER
        + "sparse,,[],high,,2,,,,,\n"
        + "dense,,[],0.5,,,,,,,\n\n"
        + 'bm25,3,,0.5,-1,2,,1.5,running,"broken\nin two",2 USD\n'
        + "bm25,,[],0.5,,2,,,,because,-1\n"
        + "bm25,,[],,0.1,1e999,,,,,\n"
    )

    assert found == {
        "line 2, retriever": "'sparse' is none of 'bm25', 'dense'",
        "line 2, quality": "'high' is not a number",
        "line 3, k": "has no value",
        "line 3, latency": "this constraint has no value",
        "line 5, quality.error": "'-1' is negative",
        "line 5, example_count": f"'1.5' is not a whole number from 0 to {2**62}",
        "line 5, state": "'running' is neither succeeded nor infeasible; leave such rows out",
        "line 5, spend": "'2 USD' is not in EUR; convert it first",
        "line 5, k": "has a value, but is not active here: it depends on retriever",
        "line 5, tools": "has no value; write [] for no items",
        "line 7, reason": "only a trial that is infeasible has one; set state",
        "line 7, spend": "'-1' is negative",
        "line 8, latency": "'1e999' is too large",
        "line 8, quality.error": "is the standard error of no value",
    }


@pytest.mark.parametrize(
    ("row", "places"),
    [
        ("sparse,3,[],0.5,,9,,,,,", ["retriever"]),
        ("dense,x,[],,,2,,,,,", ["k", "quality"]),
        (",,[],0.5,,2,,,odd,,", ["state", "retriever"]),
        ("bm25,,[],0.5,,,,,odd,,", ["state"]),
    ],
    ids=["whether k is active", "k itself", "no value", "whether latency is needed"],
)
def test_what_only_follows_from_an_unread_cell_is_no_fault(row: str, places: list[str]) -> None:
    """Whoever mends the cell has nothing else to mend; what is wrong besides is named."""
    assert list(faults(HEADER + row + "\n")) == [f"line 2, {place}" for place in places]


@pytest.mark.parametrize(
    ("text", "place", "problem"),
    [
        ("retriever,k,k\nbm25,1,1\n", "line 1", "k: a column stands there twice"),
        ("retriever,tools\nbm25,[]\nbm25\n", "line 3", "1 cells under 2 columns"),
        ('retriever\n"bm25\n', "line 2", "unexpected end of data"),
        ("retriever,mood\nbm25,\nbm25,good\n", "line 3, mood", "is none of retriever, k, tools"),
        ("k,parameters.k\n1,1\n", "line 2, parameters.k", "is the same as k"),
    ],
    ids=["twice", "short", "quotes", "unknown", "the same"],
)
def test_a_table_must_be_one(text: str, place: str, problem: str) -> None:
    """Nothing is guessed, and a column that is empty all the way down means nothing."""
    assert problem in faults(text)[place]


def test_every_line_of_objects_must_be_one() -> None:
    """All lines that are not are named at once."""
    found = faults('{"k": 1\n\n[1]\n{"k": 1, "k": 2}\n', "jsonl")

    assert list(found) == ["line 1", "line 3", "line 4"]
    assert found["line 1"] == "is no JSON: Expecting ',' delimiter at character 8"
    assert found["line 3"] == "is no object, such as {...}"
    assert found["line 4"] == "k: a key stands there twice"


def test_a_name_of_two_things_is_said_in_full() -> None:
    """Nobody knows which of the two a column is about."""
    spec = study_spec([groat.integer("state", 1, 3)], [groat.maximize("state")])
    cells = "parameters.state,metrics.state,metrics.state.error\n2,0.5,0.1\n"

    (draft,) = drafts(spec, FORMATS["csv"](cells))

    assert draft.configuration == {"state": 2}
    with pytest.raises(errors.InvalidArgument, match="is a parameter and a metric and a word"):
        drafts(spec, FORMATS["csv"]("state\n2\n"))


def test_money_per_example_comes_from_spend() -> None:
    """It takes both the amount and the number of examples."""
    price = groat.minimize("price", derive=groat.money_per_example())
    spec = study_spec([groat.flag("f")], [price])

    (draft,) = drafts(spec, FORMATS["csv"]("f,spend,example_count\n1,0.5,10\n"))

    assert draft.usage == (groat.fee("0.5"),)
    for row in ("f,spend\n1,0.5\n", "f,example_count\n1,10\n"):
        with pytest.raises(errors.InvalidArgument, match="takes spend and example_count"):
            drafts(spec, FORMATS["csv"](row))


@pytest.mark.parametrize(
    "derivation",
    [
        groat.latency(),
        groat.tokens_per_example(),
        groat.score("exact"),
        replace(groat.money_per_example(), aggregation=groat.Aggregation.P95),
    ],
)
def test_other_derived_metrics_cannot_come_from_a_file(derivation: model.Derivation) -> None:
    """A fee has no tokens, and a row no records: a made-up value must not get on the front."""
    spec = study_spec([groat.flag("f")], [groat.maximize("m", derive=derivation)])

    with pytest.raises(errors.InvalidArgument, match="takes more than there is here"):
        drafts(spec, FORMATS["csv"]("f,spend,example_count\n1,0.5,10\n"))
    with pytest.raises(errors.InvalidArgument, match="derived by the server; leave it out"):
        drafts(spec, FORMATS["csv"]("f,m\n1,0.5\n"))


@pytest.mark.parametrize(("count", "part"), [("10", 10), ("100", 0), ("", 0)])
def test_a_part_of_the_examples_is_no_whole_evaluation(count: str, part: int) -> None:
    """Where trials are evaluated on few examples first, the front is for whole ones."""
    kind = groat.Hyperband(min_examples=5, max_examples=100)
    spec = replace(SPEC, algorithm=groat.Algorithm(kind=kind))
    row = f"retriever,tools,quality,latency,example_count\nbm25,[],0.5,1,{count}\n"

    (draft,) = drafts(spec, FORMATS["csv"](row))

    assert draft.example_count == part


def test_the_same_rows_have_the_same_request_ids() -> None:
    """In any order and with more among them; a row that stands twice is two trials."""
    rows = ["bm25,,[],0.5,,2,,,,,\n", "dense,3,[],0.5,,2,,,,,\n", "bm25,,[],0.5,,2,,,,,\n"]
    more = "dense,4,[],0.5,,2,,,,,\n"

    ids = request_ids("s", read(HEADER + "".join(rows)))
    again = request_ids("s", read(HEADER + more + "".join(reversed(rows))))

    assert len(set(ids)) == 3
    assert set(ids) < set(again)
    assert not set(ids) & set(request_ids("other", read(HEADER + "".join(rows))))


def test_request_ids_are_for_good() -> None:
    """With others a file that was imported by an older release would be imported twice."""
    made = read(HEADER + "dense,3,search|shell,0.5,0.1,2,,40,,,0.25\nbm25,,[],,,,,,infeasible,,\n")
    queued = read(HEADER + "dense,3,search,,,,,40,,,\n", queued=True)

    assert request_ids("s", made + queued) == [
        "555d6627-f2e9-5524-bbb8-86d5124108e4",
        "08d34256-3a78-5bc9-a6f0-f12a417455c9",
        "d64dbdab-fb1c-5fda-b02c-97b2cd7b6302",
    ]


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (["k=3", "retriever"], "'retriever': is not written as id=value"),
        (["retriever=bm25", "mood=good"], "'mood=good': is not written as id=value, with an id"),
        (["retriever=bm25", "retriever=bm25"], "retriever stands there twice"),
        (["retriever=bm25", "tools=x", "k=y"], "tools: 'x' is none of 'search', 'shell'"),
        (["retriever=bm25"], "tools: has no value; write [] for no items"),
    ],
)
def test_a_configuration_in_words_must_be_whole(words: list[str], problem: str) -> None:
    """As in ``groat predict``."""
    with pytest.raises(errors.InvalidArgument) as caught:
        configuration(SPEC, words)

    assert problem in str(caught.value)


def test_a_configuration_in_words_is_read_by_domain() -> None:
    """Only the first equals sign is one."""
    spec = study_spec([groat.choice("c", ["a=b", "c"]), *SPACE], METRICS)

    chosen = configuration(spec, ["c=a=b", "retriever=bm25", "k=", "tools=shell|search"])

    assert chosen == {"c": "a=b", "retriever": "bm25", "tools": ("search", "shell")}


@pytest.mark.parametrize(("is_terminal", "shown"), [(True, "3/3"), (False, "")])
def test_a_bar_is_for_terminals(is_terminal: bool, shown: str) -> None:
    """A script's log gets none."""
    screen = io.StringIO()

    items = list(ticked([1, 2, 3], Console(file=screen, force_terminal=is_terminal)))

    assert items == [1, 2, 3]
    assert shown in screen.getvalue()
    assert bool(screen.getvalue()) is is_terminal
