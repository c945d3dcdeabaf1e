"""What a person is told to touch first."""

from __future__ import annotations

import pytest

from groat import model
from groat_server.guard.plan.ranking import ranking
from groat_server.guard.plan.roles import role_of
from tests import plan_cases


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("model", "model"),
        ("generatorModel", "model"),
        ("embedding_model", "embedding"),
        ("retriever_top_k", "top_k"),
        ("k", "top_k"),
        ("chunkSize", "chunk"),
        ("max_tokens", "max_tokens"),
        ("system-prompt", "prompt"),
        ("sampling_temperature", "temperature"),
        ("num_agents", "agents"),
        ("max_iterations", "iterations"),
    ],
)
def test_role_is_read_off_the_id(name: str, role: str) -> None:
    """Names are written in many ways, and a qualifier says more than what it qualifies."""
    parameter = model.Parameter(id=name, domain=model.BoolDomain())

    assert role_of(parameter).name == role


@pytest.mark.parametrize("name", ["remodelled", "stickiness", "attempted"])
def test_words_inside_words_give_no_role(name: str) -> None:
    """A part of another word says nothing about what a parameter is for."""
    parameter = model.Parameter(id=name, domain=model.BoolDomain())

    assert role_of(parameter).name == ""


def test_shares_add_up_and_fall() -> None:
    """A ranking has every parameter once, and its shares are shares."""
    ranks = ranking(plan_cases.case())

    shares = [rank.importance for rank in ranks]
    assert sum(shares) == pytest.approx(1.0)
    assert shares == sorted(shares, reverse=True)
    assert {rank.parameter_id for rank in ranks} == {one.id for one in plan_cases.SPACE.parameters}


def test_model_leads_before_anything_is_told() -> None:
    """Published grids agree that the model is to be chosen first."""
    ranks = ranking(plan_cases.case())

    assert [rank.parameter_id for rank in ranks[:3]] == ["model", "prompt", "top_k"]


def test_many_trials_outweigh_belief() -> None:
    """Sixteen trials in a space of eight numbers weigh as much as what is believed."""
    case = plan_cases.case(screened={"temperature": 1.0}, screened_trials=16)

    first = ranking(case)[0]

    believed = {rank.parameter_id: rank.importance for rank in ranking(plan_cases.case())}
    assert first.parameter_id == "temperature"
    assert first.importance == pytest.approx(0.5 * believed["temperature"] + 0.5)
    assert "100% of the differences between your 16 trials" in first.why


def test_few_trials_change_little_and_are_not_quoted() -> None:
    """Two trials say next to nothing, and the plan does not pretend otherwise."""
    case = plan_cases.case(screened={"temperature": 1.0}, screened_trials=2)

    last = ranking(case)[-1]

    assert last.parameter_id in {"temperature", "rerank_depth"}
    assert "your" not in last.why


def test_what_is_not_always_in_use_counts_half() -> None:
    """A depth that only exists beside a reranker matters in half of the space."""
    shares = {rank.parameter_id: rank.importance for rank in ranking(plan_cases.case())}

    assert shares["rerank_depth"] == pytest.approx(shares["rerank"] / 2)
