"""Counting texts: the right tokenizer, no network, nothing that a text can break."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from groat.errors import InvalidArgument
from groat.model import Provenance, RawText
from groat_server.pricing import tokens

HINDI = "नमस्ते दुनिया"
"""A text that the encodings cut very differently."""

LENGTHS = {"o200k_base": 5, "cl100k_base": 13}
"""How many tokens of each it is."""

CLOSED_PORT = "http://127.0.0.1:9"


@pytest.fixture(scope="module", autouse=True)
def _offline(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A private vocabulary cache, and no way to the network."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TIKTOKEN_CACHE_DIR", str(tmp_path_factory.mktemp("vocabularies")))
        patch.setenv("HTTPS_PROXY", CLOSED_PORT)
        patch.delenv("NO_PROXY", raising=False)
        patch.delenv("no_proxy", raising=False)
        yield


@pytest.fixture
def empty_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty cache folder, and no vocabulary loaded in this process."""
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setattr("tiktoken.registry.ENCODINGS", {})
    tokens._load.cache_clear()
    yield tmp_path / "cache"
    tokens._load.cache_clear()


def count(text: str, model: str = "gpt-4o", tokenizer: str = "") -> tuple[int | None, Provenance]:
    """Count one input text."""
    raw = RawText(input=text, tokenizer=tokenizer)
    counts, provenance = tokens.count(raw, model=model)
    return counts.input, provenance


def test_an_empty_cache_is_filled_from_the_package(empty_cache: Path) -> None:
    """Without a network, the packaged vocabulary lands where tiktoken looks for it."""
    counted, _ = count("hello world")

    [file] = empty_cache.iterdir()
    expected = "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d"
    assert (counted, hashlib.sha256(file.read_bytes()).hexdigest()) == (2, expected)


def test_threads_that_start_together_count_the_same(empty_cache: Path) -> None:
    """The first load may happen in many threads at once."""
    with ThreadPoolExecutor(8) as pool:
        counted = set(pool.map(count, ["hello world"] * 8))

    assert counted == {(2, Provenance.COUNTED)}
    assert len(list(empty_cache.iterdir())) == 1


def test_a_vocabulary_out_of_reach_is_estimated_with_another(empty_cache: Path) -> None:
    """Usage that was paid for is not refused because a file cannot be downloaded."""
    counted = count("hello world", model="davinci")

    assert counted == (2, Provenance.ESTIMATED)
    assert len(list(empty_cache.iterdir())) == 1


def test_without_any_vocabulary_the_length_is_the_estimate(
    empty_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where nothing can be written and nothing downloaded: four bytes a token, rounded up."""
    empty_cache.write_text("a file, not a folder")
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(empty_cache / "below"))

    assert count("hello world") == (3, Provenance.ESTIMATED)


@pytest.mark.parametrize(
    ("model", "encoding"),
    [
        ("gpt-4o", "o200k_base"),
        ("openai/gpt-4o", "o200k_base"),
        ("openrouter/openai/gpt-5-mini", "o200k_base"),
        ("gpt-4-0613", "cl100k_base"),
        ("ft:gpt-3.5-turbo-0125:team::id", "cl100k_base"),
        ("ft:gpt-4.1-mini-2025-04-14:team::id", "o200k_base"),
        ("text-embedding-3-small", "cl100k_base"),
    ],
)
def test_openai_models_are_counted_with_their_own_tokenizer(model: str, encoding: str) -> None:
    """Routers' prefixes and fine-tunes do not hide which tokenizer is exact."""
    assert count(HINDI, model) == (LENGTHS[encoding], Provenance.COUNTED)


@pytest.mark.parametrize("model", ["claude-sonnet-4-5", "my-llama", ""])
def test_other_models_are_estimated(model: str) -> None:
    """A count with a stranger's tokenizer says so."""
    assert count(HINDI, model) == (LENGTHS["o200k_base"], Provenance.ESTIMATED)


@pytest.mark.parametrize(
    ("model", "provenance"),
    [
        pytest.param("my-model", Provenance.COUNTED, id="the caller knows its own model"),
        pytest.param("gpt-4", Provenance.COUNTED, id="the same as tiktoken's"),
        pytest.param("gpt-4o", Provenance.ESTIMATED, id="another than tiktoken's"),
    ],
)
def test_a_named_tokenizer_is_used(model: str, provenance: Provenance) -> None:
    """The caller's choice wins, and is exact unless tiktoken knows better."""
    assert count(HINDI, model, "cl100k_base") == (LENGTHS["cl100k_base"], provenance)


def test_an_unknown_tokenizer_is_refused_at_its_path() -> None:
    """A wrong name is the caller's fault, not a reason to guess."""
    with pytest.raises(InvalidArgument) as caught:
        count("hello", tokenizer="o200k")

    assert [violation.path for violation in caught.value.violations] == ["raw_text.tokenizer"]


def test_special_tokens_in_a_text_are_text() -> None:
    """Nobody's input can raise, or hide, by spelling a control token."""
    assert count("<|endoftext|>") == (7, Provenance.COUNTED)


def test_both_texts_are_counted_and_none_is_zero() -> None:
    """Input and output are told apart; an empty text has no tokens."""
    counts, _ = tokens.count(RawText(output="hello world"), model="gpt-4o")

    assert (counts.input, counts.output) == (0, 2)


@pytest.mark.parametrize("letter", [" ", "\t", "a", "\ud800"])
def test_a_text_of_one_letter_is_no_danger(letter: str) -> None:
    """Two million blanks once panicked inside tiktoken, past any except Exception."""
    counted, _ = count(letter * 2_000_000)

    assert counted
    assert counted > 10_000


def test_cutting_long_texts_changes_no_count() -> None:
    """Long texts are counted in pieces, cut where no token can lie across."""
    text = " \n\tUnzertrennlichkeiten, don't  421421421  !!!!!!!!\r\n\r\n - x" * 5_000
    expected = len(tokens._load("o200k_base").encode_ordinary(text))

    assert len(tokens._PIECES.findall(text)) > 4
    assert count(text) == (expected, Provenance.COUNTED)
