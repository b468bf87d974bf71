"""The map once more, straight from the words of DESIGN 3.3 and RFC 6962: a dict, one path at a time, hashlib only."""

from __future__ import annotations

from hashlib import sha256

Record = tuple[int, bytes]
Place = tuple[int, int]  # level from below, position from the left


def digest(*parts: bytes) -> bytes:
    return sha256(b"".join(parts)).digest()


def tree(leaves: list[bytes]) -> bytes:
    """RFC 6962 section 2.1, over leaf hashes."""
    if not leaves:
        return digest()
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return digest(b"\x01", tree(leaves[:split]), tree(leaves[split:]))


class NaiveMap:
    def __init__(self, depth: int) -> None:
        self.depth = depth
        self.records: dict[bytes, Record] = {}
        self.hashes: dict[Place, bytes] = {}
        self.empty = [digest(b"suxin-map-bucket/v1\n", bytes(4), digest())]
        for _ in range(depth):
            self.empty.append(digest(b"suxin-map-node/v1\n", self.empty[-1], self.empty[-1]))

    def slot(self, key: bytes) -> int:
        return int.from_bytes(key, "big") >> (256 - self.depth)

    def set(self, key: bytes, count: int, head: bytes) -> None:
        self.records[key] = (count, head)
        self.rehash(self.slot(key))

    def remove(self, key: bytes) -> None:
        del self.records[key]
        self.rehash(self.slot(key))

    def rehash(self, slot: int) -> None:
        leaves = self.leaves(slot)
        self.hashes[0, slot] = digest(b"suxin-map-bucket/v1\n", len(leaves).to_bytes(4, "big"), tree(leaves))
        for level in range(1, self.depth + 1):
            slot >>= 1
            left, right = self.hash(level - 1, 2 * slot), self.hash(level - 1, 2 * slot + 1)
            self.hashes[level, slot] = digest(b"suxin-map-node/v1\n", left, right)

    def hash(self, level: int, position: int) -> bytes:
        return self.hashes.get((level, position), self.empty[level])

    def keys(self, slot: int) -> list[bytes]:
        return sorted(key for key in self.records if self.slot(key) == slot)

    def leaves(self, slot: int) -> list[bytes]:
        records = [(key, *self.records[key]) for key in self.keys(slot)]
        return [digest(b"\x00", key, count.to_bytes(8, "big"), head) for key, count, head in records]

    @property
    def root(self) -> bytes:
        return self.hash(self.depth, 0)

    def proof(self, keys: list[bytes]) -> dict[str, object]:
        """What a proof must hold, by definition: all that the opened records do not determine, and nothing else."""
        slots = sorted({self.slot(key) for key in keys})
        buckets = [self.bucket(slot, [key for key in keys if self.slot(key) == slot]) for slot in slots]
        wanted = self.missing({(0, slot) for slot in slots}, 1 << self.depth)
        return {"buckets": buckets, "nodes": [self.hash(level, position) for level, position in wanted]}

    def bucket(self, slot: int, keys: list[bytes]) -> dict[str, object]:
        there = self.keys(slot)
        at = {there.index(key) for key in keys if key in there}
        near = set()
        for key in keys:
            if key not in there:
                before = sum(other < key for other in there)
                near |= {before - 1, before}
        near = {place for place in near - at if 0 <= place < len(there)}
        leaves = self.leaves(slot)
        path = []
        for level, position in self.missing({(0, place) for place in at | near}, len(leaves)):
            path.append(tree(leaves[position << level : (position + 1) << level]))
        rows = [(place, there[place], *self.records[there[place]]) for place in sorted(near)]
        return {"n": len(there), "at": sorted(at), "near": rows, "path": path}

    @staticmethod
    def missing(known: set[Place], width: int) -> list[Place]:
        """Siblings of what is known or follows from it that do not follow themselves: from below, left to right."""
        derivable = {(level, position >> level) for _, position in known for level in range(width.bit_length() + 1)}
        return sorted(
            (level, position ^ 1)
            for level, position in derivable
            if (position ^ 1) << level < width and position >> 1 << (level + 1) < width and (level, position ^ 1) not in derivable
        )
