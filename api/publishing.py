"""Ratings computed from a stored book and published through HTTP: what `suxin courier publish` does.

It writes nothing to the book by itself: what it signs goes the way of every statement. What stands already is not published
again, and for a D somebody has to be named. Source: docs/formats/score.md; docs/adr/0008.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Literal, NamedTuple

from ..client.errors import ClientError, Declined
from ..client.post import Session
from ..client.signer import MemoryCounter, Signer
from ..client.statement import Draft
from ..courier.cohort import end_of
from ..courier.conduct import day_of
from ..courier.dossier import dossier_of
from ..courier.grounds import Ground, grounds_of, notice_body, untold, warning_terms
from ..courier.publication import publication_body
from ..courier.ruleset import Ruleset
from ..ledger.credit import PublicationBody
from ..ledger.entry import Entry
from ..ledger.keys import SigningKey
from ..ledger.leaf import decode_genesis
from ..ledger.moment import moment_text
from ..ledger.store.book import Book
from ..ledger.store.memory import open_directory
from .recompute import Recomputed, recompute

State = Literal["planned", "published", "same", "person", "refused", "untried"]


@dataclass(frozen=True, slots=True)
class Rated:
    """What became of one company.

    Attributes:
        uscc: Which.
        state: planned (a dry run), published, same (it stands already), person (a D waits for somebody to be named),
            refused by the book, or untried (the book did not answer).
        body: The body of the publication.
        words: The book's reason, "" where there is none.
        index: Where it stands in the log.
        grounds: For a service warning of which no notice was given yet.
    """

    uscc: str
    state: State
    body: dict[str, Any]
    words: str = ""
    index: int | None = None
    grounds: tuple[Ground, ...] = ()


class Plan(NamedTuple):
    """What is to be signed about one company; None where nothing is.

    Attributes:
        rated: What it comes to.
        rating: The publication.
        notice: Of a service warning.
    """

    rated: Rated
    rating: Draft | None
    notice: Draft | None


@dataclass(frozen=True, slots=True)
class Publisher:
    """Who publishes, and of which book.

    Attributes:
        url: Database of the book.
        key: The key that signs.
        actor: Whose key it is: the operator's or an authority's.
        rules: The rule set.
        reviewer: Name of the person who answers for a D; it stands in the book as a commitment only.
        warns: Whether notice of a service warning is given where there are grounds.
    """

    url: str
    key: SigningKey
    actor: str
    rules: Ruleset
    reviewer: str = ""
    warns: bool = False

    def plan(self, uscc: str, as_of: str | None, now_ms: int) -> Plan:
        """The publication of one company; see `plan`."""
        return plan(self.url, self.actor, self.rules, uscc, as_of, now_ms, self.reviewer)

    def publish(self, companies: Iterable[str], as_of: str | None, now_ms: int, server: str = "") -> list[Rated]:
        """Publish ratings, one request each; without a server say only what would be published.

        Args:
            companies: Social credit codes.
            as_of: Day; None for the last one that had ended in China.
            now_ms: Claimed time, Unix milliseconds.
            server: Address of the running server.

        Raises:
            CreditError: No such company or day; what was published before it stays.
            StoreError: The book is not there.
        """
        counter = MemoryCounter(last_counter(self.url, self.key.key_id))
        found = []
        for uscc in companies:
            rated, rating, notice = self.plan(uscc, as_of, now_ms)
            if server and rating is not None:
                rated = self._send(rated, rating, counter, server, now_ms)
            found.append(rated)
            if server and notice is not None and self.warns:
                told = self._send(rated, notice, counter, server, now_ms)
                if told.state != "published":
                    found[-1] = told
        return found

    def _send(self, rated: Rated, draft: Draft, counter: MemoryCounter, server: str, now_ms: int) -> Rated:
        try:
            with Session(server) as session:
                signer = Signer(self.key, self.actor, session.site().book, counter, lambda: now_ms)
                receipt = session.post(signer.sign(draft))
        except Declined as error:
            return replace(rated, state="refused", words=f"{error.problem.code}: {error.problem.detail}")
        except ClientError as error:
            return replace(rated, state="untried", words=str(error))
        return replace(rated, state="published", words="", index=receipt.index)


def plan(url: str, actor: str, rules: Ruleset, uscc: str, as_of: str | None, now_ms: int, reviewer: str = "") -> Plan:
    """The publication of one company and what to sign for it, and the notice of a warning where the published terms find grounds.

    Args:
        url: Database of the book.
        actor: Who publishes.
        rules: The rule set.
        uscc: The company's code.
        as_of: Day; None for the last one that had ended in China.
        now_ms: Claimed time, Unix milliseconds.
        reviewer: Name of the person who answers for a D.

    Raises:
        CreditError: No such company or day.
        StoreError: The book is not there.
    """
    found = recompute(url, uscc, rules, None, as_of)
    orders = dossier_of(found.filed, end_of(found.facts.as_of) - 1).orders
    body = publication_body(found.score, [order.entry.name for order in orders][:8])
    grounds, notice = _warning(found, uscc, now_ms)
    if _stands(found.filed, actor, body):
        return Plan(Rated(uscc, "same", body, grounds=grounds), None, notice)
    if body["grade"] == "D" and not reviewer:
        words = "for a D a named person answers: --reviewer NAME"
        return Plan(Rated(uscc, "person", body, words, grounds=grounds), None, notice)
    secrets = {"/body/reviewer": reviewer} if body["grade"] == "D" else {}
    rating = Draft("publication", moment_text(now_ms), {"party": f"uscc:{uscc}"}, body, secrets)
    return Plan(Rated(uscc, "planned", body, grounds=grounds), rating, notice)


def _warning(found: Recomputed, uscc: str, now_ms: int) -> tuple[tuple[Ground, ...], Draft | None]:
    """Grounds of which no notice was given yet, and the notice."""
    terms = warning_terms()
    grounds = grounds_of(found.score, dossier_of(found.filed, end_of(found.facts.as_of) - 1), terms)
    left = untold(grounds, dossier_of(found.filed, now_ms))
    if not left:
        return (), None
    body = notice_body(left, found.facts.as_of, day_of(now_ms), terms)
    return left, Draft("warning", moment_text(now_ms), {"party": f"uscc:{uscc}"}, body)


def _stands(filed: Iterable[Entry], actor: str, body: dict[str, Any]) -> bool:
    """Whether this publisher's newest rating says the same of the same day, from the same table by the same rules."""
    mine = [e.statement.body for e in filed if isinstance(e.statement.body, PublicationBody) and e.statement.party == actor]
    if not mine:
        return False
    last = mine[-1]
    assert isinstance(last, PublicationBody)
    return (last.as_of, last.table, last.rules.digest) == (body["as_of"], body["table"], body["rules"]["digest"])


def couriers_of(url: str) -> list[str]:
    """Codes of every registered courier company, in their order.

    Raises:
        StoreError: There is no book.
    """
    with Book.open(url) as book, book.snapshot() as reads:
        directory = open_directory(reads, decode_genesis(reads.leaf(0)))
    return sorted(a.actor[5:] for a in directory.actors.values() if a.role == "courier" and a.approved and not a.left)


def last_counter(url: str, key_id: bytes) -> int:
    """The last number that a key has used in a book."""
    with Book.open(url) as book:
        return book.last_counter(key_id)
