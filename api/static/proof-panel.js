// The panel of a product's or parcel's page. It fetches the bundle of what the address names, checks it on this device, draws
// from it what the page must show, and compares. Nothing is green that was not checked; the words are the script's own, for
// the page is what is judged. Source: DESIGN 4; docs/formats/record.md.
import { keyId, parsePublic } from "./verify-ed25519.js";
import { Unsupported, parsePolicy, verifyBundle } from "./verify.js";
import { breathe, difference, drawn, isFramed } from "./record-compare.js";
import { complete, drawing, placesOf } from "./record-formats.js";
import { quote, recordOf } from "./record-model.js";
import { readQr } from "./record-qr.js";
import { trace, waybill } from "./record-view.js";
import { compare as recollect, evidence, evidenceFile } from "./remember.js";

const RESULTS = ["signatures", "order", "on_record", "complete", "withheld", "current", "witnesses"];
const RESTING = ["order", "on_record", "complete", "withheld"]; // what only a full witness has checked of the whole book
const BREAKS = { "root-differs": "book-fork", "log-truncated": "book-back" };
const ICONS = { holds: "check", fails: "x", open: "q", none: "dash" };
// The pictures that the page has loaded already, as far as they are the site's.
const SPRITE = /^\/static\/icons\.svg\?v=[0-9a-f]{12}(?=#)/.exec(document.querySelector("use")?.getAttribute("href"))?.[0] ?? "/static/icons.svg";
const [, inAddress = "", path] = /^(?:\/(zh-CN|en)(?=\/))?(\/.*)$/.exec(location.pathname);
const page = document.documentElement;
const main = document.querySelector("main");
const lang = page.lang === "en" ? "en" : "zh-CN";
const panel = document.querySelector("section.proof") ?? document.createElement("section");
const asked = path.startsWith("/w/") ? `/v1/waybills/${path.slice(3)}/bundle` : `/v1/products${path}/bundle`;
const given = { epoch: Number(panel.dataset.epoch), size: Number(panel.dataset.size), time: Number(panel.dataset.time) };
let words;
let hasAll = false;
let reasons = {}; // loaded where something does not hold

/** A difference between page and proof; `values` fill its words. */
class Difference extends Error {
  constructor(code, values = {}) {
    super(code);
    Object.assign(this, { code, values });
  }
}

const say = (name, values = {}) => (words.panel[name] ?? name).replace(/\{(\w+)\}/g, (_, key) => String(values[key] ?? ""));
const reason = (code) => reasons[code]?.[lang === "en" ? 0 : 1] ?? code;
const moment = (ms) => drawing(words, new Map()).f.moment(ms).text.replace(/<[^>]*>/g, "");
const number = (value) => drawing(words, new Map()).f.number(Number(value));

/** Load the words of what seldom happens; whether they are new. What has no words is called by its code. */
async function haveAllWords() {
  const isNew = !hasAll;
  hasAll = true;
  if (isNew) complete(words, (await (lang === "en" ? import("./record-rest-en.js") : import("./record-rest-zh.js"))).default);
  return isNew;
}

function element(tag, text = "", attributes = {}) {
  const made = document.createElement(tag);
  made.textContent = text; // text only: a bundle is a stranger's
  Object.entries(attributes).forEach(([name, value]) => made.setAttribute(name, value));
  return made;
}

function icon(id) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `${SPRITE}#${id}`);
  svg.setAttribute("class", "i");
  svg.setAttribute("aria-hidden", "true");
  svg.append(use);
  return svg;
}

// -- what is said ------------------------------------------------------------------------------------------------------

/** Show a state: `none`, `wait`, `ok`, `open` or `fail`; the colour follows from it, and so does the word. */
function show(state, heading, leads, rest = []) {
  page.dataset.proof = state;
  const head = element("h2", "", { id: "proof-h" });
  head.append(icon({ ok: "check", fail: "warn", wait: "clock" }[state] ?? "q"), heading);
  const live = panel.querySelector("[role=status]") ?? element("div", "", { role: "status" });
  live.textContent = "";
  live.append(head, ...leads.map((text) => element("p", text, { class: "lead" })));
  const actions = element("div", "", { class: "acts two-up" });
  for (const [href, sign, text] of [[asked, "down", say("bundle")], [`/${lang}/verify`, "q", say("how")]]) {
    const link = element("a", "", { class: "btn alt", href });
    link.append(icon(sign), text);
    if (href === asked) link.setAttribute("download", "");
    actions.append(link);
  }
  if (state === "wait") {
    for (const fold of panel.querySelectorAll("details")) fold.remove();
    return; // the list stays, so that nothing jumps
  }
  for (const child of [...panel.childNodes]) if (child !== live) child.remove();
  const folds = rest.filter((part) => part.localName === "details");
  panel.append(live, ...rest.filter((part) => !folds.includes(part)), actions, ...folds);
}

function check(name, state, text) {
  const item = element("li", "", { "data-result": name, "data-state": state });
  const said = element("span");
  const states = { holds: say("holds"), fails: say("fails"), open: say("could-not"), none: say("not") };
  said.append(element("b", say(`r-${name}`)), " ", element("small", [states[state], ...text].filter(Boolean).join(" · ")));
  item.append(icon(ICONS[state]), said);
  return item;
}

function found(name, report) {
  const { state, code, index } = report.results[name];
  if (state !== "holds") return [`${reason(code)} (${code})`, index === null ? "" : say("entry", { index: number(index) })];
  const full = report.cosigned.filter((one) => one.full).length;
  const figures = {
    signatures: () => say("n-signed", { entries: number(report.entries), keys: number(report.signers) }),
    withheld: () => say("n-withheld", { n: number(report.withheld) }),
    witnesses: () => say("n-witnesses", { n: number(report.cosigned.length), full: number(full) }),
    current: () => moment(report.time),
    complete: () => `${say("complete")} ${report.lotKnown || report.subject[0] === "w" ? "" : say("lot")}`.trim(),
  };
  return [figures[name]?.(), RESTING.includes(name) && !report.audited ? say("stated-short") : ""];
}

/** What this browser has seen of the book before, as one more result. */
function seenBefore({ state, code, seen, size }) {
  const time = seen ? moment(seen.at) : "";
  const values = { time, size: number(size ?? 0), before: number(seen?.size ?? 0) };
  const isBroken = state === "fails";
  const name = isBroken ? (BREAKS[code] ?? "book-broken") : `book-${state}`;
  return check("book", { fails: "fails", open: "open", first: "none" }[state] ?? "holds", [say(name, values)]);
}

function checks(report, fault) {
  const list = element("ul", "", { class: "checks", "aria-label": say("results") });
  const state = fault ? "fails" : report.verdict === "fails" ? "none" : "holds";
  list.append(check("page", state, fault ? [] : state === "holds" ? [say("same")] : []));
  for (const name of RESULTS) list.append(check(name, report.results[name].state, found(name, report)));
  if (report.book) list.append(seenBefore(report.book));
  return list;
}

/** The notes that convict, to be saved. */
function evidenceOf(report) {
  const kept = evidence(report.origin);
  if (!kept) return [];
  const href = URL.createObjectURL(new Blob([evidenceFile(kept)], { type: "application/json" }));
  const name = `suxin-evidence-${report.origin.replace(/[^a-z0-9.-]/gi, "_")}.json`;
  const link = element("a", "", { class: "btn", href, download: name });
  link.append(icon("down"), say("book-save"));
  return [link];
}

function details(report) {
  const made = element("details");
  const summary = element("summary");
  summary.append(icon("chev"), say("details"));
  const list = element("dl", "", { class: "kv" });
  const isRead = report.time !== undefined;
  const state = isRead && say("state-of", { epoch: number(report.epoch), size: number(report.size), time: moment(report.time) });
  for (const [name, text] of isRead ? [["book", report.origin], ["state", state]] : []) list.append(element("dt", say(name)), element("dd", text));
  const notes = [say("policy"), say("outside"), say("limits")];
  made.append(summary, list, ...notes.map((text) => element("p", text, { class: "s mut pad" })));
  return made;
}

/** Mark the row that is not as it was recorded, and say where the two part. */
async function showFault(report, fault) {
  await haveAllWords();
  const { code, values } = fault;
  const rest = [];
  if (values.due !== undefined) {
    const list = element("dl", "", { class: "kv parted" });
    for (const [name, text] of [["shown", values.shown], ["proved", values.due]]) {
      list.append(element("dt", say(name)), element("dd", text.slice(0, 300) || say("nothing")));
    }
    rest.push(list);
  }
  values.at?.closest("[data-index],section")?.classList.add("parted");
  const shown = { ...values, index: values.index === undefined ? "" : number(values.index) };
  show("fail", say("fail-page"), [say(code, shown), say("fail-lead")], [...rest, checks(report, fault), details(report)]);
}

async function showReport(report, isChanged, said, isAhead = false) {
  const isPlain = Object.values(report.results).every(({ state }) => state === "holds") && !["fails", "open"].includes(report.book?.state);
  if (!isPlain || isChanged || said.length || evidence(report.origin)) await haveAllWords();
  const isStated = !report.audited && report.results.on_record.state === "holds";
  const more = [...(report.sandbox ? [say("sandbox")] : []), ...(isStated ? [say("stated")] : []), ...said, ...(isChanged ? [say("policy-changed")] : [])];
  const rest = [checks(report, null), details(report)];
  const kept = evidence(report.origin);
  if (report.book?.state === "fails" || kept) {
    const why = report.book?.state === "fails" ? (BREAKS[report.book.code] ?? "book-broken") : "book-kept";
    show("fail", say("fail"), [say(why, { time: kept ? moment(kept.found) : "" }), say("fail-lead")], [...rest, ...evidenceOf(report)]);
  } else if (report.verdict === "fails") {
    const bad = Object.values(report.results).find(({ state }) => state === "fails");
    const where = bad.index === null ? "" : `${say("entry", { index: number(bad.index) })}: `;
    show("fail", say("fail"), [`${where}${reason(bad.code)} (${bad.code})`, say("fail-lead")], rest);
  } else if (report.verdict === "open" || isAhead || report.book.state === "open") {
    show("open", say("open"), [report.unknown ? say("unknown") : say("open-lead"), ...more], rest);
  } else if (report.results.current.state !== "holds") {
    show("open", say("as-of", { time: moment(report.time) }), [say("as-of-lead"), ...more], rest);
  } else show("ok", say("ok"), [say("ok-lead"), ...more], rest);
}

// -- policy ------------------------------------------------------------------------------------------------------------

/** The site's own policy as it was at the first visit, and whether the page now brings another. */
function pinned() {
  const { policy: offered = "", origin = "" } = panel.dataset;
  const place = `suxin.policy.${origin}`;
  try {
    // Another origin than before is a change like any other: else a page could come with a book of its own.
    const known = Object.keys(localStorage).filter((key) => key.startsWith("suxin.policy."));
    const kept = localStorage.getItem(known.includes(place) ? place : (known.sort()[0] ?? place));
    if (kept === null) localStorage.setItem(place, offered);
    return [kept ?? offered, kept !== null && (kept !== offered || !known.includes(place))];
  } catch {
    return [offered, false]; // without a memory every visit is the first
  }
}

// -- what is due -------------------------------------------------------------------------------------------------------

/**
 * What the page's code says must be the page's own address, be it without TLS: a site behind a proxy may not know that it has it.
 * Returns that address and what draws the very code again.
 */
function codeOf(address) {
  const svg = main.querySelector("svg.code");
  const side = Number(svg?.getAttribute("viewBox")?.split(" ")[2]);
  const modules = svg?.querySelectorAll("path")[1]?.getAttribute("d") ?? "";
  const read = readQr(modules, side - 8);
  if (read === null) throw new Difference("qr-none", { at: svg });
  if (read !== address && read !== address.replace(/^https:/, "http:")) {
    throw new Difference("qr", { found: read, shown: read, due: address, at: svg });
  }
  return { address: read, draw_qr: () => ({ size: side, svg_path: () => modules }) };
}

async function dueOf(record, report, bundle) {
  const key = parsePublic(bundle.genesis.value.log); // it names the book, whatever key signs now
  const c = drawing(words, await placesOf(record), {
    ...codeOf(location.origin + record.path),
    path: record.path,
    page: record,
    site: { origin: report.origin, key_id: keyId(key) },
  });
  const draw = () => (record.serial === undefined ? waybill : trace)(c);
  let markup = draw();
  if (words.isLacking && (await haveAllWords())) markup = draw();
  return { markup, title: record.serial === undefined ? null : c.f.plain(record.name) };
}

async function compare({ markup, title }) {
  const due = drawn(markup);
  await breathe();
  const fault = await difference(due, main);
  if (fault) throw new Difference(fault.code, fault);
  if (inAddress && inAddress !== page.lang) throw new Difference("language");
  if (title && !document.title.startsWith(`${title} · `)) throw new Difference("title");
  if (!isFramed(main)) throw new Difference("frame");
}

/** Put the newer record in the page's place; where the server spoke for itself, nothing stands. */
function renew(markup) {
  const fresh = drawn(markup);
  fresh.querySelector("section[data-stated=proof]").replaceWith(panel);
  fresh.querySelectorAll("[data-stated=count]").forEach((place) => place.append("–"));
  fresh.querySelectorAll("use").forEach((use) => use.setAttribute("href", use.getAttribute("href").replace("/static/icons.svg", SPRITE)));
  main.textContent = "";
  main.append(...fresh.childNodes);
}

/** Compare the page with its bundle, as of the state that the page was made from. Returns what else is to be said. */
async function judge(bundle, report) {
  const due = `${path.startsWith("/w/") ? "w" : "p"}:${decodeURIComponent(path).replace(/^\/w\//, "")}`;
  if (report.subject !== due) throw new Difference("subject", { found: report.subject });
  const now = recordOf(bundle, Infinity, report.time);
  if (!now) throw new Difference("gone");
  const isOlder = given.epoch < report.epoch && given.size < Number(report.size) && given.time <= report.time;
  const then = isOlder ? recordOf(bundle, given.size, given.time) : now;
  if (!then) throw new Difference("gone");
  await breathe();
  const drawnThen = await dueOf(then, report, bundle);
  await breathe();
  await compare(drawnThen);
  if (given.epoch === report.epoch) return { more: [] };
  await haveAllWords();
  if (given.epoch > report.epoch) return { more: [say("ahead")], isAhead: true };
  if (!isOlder) return { more: [] };
  const drawnNow = await dueOf(now, report, bundle);
  if (drawnNow.markup !== drawnThen.markup) renew(drawnNow.markup);
  return { more: [say("moved", { old: number(given.epoch), new: number(report.epoch) })] };
}

async function run() {
  if (!panel.isConnected) {
    panel.className = "proof";
    main.prepend(panel); // a page without its panel is compared all the same, and is one part short
  }
  words = (await (lang === "en" ? import("./record-words-en.js") : import("./record-words-zh.js"))).default;
  show("wait", say("wait"), [say("wait-lead")]);
  const [text, isChanged] = pinned();
  let policy;
  let bytes;
  try {
    policy = parsePolicy(new TextEncoder().encode(text));
  } catch {
    return show("none", say("none"), [say("bad-policy")]);
  }
  try {
    const answer = await fetch(asked, { cache: "no-store" });
    if (!answer.ok) throw new Error(String(answer.status));
    bytes = new Uint8Array(await answer.arrayBuffer());
  } catch {
    return show("none", say("none"), [say("no-bundle")]);
  }
  let report;
  try {
    report = await verifyBundle(bytes, policy, Date.now(), breathe);
  } catch (error) {
    if (!(error instanceof Unsupported)) throw error;
    return show("none", say("none"), [say("unsupported")]);
  }
  await breathe();
  const isWhole = Object.values(report.results).every(({ state }) => state === "holds");
  if (!isWhole) reasons = (await import("./verify-reasons.js")).default;
  if (report.verdict === "fails") return await showReport(report, isChanged, []);
  const note = report.results.on_record.state === "holds" ? report.note : null;
  report.book = await recollect({ origin: report.origin, note, policy });
  try {
    await breathe();
    const { bundle } = report;
    report.sandbox = bundle.genesis.value.sandbox; // the band above the page could be taken away
    const { more, isAhead } = await judge(bundle, report);
    return await showReport(report, isChanged, more, isAhead);
  } catch (error) {
    if (!(error instanceof Difference)) throw error; // nothing is green where something was not understood
    return await showFault(report, error);
  }
}

try {
  await run();
} catch (error) {
  if (words) show("none", say("none"), [say("trouble")]);
  throw error;
}
