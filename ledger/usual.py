"""Reading the usual statement quickly: of a registered type, in ASCII, referring to nothing.

Whatever is not recognised at once is left to `statement.parse_statement`, which alone refuses and says why; so the two can
only agree, and a test holds them against each other. What makes it quick: envelope and body are decoded in one go; that
the bytes are canonical is shown by writing the value anew; texts that come again and again are judged once. The writer's
workers and the verifier read through the same door.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Literal, NamedTuple

import msgspec
from msgspec import UNSET, UnsetType

from .days import check_calendar
from .errors import Refused
from .hashing import statement_hash
from .identifier import check_actor
from .limits import STATEMENT_BYTES_MAX
from .moment import moment_ms
from .registry import TYPES, Type
from .statement import Envelope, Statement, Subjects, check_numbers, parse_statement
from .terms import FAULTS

TEXTS_MAX = 8_192  # texts that are remembered of a kind, about 200 bytes each

_ENCODE = msgspec.json.Encoder(order="sorted").encode
_TYPE = {field.name: field.type for field in msgspec.structs.fields(Envelope)}
_SUBJECT_TYPE = {field.encode_name: field.type for field in msgspec.structs.fields(Subjects)}


class _Usual(NamedTuple):
    """How statements of one type are read."""

    decode: Any  # of the whole statement, to a struct made below
    fields: tuple[tuple[str, str], ...]  # attribute and name of each subject field the type may have
    sets: frozenset[tuple[str, ...]]  # names that may stand together, in the order of `fields`
    streams: tuple[tuple[str, str, int | None], ...]  # letter and colon, field, how many characters of it


def _usual(row: Type) -> _Usual:
    names = sorted({field.rstrip("?") for fields in row.subjects for field in fields})
    attributes = {name: "class_" if name == "class" else name for name in names}
    options: dict[str, Any] = {"frozen": True, "forbid_unknown_fields": True, "omit_defaults": True, "gc": False}
    subjects = msgspec.defstruct(
        "Subjects", [(attributes[name], str | UnsetType, UNSET) for name in names], rename={"class_": "class"}, **options
    )
    kinds = (
        _TYPE
        | {"body": row.body, "subjects": subjects, "type": Literal[row.name]}
        | dict.fromkeys(("actor", "at", "book", "key"), str)
    )
    whole = msgspec.defstruct(
        "Whole",
        [(name, kinds[name]) for name in ("actor", "at", "body", "book", "id", "key", "n", "subjects", "type", "v")]
        + [(name, kinds[name], UNSET) for name in ("evidence", "for_", "source")],
        rename={"for_": "for"},
        **options,
    )
    sets: set[tuple[str, ...]] = set()
    for fields in row.subjects:
        some = [tuple(field for field in fields if not field.endswith("?"))]
        for field in fields:
            if field.endswith("?"):
                some += [(*known, field[:-1]) for known in some]
        sets |= {tuple(sorted(known)) for known in some}
    streams = tuple((f"{letter}:", field, 18 if letter == "c" else None) for letter, field in row.streams)
    return _Usual(msgspec.json.Decoder(whole).decode, tuple((attributes[name], name) for name in names), frozenset(sets), streams)


# A company's own stream is cut otherwise, and only reserved types stand in one.
_USUAL = {
    name.encode(): _usual(row)
    for name, row in TYPES.items()
    if row.body is not None and row.ref != "required" and ("c", "company") not in row.streams
}


def _is_actor(text: str) -> bool:
    try:
        msgspec.convert(text, _TYPE["actor"])
        check_actor(text, "")
    except (msgspec.ValidationError, Refused):
        return False
    return True


@lru_cache(TEXTS_MAX)
def _is_subject(name: str, text: str) -> bool:
    try:
        msgspec.convert(text, _SUBJECT_TYPE[name])
        check_numbers({name: text}, "")
    except (msgspec.ValidationError, Refused):
        return False
    return True


@lru_cache(TEXTS_MAX)
def _are_frame(actor: str, key: str, book: str) -> bool:
    """Whether an actor's id, a key's id and a book's name are what they should be; together they come again and again."""
    try:
        msgspec.convert(key, _TYPE["key"])
        msgspec.convert(book, _TYPE["book"])
    except msgspec.ValidationError:
        return False
    return _is_actor(actor)


@lru_cache(TEXTS_MAX)
def _at_ms(text: str) -> int | None:
    try:
        return moment_ms(msgspec.convert(text, _TYPE["at"]))
    except (msgspec.ValidationError, Refused):
        return None


def read_usual(raw: bytes) -> Statement | None:
    """The statement, or None where the bytes are not plainly those of a usual one; as `parse_statement` without `writing`."""
    # "type" and "v" sort last: …,"type":"scan","v":1}
    usual = _USUAL.get(raw[raw.rfind(b'"type":"') + 8 : -8])
    if usual is None or len(raw) > STATEMENT_BYTES_MAX or not raw.isascii():
        return None
    try:
        whole = usual.decode(raw)
    except FAULTS:
        return None
    # No schema knows null or float, and all bound their integers: what the encoder gives back lies in the domain.
    if _ENCODE(whole) != raw:
        return None
    given = whole.subjects
    subjects: dict[str, str] = {}
    for attribute, name in usual.fields:
        text = getattr(given, attribute)
        if text is not UNSET:
            if not _is_subject(name, text):
                return None
            subjects[name] = text
    at_ms = _at_ms(whole.at)
    actor, party, evidence, source = whole.actor, whole.for_, whole.evidence, whole.source
    if at_ms is None or tuple(subjects) not in usual.sets or not _are_frame(actor, whole.key, whole.book):
        return None
    streams = [begin + subjects[field][:cut] for begin, field, cut in usual.streams if field in subjects]
    return Statement(
        raw, statement_hash(raw), whole.book, whole.id, whole.type, actor, actor if party is UNSET else party, whole.key, whole.n,
        whole.at, at_ms, subjects, tuple(dict.fromkeys(streams) if len(streams) > 1 else streams), whole.body, None, None,
        "own" if source is UNSET else source.mode, () if evidence is UNSET else tuple(evidence),
    )  # fmt: skip


def read_statement(raw: bytes, *, writing: bool = False) -> Statement:
    """Parse one statement, quickly where it is a usual one; the same as `parse_statement`.

    Args:
        raw: The bytes as signed.
        writing: Whether it is to be recorded; a book that is being verified may hold types that are not understood.

    Raises:
        Refused: with the problem's code and a JSON pointer.
    """
    statement = read_usual(raw)
    if statement is None:
        return parse_statement(raw, writing=writing)
    if writing:
        check_calendar(statement.body)
    return statement
