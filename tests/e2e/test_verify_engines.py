"""Whatever checks signatures in the browser, WebCrypto or the library that stands in for it, the verdicts are Python's."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from fakes.bundle_cases import BUNDLES, CHECK, VECTORS, all_asked, wrong_of
from playwright.sync_api import Browser, Page
from rig.static_files import WITHOUT_ED25519, serve_insecurely, served

from suxin.ledger.errors import Refused, VerificationError
from suxin.ledger.hashing import BATCH_TAG, STATEMENT_TAG
from suxin.ledger.keys import check_point, verify

KEYS = json.loads((VECTORS / "keys.json").read_bytes())
# A browser whose Ed25519 says yes to everything must not be believed.
CREDULOUS = "SubtleCrypto.prototype.verify = () => Promise.resolve(true);"
ENGINE = """async () => (await (await import("/static/verify-ed25519.js")).engine()).name"""
SIGNATURES = """async (cases) => {
  const { verifySignature } = await import("/static/verify-ed25519.js");
  const bytes = (text) => Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));
  const found = [];
  for (const [key, message, signature] of cases) {
    try {
      await verifySignature(bytes(key), bytes(message), bytes(signature));
      found.push("");
    } catch (error) {
      found.push(error.code ?? String(error));
    }
  }
  return found;
}"""
PUBLICS = """async (texts) => {
  const { parsePublic, keyId } = await import("/static/verify-ed25519.js");
  return texts.map((text) => {
    try {
      return keyId(parsePublic(text));
    } catch (error) {
      return error.code ?? String(error);
    }
  });
}"""


@pytest.fixture(scope="module", params=["webcrypto", "without Ed25519", "not secure"])
def page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A page in a browser of one of three kinds."""
    opened = browser.new_page()
    with served() as url:
        if request.param == "without Ed25519":
            opened.add_init_script(WITHOUT_ED25519)
        opened.goto(serve_insecurely(opened) if request.param == "not secure" else url)
        assert opened.evaluate("() => crypto.subtle === undefined") is (request.param == "not secure")
        assert opened.evaluate(ENGINE) == ("webcrypto" if request.param == "webcrypto" else "noble")
        yield opened
    opened.close()


def cases_of_signatures() -> list[tuple[bytes, bytes, bytes, str]]:
    """Key, message, signature and reason of each vector."""
    tags = {"statement": STATEMENT_TAG, "batch": BATCH_TAG}
    found = []
    for case in KEYS["signatures"]:
        message = tags[case["tag"]] + case["message"].encode()
        key, signature = bytes.fromhex(case["public_hex"]), bytes.fromhex(case["signature_hex"])
        found.append((key, message, signature, case.get("reason", "")))
    return found


def test_every_vector_of_signatures(page: Page) -> None:
    cases = cases_of_signatures()
    found = page.evaluate(SIGNATURES, [[part.hex() for part in case[:3]] for case in cases])
    assert found == [case[3] for case in cases]
    assert found == [by_python(*case[:3]) for case in cases]


def by_python(key: bytes, message: bytes, signature: bytes) -> str:
    """What the book's own verifier says."""
    try:
        check_point(key)
        verify(key, message, signature)
    except (Refused, VerificationError):
        return "signature-invalid"
    return ""


def test_every_vector_of_keys(page: Page) -> None:
    found = page.evaluate(PUBLICS, [case["text"] for case in KEYS["publics"]])
    assert found == [case["key_id"] if case["valid"] else case["code"] for case in KEYS["publics"]]


def test_every_vector_of_the_bundle(page: Page) -> None:
    assert wrong_of(page.evaluate(CHECK, all_asked())) == []
    assert len(BUNDLES["cases"]) >= 150


def test_the_library_is_loaded_only_where_it_is_needed(browser: Browser) -> None:
    loaded: dict[str, list[str]] = {}
    with served() as url:
        for name, script in {"webcrypto": "", "noble": WITHOUT_ED25519, "credulous": CREDULOUS}.items():
            opened = browser.new_page()
            paths: list[str] = []
            opened.on("request", lambda request, to=paths: to.append(request.url))
            opened.add_init_script(script)
            opened.goto(url)
            opened.evaluate(ENGINE)
            loaded[name] = [path for path in paths if "/vendor/" in path]
            opened.close()
    assert loaded["webcrypto"] == []
    assert len(loaded["noble"]) == len(loaded["credulous"]) == 5


def test_without_the_library_nothing_is_said(browser: Browser) -> None:
    opened = browser.new_page()
    with served() as url:
        opened.add_init_script(WITHOUT_ED25519)
        opened.route("**/vendor/**", lambda route: route.abort())
        opened.goto(url)
        answer: Any = opened.evaluate(
            "async (cases) => { try { return await (" + CHECK + ")(cases) } catch (error) { return error.constructor.name } }",
            all_asked()[:1],
        )
        assert answer == "Unsupported"
        opened.unroute("**/vendor/**")
        # A library that did not come may come the next time. A browser keeps a failed import in mind, so: another page.
        opened.reload()
        assert opened.evaluate(ENGINE) == "noble"
    opened.close()
