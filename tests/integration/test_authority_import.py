"""`suxin import authority`: rows with their place and cure, a queue that loses nothing, a second run that adds nothing."""

from __future__ import annotations

import csv
import itertools
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from fakes.command import suxin
from fakes.house import OTHER, Clock, expect_recorded
from fakes.served import Served, served
from fakes.world import company

from suxin.api.authority_import import import_file
from suxin.api.keyring import load_key
from suxin.api.recompute import recompute
from suxin.client.authority_file import COLUMNS, FileFault, read_file
from suxin.client.post import Patience
from suxin.courier.conduct import day_of
from suxin.courier.rulebook import rule_set
from suxin.ledger.identifier import ROOT_ACTOR

HEADER = (
    "type", "authority", "company", "waybill", "number", "earlier", "kind", "day", "checked", "passed", "found", "months",
    "degree", "basis", "decided", "first", "last", "remedy", "final", "category", "finding", "notice", "defence", "list",
    "event", "area", "reason",
)  # fmt: skip
OFFICE = "auth:postal:330700"
STRANGER = company(77)
_NUMBERS = itertools.count(20)
PENALTY = {
    "type": "penalty", "kind": "fine", "degree": "general", "basis": "《快递市场管理办法》 54", "decided": "2026-06-01",
    "first": "2026-06-01", "last": "2027-05-31", "remedy": "review", "final": "true", "number": "P-1",
}  # fmt: skip
LIST = {
    "type": "list", "list": "abnormal", "basis": "KD-24", "notice": "2026-05-01", "defence": "heard", "decided": "2026-06-01",
    "first": "2026-06-01", "last": "2027-05-31", "remedy": "review", "number": "L-1",
}  # fmt: skip
CHECK = {"type": "check", "kind": "realname", "day": "2026-11-20", "checked": "40", "passed": "37", "number": "C-1"}
TRAFFIC = {"type": "traffic", "day": "2026-11-20", "found": "2", "months": "72", "number": "T-1"}
LICENCE = {"type": "licence", "kind": "express", "event": "grant", "first": "2024-03-01", "number": "Z-1"}
STORM = {
    "type": "exclusion",
    "area": "3101 3102",
    "first": "2026-11-01",
    "last": "2026-11-02",
    "reason": "weather",
    "number": "E-1",
}
BREACH = PENALTY | {"type": "breach", "kind": "data_leak", "number": "B-1", "final": ""}


def written(office: Office, *rows: dict[str, str]) -> Path:
    """A file of rows; company and authority are filled in."""
    file = office.folder / "found.csv"
    with file.open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, HEADER, restval="")
        writer.writeheader()
        writer.writerows({"authority": OFFICE} | ({} if "waybill" in row else {"company": office.uscc}) | row for row in rows)
    return file


@dataclass(frozen=True)
class Office:
    """One served book for all tests, and a courier company of its own for each."""

    site: Served
    folder: Path
    uscc: str

    @property
    def waybill(self) -> str:
        return f"{self.uscc}/{1:022d}"

    def appeal(self, number: str, finding: str, **more: str) -> dict[str, str]:
        row = {"type": "appeal", "waybill": self.waybill, "category": "lost", "number": number, "finding": finding}
        return row | more


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    now = max(time.time_ns() // 1_000_000, 1_811_000_000_000)  # the command claims the time of this machine
    with served(tmp_path_factory.mktemp("import"), clock=Clock(now)) as place:
        place.house.firm(OTHER, "merchant", 2)
        yield place


@pytest.fixture
def office(site: Served, tmp_path: Path) -> Office:
    number = next(_NUMBERS)
    carrier = site.house.firm(f"uscc:{company(number)}", "courier", number)
    expect_recorded(site.house.post([carrier.scan(1)]))
    return Office(site, tmp_path, carrier.actor[5:])


def run(office: Office, file: Path, *more: str) -> tuple[int, dict[str, Any]]:
    data = office.site.house.service.settings.data
    ended = suxin("import", "authority", str(file), "--data", str(data), "--url", office.site.url, "--json", *more)
    assert "Traceback" not in ended.stderr
    return ended.returncode, json.loads(ended.stdout)


def test_every_type_is_entered_under_the_importers_name_and_a_second_run_adds_nothing(office: Office) -> None:
    rows = (
        LICENCE,
        CHECK,
        TRAFFIC,
        STORM,
        PENALTY,
        BREACH,
        LIST,
        office.appeal("12305-1", "pending"),
        office.appeal("12305-1", "valid"),
    )
    file = written(office, *rows)
    code, counts = run(office, file, "--dry-run")
    assert (code, counts["ready"], counts["recorded"]) == (0, len(rows), 0)
    before = office.site.written
    code, counts = run(office, file)
    assert (code, counts["recorded"], counts["queued"]) == (0, len(rows), [])
    assert office.site.written == before + len(rows)
    code, counts = run(office, file)
    assert (code, counts["recorded"], counts["already"]) == (0, 0, len(rows))
    assert office.site.written == before + len(rows)
    assert not file.with_suffix(".queue.csv").exists()
    found = recompute(office.site.house.service.settings.url, office.uscc, rule_set(), as_of=day_of(time.time_ns() // 1_000_000))
    assert {entry.statement.actor for entry in found.filed} == {ROOT_ACTOR}
    assert {(entry.statement.mode, entry.statement.of) for entry in found.filed} == {("import", OFFICE)}
    assert [standing.indicator for standing in found.facts.standing] == ["I11", "I12"]
    assert found.facts.measures["I10"].n != "0"


def test_an_appeal_under_a_second_number_refers_to_the_first(office: Office) -> None:
    code, counts = run(office, written(office, office.appeal("12345-9", "valid", earlier="12305-1")))
    assert (code, counts["queued"][0]["column"]) == (1, "earlier")
    run(office, written(office, office.appeal("12305-1", "pending")))
    code, counts = run(office, written(office, office.appeal("12345-9", "valid")))
    assert (code, counts["queued"][0]["column"]) == (1, "number")
    assert "12305-1" in counts["queued"][0]["why"]
    code, counts = run(office, written(office, office.appeal("12345-9", "valid", earlier="12305-1")))
    assert (code, counts["recorded"]) == (0, 1)


BAD: list[tuple[str, dict[str, str], str, str]] = [
    ("no such type", {"type": "rumour"}, "type", "no type"),
    ("no authority", PENALTY | {"authority": ""}, "authority", "names no authority"),
    ("the operator as authority", PENALTY | {"authority": "auth:operator:000000"}, "authority", "names no authority"),
    ("a penalty without a legal basis", PENALTY | {"basis": ""}, "basis", "missing"),
    *((f"a list without its {name}", LIST | {name: ""}, name, "missing") for name in ("number", "notice", "remedy")),
    ("a number that is none", CHECK | {"checked": "forty"}, "checked", "whole number"),
    ("a truth that is none", PENALTY | {"final": "perhaps"}, "final", "true or false"),
    ("a day that is none", CHECK | {"day": "20.11.2026"}, "day", "regex"),
    ("a day the calendar lacks", CHECK | {"day": "2026-02-30"}, "day", "does not exist"),
    ("a column of another type", CHECK | {"degree": "light"}, "degree", "no such column"),
    ("more passed than checked", CHECK | {"passed": "41"}, "passed", "more passed"),
    ("neither company nor waybill", CHECK | {"company": ""}, "company", "a row names"),
    ("a wrong check digit", CHECK | {"company": "91512081MA62K0260A"}, "company", ""),
    ("a waybill of a check", {**CHECK, "waybill": f"{company(30)}/{1:022d}"}, "waybill", "only an appeal"),
]  # fmt: skip


def test_each_wrong_row_says_where_why_and_what_to_do_and_the_others_are_entered(office: Office) -> None:
    rows = [row for _, row, _, _ in BAD]
    file = written(office, TRAFFIC, *rows, LICENCE)
    code, counts = run(office, file)
    assert (code, counts["recorded"], counts["faults"]) == (1, 2, len(BAD))
    for place, ((name, _, column, why), fault) in enumerate(zip(BAD, counts["queued"], strict=True), 3):
        assert (fault["row"], fault["column"]) == (place, column), name
        assert why in fault["why"], name
        assert fault["cure"].endswith("."), name
    queue = file.with_suffix(".queue.csv")
    with file.open(encoding="utf-8", newline="") as before, queue.open(encoding="utf-8", newline="") as after:
        whole, kept = list(csv.reader(before)), list(csv.reader(after))
    assert kept == [whole[0], *whole[2:-1]]


def test_story_37_a_list_that_lacks_what_the_law_asks_for_is_rejected(office: Office) -> None:
    """List a firm as seriously dishonest: rejected if legal basis, decision no., prior notice, term or remedy is missing."""
    whole = LIST | {"list": "serious_dishonesty"}
    lacking = [whole | {name: ""} for name in ("basis", "number", "notice", "last", "remedy", "defence")]
    code, counts = run(office, written(office, *lacking))
    assert (code, counts["recorded"], counts["faults"]) == (1, 0, len(lacking))
    code, counts = run(office, written(office, whole))
    assert (code, counts["recorded"]) == (0, 1)


def test_what_matches_nothing_waits_in_the_queue_and_is_entered_once_it_does(office: Office) -> None:
    elsewhere = office.appeal("12305-7", "valid", waybill=f"{office.uscc}/{'nowhere'.ljust(22, '0')}")
    file = written(office, CHECK, CHECK | {"company": STRANGER}, elsewhere, PENALTY | {"company": OTHER[5:]})
    code, counts = run(office, file)
    assert (code, counts["rows"], counts["recorded"], counts["unmatched"]) == (1, 4, 1, 3)
    queue = file.with_suffix(".queue.csv")
    office.site.house.firm(f"uscc:{STRANGER}", "courier", 99)
    code, counts = run(office, queue, "--queue", str(office.folder / "left.csv"))
    assert (code, counts["rows"], counts["recorded"], counts["unmatched"]) == (1, 3, 1, 2)
    with (office.folder / "left.csv").open(encoding="utf-8", newline="") as out:
        assert len(list(csv.reader(out))) == 3
    with (office.folder / "left.why.csv").open(encoding="utf-8", newline="") as out:
        assert [row[1] for row in csv.reader(out)] == ["column", "waybill", "company"]


def test_a_book_that_does_not_answer_loses_no_row(office: Office) -> None:
    file = written(office, CHECK, TRAFFIC)
    house = office.site.house
    key = load_key(house.service.settings.data / "keys" / "root.key")
    nowhere, once = "http://127.0.0.1:9", Patience(attempts=1)
    url, now = house.service.settings.url, house.clock.now
    done, _, _ = import_file(file.read_bytes(), url, key, ROOT_ACTOR, now, nowhere, once)
    assert [fault.row for fault in done.queued] == [2, 3]
    assert done.recorded == 0


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"", "empty"),
        (b"\xff\xfe", "not UTF-8"),
        (b"type,authority,phone\n", "column 3 has no meaning"),
        (b"type,number\n", "authority is missing"),
        (b"type,authority,type\n", "twice"),
        (b'type,authority\n"check', "no CSV"),
    ],
)
def test_a_file_that_is_none_is_refused_whole(raw: bytes, words: str) -> None:
    with pytest.raises(FileFault, match=words):
        read_file(raw)
    assert "type" in COLUMNS


def test_a_file_saved_by_a_chinese_spreadsheet_is_read_as_well() -> None:
    text = "type,authority,basis\r\npenalty,auth:postal:330700,《快递市场管理办法》 54\r\n"
    assert read_file(text.encode("gbk")) == read_file(text.encode()) == read_file(text.encode("utf-8-sig"))
