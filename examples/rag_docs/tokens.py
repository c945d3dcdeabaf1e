"""The tokenizer of current OpenAI models, without the network.

tiktoken downloads an encoding on first use and keeps the file in a cache folder
under the SHA-1 of its address. The package ``bpe-openai`` ships the same bytes,
compressed; put under that name they satisfy tiktoken, which checks the SHA-256
of whatever it loads.
"""

from __future__ import annotations

import gzip
import hashlib
import os
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import tiktoken

ENCODING = "o200k_base"
_ADDRESS = "https://openaipublic.blob.core.windows.net/encodings/o200k_base.tiktoken"
_CACHE_NAME = hashlib.sha1(_ADDRESS.encode(), usedforsecurity=False).hexdigest()


class NoEncoding(Exception):
    """The tokenizer's table is neither cached nor installed."""


def load_encoding() -> tiktoken.Encoding:
    """Load ``o200k_base`` from tiktoken's cache, else from ``bpe-openai``.

    Raises:
        NoEncoding: Neither has it. Nothing is downloaded.
    """
    if (_cache_folder() / _CACHE_NAME).is_file():
        return tiktoken.get_encoding(ENCODING)
    packed = _packed_file()
    if packed is None:
        raise NoEncoding(
            f"no {ENCODING} table in {_cache_folder()} and bpe-openai is not installed; run "
            "`pip install bpe-openai`, or let tiktoken download the table once where it has network"
        )
    with tempfile.TemporaryDirectory() as folder, _cache_in(folder):
        Path(folder, _CACHE_NAME).write_bytes(gzip.decompress(packed.read_bytes()))
        return tiktoken.get_encoding(ENCODING)


def _cache_folder() -> Path:
    """Where tiktoken itself looks, by its own rules."""
    for name in ("TIKTOKEN_CACHE_DIR", "DATA_GYM_CACHE_DIR"):
        if name in os.environ:
            return Path(os.environ[name])
    return Path(tempfile.gettempdir(), "data-gym-cache")


def _packed_file() -> Path | None:
    # The package is looked up and not imported: its binary of 70 MB would be loaded for nothing.
    spec = find_spec("bpe_openai")
    if spec is None or spec.origin is None:
        return None
    packed = Path(spec.origin).parent / "data" / f"{ENCODING}.tiktoken.gz"
    return packed if packed.is_file() else None


@contextmanager
def _cache_in(folder: str) -> Generator[None, None, None]:
    before = os.environ.get("TIKTOKEN_CACHE_DIR")
    os.environ["TIKTOKEN_CACHE_DIR"] = folder
    try:
        yield
    finally:
        if before is None:
            del os.environ["TIKTOKEN_CACHE_DIR"]
        else:
            os.environ["TIKTOKEN_CACHE_DIR"] = before
