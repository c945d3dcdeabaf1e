"""Many trials at once: checked before the first is sent, and sent so that it may be repeated."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from uuid import UUID, uuid5

from google.protobuf.json_format import MessageToJson

from groat import model, wire
from groat._fitting import broken, misplaced
from groat.errors import Violation

_IMPORTS = UUID("6a4d7d5e-2f1b-5c1e-9c35-8d1f5b0f7a60")


def faults(spec: model.StudySpec, draft: model.TrialDraft) -> Iterator[Violation]:
    """Yield what the server would refuse a draft for, whose single values are right.

    Paths are ids of parameters and metrics; empty where it is the whole draft.
    """
    for name, problem in misplaced(spec.search_space, draft.configuration):
        yield Violation(name, problem)
    if draft.outcome is None:
        for problem in broken(spec.search_space, draft.configuration):
            yield Violation("", f"{problem}; such a trial can only be imported")
    if isinstance(draft.outcome, model.Succeeded):
        yield from _unmeasured(spec, draft, draft.outcome.measurement)


def _unmeasured(
    spec: model.StudySpec, draft: model.TrialDraft, measured: model.Measurement
) -> Iterator[Violation]:
    for metric in (*spec.objectives, *spec.constraints):
        if metric.derivation is None:
            if measured.value(metric.id) is None:
                yield Violation(metric.id, f"this {metric.role.value} has no value")
        elif not _is_mean_money(metric.derivation):
            source = metric.derivation.source.value
            problem = f"is derived from {source}, which takes more than there is here; see"
            yield Violation(metric.id, f"{problem} docs/warm-start.md")
        elif not (draft.usage and measured.example_count):
            yield Violation(metric.id, "is derived from money, which takes spend and example_count")


def _is_mean_money(derivation: model.Derivation) -> bool:
    is_mean = derivation.aggregation is model.Aggregation.MEAN
    return is_mean and derivation.source is model.Source.MONEY_PER_EXAMPLE


def request_ids(study_id: str, drafts: Sequence[model.TrialDraft]) -> list[str]:
    """Return one request id per draft, always the same for the same drafts of one study.

    An id comes from what a draft says and from how many equal ones stand before it. So
    nothing changes when they are sent again, in another order, or with more among them;
    and what was evaluated twice with the same outcome is still two trials.
    """
    seen: Counter[str] = Counter()
    ids: list[str] = []
    for draft in drafts:
        # JSON leaves out what is not set, so a field that is new one day changes no id.
        content = MessageToJson(wire.draft_to_proto(study_id, draft, ""), sort_keys=True)
        ids.append(str(uuid5(_IMPORTS, f"{seen[content]} {content}")))
        seen[content] += 1
    return ids
