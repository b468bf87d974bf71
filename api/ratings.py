"""Published ratings of a served book: what the publications state, and the fact table behind each.

A table is made from entries when it is first asked for, one at a time and beside the requests; it counts only when it has the
root that was published. Source: DESIGN section 5; docs/formats/fact-table.md.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import replace
from typing import Final
from weakref import WeakKeyDictionary

import structlog

from ..courier.dossier import Dossier, dossier_of
from ..courier.errors import CreditError
from ..courier.page import CourierPage, CourierRow
from ..courier.published import Published, publications
from ..courier.rating import Rating, rating_of
from ..courier.rulebook import rule_set
from ..courier.score import Score, score
from ..courier.standing_page import StandingPage, events_of, standing_page
from ..ledger.errors import LedgerError
from ..ledger.party import party_of
from .objections import OpenObjection, objections_of
from .recompute import recompute
from .service import Service
from .shelf import Shelf
from .stories import Stories, stories_of

FOLDER: Final = "tables"  # in the data folder
WAIT_S: Final = 3.0  # for a table that is being made; a page then comes without its lines
SCORES_KEPT: Final = 256  # of tables that were scored again, some 50 KB each

log = structlog.get_logger("suxin")


class Ratings:
    """Ratings of one book.

    Args:
        service: The book.
        stories: Its stories.

    Attributes:
        shelf: Fact tables that were made.
    """

    def __init__(self, service: Service, stories: Stories) -> None:
        self.shelf = Shelf(service.settings.data / FOLDER)
        self._service = service
        self._stories = stories
        self._scores: OrderedDict[str, Score] = OrderedDict()  # by root of their table
        self._making: dict[str, threading.Event] = {}
        self._lock = threading.Lock()  # guards the two above
        self._turn = threading.Lock()  # one table at a time: each may hold a million rows

    def dossier(self, uscc: str) -> Dossier:
        """A company's credit file as of the published epoch."""
        stream = f"s:uscc:{uscc}"
        at_ms = self._stories.published.at_ms
        return self._stories.once("dossier", uscc, lambda: dossier_of(self._stories.entries([stream])[stream], at_ms))

    def published(self, uscc: str) -> tuple[Published, ...]:
        """A company's publications, one a day, the newest last; none before the first."""
        return publications(self.dossier(uscc).publications, self._stories.directory)

    def newest(self) -> dict[str, Published]:
        """The newest publication of every registered courier company that has one, by code."""
        return self._stories.once("ratings", "", self._newest)

    def _newest(self) -> dict[str, Published]:
        directory = self._stories.directory
        codes = [actor.actor[5:] for actor in list(directory.actors.values()) if actor.role == "courier"]
        entries = self._stories.entries([f"s:uscc:{code}" for code in codes])
        now_ms = self._stories.published.at_ms
        found = {code: publications(dossier_of(entries[f"s:uscc:{code}"], now_ms).publications, directory) for code in codes}
        return {code: rows[-1] for code, rows in found.items() if rows}

    def rows(self) -> tuple[CourierRow, ...]:
        """A row for every registered courier company, with its newest rating."""
        newest = self.newest()
        return tuple(replace(row, rating=newest.get(row.uscc)) for row in self._stories.couriers())

    def page(self, uscc: str) -> CourierPage | None:
        """The file of a company with its published rating; None for a company this book does not know."""
        found = self._stories.courier(uscc)
        if found is None:
            return None
        return replace(found, rating=self.rating(uscc), events=events_of(self.dossier(uscc)), standing=self.standing(uscc))

    def standing(self, uscc: str) -> StandingPage:
        """What stands in a company's file now, with the number of objections about its parcels."""
        at = self._stories.published
        waiting = self.objections(uscc)
        return replace(
            standing_page(self.dossier(uscc), self._stories.directory),
            parcel_disputes=len(waiting),
            parcel_overdue=sum(one.due_ms < at.at_ms for one in waiting),
        )

    def objections(self, uscc: str) -> tuple[OpenObjection, ...]:
        """Objections about parcels of a company that wait for their decision, as of the published epoch."""
        known = objections_of(self._service)
        known.look(self._stories.published.size)
        return known.open(uscc)

    def rating(self, uscc: str) -> Rating | None:
        """A company's published rating, or None before the first publication."""
        found = self.published(uscc)
        if not found:
            return None
        name = party_of(self._stories.directory, f"uscc:{uscc}").name
        return rating_of(found, self.score(uscc, found[-1]), uscc, name)

    def score(self, uscc: str, published: Published, wait_s: float = WAIT_S) -> Score | None:
        """A publication's fact table, scored again; None where it cannot be had in time or by a rule set that is not here."""
        with self._lock:
            known = self._scores.get(published.table)
        if known is not None:
            return known
        try:
            rules = rule_set(published.rules)
        except CreditError:
            return None
        if rules.digest != published.digest or not self.make(uscc, published, wait_s):
            return None
        facts = self.shelf.facts(published.table)
        if facts is None:
            return None
        found = score(facts, rules)
        with self._lock:
            self._scores[published.table] = found
            while len(self._scores) > SCORES_KEPT:
                self._scores.popitem(last=False)
        return found

    def make(self, uscc: str, published: Published, wait_s: float = WAIT_S) -> bool:
        """See to it that a publication's fact table is on the shelf.

        Returns:
            Whether it is, before the wait is over.
        """
        if self.shelf.file(published.table, "index") is not None:
            return True
        with self._lock:
            done = self._making.get(published.table)
            if done is None:
                done = self._making[published.table] = threading.Event()
                threading.Thread(target=self._make, args=(uscc, published, done), name="suxin-table", daemon=True).start()
        done.wait(wait_s)
        return self.shelf.file(published.table, "index") is not None

    def _make(self, uscc: str, published: Published, done: threading.Event) -> None:
        try:
            with self._turn:
                found = recompute(self._service.settings.url, uscc, rule_set(published.rules), published.size, published.as_of)
                if found.table.root == published.table:
                    self.shelf.put(found.table, found.facts)
                    with self._lock:
                        del self._making[published.table]  # what was made may be cleared away and asked for again
                else:  # stays in `_making`: it would come out the same the next time
                    log.error("fact table", words="the entries do not give the table that was published", company=uscc)
        except (LedgerError, OSError) as error:
            log.error("fact table", words=str(error), company=uscc)
        finally:
            done.set()


_RATINGS: WeakKeyDictionary[Service, Ratings] = WeakKeyDictionary()
_RATINGS_LOCK = threading.Lock()


def ratings_of(service: Service) -> Ratings:
    """The ratings of a served book; the same object for the same service."""
    with _RATINGS_LOCK:
        if service not in _RATINGS:
            _RATINGS[service] = Ratings(service, stories_of(service))
        return _RATINGS[service]
