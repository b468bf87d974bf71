"""Which reviews are hidden: those of which the last step that still stands says so. Pure. Source: docs/adr/0010."""

from __future__ import annotations

from collections.abc import Iterable

from .bodies import CorrectionBody
from .encoding import b64u
from .statement import Statement
from .voices import CaseBody


def hidden_among(statements: Iterable[Statement]) -> frozenset[str]:
    """Names of hidden reviews.

    Args:
        statements: Of one story, in log order.
    """
    steps: dict[str, list[tuple[str, bool]]] = {}  # by review: the steps about it, each with whether it hides
    undone: set[str] = set()
    for statement in statements:
        body, ref = statement.body, statement.ref
        if ref is None:
            continue
        if isinstance(body, CaseBody) and body.state in ("HIDDEN", "RESTORED"):
            steps.setdefault(ref, []).append((b64u(statement.hash), body.state == "HIDDEN"))
        elif isinstance(body, CorrectionBody) and body.reason == "did_not_occur":
            undone.add(ref)
    standing = {name: [hides for step, hides in found if step not in undone] for name, found in steps.items()}
    return frozenset(name for name, found in standing.items() if found and found[-1])
