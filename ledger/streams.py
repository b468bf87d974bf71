"""In which streams an entry stands: a pure function of its statement's subject fields.

Every verifier runs this table again; the sequencer chooses nothing. Source: DESIGN 3.2.
"""

from __future__ import annotations

from collections.abc import Mapping

from .errors import Refused
from .limits import STREAM_ID_BYTES_MAX
from .registry import TYPES

RE_DEPTH_MAX = 4  # a reply to a decision on a complaint is three deep


def own_streams(type_name: str, subjects: Mapping[str, str]) -> list[str]:
    """Streams of a type's own subjects, in table order; empty for a type that is not registered."""
    row = TYPES.get(type_name)
    if row is None:
        return []
    found = []
    for letter, field in row.streams:
        subject = subjects.get(field)
        if subject is not None:
            if letter == "c":
                subject = subject[:18] if field != "company" else subject.partition(":")[2]
            found.append(f"{letter}:{subject}")
    return found


def streams(type_name: str, subjects: Mapping[str, str], re: Mapping[str, object] | None = None) -> tuple[str, ...]:
    """All streams of a statement: its own, then those of the statement it refers to.

    Args:
        type_name: The statement's type.
        subjects: Its subject fields.
        re: The copied type and subjects of the statement referred to, nested at most `RE_DEPTH_MAX` deep.

    Raises:
        Refused: `stream-too-long`, or `re-too-deep`.
    """
    found = own_streams(type_name, subjects)
    depth = 0
    while re is not None:
        depth += 1
        if depth > RE_DEPTH_MAX:
            raise Refused("re-too-deep", f"more than {RE_DEPTH_MAX} statements referred to in a row", "/re")
        inner = re["subjects"]
        assert isinstance(inner, Mapping)
        found += own_streams(str(re["type"]), inner)
        nested = re.get("re")
        re = nested if isinstance(nested, Mapping) else None
    for name in found:
        if len(name) > STREAM_ID_BYTES_MAX:
            raise Refused("stream-too-long", f"a stream id has {len(name)} bytes, at most {STREAM_ID_BYTES_MAX}", "/subjects")
    return tuple(dict.fromkeys(found))
