"""A server on a sealed book answers byte for byte as before: tiles, proofs, receipts, bundles, pages' JSON, exports, evidence."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from fakes.auditing import audit
from fakes.house import CARRIER, Clock
from fakes.sealed import seal
from fakes.served import Served, hash_of, served
from fakes.village import ITEM, OFFER, Village

from suxin.api.export import export_tree
from suxin.ledger.store.book import Book

PATHS = (
    "/checkpoint",
    "/tile/0/000",
    "/tile/1/000.p/2",
    "/tile/entries/000",
    "/tile/entries/001",
    "/v1/entries/0",
    "/v1/entries/3",
    "/v1/entries/300/proof",
    "/v1/entries/300/tlog-proof",
    "/v1/epochs/2",
    f"/v1/products{ITEM}",
    f"/v1/products{ITEM}/bundle",
    f"/v1/couriers/{CARRIER[5:]}",
)


def answers(site: Served, village: Village, raw: bytes) -> dict[str, Any]:
    """What is said of a book that stands still."""
    found: dict[str, Any] = {}
    for path in (*PATHS, f"/v1/events/{hash_of(raw)}", waybill_of(raw)):
        answer = site.http.get(path)
        assert answer.status_code == 200, (path, answer.text)
        found[path] = answer.content
    again = site.post_event(village.carrier.line(raw))
    assert again.status_code == 200
    found["receipt"] = again.json()
    other = site.post_event(village.carrier.line(raw.replace(b'"PICKED_UP"', b'"HUB_IN"')))
    assert (other.status_code, other.json()["type"]) == (409, "/problems/counter-used")
    found["conflict"] = {name: value for name, value in other.json().items() if name != "instance"}
    return found


def waybill_of(raw: bytes) -> str:
    return f"/v1/waybills/{json.loads(raw)['subjects']['waybill']}"


def tree(url: str, folder: Path) -> dict[str, bytes]:
    with Book.open(url) as book:
        export_tree(book, folder, entries=True)
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.timeout(120)
def test_nobody_outside_sees_that_it_was_sealed(tmp_path: Path) -> None:
    clock = Clock()
    with served(tmp_path, clock=clock, entries_public=True) as site:
        village = Village(site)
        village.settle()
        raw = village.recorded
        site.post_lines(*(village.carrier.line(village.scan()) for _ in range(510))).raise_for_status()
        url = site.house.service.settings.url
        before = answers(site, village, raw)
        files = tree(url, tmp_path / "before")
        assert sum(step.leaves for step in seal(url)) == 512  # under the eyes of the server
        assert answers(site, village, raw) == before
        site.post_event(village.carrier.line(village.scan())).raise_for_status()
        newer = answers(site, village, raw)
        assert newer["/checkpoint"] != before["/checkpoint"]
        assert newer["/tile/entries/000"] == before["/tile/entries/000"]
    with served(tmp_path, clock=clock, entries_public=True) as site:  # a server that has nothing in memory
        village.site = site
        assert answers(site, village, raw) == newer
        assert OFFER in site.http.get(f"/v1/products{ITEM}").text
    whole = tree(url, tmp_path / "after")
    assert tree(url, tmp_path / "before").items() >= whole.items()  # the export that was begun before goes on
    assert {name for name in files if ".p/" not in name and name != "checkpoint"} <= whole.keys()
    assert audit(url).holds
