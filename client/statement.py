"""Statements out of Python values: what an actor wants to say, made into the canonical bytes that it signs.

Every statement is parsed by the book's own parser before it leaves here, so what the book would refuse for its form is
refused while it can still be mended. Right and life cycle are the book's to judge. Source: docs/formats/statement.md.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from ..ledger import canonical
from ..ledger.canonical import JsonValue
from ..ledger.commitment import commit
from ..ledger.encoding import b64u
from ..ledger.leaf import Header
from ..ledger.statement import Statement, copy_for_ref, parse_statement

Salts = Callable[[str], bytes]  # JSON pointer to 32 bytes that nobody can guess


@dataclass(frozen=True, slots=True)
class Opening:
    """Value and salt behind one commitment; goes to the book's vault, never into the statement.

    Attributes:
        pointer: JSON pointer of the field that carries the commitment, for example `/body/text`.
        salt: 32 bytes of its own.
        value: What is committed to.
    """

    pointer: str
    salt: bytes
    value: str

    def row(self) -> dict[str, JsonValue]:
        """As it stands in a request's `open`."""
        return {"pointer": self.pointer, "salt": b64u(self.salt), "value": self.value}


@dataclass(frozen=True, slots=True)
class Draft:
    """What an actor wants to say, before it has a number, an id and a signature.

    Attributes:
        type: A registered type, for example `sale`.
        at: Claimed time with offset, `2026-11-22T08:00:00+08:00`; `ledger.moment.moment_text` makes one.
        subjects: What it is about: `item`, `lot`, `class`, `offer`, `waybill`, `next`, `party`, `company`.
        body: As the type's schema says, without the fields in `secrets`.
        secrets: JSON pointer to value: fields that stand in the statement as commitments, and go to the vault.
        ref: The statement this one refers to; its type and subjects are copied into `re`.
        for_: The actor in whose name it is signed, under a mandate.
        mode: Where the words come from: own, relay, import or simulated.
        of: Whose words they are, where they are another's: an actor.
        doc: Hash of the document they come from, base64url.
        evidence: Files beside the book: {sha256, bytes, kind}.
    """

    type: str
    at: str
    subjects: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, JsonValue] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict)
    ref: Statement | None = None
    for_: str | None = None
    mode: str = "own"
    of: str | None = None
    doc: str | None = None
    evidence: tuple[Mapping[str, JsonValue], ...] = ()


@dataclass(frozen=True, slots=True)
class Signed:
    """One statement with its own signature, ready to be sent, as often as need be.

    Attributes:
        type: Type of the statement.
        raw: Its canonical bytes: what was signed.
        hash: Its name, 32 bytes.
        signature: 64 bytes.
        openings: What its commitments hide.
    """

    type: str
    raw: bytes
    hash: bytes
    signature: bytes
    openings: tuple[Opening, ...] = ()

    @property
    def statement(self) -> Statement:
        """The statement, parsed anew; a later draft may refer to it."""
        return parse_statement(self.raw)

    def line(self) -> bytes:
        """As a request's body, or as one line of an NDJSON body. The same every time."""
        return b'{"statement":%s,"signature":"%s"%s}' % (self.raw, b64u(self.signature).encode(), _open_member(self.openings))


@dataclass(frozen=True, slots=True)
class SignedBatch:
    """Statements of one key under one signature.

    Attributes:
        header: What was signed.
        header_raw: Its canonical bytes.
        signature: 64 bytes.
        statements: In the order of their numbers, without a gap.
        openings: What the commitments of each hide.
    """

    header: Header
    header_raw: bytes
    signature: bytes
    statements: tuple[Statement, ...]
    openings: tuple[tuple[Opening, ...], ...]

    def lines(self) -> list[bytes]:
        """Lines of the NDJSON body, the header first. The same every time."""
        first = b'{"header":%s,"signature":"%s"}' % (self.header_raw, b64u(self.signature).encode())
        rows = zip(self.statements, self.openings, strict=True)
        return [first, *(b'{"statement":%s%s}' % (statement.raw, _open_member(opened)) for statement, opened in rows)]


def compose(
    draft: Draft, *, book: str, actor: str, key: bytes, n: int, statement_id: str, salts: Salts
) -> tuple[Statement, tuple[Opening, ...]]:
    """Make the statement of a draft.

    Args:
        draft: What to say.
        book: Origin of the place whose book it goes to.
        actor: Who signs.
        key: Key id of the signing key, 32 bytes.
        n: Counter of that key in that book, from 1.
        statement_id: UUIDv7, unique for the actor.
        salts: Gives the salt of each commitment; asked once for each pointer in `draft.secrets`.

    Raises:
        Refused: with the problem's code and a JSON pointer, as the book itself would.
    """
    openings = tuple(Opening(pointer, salts(pointer), value) for pointer, value in draft.secrets.items())
    body: dict[str, JsonValue] = dict(draft.body)
    for opening in openings:
        body = _with_member(body, opening.pointer, b64u(commit(opening.salt, draft.type, opening.pointer, opening.value)))
    members: dict[str, JsonValue] = {
        "actor": actor, "at": draft.at, "body": body, "book": book, "id": statement_id, "key": b64u(key), "n": n,
        "subjects": dict(draft.subjects), "type": draft.type, "v": 1,
    }  # fmt: skip
    if draft.evidence:
        members["evidence"] = [dict(file) for file in draft.evidence]
    if draft.for_ is not None:
        members["for"] = draft.for_
    if draft.mode != "own":
        source: dict[str, JsonValue] = {"mode": draft.mode}
        if draft.of is not None:
            source["of"] = draft.of
        if draft.doc is not None:
            source["doc"] = draft.doc
        members["source"] = source
    if draft.ref is not None:
        members["re"] = copy_for_ref(draft.ref)
        members["ref"] = b64u(draft.ref.hash)
    return parse_statement(canonical.dump(members)), openings


def _with_member(body: dict[str, JsonValue], pointer: str, value: str) -> dict[str, JsonValue]:
    """A copy of a body with the commitment at a pointer such as `/body/text`; the caller's own value stays as it is."""
    parts = pointer.split("/")
    if parts[:2] != ["", "body"] or len(parts) < 3:
        raise ValueError(f"a commitment stands in the body, not at {pointer}")
    copied = at = dict(body)
    for part in parts[2:-1]:
        inner = at.get(part, {})
        if not isinstance(inner, dict):
            raise ValueError(f"no object on the way to {pointer}")
        at[part] = inner = dict(inner)
        at = inner
    if parts[-1] in at:
        raise ValueError(f"{pointer} is given twice, as a value and as a secret")
    at[parts[-1]] = value
    return copied


def _open_member(openings: tuple[Opening, ...]) -> bytes:
    return b',"open":%s' % canonical.dump([opening.row() for opening in openings]) if openings else b""
