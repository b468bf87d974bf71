"""What a served book publishes by itself: ratings once a day, bulletins once a month, entries that a clock has run out.

Signed with the operator's root key, through the book's own pen and queue. Neither is needed for a state to hold: a reader
works out what is overdue without any entry, and anybody may compute a rating. Source: docs/adr/0008; domain.md 4.3, G1.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import Final

import structlog

from ..client.statement import Draft
from ..courier.bulletin import month_of
from ..courier.conduct import day_of
from ..courier.dossier import Dossier, dossier_of
from ..courier.rulebook import rule_set
from ..ledger.entry import Entry, read_entry
from ..ledger.errors import LedgerError, Refused
from ..ledger.identifier import ROOT_ACTOR
from ..ledger.moment import moment_text
from .bulletin import bulletin_of
from .bulletins import Bulletins
from .objections import objections_of
from .partners import read_partners
from .publishing import couriers_of, plan
from .pushing import Pushes, pushes
from .service import Service

EVERY_S: Final = 600.0  # between looks at the clocks; ratings follow the day in China
ANSWER_S: Final = 120.0
NOTHING: Final[Mapping[str, str]] = {}  # subjects of what stands with what it refers to
log = structlog.get_logger("suxin")


class PublishClock:
    """Publishes and enters on time.

    Args:
        service: The served book.
    """

    def __init__(self, service: Service) -> None:
        self._service = service
        self._bulletins = Bulletins(service.settings.data)
        self._pushes = Pushes()
        self._rated: dict[str, str] = {}  # by company: day on which its rating was published last
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Look at the clocks now and then, until closed."""
        self._thread = threading.Thread(target=self._run, name="suxin-publish", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop, and wait for what is under way."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        while not self._stop.is_set():
            self._safely("the book", self.tick)
            self._stop.wait(EVERY_S)

    def tick(self) -> list[str]:
        """Enter what is due; gives a word for each company and what became of it. What fails is tried again at the next look."""
        now_ms, done = self._service.clock(), []
        couriers = couriers_of(self._service.settings.url)
        for uscc in couriers:
            done += self._safely(uscc, partial(self._look, uscc, now_ms))
        done += self._safely("parcels", partial(self._enter_overdue_of_parcels, now_ms))
        if couriers:
            done += self._safely("bulletins", partial(self._tell_months, now_ms))
            done += self._safely("pushes", partial(self._push, couriers, now_ms))  # last: an address may take its time
        return done

    def _safely(self, what: str, work: Callable[[], Iterable[str]]) -> list[str]:
        """What a piece of work has done; a company whose figures cannot be had keeps no other one waiting."""
        try:
            return list(work())
        except Exception as error:
            words = str(error) if isinstance(error, LedgerError | OSError) else type(error).__name__
            log.error("ratings", what=what, words=words)
            return [f"{what} failed"]

    def _look(self, uscc: str, now_ms: int) -> Iterator[str]:
        """One company: clocks that have run out, and once a day its rating."""
        for draft in overdue_drafts(self._dossier(uscc, now_ms), f"uscc:{uscc}", now_ms):
            yield f"{uscc} overdue {self._enter(draft)}"
        today = day_of(now_ms)
        if self._rated.get(uscc) != today:
            yield from self._rate(uscc, now_ms)
            self._rated[uscc] = today

    def _push(self, couriers: Iterable[str], now_ms: int) -> Iterator[str]:
        addresses = {one.actor: one.url for one in read_partners(self._service.settings.data)}
        for uscc in couriers if addresses else ():
            found = pushes(self._dossier(uscc, now_ms), self._service.genesis.book, f"uscc:{uscc}")
            yield from self._pushes.send(found, addresses, now_ms)

    def _tell_months(self, now_ms: int) -> Iterator[str]:
        """Make the bulletin of each month that is over and has none."""
        published = self._service.sequencer.published
        for month in self._bulletins.due(self._service.genesis.created, now_ms):
            if published is None or published.at_ms < month_of(month).end_ms:
                return  # the state that it is bound to comes with the next epoch
            self._bulletins.put(month, bulletin_of(self._service.settings.url, month, self._service.pen.key))
            yield f"bulletin {month} made"

    def _enter_overdue_of_parcels(self, now_ms: int) -> Iterator[str]:
        """Enter the clocks of objections that stand with their parcel only."""
        objections, published = objections_of(self._service), self._service.sequencer.published
        while published is not None and not self._stop.is_set() and objections.look(published.size) < published.size:
            pass
        for one in objections.open():
            if one.due_ms < now_ms and not one.entered:
                state = self._enter(_overdue("objection", one.entry, one.due_ms, now_ms))
                yield f"{one.waybill[:18]} overdue of a parcel {state}"

    def _rate(self, uscc: str, now_ms: int) -> list[str]:
        """Publish a rating, and give notice where the published terms find grounds for a warning."""
        rated, rating, notice = plan(self._service.settings.url, ROOT_ACTOR, rule_set(), uscc, None, now_ms)
        state = rated.state if rating is None else self._enter(rating)
        if state == "person":
            log.warning("ratings", company=uscc, words="a D waits: suxin courier publish --reviewer NAME")
        done = [f"{uscc} rating {state}"]
        if notice is not None:
            names = " ".join(ground.name for ground in rated.grounds)
            done.append(f"{uscc} warning {names} {self._enter(notice)}")
        return done

    def _dossier(self, uscc: str, now_ms: int) -> Dossier:
        entries = self._service.book.stream_leaves(f"s:uscc:{uscc}")
        return dossier_of((read_entry(index, leaf) for _, index, leaf in entries), now_ms)

    def _enter(self, draft: Draft) -> str:
        job = self._service.pen.job([draft])
        (outcome,) = self._service.sequencer.offer(job).result(ANSWER_S)
        if isinstance(outcome, Refused):
            log.error("ratings", words=f"{outcome.code}: {outcome.cause}")
            return "refused"
        return "published"


def overdue_drafts(dossier: Dossier, company: str, now_ms: int) -> Iterable[Draft]:
    """Entries of clocks that have run out and that nobody has entered yet."""
    entered = {entry.statement.ref for entry in dossier.overdue}
    waiting: list[tuple[str, Entry, int]] = [
        ("objection", objection.entry, objection.due_ms)
        for objection in dossier.objections
        if objection.overdue and objection.outcome == "open"
    ]
    waiting += [("acknowledgement", repair.entry, repair.due_ms) for repair in dossier.repairs if repair.overdue]
    for clock, entry, due_ms in waiting:
        if entry.name not in entered:
            yield _overdue(clock, entry, due_ms, now_ms, {"party": company})


def _overdue(clock: str, entry: Entry, due_ms: int, now_ms: int, subjects: Mapping[str, str] = NOTHING) -> Draft:
    body = {"clock": clock, "due": moment_text(due_ms), "event": "overdue"}
    return Draft("warning", moment_text(now_ms), subjects, body, ref=entry.statement)
