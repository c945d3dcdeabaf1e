"""YAML as study files need it: exact numbers, no key twice, and ``no`` is a word."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Hashable
from decimal import Decimal
from typing import cast

import yaml

_TAG = "tag:yaml.org,2002:"
_TYPED = {f"{_TAG}bool", f"{_TAG}int", f"{_TAG}float"}


def loads(text: str) -> object:
    """Read a document; numbers with a point become decimals, so that money stays exact.

    Raises:
        ValueError: It is no YAML, or a key stands twice; says the line.
    """
    try:
        return cast("object", yaml.load(text, _Loader))  # noqa: S506 - it is a safe loader
    except yaml.YAMLError as error:
        raise ValueError(str(error)) from error


class _Loader(yaml.SafeLoader):
    """Reads plain words as YAML 1.2 does: 1.1 takes ``no`` for false and ``1e-3`` for a word."""

    yaml_implicit_resolvers = {  # noqa: RUF012 - as its parent has it
        first: [one for one in resolvers if one[0] not in _TYPED]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }

    def construct_mapping(
        self, node: yaml.MappingNode, deep: bool = False
    ) -> dict[Hashable, object]:
        """Make a table whose keys are words, each of them once."""
        keys = [key for key, _ in node.value if key.tag != f"{_TAG}merge"]
        counts = Counter(str(key.value) for key in keys)
        for key in keys:
            if key.tag != f"{_TAG}str":
                raise _fault(f"the key {key.value!r:.60} is no word; write it in quotes", key)
            if counts[key.value] > 1:
                raise _fault(f"the key {key.value!r:.60} stands there twice", key)
        return super().construct_mapping(node, deep=deep)

    def whole(self, node: yaml.ScalarNode) -> int:
        """Read digits; a leading 0 means nothing."""
        return int(node.value)

    def decimal(self, node: yaml.ScalarNode) -> Decimal:
        """Read a number exactly."""
        return Decimal(node.value)


def _fault(problem: str, node: yaml.Node) -> ValueError:
    return ValueError(f"line {node.start_mark.line + 1}: {problem}")


for _name, _shape, _first in (
    ("bool", r"(true|True|TRUE|false|False|FALSE)$", "tTfF"),
    ("int", r"[-+]?[0-9][0-9_]*$", "-+0123456789"),
    ("float", r"[-+]?([0-9][0-9_]*)?\.?[0-9]+([eE][-+]?[0-9]+)?$", "-+.0123456789"),
):
    for _letter in _first:
        _way = (f"{_TAG}{_name}", re.compile(_shape))
        _Loader.yaml_implicit_resolvers.setdefault(_letter, []).append(_way)
_Loader.add_constructor(f"{_TAG}int", _Loader.whole)
_Loader.add_constructor(f"{_TAG}float", _Loader.decimal)
