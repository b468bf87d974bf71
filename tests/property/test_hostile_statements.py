"""Whatever well-formed thing an actor signs, the book records it or refuses it by name; it never stumbles.

Statements are made from the very schemas that parse them, about a handful of subjects, so that they meet each other: sales of
sold items, scans of parcels on their way, replies to replies, revoked keys. One rule that raises anything but a refusal would
stop the writer for everybody.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from fakes.house import CARRIER, OTHER, House
from fakes.served import Pen
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import inspect

from suxin.api.submission import parse_lines
from suxin.ledger.encoding import b64u
from suxin.ledger.errors import Refused
from suxin.ledger.keys import SigningKey
from suxin.ledger.problems import PROBLEMS
from suxin.ledger.registry import TYPES
from suxin.ledger.statement import Statement, copy_for_ref, parse_statement
from suxin.ledger.store.job import Recorded

SELLER, LAB, OFFICE, DEVICE = "uscc:91110000600037341L", "gln:6901234567892", "auth:postal:330700", "dev:" + "d" * 22
CLASSES = ["/01/09501101530003", "/s/91110000600037341L/tea"]
WAYBILLS = [f"{CARRIER[5:]}/{digit * 22}" for digit in "012"]
SUBJECTS = {
    "item": [f"{CLASSES[0]}/21/aaaaaaaaaaa", f"{CLASSES[1]}/21/bbbbbbbbbbb"],
    "lot": [f"{CLASSES[0]}/10/L1"],
    "class": CLASSES,
    "offer": [SELLER + product for product in CLASSES],
    "waybill": WAYBILLS,
    "next": [f"{OTHER[5:]}/{'0' * 22}", WAYBILLS[1]],
    "party": [SELLER, CARRIER, DEVICE, "uscc:91330782MA28A0001M"],
    "company": [CARRIER, OTHER, LAB],
}
TEXTS = [text for texts in SUBJECTS.values() for text in texts]
CONSUMERS = [f"anon:{SigningKey(bytes([seed]) * 32).public_text}" for seed in (21, 22)]
# Who is likely to be heard, by place in the cast; all others try it as well.
CAST = {"scan": 0, "delivery": 0, "confirm": 0, "inspection": 3, "recall": 4, "case": 4, "claim": 6, "review": 6, "complaint": 7}
WRITABLE = [row for row in TYPES.values() if row.body is not None]


class Scene:
    """A book, its actors, and what they have said so far."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.pens: list[Pen] = []
        self.said: list[Statement] = []
        roles = {CARRIER: "courier", OTHER: "courier", SELLER: "merchant", LAB: "lab", OFFICE: "regulator"}
        for seed, (actor, role) in enumerate(roles.items(), 1):
            pen = self._pen(actor, seed)
            self.post([pen.raw("actor", {"party": actor}, self._first(pen, role))], [pen])
        device = self._pen(DEVICE, 20)
        self.post(
            [self.pens[0].raw("actor", {"party": DEVICE, "company": CARRIER}, self._first(device, "device"))], self.pens[:1]
        )
        for seed, actor in enumerate(CONSUMERS, 21):
            self._pen(actor, seed)

    def _pen(self, actor: str, seed: int) -> Pen:
        self.pens.append(Pen(actor, seed, self.house.clock))
        return self.pens[-1]

    def _first(self, pen: Pen, role: str) -> dict[str, Any]:
        return {"event": "register", "role": role, "key": pen.key.public_text}

    def post(self, raws: list[bytes], pens: list[Pen]) -> list[Recorded | Refused]:
        """Write rows; what is recorded may be referred to from now on."""
        lines = b"\n".join(pen.line(raw) for raw, pen in zip(raws, pens, strict=True))
        outcomes = asyncio.run(self.house.service.write(parse_lines(lines, rollback=False)))
        self.said += [parse_statement(raw) for raw, outcome in zip(raws, outcomes, strict=True) if isinstance(outcome, Recorded)]
        return outcomes


@cache
def texts(pattern: str) -> st.SearchStrategy[str]:
    """Texts of a field: those that other statements use, where they fit, else any."""
    if "{43}" in pattern:
        return st.binary(min_size=32, max_size=32).map(b64u)
    if "{44}" in pattern and not pattern.startswith("^(?:"):
        return st.sampled_from([actor[5:] for actor in CONSUMERS])
    known = [
        text for text in [*TEXTS, *CONSUMERS, "330702", "2026-11-22", "2026-11-22T08:00:00+08:00"] if re.match(pattern, text)
    ]
    return st.sampled_from(known) if known else st.from_regex(pattern)


def values(kind: Any) -> st.SearchStrategy[Any]:
    """Values of one field."""
    match kind:
        case inspect.Metadata():
            return values(kind.type)
        case inspect.StrType():
            return texts(kind.pattern) if kind.pattern else st.sampled_from(["x", "龙井"])
        case inspect.IntType():
            return st.integers(kind.ge or 0, min(kind.le or 9, (kind.ge or 0) + 9))
        case inspect.BoolType():
            return st.booleans()
        case inspect.LiteralType():
            return st.sampled_from(kind.values)
        case inspect.ListType():
            return st.lists(values(kind.item_type), min_size=kind.min_length or 0, max_size=2)
        case inspect.UnionType():
            kinds = [one for one in kind.types if not isinstance(one, inspect.CustomType) and "Unset" not in type(one).__name__]
            return st.one_of([values(one) for one in kinds])
        case inspect.StructType():
            required = {field.encode_name: values(field.type) for field in kind.fields if field.required}
            optional = {field.encode_name: values(field.type) for field in kind.fields if not field.required}
            return st.fixed_dictionaries(required, optional=optional)
    raise TypeError(kind)


@cache
def bodies(type_name: str) -> st.SearchStrategy[Any]:
    return values(inspect.type_info(TYPES[type_name].body))


@st.composite
def moves(draw: st.DrawFn) -> dict[str, Any]:
    """One statement to be; whom and what it meets is settled when it is said."""
    row = draw(st.sampled_from(WRITABLE))
    fields = draw(st.sampled_from(row.subjects))
    return {
        "type": row.name,
        "subjects": {field.rstrip("?"): draw(st.sampled_from(SUBJECTS[field.rstrip("?")])) for field in fields},
        "body": draw(bodies(row.name)),
        "pen": draw(st.one_of(st.just(CAST.get(row.name, 2)), st.integers(0, 7))),
        "ref": draw(st.integers(0, 30)) if row.ref != "none" else None,
        "for": draw(st.sampled_from([None, None, None, SELLER, CARRIER])),
    }


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    with House(tmp_path_factory.mktemp("scene")) as house:
        house.service.sequencer.waitline.interval_s = 0
        yield Scene(house)


def say(scene: Scene, move: dict[str, Any], pen: Pen) -> bytes:
    """Bytes of a move; a reference goes to one of the last statements that the type may refer to."""

    def change(members: dict[str, Any]) -> None:
        fits = [s for s in scene.said[-60:] if not TYPES[move["type"]].refers_to or s.type in TYPES[move["type"]].refers_to]
        if move["ref"] is not None and fits:
            referred = fits[move["ref"] % len(fits)]
            members.update(ref=b64u(referred.hash), re=copy_for_ref(referred))
        if move["for"] is not None:
            members["for"] = move["for"]

    return pen.raw(move["type"], move["subjects"], move["body"], change)


@settings(max_examples=40, suppress_health_check=list(HealthCheck), deadline=None)
@given(said=st.lists(moves(), min_size=20, max_size=40))
def test_whatever_is_said_is_recorded_or_refused_by_name(scene: Scene, said: list[dict[str, Any]]) -> None:
    pens = [scene.pens[move["pen"] % len(scene.pens)] for move in said]
    outcomes = scene.post([say(scene, move, pen) for move, pen in zip(said, pens, strict=True)], pens)
    assert scene.house.service.sequencer.failure is None
    for outcome in outcomes:
        assert isinstance(outcome, Recorded) or outcome.code in PROBLEMS, outcome


def test_enough_was_said(scene: Scene) -> None:
    """The sentences above are not all nonsense: many kinds were recorded."""
    assert len({statement.type for statement in scene.said}) >= 12, sorted({statement.type for statement in scene.said})
