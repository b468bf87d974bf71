"""What is appended is what is read; what is refused leaves nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

import pytest
from fakes.filler import GENESIS, Fact, Filler
from fakes.place import Place
from sqlalchemy import Connection

from suxin.ledger.errors import Fenced, StoreError
from suxin.ledger.hashing import leaf_hash
from suxin.ledger.store import lookup, reads
from suxin.ledger.store.book import Book
from suxin.ledger.store.group import Head, NextNumbers, RowsRefused, StreamTail

FACTS = [
    Fact(n=1, serial=1, streams=("p:a", "l:shop/a")),
    Fact(n=2, serial=2, streams=("p:b",)),
    Fact(signer="van", actor="uscc:van", n=5, serial=3, streams=("w:van/1", "c:van")),
    Fact(signer="van", actor="uscc:van", n=9, serial=4, streams=("w:van/1", "c:van", "p:a")),
]


def test_what_is_appended_is_what_is_read(book: Book, filler: Filler) -> None:
    head = book.take_over()
    assert head == Head(2, 0, 1)
    for facts in (FACTS[:3], FACTS[3:], []):
        group = filler.group(head, *facts)
        book.append(group)
        head = filler.learn(group)
    check_against(book, filler, head)
    with book.snapshot() as view:
        check_against(view, filler, head)


def check_against(book: Any, filler: Filler, head: Head) -> None:
    """Every read of the book gives what the model holds."""
    assert book.head() == head
    size = head.size
    assert list(book.leaves(chunk=2)) == list(enumerate(filler.leaves))
    assert list(book.leaves(1, size - 2, chunk=3)) == list(enumerate(filler.leaves))[1 : size - 1]
    assert list(book.entries(chunk=2)) == filler.entries
    assert book.leaf_hashes() == [leaf_hash(body) for body in filler.leaves]
    assert book.leaf_hashes(1, 2) == [leaf_hash(body) for body in filler.leaves[1:3]]
    assert book.leaves_at([0, size - 1, size]) == {0: GENESIS, size - 1: filler.leaves[-1]}
    tails = {
        name: StreamTail(number, len(filler.streams[number]), *filler.streams[number][-1])
        for name, number in filler.names.items()
    }
    assert book.find_streams([*filler.names, "p:unknown"]) == tails
    assert [*book.all_stream_tails(chunk=2)] == [(name, tail.count, tail.head) for name, tail in tails.items()]
    assert [*book.all_streams(chunk=2)] == [(number, name) for name, number in filler.names.items()]
    for name, number in filler.names.items():
        rows = [(position, idx, head) for position, (idx, head) in enumerate(filler.streams[number])]
        assert book.stream_rows(name) == rows
        assert book.stream_rows(name, after=0, limit=1) == rows[1:2]
        wanted = [(name, count) for count in range(1, len(rows) + 2)]  # one more than there are
        for one, row in zip(wanted, rows, strict=False):
            assert book.heads_at([one]) == {name: row[2]}
        assert book.heads_at(wanted[len(rows) :]) == {}
        assert book.stream_leaves(name) == [(position, idx, filler.leaves[idx]) for position, idx, _ in rows]
    assert book.key_numbers([*filler.signers, bytes(32)]) == filler.signers
    assert book.actor_numbers([*filler.actors, "uscc:nobody"]) == filler.actors
    assert book.next_numbers() == NextNumbers(len(filler.signers) + 1, len(filler.actors) + 1, len(filler.names) + 1)
    assert book.by_statements([*filler.statements, bytes(32)]) == filler.statements
    assert book.entry_rows_at([0, size - 1, size]) == {0: filler.entries[0], size - 1: filler.entries[-1]}
    assert book.count_entries(0, size - 1) == len(filler.statements)
    assert book.count_entries(size - 1, size - 1) == 0
    assert book.count_streams("p") == sum(1 for name in filler.names if name.startswith("p:"))
    assert book.count_streams("plrwc") == len(filler.names)
    for statement, idx in filler.statements.items():
        assert book.by_statement(statement) == idx
        row = book.entry_row(idx)
        key_id = next(key for key, number in filler.signers.items() if number == row.key_no)
        actor = next(actor for actor, number in filler.actors.items() if number == row.actor_no)
        assert book.by_counter(key_id, row.n) == book.by_id(actor, row.id) == idx
        assert book.sealed(statement) == {
            pointer: sealed for (other, pointer), sealed in filler.sealed.items() if other == statement
        }
    assert book.stream_rows("p:unknown") == book.stream_leaves("p:unknown") == []
    assert book.by_counter(bytes(32), 1) is None
    assert book.by_id("uscc:nobody", bytes(16)) is None
    assert book.by_statement(bytes(32)) is None


def test_many_keys_are_looked_up_in_chunks(book: Book, filler: Filler) -> None:
    facts = [Fact(signer=f"k{i % 7}", n=i, actor=f"anon:{i % 5}", serial=i, streams=(f"p:{i}",)) for i in range(2_500)]
    group = filler.group(Head(1, 0, 1), *facts)
    book.append(group)
    filler.learn(group)
    assert book.by_counters((fact.key_id, fact.n) for fact in facts) == {
        (fact.key_id, fact.n): idx for idx, fact in enumerate(facts, 1)
    }
    assert book.by_ids((fact.actor, fact.id16) for fact in facts) == {
        (fact.actor, fact.id16): idx for idx, fact in enumerate(facts, 1)
    }
    assert book.by_statements(fact.statement for fact in facts) == filler.statements
    assert len(book.find_streams(fact.streams[0] for fact in facts)) == 2_500
    assert sum(1 for _ in book.all_stream_tails()) == 2_500


def test_every_look_up_steps_down_an_index_on_a_table_nobody_has_analysed(
    book: Book, filler: Filler, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The plans of a freshly filled book: once seen to read the whole log for each key, 10 ms instead of 20 µs."""
    facts = [Fact(signer=f"k{i % 7}", n=i, actor=f"anon:{i % 5}", serial=i, streams=(f"p:{i}",)) for i in range(2_500)]
    book.append(filler.group(Head(1, 0, 1), *facts))
    plans: dict[str, str] = {}

    def explained(connection: Connection, what: lookup.Lookup, keys: Iterable[tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
        chunk = list(keys)
        sql, parameters = lookup.statement(connection.dialect.name, what, chunk)
        verb = "EXPLAIN QUERY PLAN" if connection.dialect.name == "sqlite" else "EXPLAIN"
        rows = connection.exec_driver_sql(f"{verb} {sql}", parameters)
        plans[what.columns] = "\n".join(str(row[-1]) for row in rows)
        yield from lookup.run(connection, what, chunk)

    monkeypatch.setattr(reads, "run", explained)
    some = facts[:1_000]
    assert len(book.by_counters((fact.key_id, fact.n) for fact in some)) == 1_000
    assert len(book.by_ids((fact.actor, fact.id16) for fact in some)) == 1_000
    assert len(book.by_statements(fact.statement for fact in some)) == 1_000
    assert len(book.find_streams(fact.streams[0] for fact in some)) == 1_000
    assert len(book.leaves_at(range(1_000))) == len(book.entry_rows_at(range(1_000))) == 1_000
    assert len(plans) == 5
    for plan in plans.values():
        assert not re.search(r"SCAN [a-v]\b|\(shard=\?\)|Seq Scan|Materialize|Hash|Cond: \(shard = 1\)", plan), plan


def test_holes_in_a_keys_counters(book: Book, filler: Filler) -> None:
    facts = [Fact(n=n, serial=n) for n in (2, 3, 7, 8, 12)] + [Fact(signer="other", n=4, serial=99)]
    book.append(filler.group(Head(1, 0, 1), *facts))
    assert book.missing_counters(facts[0].key_id) == [(1, 1), (4, 6), (9, 11)]
    assert book.missing_counters(facts[0].key_id, limit=2) == [(1, 1), (4, 6)]
    assert book.missing_counters(facts[-1].key_id) == [(1, 3)]
    assert book.missing_counters(bytes(32)) == []
    assert [book.last_counter(key) for key in (facts[0].key_id, facts[-1].key_id, bytes(32))] == [12, 4, 0]


def test_the_directory_is_every_actor_and_key_entry_once_in_log_order(book: Book, filler: Filler) -> None:
    facts = [
        Fact(n=1, serial=1, streams=("k:uscc:1",)),
        Fact(n=2, serial=2, streams=("p:a",)),
        Fact(n=3, serial=3, streams=("a:uscc:1", "k:uscc:1")),
        Fact(n=4, serial=4, streams=("d:uscc:1",)),
        Fact(n=5, serial=5, streams=("a:uscc:2",)),
    ]
    book.append(filler.group(Head(1, 0, 1), *facts))
    assert list(book.directory_leaves(chunk=2)) == [(idx, facts[idx - 1].body) for idx in (1, 3, 5)]


REFUSED = {
    "same counter": lambda rows: (*rows[:2], (*rows[2][:3], rows[0][3], rows[0][4], *rows[2][5:]), *rows[3:]),
    "same id": lambda rows: (*rows[:1], (*rows[1][:6], rows[0][6], *rows[1][7:]), *rows[2:]),
    "same index": lambda rows: (rows[0], (rows[0][0], *rows[1][1:]), *rows[2:]),
    "short leaf hash": lambda rows: ((*rows[0][:8], b"short"), *rows[1:]),
    "kind out of range": lambda rows: ((*rows[0][:2], 7, *rows[0][3:]), *rows[1:]),
    "number beyond its column": lambda rows: ((*rows[0][:3], 2**70, *rows[0][4:]), *rows[1:]),
    "text for bytes": lambda rows: ((*rows[0][:8], "x" * 32), *rows[1:]),
    "text for an id": lambda rows: ((*rows[0][:6], "x" * 16, *rows[0][7:]), *rows[1:]),
    "short id": lambda rows: ((*rows[0][:6], b"short", *rows[0][7:]), *rows[1:]),
    "short statement hash": lambda rows: ((*rows[0][:7], b"short", rows[0][8]), *rows[1:]),
    "no counter": lambda rows: ((*rows[0][:4], None, *rows[0][5:]), *rows[1:]),
    "an entry without a statement": lambda rows: ((*rows[0][:3], *[None] * 5, rows[0][8]), *rows[1:]),
    "an epoch with a key": lambda rows: (*rows[:-1], (*rows[-1][:3], 1, *rows[-1][4:])),
}


@pytest.mark.parametrize("fault", REFUSED)
def test_a_bad_row_is_refused_and_leaves_nothing(book: Book, filler: Filler, fault: str) -> None:
    group = filler.group(Head(1, 0, 1), *FACTS)
    with pytest.raises(RowsRefused):
        book.append(replace(group, entries=REFUSED[fault](group.entries)))
    check_against(book, Filler(), Head(1, 0, 1))
    assert book.sealed(FACTS[0].statement) == {}
    book.append(group)
    check_against(book, filler, filler.learn(group))


UNFIT: dict[str, dict[str, Any]] = {
    "empty leaf": {"leaves": [(1, b""), (2, b"epoch")]},
    "long leaf": {"leaves": [(1, bytes(65_536)), (2, b"epoch")]},
    "tag beyond 64 bits": {"tags": [(2**63, 1)]},
    "tag twice": {"tags": [(1, 1), (1, 1)]},
    "stream name twice": {"streams": [(1, "p:a"), (2, "p:a")]},
    "name that is no text": {"streams": [(1, "p:\ud800")]},
    "short head": {"stream_rows": [(1, 0, 1, b"short")]},
    "position twice": {"stream_rows": [(1, 0, 1, bytes(32)), (1, 0, 1, bytes(32))]},
    "short key id": {"signers": [(1, b"short")]},
    "key twice": {"signers": [(1, bytes(32)), (2, bytes(32))]},
    "actor number twice": {"actors": [(1, "uscc:1"), (1, "uscc:2")]},
    "vault row for no statement": {"vault": [(b"short", "/a", b"1")]},
    "opening twice": {"vault": [(bytes(32), "/a", b"1"), (bytes(32), "/a", b"2")]},
}

WRONG: dict[str, dict[str, Any]] = {
    "no leaves": {"leaves": []},
    "no index rows": {"entries": []},
    "nothing grows": {"size_after": 1},
    "too many leaves due": {"size_before": 0},
    "two epochs": {"epoch_after": 2},
    "elsewhere": {"leaves": [(5, b"x"), (6, b"y")]},
}


@pytest.mark.parametrize("fault", UNFIT)
def test_every_table_refuses_what_does_not_fit(book: Book, filler: Filler, fault: str) -> None:
    group = filler.group(Head(1, 0, 1), Fact())
    with pytest.raises(RowsRefused):
        book.append(replace(group, **UNFIT[fault]))
    check_against(book, Filler(), Head(1, 0, 1))


@pytest.mark.parametrize("fault", WRONG)
def test_a_group_that_contradicts_itself_is_a_programmers_error(book: Book, filler: Filler, fault: str) -> None:
    with pytest.raises(ValueError, match=r"size_before|epoch"):
        book.append(replace(filler.group(Head(1, 0, 1), Fact()), **WRONG[fault]))


def test_a_place_without_a_book_says_which_option_names_one(tmp_path: Any) -> None:
    with pytest.raises(StoreError, match=r"there is no book at .*empty\.db; --data names the data folder"):
        Book.open(f"sqlite:///{tmp_path / 'empty.db'}", writable=True)


def test_a_shard_without_genesis_says_so(place: Place) -> None:
    with place.writer() as book:
        assert book.is_empty()
        for read in (book.head, book.take_over):
            with pytest.raises(StoreError, match="no genesis leaf"):
                read()
        with pytest.raises(StoreError, match="no leaf at index 3"):
            book.leaf(3)
        with pytest.raises(StoreError, match="no index row"):
            book.entry_row(3)


def test_a_shard_is_created_once(book: Book) -> None:
    with pytest.raises(StoreError, match="genesis leaf already"):
        book.create(GENESIS, leaf_hash(GENESIS))


def test_shards_do_not_see_each_other(place: Place, filler: Filler) -> None:
    with Book.open(place.app, shard=1, writable=True) as one, Book.open(place.app, shard=2, writable=True) as two:
        one.create(GENESIS, leaf_hash(GENESIS))
        two.create(GENESIS, leaf_hash(GENESIS))
        group = filler.group(Head(1, 0, 1), *FACTS)
        one.append(group)
        check_against(two, Filler(), Head(1, 0, 1))
        two.append(group)
        head = filler.learn(group)
        check_against(one, filler, head)
        check_against(two, filler, head)


def test_a_reader_cannot_write(book: Book, place: Place, filler: Filler) -> None:
    with Book.open(place.read) as reader:
        with pytest.raises(StoreError, match="opened for reading"):
            reader.append(filler.group(Head(1, 0, 1), Fact()))
        with pytest.raises(StoreError, match="opened for reading"):
            reader.take_over()


def test_a_snapshot_stays_while_the_book_grows(book: Book, filler: Filler) -> None:
    first = filler.group(Head(1, 0, 1), *FACTS[:1])
    book.append(first)
    head = filler.learn(first)
    with book.snapshot() as view:
        second = filler.group(head, *FACTS[1:])
        book.append(second)
        check_against(view, filler, head)
    check_against(book, filler, filler.learn(second))


def test_a_hole_in_the_log_does_not_end_the_reading(book: Book, filler: Filler, place: Place) -> None:
    group = filler.group(Head(1, 0, 1), *(Fact(n=n, serial=n) for n in range(1, 30)))
    book.append(group)
    place.force("DELETE FROM leaf WHERE idx BETWEEN 5 AND 20")
    assert [idx for idx, _ in book.leaves(chunk=3)] == [*range(5), *range(21, 31)]


def test_a_range_has_a_beginning_and_chunks_have_rows(book: Book) -> None:
    for arguments in ({"first": -1}, {"chunk": 0}):
        with pytest.raises(StoreError, match="range"):
            list(book.leaves(**arguments))


def test_fenced_leaves_nothing(book: Book, filler: Filler) -> None:
    with pytest.raises(Fenced):
        book.append(filler.group(Head(7, 0, 1), *FACTS))
    check_against(book, filler, Head(1, 0, 1))
