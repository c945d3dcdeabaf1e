"""The words around the passages."""

from __future__ import annotations

from collections.abc import Sequence

from .compress import Passage
from .settings import Template

_INSTRUCTIONS = (
    "You answer questions about the Python language. Use only the numbered passages below, which "
    "are taken from its reference. If they do not contain the answer, say so. Answer in one or two "
    "sentences and name the passage you used."
)


def build_prompt(
    passages: Sequence[Passage], question: str, *, template: Template, title: bool
) -> str:
    """Put passages and question into the text that a model would be sent.

    Args:
        passages: Best first; they stay in this order.
        question: As the user asked it.
        template: Which words stand around them.
        title: Begin each passage with the title of its topic.
    """
    texts = [f"{one.title}: {one.text}" if title else one.text for one in passages]
    if template == "bare":
        return "\n\n".join([*texts, question])
    numbered = "\n".join(f"[{number}] {text}" for number, text in enumerate(texts, start=1))
    return f"{_INSTRUCTIONS}\n\n{numbered}\n\nQuestion: {question}\nAnswer:"
