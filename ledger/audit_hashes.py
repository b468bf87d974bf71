"""The hashes of a stored book alone: its log, its chains, its newest map and every checkpoint, without a signature or a rule.

For who knows the book already and asks whether its bytes are still those that were signed for; a twentieth of the work of
`audit.py`, which is the whole verification. What is left out stands in the report. Pure: the book is handed in. Memory: 32
bytes a leaf, besides the map. Source: DESIGN 3.2, 3.3; docs/formats/verify.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256
from itertools import chain
from typing import Final

import numpy as np

from .audit_derived import Ordered
from .audit_entry import read_entry
from .audit_links import Links
from .audit_log import Log
from .audit_port import BookSource, ChainChecker, LeafRow
from .audit_report import AuditReport, Findings
from .bodies import KeyBody
from .errors import Refused, VerificationError
from .hashing import HASH_SIZE, leaf_hash
from .identifier import ROOT_ACTOR
from .leaf import kind_of

NOT_CHECKED: Final = (
    "the signatures of statements and batches",
    "the form of statements, and their batches",
    "who may say what, the life cycle, and what is referred to",
    "that every entry stands in the streams that it names, and in no other",
    "that no identity is used twice",
    "times of receipt",
    "the maps of all epochs but the newest",
    "the tables entry, statement_tag, signer, actor and conflict",
)
_ENTRY: Final = (b'{"leaf":"entry"', b'{"batch":[')
_KEY: Final = b'"type":"key","v":1}}'

Progress = Callable[[int], None]  # leaves read so far


def verify_hashes(
    source: BookSource, begin: Callable[[int], ChainChecker | None] = lambda _depth: None,
    progress: Progress = lambda _leaves: None,
) -> AuditReport:  # fmt: skip
    """Verify the hashes of a book.

    Args:
        source: The book as stored.
        begin: Given the depth of the map, begins to check the chains elsewhere, where there is anybody to do it.
        progress: Called now and then with the number of leaves read.

    Returns:
        The report, which says what was not checked; a book that does not hold is no exception.
    """
    findings = Findings()
    chunks = source.leaves()
    first = next(chunks, ())
    try:
        if not first or first[0][0] != 0 or not isinstance(first[0][1], bytes):
            raise VerificationError("leaf-missing", "there is no leaf 0")
        log = Log(first[0][1], leaf_hash(first[0][1]), Ordered("checkpoint", source.checkpoints(), findings), findings)
    except VerificationError as error:
        findings.add(error.code, error.detail, 0)
        return AuditReport(
            "", "", 0, 0, 0, 0, 0, 0, findings.first, tuple(findings.kept), findings.total, not_checked=NOT_CHECKED
        )
    leaves, elsewhere = _Leaves(log, findings), begin(log.genesis.depth)
    for chunk in chain([first], chunks):
        whole = leaves.read(chunk)
        progress(leaves.size)
        if not whole:
            break
    notices = log.end()
    for broken, fault in source.segment_faults():
        findings.add("segment-malformed", fault, broken, "segment", str(broken))
    made = None if elsewhere is None else elsewhere.answer(leaves.hashes, findings)
    if made is None:
        links = Links(np.frombuffer(leaves.hashes, np.uint8).reshape(-1, HASH_SIZE), findings)
        links.read(source)
        made = links.map(source, log.genesis.depth)
    log.check_map(*made)
    if (stored := source.head()) != (log.epoch, leaves.size):
        findings.add("derived-differs", f"stored {stored}, the log ends at {(log.epoch, leaves.size)}", None, "head")
    return AuditReport(
        origin=log.genesis.origin, log_key=log.genesis.log, size=leaves.size, signed_size=log.signed_size, epochs=log.epoch,
        entries=leaves.entries, batches=leaves.batches, streams=made[1], first=findings.first,
        findings=tuple(findings.kept), findings_total=findings.total, notices=tuple(notices), log_keys=log.signing(),
        not_checked=NOT_CHECKED,
    )  # fmt: skip


class _Leaves:
    """The leaves of a log while they are read.

    Attributes:
        hashes: Leaf hashes, 32 bytes each.
    """

    def __init__(self, log: Log, findings: Findings) -> None:
        self.size = self.entries = self.batches = 0
        self.hashes = bytearray()
        self._log = log
        self._findings = findings

    def read(self, chunk: Sequence[LeafRow]) -> bool:
        """Read some leaves; only those before a gap, and then the answer is False."""
        indexes, bodies = zip(*chunk, strict=True) if chunk else ((), ())
        if indexes != tuple(range(self.size, self.size + len(chunk))) or not {*map(type, bodies)} <= {bytes}:
            bodies = tuple(self._gapless(chunk))
        hashes = [sha256(b"\x00" + raw).digest() for raw in bodies]  # `leaf_hash` of each
        first, done = self.size, 0
        odd = [place for place, raw in enumerate(bodies) if not raw.startswith(_ENTRY) or raw.endswith(_KEY)]
        for place in odd:
            self._log.extend(hashes[done : place + 1])
            self._take(first + place, bodies[place])
            done = place + 1
        self._log.extend(hashes[done:])
        self.hashes += b"".join(hashes)
        self.size += len(bodies)
        self.entries += len(bodies) - sum(not bodies[place].startswith(_ENTRY) for place in odd)
        return len(bodies) == len(chunk)

    def _gapless(self, chunk: Sequence[LeafRow]) -> Iterator[bytes]:
        for due, (index, raw) in enumerate(chunk, self.size):
            if index != due or not isinstance(raw, bytes):
                self._findings.add("leaf-missing", f"index {index} where {due} is due; the rest was not read", due)
                return
            yield raw

    def _take(self, index: int, raw: bytes) -> None:
        """Take a leaf that is no entry, or an entry that may say something of the log's keys; it has been added to the tree."""
        match kind_of(raw):
            case "epoch":
                self._log.close_epoch(raw, index, None)
            case "batch":
                self.batches += 1
            case "entry":
                self._take_key(index, raw)
            case "genesis" if not index:
                pass
            case other:
                self._findings.add("leaf-malformed", f"a leaf of the kind {other!r}", index)

    def _take_key(self, index: int, raw: bytes) -> None:
        """Follow the log's own keys, on their entries' word: without them no later checkpoint could be checked."""
        try:
            entry = read_entry(raw)
            body = entry.statement.body
            if entry.statement.actor == ROOT_ACTOR and isinstance(body, KeyBody) and body.use == "log":
                self._log.log_keys.fold(body, index, entry.received)
        except Refused as error:
            self._findings.add("rules-refused", str(error), index)
        except VerificationError as error:
            self._findings.add(error.code, error.detail, index)
