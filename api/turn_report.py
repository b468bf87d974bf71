"""What one look at a book from outside comes to: a verdict, a JSON value, and lines for a person.

Source: docs/guide/outside.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import orjson

from ..ledger.bundle_report import HOLDS, Result
from ..ledger.contradiction import as_words, encode_contradiction
from ..ledger.reasons import REASONS
from .keeping import Keeping
from .outcome import result_json
from .trust import Trust
from .turn import Turn
from .vantage import Vantage

SHOWN_MAX: Final = 20  # of a kind, for a person; --json has all that is kept
_COUNTS: Final = {
    "size": "leaves",
    "entries": "entries",
    "batches": "batches",
    "streams": "streams",
    "epochs": "epochs",
    "not_understood": "not understood",
}


def faults(turn: Turn) -> list[Result]:
    """Contradictions as results, the first one first."""
    return [Result("fails", one.code, one.detail, index) for one, index in zip(turn.found, turn.indexes, strict=True)]


def result_of(turn: Turn, lacking: str, *, recent: bool = False) -> Result:
    """What one look comes to.

    Args:
        turn: What was found.
        lacking: Why the entries that were asked for are not shown; "" where they are.
        recent: Cosignatures must be recent too; else the state only holds "as of".
    """
    found = faults(turn)
    if found:
        return found[0]
    if turn.quorum.state != "holds" and (recent or turn.quorum.code == "witness-quorum"):
        return turn.quorum
    if lacking:
        return Result("open", "not-shown", f"entries were not checked: {lacking}")
    return HOLDS


def report(
    turn: Turn, result: Result, keeping: Keeping, trust: Trust, lacking: str, vantages: Sequence[Vantage]
) -> dict[str, Any]:
    """What one look came to, as a JSON value."""
    holes = keeping.holes()
    known = {(one.code, one.index) for one in faults(turn)}
    more = [Result("fails", one.code, one.detail, one.index) for one in keeping.findings() if (one.code, one.index) not in known]
    return {
        "verdict": result.state,
        "origin": trust.origin,
        "log": trust.vkey,
        **keeping.counts(),
        "checked": turn.checked,
        "not_checked": {"entries": lacking} if lacking else {},
        "current": {"state": turn.current.state, **_as_of(turn), **(result_json(turn.current) or {})},
        "witnesses": {
            "state": turn.quorum.state if trust.policy is not None else "open",
            **(result_json(turn.quorum) or {}),
            "cosigned": [as_words(name) for name in turn.cosigned],
            "full": [as_words(name) for name in turn.full],
            "asked": [one.as_json() for one in vantages if one.key is not None],
        },
        "peers": [one.as_json() for one in vantages if one.key is None],
        "first": result_json(result),
        "findings": [result_json(one) for one in (*faults(turn), *more)],
        "contradictions": [orjson.loads(encode_contradiction(one)) for one in turn.found],
        "holes": [{"key": one.key, "missing": one.missing, "ranges": [list(run) for run in one.ranges]} for one in holes],
        "holes_total": sum(one.missing for one in holes),
    }


def _as_of(turn: Turn) -> dict[str, int]:
    return {} if turn.epoch is None else {"as_of": turn.epoch.time}


def lines_of(value: dict[str, Any]) -> list[str]:
    """The same for a person, without the verdict."""
    counts = ", ".join(f"{value[name]} {word}" for name, word in _COUNTS.items() if name in value)
    lines = [f"{value['origin']}: {counts}"]
    for hole in value["holes"][:SHOWN_MAX]:
        runs = ", ".join(str(first) if first == last else f"{first}-{last}" for first, last in hole["ranges"])
        lines.append(f"counter of key {hole['key']}: {hole['missing']} numbers missing ({runs})")
    lines += [f"not checked: {what}: {why}" for what, why in value["not_checked"].items()]
    seen = value["witnesses"]
    if seen.get("code"):
        lines.append(f"{seen['code']}: {seen['detail']}")
    elif seen["cosigned"]:
        lines.append(f"cosigned by {', '.join(seen['cosigned'])}; of these full: {', '.join(seen['full']) or 'none'}")
    for one in (*seen["asked"], *value["peers"]):
        words = f", {one['size']} leaves" if "size" in one else ""
        lines.append(
            f"{one.get('name') or one['url']}: {one['state']}{words}" + (f" ({one['detail']})" if "detail" in one else "")
        )
    lines += [f"note: {notice}" for notice in value.get("notices", ())]
    for one in value["findings"][:SHOWN_MAX]:
        place = f" at index {one['index']}" if "index" in one else ""
        lines.append(f"{one['code']}{place}: {REASONS[one['code']][0]} {one['detail']}")
    return lines
