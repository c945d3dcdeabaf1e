"""The rules of one parameter's domain."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import isfinite, ulp

from groat import model
from groat.errors import Violation
from groat_server.validation import words

MAX_LEVELS = 1_000
MAX_STEPS = 2**40 - 1
MAX_LOG_STEPS = 2**32 - 1
MAX_SUBSET_ITEMS = 64
MAX_ORDER_ITEMS = 32
MAX_TEXT_BYTES = 2**20
_SHOWN = 8


def is_allowed(domain: model.Domain, value: model.Value) -> bool:
    """Whether a value is one of a domain's, of the right type."""
    match domain:
        case model.BoolDomain():
            return isinstance(value, bool)
        case model.CategoricalDomain(labels=labels):
            return isinstance(value, str) and value in labels
        case model.OrdinalDomain(levels=levels):
            return any(value == level and type(value) is type(level) for level in levels)
        case model.TextDomain(variants=variants):
            return any(value == variant.id for variant in variants)
        case model.IntDomain() | model.FloatDomain():
            return _is_number_of(domain, value)
        case model.SubsetDomain() | model.PermutationDomain():
            return isinstance(value, tuple) and _is_list_of(domain, value)


def _is_number_of(domain: model.IntDomain | model.FloatDomain, value: model.Value) -> bool:
    if isinstance(value, bool | str | tuple) or not domain.min <= value <= domain.max:
        return False
    if isinstance(domain, model.IntDomain):
        return isinstance(value, int) and (value - domain.min) % (domain.step or 1) == 0
    return _on_grid(value, domain.min, domain.step)


def _is_list_of(
    domain: model.SubsetDomain | model.PermutationDomain, value: tuple[str, ...]
) -> bool:
    if isinstance(domain, model.PermutationDomain):
        return sorted(value) == sorted(domain.items)
    chosen = set(value)
    most = domain.max_items or len(domain.items)
    return (
        len(chosen) == len(value)
        and domain.min_items <= len(value) <= most
        and chosen >= set(domain.required_items)
        and chosen <= set(domain.items)
    )


def _on_grid(value: float, low: float, step: float | None) -> bool:
    if step is None:
        return True
    steps = (value - low) / step
    return abs(steps - round(steps)) < 1e-9 * max(1.0, abs(steps))


def words_of(domain: model.Domain) -> str:
    """Say what values a domain has; of texts their ids, never what is written in them."""
    match domain:
        case model.BoolDomain():
            return "true and false"
        case model.CategoricalDomain(labels=values) | model.OrdinalDomain(levels=values):
            return _listed(values)
        case model.TextDomain(variants=variants):
            return _listed([variant.id for variant in variants])
        case model.IntDomain() | model.FloatDomain():
            kind = "whole numbers" if isinstance(domain, model.IntDomain) else "floats"
            step = "" if domain.step is None else f" in steps of {domain.step}"
            return f"{kind} from {domain.min} to {domain.max}{step}"
        case model.PermutationDomain(items=items):
            return f"lists of all of {_listed(items)}, each once"
        case model.SubsetDomain(items=items, required_items=required):
            counts = f"{domain.min_items} to {domain.max_items or len(items)}"
            always = f", always with {_listed(required)}" if required else ""
            return f"lists of {counts} of {_listed(items)}, each once{always}"


def _listed(values: Sequence[model.Value]) -> str:
    shown = ", ".join(f"{value!r:.40}" for value in values[:_SHOWN])
    return shown if len(values) <= _SHOWN else f"{shown}, ... ({len(values)} in all)"


def check_domain(domain: model.Domain, path: str) -> Iterator[Violation]:
    """Check that a domain has values, and not too many or too long ones."""
    match domain:
        case model.FloatDomain() | model.IntDomain():
            yield from _check_numbers(domain, path)
        case model.CategoricalDomain(labels=labels):
            yield from _check_count(len(labels), f"{path}.labels")
            yield from words.unique(labels, f"{path}.labels", "label")
            for i, label in enumerate(labels):
                yield from _check_label(label, f"{path}.labels[{i}]")
        case model.OrdinalDomain(levels=levels):
            yield from _check_levels(levels, f"{path}.levels")
        case model.TextDomain():
            yield from _check_variants(domain, path)
        case model.SubsetDomain() | model.PermutationDomain():
            yield from _check_list(domain, path)
        case model.BoolDomain():
            pass


def _check_variants(domain: model.TextDomain, path: str) -> Iterator[Violation]:
    """Check a pool of texts; no message quotes one."""
    yield from _check_count(len(domain.variants), f"{path}.variants")
    ids = [variant.id for variant in domain.variants]
    yield from words.unique(ids, f"{path}.variants", "variant")
    for i, variant in enumerate(domain.variants):
        place = f"{path}.variants[{i}]"
        yield from words.identifier(variant.id, f"{place}.id")
        size = len(variant.text.encode())
        if size > MAX_TEXT_BYTES:
            problem = f"{size} bytes; at most {MAX_TEXT_BYTES} are allowed in a whole space"
            yield Violation(f"{place}.text", problem)
        if variant.parent_id and variant.parent_id not in ids:
            problem = f"{variant.parent_id[:40]!r} is no variant of this pool; add it, or leave it"
            yield Violation(f"{place}.parent_id", f"{problem} empty")


def _check_list(
    domain: model.SubsetDomain | model.PermutationDomain, path: str
) -> Iterator[Violation]:
    if isinstance(domain, model.PermutationDomain):
        yield from _check_items(domain.items, 2, MAX_ORDER_ITEMS, f"{path}.items")
    else:
        yield from _check_subset(domain, path)


def _check_subset(domain: model.SubsetDomain, path: str) -> Iterator[Violation]:
    yield from _check_items(domain.items, 1, MAX_SUBSET_ITEMS, f"{path}.items")
    yield from words.unique(domain.required_items, f"{path}.required_items", "item")
    for i, item in enumerate(domain.required_items):
        if item not in domain.items:
            yield Violation(f"{path}.required_items[{i}]", f"{item[:40]!r} is none of the items")
    count, required = len(domain.items), len(domain.required_items)
    most = domain.max_items or count
    if not 0 <= domain.min_items <= count:
        problem = f"{domain.min_items} is outside 0 to {count}, the number of items"
        yield Violation(f"{path}.min_items", problem)
    if not max(domain.min_items, required, 1) <= most <= count:
        problem = (
            f"{domain.max_items}; with {domain.min_items} at least, {required} required and "
            f"{count} items it must be from {max(domain.min_items, required, 1)} to {count}, or 0"
        )
        yield Violation(f"{path}.max_items", problem)


def _check_items(items: tuple[str, ...], low: int, high: int, path: str) -> Iterator[Violation]:
    if not low <= len(items) <= high:
        yield Violation(path, f"{len(items)} items; {low} to {high} are allowed")
    yield from words.unique(items, path, "item")
    for i, item in enumerate(items):
        yield from _check_label(item, f"{path}[{i}]")


def _check_numbers(domain: model.FloatDomain | model.IntDomain, path: str) -> Iterator[Violation]:
    faults = [*words.finite(domain.min, f"{path}.min"), *words.finite(domain.max, f"{path}.max")]
    if domain.step is not None:
        faults += words.finite(domain.step, f"{path}.step")
    yield from faults
    if faults:
        return
    if domain.min > domain.max:
        yield Violation(f"{path}.max", f"max {domain.max} is below min {domain.min}")
    if domain.log_scale and domain.min <= 0:
        yield Violation(f"{path}.min", f"a log scale needs min above 0, not {domain.min}")
    if domain.step is not None and domain.step <= 0:
        yield Violation(f"{path}.step", f"{domain.step} is not above 0")
    yield from _check_size(domain, path)
    if domain.step is not None and domain.log_scale:
        yield Violation(f"{path}.step", "a log scale takes no step; leave one of the two out")


def _check_size(domain: model.FloatDomain | model.IntDomain, path: str) -> Iterator[Violation]:
    width = float(domain.max) - float(domain.min)
    step = 1.0 if isinstance(domain, model.IntDomain) else domain.step
    if not isfinite(width):
        yield Violation(f"{path}.max", f"{domain.min} to {domain.max} is too wide to be searched")
    elif step is not None and step > 0:
        steps = width / float(domain.step or step)
        most = MAX_LOG_STEPS if domain.log_scale else MAX_STEPS
        if steps > most:
            yield Violation(f"{path}.max", f"{steps:.3g} steps; at most {most:.3g} can be searched")
        largest = max(abs(domain.min), abs(domain.max))
        if isinstance(domain, model.FloatDomain) and step < 4 * ulp(largest):
            problem = f"{step} is too fine: near {largest} floats are {ulp(largest)} apart"
            yield Violation(f"{path}.step", problem)


def _check_levels(levels: tuple[model.Value, ...], path: str) -> Iterator[Violation]:
    yield from _check_count(len(levels), path)
    yield from words.unique(map(repr, levels), path, "level")
    kinds = {type(level) for level in levels}
    if len(set(levels)) < len(set(map(repr, levels))):
        yield Violation(path, "two levels are the same number in two spellings; leave one out")
    if kinds & {bool, tuple} or (str in kinds and len(kinds) > 1):
        yield Violation(path, "levels must be all numbers or all strings")
    for i, level in enumerate(levels):
        if isinstance(level, str):
            yield from _check_label(level, f"{path}[{i}]")
        elif not isinstance(level, tuple):
            yield from words.finite(level, f"{path}[{i}]")


def _check_label(label: str, path: str) -> Iterator[Violation]:
    if not label:
        yield Violation(path, "empty; a label has 1 to 256 characters")
    yield from words.text(label, path)


def _check_count(count: int, path: str) -> Iterator[Violation]:
    if not 1 <= count <= MAX_LEVELS:
        yield Violation(path, f"{count} values; 1 to {MAX_LEVELS} are allowed")
