"""What others are shown: the newest checkpoint that a witness has cosigned, or that a peer holds.

Their word counts for nothing; what the log's own key signed for them does.
Source: docs/formats/witness.md, docs/guide/outside.md.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from ..client.errors import Unreachable
from ..ledger.checkpoint import Checkpoint, open_cosigned
from ..ledger.contradiction import as_words
from ..ledger.cosignature import Cosignature
from ..ledger.errors import LedgerError, VerificationError
from ..ledger.note import COSIGNATURE_TYPE, VerifierKey, parse_vkey
from .address import Address
from .trust import Trust

URLS_MAX = 64  # witnesses that a book names without a policy; more are not asked


@dataclass
class Vantage:
    """One other place where checkpoints of the log are shown.

    Attributes:
        name: Of the witness; the address of a peer.
        address: Where it is asked.
        key: The witness' key; None for a peer.
        full: The policy says that it rebuilds the whole book.
        state: silent (no usable answer), same, behind, ahead or forked, held against the mirror.
        detail: Why it is silent.
        checkpoint: What it shows.
        note: Its note, as it came.
        time_s: When a witness cosigned it, Unix seconds.
    """

    name: str
    address: Address
    key: VerifierKey | None = None
    full: bool = False
    state: str = "silent"
    detail: str = ""
    checkpoint: Checkpoint | None = None
    note: str = ""
    time_s: int | None = None

    def ask(self, trust: Trust) -> None:
        """Get its newest checkpoint; what does not hold is its own fault and no contradiction of the log."""
        self.state, self.detail, self.checkpoint, self.note, self.time_s = "silent", "", None, "", None
        try:
            raw = self.address.checkpoint() if self.key is None else self.address.cosigned(trust.origin)
            opened = open_cosigned(raw, trust.origin, trust.keys, () if self.key is None else (self.key,))
            if self.key is not None and not opened.cosignatures:
                raise VerificationError("note-unsigned", "the witness has not cosigned what it shows")
        except (Unreachable, VerificationError) as error:
            self.detail = as_words(str(error))
            return
        self.state, self.checkpoint, self.note = "shown", opened.checkpoint, raw.decode()
        self.time_s = max((one.time_s for one in opened.cosignatures), default=None)

    def cosignature(self) -> Cosignature | None:
        """What the witness has cosigned, where it agrees with the mirror."""
        if self.key is None or self.time_s is None or self.state not in ("same", "behind"):
            return None
        return Cosignature(self.key, self.time_s)

    def as_json(self) -> dict[str, Any]:
        """For a report."""
        value: dict[str, Any] = (
            {"url": as_words(self.address.url)} if self.key is None else {"name": as_words(self.name), "full": self.full}
        )
        value["state"] = self.state
        if self.checkpoint is not None:
            value["size"] = self.checkpoint.size
        if self.time_s is not None:
            value["time"] = self.time_s * 1000
        return value | ({"detail": self.detail} if self.detail else {})


def witnesses_of(trust: Trust, book: Address | None) -> list[Vantage]:
    """Witnesses to ask: those of the policy that have an address; without a policy those that the book names, if it is given."""
    if trust.policy is not None:
        return [Vantage(one.name, Address(one.url), one.key, one.full) for one in trust.policy.witnesses if one.url is not None]
    try:
        if book is None:
            return []
        named = book.site().get("witnesses")
    except Unreachable:
        return []
    found = []
    for one in (named if isinstance(named, list) else [])[:URLS_MAX]:
        try:
            key = parse_vkey(one["vkey"])
            if key.type == COSIGNATURE_TYPE:
                found.append(Vantage(key.name, Address(one["url"]), key))
        except (LedgerError, TypeError, KeyError, AttributeError):
            continue  # a hint that leads nowhere
    return found


@contextmanager
def open_vantages(trust: Trust, book: Address | None, peers: Sequence[str] = ()) -> Iterator[list[Vantage]]:
    """Witnesses and peers, until the block ends.

    Args:
        trust: Whose witnesses.
        book: What is asked for witnesses where there is no policy.
        peers: Addresses of mirrors and of other ways to the book.

    Raises:
        StoreError: A peer's address is none.
    """
    found = witnesses_of(trust, book)
    try:
        for url in peers:
            found.append(Vantage(url, Address(url)))
        yield found
    finally:
        for vantage in found:
            vantage.address.close()
