"""Short ways to declare parameters, constraints, metrics and a study.

Each function makes one of the values in `groat.model` and nothing else.
"""

from groat.declare.constraints import forbid, linear
from groat.declare.metrics import (
    at_least,
    at_most,
    latency,
    maximize,
    minimize,
    money_per_example,
    score,
    tokens_per_example,
    tracked,
)
from groat.declare.parameters import (
    ParameterOptions,
    Variants,
    When,
    choice,
    flag,
    integer,
    levels,
    order,
    real,
    subset,
    text,
    text_variants,
)
from groat.declare.study import StudyOptions, study_spec
from groat.declare.values import Given, configuration

__all__ = [
    "Given",
    "ParameterOptions",
    "StudyOptions",
    "Variants",
    "When",
    "at_least",
    "at_most",
    "choice",
    "configuration",
    "flag",
    "forbid",
    "integer",
    "latency",
    "levels",
    "linear",
    "maximize",
    "minimize",
    "money_per_example",
    "order",
    "real",
    "score",
    "study_spec",
    "subset",
    "text",
    "text_variants",
    "tokens_per_example",
    "tracked",
]
