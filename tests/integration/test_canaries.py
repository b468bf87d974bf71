"""Canaries: what nobody may ever read in public is planted in every free field of an invented world, and then looked for.

Names, phones and addresses stand behind commitments; the texts of reviews, complaints and answers are shown with the item
or parcel they are about, and nowhere else: in no courier file, list, fact table, rating document, tile or line of the log.
"""

from __future__ import annotations

import gzip
import io
import itertools
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from fakes.house import Clock, expect_recorded
from fakes.served import Served, served

from suxin.api.recompute import recompute
from suxin.client import demo_stage
from suxin.client.demo_world import build_world, start_of
from suxin.client.statement import Draft, Signed
from suxin.courier.publication import publication_body
from suxin.courier.rulebook import rule_set
from suxin.ledger.moment import moment_text

NOW = 1_795_305_600_000
SECRET = (
    "张三丰",
    "13957912345",
    "婺城区解放东路38号2单元501室",
    "866412057718293",
)  # a name, a phone, an address, a device's number
TOLD = re.compile(r"/(?:v1/(?:products|waybills|reviews|voice)/|01/|s/|w/|reviews/|say/)")  # stories of items, parcels, offers
LINK = re.compile(r'(?:href|src|action)="(/[^"#]*)"|"(/(?:v1|w|01|s|couriers|tile|reviews)/[^"\\]*)"')
SKIP = re.compile(r"/(?:zh-CN|static|docs|v1/qr|find)(?:/|$|\?)|/01/[^?]*\?linkType|/v1/entries/")


@dataclass
class Town:
    """A served world and what was planted in it."""

    site: Served
    hidden: list[str] = field(default_factory=list)
    spoken: list[str] = field(default_factory=list)
    subjects: dict[str, None] = field(default_factory=dict)

    def public(self) -> Iterator[tuple[str, str]]:
        """Every public address that one comes to from the start page, with all that it answers, packed files opened."""
        seen, waiting = set(), ["/en/", "/v1/couriers", "/openapi.json", "/checkpoint", "/.well-known/suxin.json", "/metrics"]
        waiting += [f"/tile/{kind}/000" for kind in ("0", "entries")]
        for subject in self.subjects:  # who holds a label or a waybill types its address
            path = subject if subject.startswith("/") else f"/w/{subject}"
            story = f"/v1/waybills/{subject}" if path.startswith("/w/") else f"/v1/products{subject}"
            waiting += [f"/en{path}", story, f"{story}/bundle"]
        while waiting:
            address = waiting.pop()
            if address in seen or SKIP.match(address):
                continue
            seen.add(address)
            page = address.startswith(("/en", "/01", "/s/", "/w/", "/couriers", "/reviews"))
            answer = self.site.http.get(address, headers={"accept": "text/html" if page else "application/json"})
            text = opened(answer.content)
            yield address, text
            for found in LINK.finditer(text):
                waiting.append(unquote(found[1] or found[2]).replace("&amp;", "&"))


def opened(raw: bytes) -> str:
    if raw[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            return "\n".join(archive.read(name).decode() for name in archive.namelist())
    return (gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw).decode(errors="replace")


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    clock = Clock(start_of(NOW))
    with (
        served(tmp_path_factory.mktemp("canaries"), clock=clock, entries_public=True) as site,
        pytest.MonkeyPatch.context() as patch,
    ):
        found = Town(site)
        patch.setattr(demo_stage, "Draft", planter(found))
        stage = build_world(site.house.service.genesis.book, NOW, scale=0)
        group: list[Signed] = []
        for due, signed in stage.until(NOW):
            clock.now = max(clock.now, due)
            group.append(signed)
            if signed.type == "actor" or len(group) == 60:
                expect_recorded(site.house.post(group))
                group = []
        expect_recorded(site.house.post(group))
        rate(site, stage)
        yield found


def planter(town: Town) -> Any:
    """Makes drafts as the stage does, with a canary in every field that could hold words."""
    number = itertools.count(1)

    def draft(kind: str, at: str, subjects: Any, body: Any, secrets: Any, *more: Any, **named: Any) -> Draft:
        kept = dict(secrets)
        for pointer in kept:  # the text of a review, complaint, answer or case
            town.spoken.append(f"{SECRET[0]}{next(number):05d}说")
            town.subjects |= dict.fromkeys(value for name, value in subjects.items() if name in ("item", "waybill"))
            kept[pointer] += f"，{town.spoken[-1]}"
        fields = {"consign": ("number",), "sale": ("order",), "commitment": ("document",)}.get(kind, ())
        for name in fields:
            town.hidden.append(f"{SECRET[1]}#{next(number):05d}")
            kept[f"/body/{name}"] = f"{town.hidden[-1]} {' '.join(SECRET)}"
        rest = {name: value for name, value in body.items() if f"/body/{name}" not in kept}
        return Draft(kind, at, subjects, rest, kept, *more, **named)

    return draft


def rate(site: Served, stage: demo_stage.Stage) -> None:
    """The postal authority publishes the rating of every courier."""
    house, office = site.house, stage.players["postal"]
    codes = [row["uscc"] for row in site.http.get("/v1/couriers").json()["couriers"]["rows"]]
    for code in codes:
        body = publication_body(recompute(house.service.settings.url, code, rule_set()).score)
        expect_recorded(
            house.post([office.pen.sign(Draft("publication", moment_text(house.clock()), {"party": f"uscc:{code}"}, body))])
        )


def test_canaries_occur_nowhere_in_public(town: Town) -> None:
    assert len(town.hidden) > 30
    assert len(town.spoken) > 10
    seen: dict[str, str] = {}
    wrong: list[tuple[str, str]] = []
    for address, text in town.public():
        seen[address] = text
        for canary in (*SECRET[1:], *town.hidden):
            if canary in text:
                wrong.append((address, canary))
        plain = TOLD.match(urlsplit(address).path.removeprefix("/en"))
        if not plain and SECRET[0] in text:
            wrong.append((address, SECRET[0]))
    assert wrong == []
    # The crawl has been where it matters, and the canaries that may be shown were seen: a test that looks at nothing sees none.
    code = r"/v1/couriers/\w{18}"
    kinds = (
        r"/en/couriers", r"/en/couriers/\w{18}", r"/en/(01|s)/.*", r"/en/w/.*", r"/tile/entries/000", r"/v1/rules/.*",
        code, rf"{code}/rating", rf"{code}/facts/[\w-]{{43}}/table\.zip", rf"{code}/\w+\.csv", r"/v1/\w+/.*/bundle",
    )  # fmt: skip
    assert [form for form in kinds if not any(re.fullmatch(form, address) for address in seen)] == []
    told = "".join(text for address, text in seen.items() if TOLD.match(address.removeprefix("/en")))
    assert sum(canary in told for canary in town.spoken) > len(town.spoken) // 2


def test_canaries_occur_in_no_line_of_the_log(town: Town) -> None:
    log = town.site.log.getvalue()
    assert log
    assert not [canary for canary in (*SECRET, *town.hidden) if canary in log]
    folder = Path(town.site.house.service.settings.data)
    for file in (folder / "tables").rglob("*"):
        assert not file.is_file() or not [canary for canary in SECRET if canary in file.read_text()]
