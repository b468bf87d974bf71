"""Print map.json: maps with their roots, proofs that hold, and proofs that must be refused. Deterministic; see README.md."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable
from copy import deepcopy
from hashlib import sha256
from itertools import count as numbers
from typing import Any

from suxin.ledger.encoding import b64u, unb64u
from suxin.ledger.map import Map
from suxin.ledger.map_hash import map_key, slot_of
from suxin.ledger.map_proof import format_map_proof, prove

Proof = dict[str, Any]
Query = dict[str, Any]

FILL = (0, 1, 2, 3, 5, 8, 0, 7)  # records in each bucket of the map "small", of depth 3


def stream_of(number: int) -> str:
    return f"p:/01/09506000134352/21/{number:06d}"


def row_of(stream: str, count: int) -> Query:
    head = sha256(f"head of {stream} after {count} entries".encode()).digest()
    return {"stream": stream, "key": b64u(map_key(stream)), "count": count, "head": b64u(head)}


def missing(stream: str) -> Query:
    return {"stream": stream, "key": b64u(map_key(stream))}


def build(depth: int, rows: Iterable[Query]) -> Map:
    return Map.from_records(depth, [(unb64u(row["key"]), row["count"], unb64u(row["head"])) for row in rows])


def in_bucket(rows: Iterable[Query], depth: int, slot: int) -> list[Query]:
    return sorted((row for row in rows if slot_of(unb64u(row["key"]), depth) == slot), key=lambda row: unb64u(row["key"]))


def small_rows() -> list[Query]:
    room, rows = list(FILL), []
    for number in numbers():
        row = row_of(stream_of(number), number % 9 + 1)
        slot = slot_of(unb64u(row["key"]), 3)
        if room[slot]:
            room[slot] -= 1
            rows.append(row)
        if not any(room):
            return rows
    raise AssertionError


SMALL = small_rows()
LARGE = [row_of(stream_of(number), number % 5 + 1) for number in range(3_000)]
B = [in_bucket(SMALL, 3, slot) for slot in range(8)]


def absent_at(slot: int, position: int) -> Query:
    """A stream that is missing from the small map and would stand at that position of the bucket."""
    for number in numbers(1_000):
        row = missing(stream_of(number))
        key = unb64u(row["key"])
        if slot_of(key, 3) == slot and sum(unb64u(other["key"]) < key for other in B[slot]) == position:
            return row
    raise AssertionError


def proof_of(depth: int, rows: Iterable[Query], queries: Iterable[Query]) -> Proof:
    return format_map_proof(prove(build(depth, rows), [unb64u(query["key"]) for query in queries]))


def good_cases() -> list[dict[str, Any]]:
    small = {
        "the only record of a bucket": [B[1][0]],
        "one record of two": [B[2][1]],
        "the last record of three, which stands alone": [B[3][2]],
        "the first record of five": [B[4][0]],
        "the last record of five, which rises two levels": [B[4][4]],
        "a record in the middle of eight": [B[5][3]],
        "two records side by side": [B[5][2], B[5][3]],
        "two records far apart": [B[7][0], B[7][6]],
        "every record of a bucket": B[5],
        "no stream: empty bucket": [absent_at(0, 0)],
        "no stream: before the first": [absent_at(4, 0)],
        "no stream: after the last": [absent_at(4, 5)],
        "no stream: between two": [absent_at(5, 4)],
        "no stream: before the only record": [absent_at(1, 0)],
        "no stream: after the only record": [absent_at(1, 1)],
        "no stream beside a stream that is asked for": [B[5][3], absent_at(5, 4)],
        "no stream between two that are asked for": [B[5][3], absent_at(5, 4), B[5][4]],
        "two missing streams that share a neighbour": [absent_at(5, 3), absent_at(5, 4)],
        "two missing streams between the same two": [absent_at(5, 4), missing(second_between())],
        "neighbouring buckets": [B[2][0], B[3][1]],
        "one of each kind": [B[1][0], B[4][2], absent_at(0, 0), absent_at(7, 0), absent_at(7, 7), absent_at(5, 2)],
        "all buckets": [*[B[slot][0] for slot in (1, 2, 3, 4, 5, 7)], absent_at(0, 0), absent_at(6, 0)],
    }
    cases = [good(name, 3, SMALL, queries) for name, queries in small.items()]
    fourteen = [LARGE[number] for number in range(0, 2_750, 250)] + [
        missing(stream_of(number)) for number in (5_000, 5_001, 5_002)
    ]
    cases.append(good("fourteen streams of three thousand", 17, LARGE, fourteen))
    cases.append(good("a map of two buckets", 1, SMALL, [SMALL[0], absent_at(5, 4)]))
    return [*cases, good("an empty map", 17, [], [missing(stream_of(0))])]


def second_between() -> str:
    """Another missing stream for the same place as `absent_at(5, 4)`."""
    first, number = absent_at(5, 4)["stream"], 1_000
    while stream_of(number) <= first or not is_between(number):
        number += 1
    return stream_of(number)


def is_between(number: int) -> bool:
    return unb64u(B[5][3]["key"]) < map_key(stream_of(number)) < unb64u(B[5][4]["key"])


def good(name: str, depth: int, rows: list[Query], queries: list[Query]) -> dict[str, Any]:
    root = b64u(build(depth, rows).root)
    return {
        "name": name,
        "depth": depth,
        "root": root,
        "queries": queries,
        "proof": proof_of(depth, rows, queries),
        "valid": True,
    }


def bad(name: str, reason: str, proved: list[Query], change: Callable[[Proof], None], **other: Any) -> dict[str, Any]:
    """A case whose proof is that of the small map for `proved`, but for `change`; `other` replaces members of the case."""
    case = good(name, 3, SMALL, proved)
    case["proof"] = deepcopy(case["proof"])
    change(case["proof"])
    return case | other | {"valid": False, "reason": reason}


def same(_: Proof) -> None:
    """Leave the proof as it is."""


def at(*place: str | int, value: Any) -> Callable[[Proof], None]:
    """Put a value at a place of the proof."""

    def change(proof: Any) -> None:
        for part in place[:-1]:
            proof = proof[part]
        proof[place[-1]] = value

    return change


def hashes(*place: str | int, change: Callable[[bytes], bytes]) -> Callable[[Proof], None]:
    """Change the bytes of the hashes at a place of the proof."""

    def apply(proof: Any) -> None:
        for part in place[:-1]:
            proof = proof[part]
        proof[place[-1]] = b64u(change(unb64u(proof[place[-1]])))

    return apply


ONE, PAIR, GAP = [B[5][3]], [B[5][1], B[5][5]], [absent_at(5, 4)]
EMPTY, EDGE = [absent_at(0, 0)], [absent_at(7, 0)]
FIRST = ("buckets", 0)


def malformed() -> list[dict[str, Any]]:
    near = ("buckets", 0, "near", 0)
    return [
        bad("no buckets", "map-form", ONE, lambda proof: proof.pop("buckets")),
        bad("no nodes", "map-form", ONE, lambda proof: proof.pop("nodes")),
        bad("an unknown member", "map-form", ONE, at("more", value=1)),
        bad("an unknown member of a bucket", "map-form", ONE, at(*FIRST, "more", value=1)),
        bad("a bucket without its number of records", "map-form", ONE, lambda proof: proof["buckets"][0].pop("n")),
        bad("buckets that are no list", "map-form", ONE, lambda proof: proof.update(buckets=proof["buckets"][0])),
        bad("an empty list of buckets", "map-form", ONE, at("buckets", value=[])),
        bad("an empty list of positions", "map-form", EMPTY, at(*FIRST, "at", value=[])),
        bad("an empty list of neighbours", "map-form", ONE, at(*FIRST, "near", value=[])),
        bad("a position as text", "map-form", ONE, at(*FIRST, "at", 0, value="3")),
        bad("a position as truth value", "map-form", ONE, at(*FIRST, "at", 0, value=True)),
        bad("a list of hashes", "map-form", ONE, lambda proof: proof.update(nodes=[proof["nodes"]])),
        bad("a neighbour without head", "map-form", GAP, lambda proof: proof["buckets"][0]["near"][0].pop()),
        bad("a negative position", "map-range", ONE, at(*FIRST, "at", 0, value=-1)),
        bad("more records than 32 bits count", "map-range", ONE, at(*FIRST, "n", value=2**32)),
        bad("a neighbour without entries", "map-range", GAP, at(*near, 2, value=0)),
        bad("a neighbour with too many entries", "map-range", GAP, at(*near, 2, value=2**53)),
        bad("a hash cut short", "map-encoding", ONE, hashes("nodes", change=lambda raw: raw[:-1])),
        bad("a bucket's hash cut short", "map-encoding", ONE, hashes(*FIRST, "path", change=lambda raw: raw[:-1])),
        bad("padding", "map-encoding", ONE, lambda proof: proof.update(nodes=proof["nodes"] + "=")),
        bad("standard base64", "map-encoding", ONE, lambda proof: proof.update(nodes="+" + proof["nodes"][1:])),
        bad("loose bits at the end", "map-encoding", GAP, at(*near, 1, value="A" * 42 + "B")),
        bad("a neighbour's key of two hashes", "map-encoding", GAP, hashes(*near, 1, change=lambda raw: raw * 2)),
        bad("a neighbour without key", "map-encoding", GAP, at(*near, 1, value="")),
    ]


def misleading() -> list[dict[str, Any]]:
    older = {**ONE[0], "count": ONE[0]["count"] - 1}
    other_head = {**ONE[0], "head": b64u(bytes(32))}
    two = good("", 3, SMALL, [B[4][0], B[5][0]])["proof"]["buckets"]
    hidden = missing(B[5][3]["stream"])
    three = {"queries": [absent_at(5, 3), absent_at(5, 4)]}
    return [
        bad("nothing asked", "map-query", ONE, same, queries=[]),
        bad("a stream asked twice", "map-query", ONE, same, queries=ONE * 2),
        bad("a count of 0", "map-query", ONE, same, queries=[{**ONE[0], "count": 0}]),
        bad("a depth of 0", "map-query", ONE, same, depth=0),
        bad("a depth of 33", "map-query", ONE, same, depth=33),
        bad("a bucket too few", "map-buckets", [B[4][0], B[5][0]], at("buckets", value=two[:1])),
        bad("a bucket too many", "map-buckets", [B[4][0]], at("buckets", value=two)),
        bad("a stream that is there, said to be missing", "map-present", ONE, same, queries=[missing(ONE[0]["stream"])]),
        bad("a missing stream, said to be there", "map-present", GAP, same, queries=[row_of(GAP[0]["stream"], 1)]),
        bad("a position too many", "map-present", ONE, at(*FIRST, "at", value=[3, 4])),
        bad("no position", "map-present", ONE, lambda proof: proof["buckets"][0].pop("at")),
        bad("positions exchanged", "map-order", PAIR, at(*FIRST, "at", value=[5, 1])),
        bad("a position twice", "map-order", PAIR, at(*FIRST, "at", value=[1, 1])),
        bad("a position beyond the bucket", "map-order", ONE, at(*FIRST, "at", value=[8])),
        bad("neighbours exchanged", "map-order", GAP, lambda proof: proof["buckets"][0]["near"].reverse()),
        bad(
            "a neighbour twice",
            "map-order",
            GAP,
            lambda proof: proof["buckets"][0]["near"].insert(0, proof["buckets"][0]["near"][0]),
        ),
        bad("a neighbour that is asked for", "map-order", ONE, at(*FIRST, "near", value=[neighbour(B[5], 3)])),
        bad("a neighbour of another bucket", "map-neighbour", EDGE, at(*FIRST, "near", value=[neighbour(B[5], 0)])),
        bad("a neighbour that nobody needs", "map-neighbour", ONE, at(*FIRST, "near", value=[neighbour(B[5], 4)])),
        bad("a stream that is there, said to be missing, and opened", "map-absent", B[5][2:4], opened, queries=[hidden]),
        bad("only the neighbour before", "map-absent", GAP, lambda proof: proof["buckets"][0]["near"].pop()),
        bad("only the neighbour after", "map-absent", GAP, lambda proof: proof["buckets"][0]["near"].pop(0)),
        bad("neighbours with one between", "map-absent", GAP, at(*FIRST, "near", value=[neighbour(B[5], 3), neighbour(B[5], 5)])),
        bad("a first record that is not the first", "map-absent", EDGE, at(*FIRST, "near", 0, 0, value=1)),
        bad("a last record that is not the last", "map-absent", [absent_at(7, 7)], at(*FIRST, "n", value=8)),
        bad("a bucket said to be empty, with its records left out", "map-root", GAP, at(*FIRST, value={"n": 0, "path": ""})),
        bad("an empty bucket with a hash", "map-extra", EMPTY, at(*FIRST, "path", value=b64u(bytes(32)))),
        bad("a hash too few in the bucket", "map-missing", ONE, hashes(*FIRST, "path", change=lambda raw: raw[:-32])),
        bad("a hash too many in the bucket", "map-extra", ONE, hashes(*FIRST, "path", change=lambda raw: raw + bytes(32))),
        bad("a hash too few above", "map-missing", ONE, hashes("nodes", change=lambda raw: raw[32:])),
        bad("a hash too many above", "map-extra", ONE, hashes("nodes", change=lambda raw: raw + bytes(32))),
        bad("two hashes exchanged", "map-root", ONE, hashes("nodes", change=lambda raw: raw[32:64] + raw[:32] + raw[64:])),
        bad("a bit changed", "map-root", ONE, hashes("nodes", change=lambda raw: raw[:40] + bytes([raw[40] ^ 1]) + raw[41:])),
        bad("another number of records", "map-root", [B[5][0]], at(*FIRST, "n", value=7)),
        bad("another position", "map-root", ONE, at(*FIRST, "at", value=[2])),
        bad("an older count", "map-root", ONE, same, queries=[older]),
        bad("another head", "map-root", ONE, same, queries=[other_head]),
        bad("a neighbour with another count", "map-root", GAP, at(*FIRST, "near", 0, 2, value=9_999)),
        bad("another root", "map-root", ONE, same, root=b64u(bytes(32))),
        bad("a depth less", "map-extra", ONE, same, depth=2),
        bad("a depth more", "map-missing", ONE, same, depth=4),
        bad("a proof for another stream of the bucket", "map-root", ONE, same, queries=[B[5][4]]),
        bad("a second missing stream that is not proved", "map-absent", GAP, same, **three),
    ]


def opened(proof: Proof) -> None:
    """Show as neighbours what was asked for."""
    proof["buckets"][0].pop("at")
    proof["buckets"][0]["near"] = [neighbour(B[5], 2), neighbour(B[5], 3)]


def neighbour(bucket: list[Query], position: int) -> list[Any]:
    row = bucket[position]
    return [position, row["key"], row["count"], row["head"]]


def make() -> dict[str, Any]:
    """The whole file."""
    maps = [
        {"name": name, "depth": depth, "records": rows, "root": b64u(build(depth, rows).root)}
        for name, depth, rows in (("empty", 17, []), ("one", 17, SMALL[:1]), ("small", 3, SMALL), ("deep", 16, SMALL))
    ]
    return {"page": "map.md", "maps": maps, "cases": good_cases() + malformed() + misleading()}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(make(), indent=1) + "\n")
