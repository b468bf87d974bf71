// The forms of /say: what was chosen becomes a statement, signed here, sent, and called recorded when its receipt holds.
// The tear-off code stays in this page: it comes from behind # in the address or from the keyboard, and is kept nowhere.
import { Fault, Unsupported, b64u, unb64u } from "./verify-bytes.js";
import { View, element, refill } from "./verify-view.js";
import { Refusal, Unanswered, send } from "./voice-book.js";
import { keyOf, newSeed, parseCode, seedOf } from "./voice-keys.js";
import { compose } from "./voice-statement.js";
import { Store, pinnedPolicy } from "./voice-store.js";

const ANSWER_MS = 7 * 24 * 3_600_000; // Express Regulations, article 28
const root = document.getElementById("say");
const { origin, book, policy: offered } = root.dataset;
const facts = JSON.parse(root.dataset.facts);
const lang = document.documentElement.lang;
const view = new View(document.getElementById("say-words"), lang);
const store = new Store(origin);
const policy = pinnedPolicy(origin, offered);
const byId = (id) => document.getElementById(`say-${id}`);
const sale = facts.sales.slice(-1)[0];
const isParcel = facts.item.startsWith("/w/"); // whoever holds it may have nothing but the code on its outside
const state = { code: null, item: null, parcel: null }; // the code and what its two keys fit; never kept

// -- answers -----------------------------------------------------------------------------------------------------------

function tell(kind, ...parts) {
  const box = element("div", "", { class: kind === "bad" ? "note alarm" : "note", "data-answer": kind });
  const inner = element("div", "");
  parts.forEach((part) => inner.append(typeof part === "string" ? element("p", part) : part));
  box.append(inner);
  refill(byId("answer"), box);
  if (kind !== "busy") byId("answer").scrollIntoView({ block: "nearest" });
}

const shown = (ms) => new Date(ms).toLocaleString(lang === "en" ? "en-GB" : lang, { dateStyle: "medium", timeStyle: "short" });
const nameOf = (said) => (said.type === "review" && said.statement.includes('"waybill"') ? "carriage" : said.type);

function tellRecorded(said, { answer }) {
  const parts = [view.say("recorded", { what: view.say(nameOf(said)) }), view.say("proof", answer)];
  if (said.type === "complaint") {
    const { against } = JSON.parse(said.statement).body;
    const due = shown(answer.received + ANSWER_MS);
    parts.push(view.say("case", { number: answer.statement.slice(0, 10), first: view.say(`first-${against}`), due }));
  }
  if (!store.isKept) parts.push(view.say("not-kept"));
  tell("good", ...parts);
}

function tellTrouble(error) {
  if (error instanceof Refusal) {
    let words = error.detail;
    try {
      words = view.say(error.code, { wait: Math.max(1, Math.ceil(error.retryAfter / 60)) });
    } catch {
      // a refusal that has no words of its own here keeps the book's
    }
    tell("bad", view.say("refused"), words);
  } else if (error instanceof Unanswered) {
    const again = element("button", view.say("again"), { type: "button", class: "btn" });
    again.addEventListener("click", () => act(resend));
    tell("bad", view.say("unanswered"), again);
  } else if (error instanceof Unsupported) tell("bad", view.say("unsupported"));
  else if (error instanceof Fault) tell("bad", view.say("bad-receipt"), `${view.reason(error.code)} (${error.code})`);
  else if (error instanceof Missing) tell("bad", error.message);
  else {
    tell("bad", view.say("refused"), String(error.message));
    throw error;
  }
}

/** Something has to be filled in first. */
class Missing extends Error {}

// -- saying ------------------------------------------------------------------------------------------------------------

let isBusy = false;

async function act(what) {
  if (isBusy) return;
  isBusy = true;
  tell("busy", view.say("sending"));
  try {
    await what();
  } catch (error) {
    tellTrouble(error);
  } finally {
    isBusy = false;
    refresh();
  }
}

/** `isStep`: it is on the way to something else, which is told in its place. */
async function say(key, draft, isStep = false) {
  const n = store.number(key.text, facts.used[key.text]);
  const said = await compose(draft, key, n, book);
  store.wait(facts.item, said);
  return deliver(said, isStep);
}

async function deliver(said, isStep = false) {
  try {
    const receipt = await send(said, origin, policy);
    store.keep(facts.item, said, receipt.text);
    if (!isStep) tellRecorded(said, receipt);
    return said;
  } catch (error) {
    if (error instanceof Refusal) store.takeBack(facts.item, said, error.code !== "counter-used");
    else if (error instanceof Fault) store.wait(facts.item, { ...said, answer: error.answer });
    throw error;
  }
}

async function resend() {
  const said = store.waiting(facts.item);
  if (said) await deliver(said);
}

/** The buyer's own key; where the code is at hand and unused, it is bound first. */
async function owner() {
  const own = store.owner(facts.item);
  const isBound = own && (own.key === sale.owner || mine("claim").some((one) => JSON.parse(one.statement).body.owner === own.key));
  if (isBound) return keyOf(unb64u(own.seed, 32));
  if (!state.code || !state.item) throw new Missing(view.say("code-missing"));
  return claim(true);
}

async function claim(isStep) {
  const own = store.owner(facts.item);
  const key = await keyOf(own ? unb64u(own.seed, 32) : newSeed());
  if (!own) store.own(facts.item, key.text, b64u(key.seed));
  const code = await keyOf(seedOf(state.code, "item"));
  await say(code, { type: "claim", subjects: { item: facts.item }, body: { owner: key.text } }, isStep);
  return key;
}

const mine = (type, of = "item") =>
  store.receipts(facts.item).filter((one) => one.type === type && (!of || of in JSON.parse(one.statement).subjects));
const chosen = (form, name) => Number(new FormData(form).get(name)) || null;

function textOf(id) {
  const text = byId(id).value.normalize("NFC").replace(/\r\n?/g, "\n").trim();
  const length = [...text].length;
  if (length > 20_000) throw new Missing(view.say("text-long", { n: length.toLocaleString(lang) }));
  return text;
}

async function review(form) {
  const stars = chosen(form, "stars");
  const sellerStars = chosen(form, "seller_stars");
  const text = textOf("review-text");
  if (!stars) throw new Missing(view.say("stars-missing"));
  const key = await owner();
  const first = mine("review").find((one) => JSON.parse(one.statement).body.kind === "first");
  const ref = first ?? mine("claim").slice(-1)[0] ?? null;
  const body = { kind: first ? "follow" : "first", stars, ...(sellerStars && { seller_stars: sellerStars }) };
  await say(key, { type: "review", subjects: { item: facts.item, offer: sale.offer }, body, text, ref });
  form.reset();
}

async function reviewCarriage(form) {
  const stars = chosen(form, "carriage_stars");
  const text = textOf("carriage-text");
  if (!stars) throw new Missing(view.say("stars-missing"));
  const faces = {};
  form.querySelectorAll("[data-face]").forEach(({ dataset, value }) => value && (faces[dataset.face] = Number(value)));
  const { waybill } = state.parcel;
  const first = mine("review", "waybill").find((one) => JSON.parse(one.statement).subjects.waybill === waybill) ?? null;
  const body = { kind: first ? "follow" : "first", stars, ...(Object.keys(faces).length && { faces }) };
  await say(await keyOf(seedOf(state.code, "parcel")), { type: "review", subjects: { waybill }, body, text, ref: first });
  form.reset();
}

async function complain(body, text = "", isOfParcel = false) {
  const waybill = (state.parcel ?? facts.parcels.slice(-1)[0])?.waybill;
  const subjects = (isOfParcel || isParcel) && waybill ? { waybill } : { item: facts.item };
  const own = store.owner(facts.item);
  const key = await keyOf(own ? unb64u(own.seed, 32) : newSeed());
  if (!own) store.own(facts.item, key.text, b64u(key.seed));
  await say(key, { type: "complaint", subjects, body, text });
}

// -- taking words back -------------------------------------------------------------------------------------------------

const erasureOf = (one) => mine("erasure", null).find(({ statement }) => JSON.parse(statement).ref === one.hash);

/** The key that said it: one that this browser keeps, or one that the code in the field is the seed of. */
async function keyOfSaid({ statement }) {
  const text = JSON.parse(statement).actor.slice(5);
  const kept = store.seed(text);
  if (kept) return keyOf(unb64u(kept, 32));
  for (const use of state.code ? ["item", "parcel"] : []) {
    const key = await keyOf(seedOf(state.code, use));
    if (key.text === text) return key;
  }
  throw new Missing(view.say("withdraw-code"));
}

/** Have the words of a receipt erased; the server certifies what it did, which a legal term may put off. */
async function withdraw(one) {
  const said = await say(await keyOfSaid(one), { type: "erasure", subjects: {}, body: { ground: "request" }, ref: one }, true);
  const found = await fetch(`/v1/erasures/${said.hash}`, { credentials: "omit" }).then((got) => (got.ok ? got.text() : ""), () => "");
  const until = /\noutcome sealed until (\S+)/.exec(found ? JSON.parse(found).certificate : "")?.[1];
  const parts = [until ? view.say("withdrawn-later", { until }) : view.say("withdrawn")];
  if (found) {
    const href = URL.createObjectURL(new Blob([found], { type: "application/json" }));
    parts.push(element("a", view.say("certificate"), { class: "btn alt", download: "suxin-erasure.json", href }));
  }
  tell("good", ...parts);
}

/** A button that asks once more before it takes words back. */
function takingBack(one) {
  const { type, body } = JSON.parse(one.statement);
  if (type === "erasure" || body.text === undefined) return [];
  if (erasureOf(one)) return [element("span", ` · ${view.say("withdrawn-mark")}`)];
  const first = element("button", view.say("withdraw"), { type: "button", class: "btn alt", "data-withdraw": one.hash });
  const sure = element("button", view.say("withdraw-sure"), { type: "button", class: "btn", hidden: "" });
  first.addEventListener("click", () => {
    first.hidden = true;
    sure.hidden = false;
    sure.focus();
  });
  sure.addEventListener("click", () => act(() => withdraw(one)));
  return [element("br", ""), first, sure];
}

// -- the page ----------------------------------------------------------------------------------------------------------

let asked = 0; // an answer about a code that was changed meanwhile is not shown

async function readCode() {
  const turn = ++asked;
  const typed = byId("code").value.trim();
  let [code, item, parcel, word] = [null, null, null, ""];
  if (typed) {
    try {
      code = parseCode(typed);
      const [itemKey, parcelKey] = await Promise.all([keyOf(seedOf(code, "item")), keyOf(seedOf(code, "parcel"))]);
      item = facts.sales.find((one) => one.claim === itemKey.text) ?? null;
      parcel = facts.parcels.find((one) => one.claim === parcelKey.text) ?? null;
      word = item ? (item.claimed && item.owner !== store.owner(facts.item)?.key ? "code-used" : "code-fits") : isParcel && parcel ? "code-fits-parcel" : "code-other";
    } catch (error) {
      word = error instanceof Unsupported ? "unsupported" : "code-wrong";
    }
  }
  if (turn !== asked) return;
  Object.assign(state, { code: item || parcel ? code : null, item, parcel });
  if (word === "code-fits" && isClaimed()) word = "code-mine";
  byId("code-state").textContent = word && view.say(word);
  byId("code-state").dataset.state = word;
  refresh();
}

const isClaimed = () => mine("claim").length > 0 || (store.owner(facts.item) !== null && sale?.owner === store.owner(facts.item).key);

function refresh() {
  if (byId("code")) {
    if (byId("claim-box")) byId("claim-box").hidden = !(state.item && !state.item.claimed && !isClaimed());
    if (byId("follow")) byId("follow").hidden = !mine("review").length;
    if (byId("carriage-box")) byId("carriage-box").hidden = !state.parcel;
    if (!byId("code").value && isClaimed()) byId("code-state").textContent = view.say("code-mine");
  }
  const receipts = store.receipts(facts.item);
  refill(
    byId("receipts"),
    ...receipts.map((one) => {
      const { index, received } = JSON.parse(one.answer);
      const line = element("li", `${view.say(nameOf(one))} · ${shown(received)} · `);
      line.append(element("a", String(index), { href: `/v1/events/${one.hash}`, "aria-label": view.say("proof", JSON.parse(one.answer)) }));
      line.append(...takingBack(one));
      return line;
    }),
  );
  byId("export").hidden = !receipts.length && !store.owner(facts.item);
}

function ask(name, yes) {
  const sure = document.querySelector(`[data-sure=${name}] .sure`);
  const button = document.querySelector(`[data-ask=${name}]`);
  if (!button) return;
  button.addEventListener("click", () => {
    sure.hidden = false;
    sure.querySelector("button").focus();
  });
  sure.querySelector("[data-no]").addEventListener("click", () => {
    sure.hidden = true;
    button.focus();
  });
  byId(name).addEventListener("click", () => {
    sure.hidden = true;
    act(yes);
  });
}

function onSubmit(id, what) {
  byId(id)?.addEventListener("submit", (event) => {
    event.preventDefault();
    act(() => what(event.target));
  });
}

ask("stranger", () => complain({ category: "not_my_order", against: "seller" }));
ask("signoff", () => complain({ category: "false_signoff", against: "carrier" }, "", true));
onSubmit("review", review);
onSubmit("carriage", reviewCarriage);
onSubmit("complaint", async (form) => {
  const [category, against, remedy] = ["category", "against", "remedy"].map((id) => byId(id).value);
  await complain({ category, against, ...(remedy && { remedy }) }, textOf("complaint-text"), against === "carrier");
  form.reset();
});
byId("claim")?.addEventListener("click", () => act(() => claim(false)));
byId("code")?.addEventListener("input", readCode);
byId("export").addEventListener("click", ({ currentTarget }) => {
  currentTarget.href = URL.createObjectURL(new Blob([store.exported()], { type: "application/json" }));
});
if (location.hash.startsWith("#claim=") && byId("code")) {
  byId("code").value = location.hash.slice(7).replace(/%20/g, " ");
  history.replaceState(null, "", location.pathname + location.search); // no code stays in the address or the history
  readCode();
}
root.hidden = false;
refresh();
if (store.waiting(facts.item)) tellTrouble(new Unanswered(""));
