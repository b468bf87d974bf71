"""The invented world told into a real book: every situation it promises is there, and the book holds."""

from __future__ import annotations

import asyncio
import random
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from suxin.api.bundles import bundle_of
from suxin.api.cli_verify import verify
from suxin.api.demo_ratings import DAYS_AGO, publish_ratings
from suxin.api.demo_repair import OPENINGS, open_often, repair_penalty
from suxin.api.filling import Pulse, WorldClock, fill, write
from suxin.api.ratings import ratings_of
from suxin.api.scans import scans_of
from suxin.api.service import Service
from suxin.api.settings import Settings
from suxin.api.stories import Stories, stories_of
from suxin.client.demo_cast import COURIERS
from suxin.client.demo_stage import HOUR, Stage
from suxin.client.demo_world import MOVING, build_world, sights, start_of
from suxin.client.statement import Draft
from suxin.ledger.bundle_verify import log_policy, verify_bundle
from suxin.ledger.encoding import b64u, unb64u
from suxin.ledger.entry import Entry, read_entry
from suxin.ledger.errors import StoreError
from suxin.ledger.moment import moment_ms
from suxin.ledger.store.tables import KIND_ENTRY
from suxin.trace.lifecycle import TradeRules
from suxin.trace.record import RecordRow, ScanFold

BOOK = "suxin.invalid/demo"
NOW = 1_795_305_600_000  # 2026-11-22T00:00:00Z
# What the invented world says.
TYPES = {
    "item", "listing", "sale", "dispatch", "return", "relist", "claim", "review", "complaint", "consign", "scan", "delivery",
    "confirm", "reply", "case", "correction", "inspection", "recall", "commitment", "mandate", "actor", "key", "void",
    "check", "traffic", "erasure", "penalty",
}  # fmt: skip


def world(seed: int = 1, chance: int = 1, scale: float = 0.04) -> Stage:
    return build_world(BOOK, NOW, scale=scale, seed=seed, randomness=random.Random(chance).randbytes)


@dataclass
class Told:
    """A filled book."""

    service: Service
    stage: Stage
    types: Counter[str]
    entries: list[Entry]
    data: Path

    def of(self, kind: str, /, **body: Any) -> list[Entry]:
        """Entries of a type whose body has these values."""
        found = [entry for entry in self.entries if entry.statement.type == kind]
        return [e for e in found if all(getattr(e.statement.body, name) == value for name, value in body.items())]

    def about(self, subject: str) -> list[Entry]:
        """Entries that name a subject."""
        return [entry for entry in self.entries if subject in entry.statement.subjects.values()]

    def shown(self, name: str) -> str:
        """Subject of a page that is shown to visitors."""
        return sights(self.stage)[name].path.removeprefix("/w/")

    def answers(self, entry: Entry) -> list[Entry]:
        """Entries that refer to one."""
        return [other for other in self.entries if other.statement.ref == entry.name]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    folder = tmp_path_factory.mktemp("demo")
    clock, stage = WorldClock(start_of(NOW)), world()
    settings = Settings(data=folder / "book", highwater=folder / "marks", origin=BOOK, sandbox=True, entries_public=True)
    service = Service(settings, clock)
    try:
        types = asyncio.run(fill(service, clock, stage, NOW))
        rows = {row.idx for row in service.book.entries() if row.kind == KIND_ENTRY}
        entries = [read_entry(index, body) for index, body in service.book.leaves() if index in rows]
        yield Told(service, stage, types, entries, folder / "book")
    finally:
        service.close()


def rows_of(stories: Stories, path: str) -> list[RecordRow]:
    """Every row of a page, folded and nested ones included."""
    page = stories.waybill(path[3:]) if path.startswith("/w/") else stories.trace(path)
    assert page is not None
    found: list[RecordRow] = []
    waiting: list[RecordRow | ScanFold] = list(page.record)
    while waiting:
        row = waiting.pop()
        waiting += row.rows if isinstance(row, ScanFold) else row.replies
        found += [] if isinstance(row, ScanFold) else [row]
    return found


def test_every_statement_is_in_the_book_once(told: Told) -> None:
    counted = Counter(entry.statement.type for entry in told.entries)
    approvals = len(told.of("confirm", kind="approves"))
    registered = [e for e in told.of("actor") if "company" not in e.statement.subjects]
    assert approvals == len(registered) == 17
    assert counted - Counter(confirm=approvals) == told.types
    assert set(counted) == TYPES
    assert all(entry.statement.mode == "own" for entry in told.entries)


def test_received_times_run_through_recent_weeks_up_to_now(told: Told) -> None:
    received = [entry.received_ms for entry in told.entries]
    assert received == sorted(received)
    assert received[-1] <= NOW
    assert NOW - received[-1] < 24 * HOUR
    assert 24 * 24 * HOUR <= NOW - received[0] <= 26 * 24 * HOUR
    late = [e for e in told.entries if e.received_ms - e.statement.at_ms > 2 * HOUR]
    assert {e.statement.subjects["waybill"] for e in late} == {told.shown("one box")}, "only the device without a network is late"
    assert not [e for e in told.entries if e.statement.at_ms > e.received_ms]


def test_a_lot_is_recalled(told: Told) -> None:
    [recall] = told.of("recall")
    lot = recall.statement.subjects["lot"]
    [failed] = told.of("inspection", verdict="fail")
    assert failed.statement.subjects["lot"] == lot
    item = told.shown("recalled")
    assert [e.statement.type for e in told.about(item)][-1] == "return"
    page = stories_of(told.service).trace(item)
    assert page is not None
    banners = [(banner.scope, banner.reason) for banner in page.recalls]
    assert banners == [("lot", "safety"), ("lot", "failed_sample")]


def test_one_complaint_is_upheld(told: Told) -> None:
    [decided] = told.of("case", outcome="upheld")
    assert decided.statement.actor == "auth:postal:330700"
    [complaint] = [e for e in told.about(told.shown("upheld")) if e.statement.type == "complaint"]
    assert decided.statement.ref == complaint.name
    states = [e.statement.body.state for e in told.answers(complaint)]  # type: ignore[union-attr]
    assert states[-3:] == ["ESCALATED", "DECIDED", "REMEDIED"]


def test_a_parcel_came_late(told: Told) -> None:
    parcel = told.about(told.shown("late"))
    [promised] = [moment_ms(str(e.statement.body.deliver_by)) for e in parcel if e.statement.type == "consign"]  # type: ignore[union-attr]
    [delivered] = [e.statement.at_ms for e in parcel if e.statement.type == "delivery"]
    assert 24 * HOUR < delivered - promised < 72 * HOUR


def test_an_empty_parcel_scheme_earns_nothing_but_d(told: Told) -> None:
    stories, path = stories_of(told.service), told.shown("empty")
    grades = [row.evidence.grade for row in rows_of(stories, path) if row.evidence is not None]
    assert len(grades) > 10
    assert set(grades) == {"D"}
    reasons = {row.evidence.reason for row in rows_of(stories, path) if row.evidence is not None}
    assert "shared_holder" in reasons
    sold = [e for e in told.of("sale") if e.statement.party == told.stage.players["xingyao"].actor]
    assert len(sold) == 12


def test_a_good_item_earns_every_grade(told: Told) -> None:
    rows = rows_of(stories_of(told.service), told.shown("good"))
    assert {row.evidence.grade for row in rows if row.evidence is not None} == {"A", "B", "C", "D"}
    assert {"claim", "inspection", "review", "reply"} <= {row.kind for row in rows}
    assert "follow" in {row.code for row in rows}
    faces = [e.statement.body.faces for e in told.of("review") if "waybill" in e.statement.subjects]  # type: ignore[union-attr]
    assert faces


def test_an_item_is_returned_and_sold_again(told: Told) -> None:
    types = [e.statement.type for e in told.about(told.shown("relisted"))]
    assert [kind for kind in types if kind in ("sale", "return", "relist")] == ["sale", "return", "relist", "sale"]


def test_a_parcel_is_refused_and_goes_back(told: Told) -> None:
    codes = [e.statement.body.code for e in told.about(told.shown("refused")) if e.statement.type == "scan"]  # type: ignore[union-attr]
    assert codes[-3:] == ["REFUSED", "RETURNING", "RETURNED"]


def test_a_parcel_is_handed_over_under_both_keys(told: Told) -> None:
    [handover] = told.of("scan", code="HANDOVER")
    assert handover.statement.subjects["waybill"] == told.shown("handed over")
    onward = handover.statement.subjects["next"]
    [accepted] = told.answers(handover)
    assert accepted.statement.actor == f"uscc:{onward[:18]}" != handover.statement.actor
    assert [e for e in told.about(onward) if e.statement.type == "delivery"]


def test_lockers_with_consent_and_without(told: Told) -> None:
    for name, consent in (("locker this_parcel", "this_parcel"), ("locker none", "none")):
        [delivery] = [e.statement for e in told.about(told.shown(name)) if e.statement.type == "delivery"]
        assert (delivery.body.method, delivery.body.consent) == ("locker", consent)  # type: ignore[union-attr]
        assert delivery.actor == told.stage.players["linhe"].actor  # under the courier's mandate
        assert delivery.party == f"uscc:{told.shown(name)[:18]}"


def test_boxes_and_makers_and_odd_times(told: Told) -> None:
    pieces = [e.statement.body.piece for e in told.about(told.shown("three boxes")) if e.statement.type == "dispatch"]  # type: ignore[union-attr]
    assert sorted(pieces) == [1, 2, 3]
    assert {e.statement.body.code for e in told.of("scan")} >= {"LOST", "FOUND"}  # type: ignore[union-attr]
    [consign] = [e.statement for e in told.about(told.shown("one box")) if e.statement.type == "consign"]
    assert consign.body.contents.count == 3  # type: ignore[union-attr]
    assert len({e.statement.party for e in told.about(told.shown("two makers")) if e.statement.type == "item"}) == 2
    early = told.about(told.shown("sold late"))
    assert [e.statement.type for e in early].index("dispatch") < [e.statement.type for e in early].index("sale")


def test_a_device_errs_and_its_company_corrects_it(told: Told) -> None:
    [correction] = told.of("correction")
    [corrected] = [e for e in told.entries if e.name == correction.statement.ref]
    assert corrected.statement.actor.startswith("dev:")
    assert correction.statement.actor == told.stage.players["jieyan"].actor


def test_keys_are_changed_and_a_lost_device_leaves_no_hole(told: Told) -> None:
    events = [e.statement.body.event for e in told.of("key")]  # type: ignore[union-attr]
    assert sorted(events) == ["add", "revoke", "rotate"]
    keys = {e.statement.key for e in told.entries if e.statement.actor == told.stage.players["qingluan"].actor}
    assert len(keys) == 2
    [void] = told.of("void")
    assert void.statement.body.n == 1  # type: ignore[union-attr]
    acting = {(e.statement.actor, e.statement.party) for e in told.entries if e.statement.actor != e.statement.party}
    assert len(acting) >= 3, "mandates are used"


def test_nothing_personal_stands_in_a_statement(told: Told) -> None:
    for entry in told.entries:
        raw = entry.statement.raw.decode()
        assert not re.search(r"(?<![0-9A-Za-z_-])1[3-9][0-9]{9}(?![0-9A-Za-z_-])", raw), "a mobile number"
        assert "@" not in raw
        words = re.findall(r"[\u4e00-\u9fff]+", raw)
        assert not words or entry.statement.type in ("actor", "listing", "penalty"), raw  # of a penalty the title of its law
        if entry.statement.type in ("review", "complaint", "reply", "case"):
            text = getattr(entry.statement.body, "text", None)
            assert not isinstance(text, str) or len(text) == 43, "texts are commitments"


def test_every_page_that_is_shown_can_be_told(told: Told) -> None:
    stories = stories_of(told.service)
    for name, sight in sights(told.stage).items():
        if sight.path.startswith("/couriers/"):
            courier = stories.courier(sight.path.removeprefix("/couriers/"))
            assert courier is not None
            assert courier.parcels.accepted > 0, name
        elif sight.path.startswith("/reviews/"):
            assert stories.offer(sight.path.removeprefix("/reviews/")) is not None, name
        else:
            assert rows_of(stories, sight.path), name


def test_the_same_seed_tells_the_same_world_with_other_keys() -> None:
    def tell(seed: int, chance: int) -> tuple[list[tuple[int, str]], bytes]:
        told = [(at, signed.type, signed.raw) for at, signed in world(seed, chance, 0.01).until(NOW)]
        return [row[:2] for row in told], told[0][2]

    first, raw = tell(5, 1)
    again, other = tell(5, 2)
    assert first == again
    assert raw != other
    assert tell(6, 1)[0] != first


def test_the_world_goes_on_after_the_start(told: Told) -> None:
    waybill = told.shown(MOVING)
    assert not [e for e in told.about(waybill) if e.statement.type == "delivery"]
    pulse, at = Pulse(told.service, told.stage), NOW
    said: list[str] = []
    parcels = set()
    for _ in range(16):
        at += 60_000
        told.service.clock.set(at)  # type: ignore[attr-defined]
        beaten = pulse.beat(at)
        asyncio.run(write(told.service, beaten))
        said += [signed.type for signed in beaten]
        parcels.add(told.shown(MOVING))
        assert all(abs(signed.statement.at_ms - at) < 61_000 for signed in beaten)
    assert {"scan", "delivery", "confirm", "review", "item"} <= set(said), "it arrives, and another sets out"
    assert len(parcels) == 2
    page = stories_of(told.service).waybill(waybill)
    assert page is not None
    assert page.standing is not None
    assert page.standing.code == "received"


def test_the_book_holds(told: Told, capsys: pytest.CaptureFixture[str]) -> None:
    assert verify(told.data, None, None, False, workers="threads") == 0
    said = capsys.readouterr().out
    assert "holds: every leaf" in said
    assert "missing" not in said


def test_what_its_book_refuses_ends_the_filling_with_the_reason(told: Told) -> None:
    pen = told.stage.players["suyi"].pen
    foreign = told.stage.players["jieyan"].firm.uscc
    draft = Draft(
        "scan",
        "2026-11-22T08:00:00+08:00",
        {"waybill": f"{foreign}/{b64u(bytes(16))}"},
        {"code": "CREATED", "place": {"district": "330702"}},
    )
    with pytest.raises(StoreError, match="no-authority"):
        asyncio.run(write(told.service, [pen.sign(draft)]))


def _facts(told: Told, name: str, kind: str) -> dict[str, Any]:
    """Facts of the only row of a kind on an item's page that is shown, its flags and the codes of what answers it among them."""
    page = stories_of(told.service).trace(told.shown(name))
    assert page is not None
    (row,) = [row for row in page.record if isinstance(row, RecordRow) and row.kind == kind]
    facts = {fact.name: fact.value for fact in row.facts}
    return facts | {"flags": row.flags, "stars": row.stars, "answers": [reply.code for reply in row.replies], "words": row.words}


def test_a_brushed_order_counts_for_nothing(told: Told) -> None:
    """The seller's own claim, before the parcel was signed off."""
    review = _facts(told, "brushed", "review")
    assert (review["stars"], review["proved"], review["counts"]) == (5, "delivered_claimed", "early_claim")


def test_not_my_order_suspends_the_review(told: Told) -> None:
    assert _facts(told, "empty", "review")["counts"] == "suspended"


def test_malicious_reviews_in_a_burst_are_set_apart(told: Told) -> None:
    found = stories_of(told.service).offer(told.shown("burst").removeprefix("/reviews/"))
    assert found is not None
    _, _, reviews = found
    burst = [one for one in reviews.opinions if one.counts == "burst"]
    assert [one.stars for one in burst] == [1, 1, 1]
    assert reviews.recorded.product.mean < reviews.counted.product.mean


def test_a_hidden_review_keeps_its_stars_and_names_its_rule(told: Told) -> None:
    review = _facts(told, "hidden", "review")
    assert (review["stars"], review["counts"], review["flags"]) == (1, "hidden", ("hidden",))
    assert review["words"].state == "sealed"
    assert review["answers"] == ["", "", "HIDDEN"]


def test_a_sign_off_is_disputed_and_the_office_has_it(told: Told) -> None:
    page = stories_of(told.service).waybill(told.shown("disputed"))
    assert page is not None
    rows = {row.kind: row for row in page.record if isinstance(row, RecordRow)}
    assert "disputed" in rows["delivery"].flags
    facts = {fact.name: fact.value for fact in rows["complaint"].facts}
    assert facts["case_state"] == "TRIAGED"
    assert facts["decision_due"] > 0


def test_a_complaint_that_nobody_answers_is_overdue_though_it_was_passed_on(told: Told) -> None:
    complaint = _facts(told, "overdue", "complaint")
    assert (complaint["flags"], complaint["case_state"]) == (("overdue",), "WITH_PARTY")


def test_a_copied_label_shows_that_it_was_claimed_and_who_complains(told: Told) -> None:
    item = told.shown("copied")
    assert len(told.of("claim")) > 1
    rows = [row for row in rows_of(stories_of(told.service), item) if row.kind in ("claim", "complaint")]
    assert sorted((row.kind, row.code) for row in rows) == [
        ("claim", ""),
        ("complaint", "counterfeit"),
        ("complaint", "counterfeit"),
    ]
    assert {fact.value for row in rows for fact in row.facts if fact.name == "case_state"} == {"ANSWERED"}
    open_often(told.service, told.stage)
    assert scans_of(told.service).of(item) == OPENINGS


def test_a_repaired_penalty_is_withheld_and_counted(told: Told) -> None:
    repair_penalty(told.service, told.stage)
    page = stories_of(told.service).courier(told.stage.players["jiangfan"].firm.uscc)
    assert page is not None
    rating = ratings_of(told.service).page(told.stage.players["jiangfan"].firm.uscc)
    assert rating is not None
    assert rating.standing.repaired == 1
    assert rating.standing.decisions == ()
    assert told.stage.penalty is not None
    bundle = bundle_of(told.service, f"s:{told.stage.players['jiangfan'].actor}")
    assert b"JH-POST-2026-17" not in bundle
    policy = log_policy(told.service.genesis.origin, [told.service.log_public])
    assert verify_bundle(bundle, policy, NOW, TradeRules()).withheld_entries == 1


def test_ratings_are_published_for_every_courier_and_no_small_one_is_graded(told: Told) -> None:
    """The last test here: it writes to the book. At full size one courier has parcels enough for a grade."""
    assert publish_ratings(told.service, told.stage) == len(DAYS_AGO) * len(COURIERS)
    for name in COURIERS:
        uscc = told.stage.players[name].firm.uscc
        rating = ratings_of(told.service).rating(uscc)
        assert rating is not None
        assert [row.as_of for row in rating.history] == ["2026-11-14", "2026-11-17", "2026-11-19", "2026-11-21"]
        assert (rating.now.grade, rating.now.colour) == ("", "grey")
        assert len(rating.lines) == 14, "the table behind it is at hand"


def test_words_are_withdrawn_and_erased_by_law_and_their_stars_stay(told: Told) -> None:
    review, complaint = _facts(told, "erased", "review"), _facts(told, "erased", "complaint")
    assert (review["stars"], review["words"].state, review["words"].text) == (3, "withdrawn", "")
    assert (complaint["words"].state, complaint["answers"]) == ("erased", ["erased"])
    for erasure in told.of("erasure"):
        assert erasure.statement.ref is not None
        assert not told.service.vault.keys.values(unb64u(erasure.statement.ref, 32))
