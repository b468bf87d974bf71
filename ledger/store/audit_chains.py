"""A process that checks the chains of a SQLite book while its parent hashes the leaves. Imports little, so that it starts soon.

It works from the stored leaf hashes and says which they were, by one hash over all of them: only a parent that has made the
very same from the leaves uses the answer. Started as `python -m … FILE SHARD SIZE`; out: one JSON object, or nothing
when the book is no longer of that size.
"""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import astuple
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import numpy as np

from ..audit_links import Links
from ..audit_report import Finding, Findings
from ..errors import StoreError
from ..hashing import HASH_SIZE

CHUNK: Final = 512  # rows read at a time
END_SECONDS_MAX: Final = 10


class _Rows:
    """The tables that chains are checked with, at one moment."""

    def __init__(self, connection: sqlite3.Connection, shard: int) -> None:
        self._connection = connection
        self._shard = shard

    def _all(self, sql: str) -> Iterator[Sequence[tuple[Any, ...]]]:
        cursor = self._connection.execute(sql, (self._shard,))
        while rows := cursor.fetchmany(CHUNK):
            yield rows

    def size(self) -> int | None:
        """Leaves, as the fence has it."""
        row = self._connection.execute("SELECT size FROM head WHERE shard = ?", (self._shard,)).fetchone()
        return None if row is None else row[0]

    def leaf_hashes(self) -> bytes:
        """Every stored leaf hash, in order."""
        chunks = self._all("SELECT leaf_hash FROM entry WHERE shard = ? ORDER BY idx")
        return b"".join(b"".join([row[0] for row in rows]) for rows in chunks)

    def stream_rows(self) -> Iterator[Sequence[tuple[Any, ...]]]:
        """Entries of every stream."""
        return self._all("SELECT stream_no, position, idx, head FROM stream_row WHERE shard = ? ORDER BY stream_no, position")

    def streams(self) -> Iterator[Sequence[tuple[Any, ...]]]:
        """Dictionary of streams."""
        return self._all("SELECT stream_no, name FROM stream WHERE shard = ? ORDER BY stream_no")


def check_chains(file: str, shard: int, depth: int, size: int) -> dict[str, object] | None:
    """Check the chains of a book of a known size; None when it has another size by now.

    Raises:
        sqlite3.Error, TypeError, ValueError: The tables are damaged in such a way that the parent must look itself.
    """
    with closing(sqlite3.connect(f"{Path(file).absolute().as_uri()}?mode=ro", uri=True, isolation_level=None)) as connection:
        connection.execute("BEGIN")
        rows = _Rows(connection, shard)
        if rows.size() != size:
            return None
        hashes, findings = rows.leaf_hashes(), Findings()
        links = Links(np.frombuffer(hashes, np.uint8).reshape(-1, HASH_SIZE), findings)
        links.read(rows)
        root, streams = links.map(rows, depth)
    return {
        "hashes": sha256(hashes).hexdigest(), "root": root.hex(), "streams": streams, "total": findings.total,
        "findings": [astuple(finding) for finding in findings.kept],
    }  # fmt: skip


class Chains:
    """Such a process under way.

    Args:
        file: The book.
        shard: Number of the shard.
        depth: Of the map.
        size: Of the book.
    """

    def __init__(self, file: str, shard: int, depth: int, size: int) -> None:
        path = os.pathsep.join(folder or str(os.getcwd()) for folder in sys.path)  # noqa: PTH109
        self._child = subprocess.Popen(  # noqa: S603 - our own module, by our own interpreter
            [sys.executable, "-m", f"{__package__}.audit_chains", file, str(shard), str(depth), str(size)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # what goes wrong there is looked at again here
            env=os.environ | {"PYTHONPATH": path},
        )

    def answer(self, hashes: bytes | bytearray, findings: Findings) -> tuple[bytes, int] | None:
        """Wait for the root of the map and the number of streams.

        Args:
            hashes: Leaf hashes, made from the leaves.
            findings: Where faults go.

        Returns:
            None when the process could not say, or worked from other hashes.
        """
        out, _ = self._child.communicate()
        try:
            value = json.loads(out)
            if value["hashes"] != sha256(hashes).hexdigest() or value["total"] != len(value["findings"]):
                return None
            found = [Finding(*row) for row in value["findings"]]
            root, streams = bytes.fromhex(value["root"]), int(value["streams"])
        except (ValueError, TypeError, KeyError):
            return None
        for finding in found:
            findings.add(finding.code, finding.detail, finding.index, finding.table, finding.key)
        return root, streams

    def close(self) -> None:
        """End the process."""
        self._child.kill()
        try:
            self._child.communicate(timeout=END_SECONDS_MAX)
        except subprocess.TimeoutExpired as error:
            raise StoreError("a process that checks chains does not end") from error


if __name__ == "__main__":
    answer = check_chains(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))
    print(json.dumps(answer))  # noqa: T201 - the answer itself
