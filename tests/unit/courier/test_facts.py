"""Facts of a courier company against a recount by hand, in one go and bit by bit."""

from __future__ import annotations

import random

import pytest
from fakes.tale import DAY, HOUR, PHOTO, Tale, row_at, rows_of
from fakes.world import Signer, seed

from suxin.courier.facts import CourierFile
from suxin.courier.file import courier_page, courier_row, delivery_times, parcel_facts
from suxin.courier.page import CourierPage
from suxin.ledger.encoding import b64u
from suxin.ledger.moment import moment_text

USUAL = ("PICKED_UP", "HUB_IN", "OUT_FOR_DELIVERY")
KINDS = ("on_time", "late", "no_promise", "moving", "returned", "handed_over", "presumed_lost", "lost")


@pytest.fixture
def tale() -> Tale:
    return Tale()


@pytest.fixture
def shop(tale: Tale) -> Signer:
    return tale.firm("merchant")


@pytest.fixture
def courier(tale: Tale) -> Signer:
    return tale.firm("courier", licence="KD-1", brand={"zh": "捷雁"}, controllers=["uscc:91512081MA62K0260E"])


def kinds(page: CourierPage) -> dict[str, int]:
    found = {name: getattr(page.parcels, name) for name in (*KINDS, "refused", "unanswered") if getattr(page.parcels, name)}
    assert page.parcels.accepted == sum(getattr(page.parcels, name) for name in KINDS)
    return found


def promise(tale: Tale, hours: int) -> dict[str, str]:
    return {"deliver_by": moment_text(tale.now + hours * HOUR)}


def test_a_parcel_counts_once_the_carrier_accepted_scanned_or_delivered_it(tale: Tale, shop: Signer, courier: Signer) -> None:
    waybill, consign, _ = tale.consign(shop, courier, "a")
    assert kinds(tale.courier(courier)) == {}
    tale.now += 49 * HOUR
    assert kinds(tale.courier(courier)) == {"unanswered": 1}
    tale.confirm(courier, consign, "accepts")
    assert kinds(tale.courier(courier)) == {"moving": 1}
    tale.deliver(courier, waybill)
    assert kinds(tale.courier(courier)) == {"no_promise": 1}


def test_a_refused_consign_is_no_parcel(tale: Tale, shop: Signer, courier: Signer) -> None:
    _, consign, _ = tale.consign(shop, courier, "a")
    tale.confirm(courier, consign, "refuses")
    tale.now += 49 * HOUR
    assert kinds(tale.courier(courier)) == {"refused": 1}


def test_late_is_what_was_signed_off_after_the_promise(tale: Tale, shop: Signer, courier: Signer) -> None:
    for name, hours in (("a", 1), ("b", 10)):
        waybill, *_ = tale.consign(shop, courier, name, body=promise(tale, 5))
        tale.now += hours * HOUR
        tale.deliver(courier, waybill)
    assert kinds(tale.courier(courier)) == {"on_time": 1, "late": 1}


def test_silence_for_thirty_days_is_presumed_lost_until_a_scan(tale: Tale, shop: Signer, courier: Signer) -> None:
    waybill, *_ = tale.consign(shop, courier, "a")
    tale.scan(courier, waybill, "PICKED_UP")
    assert kinds(tale.courier(courier)) == {"moving": 1}
    tale.now += 31 * DAY
    assert kinds(tale.courier(courier)) == {"presumed_lost": 1}
    tale.scan(courier, waybill, "HUB_IN")
    assert kinds(tale.courier(courier)) == {"moving": 1}


def test_lost_is_declared_or_decided_and_undone_by_found(tale: Tale, shop: Signer, courier: Signer) -> None:
    waybill, *_ = tale.consign(shop, courier, "a")
    tale.scan(courier, waybill, "LOST")
    assert kinds(tale.courier(courier)) == {"lost": 1}
    tale.scan(courier, waybill, "FOUND")
    tale.deliver(courier, waybill)
    assert kinds(tale.courier(courier)) == {"no_promise": 1}
    body = {"against": "carrier", "category": "lost"}
    complaint = tale.say(Signer.nobody("n"), "complaint", {"waybill": waybill}, body)
    assert kinds(tale.courier(courier)) == {"no_promise": 1}  # an allegation changes nothing
    tale.say(tale.office(), "case", {}, {"state": "DECIDED", "outcome": "upheld"}, ref=complaint)
    assert kinds(tale.courier(courier)) == {"lost": 1}
    tale.scan(courier, waybill, "FOUND")
    assert kinds(tale.courier(courier)) == {"no_promise": 1}


def test_refused_returned_and_handed_over(tale: Tale, shop: Signer, courier: Signer) -> None:
    other = tale.firm("courier")
    for name, codes in (("a", ["REFUSED"]), ("b", ["RETURNING", "RETURNED"])):
        waybill, *_ = tale.consign(shop, courier, name)
        for code in codes:
            tale.scan(courier, waybill, code)
    waybill, *_ = tale.consign(shop, courier, "c")
    onward = f"{other.actor[5:]}/{'onward'.ljust(22, '0')}"
    handed = tale.scan(courier, waybill, "HANDOVER", next_=onward)
    assert kinds(tale.courier(courier)) == {"returned": 2, "handed_over": 1}
    assert kinds(tale.courier(other)) == {}  # named as the next, and has not touched it
    tale.confirm(other, handed, "accepts")
    assert kinds(tale.courier(other)) == {"moving": 1}
    assert kinds(tale.courier(courier)) == {"returned": 2, "handed_over": 1}  # the other's acceptance is not its own


def test_what_did_not_occur_is_taken_out(tale: Tale, shop: Signer, courier: Signer) -> None:
    waybill, *_ = tale.consign(shop, courier, "a")
    tale.scan(courier, waybill, "PICKED_UP")
    delivery = tale.deliver(courier, waybill)
    tale.say(courier, "correction", {}, {"reason": "did_not_occur"}, ref=delivery)
    assert kinds(tale.courier(courier)) == {"moving": 1}


def test_sign_offs_by_method_and_consent(tale: Tale, shop: Signer, courier: Signer) -> None:
    for number, (method, body) in enumerate([
        ("locker", {"consent": "this_parcel"}), ("locker", {"consent": "standing"}), ("locker", {"consent": "none"}),
        ("locker", {}), ("in_person", {}), ("station", {"consent": "standing"}),
    ]):  # fmt: skip
        waybill, *_ = tale.consign(shop, courier, f"p{number:02d}")
        tale.deliver(courier, waybill, method, body=body)
    rows = [(s.method, s.parcels, s.this_parcel, s.standing, s.none) for s in tale.courier(courier).signoffs]
    assert rows == [("locker", 4, 1, 1, 2), ("in_person", 1, 0, 0, 0), ("station", 1, 0, 1, 0)]


def test_grades_are_those_of_the_parcels_own_pages(tale: Tale, shop: Signer, courier: Signer) -> None:
    friend = tale.firm("merchant", controllers=[courier.actor])
    waybills = []
    for number in range(5):
        shipper = friend if number == 4 else shop
        waybill, consign, code = tale.consign(shipper, courier, f"p{number:02d}")
        more = {"evidence": PHOTO} if number == 1 else {"source": {"mode": "relay"}} if number == 2 else {}
        accepts = {"accepts": consign.name} if number == 3 else {}
        delivery = tale.deliver(courier, waybill, body=accepts, **more)
        if number in (0, 4):
            tale.confirm(code, delivery, "received")
        waybills.append(waybill)
    page = tale.courier(courier)
    assert page.quality.grades == (2, 0, 1, 2)
    assert page.parcels.confirmed == 2
    shown = [row.evidence.grade for waybill in waybills for row in rows_of(tale.waybill(waybill)) if row.kind == "delivery"]  # type: ignore[union-attr]
    assert tuple(shown.count(grade) for grade in "ABCD") == page.quality.grades


def test_a_new_owner_changes_the_grades_of_what_was_counted(tale: Tale, shop: Signer, courier: Signer) -> None:
    waybill, _, code = tale.consign(shop, courier, "p")
    tale.confirm(code, tale.deliver(courier, waybill), "received")
    file = tale.file(courier)
    assert courier_page(file, tale.directory, tale.now, ()).quality.grades == (1, 0, 0, 0)
    tale.say(courier, "actor", {"party": courier.actor}, {"event": "change", "role": "courier", "controllers": [shop.actor]})
    assert courier_page(file, tale.directory, tale.now, ()).quality.grades == (0, 0, 0, 1)


def test_complaints_by_state_and_those_upheld(tale: Tale, shop: Signer, courier: Signer) -> None:
    office = tale.office()
    cases = {"silent": [], "answered": [(courier, {"state": "PROPOSED"})]}
    cases |= {outcome: [(office, {"state": "DECIDED", "outcome": outcome})] for outcome in ("upheld", "part", "not_upheld")}
    for name, moves in cases.items():
        waybill, *_ = tale.consign(shop, courier, name)
        tale.scan(courier, waybill, "HUB_IN")
        body = {"against": "carrier", "category": "delay" if name != "part" else "damaged"}
        complaint = tale.say(Signer.nobody(name), "complaint", {"waybill": waybill}, body)
        tale.now += 90 * 60_000
        for signer, case in moves:
            tale.say(signer, "case", {}, case, ref=complaint)
    against_seller = {"against": "seller", "category": "quality"}
    tale.say(Signer.nobody("s"), "complaint", {"waybill": waybill}, against_seller)  # no complaint about the carriage
    facts = tale.courier(courier).complaints
    assert facts.received == 5
    assert {c.code: c.count for c in facts.by_state} == {"RECEIVED": 1, "PROPOSED": 1, "upheld": 1, "part": 1, "not_upheld": 1}
    assert {c.code: c.count for c in facts.by_category} == {"delay": 4, "damaged": 1}
    assert (facts.answered, facts.answered_in_7_days, facts.answer_median_min) == (1, 1, 90)
    assert [(case.category, case.state) for case in facts.upheld] == [("damaged", "part"), ("delay", "upheld")]
    assert facts.upheld[0].by.actor == office.actor
    tale.now += 8 * DAY
    assert {c.code: c.count for c in tale.courier(courier).complaints.by_state}["OVERDUE"] == 1
    assert courier_row(tale.file(courier), tale.directory, tale.now).complaints_upheld == 2


def test_denied_sign_offs_and_parcels_nobody_ordered_stand_in_the_file(tale: Tale, shop: Signer, courier: Signer) -> None:
    """As disputed while undecided, where they score nothing; against the courier once they are confirmed."""
    office, found = tale.office(), {}
    for name, against, category in (
        ("a", "carrier", "false_signoff"), ("b", "carrier", "false_signoff"), ("c", "seller", "not_my_order"),
        ("d", "seller", "not_my_order"), ("e", "carrier", "not_my_order"), ("f", "seller", "quality"),
    ):  # fmt: skip
        waybill, *_ = tale.consign(shop, courier, name)
        tale.deliver(courier, waybill)
        body = {"against": against, "category": category}
        found[name] = tale.say(Signer.nobody(name), "complaint", {"waybill": waybill}, body)
    facts = tale.courier(courier).complaints
    assert (facts.disputed, facts.unordered_open, facts.unordered_upheld, facts.received) == (2, 3, 0, 3)
    for name, outcome in (("a", "upheld"), ("c", "upheld"), ("d", "not_upheld")):
        tale.say(office, "case", {}, {"state": "DECIDED", "outcome": outcome}, ref=found[name])
    facts = tale.courier(courier).complaints
    assert (facts.disputed, facts.unordered_open, facts.unordered_upheld) == (1, 1, 1)
    assert [case.category for case in facts.upheld] == ["false_signoff"]


def test_the_clock_on_a_file_is_that_of_the_parcels_page(tale: Tale, shop: Signer, courier: Signer) -> None:
    """In Zhejiang an authority has fifteen days, elsewhere thirty; both pages go by where the courier is registered."""
    for district, days in (("110101", 30), ("330702", 15)):
        tale.say(courier, "actor", {"party": courier.actor}, {"event": "change", "role": "courier", "district": district})
        waybill, *_ = tale.consign(shop, courier, f"in-{district}")
        tale.scan(courier, waybill, "PICKED_UP")
        buyer = Signer.nobody(district)
        complaint = tale.say(buyer, "complaint", {"waybill": waybill}, {"against": "carrier", "category": "delay"})
        passed = tale.say(buyer, "case", {}, {"state": "ESCALATED"}, ref=complaint)
        due_ms = passed.received_ms + days * DAY
        assert due_ms in [row.due_ms for row in tale.courier(courier).complaints.open if row.due == "decision"]
        facts = {fact.name: fact.value for fact in row_at(tale.waybill(waybill), complaint).facts}
        assert facts["decision_due"] == due_ms


def test_an_answer_below_a_decision_belongs_to_its_complaint(tale: Tale, shop: Signer, courier: Signer) -> None:
    waybill, *_ = tale.consign(shop, courier, "a")
    tale.scan(courier, waybill, "HUB_IN")
    body = {"against": "carrier", "category": "delay"}
    complaint = tale.say(Signer.nobody("n"), "complaint", {"waybill": waybill}, body)
    case = tale.say(tale.office(), "case", {}, {"state": "WITH_PARTY"}, ref=complaint)
    tale.say(courier, "reply", {}, {"text": b64u(seed("why"))}, ref=case)
    assert tale.courier(courier).complaints.answered == 1


def test_reviews_in_five_faces(tale: Tale, shop: Signer, courier: Signer) -> None:
    waybill, _, code = tale.consign(shop, courier, "a")
    tale.deliver(courier, waybill)
    subjects = {"waybill": waybill}
    faces = {"delivery": 5, "pickup": 3, "aftersales": 1}
    first = tale.say(code, "review", subjects, {"kind": "first", "stars": 4, "faces": faces})
    tale.say(code, "review", subjects, {"kind": "follow", "stars": 1}, ref=first)
    tale.say(shop, "review", subjects, {"kind": "first", "stars": 2})
    facts = tale.courier(courier).reviews
    assert facts.overall.stars == (0, 1, 0, 1, 0)
    assert {face.face: face.stars for face in facts.faces} == {
        "acceptance": (0,) * 5, "pickup": (0, 0, 1, 0, 0), "delivery": (0, 0, 0, 0, 1), "aftersales": (1, 0, 0, 0, 0),
        "information": (0,) * 5,
    }  # fmt: skip
    assert (facts.with_code, facts.followups) == (1, 1)


def test_how_the_record_is_kept(tale: Tale, shop: Signer, courier: Signer) -> None:
    waybill, *_ = tale.consign(shop, courier, "a")
    tale.now += 200 * HOUR
    tale.scan(courier, waybill, "PICKED_UP")
    tale.scan(courier, waybill, "HUB_IN", at=tale.now - 3 * HOUR)
    tale.scan(courier, waybill, "HUB_OUT", at=tale.now - 100 * HOUR)
    tale.scan(courier, waybill, "OUT_FOR_DELIVERY")
    tale.deliver(courier, waybill)
    quality = tale.courier(courier).quality
    assert (quality.scans, quality.synced_late, quality.synced_very_late, quality.out_of_order, quality.gaps) == (5, 2, 1, 2, 0)
    codes = ("DELIVERED", "HUB_IN", "HUB_OUT", "OUT_FOR_DELIVERY", "PICKED_UP")
    assert [(c.code, c.count) for c in quality.by_code] == [(code, 1) for code in codes]
    tale.deliver(courier, tale.consign(shop, courier, "b")[0])
    assert tale.courier(courier).quality.gaps == 1


def test_times_from_pick_up_to_sign_off(tale: Tale, shop: Signer, courier: Signer) -> None:
    for hours in range(1, 21):
        waybill, *_ = tale.consign(shop, courier, f"p{hours:02d}", body=promise(tale, 10))
        tale.scan(courier, waybill, "PICKED_UP")
        tale.now += hours * HOUR
        tale.deliver(courier, waybill)
    times = tale.courier(courier).times
    assert times.count == 20
    assert sum(b.late for b in times.bins) == tale.courier(courier).parcels.late == 11
    assert (times.median_min, times.p90_min) == (10 * 60, 18 * 60)
    assert len(times.bins) == 12
    assert all(a.until_h == b.from_h for a, b in zip(times.bins, times.bins[1:], strict=False))
    assert times.bins[-1].until_h is None


def test_the_company_as_registered(tale: Tale, courier: Signer) -> None:
    device = tale.device(courier)
    gone = tale.device(courier, "gone")
    tale.say(courier, "key", {"party": gone.actor}, {"event": "revoke", "key": gone.public, "reason": "lost"})
    promised = {"document": b64u(seed("promise")), "heads": ["service", "price"], "until": "2027-01-01"}
    made = tale.say(courier, "commitment", {"party": courier.actor}, promised)
    page = tale.courier(courier)
    company = page.company
    assert (company.status, company.devices, company.key_holder, company.uscc) == ("active", 1, "self", courier.actor[5:])
    assert [licence.number for licence in company.licences] == ["KD-1"]
    assert company.brand is not None
    assert (company.brand.text, company.controllers[0].text) == ("捷雁", "uscc:91512081MA62K0260E")
    assert company.registered is not None
    assert company.approved_by is not None
    assert company.approved_by.role == "operator"
    assert [(c.ref, c.heads) for c in page.commitments] == [(made.ref, ("service", "price"))]
    assert (page.entries, page.first_ms, page.times) == (0, None, delivery_times(tale.file(courier).tally(tale.directory, 0)))
    assert device.actor in tale.directory.actors


def test_a_company_that_never_registered_has_only_its_number(tale: Tale, shop: Signer) -> None:
    stranger = Signer.new("uscc:91350100M000100Y43")
    tale.consign(shop, stranger, "a")
    page = tale.courier(stranger)
    company = page.company
    assert (company.status, company.registered, company.party.path) == ("unregistered", None, f"/couriers/{stranger.actor[5:]}")
    assert page.entries == 1


def _busy_week(tale: Tale, chance: random.Random) -> Signer:
    """A courier with sixty parcels whose scans come late, twice, out of order, or never."""
    courier, other = tale.firm("courier"), tale.firm("courier")
    shops = [tale.firm("merchant") for _ in range(3)]
    for number in range(60):
        promised = promise(tale, chance.randrange(1, 90)) if chance.random() < 0.8 else {}
        waybill, consign, code = tale.consign(chance.choice(shops), courier, f"p{number:02d}", body=promised)
        if chance.random() < 0.5:
            tale.confirm(courier, consign, chance.choice(["accepts", "accepts", "refuses"]))
        for step in (*USUAL, "LOST", "FOUND", "REFUSED", "RETURNED", "DAMAGED", "HANDOVER"):
            if chance.random() < (0.7 if step in USUAL else 0.07):
                tale.now += chance.randrange(20 * HOUR)
                onward = f"{other.actor[5:]}/{f'on{number:02d}'.ljust(22, '0')}" if step == "HANDOVER" else ""
                tale.scan(courier, waybill, step, next_=onward, at=tale.now - chance.randrange(80 * HOUR))
        if chance.random() < 0.7:
            delivery = tale.deliver(courier, waybill, chance.choice(["in_person", "locker", "station"]))
            if chance.random() < 0.5:
                tale.confirm(code, delivery, "received")
            if chance.random() < 0.1:
                tale.say(courier, "correction", {}, {"reason": "did_not_occur"}, ref=delivery)
    tale.now += chance.randrange(40 * DAY)
    return courier


@pytest.mark.parametrize("number", range(6))
def test_facts_are_the_same_as_a_recount_from_the_parcels_own_pages(tale: Tale, number: int) -> None:
    chance = random.Random(number)
    courier = _busy_week(tale, chance)
    page = tale.courier(courier)
    recount = dict.fromkeys(("delivered", "late", "lost", "returned", "accepted"), 0)
    for waybill in {e.statement.subjects["waybill"] for e in tale.entries if e.statement.type == "consign"}:
        own = tale.waybill(waybill)
        if not own.counts_for_carrier:
            continue
        recount["accepted"] += 1
        assert own.standing is not None
        signed_off = own.standing.code in ("delivered", "received")
        recount["delivered"] += signed_off
        recount["late"] += signed_off and (own.standing.late_ms or 0) > 0
        recount["lost"] += own.standing.code == "lost"
        recount["returned"] += own.standing.code in ("refused", "returning", "returned", "cancelled")
    assert {name: getattr(page.parcels, name) for name in recount} == recount
    assert page.parcels.accepted == sum(getattr(page.parcels, kind) for kind in KINDS)
    assert sum(s.parcels for s in page.signoffs) == page.parcels.delivered == sum(page.quality.grades)


@pytest.mark.parametrize("number", range(4))
def test_a_file_that_goes_on_is_the_file_read_in_one_go(tale: Tale, number: int) -> None:
    chance = random.Random(number)
    courier = _busy_week(tale, chance)
    stream = f"c:{courier.actor[5:]}"
    entries = tale.read([stream])[stream]
    file = CourierFile(courier.actor[5:])
    while file.position < len(entries):
        part = entries[file.position : file.position + chance.randrange(1, 40)]
        file.take(part, tale.directory)
        # Asked in between as of then: what was moving then must not stay so.
        courier_page(file, tale.directory, part[-1].received_ms, ())
    assert courier_page(file, tale.directory, tale.now, ()) == courier_page(tale.file(courier), tale.directory, tale.now, ())
    assert parcel_facts(file.tally(tale.directory, tale.now)).accepted > 0


def test_a_courier_file_never_names_a_consumer(tale: Tale, shop: Signer, courier: Signer) -> None:
    waybill, _, code = tale.consign(shop, courier, "a")
    tale.deliver(courier, waybill)
    tale.say(code, "review", {"waybill": waybill}, {"kind": "first", "stars": 4})
    assert "anon:" not in repr(tale.courier(courier))
