"""The ``groat`` command: studies, trials and what came of them, in a terminal."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pkgutil import resolve_name

from groat import errors
from groat.client import Client

_NOUNS = {
    "studies": ("studies:add", "list, show, create, pause, resume and delete studies"),
    "estimate": ("estimate:add", "what a study would spend and whether it pays, from its file"),
    "trials": ("trials:add", "every trial with what it tried and measured; add and import more"),
    "front": ("front:add", "the trials that nobody beats"),
    "pick": ("pick:add", "one of the front, by what matters to you"),
    "plan": ("plan:add", "how to go on by hand with the money that is left"),
    "tell": ("telling:add", "what you found by hand: a step of the plan, or a worksheet"),
    "decisions": ("decisions:add", "what the guard decided, and why"),
    "spend": ("spend:add", "the bill by category, and by model"),
    "watch": ("watch:add", "one study as it goes, until it is completed"),
    "importances": ("insight:add_importances", "how much each parameter has to do with a metric"),
    "predict": ("insight:add_predict", "what a configuration would measure and spend"),
}
_VERBS_OF_TRIALS = {"list", "add", "import", "-h", "--help"}
_EXTRA = {"rich", "plotext"}
_ADDRESS = "localhost:50051"
_PATIENCE_S = 10.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Returns:
        Its exit code: 0, 1 for an error, 2 for wrong usage and for an ``estimate`` that
        advises against the search.
    """
    try:
        words = list(sys.argv[1:] if arguments is None else arguments)
        wanted = _read(_spelled_out(words))
        with Client(wanted.server, timeout=_PATIENCE_S, patience=_PATIENCE_S) as client:
            code: int | None = wanted.run(client, wanted)
    except ModuleNotFoundError as error:
        if error.name == "optuna":
            return _refuse(str(error))
        if (error.name or "").partition(".")[0] not in _EXTRA:
            raise
        return _refuse("this needs an extra: pip install 'groat[cli]'")
    except errors.InvalidArgument as error:
        return _refuse(*map(str, error.violations or [error]))
    except (errors.GroatError, OSError, ValueError) as error:
        return _refuse(str(error))
    except KeyboardInterrupt:
        return 130
    return code or 0


def _read(words: Sequence[str]) -> argparse.Namespace:
    """Read the words; those like ``k=3`` may stand behind options, where argparse has lost them."""
    parser = _parser()
    wanted, rest = parser.parse_known_args(words)
    if not rest:
        return wanted
    if "values" not in wanted or not all("=" in one and not one.startswith("-") for one in rest):
        parser.error(f"unrecognized arguments: {' '.join(rest)}")
    wanted.values = [*wanted.values, *rest]
    return wanted


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="groat", description="Look after studies.")
    _add_common(parser, server=os.environ.get("GROAT_SERVER", _ADDRESS), as_json=False)
    common = _common()
    nouns = parser.add_subparsers(required=True, metavar="NOUN")
    for noun, (room, text) in _NOUNS.items():
        own = nouns.add_parser(noun, parents=[common], help=text, description=text)
        resolve_name(f"groat.cli.{room}")(own, common)
    return parser


def _common() -> argparse.ArgumentParser:
    """Once more behind the verb, where it must not undo what stood before it."""
    common = argparse.ArgumentParser(add_help=False)
    _add_common(common, server=argparse.SUPPRESS, as_json=argparse.SUPPRESS)
    return common


def _spelled_out(words: list[str]) -> list[str]:
    """Say ``list`` where it was left out, as in ``groat trials STUDY``."""
    rest = _common().parse_known_args(words)[1]
    if rest[:1] != ["trials"] or _VERBS_OF_TRIALS.intersection(rest[1:2]):
        return words
    place = words.index("trials") + 1
    return [*words[:place], "list", *words[place:]]


def _add_common(parser: argparse.ArgumentParser, *, server: str, as_json: bool | str) -> None:
    parser.add_argument(
        "--server",
        default=server,
        metavar="ADDRESS",
        help=f"host and port of the server [env GROAT_SERVER={_ADDRESS}]",
    )
    parser.add_argument("--json", action="store_true", default=as_json, help="print JSON")


def _refuse(*sentences: str) -> int:
    sys.stderr.writelines(f"groat: {' '.join(one.split())}\n" for one in sentences)
    return 1
