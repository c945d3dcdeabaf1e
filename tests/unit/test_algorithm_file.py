"""A study file's algorithm: every kind by its name, every option by its own."""

from __future__ import annotations

import re
import tomllib
from decimal import Decimal
from typing import get_args

import pytest

import groat
from groat import model
from groat.cli import algorithm_file, study_file
from groat.errors import InvalidArgument


def parse(text: str) -> model.StudySpec:
    """Read the declaration of a study without space and metrics."""
    return study_file.parse(tomllib.loads(f'id = "s"\n{text}', parse_float=Decimal))[1]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ('"auto"', groat.Auto()),
        (
            '{ kind = "auto", min_examples = 5, max_examples = 50 }',
            groat.Auto(min_examples=5, max_examples=50),
        ),
        ('"random"', groat.RandomSearch()),
        ('"sobol"', groat.Sobol()),
        ('{ kind = "grid", levels_per_number = 4 }', groat.GridSearch(levels_per_number=4)),
        ('{ kind = "nsga2", population_size = 8 }', groat.Nsga2(population_size=8)),
        ('{ kind = "genetic", population_size = 8 }', groat.GeneticAlgorithm(population_size=8)),
        ('{ kind = "bayesian", initial_trial_count = 9 }', groat.Bayesian(initial_trial_count=9)),
        (
            '{ kind = "successive_halving", min_examples = 5, max_examples = 50,'
            ' sampler = "sobol" }',
            groat.SuccessiveHalving(min_examples=5, max_examples=50, sampler=groat.Sobol()),
        ),
        (
            '{ kind = "hyperband", min_examples = 5, max_examples = 50, reduction_factor = 2.5,'
            ' sampler = { kind = "bayesian", initial_trial_count = 9 } }',
            groat.Hyperband(
                min_examples=5,
                max_examples=50,
                reduction_factor=2.5,
                sampler=groat.Bayesian(initial_trial_count=9),
            ),
        ),
        (
            '{ kind = "population_based", population_size = 8, interval = 3,'
            " exploit_quantile = 0.25 }",
            groat.PopulationBased(population_size=8, interval=3, exploit_quantile=0.25),
        ),
        ('"manual"', groat.Manual()),
    ],
)
def test_every_algorithm_has_its_name_and_options(text: str, kind: model.AlgorithmKind) -> None:
    """The name alone will do where nothing is required."""
    assert parse(f"algorithm = {text}").algorithm == groat.Algorithm(kind=kind)


def test_every_algorithm_has_a_name() -> None:
    """A kind that is added to the model must get its place in the file."""
    fields = [kind.__dataclass_fields__ for kind in get_args(model.AlgorithmKind)]

    assert set(algorithm_file.KINDS) == {one["kind"].default for one in fields}


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ('algorithm = "magic"', "algorithm.kind"),
        ('algorithm = { kind = "sobol", population_size = 3 }', "algorithm.population"),
        ('algorithm = { kind = "hyperband", min_examples = 1 }', "algorithm.max_examples"),
        (
            'algorithm = { kind = "successive_halving", min_examples = 1, max_examples = 9,'
            ' sampler = "grid" }',
            "algorithm.sampler.kind: 'grid' is none of auto",
        ),
        (
            'algorithm = { kind = "hyperband", min_examples = 1, max_examples = 9,'
            ' sampler = { kind = "sobol", seed = 3 } }',
            "algorithm.sampler.seed",
        ),
        ("[early_stopping]\nmin_examples = 9", "early_stopping.least_chance"),
        ("[early_stopping]\nleast_chance = 0.1", "early_stopping.min_examples"),
        (
            "[early_stopping]\nleast_chance = 0.1\nmin_examples = 9\nmost = 1",
            "early_stopping.most",
        ),
    ],
)
def test_an_odd_key_or_value_is_named_with_its_path(text: str, path: str) -> None:
    """An option that is passed over would search in another way than was meant."""
    with pytest.raises(InvalidArgument, match=f"^{re.escape(path)}"):
        parse(text)
