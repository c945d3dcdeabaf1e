"""Threads for what waits for a lock, apart from the threads of those who only read.

One writer that is held up, by another process or a hung server, holds up the writers
behind it; with threads of their own they do not stop the whole server.
"""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

_P = ParamSpec("_P")
_R = TypeVar("_R")

_WRITERS = ThreadPoolExecutor(16, thread_name_prefix="groat-writer")


async def writing(call: Callable[_P, _R], *args: _P.args, **kwargs: _P.kwargs) -> _R:
    """Run a call that writes, in one of the writers' threads."""
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(_WRITERS, functools.partial(call, *args, **kwargs))
