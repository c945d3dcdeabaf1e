"""The tokenizer of the retrieval example works without the network."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import tiktoken.load
import tiktoken.registry

from examples.rag_docs import tokens


@pytest.fixture(autouse=True)
def fresh_and_offline(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def refuse(address: str) -> bytes:
        raise AssertionError(f"tried to read {address}")

    monkeypatch.setattr(tiktoken.load, "read_file", refuse)
    monkeypatch.setattr(tiktoken.registry, "ENCODINGS", {})
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(tmp_path))


def test_installed_package_seeds_the_encoding(tmp_path: Path) -> None:
    """Containers and build machines have no network, and must count all the same."""
    encoding = tokens.load_encoding()

    assert encoding.name == "o200k_base"
    assert len(encoding.encode("hello world")) == 2
    assert os.environ["TIKTOKEN_CACHE_DIR"] == str(tmp_path)


def test_missing_table_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """A hanging download would be the worst of answers."""
    monkeypatch.setattr(tokens, "find_spec", lambda name: None)

    with pytest.raises(tokens.NoEncoding, match="pip install bpe-openai"):
        tokens.load_encoding()


def test_cache_is_used_first(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Those who have tiktoken's own file need nothing else."""
    packed = tokens._packed_file()
    assert packed is not None
    (tmp_path / tokens._CACHE_NAME).write_bytes(tokens.gzip.decompress(packed.read_bytes()))
    monkeypatch.setattr(tokens, "find_spec", lambda name: None)

    assert tokens.load_encoding().n_vocab == 200019
