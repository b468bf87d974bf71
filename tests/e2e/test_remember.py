"""What a reader's browser notices at her next visit: a fork, a shortened log, a log that does not continue the one she saw."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from fakes.pages import SITE
from playwright.sync_api import Browser, Page
from rig.static_files import answer

from suxin.api import render
from suxin.api.site import VerifyPage
from suxin.ledger.checkpoint import Checkpoint, log_key, sign_checkpoint
from suxin.ledger.contradiction import Weight, parse_contradiction, weigh
from suxin.ledger.errors import VerificationError
from suxin.ledger.hashing import leaf_hash
from suxin.ledger.keys import SigningKey
from suxin.ledger.merkle import nodes_of, root_of
from suxin.ledger.note import format_vkey
from suxin.ledger.tile import encode_tile, parse_tile_path, tile_width

ORIGIN = "suxin.example/remember/1"
KEY, OTHER = (SigningKey(sha256(name).digest()) for name in (b"log", b"other"))
VKEY = log_key(ORIGIN, KEY.public)
POLICY = f"log {format_vkey(VKEY)}\nquorum none\n"
COMPARE = """async ([origin, note, policy, base]) => {
  const { compare, evidenceFile } = await import("/static/remember.js");
  const { parsePolicy } = await import("/static/verify.js");
  const found = await compare({ origin, note, policy: parsePolicy(new TextEncoder().encode(policy)), base });
  return { ...found, file: found.evidence && evidenceFile(found.evidence) };
}"""
BLOCKED = "Object.defineProperty(window, 'localStorage', { get() { throw new DOMException('', 'SecurityError') } })"
FULL = "Storage.prototype.setItem = () => { throw new DOMException('', 'QuotaExceededError') }"
JUNK = """origin => {
  for (const junk of ["", "no JSON", "null", "[]", "{}", '{"note": 7, "size": 1}', '{"note": "x", "size": 5, "at": 0}']) {
    localStorage.setItem(`suxin.seen.${origin}.${junk}`, junk);
  }
  localStorage.setItem(`suxin.seen.${origin}`, '{"note": "x", "size": 5, "at": 0}');
  localStorage.setItem(`suxin.contradiction.${origin}`, "{");
}"""


@dataclass
class Log:
    """A log that its operator shows as he likes."""

    leaves: list[bytes] = field(default_factory=list)  # leaf hashes
    size: int = 0
    key: SigningKey = KEY
    spoil: bool = False
    down: str = "nothing"

    def grow(self, size: int, name: str = "leaf") -> None:
        self.leaves += [leaf_hash(f"{name} {number}".encode()) for number in range(len(self.leaves), size)]
        self.size = size

    def note(self, size: int | None = None) -> str:
        size = self.size if size is None else size
        return sign_checkpoint(Checkpoint(ORIGIN, size, root_of(self.leaves[:size])), self.key)

    def answer(self, path: str) -> tuple[int, bytes]:
        if path.startswith(self.down):
            return 503, b"busy"
        if path == "/checkpoint":
            return 200, self.note().encode()
        try:
            tile = parse_tile_path(path.removeprefix("/tile/"))
        except VerificationError:
            return 404, b""
        if tile.width > tile_width(tile, self.size):
            return 404, b""
        body = encode_tile(tile, nodes_of(self.leaves[: self.size]))
        return 200, (bytes([body[0] ^ 1]) + body[1:] if self.spoil else body)


class _Site(BaseHTTPRequestHandler):
    log: Log

    def do_GET(self) -> None:
        if self.path.startswith(("/checkpoint", "/tile/")):
            status, body = self.log.answer(self.path)
            headers = {"content-type": "application/octet-stream"}
        elif self.path.startswith("/en/verify"):
            site = replace(SITE, origin=ORIGIN, vkey=format_vkey(VKEY))
            status, headers = 200, render.headers("en")
            body = render.page("verify.html", VerifyPage(), "en", site=site, path="/verify").encode()
        else:
            status, (headers, body) = 200, answer(self.path)
        self.send_response(status)
        for header, value in (headers | {"content-length": str(len(body))}).items():
            self.send_header(header, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_args: object) -> None:
        pass


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Site) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture
def log() -> Log:
    _Site.log = Log()
    _Site.log.grow(5)
    return _Site.log


@pytest.fixture
def page(browser: Browser, url: str) -> Iterator[Page]:
    """A reader's page with her own memory."""
    context = browser.new_context()
    opened = context.new_page()
    opened.goto(url)
    yield opened
    context.close()


def visit(page: Page, note: str | None = None, base: str | None = "") -> dict[str, Any]:
    found: dict[str, Any] = page.evaluate(COMPARE, [ORIGIN, note, POLICY, base])
    return found


def weight(found: dict[str, Any]) -> Weight:
    """What the kept evidence shows to a stranger who has the log's key."""
    kept = parse_contradiction(found["file"].encode())
    assert kept.code == found["code"]
    return weigh(kept, VKEY)


def test_every_size_continues_the_one_before(page: Page, log: Log) -> None:
    assert visit(page)["state"] == "first"
    before = 5
    for size in (5, 6, 7, 8, 9, 255, 256, 257, 511, 512, 600, 1_030):
        log.grow(size)
        found = visit(page)
        due = "grown" if size > before else "same"
        assert (found["state"], found["size"], found["seen"]["size"], found["detail"]) == (due, size, before, "")
        before = size


def test_a_fork_of_one_size_convicts(page: Page, log: Log) -> None:
    good = visit(page) and log.leaves
    log.leaves = [*good[:4], leaf_hash(b"another")]
    for _ in range(2):
        found = visit(page)
        assert (found["state"], found["code"]) == ("fails", "root-differs")
        assert weight(found) is Weight.CONVICTS
    log.leaves = good
    assert visit(page)["state"] == "same", "what was seen first is still remembered"
    kept = page.evaluate("async (origin) => (await import('/static/remember.js')).evidence(origin)", ORIGIN)
    assert kept["code"] == "root-differs", "and the contradiction is not forgotten"


@pytest.mark.parametrize("size", [6, 8, 300])
def test_a_longer_log_that_does_not_continue_convicts(page: Page, log: Log, size: int) -> None:
    visit(page)
    log.leaves = [leaf_hash(b"another"), *log.leaves[1:]]
    log.grow(size)
    found = visit(page)
    assert (found["state"], found["code"]) == ("fails", "consistency-invalid")
    assert "does not begin with the 5" in found["detail"]
    assert weight(found) is Weight.CONVICTS
    assert found["seen"]["size"] == 5


def test_a_log_that_goes_back_fails(page: Page, log: Log) -> None:
    visit(page)
    log.size = 4
    found = visit(page)
    assert (found["state"], found["code"]) == ("fails", "log-truncated")
    assert weight(found) is Weight.CLAIMS
    log.size = 5
    assert visit(page)["state"] == "same"


def test_an_older_state_in_a_bundle_is_held_against_the_newer_one(page: Page, log: Log) -> None:
    log.grow(9)
    visit(page)
    assert visit(page, log.note(7))["state"] == "same"
    forked = Log()
    forked.grow(7, "another")
    found = visit(page, forked.note())
    assert (found["state"], found["code"]) == ("fails", "consistency-invalid")
    assert weight(found) is Weight.CONVICTS


def test_without_anybody_to_ask_only_one_size_is_compared(page: Page, log: Log) -> None:
    assert visit(page, log.note(), None)["state"] == "first"
    assert visit(page, log.note(), None)["state"] == "same"
    log.grow(6)
    assert visit(page, log.note(), None)["state"] == "open"
    log.leaves = [leaf_hash(b"another"), *log.leaves[1:]]
    assert visit(page, log.note(5), None)["code"] == "root-differs"


def test_tiles_that_do_not_lead_to_the_root_fail_and_no_tiles_leave_it_open(page: Page, log: Log) -> None:
    visit(page)
    log.grow(7)
    log.down = "/tile/"
    assert visit(page)["state"] == "open"
    log.down, log.spoil = "nothing", True
    found = visit(page)
    assert (found["state"], found["code"]) == ("fails", "consistency-invalid")
    assert weight(found) is Weight.CLAIMS
    log.spoil = False
    assert visit(page)["seen"]["size"] == 5
    log.down = "/"
    assert visit(page)["state"] == "open"


def test_a_checkpoint_of_another_key_fails_and_what_is_none_leaves_it_open(page: Page, log: Log) -> None:
    visit(page)
    log.key = OTHER
    found = visit(page)
    assert (found["state"], found["code"], found["evidence"]) == ("fails", "note-unsigned", None)
    page.route("**/checkpoint", lambda route: route.fulfill(body="<!doctype html><title>Sign in to this network</title>"))
    assert visit(page)["state"] == "open"


def test_a_log_that_the_policy_does_not_know_is_never_more_than_open(page: Page, log: Log) -> None:
    found = page.evaluate(COMPARE, ["suxin.example/other/1", None, POLICY, ""])
    assert (found["state"], found["code"]) == ("open", "log-unknown")


@pytest.mark.parametrize("script", [BLOCKED, FULL], ids=["blocked", "full"])
def test_a_browser_that_keeps_nothing_still_answers(browser: Browser, url: str, log: Log, script: str) -> None:
    context = browser.new_context()
    context.add_init_script(script)
    page = context.new_page()
    page.goto(url)
    for _ in range(2):
        assert visit(page)["state"] == "first"
    forked = Log()
    forked.grow(5, "another")
    assert weight(visit(page, forked.note())) is Weight.CONVICTS, "the evidence is there even where it cannot be kept"
    context.close()


def test_somebody_else_s_texts_in_the_store_are_no_memory(page: Page, log: Log) -> None:
    page.evaluate(JUNK, ORIGIN)
    assert visit(page)["state"] == "first"
    assert visit(page)["state"] == "same"


def test_what_is_kept_is_bounded(page: Page, log: Log) -> None:
    page.evaluate("""() => {
      for (let i = 0; i < 40; i++) localStorage.setItem(`suxin.seen.log${i}`, JSON.stringify({ note: "x", size: 1, at: i }));
    }""")
    stranger = "".join(f"— other{number}.example {'A' * 92}\n" for number in range(50))
    assert visit(page, log.note() + stranger)["state"] == "first"
    names = page.evaluate("() => Object.keys(localStorage).filter((name) => name.startsWith('suxin.seen.'))")
    assert set(names) == {f"suxin.seen.{ORIGIN}", *(f"suxin.seen.log{number}" for number in range(25, 40))}
    kept = page.evaluate("(name) => JSON.parse(localStorage.getItem(name))", f"suxin.seen.{ORIGIN}")
    assert kept["note"] == log.note(), "signature lines that the policy does not know are not kept"


def test_the_page_says_it_and_offers_the_evidence(page: Page, log: Log, url: str, tmp_path: Path) -> None:
    memory = page.locator("[data-memory]")
    for state, words in (("first", "First visit"), ("same", "still the one that you saw")):
        page.goto(f"{url}/en/verify")
        memory.wait_for()
        assert memory.get_attribute("data-memory") == state
        assert words in memory.inner_text()
    log.leaves = [*log.leaves[:4], leaf_hash(b"another")]
    page.reload()
    memory.wait_for()
    assert (memory.get_attribute("data-memory"), memory.get_attribute("data-code")) == ("fails", "root-differs")
    with page.expect_download() as download:
        page.get_by_role("link", name="Save the evidence").click()
    download.value.save_as(tmp_path / "evidence.json")
    assert weigh(parse_contradiction((tmp_path / "evidence.json").read_bytes()), VKEY) is Weight.CONVICTS
    assert json.loads((tmp_path / "evidence.json").read_bytes())["origin"] == ORIGIN
    log.leaves = Log().leaves
    log.grow(5)
    page.reload()
    page.get_by_text("found a contradiction").wait_for()
    assert memory.get_attribute("data-memory") == "same"
    page.get_by_role("button", name="Forget it").click()
    page.locator("[data-memory=first]").wait_for()
    assert page.get_by_text("found a contradiction").count() == 0
