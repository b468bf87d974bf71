// The page /papers: a file that the reader chose, or fetched from this server, is hashed on this device and compared with the hashes
// in the record, which is checked first. Nothing of the file leaves this page. Source: docs/formats/bundle.md, statement.md.
import { hex, sha256, unb64u, utf8 } from "./verify-bytes.js";
import { parsePolicy, verifyBundle } from "./verify.js";
import { View, element, refill } from "./verify-view.js";
import { pinnedPolicy } from "./voice-store.js";

const MOST_MB = 200;
const root = document.getElementById("papers");
const { bundle, origin, policy } = root.dataset;
const answer = document.getElementById("papers-answer");
const view = new View(document.getElementById("papers-words"), document.documentElement.lang);
const rows = [...document.querySelectorAll("#papers-list > li")];

function tell(kind, ...parts) {
  const box = element("div", "", { class: kind === "bad" ? "note alarm" : "note", "data-answer": kind });
  const inner = element("div", "");
  inner.append(...parts.filter(Boolean).map((part) => (typeof part === "string" ? element("p", part) : part)));
  box.append(inner);
  refill(answer, box);
  if (kind !== "busy") answer.scrollIntoView({ block: "nearest" });
}

async function digest(bytes) {
  const { subtle } = globalThis.crypto ?? {}; // absent where the page came without TLS
  return hex(subtle ? new Uint8Array(await subtle.digest("SHA-256", bytes)) : sha256(bytes));
}

/** What the record proves: hash to the entry that names it. `{holds, named, why}`; without a checked record what the page says. */
async function readRecord() {
  try {
    const response = await fetch(bundle, { credentials: "omit" });
    const report = await verifyBundle(new Uint8Array(await response.arrayBuffer()), parsePolicy(utf8(pinnedPolicy(origin, policy))), Date.now());
    if (report.verdict === "fails") {
      const { code } = Object.values(report.results).find(({ state }) => state === "fails");
      return { holds: false, named: new Map(), why: view.say("unproved", { code, reason: view.reason(code) }) };
    }
    if (report.unknown) throw new Error("a log that the policy does not know");
    const named = new Map();
    for (const [index, { statement }] of report.bundle.entries) {
      for (const file of statement.evidence ?? []) named.set(hex(unb64u(file.sha256, 32)), index);
    }
    return { holds: true, named, why: "" };
  } catch {
    return { holds: true, named: new Map(rows.map(({ dataset }) => [dataset.sha256, Number(dataset.index)])), why: view.say("untold") };
  }
}

const record = readRecord().then((found) => {
  for (const row of rows) {
    if (!found.named.has(row.dataset.sha256)) row.append(element("p", view.say("foreign"), { class: "late", "data-foreign": "" }));
  }
  return found;
});

const signer = (index) => rows.find(({ dataset }) => dataset.index === String(index))?.querySelector("p").textContent.split(" · ")[0].trim() ?? "";

/** Say whether bytes are what an entry names: any entry, or the one that is `wanted`. */
async function judge(bytes, wanted = null) {
  const [found, { holds, named, why }] = [await digest(bytes), await record];
  const yours = element("p", view.say("yours", { sha256: found }), { class: "mono" });
  const index = named.get(found);
  const fits = holds && index !== undefined && (wanted === null || found === wanted);
  if (fits) tell("good", view.say(wanted === null ? "fits" : "fits-one", { index, by: signer(index) }), yours, why);
  else if (!holds) tell("bad", why);
  else if (wanted === null) tell("bad", view.say("differs"), yours, why);
  else tell("bad", view.say("other", { index: named.get(wanted) ?? "?" }), yours, why);
  return fits;
}

async function check(file) {
  if (file.size > MOST_MB * 1_000_000) {
    tell("bad", view.say("too-large", { most: MOST_MB }));
    return;
  }
  tell("busy", view.say("reading"));
  const bytes = await file.arrayBuffer().then((buffer) => new Uint8Array(buffer), () => null);
  if (bytes) await judge(bytes);
  else tell("bad", view.say("unreadable"));
}

async function take(row) {
  const { sha256: wanted } = row.dataset;
  tell("busy", view.say("reading"));
  const response = await fetch(`/v1/papers/${wanted}`, { credentials: "omit" }).catch(() => null);
  if (!response?.ok) {
    tell("bad", view.say("gone"));
    return;
  }
  const bytes = new Uint8Array(await response.arrayBuffer());
  if (!(await judge(bytes, wanted))) return;
  const name = /filename="?([\w.]+)/.exec(response.headers.get("content-disposition") ?? "")?.[1] ?? wanted.slice(0, 12);
  const link = element("a", view.say("save"), { class: "btn alt", download: name, href: URL.createObjectURL(new Blob([bytes])) });
  answer.querySelector("[data-answer] > div").append(link);
}

document.getElementById("papers-file").addEventListener("change", ({ target }) => target.files[0] && check(target.files[0]));
for (const row of rows) {
  const button = row.querySelector("[data-fetch]");
  if (!button) continue;
  button.hidden = false;
  button.addEventListener("click", () => take(row));
}
root.hidden = false;
