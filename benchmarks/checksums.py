"""What the code of a file does, as a checksum, so that finished runs outlive a better comment."""

from __future__ import annotations

import hashlib
import tokenize
from collections.abc import Iterable
from pathlib import Path

_SILENT = {tokenize.COMMENT, tokenize.NL, tokenize.ENCODING}
_LAYOUT = {tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT}


def of_code(paths: Iterable[Path]) -> str:
    """Return eight digits that change with the code of Python files, and with their order.

    They stay when only comments, docstrings or line breaks change.
    """
    digest = hashlib.sha256()
    for path in paths:
        digest.update("\x1f".join(_code(path)).encode())
        digest.update(b"\x1e")
    return digest.hexdigest()[:8]


def _code(path: Path) -> list[str]:
    with path.open("rb") as file:
        tokens = [one for one in tokenize.tokenize(file.readline) if one.type not in _SILENT]
    kept: list[str] = []
    is_line_begun = False
    for token, after in zip(tokens, [*tokens[1:], None], strict=True):
        if token.type in _LAYOUT:
            is_line_begun = False
            kept.append(tokenize.tok_name[token.type])
            continue
        ends_line = after is None or after.type == tokenize.NEWLINE
        is_docstring = token.type == tokenize.STRING and not is_line_begun and ends_line
        is_line_begun = True
        if not is_docstring:
            kept.append(token.string)
    return kept
