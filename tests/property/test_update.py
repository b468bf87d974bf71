"""Updates of made-up books: an honest one always holds, and whatever an operator does to the map besides is found."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from suxin.ledger.chain import head_of
from suxin.ledger.checkpoint import Checkpoint
from suxin.ledger.encoding import b64u
from suxin.ledger.epoch import Epoch, encode_epoch
from suxin.ledger.errors import VerificationError
from suxin.ledger.hashing import leaf_hash
from suxin.ledger.leaf import Genesis, Period, Root, encode
from suxin.ledger.map import Map
from suxin.ledger.map_hash import map_key
from suxin.ledger.merkle import frontier_of, nodes_of, root_of
from suxin.ledger.reasons import REASONS
from suxin.ledger.update import parse_update
from suxin.ledger.update_make import make_update
from suxin.ledger.update_verify import Step, verify_update

ORIGIN = "suxin.example/made-up/1"
NAMES = st.integers(0, 30).map(lambda number: f"p:/01/09506000134352/21/{number:06d}")
ENTRIES = st.lists(st.sets(NAMES, min_size=1, max_size=4), max_size=8)
Records = dict[bytes, tuple[int, bytes]]
GENEROUS = settings(max_examples=50, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])


@dataclass
class MadeUp:
    """A log whose entries are only a received time and a list of streams, with its maps; epoch n is `ends[n - 1]`."""

    depth: int
    leaves: list[bytes] = field(default_factory=list)
    rows: dict[str, list[int]] = field(default_factory=dict)
    ends: list[int] = field(default_factory=lambda: [0])  # indexes of the genesis leaf and of the epoch leaves
    maps: list[Records] = field(default_factory=list)  # as published
    names: dict[bytes, list[str]] = field(default_factory=dict)  # streams of an entry, by its leaf

    def __post_init__(self) -> None:
        key = "A" * 44
        self.leaves.append(encode(Genesis(
            algorithms=["ed25519"], book="suxin.example/made-up", created=1, depth=self.depth, hash="sha-256", leaf="genesis",
            log=key, origin=ORIGIN, period=Period("2026-10-01", "2027-01-01"), root=Root("auth:operator:000000", key),
            sandbox=True, v=1,
        )))  # fmt: skip

    def enter(self, names: Iterable[str]) -> None:
        leaf = b'{"leaf":"entry","received":%d}' % len(self.leaves)
        self.names[leaf] = sorted(names)
        for name in self.names[leaf]:
            self.rows.setdefault(name, []).append(len(self.leaves))
        self.leaves.append(leaf)

    def records(self) -> Records:
        return {
            map_key(name): (len(found), head_of((i, leaf_hash(self.leaves[i])) for i in found))
            for name, found in self.rows.items()
        }

    def publish(self, records: Records | None = None, streams: int | None = None) -> None:
        shown = self.records() if records is None else records
        built, own = build(self.depth, shown), len(self.leaves)
        number, before = len(self.ends), self.ends[-1]
        genesis = leaf_hash(self.leaves[0])
        count = built.streams if streams is None else streams
        self.leaves.append(encode_epoch(Epoch(number, before + 1, own - 1, before, genesis, built.root, count, own)))
        self.ends.append(own)
        self.maps.append(shown)

    def checkpoint(self, epoch: int) -> Checkpoint:
        size = self.ends[epoch] + 1
        return Checkpoint(ORIGIN, size, root_of([leaf_hash(leaf) for leaf in self.leaves[:size]]))

    def update(self, older: int, newer: int, shown: Records | None = None) -> bytes:
        return make_update(Between(self, older, newer, shown), lambda leaf: self.names[leaf])

    def check(self, raw: bytes, older: int, newer: int, *, by_map: bool = False) -> Step:
        held = build(self.depth, self.maps[older - 1]).root if by_map else self.checkpoint(older)
        return verify_update(parse_update(raw), held, self.checkpoint(newer))


def build(depth: int, records: Records) -> Map:
    return Map.from_records(depth, [(key, *record) for key, record in records.items()])


class Between:
    """Two epochs; `shown` is the newer map that the operator shows, if not the published one."""

    def __init__(self, book: MadeUp, older: int, newer: int, shown: Records | None) -> None:
        self._book = book
        self.first, self.size, self.note = book.ends[older], book.ends[newer] + 1, "note"
        self.newer = build(book.depth, book.maps[newer - 1] if shown is None else shown)

    def leaf(self, index: int) -> bytes:
        return self._book.leaves[index]

    def leaves(self) -> Iterable[tuple[int, bytes]]:
        return enumerate(self._book.leaves[self.first : self.size], self.first)

    def path(self) -> Sequence[bytes]:
        return frontier_of(self.first, nodes_of([leaf_hash(leaf) for leaf in self._book.leaves])).hashes

    def heads(self, wanted: Sequence[tuple[str, int]]) -> Mapping[str, bytes]:
        book = self._book
        return {name: head_of((i, leaf_hash(book.leaves[i])) for i in book.rows[name][:count]) for name, count in wanted}


@st.composite
def books(draw: st.DrawFn, epochs: int = 4) -> MadeUp:
    book = MadeUp(draw(st.integers(1, 4)))
    for group in draw(st.lists(ENTRIES, min_size=2, max_size=epochs)):
        for names in group:
            book.enter(names)
        book.publish()
    return book


@st.composite
def spans(draw: st.DrawFn, book: MadeUp) -> tuple[int, int]:
    last = len(book.maps)
    older = draw(st.integers(1, last - 1))
    return older, draw(st.integers(older + 1, last))


@GENEROUS
@given(books(), st.data())
def test_an_honest_update_holds_and_says_what_came(book: MadeUp, data: st.DataObject) -> None:
    older, newer = data.draw(spans(book))
    step = book.check(book.update(older, newer), older, newer, by_map=data.draw(st.booleans()))
    before, after = book.maps[older - 1], book.maps[newer - 1]
    changed = {key: record for key, record in after.items() if record != before.get(key)}
    assert {row.key: row.before for row in step.grown} == {key: before.get(key) for key in changed}
    assert {row.key: (row.count, row.head) for row in step.grown} == changed
    between = range(book.ends[older] + 1, book.ends[newer])
    assert step.entries == tuple(index for index in between if index not in book.ends)
    assert [epoch.number for epoch in step.epochs] == list(range(older + 1, newer + 1))


@GENEROUS
@given(books(), ENTRIES, st.data())
def test_a_map_that_is_not_that_of_the_entries_is_found(book: MadeUp, last: list[set[str]], data: st.DataObject) -> None:
    """A record removed, rewritten, moved, added or not let grow: no update that the operator can make holds."""
    for names in last:
        book.enter(names)
    true, lie = book.records(), dict(book.records())
    assume(lie)
    victim = data.draw(st.sampled_from(sorted(lie)))
    count, head = lie[victim]
    match data.draw(st.sampled_from(["removed", "rewritten", "count", "moved", "added", "as before"])):
        case "removed":
            del lie[victim]
        case "rewritten":
            lie[victim] = (count, bytes(32))
        case "count":
            lie[victim] = (count + data.draw(st.sampled_from([1, 2, 2**40])), head)
        case "moved":
            other = data.draw(st.sampled_from(sorted(lie)))
            lie[victim], lie[other] = lie[other], lie[victim]
        case "added":
            lie[data.draw(st.binary(min_size=32, max_size=32))] = (1, bytes(32))
        case "as before":
            lie = {key: book.maps[-1].get(key, record) if key == victim else record for key, record in lie.items()}
    assume(lie != true)
    newer = len(book.maps) + 1
    book.publish(lie, data.draw(st.sampled_from([len(true), len(lie)])))
    older = data.draw(st.integers(1, newer - 1))
    for shown in (lie, true):  # the siblings of one map or of the other
        try:
            raw = book.update(older, newer, shown)
        except ValueError:
            continue  # the maker itself finds that chains and map part
        with pytest.raises(VerificationError) as failure:
            book.check(raw, older, newer, by_map=data.draw(st.booleans()))
        assert failure.value.code in ("update-before", "update-after", "epoch-streams", "map-absent", "map-present", "map-order")


@GENEROUS
@given(books(), st.data())
def test_a_log_that_was_rewritten_is_found(book: MadeUp, data: st.DataObject) -> None:
    """An old leaf exchanged and everything above it made anew: the checkpoint that is held does not fit."""
    older, newer = data.draw(spans(book))
    held, value = book.checkpoint(older), json.loads(book.update(older, newer))
    book.leaves[data.draw(st.integers(0, book.ends[older] - 1))] = b'{"leaf":"entry","received":0}'
    value["path"] = b64u(b"".join(Between(book, older, newer, None).path()))
    raw = json.dumps(value, separators=(",", ":"), sort_keys=True).encode()
    with pytest.raises(VerificationError) as failure:
        verify_update(parse_update(raw), held, book.checkpoint(newer))
    assert failure.value.code == "consistency-invalid"


@GENEROUS
@given(books(), st.data())
def test_another_range_than_the_one_held_is_refused(book: MadeUp, data: st.DataObject) -> None:
    older, newer = data.draw(spans(book))
    raw = book.update(older, newer)
    others = [number for number in range(1, len(book.maps) + 1) if number not in (older, newer)]
    assume(others)
    other = data.draw(st.sampled_from(others))
    update = parse_update(raw)
    for held, until in ((other, newer), (older, other)):
        with pytest.raises(VerificationError, match="update-range"):
            verify_update(update, book.checkpoint(held), book.checkpoint(until))


@GENEROUS
@given(books(), st.data())
def test_a_row_taken_out_or_changed_is_found(book: MadeUp, data: st.DataObject) -> None:
    older, newer = data.draw(spans(book))
    value = json.loads(book.update(older, newer))
    assume("changed" in value)
    rows = value["changed"]
    place = data.draw(st.integers(0, len(rows) - 1))
    match data.draw(st.sampled_from(["row", "index", "count", "head", "as new"])):
        case "row":
            del rows[place]
            assume(rows)
        case "index":
            assume(len(rows[place][1]) > 1)
            rows[place][1].pop(data.draw(st.integers(0, len(rows[place][1]) - 1)))
        case "count":
            rows[place][2:] = [rows[place][2] + 1 if len(rows[place]) > 2 else 1, *(rows[place][3:] or [b64u(bytes(32))])]
        case "head":
            assume(len(rows[place]) > 2)
            rows[place][3] = b64u(bytes(32))
        case "as new":
            assume(len(rows[place]) > 2)
            del rows[place][2:]
    with pytest.raises(VerificationError) as failure:
        book.check(json.dumps(value, separators=(",", ":"), sort_keys=True).encode(), older, newer)
    assert failure.value.code in REASONS


@GENEROUS
@given(books(3), st.data())
def test_every_changed_character_is_refused(book: MadeUp, data: st.DataObject) -> None:
    older, newer = data.draw(spans(book))
    text = book.update(older, newer).decode()
    place = data.draw(st.integers(text.index('"genesis"'), len(text) - 1))
    other = data.draw(st.sampled_from('0123456789AZaz-_,[]{}":').filter(lambda character: character != text[place]))
    with pytest.raises(VerificationError) as failure:
        book.check((text[:place] + other + text[place + 1 :]).encode(), older, newer)
    assert failure.value.code in REASONS
