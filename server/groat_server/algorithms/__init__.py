"""How groat searches: functions from the past to suggestions, looked up by name.

None of them is imported here: whoever installs a package with an entry point in the
group ``groat.algorithms`` adds one, and ours stand in the same list.
"""

from __future__ import annotations

import functools
from importlib.metadata import entry_points

from groat_server.algorithms.base import Algorithm

GROUP = "groat.algorithms"


class UnknownAlgorithm(LookupError):
    """No installed package has an algorithm of that name; the message lists those there are."""


@functools.cache
def look_up(name: str) -> Algorithm:
    """Return the algorithm of a name, such as ``"sobol"``; one object per process.

    Importing it may be slow: heavy ones bring torch.

    Raises:
        UnknownAlgorithm: Nothing installed has this name.
    """
    found = entry_points(group=GROUP, name=name)
    if not found:
        known = ", ".join(sorted(entry_points(group=GROUP).names))
        raise UnknownAlgorithm(f"there is no algorithm {name!r}; installed are {known}")
    return next(iter(found)).load()()
