// The check on /verify: a bundle dropped or chosen, checked on this device, said in the words that the page brings along.
// Nothing here is green unless verify.js says that it holds under a policy that was pinned before.
import { Unsupported, parsePolicy, verifyBundle } from "./verify.js";
import TERMS from "./verify-terms.js";

const root = document.getElementById("check");
const answer = document.getElementById("check-answer");
const isChinese = document.documentElement.lang.startsWith("zh");
const words = new Map(
  [...document.getElementById("check-words").content.querySelectorAll("[data-word]")].map((one) => [one.dataset.word, one.textContent]),
);
const TITLES = ["form", "signatures", "order", "on_record", "complete", "withheld", "current", "witnesses"];
const RESTING = ["order", "on_record", "complete", "withheld"]; // what only a full witness has checked of the whole book
const MARKS = { holds: "✓", fails: "✗", open: "?" };

function say(name, values = {}) {
  return words.get(name).replace(/\{(\w+)\}/g, (_, key) => String(values[key]));
}

const reason = (code) => TERMS.reasons[code]?.[isChinese ? 1 : 0] ?? code;
const moment = (ms) => (ms <= 253402300799999 ? new Date(ms).toISOString().replace(/\.\d+Z$/, "Z") : `${ms} ms`);

function element(tag, text, attributes = {}) {
  const made = document.createElement(tag);
  made.textContent = text; // text only: a bundle is a stranger's
  Object.entries(attributes).forEach(([name, value]) => made.setAttribute(name, value));
  return made;
}

// -- policy ------------------------------------------------------------------------------------------------------------

const offered = root.dataset.policy;
const place = `suxin.policy.${root.dataset.origin}`;

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

function showChange() {
  const changed = document.getElementById("check-changed");
  changed.hidden = pinned() === offered;
  changed.querySelector("button").addEventListener("click", () => {
    localStorage.setItem(place, offered);
    changed.hidden = true;
    if (latest) check(latest);
  });
}

// -- answer ------------------------------------------------------------------------------------------------------------

function whatHolds(name, report, policy) {
  const { entries, signers: keys, epoch, size, withheld: n } = report;
  const time = moment(report.time);
  const said = [];
  if (name === "complete") {
    said.push(say(report.recorded ? "complete" : "absent"));
    if (report.recorded && report.subject.startsWith("p:") && !report.lotKnown) said.push(say("lot"));
  } else if (name === "withheld") said.push(say(n ? "withheld" : "nothing-withheld", { n }));
  else if (name === "witnesses") {
    const full = report.cosigned.filter((one) => one.full).length;
    said.push(say("witnesses", { n: report.cosigned.length, full, quorum: policy.quorum }));
  } else said.push(say(name, { entries, keys, epoch, size, time }));
  if (RESTING.includes(name) && !report.audited) said.push(say("stated"));
  return said;
}

function whatElse({ code, detail, index }) {
  const said = [`${reason(code)} ${code}`];
  if (index !== null) said.push(say("entry", { index }));
  if (detail) said.push(detail);
  return said;
}

function verdictOf(report) {
  if (report.verdict !== "holds") return say(report.verdict);
  return report.results.current.state === "holds" ? say("holds") : say("holds-as-of", { time: moment(report.time) });
}

function show(report, policy, isOwn) {
  // Amber, not green, while the state is not that of now.
  const state = report.verdict === "holds" && report.results.current.state !== "holds" ? "open" : report.verdict;
  const heading = element("p", `${MARKS[state]} ${verdictOf(report)}`, { class: "verdict", "data-state": state });
  const parts = [heading];
  if (report.subject) parts.push(element("p", `${report.subject} · ${report.origin}`, { class: "mono" }));
  if (report.unknown) parts.push(element("p", say("unknown")));
  if (report.verdict === "fails") parts.push(element("p", say("do")));
  const list = element("dl", "", { class: "results" });
  for (const name of TITLES) {
    const result = report.results[name];
    const row = element("div", "", { "data-result": name, "data-state": result.state });
    const about = result.state === "holds" ? whatHolds(name, report, policy) : whatElse(result);
    const states = { holds: say("holds"), fails: say("fails"), open: say("open") };
    row.append(element("dt", say(`title-${name}`)));
    const told = element("dd", "");
    told.append(element("b", `${MARKS[result.state]} ${states[result.state]}`), ` ${about.join(" · ")}`);
    row.append(told);
    list.append(row);
  }
  parts.push(list, element("p", say("not-checked"), { class: "s mut" }));
  parts.push(element("p", say(isOwn ? "policy-own" : "policy-file"), { class: "s mut" }));
  answer.replaceChildren(...parts);
}

function showTrouble(text) {
  answer.replaceChildren(element("p", `${MARKS.open} ${text}`, { class: "verdict", "data-state": "open" }));
}

// -- check -------------------------------------------------------------------------------------------------------------

let latest = null;
let turn = 0;

async function check(file) {
  latest = file;
  const own = ++turn; // a slower check of an earlier file must not overwrite a later answer
  answer.replaceChildren(element("p", say("checking")));
  const chosen = document.getElementById("check-policy").files[0];
  let policy;
  try {
    policy = parsePolicy(chosen ? new Uint8Array(await chosen.arrayBuffer()) : new TextEncoder().encode(pinned()));
  } catch (error) {
    if (own === turn) showTrouble(`${say("bad-policy")} ${reason(error.code ?? "")} ${error.detail ?? ""}`);
    return;
  }
  try {
    const report = await verifyBundle(new Uint8Array(await file.arrayBuffer()), policy, Date.now());
    if (own === turn) show(report, policy, !chosen);
  } catch (error) {
    if (own === turn) showTrouble(error instanceof Unsupported ? say("unsupported") : `${say("open")}: ${error.message}`);
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
