"""The rule sets that come with the program: data files beside this module, read once."""

from __future__ import annotations

import json
import re
from functools import lru_cache
from importlib.resources import files
from typing import Final

from .errors import CreditError
from .ruleset import Ruleset, parse_ruleset

CURRENT: Final = "KD-2026.1"
_NAME: Final = re.compile(r"[A-Z][A-Za-z0-9.-]{1,39}\Z")
_FOLDER: Final = files(__package__) / "rules"


def packaged(name: str) -> bytes:
    """Bytes of a file that comes with the program.

    Raises:
        CreditError: There is none of that name.
    """
    file = _FOLDER / f"{name}.json"
    if not _NAME.match(name) or not file.is_file():
        raise CreditError(f"no file {name[:40]} comes with this program")
    return file.read_bytes()


@lru_cache(maxsize=16)
def rule_set(version: str = CURRENT) -> Ruleset:
    """A rule set that comes with the program, by its version.

    Raises:
        CreditError: There is none of that version.
    """
    rules = packaged(version)
    names = named_by(rules)
    return parse_ruleset(rules, packaged(names[0]), packaged(names[1]))


def named_by(rules: bytes) -> tuple[str, str]:
    """The benchmark file and the file of day weights that a rule file names.

    Raises:
        CreditError: The file names none.
    """
    try:
        value = json.loads(rules)
        return str(value["benchmarks"]), str(value["day_weights"])
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise CreditError("names no benchmarks and no day_weights", "", "rule file") from error
