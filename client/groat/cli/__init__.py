"""The ``groat`` command: studies, trials, front and spend in a terminal."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module

from groat import errors
from groat.client import Client

_NOUNS = {
    "studies": "list, show, create, pause, resume and delete studies",
    "trials": "every trial with what it tried and measured",
    "front": "the trials that nobody beats",
    "spend": "the bill by category",
    "watch": "one study as it goes, until it is completed",
}
_EXTRA = {"rich", "plotext"}
_ADDRESS = "localhost:50051"
_PATIENCE_S = 10.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code: 0, 1 for an error, 2 for wrong usage."""
    try:
        wanted = _parser().parse_args(arguments)
        with Client(wanted.server, timeout=_PATIENCE_S, patience=_PATIENCE_S) as client:
            wanted.run(client, wanted)
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in _EXTRA:
            raise
        return _refuse("this needs an extra: pip install 'groat[cli]'")
    except (errors.GroatError, OSError, ValueError) as error:
        return _refuse(" ".join(str(error).split()))
    except KeyboardInterrupt:
        return 130
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="groat", description="Look after studies.")
    _add_common(parser, server=os.environ.get("GROAT_SERVER", _ADDRESS), as_json=False)
    # Once more behind the verb, where it must not undo what stood before it.
    common = argparse.ArgumentParser(add_help=False)
    _add_common(common, server=argparse.SUPPRESS, as_json=argparse.SUPPRESS)
    nouns = parser.add_subparsers(required=True, metavar="NOUN")
    for noun, text in _NOUNS.items():
        own = nouns.add_parser(noun, parents=[common], help=text, description=text)
        import_module(f"groat.cli.{noun}").add(own, common)
    return parser


def _add_common(parser: argparse.ArgumentParser, *, server: str, as_json: bool | str) -> None:
    parser.add_argument(
        "--server",
        default=server,
        metavar="ADDRESS",
        help=f"host and port of the server [env GROAT_SERVER={_ADDRESS}]",
    )
    parser.add_argument("--json", action="store_true", default=as_json, help="print JSON")


def _refuse(sentence: str) -> int:
    sys.stderr.write(f"groat: {sentence}\n")
    return 1
