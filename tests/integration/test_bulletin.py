"""The monthly bulletin: made from a stored book by the command, checked by another without it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from fakes import credit_bodies as good
from fakes.command import suxin
from fakes.house import CARRIER, OTHER, Firm, House, expect_recorded

from suxin.api.bulletin import bulletin_of
from suxin.api.keyring import load_key
from suxin.courier.bulletin import DEPTH_MAX
from suxin.courier.bulletin_check import check_bulletin
from suxin.courier.errors import CreditError
from suxin.ledger.bundle_verify import log_policy
from suxin.ledger.canonical import dump
from suxin.ledger.encoding import b64u
from suxin.ledger.hashing import BULLETIN_TAG, leaf_hash
from suxin.ledger.keys import SigningKey
from suxin.ledger.policy import Policy, format_policy
from suxin.ledger.statement import parse_statement

DAY = 86_400_000
MONTH = "2026-11"
STANDS, REPAIRED, LISTED = "JH-STANDS-1", "JH-REPAIRED-1", "JH-LIST-1"


class Place(NamedTuple):
    """A closed book: its database, its keys, whom its readers trust, and sizes of two of its states."""

    url: str
    data: Path
    key: SigningKey
    policy: Policy
    early: int

    def bulletin(self) -> bytes:
        return bulletin_of(self.url, MONTH, self.key)

    def check(self, raw: bytes) -> tuple[str, str]:
        found = check_bulletin(raw, self.policy)
        return found.verdict, found.fault


class Office:
    """An authority, and what it says of companies."""

    def __init__(self, house: House, firm: Firm) -> None:
        self.house, self.firm = house, firm

    def say(self, kind: str, company: str, body: dict[str, Any], **more: Any) -> bytes:
        signed = self.firm.signer.sign(replace(self.firm.draft(kind, {"party": company}, **body), **more))
        expect_recorded(self.house.post([signed]))
        return signed.raw


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """Two companies: a rating each, a warning, a list, two penalties; in December one is rated anew, one repaired."""
    with House(tmp_path_factory.mktemp("bulletin")) as house:
        service = house.service
        house.firm(CARRIER, "courier", 1)
        house.firm(OTHER, "courier", 2)
        house.firm("uscc:91110000600037341L", "courier", 3)
        office = Office(house, house.firm("auth:postal:330700", "regulator", 4))
        state = {"origin": service.genesis.origin, "root": "A" * 43, "size": 3}
        office.say("publication", CARRIER, good.PUBLICATION | {"as_of": "2026-11-21", "book": state})
        office.say("publication", OTHER, good.GREY | {"as_of": "2026-11-21", "book": state})
        office.say("penalty", CARRIER, good.PENALTY | {"number": STANDS})
        mended = office.say("penalty", CARRIER, good.PENALTY | {"number": REPAIRED})
        office.say("list", OTHER, good.LIST | {"number": LISTED})
        office.say("warning", CARRIER, good.NOTICE | {"answer_by": "2026-11-29"})
        house.clock.now += 5 * DAY
        house.firm("auth:market:330701", "regulator", 5)
        published = service.sequencer.published
        assert published is not None
        early = published.size
        house.clock.now += 9 * DAY  # 2026-12-06
        office.say("publication", CARRIER, good.PUBLICATION | {"as_of": "2026-12-05", "book": state, "score_e1": 811})
        of = parse_statement(mended)
        with service.book.snapshot() as reads:
            at = reads.by_statement(of.hash)
        assert at is not None
        ended = good.REPAIR | {"ground": "law", "index": at, "leaf": b64u(leaf_hash(service.book.leaf(at)))}
        del ended["partners"]
        office.say("repair", CARRIER, ended, ref=of)
        policy = log_policy(service.genesis.origin, [service.log_public])
        settings = service.settings
    return Place(settings.url, settings.data, load_key(settings.data / "keys" / "root.key"), policy, early)


def test_a_bulletin_names_what_stood_at_the_months_end_and_still_stands(place: Place) -> None:
    raw = place.bulletin()
    said = json.loads(raw)["bulletin"]
    rows = [(row["company"], row["as_of"], row["grade"], row.get("score_e1")) for row in said["ratings"]]
    assert rows == [(OTHER[5:], "2026-11-21", "none", None), (CARRIER[5:], "2026-11-21", "B", 797)]
    assert [row["number"] for row in said["penalties"]] == [STANDS]
    assert [row["number"] for row in said["lists"]] == [LISTED]
    assert [(row["last"], row["told"]) for row in said["warnings"]] == [
        (good.NOTICE["last"], {"answers": 0, "in_dispute": False, "new": True})
    ]
    assert said["counts"] == {"graded": 1, "left_out": 1, "repairs": 0, "ungraded": 1, "unrated": 1}
    assert REPAIRED.encode() not in raw
    assert place.check(raw) == ("holds", "")
    assert json.loads(bulletin_of(place.url, "2026-10", place.key))["bulletin"]["ratings"] == []


def test_the_same_month_and_state_give_the_same_bytes(place: Place) -> None:
    assert place.bulletin() == place.bulletin()
    with pytest.raises(CreditError, match="before 2026-11 was over"):
        bulletin_of(place.url, MONTH, place.key, place.early)


def signed(place: Place, value: dict[str, Any]) -> bytes:
    """A bulletin changed by its own publisher, who signs what he likes."""
    signature = place.key.sign(BULLETIN_TAG + dump(value["bulletin"], DEPTH_MAX - 1))
    return dump(value | {"signature": b64u(signature)}, DEPTH_MAX)


def nicer(said: dict[str, Any]) -> None:
    said["ratings"][1]["score_e1"] = 999


def unproved(said: dict[str, Any]) -> None:
    said["proofs"].pop()


def hidden(said: dict[str, Any]) -> None:
    said["penalties"].clear()


def forged(said: dict[str, Any]) -> None:
    said["proofs"][0][1]["statement"]["body"]["score_e1"] = 999


def another_month(said: dict[str, Any]) -> None:
    said["month"] = "2026-12"


def miscounted(said: dict[str, Any]) -> None:
    said["counts"]["graded"] = 2


def earlier(said: dict[str, Any]) -> None:
    said["month"] = "2026-10"


def twice(said: dict[str, Any]) -> None:
    said["lists"] *= 2


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (nicer, "ratings, row 2: it says another thing than its entry"),
        (unproved, "is not among the proofs"),
        (hidden, "proved and not named"),
        (forged, "inclusion-invalid"),
        (another_month, "before 2026-12 was over"),
        (earlier, "did not stand at the end of 2026-10"),
        (miscounted, "the counts are not those of the ratings"),
        (twice, "named twice"),
    ],
)
def test_a_publisher_who_signs_something_else_is_found_out(
    place: Place, change: Callable[[dict[str, Any]], None], words: str
) -> None:
    value = json.loads(place.bulletin())
    change(value["bulletin"])
    verdict, fault = place.check(signed(place, value))
    assert verdict == "fails"
    assert words in fault


def test_another_hand_or_an_unknown_log_is_not_taken_for_the_publisher(place: Place) -> None:
    raw = place.bulletin()
    value = json.loads(raw)
    value["bulletin"]["counts"]["unrated"] = 9
    assert "signature-invalid" in place.check(dump(value, DEPTH_MAX))[1]
    other = SigningKey(bytes([9]) * 32)
    by_other = bulletin_of(place.url, MONTH, other)
    assert place.check(by_other)[0] == "open"
    assert check_bulletin(by_other, place.policy, other.public).verdict == "holds"
    assert check_bulletin(raw, place.policy, other.public).verdict == "fails"
    assert "log-unknown" in check_bulletin(raw, log_policy("suxin.example/other/1", [other.public])).fault
    assert check_bulletin(raw, log_policy(place.policy.logs[0].key.name, [other.public])).verdict == "fails"


def test_the_commands_make_it_and_check_it_without_the_book(place: Place, tmp_path: Path) -> None:
    file, policy = tmp_path / "2026-11.json", tmp_path / "policy"
    policy.write_bytes(format_policy(place.policy))
    words = ["courier", "bulletin", "--month", MONTH, "--data", str(place.data), "--out", str(file)]
    made = suxin(*words, "--json")
    assert (made.returncode, json.loads(made.stdout)["penalties"]) == (0, 1), made.stderr
    assert file.read_bytes() == place.bulletin()
    again = suxin(*words)
    assert (again.returncode, "cannot be written" in again.stderr, "Traceback" in again.stderr) == (1, True, False)
    checked = suxin("courier", "bulletin", "--check", str(file), "--policy", str(policy))
    assert (checked.returncode, checked.stdout.splitlines()[-1]) == (0, "holds")
    assert "79.7 (76.1 to 83.3), grade B" in checked.stdout
    assert suxin("courier", "bulletin", "--check", str(file)).returncode == 2
    file.write_bytes(file.read_bytes().replace(b'"score_e1":797', b'"score_e1":798'))
    assert suxin("courier", "bulletin", "--check", str(file), "--policy", str(policy)).returncode == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--month", "2026-13"], "is no month"),
        (["--month", "2026-12"], "before 2026-12 was over"),
        (["--month", MONTH, "--at", "3"], "no state of size 3"),
        ([], "either --month"),
        (["--month", MONTH, "--signer", "x"], "go with --check"),
    ],
)
def test_what_cannot_be_made_is_said(place: Place, words: list[str], said: str) -> None:
    ended = suxin("courier", "bulletin", *words, *(["--data", str(place.data)] if words else []))
    assert ended.returncode in (1, 2)
    assert said in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_file_that_is_no_bulletin_is_refused(place: Place) -> None:
    for raw in (b"", b"{}", b'{"bulletin":1}', place.bulletin() + b"\n", place.bulletin()[:-1]):
        with pytest.raises(CreditError):
            place.check(raw)
