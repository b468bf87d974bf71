"""A published rating as the world meets it: page, list, status, fact table, rows with proofs, and a file that checks offline."""

from __future__ import annotations

import csv
import html
import io
import json
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from fakes.command import suxin
from fakes.credit_bodies import PENALTY, REPAIR
from fakes.house import CARRIER, Clock
from fakes.rated import Rated
from fakes.served import Served, served
from playwright.sync_api import Browser, expect

from suxin.api.recompute import Recomputed
from suxin.client.statement import Draft
from suxin.courier.errors import CreditError
from suxin.courier.explain import reasons_of
from suxin.courier.measure import count as counted
from suxin.courier.row import parcel_hash
from suxin.courier.rulebook import rule_set
from suxin.courier.score import score_value
from suxin.courier.table import facts_of, read_table
from suxin.courier.table_proof import check_row
from suxin.ledger.encoding import b64u
from suxin.ledger.moment import moment_text

HTML = {"accept": "text/html"}
NOW = 1_795_305_600_000


class Town:
    """The served book before and after."""

    def __init__(self, site: Served, rated: Rated, before: dict[str, str], last: Recomputed) -> None:
        self.site = site
        self.rated = rated
        self.before = before
        self.last = last
        self.uscc = rated.uscc

    def page(self, path: str, lang: str = "en") -> str:
        answer = self.site.http.get(f"/{lang}{path}", headers=HTML)
        assert answer.status_code == 200, answer.text
        return answer.text

    def json(self, path: str) -> Any:
        answer = self.site.http.get(path)
        assert answer.status_code == 200, (path, answer.text)
        return answer.json()


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with served(tmp_path_factory.mktemp("rated"), clock=Clock(NOW)) as site:
        rated = Rated(site.house)
        rated.carry()
        status = site.http.get(f"/v1/couriers/{rated.uscc}/status").json()
        before = {
            "page": site.http.get(f"/en/couriers/{rated.uscc}", headers=HTML).text,
            "list": site.http.get("/en/couriers", headers=HTML).text,
            "status": json.dumps(status["rating"]),
            "document": str(site.http.get(f"/v1/couriers/{rated.uscc}/rating").status_code),
        }
        rated.publish(2)  # nothing has closed yet
        last = rated.publish(10)
        yield Town(site, rated, before, last)


def test_before_a_publication_nothing_is_shown_but_facts(town: Town) -> None:
    assert town.before["status"] == "null"
    assert town.before["document"] == "404"
    for name in ("page", "list"):
        assert "Not published yet" in town.before[name]
        assert "data-figure" not in town.before[name]


@pytest.mark.parametrize("lang", ["en", "zh-CN"])
def test_the_page_shows_what_was_published_and_the_lines_behind_it(town: Town, lang: str) -> None:
    value = score_value(town.last.score)
    assert value["grade"] in "BCD"
    page = town.page(f"/couriers/{town.uscc}", lang)
    assert f'data-figure="score">{value["score"]}<' in page
    assert f'data-figure="low">{value["interval"][0]}<' in page
    for line in value["lines"]:
        assert f'data-figure="{line["id"]}.points">{line["points"]}<' in page
    assert value["table"] in page
    assert "KD-2026.1" in page
    assert 'tabindex="0"' in page


def test_the_list_goes_by_the_lower_bound_and_limits_by_place_and_grade(town: Town) -> None:
    grade = score_value(town.last.score)["grade"]
    rows = town.json("/v1/couriers")["couriers"]["rows"]
    assert [row["uscc"] for row in rows] == [town.uscc]
    assert rows[0]["rating"]["grade"] == grade
    other = next(one for one in "ABCD" if one != grade)
    for query, count in ((f"grade={grade}", 1), (f"grade={other}", 0), (f"region={town.uscc[2:4]}", 1), ("region=11", 0)):
        assert town.json(f"/v1/couriers?{query}")["couriers"]["total"] == count, query
        assert (CARRIER[5:] in town.page(f"/couriers?{query}")) is bool(count)
    assert town.site.http.get("/v1/couriers?region=1").status_code == 422


def test_story_14_record_consent_for_locker_use(town: Town) -> None:
    """A parcel left in a locker without consent is marked on its page, stands so in the table, and is a miss of I5."""
    left, handed = town.rated.waybills[40], town.rated.waybills[41]
    rows = {}
    for waybill in (left, handed):
        found = town.site.http.get(f"/v1/couriers/{town.uscc}/facts/{town.last.table.root}/row", params={"ref": waybill[19:]})
        _, rows[waybill] = check_row(found.content, town.last.table.root)
    assert (rows[left].method, rows[left].consent) == ("locker", "none")
    hits = [{share.measure: share.x for share in counted(rows[waybill], rule_set()).shares}["I5"] for waybill in (left, handed)]
    assert hits == [0, 1]
    assert ["No consent recorded" in town.page(f"/w/{waybill}") for waybill in (left, handed)] == [True, False]
    consented = msgspec.structs.replace(rows[left], consent="this_parcel")
    assert {share.measure: share.x for share in counted(consented, rule_set()).shares}["I5"] == 1


def test_story_25_check_a_courier_before_onboarding(town: Town) -> None:
    found = town.json(f"/v1/couriers/{town.uscc}/status")
    value = score_value(town.last.score)
    assert (found["rating"]["grade"], found["rating"]["score"]) == (value["grade"], value["score"])
    assert found["rating"]["as_of"] == value["as_of"]
    assert found["lists"] == []
    unknown = town.site.http.get("/v1/couriers/91310115MA1HDDKD7F/status")
    assert unknown.status_code == 404
    assert "grade" not in unknown.text


def test_the_fact_table_is_public_and_gives_the_published_score(town: Town, tmp_path: Path) -> None:
    tables = town.json(f"/v1/couriers/{town.uscc}/facts")["tables"]
    assert [row["grade"] for row in tables] == [score_value(town.last.score)["grade"], "none"]
    whole = town.site.http.get(f"{tables[0]['path']}/table.zip").content
    with zipfile.ZipFile(io.BytesIO(whole)) as archive:
        archive.extractall(tmp_path / "table")
    done = suxin("courier", "score", str(tmp_path / "table"), "--json")
    assert json.loads(done.stdout)["exact"] == score_value(town.last.score)["exact"]
    index = town.site.http.get(f"{tables[0]['path']}/index.ndjson").content
    files = {path.stem: path.read_bytes() for path in (tmp_path / "table").glob("*.ndjson") if path.stem != "index"}
    assert facts_of(read_table(index, files, tables[0]["table"]), rule_set()).measures == town.last.facts.measures
    for path in ("facts/" + "A" * 43 + "/index.ndjson", f"facts/{tables[0]['table']}/2031-01.ndjson", "facts/x/row"):
        assert town.site.http.get(f"/v1/couriers/{town.uscc}/{path}").status_code == 404


def test_a_row_of_the_fact_table_proves_alone(town: Town) -> None:
    root, waybill = town.last.table.root, town.rated.waybills[5]
    found = town.site.http.get(f"/v1/couriers/{town.uscc}/facts/{root}/row", params={"ref": waybill[19:]})
    assert found.status_code == 200, found.text
    head, row = check_row(found.content, root)
    assert (head.company, row.parcel, row.end) == (town.uscc, parcel_hash(waybill), "delivered")
    again = town.site.http.get(f"/v1/couriers/{town.uscc}/facts/{root}/row", params={"parcel": row.parcel})
    assert again.content == found.content
    for old, new in (
        ('\\"end\\":\\"delivered\\"', '\\"end\\":\\"lost\\"'),
        (row.parcel, parcel_hash("x")),
        ('"position":0', '"position":1'),
    ):
        assert old in found.text
        with pytest.raises(CreditError):
            check_row(found.text.replace(old, new, 1).encode(), root)
    with pytest.raises(CreditError):
        check_row(found.content, "A" * 43)
    nobody = town.site.http.get(f"/v1/couriers/{town.uscc}/facts/{root}/row", params={"ref": "z" * 22})
    assert nobody.status_code == 404


def test_figures_as_csv_are_those_of_the_page(town: Town) -> None:
    value = score_value(town.last.score)
    rows = list(csv.DictReader(io.StringIO(town.site.http.get(f"/v1/couriers/{town.uscc}/indicators.csv").text)))
    assert {row["id"]: row["points"] for row in rows} == {line["id"]: line["points"] for line in value["lines"]}
    history = list(csv.DictReader(io.StringIO(town.site.http.get(f"/v1/couriers/{town.uscc}/history.csv").text)))
    assert [row["score"] for row in history] == ["", value["score"]]
    times = list(csv.DictReader(io.StringIO(town.site.http.get(f"/v1/couriers/{town.uscc}/times.csv").text)))
    assert sum(int(row["on_time"]) + int(row["late"]) for row in times) == len(town.rated.waybills)


def test_the_rating_as_a_file_is_checked_without_the_book(town: Town, tmp_path: Path) -> None:
    raw = town.site.http.get(f"/v1/couriers/{town.uscc}/rating").content
    vkey = town.json("/.well-known/suxin.json")["vkey"]
    file, policy = tmp_path / "rating.json", tmp_path / "policy"
    file.write_bytes(raw)
    policy.write_text(f"log {vkey}\nquorum none\n")
    done = suxin("courier", "check", str(file), "--policy", str(policy), "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["verdict"] == "holds"
    assert found["score"]["exact"] == score_value(town.last.score)["exact"]
    assert set(found["besides"]) <= {"check", "traffic"}, "the company has nothing else in its standing"
    assert suxin("courier", "check", str(file)).returncode == 2, "who has pinned nothing knows no log"
    measure = town.last.facts.measures["I1"].x
    for old, new in (
        (f'"x":"{measure}"', '"x":"100"'),
        ('"grade":"', '"grade": "'),
        (f'"score_e1":{round(town.last.score.exact_points * 10)}', '"score_e1":999'),
    ):
        assert old.encode() in raw
        file.write_bytes(raw.replace(old.encode(), new.encode(), 1))
        assert suxin("courier", "check", str(file), "--policy", str(policy)).returncode == 1, old


def test_a_rating_file_without_the_newest_publication_does_not_hold(town: Town) -> None:
    """A company cannot show last month's better rating: the bundle proves that every publication is there."""
    value = town.json(f"/v1/couriers/{town.uscc}/rating")
    stream = f"s:{CARRIER}"
    assert len(value["bundle"]["streams"][stream]) >= 2


def test_story_8_see_the_courier_s_grade_and_why(town: Town) -> None:
    """Grade, interval, at most three reasons each way, the rules; and no person, device or consumer's key in the whole page."""
    value = score_value(town.last.score)
    reasons = reasons_of(town.last.score)
    page = town.page(f"/couriers/{town.uscc}")
    assert f'data-figure="grade">{value["grade"]}<' in page
    assert f"interval {value['interval'][0]}–{value['interval'][1]}" in page
    assert 1 <= len(reasons.gains) + len(reasons.losses) <= 6
    for line in (*reasons.gains, *reasons.losses):
        assert f"{line.indicator.name['en']} (" in html.unescape(page)
    assert value["rules"]["digest"] in page
    assert not re.search(r"anon:|dev:|\b1[3-9]\d{9}\b", page)


def test_story_20_be_new_with_few_parcels(town: Town) -> None:
    """The first publication, two days after: nothing has closed, so grey for want of a sample, and no score at all."""
    first = town.json(f"/v1/couriers/{town.uscc}/facts")["tables"][-1]
    assert (first["grade"], first["colour"], first["note"]) == ("none", "grey", "sample")
    assert "score" not in first


def test_story_40_recompute_a_published_score(town: Town) -> None:
    """From the state of the book that each publication names, the figures come out again, also after the book went on."""
    data = str(town.site.house.service.settings.data)
    for row in town.json(f"/v1/couriers/{town.uscc}/facts")["tables"]:
        asked = ["courier", "show", town.uscc, "--recompute", "--at", str(row["book"]["size"]), "--as-of", row["as_of"]]
        done = suxin(*asked, "--rules", row["rules"]["version"], "--data", data, "--json")
        assert done.returncode == 0, done.stderr
        found = json.loads(done.stdout)
        assert (found["grade"], found.get("score"), found["table"]) == (row["grade"], row.get("score"), row["table"])
        assert found["rules"] == row["rules"]


def test_the_command_shows_what_is_published_without_scoring(town: Town) -> None:
    words = ["courier", "show", town.uscc, "--data", str(town.site.house.service.settings.data)]
    value = score_value(town.last.score)
    found = json.loads(suxin(*words, "--json").stdout)
    assert found.pop("index") > town.rated.house.service.genesis.depth
    assert found.pop("in_dispute") is False
    assert found == town.json(f"/v1/couriers/{town.uscc}/status")["rating"]
    again = suxin(*words, "--recompute", "--at", str(found["book"]["size"]), "--as-of", found["as_of"]).stdout
    assert "these are the figures published at index" in again
    other = suxin(
        *words, "--recompute", "--at", str(found["book"]["size"]), "--as-of", found["as_of"], "--rules", "BR-TEST"
    ).stdout
    assert "other figures were published at index" in other
    out = suxin(*words).stdout
    assert f"score {value['score']} ({value['interval'][0]} to {value['interval'][1]}), grade {value['grade']}" in out
    assert "before: 2026-11-" in out
    refused = suxin(*words, "--as-of", "2026-11-30")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "go with --recompute" in refused.stderr


def test_a_penalty_is_shown_in_its_term_and_gone_once_repaired(town: Town) -> None:
    office, day = town.rated.office, moment_text(town.site.house.clock())[:10]
    penalty = PENALTY | {"degree": "light", "decided": day, "first": day, "last": "2027-03-01", "number": "JH-9"}
    del penalty["fine_minor"]
    [said] = town.rated.write(office, [office.draft("penalty", {"party": CARRIER}, **(penalty | {"kind": "notice"}))])
    found = town.json(f"/v1/couriers/{town.uscc}/status")["decisions"]
    assert [(row["number"], row["basis"], row["authority"], row["red"]) for row in found] == [
        ("JH-9", PENALTY["basis"], "auth:postal:330700", False)
    ]
    assert "JH-9" in town.page(f"/couriers/{town.uscc}", "zh-CN")
    receipt = town.json(f"/v1/events/{b64u(said.statement.hash)}")
    body = REPAIR | {"index": receipt["index"], "leaf": receipt["leaf"], "decided": day, "number": "JH-R-1"}
    del body["partners"]
    repair = Draft("repair", moment_text(town.site.house.clock()), {"party": CARRIER}, body, ref=said.statement)
    town.rated.write(office, [repair])
    assert town.json(f"/v1/couriers/{town.uscc}/status")["decisions"] == []
    for lang in ("en", "zh-CN"):
        assert "JH-9" not in town.page(f"/couriers/{town.uscc}", lang)
    assert "JH-9" not in json.dumps(town.json(f"/v1/couriers/{town.uscc}"))
    parcel = town.page(f"/w/{town.rated.waybills[7]}", "en")
    assert "1 entry withheld by law" in parcel, "as its bundle has it"


@pytest.mark.parametrize("lang", ["en", "zh-CN"])
def test_story_8_see_the_courier_s_grade_and_why_in_chromium(town: Town, browser: Browser, lang: str) -> None:
    """From a parcel's own page, where her phone proved the published rating, to the file with interval, reasons and rules."""
    value = score_value(town.last.score)
    context = browser.new_context(viewport={"width": 390, "height": 844})
    page = context.new_page()
    page.set_default_timeout(30_000)
    page.clock.set_fixed_time(town.site.house.clock() / 1000)
    page.goto(f"{town.site.url}/{lang}/w/{town.rated.waybills[7]}")
    page.wait_for_function("() => !['none', 'wait'].includes(document.documentElement.dataset.proof)")
    assert page.evaluate("document.documentElement.dataset.proof") == "ok", "the rating shown is the one that the bundle proves"
    box = page.locator("section", has=page.locator("a[href*='/couriers/']")).last.inner_text()
    assert value["grade"] in box
    assert f"{value['score']} ({value['interval'][0]}–{value['interval'][1]})" in box
    names = [page.content()]
    page.locator(".side a[href*='/couriers/']").last.click()
    page.wait_for_url("**/couriers/**")
    for figure, due in (("grade", value["grade"]), ("score", value["score"]), ("low", value["interval"][0])):
        expect(page.locator(f"[data-figure={figure}]").first).to_have_text(str(due))
    said = page.locator("main").inner_text()
    reasons = [
        line.indicator.name[lang[:2]] for line in (*reasons_of(town.last.score).gains, *reasons_of(town.last.score).losses)
    ]
    assert 1 <= len(reasons) <= 6
    assert [name for name in reasons if name not in said] == []
    assert "KD-2026.1" in said
    assert ("not a credit report" if lang == "en" else "非征信报告") in said.casefold()
    names.append(page.content())
    assert not re.search(r"anon:|dev:|\b1[3-9]\d{9}\b", "".join(names)), "no person, device or consumer's key in the HTML"
    context.close()


def test_the_button_scores_again_on_the_reader_s_device(town: Town, browser: Browser) -> None:
    """From the published table and rules alone; a page that shows another figure than these give is found out."""
    page = browser.new_page()
    for lang, words in (
        ("en", "Scored again on this device from the published table"),
        ("zh-CN", "本机已按公布的数据表重新计算"),
    ):
        page.goto(f"{town.site.url}/{lang}/couriers/{town.uscc}")
        assert not page.get_by_text(words).is_visible(), "the server never says so"
        page.get_by_role("button").click()
        page.get_by_text(words).wait_for()
    page.reload()
    page.evaluate("document.querySelector('[data-figure=\"I5.points\"]').textContent = '9.99'")
    page.get_by_role("button").click()
    page.locator("[data-when=differs]").get_by_text("I5.points: 9.99 ≠").wait_for()
    page.route("**/2026-11.ndjson", lambda route: route.fulfill(body=route.fetch().text().replace('"kept"', '"broken"', 1)))
    page.reload()
    page.get_by_role("button").click()
    page.locator("[data-when=failed]").get_by_text("section 2026-11 does not fit its root").wait_for()
    page.close()


def test_without_scripts_the_page_is_whole_and_leads_to_the_table(town: Town, browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{town.site.url}/en/couriers/{town.uscc}")
    assert page.get_by_text("Not scored on this device").is_visible()
    assert page.get_by_role("button").count() == 0
    assert page.get_by_role("link", name="download the fact table").is_visible()
    assert page.locator(f"text={score_value(town.last.score)['score']}").first.is_visible()
    context.close()
