"""Publishing ratings: computed from the book, signed by an office's own key, posted to a real server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from fakes import credit_bodies as good
from fakes.command import suxin
from fakes.house import CARRIER, OTHER, House, expect_recorded
from fakes.rated import Rated
from fakes.served import Served, served
from rig.receiver import Receiver

from suxin.api.bundles import bundle_of
from suxin.api.publish_clock import PublishClock
from suxin.api.publishing import Publisher, couriers_of
from suxin.api.recompute import recompute
from suxin.client.signer import MemoryCounter, Signer
from suxin.client.statement import Draft
from suxin.courier.bulletin_check import check_bulletin
from suxin.courier.cohort import end_of
from suxin.courier.conduct import day_of
from suxin.courier.dossier import Dossier, dossier_of
from suxin.courier.rulebook import rule_set
from suxin.courier.table_proof import check_row
from suxin.courier.workday import calendar
from suxin.ledger.bundle_verify import log_policy, verify_bundle
from suxin.ledger.encoding import b64u
from suxin.ledger.entry import read_entry
from suxin.ledger.hashing import leaf_hash
from suxin.ledger.identifier import ROOT_ACTOR
from suxin.ledger.keys import SigningKey
from suxin.ledger.moment import moment_text
from suxin.ledger.statement import parse_statement
from suxin.trace.lifecycle import TradeRules

PRESS, PRESS_OFFICE = 4, "auth:market:330700"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Served, Rated]]:
    with served(tmp_path_factory.mktemp("publish")) as place:
        rated = Rated(place.house)
        rated.carry()
        place.house.firm(PRESS_OFFICE, "regulator", PRESS)
        tick(place.house, 60)
        yield place, rated


def tick(house: House, days: int) -> None:
    """Let days go by; an entry makes an epoch of the new time."""
    house.clock.now += days * 86_400_000
    seed = 20 + house.clock.now // 86_400_000 % 200
    house.firm(f"auth:market:34{seed:04d}", "regulator", seed)


def dossier(rated: Rated) -> Dossier:
    url = rated.house.service.settings.url
    filed = recompute(url, rated.uscc, rule_set()).filed
    return dossier_of(filed, rated.house.clock.now)


def publisher(rated: Rated, reviewer: str = "") -> Publisher:
    """An authority that signs with this key through the publisher only: its numbers are taken from the book."""
    return Publisher(rated.house.service.settings.url, SigningKey(bytes([PRESS]) * 32), PRESS_OFFICE, rule_set(), reviewer)


def test_a_rating_is_published_once_and_again_when_its_day_or_its_facts_change(site: tuple[Served, Rated]) -> None:
    place, rated = site
    house = place.house
    assert couriers_of(house.service.settings.url) == [CARRIER[5:]]
    (planned,) = publisher(rated).publish([rated.uscc], None, house.clock.now)
    assert (planned.state, dossier(rated).current) == ("planned", None)
    (first,) = publisher(rated).publish([rated.uscc], None, house.clock.now, place.url)
    assert (first.state, first.words) == ("published", "")
    current = dossier(rated).current
    assert current is not None
    assert (current.index, current.statement.actor) == (first.index, PRESS_OFFICE)
    assert [r.state for r in publisher(rated).publish([rated.uscc], None, house.clock.now, place.url)] == ["same"]
    tick(house, 1)
    (second,) = publisher(rated).publish([rated.uscc], None, house.clock.now, place.url)
    assert (second.state, second.body["as_of"] > first.body["as_of"]) == ("published", True)
    assert len(dossier(rated).publications) == 2
    published = second.body
    again = recompute(house.service.settings.url, rated.uscc, rule_set(), published["book"]["size"], published["as_of"])
    assert again.table.root == published["table"]  # anybody makes the same table from the entries of that size


def test_a_file_turns_red_by_a_decision_and_a_named_person_never_by_itself(site: tuple[Served, Rated]) -> None:
    place, rated = site
    house = place.house
    day = end_day(house)
    order = good.ORDER | {"decided": day, "first": day, "last": "2027-12-31"}
    (said,) = rated.write(rated.office, [rated.office.draft("penalty", {"party": CARRIER}, **order)])
    tick(house, 2)
    (waiting,) = publisher(rated).publish([rated.uscc], None, house.clock.now, place.url)
    assert (waiting.state, waiting.body["colour"], waiting.body["decisions"]) == ("person", "red", [b64u(said.hash)])
    before = dossier(rated).publications
    name = "评审员 李"
    (red,) = publisher(rated, name).publish([rated.uscc], None, house.clock.now, place.url)
    assert (red.state, red.words) == ("published", "")
    current = dossier(rated).current
    assert current is not None
    assert len(dossier(rated).publications) == len(before) + 1
    assert name.encode() not in current.statement.raw
    assert current.statement.body.reviewer  # type: ignore[union-attr]


def test_story_19_what_is_repaired_is_shared_no_more_and_still_proved(site: tuple[Served, Rated]) -> None:
    """Have a repaired penalty vanish: out of file, facts and bundle at once; still provable to the regulator."""
    place, rated = site
    house = place.house
    (order,) = dossier(rated).orders
    leaf = house.service.book.leaf(order.entry.index)
    subject = f"w:{rated.waybills[0]}"
    policy = log_policy(house.service.genesis.origin, [house.service.log_public])
    number = order.body.number.encode()
    assert number in bundle_of(house.service, subject)
    ended = good.REPAIR | {"index": order.entry.index, "leaf": b64u(leaf_hash(leaf)), "ground": "law", "decided": end_day(house)}
    del ended["partners"]  # nobody is told, so nobody is late
    said = rated.office.draft("repair", {"party": CARRIER}, **ended)
    rated.write(rated.office, [replace(said, ref=order.entry.statement)])
    assert (dossier(rated).orders, dossier(rated).public_findings) == ((), ())
    raw = bundle_of(house.service, subject)
    report = verify_bundle(raw, policy, house.clock.now, TradeRules())
    assert number not in raw
    assert (report.results.withheld.state, report.results.complete.state) == ("holds", "holds")
    assert report.withheld_entries == 1
    assert number in house.service.book.leaf(order.entry.index)  # who may read entries still has it, and its proof
    tick(house, 1)
    (healed,) = publisher(rated).publish([rated.uscc], None, house.clock.now, place.url)
    assert (healed.state, healed.body["colour"] != "red", "decisions" in healed.body) == ("published", True, False)


def end_day(house: House) -> str:
    return day_of(house.clock.now)


def test_the_command_publishes_with_the_operators_key_and_says_what_it_did(site: tuple[Served, Rated]) -> None:
    place, rated = site
    data = place.house.service.settings.data
    options = ["--data", str(data), "--url", place.url, "--reviewer", "somebody", "--as-of", "2026-12-20", "--json"]
    dry = suxin("courier", "publish", *options, "--dry-run")
    assert (dry.returncode, json.loads(dry.stdout)["state"]) == (0, "planned")
    run = suxin("courier", "publish", *options)
    assert (run.returncode, json.loads(run.stdout)["state"]) == (0, "published"), run.stderr
    assert json.loads(suxin("courier", "publish", *options).stdout)["state"] == "same"
    by = [entry.statement.actor for entry in dossier(rated).publications]
    assert ROOT_ACTOR in by
    assert end_of("2026-12-20") > 0


def test_a_served_book_publishes_once_a_day_and_enters_clocks_that_ran_out(site: tuple[Served, Rated]) -> None:
    place, rated = site
    house, party = place.house, {"party": CARRIER}
    clock = PublishClock(house.service)
    tick(house, 1)
    broken = house.service.settings.data / "partners.json"
    broken.write_text("{}")  # what fails keeps nothing else waiting, and is said
    months = [f"bulletin {month} made" for month in ("2026-11", "2026-12", "2027-01")]  # the last one is over only later
    warned = f"{rated.uscc} warning gaps published"  # no hub scanned anything
    assert clock.tick() == [f"{rated.uscc} rating published", warned, *months[:2], "pushes failed"]
    assert "partners.json cannot be read" in place.log.getvalue()
    broken.unlink()
    with Receiver() as receiver:
        told = suxin("courier", "partner", "add", rated.uscc, receiver.url, "--data", str(house.service.settings.data))
        assert told.returncode == 0, told.stderr
        assert clock.tick() == [f"{CARRIER} push taken"]
        assert clock.tick() == []
    (notice,) = dossier(rated).warnings
    assert [(one["event"], one["statement"], one["grounds"]) for one in receiver.came] == [
        ("warning", notice.entry.name, ["gaps"])
    ]
    current = dossier(rated).current
    assert current is not None
    assert current.statement.actor == ROOT_ACTOR
    penalty = good.PENALTY | {"number": "P-9"}
    (said,) = rated.write(rated.office, [rated.office.draft("penalty", party, **penalty)])
    objection = replace(rated.courier.draft("objection", party, **good.OBJECTION), ref=parse_statement(said.raw))
    rated.write(rated.courier, [objection])
    assert clock.tick() == []
    tick(house, 11)
    assert [objection.overdue for objection in dossier(rated).objections] == [True]  # before anybody has entered it
    assert clock.tick() == [f"{rated.uscc} overdue published", f"{rated.uscc} rating published", months[2]]
    assert len(dossier(rated).overdue) == 1
    assert clock.tick() == []
    assert PublishClock(house.service).tick() == [f"{rated.uscc} rating same"]  # as after a restart


def test_bulletins_of_months_that_are_over_are_made_listed_and_checked_by_a_stranger(site: tuple[Served, Rated]) -> None:
    """After the test before: three months were over. A bulletin that was made stays as it was."""
    place, rated = site
    listed = place.http.get("/v1/bulletins").json()["bulletins"]
    assert [row["month"] for row in listed] == ["2027-01", "2026-12", "2026-11"]
    raws = [place.http.get(row["path"]).content for row in listed]
    policy = log_policy(place.house.service.genesis.origin, [place.house.service.log_public])
    checked = [check_bulletin(raw, policy) for raw in raws]
    assert [(one.verdict, one.month) for one in checked] == [("holds", row["month"]) for row in listed]
    assert [row["company"] for row in checked[0].value["ratings"]] == [rated.uscc]
    PublishClock(place.house.service).tick()
    assert [place.http.get(row["path"]).content for row in listed] == raws
    for lang, words in (("en", "Download the bulletin of 2026-12"), ("zh-CN", "下载2026-12的通报")):
        page = place.http.get(f"/{lang}/bulletins", headers={"accept": "text/html"}).text
        assert words in page
        assert f'href="/{lang}/bulletins"' in place.http.get(f"/{lang}/couriers", headers={"accept": "text/html"}).text
    for month in ("2026-10", "2027-02", "2026-13", "..%2f2026-11"):
        assert place.http.get(f"/v1/bulletins/{month}").status_code == 404


def test_story_18_get_told_before_a_warning_goes_public(site: tuple[Served, Rated]) -> None:
    """The schedule found a ground by itself: notice to the company, five working days, then public with the answer beside it."""
    place, rated = site
    house, status = place.house, f"/v1/couriers/{rated.uscc}/status"
    (warned,) = dossier(rated).warnings
    body = warned.entry.statement.body
    assert (warned.entry.statement.actor, body.grounds, body.calendar) == (ROOT_ACTOR, ["gaps"], "CN-2026")  # type: ignore[union-attr]
    told = day_of(warned.entry.received_ms)
    assert body.answer_by == calendar().after(told, 5)  # type: ignore[union-attr]
    entries = list(house.service.book.stream_leaves(f"s:{CARRIER}"))
    filed = [read_entry(index, leaf) for _, index, leaf in entries]
    last_ms = end_of(body.answer_by)  # type: ignore[union-attr]
    assert dossier_of(filed, last_ms - 1).public_warnings == ()
    assert [one.entry.name for one in dossier_of(filed, last_ms).public_warnings] == [warned.entry.name]
    (shown,) = place.http.get(status).json()["warnings"]  # eleven days later nobody has answered
    assert (shown["entry"], shown["grounds"], shown["answers"]) == (warned.entry.name, ["gaps"], 0)
    reply = replace(rated.courier.draft("reply", {}, text=b64u(bytes(32))), ref=warned.entry.statement)
    rated.write(rated.courier, [reply])
    (answered,) = place.http.get(status).json()["warnings"]
    assert answered["answers"] == 1
    page = place.http.get(f"/en/couriers/{rated.uscc}", headers={"accept": "text/html"}).text
    assert "waybills with gaps in their record" in page
    assert "Answered by the company:" in page


def test_story_16_object_to_a_false_complaint(site: tuple[Served, Rated]) -> None:
    """At once 异议处理中 on the page, in the status and on the parcel's row; overdue by itself; upheld, the score is another."""
    place, rated = site
    house, office = place.house, rated.office
    waybill = rated.waybills[7]
    key = rated.codes[7]
    buyer = Signer(key, f"anon:{key.public_text}", house.service.genesis.book, MemoryCounter(), house.clock)
    said = buyer.sign(
        Draft("complaint", moment_text(house.clock()), {"waybill": waybill}, {"against": "carrier", "category": "lost"})
    )
    expect_recorded(house.post([said]))
    decided = office.draft("case", {}, state="DECIDED", outcome="upheld")
    rated.write(office, [replace(decided, ref=parse_statement(said.raw))])
    objection = rated.courier.draft("objection", {}, **good.OBJECTION)
    (filed,) = rated.write(rated.courier, [replace(objection, ref=parse_statement(said.raw))])

    def shown() -> tuple[Any, bool, bool]:
        status = place.http.get(f"/v1/couriers/{rated.uscc}/status").json()["parcels_in_dispute"]
        current = dossier(rated).current
        assert current is not None
        table = current.statement.body.table  # type: ignore[union-attr]
        row = place.http.get(f"/v1/couriers/{rated.uscc}/facts/{table}/row", params={"ref": waybill[19:]})
        check_row(row.content, table)
        page = place.http.get(f"/zh-CN/couriers/{rated.uscc}", headers={"accept": "text/html"}).text
        return status, row.json()["told"]["in_dispute"], "1件关于单个快件的异议处理中。" in page

    assert shown() == ({"waiting": 1, "overdue": 0}, True, True)
    clock = PublishClock(house.service)
    tick(house, 11)
    assert shown() == ({"waiting": 1, "overdue": 1}, True, True), "nobody has entered it, and it is overdue"
    assert f"{rated.uscc} overdue of a parcel published" in clock.tick()
    assert f"{rated.uscc} overdue of a parcel published" not in clock.tick()
    with_it = recompute(house.service.settings.url, rated.uscc, rule_set())
    decision = {name: value for name, value in good.DECISION.items() if name != "next"} | {"outcome": "upheld"}
    rated.write(office, [replace(office.draft("objection", {}, **decision), ref=parse_statement(filed.raw))])
    tick(house, 1)
    assert shown() == ({"waiting": 0, "overdue": 0}, False, False)
    without = recompute(house.service.settings.url, rated.uscc, rule_set())
    assert [found.facts.measures["I3"].x != "0" for found in (with_it, without)] == [True, False]
    assert [found.facts.measures["I8"].n != "0" for found in (with_it, without)] == [True, False]
    assert with_it.score.exact_points < without.score.exact_points


def test_story_17_be_excused_for_a_typhoon_week(site: tuple[Served, Rated]) -> None:
    """A declared exclusion drops the parcels to its area from n, and the page says how many; taken back, they are there again."""
    place, rated = site
    house, office = place.house, rated.office
    storm = {"area": ["3101"], "first": "2026-11-20", "last": "2026-11-30", "number": "E-1", "reason": "weather"}
    (said,) = rated.write(office, [office.draft("exclusion", {"company": CARRIER}, **storm)])
    tick(house, 1)
    assert f"{rated.uscc} rating published" in PublishClock(house.service).tick()
    during = recompute(house.service.settings.url, rated.uscc, rule_set())
    assert (during.facts.apart.excluded, during.facts.measures["I1"].n) == (len(rated.waybills), "0")
    page = place.http.get(f"/zh-CN/couriers/{rated.uscc}", headers={"accept": "text/html"}).text
    assert f"<dd>{len(rated.waybills)}</dd>" in page
    back = replace(office.draft("correction", {}, reason="did_not_occur"), ref=parse_statement(said.raw))
    rated.write(office, [back])
    tick(house, 1)
    after = recompute(house.service.settings.url, rated.uscc, rule_set())
    assert (after.facts.apart.excluded, after.facts.measures["I1"].n != "0") == (0, True)


@pytest.mark.parametrize(
    ("more", "code", "words"),
    [
        (["91350100M000100Y43"], 1, "knows no courier company"),
        (["--as-of", "2026-02-30"], 1, "no day"),
        (["--key", "nowhere.key"], 2, "belong together"),
        (["--rules", "KD-1"], 1, "comes with this program"),
    ],
)
def test_what_cannot_be_published_is_said(site: tuple[Served, Rated], more: list[str], code: int, words: str) -> None:
    place, _ = site
    assert OTHER[5:] == "91350100M000100Y43"
    data = Path(place.house.service.settings.data)
    run = suxin("courier", "publish", "--data", str(data), "--url", place.url, *more)
    assert run.returncode in (code, 2)
    assert words in run.stderr
    assert "Traceback" not in run.stderr
