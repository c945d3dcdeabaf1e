"""Texts to token counts, with tiktoken and without a network where possible."""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import importlib.util
import os
import re
import tempfile
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from uuid import uuid4

import tiktoken

from groat.errors import InvalidArgument
from groat.model import Provenance, RawText, TokenCounts

_FALLBACK = "o200k_base"
_ADDRESS = "https://openaipublic.blob.core.windows.net/encodings/{}.tiktoken"
_PACKAGED = {
    "o200k_base": "o200k_base",
    "o200k_harmony": "o200k_base",
    "cl100k_base": "cl100k_base",
}
"""Encoding to the vocabulary that bpe-openai ships for it."""

# tiktoken 0.14 panics, past any ``except Exception``, on 1_000_000 blanks in a row. A cut between
# a letter and a blank changes no count, since no encoding joins the two; a run of more than
# 50_000 characters without such a place is cut anyway, and may count a token more.
_PIECES = re.compile(r"(?s).{1,50000}\Z|.{0,49999}\S(?= )|.{1,50000}")


def count(raw: RawText, *, model: str, path: str = "raw_text") -> tuple[TokenCounts, Provenance]:
    """Count the tokens of a call's texts; nothing of them is kept.

    Special tokens inside a text are ordinary text. What a provider adds around
    it (chat template, tool schemas, images, hidden reasoning) is not counted.

    Args:
        raw: The texts; a tokenizer named there is taken as the model's own
            unless tiktoken knows better.
        model: As in ``gpt-4o``, ``openai/gpt-4o`` or ``ft:gpt-4o:team::id``.
        path: Where the texts stand in their request.

    Returns:
        Counts of both texts. COUNTED with the model's own tokenizer; ESTIMATED
        with another's, or from the texts' length where no vocabulary can be had:
        usage that was paid for is not refused for want of a file.

    Raises:
        InvalidArgument: ``raw.tokenizer`` is no encoding that tiktoken knows.
    """
    if not is_tokenizer(raw.tokenizer):
        raise InvalidArgument.at(f"{path}.tokenizer", unknown_tokenizer(raw.tokenizer))
    own = _own_encoding(model)
    name = raw.tokenizer or own or _FALLBACK
    is_own = name == (own or raw.tokenizer)
    for candidate in (name, _FALLBACK):
        encoding = _encoding(candidate)
        if encoding is not None:
            is_exact = is_own and candidate == name
            counts = _counts(raw, partial(_length, encoding))
            return counts, Provenance.COUNTED if is_exact else Provenance.ESTIMATED
    return _counts(raw, _guess), Provenance.ESTIMATED


def is_tokenizer(name: str) -> bool:
    """Whether a text may name this tokenizer; the empty name lets the model choose."""
    return not name or name in tiktoken.list_encoding_names()


def unknown_tokenizer(name: str) -> str:
    """Say what is wrong with a tokenizer's name."""
    known = ", ".join(sorted(tiktoken.list_encoding_names()))
    return f"no tokenizer {name[:40]!r}; there are {known}, or leave it empty"


def _own_encoding(model: str) -> str:
    # Routers write "openrouter/openai/gpt-4o". tiktoken takes "ft:gpt-4.1-mini:..." for a gpt-4.
    base = model.rsplit("/", 1)[-1]
    base = base.split(":")[1] if base.startswith("ft:") else base
    try:
        return tiktoken.encoding_name_for_model(base)
    except KeyError:
        return ""


def _counts(raw: RawText, length: Callable[[str], int]) -> TokenCounts:
    return TokenCounts(input=length(raw.input), output=length(raw.output))


def _guess(text: str) -> int:
    """Four bytes a token, rounded up: close for English prose, far off for much else."""
    return -(-len(text.encode("utf-8", "surrogatepass")) // 4)


def _length(encoding: tiktoken.Encoding, text: str) -> int:
    return sum(len(encoding.encode_ordinary(piece[0])) for piece in _PIECES.finditer(text))


@cache
def _load(name: str) -> tiktoken.Encoding:
    _seed(name)
    return tiktoken.get_encoding(name)


def _encoding(name: str) -> tiktoken.Encoding | None:
    try:
        return _load(name)
    except (OSError, ValueError):  # requests' errors are OSErrors; ValueError: bad hash
        return None


def _seed(name: str) -> None:
    """Put the packaged vocabulary where tiktoken looks for it, unless one is there.

    tiktoken checks the file's sha256 before it uses it. Two threads or two
    servers may do this at once: the last complete file wins, and all are equal.
    """
    folder, packaged = _cache_folder(), _packaged(name)
    if folder is None or packaged is None:
        return
    address = _ADDRESS.format(_PACKAGED[name])
    place = folder / hashlib.sha1(address.encode(), usedforsecurity=False).hexdigest()
    if place.exists():
        return
    with contextlib.suppress(OSError):  # not writable: tiktoken's own download comes next
        folder.mkdir(parents=True, exist_ok=True)
        unfinished = place.with_name(f"{place.name}.{uuid4()}.tmp")
        unfinished.write_bytes(gzip.decompress(packaged.read_bytes()))
        unfinished.replace(place)


def _cache_folder() -> Path | None:
    """Where tiktoken (0.14, ``load.read_file_cached``) keeps files; ``None``: nowhere."""
    default = str(Path(tempfile.gettempdir()) / "data-gym-cache")
    data_gym = os.environ.get("DATA_GYM_CACHE_DIR", default)
    folder = os.environ.get("TIKTOKEN_CACHE_DIR", data_gym)
    return Path(folder) if folder else None


def _packaged(name: str) -> Path | None:
    """Find bpe-openai's file without importing its 75 MB of bindings."""
    spec = importlib.util.find_spec("bpe_openai") if name in _PACKAGED else None
    if spec is None or not spec.submodule_search_locations:
        return None
    file = Path(spec.submodule_search_locations[0]) / "data" / f"{_PACKAGED[name]}.tiktoken.gz"
    return file if file.is_file() else None
