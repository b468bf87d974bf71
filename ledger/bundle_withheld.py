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
    for index, named in causes.items():
        faults = [fault for cause in named if (fault := _fault(bundle, *cause, directory)) is not None]
        if not named:
            return Result("fails", "withheld-without-cause", "no later entry names its index and leaf hash", index)
        if len(faults) == len(named):
            return Result("fails", faults[0].code, faults[0].detail, index)
    return HOLDS


def _fault(bundle: Bundle, by: int, withholding: Withholding, directory: Directory) -> VerificationError | None:
    statement = bundle.entries[by].statement
    try:
        check_lawful(withholding, statement.type, directory.role(directory.company(statement.party)))
        for name, indexes in bundle.streams.items():
            listed, named = withholding.index in indexes, name in withholding.streams
            if listed and not named:
                raise VerificationError("entry-misplaced", f"listed in {name}")
            if named and not listed:
                raise VerificationError("entry-left-out", f"not listed in {name}")
    except VerificationError as error:
        return error
    return None
