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
from groat.declare.workload import (
    CallOptions,
    ItemOptions,
    calls,
    fee_per,
    judge,
    people,
    workload,
)

__all__ = [
    "CallOptions",
    "Given",
    "ItemOptions",
    "ParameterOptions",
    "StudyOptions",
    "Variants",
    "When",
    "at_least",
    "at_most",
    "calls",
    "choice",
    "configuration",
    "fee_per",
    "flag",
    "forbid",
    "integer",
    "judge",
    "latency",
    "levels",
    "linear",
    "maximize",
    "minimize",
    "money_per_example",
    "order",
    "people",
    "real",
    "score",
    "study_spec",
    "subset",
    "text",
    "text_variants",
    "tokens_per_example",
    "tracked",
    "workload",
]
