"""An operator who lies well: edits leaves, then makes chains, map, epochs, batches, tables and checkpoints anew.

He holds the log's key, and here also the keys of those who collude with him. What he publishes agrees with itself;
where it still does not hold, it is because of what he cannot make anew, or of the one rule a test has him break.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
from fakes.auditing import copy_book, unguarded
from fakes.world import ORIGIN, Signer, World

from suxin.ledger import canonical
from suxin.ledger.chain import HEAD_START, extend
from suxin.ledger.checkpoint import Checkpoint, sign_checkpoint
from suxin.ledger.encoding import b64u, unb64u
from suxin.ledger.epoch import Epoch, decode_epoch, encode_epoch
from suxin.ledger.hashing import leaf_hash, statement_hash
from suxin.ledger.leaf import encode_entry, kind_of
from suxin.ledger.map import Map
from suxin.ledger.map_hash import map_key
from suxin.ledger.merkle import Frontier
from suxin.ledger.store.reads import tag_of
from suxin.ledger.streams import streams

KINDS = {"genesis": 0, "entry": 1, "batch": 2, "epoch": 3}
TABLES = ("leaf", "entry", "statement_tag", "stream", "stream_row", "signer", "actor", "checkpoint", "head")


class Forger:
    """A book in the hands of its operator.

    Attributes:
        leaves: The log, to be edited.
        epochs: What he does to an epoch leaf after it has been made anew, by position of the epoch from 1.
        notes: What he does to a checkpoint before it is signed, likewise.
        hides: Whether he leaves an entry (by its statement's members) out of one of its streams.
        after: SQL that he runs on the published book.
        keep_checkpoints: Leave the checkpoints as they were signed first.
    """

    def __init__(self, world: World, path: Path) -> None:
        self.leaves = [body for _, body in world.book.leaves()]
        self.keys = {signer.key_text: signer for signer in world.signers()}
        self.epochs: dict[int, Callable[[Epoch], Epoch]] = {}
        self.notes: dict[int, Callable[[Checkpoint], Checkpoint]] = {}
        self.hides: Callable[[dict[str, Any], str], bool] = lambda _statement, _stream: False
        self.after: list[tuple[str, tuple[Any, ...]]] = []
        self.keep_checkpoints = False
        self.log_key = world.log_key
        self._path = path
        self._batches = [b64u(leaf_hash(raw)) for raw in self.leaves if kind_of(raw) == "batch"]

    # -- finding ---------------------------------------------------------------------------------------------------

    def find(self, wanted: str, /, **members: Any) -> int:
        """Index of the first leaf of a kind, or entry of a type, whose statement has these members."""
        for index, raw in enumerate(self.leaves):
            value = statement_of(raw) if kind_of(raw) == "entry" else orjson.loads(raw)
            spoken = value | value.get("body", {})
            if wanted in (kind_of(raw), value.get("type")) and members.items() <= spoken.items():
                return index
        raise LookupError(wanted)

    def epoch_of(self, index: int) -> int:
        """Position, from 1, of the epoch that covers a leaf."""
        return sum(kind_of(raw) == "epoch" for raw in self.leaves[:index]) + 1

    # -- editing ---------------------------------------------------------------------------------------------------

    def resay(self, index: int, *, signer: Signer | None = None, sign: bool = True, **members: Any) -> None:
        """Change members of a statement, and sign it anew by its own key or another's; None takes a member out."""
        value = {name: new for name, new in (statement_of(self.leaves[index]) | members).items() if new is not None}
        self.reword(index, canonical.dump(value), signer=signer or self.keys[value["key"]], sign=sign)

    def reword(self, index: int, raw: bytes, *, signer: Signer, sign: bool = True) -> None:
        """Put other bytes in the place of a statement."""
        leaf = orjson.loads(self.leaves[index])
        if "batch" in leaf:
            name, position = leaf["batch"]
            self.leaves[index] = encode_entry(raw, leaf["received"], None, (unb64u(name), position))
        else:
            signature = signer.key.sign_statement(raw) if sign else unb64u(leaf["signature"])
            self.leaves[index] = encode_entry(raw, leaf["received"], signature)

    def remark(self, index: int, **members: Any) -> None:
        """Change members of a leaf itself."""
        self.leaves[index] = orjson.dumps(orjson.loads(self.leaves[index]) | members, option=orjson.OPT_SORT_KEYS)

    def add(self, signer: Signer, type_name: str, subjects: dict[str, str], body: dict[str, Any], **more: Any) -> int:
        """Have somebody say something at the end of the last epoch that has entries; gives its index."""
        last = max(index for index, raw in enumerate(self.leaves) if kind_of(raw) == "entry")
        spoken = [statement_of(raw) for raw in self.leaves if kind_of(raw) == "entry"]
        value = spoken[-1] | {
            "actor": signer.actor, "body": body, "id": f"019aa5f0-1c00-7000-9000-{len(self.leaves):012d}", "key": signer.key_text,
            "n": 1 + max((s["n"] for s in spoken if s["key"] == signer.key_text), default=0), "subjects": subjects,
            "type": type_name,
        } | more  # fmt: skip
        raw = canonical.dump(value)
        received = orjson.loads(self.leaves[last])["received"]
        self.leaves.insert(last + 1, encode_entry(raw, received, signer.key.sign_statement(raw)))
        return last + 1

    # -- publishing ------------------------------------------------------------------------------------------------

    def publish(self, folder: Path) -> str:
        """Write a book that agrees with itself into `folder`; gives its URL."""
        path = copy_book(self._path, folder / "forged.db")
        tables = self._tables()
        with closing(unguarded(path)) as connection:
            connection.execute("BEGIN")
            # The unique indexes are in a liar's way, so they go.
            connection.execute("CREATE TABLE freed AS SELECT * FROM entry")
            connection.execute("DROP TABLE entry")
            connection.execute("ALTER TABLE freed RENAME TO entry")
            self._move_conflicts(connection)
            for table in TABLES:
                if table == "checkpoint" and self.keep_checkpoints:
                    continue
                if table != "head":
                    connection.execute(f"DELETE FROM {table}")
                for row in tables[table]:
                    marks = ", ".join("?" * len(row))
                    if table == "head":
                        connection.execute("UPDATE head SET epoch = ?, size = ?", row)
                    else:
                        connection.execute(f"INSERT INTO {table} VALUES (1, {marks})", row)
            for sql, values in self.after:
                connection.execute(sql, values)
            connection.execute("COMMIT")
        return f"sqlite:///{path}"

    def made(self) -> tuple[list[bytes], dict[int, str]]:
        """The log as he would publish it, and his notes by the size they are signed for; for a server without a database."""
        tables = self._tables()
        return [raw for _, raw in tables["leaf"]], {size: note for _, size, note in tables["checkpoint"]}

    def _move_conflicts(self, connection: sqlite3.Connection) -> None:
        """Let kept conflicts name the entries where they stand now; those without one go."""
        places = {
            (value["key"], value["n"]): index
            for index, raw in enumerate(self.leaves)
            if kind_of(raw) == "entry" and (value := statement_of(raw))
        }
        for number, raw in connection.execute("SELECT no, statement FROM conflict").fetchall():
            value = orjson.loads(raw)
            place = places.get((value["key"], value["n"]))
            if place is None:
                connection.execute("DELETE FROM conflict WHERE no = ?", (number,))
            else:
                connection.execute("UPDATE conflict SET idx = ? WHERE no = ?", (place, number))

    def _tables(self) -> dict[str, list[tuple[Any, ...]]]:
        found: dict[str, list[tuple[Any, ...]]] = {name: [] for name in TABLES}
        numbers: dict[str, dict[Any, int]] = {"stream": {}, "signer": {}, "actor": {}}
        tails: dict[str, tuple[int, bytes]] = {}
        tree, states = Frontier(), Map(int(orjson.loads(self.leaves[0])["depth"]))
        renamed: dict[bytes, bytes] = {}  # batch leaves by the hash they had before
        count = previous = 0
        for index, raw in enumerate(self.leaves):
            kind = kind_of(raw)
            if kind == "epoch":
                count += 1
                states.update((map_key(name), *tail) for name, tail in tails.items())
                epoch = replace(
                    decode_epoch(raw), number=count, first=previous + 1, last=index - 1, previous=previous,
                    genesis=leaf_hash(self.leaves[0]), map_root=states.root, streams=states.streams,
                )  # fmt: skip
                raw = encode_epoch(self.epochs.get(count, lambda made: made)(epoch))
                previous = index
            elif kind == "entry":
                for before, now in renamed.items():
                    raw = raw.replace(before, now)
            row: tuple[Any, ...] = (None,) * 5
            hashed = leaf_hash(raw)
            if kind == "entry":
                row = self._index_entry(index, raw, hashed, found, numbers, tails)
            if kind == "batch":
                renamed[self._batches[len(renamed)].encode()] = b64u(hashed).encode()
            found["leaf"].append((index, raw))
            epoch_number = count if kind in ("epoch", "genesis") else count + 1
            found["entry"].append((index, epoch_number, KINDS.get(kind, 2), *row, hashed))
            tree.append(hashed)
            if kind == "epoch":
                checkpoint = self.notes.get(count, lambda made: made)(Checkpoint(ORIGIN, index + 1, tree.root()))
                found["checkpoint"].append((count, index + 1, sign_checkpoint(checkpoint, self.log_key)))
        found["head"].append((count, len(self.leaves)))
        return found

    def _index_entry(
        self, index: int, raw: bytes, hashed: bytes, found: dict[str, list[tuple[Any, ...]]],
        numbers: dict[str, dict[Any, int]], tails: dict[str, tuple[int, bytes]],
    ) -> tuple[Any, ...]:  # fmt: skip
        statement = statement_of(raw)
        name = statement_hash(raw[raw.index(b'"statement":') + 12 : -1])
        row = []
        for table, value in (("signer", unb64u(statement["key"])), ("actor", statement["actor"])):
            row.append(_number(table, value, found, numbers))
        found["statement_tag"].append((tag_of(name), index))
        for stream in streams(statement["type"], statement["subjects"], statement.get("re")):
            if not self.hides(statement, stream):
                number = _number("stream", stream, found, numbers)
                count, head = tails.get(stream, (0, HEAD_START))
                tails[stream] = count + 1, extend(head, index, hashed)
                found["stream_row"].append((number, count, index, tails[stream][1]))
        return row[0], statement["n"], row[1], bytes.fromhex(statement["id"].replace("-", "")), name


def statement_of(raw: bytes) -> dict[str, Any]:
    """The statement of an entry leaf, read without any check."""
    return dict(orjson.loads(raw)["statement"])


def _number(table: str, value: Any, found: dict[str, list[tuple[Any, ...]]], numbers: dict[str, dict[Any, int]]) -> int:
    known = numbers[table]
    if value not in known:
        known[value] = len(known) + 1
        found[table].append((known[value], value))
    return known[value]
