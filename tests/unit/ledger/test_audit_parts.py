"""Parts of the verifier by themselves: the tree, sorting outside memory, what is remembered, holes, reading an entry leaf."""

from __future__ import annotations

import random
import signal
import struct
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from suxin.ledger import canonical
from suxin.ledger.audit_entry import read_entry
from suxin.ledger.audit_holes import list_holes
from suxin.ledger.audit_identity import Counters, Ids
from suxin.ledger.audit_log import Tree
from suxin.ledger.audit_memory import Marks, Numbers, Records
from suxin.ledger.audit_report import Findings
from suxin.ledger.audit_rows import _compare
from suxin.ledger.audit_sorted import Sorted
from suxin.ledger.encoding import b64u, unb64u
from suxin.ledger.errors import VerificationError
from suxin.ledger.hashing import leaf_hash
from suxin.ledger.leaf import decode_entry, encode_entry
from suxin.ledger.merkle import root_of
from suxin.ledger.store.audit_worker import decode_checks, encode_checks
from suxin.trace.story import Ownership, Story


class Drawer:
    """A shelf in memory that counts what it gives back."""

    def __init__(self) -> None:
        self.items: dict[bytes, bytes] = {}
        self.given = 0

    def put(self, items: Iterable[tuple[bytes, bytes]]) -> None:
        self.items.update(items)

    def get(self, keys: Sequence[bytes]) -> Mapping[bytes, bytes]:
        found = {key: self.items[key] for key in keys if key in self.items}
        self.given += len(found)
        return found


@given(st.lists(st.integers(0, 40), max_size=12))
def test_a_tree_that_grows_in_pieces_has_the_root_of_the_whole(pieces: list[int]) -> None:
    tree, leaves = Tree(), []
    for piece in pieces:
        new = [leaf_hash(bytes([number])) for number in range(piece)]
        tree.extend(new)
        leaves += new
        assert tree.root() == root_of(leaves)
        assert tree.size == len(leaves)


@given(
    st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9), st.integers(0, 2**64 - 1)), max_size=60),
    st.integers(1, 2), st.integers(1, 9), st.integers(1, 5), st.integers(1, 7),
)  # fmt: skip
def test_rows_come_back_in_order_and_equals_in_the_order_they_came(
    rows: list[tuple[int, int, int]], keys: int, run: int, block: int, chunk: int
) -> None:
    pile = Sorted(b"x", 3, keys, Drawer(), run_bytes=24 * run, block_bytes=24 * block)
    for first in range(0, len(rows), chunk):
        columns = np.array(rows[first : first + chunk], np.uint64)
        pile.add((columns[:, 0], columns[:, 1:]))
    found = [tuple(row) for block_ in pile.merged() for row in block_.tolist()]
    assert found == sorted(rows, key=lambda row: row[:keys])


def test_rows_of_one_key_are_never_torn() -> None:
    pile = Sorted(b"x", 2, 1, Drawer(), run_bytes=64, block_bytes=16)
    for number in range(40):
        pile.add((np.array([number % 3]), np.array([number])))
    seen: list[int] = []
    for rows in pile.merged():
        keys = sorted(set(rows[:, 0].tolist()))
        assert not set(keys) & set(seen)
        seen += keys
    assert seen == [0, 1, 2]


@given(st.lists(st.tuples(st.integers(1, 3), st.integers(1, 12)), unique=True, max_size=30), st.randoms())
def test_holes_and_twins_of_counters(pairs: list[tuple[int, int]], order: random.Random) -> None:
    said = [*pairs, *pairs[:2]]
    order.shuffle(said)
    counters = Counters(Drawer())
    for index, (key, n) in enumerate(said):
        counters.add(np.array([key], np.uint64), np.array([n], np.uint64), np.array([index], np.uint64))
    twins, holes = counters.sweep(1_000)
    assert {said[a] for a, _ in twins} == set(pairs[:2])
    assert all(said[a] == said[b] and a < b for a, b in twins)
    missing = {(key, n) for key, runs in holes.items() for first, last in runs for n in range(first, last + 1)}
    highest = {key: max(n for k, n in pairs if k == key) for key, _ in pairs}
    assert missing == {(key, n) for key, top in highest.items() for n in range(1, top + 1)} - set(pairs)


def test_an_id_may_be_used_by_two_actors_but_not_twice_by_one() -> None:
    ids = Ids(Drawer())
    same = bytes(range(16))
    for index, actor in enumerate((1, 2, 1)):
        ids.add(same, np.array([actor], np.uint64), np.array([index], np.uint64))
    assert ids.sweep() == [(0, 2)]


class Keys:
    """A source that knows two keys."""

    def signers(self) -> Iterable[Sequence[tuple[int, bytes]]]:
        yield [(1, bytes(32)), (2, bytes([1]) * 32)]


def test_a_void_closes_its_hole() -> None:
    voided = {(b64u(bytes(32)), 4), (b64u(bytes(32)), 6), (b64u(bytes([1]) * 32), 9)}
    listed, total = list_holes(Keys(), {1: [(3, 6)], 2: [(9, 9)]}, voided)  # type: ignore[arg-type]
    assert [(hole.key, hole.missing, hole.ranges) for hole in listed] == [(b64u(bytes(32)), 2, ((3, 3), (5, 5)))]
    assert total == 2


def test_what_rests_comes_back_from_the_shelf() -> None:
    shelf = Drawer()
    records: Records[Story] = Records(shelf, live_max=4)
    names = [f"p:/01/{number:014d}" for number in range(20)]
    for round_ in range(3):
        for number, name in enumerate(names):
            record = records.load([name])[name]
            assert record.count == round_
            if not record.number:
                record.number = number + 1
            assert record.number == number + 1
            record.count += 1
            record.state = record.state or Story()
            record.state.makers.append(f"uscc:{round_}")
            assert len(record.state.makers) == round_ + 1
            records.trim()
    assert shelf.given >= 30


@given(st.sets(st.binary(min_size=16, max_size=16), min_size=1, max_size=40), st.integers(1, 40))
def test_what_was_marked_may_always_have_come(keys: set[bytes], cut: int) -> None:
    marks, listed = Marks(), sorted(keys)
    marks.add(listed[:cut])
    assert set(listed[:cut]) <= set(marks.maybe(listed))


def test_what_was_never_marked_is_mostly_known_not_to_have_come() -> None:
    marks, order = Marks(), random.Random(5)
    marks.add([order.randbytes(16) for _ in range(10_000)])
    assert len(marks.maybe([order.randbytes(16) for _ in range(10_000)])) < 100


def test_a_state_comes_back_from_the_shelf_as_it_was() -> None:
    shelf = Drawer()
    records: Records[Story] = Records(shelf, live_max=2)
    told = Story(
        {bytes(32): 7, bytes([1]) * 32: 9}, ["uscc:1"], [Ownership("uscc:1", None, bytes([2]) * 32, "owner", None, True)],
        "uscc:2", bytes([3]) * 32, (2, "root"), None, True, "next", ["anon:1"],
    )  # fmt: skip
    record = records.load(["w:1"])["w:1"]
    record.count, record.state = 3, told
    records.trim()
    for number in range(2, 9):
        records.load([f"w:{number}"])[f"w:{number}"].count = 1
        records.load([f"w:x{number}"])
        records.trim()
    back = records.load(["w:1"])["w:1"]
    assert shelf.given
    assert back is not record
    assert back.state == told


def test_a_frame_of_signatures_is_read_as_it_was_written() -> None:
    checks = [(bytes([number]) * 32, bytes(64 + 7 * number)) for number in range(9)]
    frame = encode_checks(checks)
    assert int.from_bytes(frame[:4], "big") == len(frame) - 4
    assert decode_checks(frame[4:]) == checks


def test_a_stream_that_was_only_asked_after_is_not_laid_aside() -> None:
    shelf = Drawer()
    records: Records[Story] = Records(shelf, live_max=2)
    for number in range(9):
        records.load([f"p:/01/{number:014d}"])
        records.trim()
    assert not shelf.items


def test_numbers_run_in_order_of_appearance_whatever_is_in_memory() -> None:
    numbers = Numbers("key", Drawer(), live_max=4)
    found = {}
    for _ in range(2):
        for name in "abcdefghijkl":
            table = numbers.load([name])
            found[name] = table.get(name) or numbers.new(name)
            numbers.trim()
    assert list(found.values()) == list(range(1, 13))
    assert numbers.count == 12


def test_findings_keep_the_first_of_the_book_and_count_the_rest() -> None:
    findings = Findings(bound=2)
    findings.add("derived-extra", "", None, "stream", "9")
    findings.add("root-differs", "", 7)
    findings.add("derived-differs", "", 3, "entry", "3")
    findings.add("signature-invalid", "", 3)
    assert findings.first is not None
    assert (findings.first.code, findings.first.index) == ("signature-invalid", 3)
    assert (len(findings.kept), findings.total, findings.of_log) == (2, 4, 2)
    other = Findings(bound=1)
    other.add("map-root-differs", "", 2)
    other.add("rules-refused", "", 5)
    findings.take(other)
    assert findings.first is not None
    assert (findings.first.code, findings.first.index) == ("map-root-differs", 2)
    assert (len(findings.kept), findings.total, findings.of_log) == (2, 6, 4)


@given(st.lists(st.integers(0, 30), max_size=20), st.lists(st.integers(0, 30), max_size=20), st.integers(1, 6), st.integers(1, 6))
def test_two_piles_are_compared_row_by_row(due: list[int], stored: list[int], mine: int, theirs: int) -> None:
    def blocks(keys: list[int], size: int, value: int) -> list[np.ndarray]:
        rows = np.array([(key, key % value) for key in sorted(set(keys))], np.uint64).reshape(-1, 2)
        return [rows[first : first + size] for first in range(0, len(rows), size)]

    found: dict[int, str] = {}
    _compare(iter(blocks(due, mine, 7)), iter(blocks(stored, theirs, 11)), lambda code, row, _: found.__setitem__(row[0], code))
    expected = dict.fromkeys(set(due) - set(stored), "derived-missing") | dict.fromkeys(set(stored) - set(due), "derived-extra")
    expected |= {key: "derived-differs" for key in set(due) & set(stored) if key % 7 != key % 11}
    assert found == expected


STATEMENT = canonical.dump(
    {
        "actor": "auth:operator:000000", "at": "2026-11-22T08:00:00+08:00", "body": {"a": 1}, "book": "suxin.example/demo",
        "id": "019aa5f0-1c00-7000-8000-000000000001", "key": b64u(bytes(32)), "n": 1, "subjects": {}, "type": "horoscope", "v": 1,
    }
)  # fmt: skip
LEAVES = [encode_entry(STATEMENT, 1_795_305_600_000, bytes(range(64))), encode_entry(STATEMENT, 0, None, (bytes(range(32)), 999))]


@pytest.mark.parametrize("leaf", LEAVES)
def test_reader_and_writer_agree_on_every_entry_leaf_with_a_byte_changed(leaf: bytes) -> None:
    wrapper = len(leaf) - len(STATEMENT)
    places = [*range(wrapper), len(leaf) - 1]
    for place in places:
        for new in b'09az-_{}[]",: ':
            changed = leaf[:place] + bytes([new]) + leaf[place + 1 :]
            assert accepts(read_entry, changed) == accepts(decode_strictly, changed), changed
    for changed in (leaf + b" ", leaf[:-1], leaf.replace(b"1795305600000", b"01"), leaf.replace(b",999]", b",1000]")):
        if changed != leaf:
            assert not accepts(read_entry, changed)


def decode_strictly(leaf: bytes) -> None:
    """The writer's reading, its texts decoded as whoever uses them does."""
    entry = decode_entry(leaf)
    if isinstance(entry.signature, str):
        unb64u(entry.signature, 64)
    else:
        assert isinstance(entry.batch, tuple)
        unb64u(entry.batch[0], 32)


def accepts(read: Callable[[bytes], object], leaf: bytes) -> bool:
    try:
        read(leaf)
    except VerificationError:
        return False
    return True


def test_ctrl_c_is_for_whoever_started_the_worker() -> None:
    """A terminal sends it to every process; a worker that died of it would print a traceback over the words of the command."""
    words = [sys.executable, "-m", "suxin.ledger.store.audit_worker"]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        child.stdin.write(encode_checks([(b"k" * 32, b"s" * 64)]))
        assert child.stdout.read(8) == struct.pack(">II", 1, 0)  # it is up, and finds what does not hold
        child.send_signal(signal.SIGINT)
        child.stdin.write(encode_checks([(b"k" * 32, b"s" * 64)]))
        assert child.stdout.read(8) == struct.pack(">II", 1, 0)
        _, said = child.communicate(timeout=60)
    assert (child.returncode, said) == (0, b"")
