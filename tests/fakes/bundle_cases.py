"""The vectors of bundles as a script in a page takes them, and what it answers."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

VECTORS = Path(__file__).parents[1] / "vectors"
BUNDLES: dict[str, Any] = json.loads((VECTORS / "bundle.json").read_bytes())

CHECK = """async (cases) => {
  const { verifyBundle, parsePolicy } = await import("/static/verify.js");
  const bytes = (text) => Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  const found = [];
  for (const { bundle, policy, now } of cases) {
    const report = await verifyBundle(bytes(bundle), parsePolicy(bytes(policy)), now);
    const results = Object.entries(report.results).map(([name, one]) => [name, `${one.state} ${one.code}`, one.index]);
    const { verdict, audited, unknown } = report;
    found.push({ verdict, audited, unknown, results });
  }
  return found;
}"""
# For a page that takes dropped files: says what it shows of each, at that time of its clock.
DROP = """async (cases) => {
  const answer = document.getElementById("check-answer");
  const found = [];
  for (const [text, now] of cases) {
    Date.now = () => now;
    const held = new DataTransfer();
    held.items.add(new File([text], "bundle.json"));
    document.body.dispatchEvent(new DragEvent("drop", { dataTransfer: held, bubbles: true, cancelable: true }));
    while (!answer.dataset.done) await new Promise((go) => setTimeout(go));
    const rows = [...answer.querySelectorAll("[data-result]")];
    const results = rows.filter((one) => one.dataset.state !== "holds").map((one) => [one.dataset.result, one.dataset]);
    found.push({
      state: answer.querySelector(".verdict").dataset.state,
      results: Object.fromEntries(results.map(([name, { state, code }]) => [name, `${state} ${code}`])),
      words: answer.innerText,
    });
  }
  return found;
}"""


def text_of(case: dict[str, Any]) -> str:
    """Text of a case's bundle."""
    text: str = case["text"] if "text" in case else BUNDLES["bundles"][case["bundle"]]
    for old, new in case.get("edits", []):
        text = text.replace(old, new)
    return text


def asked(bundle: bytes, policy: str, now_ms: int) -> dict[str, Any]:
    """What `CHECK` takes."""
    coded = (base64.b64encode(part).decode() for part in (bundle, policy.encode()))
    return dict(zip(("bundle", "policy"), coded, strict=True)) | {"now": now_ms}


def all_asked() -> list[dict[str, Any]]:
    """Every case of the file, as `CHECK` takes it."""
    return [asked(text_of(case).encode(), BUNDLES["policies"][case["policy"]], case["now_ms"]) for case in BUNDLES["cases"]]


def wrong_of(found: list[dict[str, Any]]) -> list[tuple[str, dict[str, Any]]]:
    """The cases of the file that were not judged as it says."""
    wrong = []
    for case, one in zip(BUNDLES["cases"], found, strict=True):
        results = {name: said for name, said, _ in one["results"] if said != "holds "}
        unknown = "log-unknown" in case["results"].get("on_record", "")
        due = (case["results"], case["verdict"], case.get("audited", False), unknown)
        if (results, one["verdict"], one["audited"], one["unknown"]) != due:
            wrong.append((case["name"], one))
    return wrong
