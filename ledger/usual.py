"""Reading the usual statement quickly: of a registered type, referring to nothing.

Whatever is not recognised at once is left to `statement.parse_statement`, which alone refuses and says why; so the two can
only agree, and a test holds them against each other. What makes it quick: envelope and body are decoded in one go; that
the bytes are canonical is shown by writing the value anew; texts that come again and again are judged once. The writer's
workers and the verifier read through the same door.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Annotated, Any, Literal, NamedTuple
from unicodedata import is_normalized

import msgspec
from msgspec import UNSET, Meta, Raw, inspect

from . import canonical
from .days import check_calendar
from .errors import Refused
from .hashing import statement_hash
from .identifier import check_actor
from .limits import STATEMENT_BYTES_MAX
from .moment import moment_ms
from .registry import TYPES, Type
from .statement import SUBJECT_MAX, UUID7, Envelope, Statement, Subjects, check_numbers, parse_statement
from .terms import FAULTS, Row

TEXTS_MAX = 8_192  # texts that are remembered of a kind, about 200 bytes each
BODIES_MAX = 2_048  # bodies that are remembered of a type, about 600 bytes each
BODY_BYTES_MAX = 256
SAID_AGAIN = ("item", "scan", "delivery")  # what is said of thousands of parcels in the very same words: place and code

_ENCODE = msgspec.json.Encoder(order="sorted").encode
_TYPE = {field.name: field.type for field in msgspec.structs.fields(Envelope)}
_Text = Annotated[str, Meta(max_length=SUBJECT_MAX)]  # longer ones would fill what is remembered
_is_id = re.compile(UUID7).fullmatch


class _Plan:
    """Streams that follow from one set of subjects. One object for all types that agree on it.

    Attributes:
        names: Names of the subjects, in order.
    """

    def __init__(self, names: tuple[str, ...], streams: tuple[tuple[str, int, int | None], ...]) -> None:
        self.names = names
        self._streams = streams  # letter and colon, which subject, how many characters of it

    def streams(self, texts: Sequence[str]) -> tuple[str, ...]:
        """Names of the streams, each once."""
        found = [begin + texts[place][:cut] for begin, place, cut in self._streams]
        return tuple(dict.fromkeys(found))


_PLANS: dict[tuple[tuple[str, ...], tuple[tuple[str, int, int | None], ...]], _Plan] = {}


def _plan(row: Type, names: tuple[str, ...]) -> _Plan:
    streams = tuple(
        (f"{letter}:", names.index(field), 18 if letter == "c" else None) for letter, field in row.streams if field in names
    )
    return _PLANS.setdefault((names, streams), _Plan(names, streams))


class _Usual(NamedTuple):
    """How statements of one type are read."""

    decode: Any  # of the whole statement, to a struct made below
    body: Callable[[bytes], Row | None] | None  # of a body that stands there as its bytes
    plans: dict[tuple[str, ...], _Plan]  # by the names of the subjects


def _usual(row: Type) -> _Usual:
    again = row.name in SAID_AGAIN
    kinds = (
        _TYPE
        | {"body": Raw if again else row.body, "subjects": dict[_Text, _Text], "type": Literal[row.name]}
        | dict.fromkeys(("actor", "at", "book", "id", "key"), _Text)
    )
    whole = msgspec.defstruct(
        "Whole",
        [(name, kinds[name]) for name in ("actor", "at", "body", "book", "id", "key", "n", "subjects", "type", "v")]
        + [(name, kinds[name], UNSET) for name in ("evidence", "for_", "source")],
        rename={"for_": "for"},
        frozen=True, forbid_unknown_fields=True, omit_defaults=True, gc=False,
    )  # fmt: skip
    sets: set[tuple[str, ...]] = set()
    for fields in row.subjects:
        some = [tuple(field for field in fields if not field.endswith("?"))]
        for field in fields:
            if field.endswith("?"):
                some += [(*known, field[:-1]) for known in some]
        sets |= {tuple(sorted(known)) for known in some}
    return _Usual(
        msgspec.json.Decoder(whole).decode,
        _read_body(msgspec.json.Decoder(row.body).decode) if again else None,
        {names: _plan(row, names) for names in sets},
    )


def _read_body(decode: Callable[[bytes], Row]) -> Callable[[bytes], Row | None]:
    """A reader of bodies that remembers the short ones."""

    def read(raw: bytes) -> Row | None:
        try:
            body = decode(raw)
        except FAULTS:
            return None
        return body if _ENCODE(body) == raw else None

    remembered = lru_cache(BODIES_MAX)(read)
    return lambda raw: remembered(raw) if len(raw) <= BODY_BYTES_MAX else read(raw)


# A company's own stream is cut otherwise, and what stands in one by itself, an authority's finding, is rare.
_USUAL = {
    name.encode(): _usual(row)
    for name, row in TYPES.items()
    if row.body is not None and row.ref != "required" and ("c", "company") not in row.streams
}


def _shapes(schema: type[msgspec.Struct]) -> dict[str, tuple[Callable[[str], object], int]]:
    """Of each text field what searches for its pattern, and how long it may be: from the one schema."""
    struct = inspect.type_info(schema)
    assert isinstance(struct, inspect.StructType)
    kinds = {
        field.encode_name: field.type.type if isinstance(field.type, inspect.Metadata) else field.type for field in struct.fields
    }
    return {
        name: (re.compile(kind.pattern or "").search, kind.max_length or SUBJECT_MAX)
        for name, kind in kinds.items()
        if isinstance(kind, inspect.StrType)
    }


_SHAPES = _shapes(Subjects)
_FRAME = _shapes(Envelope)


def _has_shape(name: str, text: str) -> bool:
    """Whether a text of the envelope is what its field asks for."""
    search, length_max = _FRAME[name]
    return search(text) is not None and len(text) <= length_max


def _is_actor(text: str) -> bool:
    if not _has_shape("actor", text):
        return False
    try:
        check_actor(text, "")
    except Refused:
        return False
    return True


@lru_cache(TEXTS_MAX)
def _has_digits(name: str, head: str) -> bool:
    try:
        check_numbers({name: head}, "")
    except Refused:
        return False
    return True


def _judge_subject(name: str, text: str) -> bool:
    """Shape, and check digits: those of a carrier or of a number range come again and again."""
    shape, length_max = _SHAPES[name]
    if shape(text) is None or len(text) > length_max:
        return False
    if name in ("waybill", "next"):
        return _has_digits(name, text[:18])
    return _has_digits(name, text[:21] if text.startswith("/s/") else text[:18] if text.startswith("/01/") else text)


_is_subject = lru_cache(TEXTS_MAX)(_judge_subject)


@lru_cache(TEXTS_MAX // 2)
def _streams_of(plan: _Plan, text: str) -> tuple[str, ...] | None:
    """Streams of a statement with one subject; None where that is not what it should be."""
    return plan.streams((text,)) if _judge_subject(plan.names[0], text) else None


@lru_cache(TEXTS_MAX)
def _are_frame(actor: str, key: str, book: str) -> bool:
    """Whether an actor's id, a key's id and a book's name are what they should be; together they come again and again."""
    return _has_shape("key", key) and _has_shape("book", book) and _is_actor(actor)


@lru_cache(TEXTS_MAX)
def _at_ms(text: str) -> int | None:
    try:
        return moment_ms(text) if _has_shape("at", text) else None
    except Refused:
        return None


def _is_plain(raw: bytes) -> bool:
    """Whether it is text in normal form C. All of it in that form implies each string in it; see `canonical.py`."""
    try:
        return is_normalized("NFC", raw.decode())
    except UnicodeDecodeError:
        return False


def read_usual(raw: bytes) -> Statement | None:
    """The statement, or None where the bytes are not plainly those of a usual one; as `parse_statement` without `writing`."""
    # "type" and "v" sort last: …,"type":"scan","v":1}
    usual = _USUAL.get(raw[raw.rfind(b'"type":"') + 8 : -8])
    if usual is None or len(raw) > STATEMENT_BYTES_MAX or not (raw.isascii() or _is_plain(raw)):
        return None
    try:
        whole = usual.decode(raw)
    except FAULTS:
        return None
    # No schema knows null or float, and all bound their integers: what the encoder gives back lies in the domain.
    if _ENCODE(whole) != raw or _is_id(whole.id) is None:
        return None
    body: Row | None = whole.body
    if usual.body is not None and (body := usual.body(bytes(whole.body))) is None:
        return None
    actor, at, book, key, subjects = whole.actor, whole.at, whole.book, whole.key, whole.subjects
    at_ms, plan = _at_ms(at), usual.plans.get(tuple(subjects))
    if at_ms is None or plan is None or not _are_frame(actor, key, book):
        return None
    texts = [*subjects.values()]
    if len(texts) == 1:
        streams = _streams_of(plan, texts[0])
        if streams is None:
            return None
    elif all(map(_is_subject, plan.names, texts)):
        streams = plan.streams(texts)
    else:
        return None
    party, evidence, source = whole.for_, whole.evidence, whole.source
    return Statement(
        raw, statement_hash(raw), book, whole.id, whole.type, actor, actor if party is UNSET else party, key, whole.n,
        at, at_ms, subjects, streams, body, None, None,
        "own" if source is UNSET else source.mode, () if evidence is UNSET else tuple(evidence),
        None if source is UNSET or source.of is UNSET else source.of,
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
        canonical.check_assigned(raw)
        check_calendar(statement.body)
    return statement
