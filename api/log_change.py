"""`suxin key rotate --log` and `suxin key revoke --log`: another key for the log itself, beside its writer while no server runs.

The new key's file is on disk before the log names it, and both statements go into one epoch: whatever stops this half way
leaves either the old state and an unused file, which the next run takes, or the new one.
Source: docs/guide/keys.md, docs/adr.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ..client.signer import MemoryCounter, Signer
from ..client.statement import Draft
from ..ledger.canonical import JsonValue
from ..ledger.encoding import b64u
from ..ledger.errors import Refused, StoreError
from ..ledger.identifier import ROOT_ACTOR
from ..ledger.keys import SigningKey, parse_public, public_text
from ..ledger.leaf import decode_genesis
from ..ledger.limits import ROTATE_GRACE_MS
from ..ledger.log_keys import LogKeys
from ..ledger.moment import moment_text
from ..ledger.note import parse_vkey
from ..ledger.store.book import Book
from ..ledger.store.job import Job
from ..ledger.store.memory import log_keys_of
from ..ledger.store.sequencer import Clock
from ..ledger.store.workers import check_rows
from .keyring import load_key, load_log_keys, log_key_file, make_log_key
from .service import Service, wall_clock
from .settings import Settings

WAIT_S = 60.0  # for the one epoch


@dataclass(frozen=True, slots=True)
class Changed:
    """What was done.

    Attributes:
        origin: Of the log.
        size: Of the first checkpoint after it.
        old: Public key that was rotated out or revoked, 44 characters.
        file: File of the key that took its place; None when the log had another one already.
        vkeys: Verifier keys that sign now, the leading one first.
        until_ms: Until when a rotated key signs beside the new one, Unix milliseconds; None for a revoked one.
    """

    origin: str
    size: int
    old: str
    file: Path | None
    vkeys: tuple[str, ...]
    until_ms: int | None


def change_log_key(
    settings: Settings, event: Literal["rotate", "revoke"], key: str | None = None, reason: str | None = None,
    since: str | None = None, clock: Clock = wall_clock,
) -> Changed:  # fmt: skip
    """Rotate or revoke a key of the log.

    Args:
        settings: Where the book lies; no server may write to it meanwhile.
        event: Rotate: 30 days of grace. Revoke: at once.
        key: Public key or verifier key; None for the one that leads.
        reason: For a person.
        since: When a theft began.
        clock: Unix milliseconds.

    Raises:
        StoreError: The book is not there or in use, a file is missing, or the book refused the change.
        VerificationError: `key` is not a key.
    """
    with Book.open(settings.url) as book:
        known = log_keys_of(book, decode_genesis(book.leaf(0)))
    old = _public(key) if key is not None else known.leading()
    fresh = _fresh(settings.data / "keys", known) if event == "rotate" or known.leading() == old else None
    body: dict[str, JsonValue] = {"event": event, "key": public_text(old), "use": "log"}
    body |= {name: text for name, text in (("reason", reason), ("since", since)) if text is not None}
    bodies = [body]
    if fresh is not None:
        bodies.insert(0, {"event": "add", "key": fresh.public_text, "use": "log"})
    with closing(Service(settings, clock)) as service:
        _write(service, settings.data / "keys" / "root.key", bodies)
        published = service.sequencer.published
        assert published is not None
        return Changed(
            service.genesis.origin,
            published.size,
            public_text(old),
            None if fresh is None else log_key_file(settings.data / "keys", fresh.public),
            service.vkeys,
            published.at_ms + ROTATE_GRACE_MS if event == "rotate" else None,
        )


def _public(text: str) -> bytes:
    return parse_vkey(text).public if "+" in text else parse_public(text)


def _fresh(folder: Path, known: LogKeys) -> SigningKey:
    """A key that the log does not know yet: one that an earlier run has left, else a new one."""
    left = [key for key in load_log_keys(folder) if known.find(key.public) is None]
    return left[0] if left else make_log_key(folder)


def _write(service: Service, root_file: Path, bodies: list[dict[str, JsonValue]]) -> None:
    """Sign with the root key, and append all or nothing."""
    root = load_key(root_file)
    counter = MemoryCounter(service.book.last_counter(root.key_id))
    signer = Signer(root, ROOT_ACTOR, service.genesis.book, counter, service.clock)
    at = moment_text(service.clock())
    signed = [signer.sign(Draft("key", at, {"party": ROOT_ACTOR}, body)) for body in bodies]
    raws, signatures = [one.raw for one in signed], [one.signature for one in signed]
    job = Job(check_rows(raws, signatures, {b64u(root.key_id): root.public}), raws, signatures, rollback=True)
    for outcome in service.sequencer.offer(job).result(WAIT_S):
        if isinstance(outcome, Refused) and outcome.code != "rolled-back":
            raise StoreError(f"the book refused it ({outcome}); nothing was changed")
