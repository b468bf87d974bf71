"""A stranger's client of a tiled log: written from the C2SP pages alone, shares no code with the product.

It fetches tiles over HTTP, knows a subtree only through them, and works out roots and proofs by itself.
"""

from __future__ import annotations

from functools import lru_cache
from hashlib import sha256

import httpx


def path_of(level: int | str, number: int, width: int = 256) -> str:
    digits = f"{number:03d}"
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    groups = [digits[at : at + 3] for at in range(0, len(digits), 3)]
    name = "/".join([*(f"x{group}" for group in groups[:-1]), groups[-1]])
    return f"/tile/{level}/{name}" + (f".p/{width}" if width != 256 else "")


def hash_leaf(leaf: bytes) -> bytes:
    return sha256(b"\x00" + leaf).digest()


def mth(hashes: list[bytes]) -> bytes:
    """RFC 6962 section 2.1 over leaf hashes, as it is written there."""
    if len(hashes) == 1:
        return hashes[0]
    k = 1
    while k * 2 < len(hashes):
        k *= 2
    return sha256(b"\x01" + mth(hashes[:k]) + mth(hashes[k:])).digest()


class TileClient:
    """One log at one size.

    Args:
        http: Client of the server.
        size: From a checkpoint.
    """

    def __init__(self, http: httpx.Client, size: int, **headers: str) -> None:
        self.http = http
        self.size = size
        self.headers = headers
        self.tile = lru_cache(maxsize=None)(self._tile)

    def get(self, path: str) -> bytes:
        answer = self.http.get(path, headers=self.headers)
        assert answer.status_code == 200, (path, answer.text)
        assert answer.headers["content-type"] == "application/octet-stream"
        return answer.content

    def _tile(self, level: int, number: int) -> list[bytes]:
        width = min(self.size // 256**level - number * 256, 256)
        data = self.get(path_of(level, number, width))
        assert len(data) == 32 * width
        return [data[at : at + 32] for at in range(0, len(data), 32)]

    def leaves(self) -> list[bytes]:
        found: list[bytes] = []
        for number in range(-(-self.size // 256)):
            width = min(self.size - number * 256, 256)
            data = self.get(path_of("entries", number, width))
            for _ in range(width):
                length = int.from_bytes(data[:2], "big")
                found.append(data[2 : 2 + length])
                data = data[2 + length :]
            assert not data
        return found

    def subtree(self, first: int, end: int) -> bytes:
        """Hash of the subtree over the leaves from first to before end; first is a multiple of its width."""
        count = end - first
        if count & (count - 1) == 0:
            level, width = 0, count
            while width >= 256:
                level, width = level + 1, width // 256
            number, place = divmod(first // 256**level, 256)
            return mth(self.tile(level, number)[place : place + width])
        k = 1
        while k * 2 < count:
            k *= 2
        return sha256(b"\x01" + self.subtree(first, first + k) + self.subtree(first + k, end)).digest()

    def root(self) -> bytes:
        return self.subtree(0, self.size)

    def inclusion(self, index: int) -> list[bytes]:
        """RFC 6962 section 2.1.1."""
        return self._path(index, 0, self.size)

    def _path(self, index: int, first: int, end: int) -> list[bytes]:
        if end - first == 1:
            return []
        k = 1
        while k * 2 < end - first:
            k *= 2
        if index < first + k:
            return [*self._path(index, first, first + k), self.subtree(first + k, end)]
        return [*self._path(index, first + k, end), self.subtree(first, first + k)]

    def consistency(self, old: int) -> list[bytes]:
        """RFC 6962 section 2.1.2."""
        return self._proof(old, 0, self.size, whole=True)

    def _proof(self, old: int, first: int, end: int, *, whole: bool) -> list[bytes]:
        if old == end - first:
            return [] if whole else [self.subtree(first, end)]
        k = 1
        while k * 2 < end - first:
            k *= 2
        if old <= k:
            return [*self._proof(old, first, first + k, whole=whole), self.subtree(first + k, end)]
        return [*self._proof(old - k, first + k, end, whole=False), self.subtree(first, first + k)]
