//# allFunctionsCalledOnLoad
// The check on /verify: a bundle dropped or chosen, checked on this device under a policy that was pinned before; and the site's
// own checkpoint held against the one that this browser saw last.
import { compare, evidence, evidenceFile, forget } from "./remember.js";
import { Unsupported, parsePolicy, verifyBundle } from "./verify.js";
import { MARKS, View, element, moment, refill } from "./verify-view.js";

const root = document.getElementById("check");
const answer = document.getElementById("check-answer");
const view = new View(document.getElementById("check-words"), document.documentElement.lang);
const { origin, policy: offered } = root.dataset;

// -- policy ------------------------------------------------------------------------------------------------------------

const place = `suxin.policy.${origin}`;

/** The site's own policy as it was at the first visit; without a memory it is that of this page. */
function pinned() {
  try {
    const found = localStorage.getItem(place);
    if (found === null) localStorage.setItem(place, offered);
    return found ?? offered;
  } catch {
    return offered;
  }
}

const chosenPolicy = () => document.getElementById("check-policy").files[0];

async function policyNow() {
  const chosen = chosenPolicy();
  return parsePolicy(chosen ? new Uint8Array(await chosen.arrayBuffer()) : new TextEncoder().encode(pinned()));
}

function showChange() {
  const changed = document.getElementById("check-changed");
  changed.hidden = pinned() === offered;
  changed.querySelector("button").addEventListener("click", () => {
    localStorage.setItem(place, offered);
    changed.hidden = true;
    if (latest) check(latest);
    recollect();
  });
}

// -- what this browser saw before ----------------------------------------------------------------------------------------

const WORDS = { "root-differs": "remember-fork", "log-truncated": "remember-back" };

/** Say what the comparison came to; what contradicts itself is offered as a file, so that others can be shown it. */
function tellMemory(place, found) {
  const state = { fails: "fails", open: "open" }[found.state] ?? "holds";
  const values = { size: found.size, before: found.seen?.size, time: found.seen && moment(found.seen.at) };
  const name = found.state === "fails" ? (WORDS[found.code] ?? "remember-broken") : `remember-${found.state}`;
  const told = element("p", "", { "data-memory": found.state, "data-code": found.code, "data-state": state });
  told.append(element("b", `${MARKS[state]} `), view.say(name, values));
  if (found.detail) told.append(` · ${found.code} ${found.detail}`);
  refill(place, told);
  const kept = found.evidence ?? evidence(origin);
  if (!kept) return;
  if (!found.evidence) place.append(element("p", view.say("remember-kept", { time: moment(kept.found) })));
  const file = new Blob([evidenceFile(kept)], { type: "application/json" });
  const name_ = `suxin-${origin.replace(/[^a-z0-9.-]+/gi, "-")}-${kept.code}.json`;
  const link = element("a", view.say("remember-save"), { class: "btn alt", download: name_, href: URL.createObjectURL(file) });
  const anew = element("button", view.say("remember-forget"), { type: "button", class: "btn alt" });
  anew.addEventListener("click", () => {
    forget(origin);
    recollect();
  });
  const row = element("p", "", { class: "pick" });
  row.append(link, " ", anew);
  place.append(row);
}

async function recollect(note = null) {
  try {
    const found = await compare({ origin, note, policy: await policyNow() });
    tellMemory(document.getElementById("check-memory"), found);
    return found;
  } catch {
    return null; // a policy that cannot be read is said where the bundle is
  }
}

// -- check -------------------------------------------------------------------------------------------------------------

let latest = null;
let turn = 0;

async function check(file) {
  latest = file;
  const own = ++turn; // a slower check of an earlier file must not overwrite a later answer
  const show = (parts) => own === turn && refill(answer, ...parts);
  show([element("p", view.say("checking"))]);
  const source = chosenPolicy() ? "policy-file" : "policy-own";
  let policy;
  try {
    policy = await policyNow();
  } catch (error) {
    show(view.trouble(`${view.say("bad-policy")} ${view.reason(error.code ?? "")} ${error.detail ?? ""}`));
    return;
  }
  try {
    const report = await verifyBundle(new Uint8Array(await file.arrayBuffer()), policy, Date.now());
    show(view.tell(report, policy, source));
    // Of another book this site has no tiles, and nobody here can be asked.
    if (own === turn && report.results.on_record.state === "holds" && report.origin === origin) await recollect(report.note);
  } catch (error) {
    show(view.trouble(error instanceof Unsupported ? view.say("unsupported") : `${view.say("open")}: ${error.message}`));
  }
}

document.getElementById("check-bundle").addEventListener("change", ({ target }) => target.files[0] && check(target.files[0]));
document.getElementById("check-policy").addEventListener("change", () => latest && check(latest));
document.addEventListener("dragover", (event) => event.preventDefault());
document.addEventListener("drop", (event) => {
  event.preventDefault(); // else the browser leaves the page for the file
  const file = event.dataTransfer.files[0];
  if (file) check(file);
});
showChange();
root.hidden = false;
recollect();
