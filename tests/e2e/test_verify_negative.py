"""The JavaScript verifier refuses what must be refused, with the code that Python gives: negative.json in a real Chromium."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fakes.bundle_cases import DROP
from fakes.negative_cases import CASES, NEGATIVE, written_out
from playwright.sync_api import Browser, Page
from rig.static_files import served

from suxin.api.verifier import verifier_html

CODES = """async ([origin, log, witness, cases]) => {
  const { parseNote, verifyNote, parseCheckpoint, verifyCosignatures, parseVkey, parsePolicy } =
    await import("/static/verify-note.js");
  const { need } = await import("/static/verify-bytes.js");
  const { verifyInclusion, verifyConsistency } = await import("/static/verify-tree.js");
  const { parseTilePath, decodeTile, decodeEntries } = await import("/static/verify-tile.js");
  const bytes = (text) => Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));
  const checks = {
    async note({ note }) {
      const read = parseNote(note);
      await verifyNote(read, [parseVkey(log)]);
      need(parseCheckpoint(read.text).origin === origin, "origin-mismatch", "");
      await verifyCosignatures(read, [{ name: "W", key: parseVkey(witness) }]);
    },
    tile({ path, tile_hex: tile, entries_hex: entries, width }) {
      if (path !== undefined) parseTilePath(path);
      else if (tile !== undefined) decodeTile(bytes(tile), width);
      else decodeEntries(bytes(entries), width);
    },
    proof({ inclusion: one, consistency: two }) {
      const path = (one ?? two).path.map(bytes);
      if (one) verifyInclusion(bytes(one.leaf), one.index, one.size, path, bytes(one.root));
      else verifyConsistency(two.old_size, two.new_size, path, bytes(two.old_root), bytes(two.new_root));
    },
    policy: ({ policy }) => parsePolicy(new TextEncoder().encode(policy)),
  };
  const found = [];
  for (const one of cases) {
    try {
      await checks[one.kind](one);
      found.push("");
    } catch (error) {
      found.push(typeof error.code === "string" ? error.code : `${error.name}: ${error.message}`);
    }
  }
  return found;
}"""
BUNDLES = [case for case in CASES if case["kind"] == "bundle"]


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    with served() as url:
        opened = browser.new_page()
        opened.goto(url)
        yield opened
        opened.close()


def test_every_note_tile_proof_and_policy_is_refused_as_by_python(page: Page) -> None:
    cases = [written_out(case) for case in CASES if case["kind"] != "bundle"]
    found = page.evaluate(CODES, [NEGATIVE["origin"], NEGATIVE["log"], NEGATIVE["witness"], cases])
    assert [(c["name"], code) for c, code in zip(cases, found, strict=True)] == [(c["name"], c["reason"]) for c in cases]


def test_every_bundle_is_refused_by_the_file_from_the_disk(browser: Browser, tmp_path: Path) -> None:
    """With each result as Python has it; and none is green."""
    context = browser.new_context(offline=True)
    wrong: list[Any] = []
    for policy, text in NEGATIVE["policies"].items():
        cases = [written_out(case) for case in BUNDLES if case["policy"] == policy]
        file = tmp_path / f"{policy}.html"
        file.write_bytes(verifier_html(text.encode()))
        page = context.new_page()
        page.goto(file.as_uri())
        found = page.evaluate(DROP, [[case["text"], case["now_ms"]] for case in cases])
        wrong += [
            (case["name"], one)
            for case, one in zip(cases, found, strict=True)
            if one["state"] not in ("fails", "open") or one["results"] != case["results"]
        ]
        page.close()
    context.close()
    assert wrong == []
