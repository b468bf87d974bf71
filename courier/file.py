"""The page of one courier company and its row in the list, from its facts and its registration. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Final, Literal

from ..ledger.bodies import ActorBody, CommitmentBody, ConfirmBody
from ..ledger.directory import Directory
from ..ledger.entry import Entry
from ..ledger.oddity import claimed_time
from ..ledger.party import name_from, party_of
from ..ledger.refs import Name, Party
from .account import Account
from .counts import Bin, Commitment, Count, DeliveryTimes, ParcelFacts, RecordQuality, SignOff
from .facts import CourierFile, Tally
from .page import Company, CourierPage, CourierRow, Licence

BARS: Final = 12
_WIDTHS_H: Final = (1, 2, 3, 4, 6, 8, 12, 24, 36, 48, 72, 96, 168, 336)


def courier_page(file: CourierFile | Account, directory: Directory, now_ms: int, standing: Iterable[Entry]) -> CourierPage:
    """The public file of a company.

    Args:
        file: Its facts.
        directory: Who is who.
        now_ms: As of when, Unix milliseconds: the time of the published epoch.
        standing: Entries of its `a:` stream, in log order.
    """
    tally = file.tally(directory, now_ms)
    about = list(standing)
    return CourierPage(
        path=f"/couriers/{file.uscc}",
        company=company_of(file.uscc, directory, about),
        entries=file.position,
        parcels=parcel_facts(tally),
        complaints=file.complaints.facts(directory, now_ms),
        reviews=file.said.reviews.facts(),
        quality=_quality(file, tally),
        times=delivery_times(tally),
        json_path=f"/v1/couriers/{file.uscc}",
        signoffs=_signoffs(tally),
        commitments=tuple(_commitments(about)),
        first_ms=file.said.first_ms,
        last_ms=file.said.last_ms,
    )


def courier_row(file: CourierFile | Account, directory: Directory, now_ms: int) -> CourierRow:
    """One line of the list of couriers."""
    facts = parcel_facts(file.tally(directory, now_ms))
    return CourierRow(
        party=_party(file.uscc, directory),
        uscc=file.uscc,
        status=_status(file.uscc, directory),
        accepted=facts.accepted,
        delivered=facts.delivered,
        late=facts.late,
        presumed_lost=facts.presumed_lost,
        complaints_received=len(file.complaints),
        complaints_upheld=file.complaints.upheld(),
        last_ms=file.said.last_ms,
    )


def _party(uscc: str, directory: Directory) -> Party:
    """The company, with a page of its own even where it never registered."""
    return replace(party_of(directory, f"uscc:{uscc}"), path=f"/couriers/{uscc}")


def parcel_facts(tally: Tally) -> ParcelFacts:
    """What became of the parcels."""
    kinds = ("on_time", "late", "no_promise", "moving", "returned", "handed_over", "presumed_lost", "lost")
    counts = {kind: tally.of("kind", kind) for kind in kinds}
    return ParcelFacts(
        accepted=sum(counts.values()),
        unanswered=tally.of("kind", "unanswered"),
        refused=tally.of("kind", "refused"),
        delivered=counts["on_time"] + counts["late"] + counts["no_promise"],
        damaged=tally.of("damaged"),
        confirmed=tally.of("confirmed"),
        **counts,
    )


def _signoffs(tally: Tally) -> tuple[SignOff, ...]:
    found = []
    for key, parcels in tally.counts.items():
        if isinstance(key, tuple) and key[0] == "method" and parcels:
            method = str(key[1])
            consents = [
                0 if method == "in_person" else tally.of("consent", method, c) for c in ("this_parcel", "standing", "none")
            ]
            found.append(SignOff(method, parcels, *consents))
    return tuple(sorted(found, key=lambda row: (-row.parcels, row.method)))


def _quality(file: CourierFile | Account, tally: Tally) -> RecordQuality:
    a, b, c, d = (tally.of("grade", grade) for grade in "ABCD")
    return RecordQuality(
        scans=file.said.scans.total(),
        by_code=tuple(Count(code, n) for code, n in sorted(file.said.scans.items(), key=lambda item: (-item[1], item[0]))),
        synced_late=file.said.late["late"] + file.said.late["very_late"],
        synced_very_late=file.said.late["very_late"],
        out_of_order=tally.of("odd"),
        gaps=tally.of("gap"),
        grades=(a, b, c, d),
    )


def delivery_times(tally: Tally) -> DeliveryTimes:
    """Histogram of hours from pick-up to sign-off: equal bars, the last one open, wide enough that few fall into it."""
    times = sorted((minutes, late, n) for (minutes, late), n in tally.times.items() if n)
    count = sum(n for _, _, n in times)
    if not count:
        return DeliveryTimes()
    minutes_at = [_quantile(times, count, share) for share in (50, 90, 95)]
    width = next((w for w in _WIDTHS_H if minutes_at[2] < 60 * w * (BARS - 1)), _WIDTHS_H[-1])
    bars = [[0, 0] for _ in range(BARS)]
    for minutes, late, n in times:
        bars[min(minutes // (60 * width), BARS - 1)][late] += n
    bins = tuple(
        Bin(width * i, width * (i + 1) if i < BARS - 1 else None, on_time, late) for i, (on_time, late) in enumerate(bars)
    )
    return DeliveryTimes(bins, minutes_at[0], minutes_at[1])


def _quantile(times: list[tuple[int, bool, int]], count: int, percent: int) -> int:
    """The smallest number of minutes within which at least so many per cent were delivered."""
    due, seen = -(-count * percent // 100), 0
    for minutes, _, n in times:
        seen += n
        if seen >= due:
            return minutes
    raise AssertionError("the counts do not add up")


def company_of(uscc: str, directory: Directory, standing: list[Entry]) -> Company:
    """A company as registered; one that others named but that never registered has only its number."""
    actor = f"uscc:{uscc}"
    known = directory.actors.get(actor)
    registered = [e for e in standing if isinstance(e.statement.body, ActorBody) and e.statement.body.event == "register"]
    approved = [e for e in standing if isinstance(e.statement.body, ConfirmBody) and e.statement.body.kind == "approves"]
    holder: Literal["self", "platform", "operator"] = "self"
    if known is not None and known.key_holder != "self":
        holder = "operator" if known.key_holder == "operator" else "platform"
    return Company(
        party=_party(uscc, directory),
        uscc=uscc,
        status=_status(uscc, directory),
        brand=name_from(known.brand) if known is not None and known.brand else None,
        registered=registered[0].ref if registered else None,
        approved_by=party_of(directory, approved[-1].statement.party) if approved else None,
        key_holder=holder,
        devices=_devices(actor, directory),
        licences=(Licence(known.licence, "express"),) if known is not None and known.licence else (),
        controllers=tuple(_name(directory, controller) for controller in known.controllers) if known is not None else (),
    )


def _name(directory: Directory, actor: str) -> Name:
    return party_of(directory, actor).name if actor in directory.actors else Name(actor)


def _status(uscc: str, directory: Directory) -> str:
    known = directory.actors.get(f"uscc:{uscc}")
    if known is None:
        return "unregistered"
    return "left" if known.left else "active" if known.approved else "unapproved"


def _devices(company: str, directory: Directory) -> int:
    """Devices under a company that can still sign."""
    return sum(
        not actor.left and any(directory.keys[key].revoked is None for key in actor.keys)
        for actor in list(directory.actors.values())
        if actor.company == company
    )


def _commitments(standing: list[Entry]) -> list[Commitment]:
    found = []
    for entry in reversed(standing):
        body = entry.statement.body
        if isinstance(body, CommitmentBody):
            until = body.until if isinstance(body.until, str) else None
            until_ms = int(datetime.fromisoformat(f"{until}T00:00:00+08:00").timestamp() * 1000) if until else None
            found.append(Commitment(entry.ref, claimed_time(entry), tuple(body.heads), None, until_ms))
    return found
