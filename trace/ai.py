"""GS1 application identifiers: the form of each one's value, and what it may stand beside.

The table is `trace/data/ai.json`, made from the GS1 Barcode Syntax Dictionary and held against it by a test.
"""

from __future__ import annotations

import re
from collections.abc import Sequence, Set
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

import msgspec

from ..ledger.errors import Refused
from .ai_checks import CHECKS, CSET_82

_LETTERS: Final = {
    "N": frozenset("0123456789"),
    "X": frozenset(CSET_82),
    "Y": frozenset("#-/0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
    "Z": frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_="),
}
_FORM = re.compile(r"(\[?)([NXYZ])(\.\.)?([0-9]+)(\]?)((?: [a-z0-9]+)*)")


@dataclass(frozen=True, slots=True)
class Part:
    """A run of a value: which letters, how many, and what they must be."""

    letters: frozenset[str]
    least: int
    most: int
    optional: bool
    checks: tuple[str, ...]


class Identifier(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One application identifier.

    Attributes:
        form: The parts of its value, as the table spells them: `N14 csum gcppos2`, `X..20`, `[N6] yymmdd`.
        fixed: Of predefined length: needs no separator after it in an element string.
        attribute: May stand in the query of a Digital Link.
        qualifiers: Of a primary key: the sequences of identifiers that may follow it in the path; None where it is none.
        never_with: Identifiers that may not stand beside it; `n` stands for any digit.
        only_with: Of each group at least one alternative must stand beside it, with all its members.
    """

    form: tuple[str, ...]
    fixed: bool = False
    attribute: bool = False
    qualifiers: tuple[tuple[str, ...], ...] | None = None
    never_with: tuple[str, ...] = ()
    only_with: tuple[tuple[tuple[str, ...], ...], ...] = ()

    def parts(self) -> tuple[Part, ...]:
        """The form, taken apart."""
        return tuple(map(_part, self.form))


class _Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    source: str
    release: str
    identifiers: dict[str, Identifier]


@cache
def _part(form: str) -> Part:
    match = _FORM.fullmatch(form)
    assert match is not None, form
    most = int(match[4])
    return Part(_LETTERS[match[2]], 1 if match[3] else most, most, bool(match[1]), tuple(match[6].split()))


@cache
def identifiers() -> dict[str, Identifier]:
    """Every application identifier by its code of two to four digits; a range of the table is taken apart."""
    table = msgspec.json.decode((files(__package__) / "data/ai.json").read_bytes(), type=_Table)
    found = {}
    for code, row in table.identifiers.items():
        first, _, last = code.partition("-")
        for number in range(int(first), int(last or first) + 1):
            found[f"{number:0{len(first)}}"] = row
    return found


def check_value(code: str, value: str, *, shape_only: bool = False) -> None:
    """Check the value of an identifier that is known.

    Args:
        code: The identifier.
        value: Its value.
        shape_only: Check letters and length only.

    Raises:
        Refused: `link-malformed`, naming the identifier and what is wrong with its value.
    """
    left = value
    for part in identifiers()[code].parts():
        if part.optional and not left:
            break
        run, left = left[: part.most], left[part.most :]
        if len(run) < part.least:
            raise _refuse(code, f"{len(value)} characters are too few")
        if not part.letters.issuperset(run):
            raise _refuse(code, "a character that this value may not have")
        for name in () if shape_only else part.checks:
            if not CHECKS[name](run):
                raise _refuse(code, "the check digit does not fit" if name.startswith("csum") else f"not of the form {name}")
    if left:
        raise _refuse(code, f"{len(value)} characters are too many")


def check_company(codes: Sequence[str], exempt: Set[str]) -> None:
    """Check that identifiers may stand together.

    Args:
        codes: All of them.
        exempt: Those that need nothing beside them here.

    Raises:
        Refused: `link-malformed`.
    """
    for code in codes:
        row, others = identifiers()[code], [other for other in codes if other != code]
        for pattern in row.never_with:
            if any(_fits(other, pattern) for other in others):
                raise _refuse(code, f"it may not stand beside ({pattern})")
        for group in () if code in exempt else row.only_with:
            if not any(all(any(_fits(other, one) for other in others) for one in members) for members in group):
                wanted = " or ".join("+".join(members) for members in group)
                raise _refuse(code, f"it needs {wanted} beside it")


def _fits(code: str, pattern: str) -> bool:
    return len(code) == len(pattern) and all(want in ("n", digit) for digit, want in zip(code, pattern, strict=True))


def _refuse(code: str, cause: str) -> Refused:
    return Refused("link-malformed", f"({code}): {cause}")
