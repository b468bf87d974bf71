"""Kept conflicts: each must be another statement under an identity that the named entry has taken.

Whether it was signed is for the reader of the evidence: a row that came in a batch is proved by its batch's header only.
"""

from __future__ import annotations

from itertools import chain

from .audit_entry import read_entry
from .audit_port import BookSource, ConflictRow
from .audit_report import Findings
from .errors import Refused, VerificationError
from .usual import read_statement


def compare_conflicts(source: BookSource, findings: Findings) -> None:
    """Compare every kept conflict with the entry it names; they are numbered from 1."""
    for due, row in enumerate(chain.from_iterable(source.conflicts()), 1):
        if row[0] != due:
            findings.add("derived-differs", f"number {row[0]} where {due} is due", None, "conflict", str(due))
        try:
            _compare(source, row)
        except (Refused, VerificationError) as error:
            findings.add("conflict-differs", str(error), None, "conflict", str(due))


def _compare(source: BookSource, row: ConflictRow) -> None:
    raw, index = row[1], row[3]
    leaf = source.leaf(index) if type(index) is int else None
    if leaf is None or type(raw) is not bytes:
        raise VerificationError("conflict-differs", f"there is no leaf {index}, or no statement")
    mine, other = read_statement(raw), read_entry(leaf).statement
    same_counter = (mine.key, mine.n) == (other.key, other.n)
    same_id = (mine.actor, mine.id) == (other.actor, other.id)
    if mine.hash == other.hash or not (same_counter or same_id):
        raise VerificationError("conflict-differs", f"the entry at {index} has no identity in common with it")
