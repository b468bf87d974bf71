"""The verifier in the browser, in a real Chromium: the vectors of maps and policies, and bundles with a flipped bit."""

from __future__ import annotations

import base64
import json
import random
from collections.abc import Iterator
from typing import Any

import pytest
from fakes.bundle_cases import BUNDLES, CHECK, VECTORS, asked
from playwright.sync_api import Browser, Page
from rig.static_files import served

from suxin.api import render
from suxin.api.verify_terms import terms_js
from suxin.ledger.bundle_verify import verify_bundle
from suxin.ledger.policy import parse_policy
from suxin.trace.lifecycle import TradeRules

MAPS = json.loads((VECTORS / "map.json").read_bytes())
POLICIES = json.loads((VECTORS / "policy.json").read_bytes())

MAP = """async (cases) => {
  const { parseMapProof, verifyMap, mapKey } = await import("/static/verify-map.js");
  const { unb64u, b64u } = await import("/static/verify-bytes.js");
  return cases.map(({ root, depth, proof, queries }) => {
    try {
      const asked = queries.map((row) => {
        if (b64u(mapKey(row.stream)) !== row.key) throw new Error("another key");
        return { key: unb64u(row.key), record: "head" in row ? { count: row.count, head: unb64u(row.head) } : null };
      });
      verifyMap(unb64u(root), depth, parseMapProof(proof), asked);
      return "";
    } catch (error) {
      return error.code ?? String(error);
    }
  });
}"""
POLICY = """async (texts) => {
  const { parsePolicy, quorumMet } = await import("/static/verify-note.js");
  return texts.map(({ bytes, quorum }) => {
    try {
      const policy = parsePolicy(Uint8Array.from(atob(bytes), (character) => character.charCodeAt(0)));
      const full = policy.witnesses.filter((one) => one.full).map((one) => one.name);
      return { reason: "", full, quorum: quorum.map((names) => quorumMet(policy, names)) };
    } catch (error) {
      return { reason: error.code ?? String(error), full: [], quorum: [] };
    }
  });
}"""


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    """An empty page of a site on this machine: only such a page, or one over HTTPS, has WebCrypto."""
    with served() as url:
        opened = browser.new_page()
        opened.goto(url)
        yield opened
        opened.close()


def policy_of(case: dict[str, Any]) -> bytes:
    return bytes.fromhex(case["policy_hex"]) if "policy_hex" in case else case["policy"].encode()


def test_every_vector_of_the_map(page: Page) -> None:
    due = {case["name"]: case.get("reason", "") for case in MAPS["cases"]}
    assert dict(zip(due, page.evaluate(MAP, MAPS["cases"]), strict=True)) == due


def test_every_vector_of_the_policy(page: Page) -> None:
    cases = POLICIES["cases"]
    texts = [
        {
            "bytes": base64.b64encode(policy_of(case)).decode(),
            "quorum": [row["cosigned"] for row in case.get("quorum", ())],
        }
        for case in cases
    ]
    for case, found in zip(cases, page.evaluate(POLICY, texts), strict=True):
        met = [row["met"] for row in case.get("quorum", ())]
        assert found == {"reason": case.get("reason", ""), "full": case.get("full", []), "quorum": met}, case["name"]


@pytest.mark.parametrize("name", ["plain", "carried", "erased", "cosigned"])
def test_a_flipped_bit_is_judged_as_python_judges_it(page: Page, name: str) -> None:
    """60 places drawn from a fixed seed; results, codes and the index that is named must be the same."""
    good = BUNDLES["bundles"][name].encode()
    policy = BUNDLES["policies"]["full witness"]
    now = json.loads(good)["epoch"]["leaf"]["time"]
    draw = random.Random(name)
    flipped = []
    for _ in range(60):
        raw = bytearray(good)
        raw[draw.randrange(len(raw))] ^= 1 << draw.randrange(8)
        flipped.append(bytes(raw))
    wrong = []
    for raw, found in zip(flipped, page.evaluate(CHECK, [asked(raw, policy, now) for raw in flipped]), strict=True):
        report = verify_bundle(raw, parse_policy(policy.encode()), now, TradeRules())
        due = [[name, f"{one.state} {one.code}", one.index] for name, one in report.results.by_name().items()]
        if (found["verdict"], found["results"]) != (report.verdict, due):
            wrong.append((found, due))
    assert wrong == []


def test_bounds_are_those_of_python(page: Page) -> None:
    """Too large for the file of vectors: one more of each than may be read."""
    good = json.loads(BUNDLES["bundles"]["short"])
    leaf = good["entries"][0][1]
    many = [
        good | {"streams": good["streams"] | {good["subject"]: list(range(1, 50_002))}},
        good | {"streams": good["streams"] | {f"p:{number}": [] for number in range(2_001)}},
        good | {"withheld": [[number, good["epoch"]["leaf"]["map"]] for number in range(10, 10_011)]},
        good | {"checkpoint": "x" * 8 * 1024 * 1024},
        good | {"entries": [[1, leaf | {"statement": leaf["statement"] | {"body": {"key": "x" * 16_384}}}]]},
    ]
    texts = [json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode() for value in many]
    policy = BUNDLES["policies"]["log"]
    found = [
        {name: said for name, said, _ in one["results"]} for one in page.evaluate(CHECK, [asked(raw, policy, 0) for raw in texts])
    ]
    due = [verify_bundle(raw, parse_policy(policy.encode()), 0, TradeRules()).results.by_name() for raw in texts]
    assert found == [{name: f"{one.state} {one.code}" for name, one in results.items()} for results in due]
    assert [one["form"] for one in found] == ["fails bundle-too-large"] * 4 + ["fails statement-malformed"]


def test_the_browser_s_schemas_are_those_of_the_book() -> None:
    assert render.static_bytes("verify-terms.js").decode() == terms_js(), "run python -m suxin.api.verify_terms"
