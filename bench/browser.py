"""What a reader's phone needs to check a product: a bundle of 20 entries in a real Chromium, its processor slowed down six times.

    python bench/browser.py [--streams 1000000] [--leaves 5000000] [--rounds 15] [--throttle 6]

Measured is a first visit: each round is a new page, from the bytes of bundle and policy to the report. The floor is a bare loop
over as many Ed25519 signatures in the same page, keys imported beforehand, by the same engine: WebCrypto, or the library that
stands in where a browser has none. Slowing down concerns the page's own thread; WebCrypto works beside it at full speed.
Prints one JSON line an engine. The aim is a time, so it depends on the machine; the ratio does so less.
"""

from __future__ import annotations

import argparse
import base64
import json
import random
import subprocess
import sys
from pathlib import Path
from statistics import median
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))  # the invented people and the browser of the tests

from fakes.paper import witness_of
from fakes.paper_tales import CARRIER, ITEM, LOT, MAKER, OFFER, PRICE, STREAM, WAYBILL, opening
from fakes.world import Signer, seed
from playwright.sync_api import Browser, sync_playwright
from prove import PLACE, TallPaper, records
from rig.browser import FINDER, FLAGS
from rig.static_files import WITHOUT_ED25519, served

from suxin.ledger.bundle_verify import verify_bundle
from suxin.ledger.commitment import content_leaf
from suxin.ledger.encoding import b64u
from suxin.ledger.policy import format_policy, parse_policy
from suxin.trace.lifecycle import TradeRules

ENTRIES = 20
MS_AIM = 200  # DESIGN section 8; with WebCrypto
SCANS = ("PICKED_UP", "HUB_IN", "HUB_OUT", "HUB_IN", "HUB_OUT", "HUB_IN", "AT_DELIVERY_DEPOT", "OUT_FOR_DELIVERY")
MEASURE = """async ({ bundle, policy, now, throttled }) => {
  const { verifyBundle, parsePolicy } = await import("/static/verify.js");
  const { fromBase64: bytes } = await import("/static/verify-bytes.js");
  const [given, trusted] = [bytes(bundle), bytes(policy)];
  const start = performance.now();
  const report = await verifyBundle(given, parsePolicy(trusted), now);
  const whole = performance.now() - start;
  const { engine, keyId } = await import("/static/verify-ed25519.js");
  const { name, check } = await engine();
  const state = `${name} ${report.verdict} ${report.entries} ${report.audited} ${report.results.current.state}`;
  const { unb64u, rawOf, utf8 } = await import("/static/verify-bytes.js");
  const { entries } = JSON.parse(new TextDecoder().decode(given));
  const keys = new Map();
  const brought = entries.flatMap(([, { statement }]) => (statement.body.key ? [unb64u(statement.body.key).slice(1)] : []));
  for (const key of brought) keys.set(keyId(key), key);
  const signed = entries.filter(([, { statement }]) => keys.has(statement.key)).map(([, { statement, signature }]) => [
    keys.get(statement.key), Uint8Array.of(...utf8("suxin-statement/v1\\n"), ...rawOf(statement)), unb64u(signature),
  ]);
  for (const [key, message, signature] of signed) if (!(await check(key, message, signature))) throw new Error("a signature");
  const again = performance.now();
  for (let n = 0; n < SIGNATURES; n++) await check(...signed[n % signed.length]);
  return { state, whole, floor: performance.now() - again };
}"""


def bundle_of(streams: int, leaves: int) -> tuple[bytes, bytes, int, int]:
    """The bundle, the reader's policy, her clock and how many signatures there are to check."""
    draw = random.Random(1)
    book = TallPaper(leaves, records(streams))
    maker, carrier = book.register(Signer.new(MAKER), "merchant"), book.register(Signer.new(CARRIER), "courier")
    device, her = Signer.new(f"dev:{'scanner'.ljust(22, '0')}"), Signer.nobody("her code")
    book.say(
        carrier,
        "actor",
        {"company": CARRIER, "party": device.actor},
        {"event": "register", "key": device.public, "role": "device"},
    )
    listing = {"category": "food", "event": "open", "title": {"en": "Ham", "zh": "火腿"}} | PRICE
    book.say(maker, "listing", {"offer": OFFER}, listing)
    book.say(maker, "item", {"item": ITEM, "lot": LOT}, {"weight_g": 5_000})
    book.say(maker, "sale", {"item": ITEM, "offer": OFFER}, {"claim": her.public} | PRICE)
    contents = {"count": 1, "root": b64u(content_leaf(seed("box"), STREAM))}
    parcel = {"contents": contents, "destination": "110101", "origin": "330702"}
    consign = book.say(maker, "consign", {"waybill": WAYBILL}, parcel)
    book.say(maker, "dispatch", {"item": ITEM, "waybill": WAYBILL}, opening(consign.ref))
    for code in SCANS:
        book.say(
            device, "scan", {"waybill": WAYBILL}, {"code": code, "place": PLACE | {"facility": f"HUB-{draw.randrange(100)}"}}
        )
    book.say(carrier, "delivery", {"waybill": WAYBILL}, {"method": "in_person", "place": PLACE})
    book.say_text(her, "review", {"item": ITEM, "offer": OFFER}, {"kind": "first", "stars": 2}, "太咸了。Too salty.")
    book.publish()
    witnesses = (witness_of("w1"), witness_of("w2"), witness_of("w3", full=True))
    book.cosign(*witnesses)
    raw, policy = book.bundle(STREAM), format_policy(book.policy(*witnesses, quorum="w1"))
    report = verify_bundle(raw, parse_policy(policy), book.now, TradeRules())
    if (report.verdict, report.entries, report.audited) != ("holds", ENTRIES, True):
        raise SystemExit(f"no bundle of {ENTRIES} entries that holds: {report}")
    return raw, policy, book.now, ENTRIES + 1 + len(witnesses)


def measured(browser: Browser, url: str, script: str, asked: dict[str, Any], signatures: int, throttle: float) -> dict[str, Any]:
    """One first visit."""
    context = browser.new_context()
    context.add_init_script(script)
    page = context.new_page()
    page.goto(url)
    page.evaluate("() => import('/static/verify.js')")
    context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": throttle})
    found: dict[str, Any] = page.evaluate(MEASURE.replace("SIGNATURES", str(signatures)), asked)
    context.close()
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--streams", type=int, default=1_000_000)
    parser.add_argument("--leaves", type=int, default=5_000_000)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--throttle", type=float, default=6)
    options = parser.parse_args()
    raw, policy, now, signatures = bundle_of(options.streams, options.leaves)
    asked = {"bundle": base64.b64encode(raw).decode(), "policy": base64.b64encode(policy).decode(), "now": now}
    chromium = subprocess.run([FINDER, "--find"], capture_output=True, text=True, check=True).stdout.strip()
    engines = {"webcrypto": "", "noble": WITHOUT_ED25519}
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in engines}
    with served() as url, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, headless=True, args=FLAGS)
        version = browser.version
        for _ in range(options.rounds):
            for name, script in engines.items():
                one = measured(browser, url, script, asked, signatures, options.throttle)
                if one["state"] != f"{name} holds {ENTRIES} true holds":
                    raise SystemExit(f"not checked as it should be: {one['state']}")
                found[name].append(one)
        browser.close()
    for name, rows in found.items():
        times = [one["whole"] for one in rows]
        line = {
            "bench": "browser",
            "case": f"a bundle of {ENTRIES} entries, {name}, processor slowed {options.throttle:g} times",
            "value": round(median(times), 1),
            "unit": "ms",
            "floor": round(median(one["floor"] for one in rows), 1),
            "ratio": round(median(one["whole"] / one["floor"] for one in rows), 2),
            "rounds": options.rounds,
            "min": round(min(times), 1),
            "max": round(max(times), 1),
            "on": [f"{signatures} signatures", f"{len(raw)} bytes", f"{options.streams} streams", f"Chromium {version}"],
        }
        print(json.dumps(line | ({"aim": MS_AIM} if name == "webcrypto" else {})), flush=True)


if __name__ == "__main__":
    main()
