"""The private watch list (重点关注): its terms, its file, and that nothing public changes by it."""

from __future__ import annotations

import json
import stat
import time
from pathlib import Path

import pytest
from fakes import credit_bodies as good
from fakes.command import suxin
from fakes.house import CARRIER, OTHER, House, expect_recorded
from fakes.served import Served, served

from suxin.api.bulletin import bulletin_of
from suxin.api.bundles import bundle_of
from suxin.api.keyring import load_key
from suxin.courier.conduct import day_of
from suxin.courier.errors import CreditError
from suxin.courier.watchlist import Watched, add, end, read_list, write_list

DAY = "2026-11-22"
USCC = CARRIER[5:]
ONE = Watched(USCC, "many appeals in one town", "Li", DAY, "2026-12-31")
REASON, WHO = "canary-reason-7f3a", "canary-person-7f3a"


def test_an_entry_ends_at_its_date_by_itself_and_may_come_again() -> None:
    entries = add((), ONE, DAY)
    states = [entries[0].state(day) for day in ("2026-11-21", DAY, "2026-12-31", "2027-01-01")]
    assert states == ["to_come", "watched", "watched", "ended"]
    with pytest.raises(CreditError, match="on it already"):
        add(entries, ONE, DAY)
    again = add(entries, Watched(USCC, "again", "Li", "2027-01-01", "2027-02-01"), "2027-01-01")
    assert [one.state("2027-01-15") for one in again] == ["ended", "watched"]


def test_an_entry_is_ended_by_a_named_person_and_kept() -> None:
    (ended,) = end(add((), ONE, DAY), USCC, "Wang", "2026-11-25")
    assert (ended.state("2026-11-25"), ended.ended_by, ended.reason) == ("ended", "Wang", ONE.reason)
    assert read_list(write_list([ended])) == (ended,)
    with pytest.raises(CreditError, match="not on it"):
        end([ended], USCC, "Wang", "2026-11-26")


@pytest.mark.parametrize(
    ("company", "reason", "who", "since", "until", "words"),
    [
        ("91512081MA62K0260F", "x", "Li", DAY, "2026-12-31", "company"),
        (USCC, " ", "Li", DAY, "2026-12-31", "reason"),
        (USCC, "a\nb", "Li", DAY, "2026-12-31", "one line"),
        (USCC, "x" * 401, "Li", DAY, "2026-12-31", "reason"),
        (USCC, "x", "", DAY, "2026-12-31", "who"),
        (USCC, "x", "Li", DAY, "2026-11-31", "until: is no day"),
        (USCC, "x", "Li", "20261122", "2026-12-31", "since: is no day"),
        (USCC, "x", "Li", DAY, "2026-11-21", "before the first, or over"),
        (USCC, "x", "Li", DAY, "2028-01-01", "at most 366 days"),
    ],
)
def test_what_is_no_entry_is_refused(company: str, reason: str, who: str, since: str, until: str, words: str) -> None:
    with pytest.raises(CreditError, match=words):
        add((), Watched(company, reason, who, since, until), DAY)


def public(place: Served) -> dict[str, bytes]:
    """What anybody is shown of the company, by where."""
    paths = [
        "/", "/en/", "/checkpoint", "/.well-known/suxin.json", "/couriers", "/en/couriers", f"/couriers/{USCC}",
        f"/v1/couriers/{USCC}/status", f"/v1/couriers/{USCC}/history.csv",
    ]  # fmt: skip
    answers = {path: place.http.get(path) for path in paths}
    assert {answer.status_code for answer in answers.values()} == {200}
    shown = {path: answer.content for path, answer in answers.items()}
    shown["bundle"] = bundle_of(place.house.service, f"s:{CARRIER}")
    settings = place.house.service.settings
    shown["bulletin"] = bulletin_of(settings.url, "2026-11", load_key(settings.data / "keys" / "root.key"))
    return shown


def fill(house: House) -> None:
    """A company with a rating, and a month that is over."""
    house.firm(CARRIER, "courier", 1)
    office = house.firm("auth:postal:330700", "regulator", 4)
    published = house.service.sequencer.published
    assert published is not None
    state = {"origin": house.service.genesis.origin, "root": "A" * 43, "size": published.size}
    body = good.PUBLICATION | {"as_of": "2026-11-21", "book": state}
    expect_recorded(house.post([office.signer.sign(office.draft("publication", {"party": CARRIER}, **body))]))
    house.clock.now += 14 * 86_400_000
    house.firm(OTHER, "courier", 2)


def test_nothing_public_changes_by_it(tmp_path: Path) -> None:
    with served(tmp_path) as place:
        fill(place.house)
        data, written = place.house.service.settings.data, place.written
        before = public(place)
        assert sum(USCC.encode() in content for content in before.values()) >= 3
        until = day_of(time.time_ns() // 1_000_000 + 30 * 86_400_000)
        words = ["--reason", REASON, "--who", WHO, "--until", until, "--data", str(data)]
        added = suxin("courier", "watch", "add", USCC, *words)
        assert added.returncode == 0, added.stderr
        assert (public(place), place.written) == (before, written)
        listed = suxin("courier", "watch", "list", "--data", str(data), "--json")
        row = json.loads(listed.stdout)
        assert (row["company"], row["reason"], row["who"], row["until"], row["state"]) == (USCC, REASON, WHO, until, "watched")
        assert REASON not in place.log.getvalue()
        file = data / "watch-list.json"
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        holding = [one.name for one in data.rglob("*") if one.is_file() and REASON.encode() in one.read_bytes()]
        assert holding == [file.name]


def test_the_commands_say_what_is_wrong_and_keep_what_stood(tmp_path: Path) -> None:
    def watch(*words: str) -> tuple[int, str]:
        ended = suxin("courier", "watch", *words, "--data", str(tmp_path))
        assert "Traceback" not in ended.stderr
        return ended.returncode, ended.stdout + ended.stderr

    words = ["--reason", REASON, "--who", WHO, "--until", "2099-01-01", "--since", "2098-12-01"]
    assert watch("list") == (0, "")
    assert watch("add", USCC, *words)[0] == 0
    file = tmp_path / "watch-list.json"
    kept = file.read_bytes()
    code, said = watch("add", USCC, *words)
    assert (code, "on it already" in said, file.read_bytes()) == (1, True, kept)
    file.chmod(0o644)
    assert "chmod 600" in watch("list")[1]
    file.chmod(0o600)
    assert watch("end", USCC, "--who", WHO)[0] == 0
    assert watch("list") == (0, "")
    assert "ended" in watch("list", "--all")[1]
    assert watch("end", USCC, "--who", WHO)[0] == 1
    file.write_bytes(b"{}")
    assert watch("list")[0] == 1
    assert "no data folder" in suxin("courier", "watch", "list", "--data", str(tmp_path / "none")).stderr
