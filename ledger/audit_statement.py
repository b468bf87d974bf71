"""Reading the usual statement quickly: of a registered type, in ASCII, referring to nothing.

Whatever is not recognised at once is left to `statement.parse_statement`, which alone refuses and says why; so the two can
only agree, and a test holds them against each other. What makes it quick: envelope and body are decoded in one go; that
the bytes are canonical is shown by writing the value anew; texts that come again and again are judged once.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Annotated, Any, Literal, NamedTuple

import msgspec
from msgspec import UNSET, Meta, UnsetType

from .errors import Refused
from .hashing import statement_hash
from .identifier import ACTOR, CLASS, COMPANY, ITEM, LOT, OFFER, WAYBILL, check_actor, check_class, check_uscc, split_offer
from .limits import EVIDENCE_MAX, INTEGER_MAX, STATEMENT_BYTES_MAX
from .moment import MOMENT, moment_ms
from .registry import TYPES, Type
from .statement import ORIGIN, Evidence, Source, Statement, parse_statement
from .terms import Actor

TEXTS_MAX = 8_192  # texts that are remembered of a kind, about 200 bytes each

_ENCODE = msgspec.json.Encoder(order="sorted").encode
_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}").fullmatch
_AT = re.compile(MOMENT).fullmatch
_HASH = re.compile(r"[A-Za-z0-9_-]{43}").fullmatch
_BOOK = re.compile(ORIGIN).fullmatch
_ACTOR = re.compile(ACTOR).fullmatch
_SHAPES = {"item": ITEM, "lot": LOT, "class": CLASS, "offer": OFFER, "waybill": WAYBILL, "next": WAYBILL, "company": COMPANY}
_SUBJECT = {field: re.compile(shape).fullmatch for field, shape in _SHAPES.items()} | {"party": _ACTOR}


class _Usual(NamedTuple):
    """How statements of one type are read."""

    decode: Any  # of the whole statement, to a struct made below
    fields: tuple[tuple[str, str], ...]  # attribute and name of each subject field the type may have
    sets: frozenset[tuple[str, ...]]  # names that may stand together, in the order of `fields`
    streams: tuple[tuple[str, str, int | None], ...]  # letter and colon, field, how many characters of it


def _usual(row: Type) -> _Usual:
    names = sorted({field.rstrip("?") for fields in row.subjects for field in fields})
    attributes = {name: "class_" if name == "class" else name for name in names}
    options: dict[str, Any] = {"frozen": True, "forbid_unknown_fields": True, "omit_defaults": True}
    subjects = msgspec.defstruct(
        "Subjects", [(attributes[name], str | UnsetType, UNSET) for name in names], rename={"class_": "class"}, **options
    )
    whole = msgspec.defstruct(
        "Whole",
        [
            ("actor", str), ("at", str), ("body", row.body), ("book", str), ("id", str), ("key", str),
            ("n", Annotated[int, Meta(ge=1, le=INTEGER_MAX)]), ("subjects", subjects), ("type", Literal[row.name]),
            ("v", Literal[1]),
            ("evidence", Annotated[list[Evidence], Meta(min_length=1, max_length=EVIDENCE_MAX)] | UnsetType, UNSET),
            ("for_", Actor | UnsetType, UNSET), ("source", Source | UnsetType, UNSET),
        ],
        rename={"for_": "for"},
        **options,
    )  # fmt: skip
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


@lru_cache(TEXTS_MAX)
def _is_actor(text: str) -> bool:
    try:
        check_actor(text, "")
    except Refused:
        return False
    return _ACTOR(text) is not None


@lru_cache(TEXTS_MAX)
def _is_subject(name: str, text: str) -> bool:
    if _SUBJECT[name](text) is None:
        return False
    try:
        if name in ("waybill", "next"):
            check_uscc(text[:18], "")
        elif name in ("party", "company"):
            check_actor(text, "")
        else:
            seller, product = split_offer(text) if name == "offer" else ("", text)
            if seller:
                check_actor(seller, "")
            check_class(product[:18] if product.startswith("/01/") else product[:21], "")
    except Refused:
        return False
    return True


@lru_cache(TEXTS_MAX)
def _is_key(text: str) -> bool:
    return _HASH(text) is not None


@lru_cache(16)
def _is_book(text: str) -> bool:
    return _BOOK(text) is not None


@lru_cache(TEXTS_MAX)
def _at_ms(text: str) -> int | None:
    try:
        return moment_ms(text) if _AT(text) else None
    except Refused:
        return None


def _read_usual(raw: bytes) -> Statement | None:
    """The statement, or None where the bytes are not plainly those of a usual one."""
    # "type" and "v" sort last: …,"type":"scan","v":1}
    usual = _USUAL.get(raw[raw.rfind(b'"type":"') + 8 : -8])
    if usual is None or len(raw) > STATEMENT_BYTES_MAX or not raw.isascii():
        return None
    try:
        whole = usual.decode(raw)
    except msgspec.DecodeError:
        return None
    # No schema knows null or float, and all bound their integers: what the encoder gives back lies in the domain.
    if _ENCODE(whole) != raw:
        return None
    given = whole.subjects
    subjects = {name: text for attribute, name in usual.fields if (text := getattr(given, attribute)) is not UNSET}
    at_ms = _at_ms(whole.at)
    if (
        tuple(subjects) not in usual.sets
        or at_ms is None
        or not (_ID(whole.id) and _is_actor(whole.actor) and _is_key(whole.key) and _is_book(whole.book))
        or not all(map(_is_subject, subjects, subjects.values()))
    ):
        return None
    streams = [begin + subjects[field][:cut] for begin, field, cut in usual.streams if field in subjects]
    actor, evidence, source, party = whole.actor, whole.evidence, whole.source, whole.for_
    return Statement(
        raw, statement_hash(raw), whole.book, whole.id, whole.type, actor, actor if party is UNSET else party, whole.key, whole.n,
        whole.at, at_ms, subjects, tuple(dict.fromkeys(streams)), whole.body, None, None,
        "own" if source is UNSET else source.mode, () if evidence is UNSET else tuple(evidence),
    )  # fmt: skip


def read_statement(raw: bytes) -> Statement:
    """Parse the statement of a book that is being verified; as `parse_statement` without `writing`.

    Raises:
        Refused: with the problem's code and a JSON pointer.
    """
    return _read_usual(raw) or parse_statement(raw, writing=False)
