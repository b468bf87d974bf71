"""A statement: what an actor signs. Bytes in, a frozen value out; what does not round-trip is refused.

Source: DESIGN 3.1; docs/formats/statement.md.
"""

from __future__ import annotations

import re
from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, Raw, Struct, UnsetType

from . import canonical
from .canonical import JsonValue
from .days import check_calendar
from .errors import Refused
from .hashing import statement_hash
from .identifier import CLASS, COMPANY, ITEM, LOT, OFFER, WAYBILL, carrier_of, check_actor, check_class, check_uscc, split_offer
from .limits import EVIDENCE_MAX, INTEGER_MAX, STATEMENT_BYTES_MAX, STREAM_ID_BYTES_MAX, SUBJECTS_MAX
from .moment import moment_ms
from .registry import TYPES, Type
from .streams import streams
from .terms import FAULTS, Actor, Hash, Moment, Row

UUID7 = r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
ORIGIN = r"[a-z0-9][a-z0-9./-]{2,79}"  # a place's origin: schema-less, lower case, as C2SP asks of log names


SUBJECT_MAX = STREAM_ID_BYTES_MAX - 2  # a stream id is a letter, a colon and the subject


class Subjects(Row, frozen=True, rename={"class_": "class"}):
    """What a statement is about; at most four fields."""

    item: Annotated[str, Meta(pattern=rf"^{ITEM}\Z", max_length=SUBJECT_MAX)] | UnsetType = UNSET
    lot: Annotated[str, Meta(pattern=rf"^{LOT}\Z", max_length=SUBJECT_MAX)] | UnsetType = UNSET
    class_: Annotated[str, Meta(pattern=rf"^{CLASS}\Z", max_length=SUBJECT_MAX)] | UnsetType = UNSET
    offer: Annotated[str, Meta(pattern=rf"^{OFFER}\Z", max_length=SUBJECT_MAX)] | UnsetType = UNSET
    waybill: Annotated[str, Meta(pattern=rf"^{WAYBILL}\Z", max_length=SUBJECT_MAX)] | UnsetType = UNSET
    next: Annotated[str, Meta(pattern=rf"^{WAYBILL}\Z", max_length=SUBJECT_MAX)] | UnsetType = UNSET
    party: Actor | UnsetType = UNSET
    company: Annotated[str, Meta(pattern=rf"^{COMPANY}\Z")] | UnsetType = UNSET


class Re(Row, frozen=True):
    """Type and subjects of the statement that `ref` names, copied."""

    type: Annotated[str, Meta(pattern=r"^[a-z]{3,20}\Z")]
    subjects: Subjects
    re: Re | UnsetType = UNSET


class Source(Row, frozen=True):
    """Where the words come from, when not from the signer's own doing."""

    mode: Literal["own", "relay", "import", "simulated"]
    of: Actor | UnsetType = UNSET
    doc: Hash | UnsetType = UNSET


class Evidence(Row, frozen=True):
    """A file beside the book, by hash."""

    sha256: Hash
    bytes: Annotated[int, Meta(ge=1, le=INTEGER_MAX)]
    kind: Literal["photo", "signature", "report", "document", "weight", "recording", "other"]


class Envelope(Struct, frozen=True, forbid_unknown_fields=True, rename={"for_": "for"}):
    """A statement's members as they stand on the wire, the body still in its own bytes."""

    actor: Actor
    at: Moment
    body: Raw
    book: Annotated[str, Meta(pattern=rf"^{ORIGIN}\Z")]
    id: Annotated[str, Meta(pattern=rf"^{UUID7}\Z")]
    key: Hash
    n: Annotated[int, Meta(ge=1, le=INTEGER_MAX)]
    subjects: Subjects
    type: Annotated[str, Meta(pattern=r"^[a-z]{3,20}\Z")]
    v: Literal[1]
    evidence: Annotated[list[Evidence], Meta(min_length=1, max_length=EVIDENCE_MAX)] | UnsetType = UNSET
    for_: Actor | UnsetType = UNSET
    re: Re | UnsetType = UNSET
    ref: Hash | UnsetType = UNSET
    source: Source | UnsetType = UNSET


_ENVELOPE = msgspec.json.Decoder(Envelope)
_BODIES = {name: msgspec.json.Decoder(row.body) for name, row in TYPES.items() if row.body is not None}
_AT = re.compile(r" - at `\$(.*)`$")


class Statement(Struct, frozen=True, gc=False):
    """A parsed statement.

    Attributes:
        raw: Its canonical bytes, exactly as signed.
        hash: Its name, 32 bytes.
        at_ms: Claimed time, Unix milliseconds.
        party: Who is bound by it: `for` where it acts under a mandate, else the actor.
        streams: Stream ids it stands in, own ones first.
        mode: Where the words come from: own, relay, import or simulated.
        of: Whose words they are, where `source` names somebody.
        body: The typed body; None when the type is not understood.
    """

    raw: bytes
    hash: bytes
    book: str
    id: str
    type: str
    actor: str
    party: str
    key: str
    n: int
    at: str
    at_ms: int
    subjects: dict[str, str]
    streams: tuple[str, ...]
    body: Row | None
    ref: str | None
    re: dict[str, JsonValue] | None
    mode: str
    evidence: tuple[Evidence, ...]
    of: str | None = None


def _pointer(message: str, base: str) -> tuple[str, str]:
    match = _AT.search(message)
    if match is None:
        return message, base
    path = re.sub(r"\[(\d+|\.\.\.)\]", r"/\1", match[1].replace(".", "/")).replace("/class_", "/class")
    return message[: match.start()], base + path


def schema_refusal(error: msgspec.ValidationError, base: str = "") -> Refused:
    """What a schema said, as a refusal that names the place and never repeats a value: it may be personal data."""
    words, pointer = _pointer(str(error), base)
    if "unknown field" in words:
        return Refused("field-unknown", "a field that this object does not have", pointer)
    if "missing required" in words:
        return Refused("field-missing", words, pointer)
    if "nvalid enum value" in words or "nvalid value" in words:
        words = "not one of the values that may stand here"
    if pointer == "/at":
        return Refused("time-malformed", "a time with offset is due: YYYY-MM-DDThh:mm:ss, then Z or ±hh:mm", pointer)
    if re.match(r"(?:/re)*/subjects/", pointer):
        code = "stream-too-long" if "length <=" in words else "subject-malformed"
        return Refused(code, "the subject would make too long a stream id" if code == "stream-too-long" else words, pointer)
    return Refused("field-invalid", words, pointer)


_FIELDS = tuple((field, field.rstrip("_")) for field in Subjects.__struct_fields__)


def _subject_dict(subjects: Subjects) -> dict[str, str]:
    return {name: value for field, name in _FIELDS if (value := getattr(subjects, field)) is not UNSET}


def _re_dict(re_: Re) -> dict[str, JsonValue]:
    copied: dict[str, JsonValue] = {"subjects": {**_subject_dict(re_.subjects)}, "type": re_.type}
    if re_.re is not UNSET:
        copied["re"] = _re_dict(re_.re)
    return copied


def check_numbers(subjects: dict[str, str], pointer: str) -> None:
    """Check the digits inside subject keys, whose shapes are already right.

    Raises:
        Refused: `check-digit`, `actor-malformed`, `subject-malformed`.
    """
    for name, value in subjects.items():
        where = f"{pointer}/{name}"
        if name in ("item", "lot", "class"):
            check_class(value[:18] if value.startswith("/01/") else value[:21], where)
        elif name == "offer":
            seller, product = split_offer(value)
            check_actor(seller, where)
            check_class(product, where)
        elif name in ("waybill", "next"):
            check_uscc(carrier_of(value), where)
        else:
            check_actor(value, where)


def _alternatives(row: Type) -> frozenset[frozenset[str]]:
    """Every set of subject fields that a type may name."""
    found: set[frozenset[str]] = set()
    for fields in row.subjects:
        sets = [frozenset(field for field in fields if not field.endswith("?"))]
        for field in fields:
            if field.endswith("?"):
                sets += [known | {field[:-1]} for known in sets]
        found.update(sets)
    return frozenset(found)


_ALLOWED = {name: _alternatives(row) for name, row in TYPES.items()}


def _check_subjects(row: Type, subjects: dict[str, str]) -> None:
    if frozenset(subjects) in _ALLOWED[row.name]:
        return
    if len(subjects) > SUBJECTS_MAX:
        raise Refused("subject-count", f"a statement names at most {SUBJECTS_MAX} subjects", "/subjects")
    wanted = " or ".join("{" + ", ".join(fields) + "}" for fields in row.subjects)
    raise Refused("subject-shape", f"a statement of type {row.name} names {wanted}", "/subjects")


def _check_ref(row: Type, envelope: Envelope) -> None:
    if (envelope.ref is UNSET) != (envelope.re is UNSET):
        raise Refused("ref-without-re", "ref and re stand together or not at all", "/ref")
    if row.ref == "none" and envelope.ref is not UNSET:
        raise Refused("ref-not-allowed", f"a statement of type {row.name} refers to nothing", "/ref")
    if row.ref == "required" and envelope.ref is UNSET:
        raise Refused("ref-missing", f"a statement of type {row.name} refers to another", "/ref")
    if envelope.re is not UNSET and row.refers_to and envelope.re.type not in row.refers_to:
        raise Refused("ref-type", f"a statement of type {row.name} refers to {', '.join(row.refers_to)}", "/re/type")


def _decode(raw: bytes) -> Envelope:
    try:
        envelope = _ENVELOPE.decode(raw)
        canonical.check(raw)
    except msgspec.ValidationError as error:
        canonical.parse(raw)  # says more precisely what is wrong when the bytes themselves are at fault
        raise schema_refusal(error) from error
    except FAULTS as error:
        canonical.parse(raw)
        raise Refused("not-json", "not a JSON object") from error
    return envelope


def parse_statement(raw: bytes, *, writing: bool = True) -> Statement:
    """Parse and check one statement by itself: form, bounds, digits, subjects; not its signature or its right to be.

    Args:
        raw: The bytes as signed.
        writing: False when verifying a book: a type that is not understood is then let through without a body.

    Raises:
        Refused: with the problem's code and a JSON pointer.
    """
    if len(raw) > STATEMENT_BYTES_MAX:
        raise Refused("statement-too-large", f"{len(raw)} bytes, at most {STATEMENT_BYTES_MAX}")
    envelope = _decode(raw)
    row = TYPES.get(envelope.type)
    body: Row | None = None
    subjects = _subject_dict(envelope.subjects)
    if row is None or row.body is None:
        if writing:
            raise Refused("type-unregistered", f"the type {envelope.type} cannot be written to this book", "/type")
        canonical.parse(raw)  # no schema bounds the body of such a type
    else:
        try:
            body = _BODIES[envelope.type].decode(envelope.body)
        except msgspec.ValidationError as error:
            canonical.parse(raw)
            raise schema_refusal(error, "/body") from error
        if writing:  # a verifier meets such a day where it matters, and says which rule it breaks
            canonical.check_assigned(raw)
            check_calendar(body)
        _check_subjects(row, subjects)
        _check_ref(row, envelope)
    check_numbers(subjects, "/subjects")
    check_actor(envelope.actor, "/actor")
    copied = None if envelope.re is UNSET else _re_dict(envelope.re)
    return Statement(
        raw=raw,
        hash=statement_hash(raw),
        book=envelope.book,
        id=envelope.id,
        type=envelope.type,
        actor=envelope.actor,
        party=envelope.actor if envelope.for_ is UNSET else envelope.for_,
        key=envelope.key,
        n=envelope.n,
        at=envelope.at,
        at_ms=moment_ms(envelope.at),
        subjects=subjects,
        streams=streams(envelope.type, subjects, copied),
        body=body,
        ref=None if envelope.ref is UNSET else envelope.ref,
        re=copied,
        mode="own" if envelope.source is UNSET else envelope.source.mode,
        evidence=() if envelope.evidence is UNSET else tuple(envelope.evidence),
        of=None if envelope.source is UNSET or envelope.source.of is UNSET else envelope.source.of,
    )


def copy_for_ref(statement: Statement) -> dict[str, JsonValue]:
    """The `re` member that a statement referring to this one carries."""
    copied: dict[str, JsonValue] = {"subjects": {**statement.subjects}, "type": statement.type}
    if statement.re is not None:
        copied["re"] = statement.re
    return copied
