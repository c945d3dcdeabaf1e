"""What the README says of a benchmark: written by the benchmark itself, between two marks."""

from __future__ import annotations

from pathlib import Path

README = Path(__file__).parents[1] / "README.md"
END = "<!-- end -->"


def put(benchmark: str, made: str) -> None:
    """Replace what the README says of a benchmark.

    Raises:
        ValueError: It has no pair of marks for that.
    """
    README.write_text(placed(README.read_text(), benchmark, made))


def placed(text: str, benchmark: str, made: str) -> str:
    """Return a text in which ``made`` stands between the benchmark's marks.

    Raises:
        ValueError: It has no such pair.
    """
    begin = f"<!-- written by python -m benchmarks.{benchmark} -->"
    before, is_begun, rest = text.partition(begin)
    _, is_ended, after = rest.partition(END)
    if not is_begun or not is_ended:
        raise ValueError(f"no {begin} with {END} after it in {README.name}")
    return f"{before}{begin}\n{made.strip()}\n{END}{after}"
