"""Whom somebody outside trusts: the keys of one log, and the policy that witnesses are counted by.

Without a policy the log's key is the one that the book itself names, or that was kept from the first visit: then all may
agree with itself and still be a forger's own book, which every report says. Source: DESIGN 3.3; docs/formats/policy.md.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ..ledger.bundle_report import HOLDS, Result
from ..ledger.checkpoint import Opened, open_cosigned
from ..ledger.contradiction import as_words
from ..ledger.cosignature import Cosignature
from ..ledger.errors import StoreError, VerificationError
from ..ledger.limits import COSIGNATURE_AGE_MS_MAX, CURRENT_MS_MAX
from ..ledger.note import ED25519_TYPE, VerifierKey, format_vkey, parse_vkey
from ..ledger.policy import POLICY_BYTES_MAX, Policy, parse_policy
from .address import Address

NO_POLICY: Final = "no policy was given: the log key is the one that the book itself names"
FIRST_VISIT: Final = "no policy was given: the log key is the one that the book named at the first visit"


@dataclass(frozen=True, slots=True)
class Trust:
    """What a reader holds a log against.

    Attributes:
        origin: The log.
        keys: Its keys, at least one.
        policy: The reader's policy; None without one.
        notices: What a report must say of it.
    """

    origin: str
    keys: tuple[VerifierKey, ...]
    policy: Policy | None
    notices: tuple[str, ...] = ()

    @property
    def vkey(self) -> str:
        """The first of its keys, for files that name one."""
        return format_vkey(self.keys[0])

    def open(self, note: str | bytes) -> Opened:
        """Read a note of this log, its cosignatures too.

        Raises:
            VerificationError: As `open_cosigned`.
        """
        witnesses = [] if self.policy is None else [witness.key for witness in self.policy.witnesses]
        return open_cosigned(note, self.origin, self.keys, witnesses)

    def names(self, cosigned: Iterable[Cosignature]) -> list[str]:
        """Names of witnesses in the policy, in its order."""
        publics = {one.witness.public for one in cosigned}
        return [] if self.policy is None else [one.name for one in self.policy.witnesses if one.key.public in publics]

    def full(self, cosigned: Iterable[Cosignature]) -> list[str]:
        """Likewise, of those that have rebuilt the whole book."""
        names = set(self.names(cosigned))
        return [] if self.policy is None else [one.name for one in self.policy.witnesses if one.full and one.name in names]

    def quorum(self, cosigned: Iterable[Cosignature], now_ms: int) -> Result:
        """Whether those that have cosigned this state, or one that it grew from, are enough and recent."""
        if self.policy is None:
            return HOLDS
        found = list(cosigned)
        if not self.policy.quorum_met(set(self.names(found))):
            return Result("open", "witness-quorum", f"{len(found)} have cosigned, {self.policy.quorum} has not")
        recent = [one for one in found if -CURRENT_MS_MAX <= now_ms - one.time_s * 1000 <= COSIGNATURE_AGE_MS_MAX]
        if not self.policy.quorum_met(set(self.names(recent))):
            words = f"{len(recent)} of {len(found)} are recent, not enough for {self.policy.quorum}"
            return Result("open", "cosignatures-old", words)
        return HOLDS


def age_of(time_ms: int, now_ms: int, most_ms: int = CURRENT_MS_MAX) -> Result:
    """Whether a state of that time is that of now."""
    age = now_ms - time_ms
    if age > most_ms:
        return Result("open", "state-old", f"{age} ms old, {most_ms} ms are allowed")
    if age < -CURRENT_MS_MAX:
        return Result("open", "state-ahead", f"{-age} ms ahead of this clock")
    return HOLDS


def read_policy(file: Path | None) -> Policy | None:
    """A policy from a file; None for none.

    Raises:
        StoreError: The file cannot be read.
        VerificationError: It is no policy.
    """
    return None if file is None else read_policy_file(file)


def read_policy_file(file: Path) -> Policy:
    """A policy from a file; the words of an error name the file.

    Raises:
        StoreError: The file cannot be read.
        VerificationError: It is no policy.
    """
    try:
        with file.open("rb") as opened:
            return parse_policy(opened.read(POLICY_BYTES_MAX + 1))
    except OSError as error:
        raise StoreError(f"the policy {file} cannot be read: {error.strerror}") from error
    except VerificationError as error:
        raise VerificationError(error.code, f"the policy {file}: {error.detail}") from error


def trust_in(book: Address, policy: Policy | None, kept: str | None = None, origin: str = "") -> Trust:
    """Find out what to hold the log at an address against.

    Args:
        book: The address; what it says of itself is a hint, and a policy decides.
        policy: The reader's policy.
        kept: Verifier key of an earlier visit; counts where there is no policy.
        origin: Of the log that was followed before; "" at the first visit, and then it is the one that is shown.

    Raises:
        Unanswered: The book does not answer.
        VerificationError: `log-unknown`: the policy does not know it, and nothing that it shows counts.
    """
    if policy is None:
        key = parse_vkey(kept if kept is not None else str(book.site().get("vkey", "")))
        if key.type != ED25519_TYPE:
            raise VerificationError("vkey-unsupported", "the key that the book names does not sign logs")
        if as_words(key.name) != key.name:
            raise VerificationError("vkey-malformed", "the key that the book names has a name that cannot be written down")
        return Trust(key.name, (key,), None, (NO_POLICY if kept is None else FIRST_VISIT,))
    origin = origin or book.checkpoint().partition(b"\n")[0].decode(errors="replace")
    keys = tuple(log.key for log in policy.logs if log.key.name == origin)
    if not keys:
        raise VerificationError("log-unknown", f"the policy does not know the log {as_words(origin[:200]) or '(none)'}")
    return Trust(origin, keys, policy)
