"""Proof that one row stands in a published fact table: two inclusion paths, from the row to its section, from that to the root.

Pure. Source: docs/formats/fact-table.md, proof of one row.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from ..ledger.encoding import b64u, unb64u
from ..ledger.errors import VerificationError
from ..ledger.hashing import leaf_hash
from ..ledger.merkle import inclusion_path, nodes_of
from ..ledger.proof import verify_inclusion
from ..ledger.terms import Hash
from .errors import CreditError
from .row import HeadRow, ParcelRow, SectionRow

_FILE: Final = "proof of a row"
_Place = Annotated[int, Meta(ge=0, le=10_000_000)]
_Path = Annotated[list[Hash], Meta(max_length=63)]


class _Step(Struct, frozen=True, forbid_unknown_fields=True):
    line: Annotated[str, Meta(max_length=10_000)]
    position: _Place
    size: _Place
    path: _Path


class _Told(Struct, frozen=True, forbid_unknown_fields=True):
    in_dispute: bool


class _Proof(Struct, frozen=True, forbid_unknown_fields=True):
    table: Hash
    head: _Step
    section: _Step
    row: _Step
    told: _Told | UnsetType = UNSET  # a server's word beside what is proved


def prove_row(files: Mapping[str, bytes], parcel: str) -> dict[str, Any] | None:
    """The row of one parcel with its proof, or None where the table has none.

    Args:
        files: `index` and every section of a table, lines each with a line feed.
        parcel: `parcel` of the row.
    """
    needle = f'"parcel":"{parcel}"'.encode()
    index = files["index"].splitlines()
    for name, raw in files.items():
        if name == "index" or needle not in raw:
            continue
        lines = raw.splitlines()
        position = next(n for n, line in enumerate(lines) if needle in line)
        listed = next(n for n, line in enumerate(index) if f'"section":"{name}"'.encode() in line)
        return {"head": _step(index, 0), "section": _step(index, listed), "row": _step(lines, position)}
    return None


def _step(lines: list[bytes], position: int) -> dict[str, Any]:
    leaves = [leaf_hash(line) for line in lines]
    path = [b64u(part) for part in inclusion_path(position, len(leaves), nodes_of(leaves))]
    return {"line": lines[position].decode(), "position": position, "size": len(lines), "path": path}


def check_row(raw: bytes, table: str) -> tuple[HeadRow, ParcelRow]:
    """Check the proof of a row.

    Args:
        raw: The proof as JSON.
        table: Root of the fact table, from a publication that the reader has checked.

    Returns:
        Head of the table, and the row.

    Raises:
        CreditError: It is none, or does not lead to that root.
    """
    try:
        proof = msgspec.json.decode(raw, type=_Proof)
        head = msgspec.json.decode(proof.head.line, type=HeadRow)
        section = msgspec.json.decode(proof.section.line, type=SectionRow)
        row = msgspec.json.decode(proof.row.line, type=ParcelRow)
    except msgspec.DecodeError as error:
        raise CreditError(str(error), "", _FILE) from error
    if proof.head.position != 0 or proof.section.size != proof.head.size:
        raise CreditError("the head is the first line of the same index", "/head", _FILE)
    if row.day[:7] != section.section or proof.row.size != section.rows:
        raise CreditError("the row is not of this section", "/row", _FILE)
    for where, step, root in (("head", proof.head, table), ("section", proof.section, table), ("row", proof.row, section.root)):
        path = [unb64u(part, 32) for part in step.path]
        try:
            verify_inclusion(leaf_hash(step.line.encode()), step.position, step.size, path, unb64u(root, 32))
        except VerificationError as error:
            raise CreditError("the path does not lead to the root", f"/{where}/path", _FILE) from error
    return head, row
