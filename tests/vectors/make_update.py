"""Print update.json: updates that hold, and updates that must be refused. Deterministic; see README.md.

All are of the book told in `fakes/paper_update.py`, or of one whose operator lied: he then makes the best update he can.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from fakes.paper_update import ITEM, Ledger, Tale

from suxin.ledger import canonical
from suxin.ledger.checkpoint import Checkpoint
from suxin.ledger.encoding import b64u, unb64u
from suxin.ledger.map_hash import map_key, slot_of
from suxin.ledger.update import parse_update
from suxin.ledger.update_verify import step_json, verify_update

Value = dict[str, Any]
Case = dict[str, Any]
Held = Checkpoint | bytes

TOLD = Tale().whole().ledger
DEPTH = TOLD.paper.genesis.depth


def state(held: Held) -> Value:
    """A state as the file says it."""
    if isinstance(held, bytes):
        return {"map": b64u(held)}
    return {"origin": held.origin, "size": held.size, "root": b64u(held.root)}


def good(name: str, older: int, newer: int, *, book: Ledger = TOLD, by_map: bool = False) -> Case:
    held: Held = book.map_root(older) if by_map else book.checkpoint(older)
    raw = book.update(older, newer)
    step = verify_update(parse_update(raw), held, book.checkpoint(newer))
    case = {"name": name, "held": state(held), "newer": state(book.checkpoint(newer)), "update": raw.decode()}
    return case | {"valid": True, "step": step_json(step)}


def bad(
    name: str, reason: str, older: int, newer: int, change: Callable[[Value], object] = lambda _value: None, *,
    book: Ledger = TOLD, held: Held | None = None, until: Checkpoint | None = None, raw: Callable[[str], str] = str,
) -> Case:  # fmt: skip
    """An update that is that of the book but for `change`, or checked against other states."""
    value = json.loads(book.update(older, newer))
    change(value)
    text = raw(canonical.dump(value, 20).decode())
    own = book.checkpoint(older) if held is None else held
    case = {"name": name, "held": state(own), "newer": state(until or book.checkpoint(newer)), "update": text}
    return case | {"valid": False, "reason": reason}


def at(*place: str | int, value: Any) -> Callable[[Value], None]:
    """Put a value at a place of the update."""

    def change(found: Any) -> None:
        for part in place[:-1]:
            found = found[part]
        found[place[-1]] = value

    return change


def hashes(*place: str | int, change: Callable[[bytes], bytes]) -> Callable[[Value], None]:
    """Change the bytes of the hashes at a place of the update."""

    def apply(found: Any) -> None:
        for part in place[:-1]:
            found = found[part]
        found[place[-1]] = b64u(change(unb64u(found[place[-1]])))

    return apply


def flip(raw: bytes) -> bytes:
    return raw[:-1] + bytes([raw[-1] ^ 1])


def cut(raw: bytes) -> bytes:
    return raw[:-32]


def more(raw: bytes) -> bytes:
    return raw + bytes(32)


def swapped(raw: bytes) -> bytes:
    return raw[32:64] + raw[:32] + raw[64:]


def good_cases() -> list[Case]:
    return [
        good("one stream grew, one came", 1, 2),
        good("nothing came", 2, 3),
        good("a batch", 3, 4),
        good("an actor, in two streams", 4, 5),
        good("over several epochs", 1, 5),
        good("over an epoch in which nothing came", 2, 4),
        good("by the map root alone", 1, 5, by_map=True),
        good("nothing came, by the map root alone", 2, 3, by_map=True),
        good("not seen: left out of one of the streams it names", 1, 2, book=hidden("k:")),
        good("not seen: put into a stream that it does not name", 1, 2, book=misplaced()),
        good("not seen: a map that was wrong for one epoch and then right again", 1, 3, book=wrong_between()),
    ]


def malformed() -> list[Case]:
    code = "update-malformed"
    return [
        bad("a blank", code, 1, 2, raw=lambda text: text.replace(",", ", ", 1)),
        bad("cut off", code, 1, 2, raw=lambda text: text[:-1]),
        bad("an unknown member", code, 1, 2, at("more", value=1)),
        bad("no path", code, 1, 2, lambda value: value.pop("path")),
        bad("another version", code, 1, 2, at("v", value=2)),
        bad("an empty list of streams", code, 2, 3, at("changed", value=[])),
        bad("streams without a map", code, 1, 2, lambda value: value.pop("map")),
        bad("a map without streams", code, 1, 2, lambda value: value.pop("changed")),
        bad("a count without a head", code, 1, 2, lambda value: value["changed"][0].pop()),
        bad("a fifth member of a stream", code, 1, 2, lambda value: value["changed"][0].append(1)),
        bad("a stream without entries", code, 1, 2, at("changed", 0, 1, value=[])),
        bad("a stream that had no entry", code, 1, 2, at("changed", 0, 2, value=0)),
        bad("a count beyond every count", code, 1, 2, at("changed", 0, 2, value=2**53 - 1)),
        bad("streams exchanged", code, 1, 2, lambda value: value["changed"].reverse()),
        bad("a stream twice", code, 1, 2, lambda value: value["changed"].insert(0, value["changed"][0])),
        bad("indexes exchanged", code, 1, 5, at("changed", 0, 1, value=[10, 9])),
        bad("an index twice", code, 1, 2, at("changed", 0, 1, value=[9, 9])),
        bad("leaves exchanged", code, 1, 2, lambda value: value["leaves"].reverse()),
        bad("one leaf only", code, 1, 2, lambda value: value["leaves"].pop()),
        bad("a negative position", code, 1, 2, at("map", "buckets", 0, "at", value=[-1])),
        bad("half a hash", code, 1, 2, hashes("hashes", change=lambda raw: raw[:-1])),
        bad("half a hash of a bucket", code, 1, 2, hashes("map", "buckets", 0, "rest", change=lambda raw: raw[:-1])),
        bad("padding", code, 1, 2, lambda value: value.update(path=value["path"] + "=")),
        bad("a path longer than a tree is high", code, 1, 2, hashes("path", change=lambda raw: bytes(64 * 32))),
        bad("a batch leaf without its signature", "leaf-malformed", 3, 4, lambda value: value["leaves"][1][1].pop("signature")),
        bad("an entry among the leaves", "leaf-malformed", 1, 2, at("leaves", 1, 1, "leaf", value="entry")),
        bad("a genesis leaf without depth", "leaf-malformed", 1, 2, lambda value: value["genesis"].pop("depth")),
        bad("an epoch leaf without map", "epoch-malformed", 1, 2, lambda value: value["leaves"][0][1].pop("map")),
    ]


def beside_the_log() -> list[Case]:
    other = replace(TOLD.checkpoint(1), origin="suxin.example/other/1")
    later = replace(TOLD.checkpoint(2), origin="suxin.example/other/1")
    forked = Tale()
    forked.inspect(1)
    forked.make(1)
    forked.make(9)
    forked.ledger.publish()
    return [
        bad("a checkpoint of another log is held", "origin-mismatch", 1, 2, held=other),
        bad("the newer checkpoint is of another log", "origin-mismatch", 1, 2, until=later),
        bad("it begins at a later epoch than the one held", "update-range", 2, 3, held=TOLD.checkpoint(1)),
        bad("it begins at an earlier epoch than the one held", "update-range", 1, 3, held=TOLD.checkpoint(2)),
        bad("it ends before the newer checkpoint", "update-range", 1, 2, until=TOLD.checkpoint(3)),
        bad("it ends after the newer checkpoint", "update-range", 1, 3, until=TOLD.checkpoint(2)),
        bad("the range is off by one at its end", "update-range", 1, 2, at("leaves", 1, 0, value=10)),
        bad("the range is off by one at its begin", "update-range", 1, 2, at("leaves", 0, 0, value=7)),
        bad("it begins with a batch", "update-range", 3, 4, lambda value: value["leaves"].pop(0), held=TOLD.map_root(3)),
        bad("it ends with a batch", "update-range", 3, 4, lambda value: value["leaves"].pop(2), until=size_of(4, 14)),
        bad("an entry too few", "update-range", 1, 2, hashes("hashes", change=cut)),
        bad("an entry too many", "update-range", 1, 2, hashes("hashes", change=more)),
        bad("a batch leaf left out", "update-range", 3, 4, lambda value: value["leaves"].pop(1)),
        bad("an entry rewritten", "range-invalid", 1, 2, hashes("hashes", change=flip)),
        bad("two entries exchanged", "range-invalid", 1, 2, hashes("hashes", change=swapped)),
        bad("a leaf rewritten", "range-invalid", 1, 2, at("leaves", 0, 1, "time", value=1)),
        bad("a path for another log", "range-invalid", 1, 2, hashes("path", change=flip)),
        bad("a hash too few in the path", "range-invalid", 1, 2, hashes("path", change=cut)),
        bad("a hash too many in the path", "range-invalid", 1, 2, hashes("path", change=more)),
        bad("another root", "range-invalid", 1, 2, until=replace(TOLD.checkpoint(2), root=bytes(32))),
        bad("the older log was another one", "consistency-invalid", 1, 2, held=replace(TOLD.checkpoint(1), root=bytes(32))),
        bad("the log held goes on otherwise", "consistency-invalid", 1, 2, held=forked.ledger.checkpoint(1)),
    ]


def size_of(epoch: int, size: int) -> Checkpoint:
    return replace(TOLD.checkpoint(epoch), size=size)


def beside_the_epochs() -> list[Case]:
    return [
        bad("an epoch without a number", "epoch-number", 1, 2, book=told(number=3)),
        bad("an epoch that names another one before it", "epoch-previous", 1, 2, book=told(previous=7)),
        bad("an epoch that begins later", "epoch-first", 1, 2, book=told(first=10)),
        bad("an epoch that ends earlier", "epoch-last", 1, 2, book=told(last=9)),
        bad("an epoch of another book", "epoch-genesis", 1, 2, book=told(genesis=bytes(32))),
        bad("an epoch before the one before", "epoch-time", 1, 2, book=told(time=1)),
        bad("fewer streams", "epoch-streams", 1, 2, book=told(streams=6)),
        bad("a stream more than came", "epoch-streams", 1, 2, book=told(streams=9)),
        bad("an older epoch of another book", "epoch-genesis", 1, 2, book=told_first(genesis=bytes(32))),
        bad("an older epoch that does not end where it stands", "epoch-last", 1, 2, book=told_first(last=3)),
        bad("another genesis leaf", "epoch-genesis", 1, 2, at("genesis", "depth", value=3)),
        bad("another map changed while nothing came", "epoch-streams", 2, 3, book=moved_in_quiet()),
    ]


def beside_the_streams() -> list[Case]:
    def drop(stream: str) -> Callable[[Value], None]:
        return lambda value: value["changed"].remove(next(row for row in value["changed"] if row[0] == b64u(map_key(stream))))

    return [
        bad("a stream lists an older entry", "update-listed", 1, 2, at("changed", 0, 1, value=[5])),
        bad("a stream lists the epoch leaf", "update-listed", 1, 2, at("changed", 0, 1, value=[9, 11])),
        bad("a stream lists the batch leaf", "update-listed", 3, 4, at("changed", 0, 1, value=[13])),
        bad("a stream lists what came later", "update-listed", 1, 2, at("changed", 0, 1, value=[9, 12])),
        bad("a stream left out, its entry with it", "update-unlisted", 1, 2, drop("p:/01/06901234567892")),
        bad("an entry in no stream at all", "update-unlisted", 1, 2, book=hidden("")),
        bad("another map is held", "update-held", 1, 2, held=bytes(32)),
        bad("the map of another epoch is held", "update-held", 1, 2, held=TOLD.map_root(2)),
        bad("a new stream kept secret from the epoch", "epoch-streams", 4, 5, drop(f"k:{shop()}")),
    ]


def shop() -> str:
    return next(name[2:] for name in TOLD.states[4].rows if name[:2] == "a:" and name not in TOLD.states[3].rows)


def beside_the_map() -> list[Case]:
    old, new = ("map", "buckets", 0), ("map", "buckets", 1)
    return [
        bad("a bucket too few", "map-buckets", 1, 2, lambda value: value["map"]["buckets"].pop()),
        bad("a bucket too many", "map-buckets", 1, 2, lambda value: value["map"]["buckets"].append({"rest": ""})),
        bad("no position", "map-present", 1, 2, lambda value: value["map"]["buckets"][0].pop("at")),
        bad("a position too many", "map-present", 1, 2, at(*new, "at", value=[0])),
        bad("a neighbour that nobody needs", "map-neighbour", 1, 2, unneeded),
        bad("a neighbour of another bucket", "map-neighbour", 1, 2, at(*new, "near", 0, 1, value=b64u(bytes(32)))),
        bad("a position beyond the bucket", "map-order", 1, 2, at(*old, "at", value=[2])),
        bad("neighbours exchanged", "map-order", 4, 5, reverse_near),
        bad("a neighbour that has grown itself", "map-order", 1, 2, neighbour_of_itself),
        bad("a stream that was there, said to be new", "map-absent", 1, 2, as_new, book=told(streams=9)),
        bad("no neighbour", "map-absent", 1, 2, lambda value: value["map"]["buckets"][1].pop("near")),
        bad("a neighbour that does not stand beside it", "map-absent", 1, 2, at(*new, "near", 0, 0, value=1)),
        bad("a hash too few above", "map-missing", 1, 2, hashes("map", "nodes", change=cut)),
        bad("a hash too many above", "map-extra", 1, 2, hashes("map", "nodes", change=more)),
        bad("hashes above exchanged", "update-before", 1, 2, hashes("map", "nodes", change=swapped)),
        bad("a count changed", "update-before", 1, 2, at("changed", 0, 2, value=2)),
        bad("a head changed", "update-before", 1, 2, hashes("changed", 0, 3, change=flip)),
        bad("a record of the bucket changed", "update-before", 1, 2, hashes(*old, "rest", change=flip)),
        bad("a record of the bucket left out", "update-before", 1, 2, hashes(*old, "rest", change=cut)),
        bad("a record put into the bucket", "update-before", 1, 2, hashes(*old, "rest", change=more)),
        bad("a neighbour's count changed", "update-before", 1, 2, at(*new, "near", 0, 2, value=9)),
        bad("an entry left out of a stream that it went into", "update-after", 4, 5, lambda value: value["changed"][0][1].pop()),
        bad("an entry put into a stream that it did not go into", "update-after", 1, 2, at("changed", 1, 1, value=[9, 10])),
        bad("a record removed", "update-before", 1, 2, book=removed()),
        bad("a record rewritten", "update-before", 1, 2, book=moved(1)),
        bad("a record's count raised", "update-before", 1, 2, book=moved(2)),
        bad("a record added", "update-before", 1, 2, book=added()),
        bad("a record rewritten, and the older one shown", "update-after", 1, 2, book=moved(1), change=as_it_was),
        bad("a map that is wrong for one epoch", "update-before", 1, 2, book=wrong_between()),
        bad("and then right again", "update-before", 2, 3, book=wrong_between()),
    ]


def unneeded(value: Value) -> None:
    """Open, beside the inspected class, the other record of its bucket."""
    stream = next(name for name in TOLD.states[0].rows if beside_the_class(name))
    count, head = TOLD.states[0].map.get(map_key(stream)) or (0, b"")
    bucket = value["map"]["buckets"][0]
    bucket["near"] = [[1 - bucket["at"][0], b64u(map_key(stream)), count, b64u(head)]]
    bucket["rest"] = ""


def beside_the_class(name: str) -> bool:
    return name != "p:/01/06901234567892" and slot_of(map_key(name), DEPTH) == slot_of(map_key("p:/01/06901234567892"), DEPTH)


def neighbour_of_itself(value: Value) -> None:
    """Open the class that was inspected once more as a neighbour as well."""
    key, _, count, head = value["changed"][0]
    bucket = value["map"]["buckets"][0]
    bucket["near"] = [[bucket["at"][0], key, count, head]]


def as_new(value: Value) -> None:
    """Say that the class that was inspected was not there before."""
    neighbour_of_itself(value)
    del value["map"]["buckets"][0]["at"]
    del value["changed"][0][2:]


def reverse_near(value: Value) -> None:
    next(bucket["near"] for bucket in value["map"]["buckets"] if len(bucket.get("near", ())) > 1).reverse()


def as_it_was(value: Value) -> None:
    """Give what an honest update gives, so that the older map is right."""
    honest = json.loads(TOLD.update(1, 2))
    value["map"] = honest["map"]


# -- operators who lie -------------------------------------------------------------------------------------------------


def hidden(letters: str) -> Ledger:
    """A shop registers, and is left out of its streams that begin with these letters."""
    tale = Tale().items()
    tale.book.hides = lambda _statement, stream: stream.startswith(letters)
    tale.shop()
    tale.ledger.publish()
    return tale.ledger


def misplaced() -> Ledger:
    """An item's entry, put into the stream of another item."""
    tale = Tale().items()
    said = tale.book.sign(tale.maker, "item", {"item": ITEM.format(3)}, {"weight_g": 5_000})
    tale.book.enter(said)
    tale.book.rows["p:" + ITEM.format(1)] += tale.book.rows.pop("p:" + ITEM.format(3))
    tale.ledger.publish()
    return tale.ledger


def removed() -> Ledger:
    """An item's stream is gone from the map, and the epoch leaf counts it still."""
    tale = Tale().items()
    del tale.book.rows["p:" + ITEM.format(2)]
    tale.inspect(2)
    tale.make(3)
    tale.book.relabels = lambda epoch: replace(epoch, streams=epoch.streams + 1)
    tale.ledger.publish()
    return tale.ledger


def moved(count: int) -> Ledger:
    """The record of an item about which nothing came is another one."""
    tale = Tale().items()
    tale.book.overrides[map_key("p:" + ITEM.format(2))] = (count, bytes(32))
    tale.inspect(2)
    tale.make(3)
    tale.ledger.publish()
    return tale.ledger


def added() -> Ledger:
    """A record of a stream without entries, not counted."""
    tale = Tale().items()
    tale.book.overrides[map_key("p:" + ITEM.format(7))] = (1, bytes(32))
    tale.inspect(2)
    tale.make(3)
    tale.book.relabels = lambda epoch: replace(epoch, streams=epoch.streams - 1)
    tale.ledger.publish()
    return tale.ledger


def wrong_between() -> Ledger:
    """An item's record is wrong in the second epoch and right in the third."""
    ledger = moved(1)
    ledger.paper.overrides.clear()
    ledger.paper.say(Tale().maker, "item", {"item": ITEM.format(8)}, {"weight_g": 1})
    ledger.publish()
    return ledger


def told(**change: Any) -> Ledger:
    """A book whose second epoch leaf says something else."""
    tale = Tale().items()
    tale.inspect(2)
    tale.book.relabels = lambda epoch: replace(epoch, **change)
    tale.make(3)
    tale.ledger.publish()
    return tale.ledger


def told_first(**change: Any) -> Ledger:
    """A book whose first epoch leaf says something else."""
    tale = Tale()
    tale.book.relabels = lambda epoch: replace(epoch, **change) if epoch.number == 1 else epoch
    tale.inspected()
    return tale.ledger


def moved_in_quiet() -> Ledger:
    """An epoch without entries has another map."""
    tale = Tale().inspected()
    tale.book.overrides[map_key("p:" + ITEM.format(2))] = (1, bytes(32))
    tale.ledger.publish()
    return tale.ledger


def make() -> dict[str, Any]:
    """The whole file."""
    cases = [*good_cases(), *malformed(), *beside_the_log(), *beside_the_epochs(), *beside_the_streams(), *beside_the_map()]
    return {"page": "update.md", "cases": cases}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(make(), indent=1, ensure_ascii=False) + "\n")
