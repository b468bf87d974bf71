"""What is read over HTTP: entries, proofs, epochs, receipts by hash, the checkpoint, what the book is, health, metrics, docs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from fakes.served import hash_of
from fakes.village import ITEM, PHONE, Village, village

from suxin.api.health import CHECKPOINT_AGE_MAX_MS
from suxin.api.problems import TRANSPORT, status_of
from suxin.ledger import canonical
from suxin.ledger.checkpoint import Checkpoint, log_key, open_checkpoint
from suxin.ledger.encoding import b64u, unb64u
from suxin.ledger.epoch import decode_epoch, verify_place
from suxin.ledger.hashing import leaf_hash
from suxin.ledger.keys import key_id, parse_public
from suxin.ledger.leaf import decode_entry, decode_genesis
from suxin.ledger.note import parse_vkey
from suxin.ledger.problems import PROBLEMS
from suxin.ledger.proof import verify_inclusion


@pytest.fixture(scope="module", params=["public", "private"])
def v(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Village]:
    """A book that shows entry bodies to everybody, and one that does not."""
    folder = tmp_path_factory.mktemp(request.param)
    with village(folder, entries_public=request.param == "public") as found:
        yield found


@pytest.fixture(autouse=True)
def _nothing_leaks(v: Village) -> Iterator[None]:
    yield
    assert "Traceback" not in v.site.log.getvalue()
    assert PHONE not in v.site.log.getvalue()


def get(v: Village, path: str) -> dict[str, Any]:
    answer = v.site.http.get(path)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def refused(v: Village, path: str, code: str, status: int) -> httpx.Response:
    answer = v.site.http.get(path)
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    assert (answer.status_code, answer.json()["type"]) == (status, f"/problems/{code}"), answer.text
    assert answer.json()["detail"]
    return answer


def checkpoint(v: Village, note: str) -> Checkpoint:
    site = get(v, "/.well-known/suxin.json")
    log = parse_vkey(site["vkey"])
    return open_checkpoint(note, site["origin"], log.public)


# What the book is


def test_what_the_book_says_of_itself_is_what_its_first_leaf_says(v: Village) -> None:
    site = get(v, "/.well-known/suxin.json")
    raw = v.site.http.get("/v1/entries/0").content
    genesis = decode_genesis(raw)
    assert (site["book"], site["origin"], site["sandbox"]) == (genesis.book, genesis.origin, genesis.sandbox)
    assert site["root"] == {"actor": genesis.root.actor, "key": genesis.root.key}
    assert site["genesis"] == b64u(leaf_hash(raw))
    public = parse_public(genesis.log)
    assert parse_vkey(site["vkey"]) == log_key(genesis.origin, public)
    assert site["log_key_id"] == b64u(key_id(public))
    assert site["entries"] == ("public" if v.site.house.service.settings.entries_public else "private")
    assert site["witnesses"] == []


def test_the_checkpoint_is_the_newest_signed_note(v: Village) -> None:
    before = checkpoint(v, v.site.http.get("/checkpoint").text)
    receipt = v.site.post_event(v.good()).json()
    answer = v.site.http.get("/checkpoint")
    assert answer.headers["content-type"].startswith("text/plain")
    assert answer.headers["cache-control"] == "no-cache"
    assert answer.text == receipt["checkpoint"]
    assert checkpoint(v, answer.text).size == receipt["size"] > before.size


# Entries and proofs


def test_every_leaf_is_proved_under_the_checkpoint_and_shown_where_it_may_be(v: Village) -> None:
    size = checkpoint(v, v.site.http.get("/checkpoint").text).size
    shown = 0
    for index in range(size):
        proof = get(v, f"/v1/entries/{index}/proof")
        root = checkpoint(v, proof["checkpoint"]).root
        path = [unb64u(part, 32) for part in proof["proof"]]
        verify_inclusion(unb64u(proof["leaf"], 32), index, proof["size"], path, root)
        answer = v.site.http.get(f"/v1/entries/{index}")
        if answer.status_code == 200:
            shown += 1
            assert b64u(leaf_hash(answer.content)) == proof["leaf"]
            assert "immutable" in answer.headers["cache-control"]
        else:
            refused(v, f"/v1/entries/{index}", "entries-private", 403)
            for lang, words in (("en", "shown to auditors only"), ("zh-CN", "仅向审计方开放")):  # pages link to entries
                page = v.site.http.get(f"/v1/entries/{index}", headers={"accept": "text/html", "accept-language": lang})
                assert (page.status_code, words in page.text) == (403, True)
    published = v.site.house.service.sequencer.published
    assert published is not None
    # Without the entries' bodies the genesis and the epochs are still public.
    assert shown == (size if v.site.house.service.settings.entries_public else published.epoch + 1)


def test_a_leaf_is_proved_at_an_older_size(v: Village) -> None:
    old = get(v, "/v1/epochs/3")
    root = checkpoint(v, old["checkpoint"]).root
    proof = get(v, f"/v1/entries/2/proof?size={old['size']}")
    assert "checkpoint" not in proof
    verify_inclusion(unb64u(proof["leaf"], 32), 2, old["size"], [unb64u(part, 32) for part in proof["proof"]], root)


def test_where_there_is_no_leaf_there_is_no_proof(v: Village) -> None:
    size = checkpoint(v, v.site.http.get("/checkpoint").text).size
    for index in (size, size + 1, -1, 2**63, 10**40):
        refused(v, f"/v1/entries/{index}", "not-found", 404)
        refused(v, f"/v1/entries/{index}/proof", "not-found", 404)
    for given in (2, 0, -1, size + 1, 10**40):
        refused(v, f"/v1/entries/2/proof?size={given}", "not-found", 404)
    for index in ("first", "1.5", "%00", PHONE + "x", "1" * 5_000):
        assert v.site.http.get(f"/v1/entries/{index}").status_code in (404, 422)
    answer = refused(v, "/v1/entries/2/proof?size=large", "request-invalid", 422)
    assert "size" in answer.json()["detail"]
    assert "large" not in answer.json()["detail"]


# Epochs


def test_every_epoch_leaf_stands_under_its_own_checkpoint(v: Village) -> None:
    published = v.site.house.service.sequencer.published
    assert published is not None
    previous = 0
    for number in range(1, published.epoch + 1):
        found = get(v, f"/v1/epochs/{number}")
        epoch = decode_epoch(found["leaf"].encode())
        verify_place(epoch, found["index"])
        assert (epoch.number, epoch.previous) == (number, previous)
        assert found["hash"] == b64u(leaf_hash(found["leaf"].encode()))
        state = checkpoint(v, found["checkpoint"])
        assert state.size == found["size"] == found["index"] + 1
        path = [unb64u(part, 32) for part in found["proof"]]
        verify_inclusion(unb64u(found["hash"], 32), found["index"], found["size"], path, state.root)
        previous = found["index"]


@pytest.mark.parametrize("number", [0, -1, 10_000, 10**40])
def test_no_such_epoch(v: Village, number: int) -> None:
    refused(v, f"/v1/epochs/{number}", "not-found", 404)


# Receipts by hash


def test_a_receipt_can_be_asked_for_by_the_statements_hash(v: Village) -> None:
    raw = v.scan()
    first = v.site.post_event(v.carrier.line(raw)).json()
    v.site.post_event(v.good())
    again = get(v, f"/v1/events/{hash_of(raw)}")
    assert again == first | {"outcome": "already"}
    if v.site.house.service.settings.entries_public:
        assert bytes(decode_entry(v.site.http.get(f"/v1/entries/{again['index']}").content).statement) == raw


@pytest.mark.parametrize("wanted", ["A" * 43, "A" * 42 + "B", "A" * 42, "A" * 44, "A" * 42 + "=", "é", "..%2F..", PHONE])
def test_no_such_statement(v: Village, wanted: str) -> None:
    answer = refused(v, f"/v1/events/{wanted}", "not-found", 404)
    assert PHONE not in answer.text


def test_an_entry_of_a_batch_is_receipted_alone(v: Village) -> None:
    raws = [v.scan(), v.scan()]
    header = canonical.dump(v.header(raws))
    first = b'{"header":%s,"signature":"%s"}' % (header, b64u(v.carrier.key.sign_batch(header)).encode())
    answer = v.site.post_lines(first, *(b'{"statement":%s}' % raw for raw in raws)).json()
    found = get(v, f"/v1/events/{hash_of(raws[1])}")
    assert found["index"] == answer["last"]
    root = checkpoint(v, found["checkpoint"]).root
    path = [unb64u(part, 32) for part in found["proof"]]
    verify_inclusion(unb64u(found["leaf"], 32), found["index"], found["size"], path, root)


# Health


def test_health_readiness_and_metrics(v: Village) -> None:
    assert v.site.http.get("/healthz").text == "ok\n"
    assert get(v, "/readyz") == {"ready": True, "doubts": []}
    answer = v.site.http.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    values = dict(re.findall(r"^(suxin_\w+) (\S+)$", answer.text, re.MULTILINE))
    published = v.site.house.service.sequencer.published
    assert published is not None
    assert (float(values["suxin_log_size"]), float(values["suxin_epoch"])) == (published.size, published.epoch)
    assert float(values["suxin_writer_failed"]) == 0
    assert float(values["suxin_disk_free_bytes"]) > 0
    assert float(values["suxin_streams"]) == v.site.house.service.sequencer.map.streams
    assert {"suxin_queue_rows", "suxin_checkpoint_age_seconds"} <= set(values)


def test_a_checkpoint_that_is_too_old_makes_the_book_unready(v: Village) -> None:
    now = v.site.house.clock.now
    try:
        v.site.house.clock.now += CHECKPOINT_AGE_MAX_MS
        assert get(v, "/readyz")["ready"]
        v.site.house.clock.now += 1
        answer = v.site.http.get("/readyz")
        assert answer.status_code == 503
        assert answer.json() == {"ready": False, "doubts": ["the newest checkpoint is too old"]}
        assert v.site.http.get("/healthz").status_code == 200
    finally:
        v.site.house.clock.now = now


# Reference


def test_every_problem_type_is_an_address(v: Village) -> None:
    for code, row in (PROBLEMS | TRANSPORT).items():
        found = get(v, f"/problems/{code}")
        assert found == {"type": f"/problems/{code}", "title": row.title, "status": status_of(code), "cure": row.cure}
    refused(v, "/problems/no-such-thing", "not-found", 404)


def test_the_reference_is_one_page_without_scripts_or_strangers(v: Village) -> None:
    answer = v.site.http.get("/docs")
    assert answer.headers["content-type"].startswith("text/html")
    assert "<script" not in answer.text
    assert "://" not in answer.text
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    contract = get(v, "/openapi.json")
    for path in contract["paths"]:
        assert path in answer.text
    for name in contract["components"]["schemas"]:
        assert f'id="{name}"' in answer.text


def test_json_is_said_to_be_json_also_to_a_browser(v: Village) -> None:
    headers = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
    for path in ("/v1/entries/999999", "/problems/nothing", "/v1/nothing"):
        assert v.site.http.get(path, headers=headers).headers["content-type"] == "application/problem+json"


def test_a_page_that_is_not_there_is_a_page(v: Village) -> None:
    answer = v.site.http.get(f"{ITEM}x", headers={"accept": "text/html"})
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("text/html")


@pytest.mark.parametrize(
    "path",
    [
        "/checkpoint",
        "/tile/0/000.p/1",
        "/.well-known/suxin.json",
        "/.well-known/gs1resolver",
        "/v1/couriers",
        "/healthz",
        "/en/verify",
    ],
)
def test_what_can_be_read_can_be_asked_for_its_headers(v: Village, path: str) -> None:
    told, read = v.site.http.head(path), v.site.http.get(path)
    assert (told.status_code, told.content) == (read.status_code, b"")
    assert told.headers["content-type"] == read.headers["content-type"]
