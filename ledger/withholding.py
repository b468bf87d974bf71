"""Entries withheld by law: which later entry lets a bundle show index and leaf hash alone, on which ground, by whose word.

An `erasure` or a `repair` withholds the entry it refers to when its body names that entry's `index` and `leaf` hash and a
`ground`; without them it erases only values that lay beside the book. What it refers to keeps its streams and its chain,
for `re` says its type and subjects. Source: DESIGN 3.2 "Withheld by law"; docs/formats/bundle.md.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Final

import msgspec
from msgspec import Meta, Struct

from .canonical import JsonValue
from .encoding import b64u, unb64u
from .errors import VerificationError
from .hashing import HASH_SIZE
from .limits import INTEGER_MAX
from .registry import NEVER_WITHHELD, TYPES
from .statement import Statement
from .streams import streams
from .terms import FAULTS, Ground, Hash

# Type of the withholding entry -> ground -> roles that may write it; `repair` is only reserved as yet.
MAY_WITHHOLD: Final[Mapping[str, Mapping[str, tuple[str, ...]]]] = {
    "erasure": {"law": ("operator", "regulator"), "request": ("operator",), "term": ("operator", "regulator")},
    "repair": {"law": ("regulator",), "repair": ("regulator",), "term": ("regulator",)},
}


class _Body(Struct, frozen=True):
    """What of the body matters here; other members are the type's own."""

    ground: Ground
    index: Annotated[int, Meta(ge=1, le=INTEGER_MAX)]
    leaf: Hash


class _Shape(Struct, frozen=True):
    body: _Body


_SHAPE = msgspec.json.Decoder(_Shape)


@dataclass(frozen=True, slots=True)
class Withholding:
    """What a withholding entry says of the entry it refers to.

    Attributes:
        index: Position of the withheld entry in the log.
        leaf: Its leaf hash, 32 bytes.
        name: Its statement's hash, base64url, as `ref` gives it.
        kind: Its type.
        ground: `law`, `request`, `repair` or `term`.
        re: The copy of its type and subjects.
        streams: Streams it stands in.
    """

    index: int
    leaf: bytes
    name: str
    kind: str
    ground: Ground
    re: dict[str, JsonValue]
    streams: tuple[str, ...]

    @property
    def is_allowed(self) -> bool:
        """Whether an entry of this type may be withheld on this ground, whoever says so."""
        row = TYPES.get(self.kind)
        return row is not None and self.kind not in NEVER_WITHHELD and self.ground in row.withhold


def withholding_of(statement: Statement) -> Withholding | None:
    """What a statement withholds, or None when it withholds nothing."""
    if statement.type not in MAY_WITHHOLD or statement.ref is None or statement.re is None:
        return None
    try:
        body = _SHAPE.decode(statement.raw).body
        leaf = unb64u(body.leaf, HASH_SIZE)
    except (*FAULTS, VerificationError):
        return None
    kind, subjects, inner = statement.re["type"], statement.re["subjects"], statement.re.get("re")
    assert isinstance(kind, str)
    assert isinstance(subjects, dict)
    assert inner is None or isinstance(inner, dict)
    found = streams(kind, subjects, inner)  # type: ignore[arg-type]
    return Withholding(body.index, leaf, statement.ref, kind, body.ground, statement.re, found)


def withheld_among(said: Sequence[tuple[int, Statement]], leaf: Callable[[int], bytes]) -> dict[int, tuple[Withholding, int]]:
    """What entries of one stream withhold of each other; who withholds stands in every stream of what it withholds.

    Args:
        said: Index and statement of the stream's entries, whole and in order.
        leaf: Leaf hash of one of them, 32 bytes; asked only for what is named.

    Returns:
        By index of what is withheld: by what, and the index of the first entry that says so.
    """
    statements = dict(said)
    found: dict[int, tuple[Withholding, int]] = {}
    for by, statement in said:
        one = withholding_of(statement)
        if one is None or one.index in found or one.index not in statements:
            continue
        if one.is_allowed and one.index < by and one.name == b64u(statements[one.index].hash) and one.leaf == leaf(one.index):
            found[one.index] = one, by
    return found


def check_lawful(withholding: Withholding, by_type: str, role: str | None) -> None:
    """Check that an entry of this type may be withheld on this ground by whoever said so.

    Args:
        withholding: What is withheld and why.
        by_type: Type of the withholding entry.
        role: Role of the party that is bound by it, None for a stranger.

    Raises:
        VerificationError: `withheld-type`, `withheld-authority`.
    """
    if not withholding.is_allowed:
        detail = f"a {withholding.kind} on the ground of {withholding.ground}"
        raise VerificationError("withheld-type", detail, withholding.index)
    if role not in MAY_WITHHOLD[by_type].get(withholding.ground, ()):
        detail = f"{by_type} on the ground of {withholding.ground} by a {role or 'stranger'}"
        raise VerificationError("withheld-authority", detail, withholding.index)
