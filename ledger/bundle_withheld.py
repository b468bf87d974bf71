"""Whether each withheld entry of a bundle is withheld lawfully. One step of `bundle_verify.py`.

Source: DESIGN 3.2 "Withheld by law"; docs/formats/bundle.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from .bundle import Bundle
from .bundle_report import HOLDS, Result
from .directory import Directory
from .errors import VerificationError
from .withholding import Withholding, check_lawful, withholding_of

# Index of a withheld entry -> later entries that name it, each by its own index, and what they say.
Causes: TypeAlias = "Mapping[int, list[tuple[int, Withholding]]]"


def causes_of(bundle: Bundle) -> Causes:
    """For each withheld entry the later entries that name its index and leaf hash, in log order."""
    found: dict[int, list[tuple[int, Withholding]]] = {index: [] for index in bundle.withheld}
    for index, shown in bundle.entries.items():
        withholding = withholding_of(shown.statement)
        if withholding is not None and bundle.withheld.get(withholding.index) == withholding.leaf and index > withholding.index:
            found[withholding.index].append((index, withholding))
    return found


def check_withheld(bundle: Bundle, causes: Causes, directory: Directory) -> Result:
    """Check that every withheld entry has a cause that holds; where none does, the first one's fault is named."""
    listing: dict[int, set[str]] = {index: set() for index in causes}
    for name, indexes in bundle.streams.items():
        for index in listing.keys() & set(indexes):
            listing[index].add(name)
    for index, named in causes.items():
        faults = [fault for cause in named if (fault := _fault(bundle, *cause, listing[index], directory)) is not None]
        if not named:
            return Result("fails", "withheld-without-cause", "no later entry names its index and leaf hash", index)
        if len(faults) == len(named):
            return Result("fails", faults[0].code, faults[0].detail, index)
    return HOLDS


def _fault(bundle: Bundle, by: int, withholding: Withholding, listed: set[str], directory: Directory) -> VerificationError | None:
    statement = bundle.entries[by].statement
    named = {name for name in withholding.streams if name in bundle.streams}
    try:
        check_lawful(withholding, statement.type, directory.role(directory.company(statement.party)))
        wrong = sorted(listed ^ named)
        if wrong:
            raise VerificationError("entry-misplaced" if wrong[0] in listed else "entry-left-out", wrong[0])
    except VerificationError as error:
        return error
    return None
