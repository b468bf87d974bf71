// The record of an item, as the page must show it: rows, steps, standing, recalls. The same values as trace/timeline.py and
// what it calls; docs/formats/record.md names each, tests/vectors/record.json holds both to it. Codes stay codes.
import { b64u, has, same } from "./verify-bytes.js";
import { classOf, momentMs, splitOffer, withholdingOf } from "./verify-statement.js";
import { Material, Support, byTime, first, last, mode, nameFrom, refOf } from "./record-story.js";
import T from "./record-tables.js";

const DAY = 86_400_000;
const HOUR = 3_600_000;
const { SKEW_MS: SKEW } = T.limits;

// -- times -------------------------------------------------------------------------------------------------------------

/** Minutes east of UTC that a moment's text names. */
export function offsetMinutes(text) {
  if (text.endsWith("Z")) return 0;
  return (text[text.length - 6] === "-" ? -1 : 1) * (60 * Number(text.slice(-5, -3)) + Number(text.slice(-2)));
}

function claimed({ statement, received }, outOfOrder = false) {
  const late = ["import", "simulated"].includes(mode(statement)) ? 0 : received - statement.atMs;
  const oddities = late > T.limits.VERY_LATE_MS ? ["very_late"] : late > T.limits.LATE_MS ? ["late"] : [];
  if (outOfOrder) oddities.push("out_of_order");
  if (statement.atMs > received + SKEW) oddities.push("ahead");
  if (["scan", "delivery"].includes(statement.type) && statement.body.time_source === "assumed") oddities.push("assumed");
  return { at_ms: statement.atMs, offset_min: offsetMinutes(statement.at), oddities };
}

/** Which steps claim to have happened before a step that must precede them. */
class Order {
  constructor(material, parcels, item) {
    Object.assign(this, { material, parcels });
    this.making = material.ofType(item, "item");
    this.sales = material.ofType(item, "sale");
    this.returns = material.ofType(item, "return");
    this.sold = new Map();
    for (const dispatch of material.ofType(item, "dispatch")) {
      const { waybill } = dispatch.statement.subjects;
      this.sold.set(waybill, [...(this.sold.get(waybill) ?? []), ...latest(this.sales, dispatch)]);
    }
  }

  isOdd(entry) {
    return this.#before(entry).some((before) => before.statement.atMs > entry.statement.atMs + SKEW);
  }

  #before(entry) {
    const { type, subjects } = entry.statement;
    const found = [this.material.referred(entry)].filter(Boolean);
    const aboutItem = subjects.item !== undefined;
    if (aboutItem && T.afterMaking.includes(type)) found.push(...this.making.slice(0, 1));
    if (aboutItem && T.afterSale.includes(type)) found.push(...latest(this.sales, entry));
    if (type === "relist") found.push(...latest(this.returns, entry));
    const parcel = this.parcels.get(subjects.waybill);
    return parcel ? [...found, ...this.#ofParcel(entry, parcel)] : found;
  }

  #ofParcel(entry, parcel) {
    const { type, body } = entry.statement;
    const found = parcel.consign && entry !== parcel.consign ? [parcel.consign] : [];
    if (!["scan", "delivery"].includes(type)) return type === "consign" ? [] : found;
    if (body.code === "CREATED") return [];
    found.push(...(this.sold.get(parcel.waybill) ?? []));
    if (body.code !== "PICKED_UP") found.push(...earliest(parcel.scans("PICKED_UP")));
    if (type === "delivery") found.push(...earliest(parcel.scans("OUT_FOR_DELIVERY")));
    return found;
  }
}

/** The step under which an entry falls: the last one recorded before it; the first where it was recorded ahead. */
function latest(steps, entry) {
  const before = steps.filter((step) => step.index < entry.index);
  return before.length ? before.slice(-1) : steps.slice(0, 1);
}

const earliest = (entries) => entries.reduce(([least], e) => [least && least.statement.atMs <= e.statement.atMs ? least : e], []);

// -- complaints and marks ----------------------------------------------------------------------------------------------

/** What the entries under a complaint add up to, and what is due next; the same as ledger/grievance.py. */
function follow(complaint, answers, now, clock) {
  let [state, closed, upheld, answered, offered, escalated] = ["RECEIVED", false, false, false, null, null];
  for (const { received, statement: { type, body, party } } of answers) {
    const answers_it = type === "reply" || (type === "case" && T.answers.includes(body.state));
    if (answers_it && party !== complaint.statement.party) {
      [answered, offered] = [true, received];
      if (type === "reply" && T.waiting.includes(state)) state = "ANSWERED";
    }
    if (type !== "case" || (closed && !T.reopensCase.includes(body.state))) continue;
    const settled = closed || upheld;
    state = body.state;
    closed = state === "REMEDIED" ? settled : T.closed.includes(state);
    if (state === "ESCALATED") escalated = received;
    if (["ESCALATED", "REJECTED_BY_CONSUMER", "REOPENED", "APPEALED"].includes(state)) offered = null;
    if (state === "DECIDED" && body.outcome !== undefined) {
      [state, escalated, upheld] = [body.outcome, null, ["upheld", "part"].includes(body.outcome)];
    }
  }
  let [due, dueMs] = ["", null];
  if (!closed && escalated !== null) [due, dueMs] = ["decision", escalated + clock.decide];
  else if (!closed && !answered) [due, dueMs] = ["answer", complaint.received + clock.answer];
  else if (!closed && offered !== null) [due, dueMs] = ["acceptance", offered + clock.accept];
  const past = dueMs !== null && now > dueMs;
  if (due === "acceptance" && past) [state, closed, due, dueMs] = ["CLOSED_NO_ANSWER", true, "", null];
  const overdue = !closed && ((past && ["answer", "decision"].includes(due)) || state === "OVERDUE");
  return { state, closed, upheld, overdue, due, dueMs };
}

/** Terms of the place where the party first asked is registered. */
function clockOf(complaint, material, support) {
  const { body, subjects } = complaint.statement;
  let asked;
  if (body.against === "carrier") asked = subjects.waybill && `uscc:${subjects.waybill.slice(0, 18)}`;
  else if (subjects.waybill) asked = support.parcels.get(subjects.waybill).consign?.statement.party;
  else asked = material.ofType(`p:${subjects.item}`, "sale").filter((e) => e.index < complaint.index).slice(-1)[0]?.statement.party;
  const district = material.names.actors.get(asked)?.district ?? "";
  return T.deadlines[`CN-${district.slice(0, 2)}`]?.[body.against] ?? T.deadlines.CN[body.against];
}

/** Names of hidden reviews: those of which the last step that still stands says so. */
function hiddenAmong(material) {
  const last = new Map();
  for (const { name, statement: { type, body, ref } } of material.shown) {
    if (type === "case" && ["HIDDEN", "RESTORED"].includes(body.state) && !material.undone.has(name)) last.set(ref, body.state);
  }
  return new Set([...last].filter(([, state]) => state === "HIDDEN").map(([name]) => name));
}

/** What a review proves of its author, and whether it enters the averages; the same as trace/verdict.py. */
class Verdicts {
  constructor(material, support, marks) {
    Object.assign(this, { material, support, marks });
  }

  proved(review) {
    const { subjects, actor } = review.statement;
    if (subjects.waybill !== undefined) return actor.startsWith("anon:") ? "parcel_code" : "sender";
    const sale = this.#sale(review);
    if (!sale) return "nothing";
    const handed = this.#isGood(this.#deliveries(sale)) ? "delivered" : "ordered";
    return this.#claim(sale) ? `${handed}_claimed` : handed;
  }

  counts(review) {
    const sale = this.#sale(review);
    if (this.marks.hidden.has(review.name)) return "hidden";
    if (mode(review.statement) !== "own") return "borrowed";
    if (!sale) return "own_word";
    const denied = this.#denied(sale);
    if (denied) return denied;
    if (this.#isEarly(sale)) return "early_claim";
    return this.#isUnrelated(sale) || this.#isGood(this.#handed(sale)) ? "yes" : "own_word";
  }

  #sale(review) {
    const { subjects: { item, offer }, actor } = review.statement;
    const key = actor.slice(5);
    const codes = [key];
    for (const { statement } of this.material.ofType(`p:${item}`, "claim")) {
      if (statement.body.owner === key) codes.push(statement.actor.slice(5));
    }
    const sales = this.material.ofType(`p:${item}`, "sale");
    const isIt = ({ subjects, body }) => subjects.offer === offer && codes.includes(body.claim);
    return sales.filter((e) => e.index < review.index && isIt(e.statement)).slice(-1)[0];
  }

  #claim({ statement: { subjects, body } }) {
    return this.material.ofType(`p:${subjects.item}`, "claim").find((e) => e.statement.actor === `anon:${body.claim ?? ""}`);
  }

  /** Index at which the item was sold again. */
  #until({ index, statement: { subjects } }) {
    return Math.min(...this.material.ofType(`p:${subjects.item}`, "sale").map((e) => e.index).filter((at) => at > index));
  }

  #parcels(sale) {
    const { item } = sale.statement.subjects;
    const [first, end] = [this.material.ofType(`p:${item}`, "sale")[0] === sale ? 0 : sale.index, this.#until(sale)];
    const found = new Map();
    for (const { index, statement } of this.material.ofType(`p:${item}`, "dispatch")) {
      if (index < first || index >= end) continue;
      for (const parcel of chainOf(statement.subjects.waybill, this.support.parcels)) found.set(parcel.waybill, parcel);
    }
    return [...found.values()];
  }

  #deliveries(sale) {
    return this.#parcels(sale).flatMap((parcel) => parcel.deliveries);
  }

  #handed(sale) {
    const delivered = this.#deliveries(sale);
    return delivered.length ? delivered : this.#parcels(sale).flatMap(({ consign }) => (consign ? [consign] : []));
  }

  #isGood(steps) {
    return steps.some((step) => ["A", "B"].includes(this.support.evidence(step)?.grade));
  }

  #isUnrelated({ statement }) {
    const house = this.material.names.house(statement.party);
    return mode(statement) === "own" && ![...this.material.names.house(statement.actor)].some((who) => house.has(who));
  }

  #denied(sale) {
    const about = this.material.ofType(`p:${sale.statement.subjects.item}`, "complaint");
    const during = about.filter(({ index }) => index > sale.index && index < this.#until(sale));
    const carried = this.#parcels(sale).flatMap(({ waybill }) => this.material.ofType(`w:${waybill}`, "complaint"));
    let found = "";
    for (const complaint of [...during, ...carried]) {
      if (complaint.statement.body.category !== "not_my_order") continue;
      const { upheld, closed, state } = this.marks.grievances.get(complaint.name);
      if (upheld) return "not_ordered";
      if (!closed || state === "CLOSED_NO_ANSWER") found = "suspended"; // a stranger's silence settles nothing
    }
    return found;
  }

  #isEarly(sale) {
    const claim = this.#claim(sale);
    if (!claim || !this.#parcels(sale).length) return false;
    return this.#deliveries(sale).every((e) => e.statement.atMs > claim.received + SKEW);
  }
}

/** What a record is marked with. Marks accuse nobody. */
class Marks {
  constructor(material, support) {
    Object.assign(this, { material, support });
    const parcels = [...support.parcels.values()];
    const times = (parcel) => parcel.deliveries.map((e) => e.statement.atMs);
    this.ends = new Map(parcels.filter((p) => p.deliveries.length).map((p) => [p.waybill, Math.max(...times(p))]));
    this.doubles = new Set(parcels.flatMap(doubles));
    const complaints = material.shown.filter((e) => e.statement.type === "complaint");
    this.grievances = new Map(complaints.map((e) => [e.name, follow(e, this.#thread(e), material.now, clockOf(e, material, support))]));
    this.hidden = hiddenAmong(material);
    const denying = parcels.flatMap((p) => material.ofType(`w:${p.waybill}`, "complaint")).filter((e) => this.#denies(e));
    this.denied = new Set(denying.map((e) => e.statement.subjects.waybill));
  }

  /** Every entry that refers to this one, directly or through another, in log order; corrections are not answers. */
  #thread(root) {
    const found = new Map();
    const front = [root];
    while (front.length) {
      for (const entry of this.material.answers(front.pop().name)) {
        if (entry.statement.type === "correction") continue;
        found.set(entry.index, entry);
        front.push(entry);
      }
    }
    return [...found.values()].sort((a, b) => a.index - b.index);
  }

  #denies(complaint) {
    const { closed, upheld } = this.grievances.get(complaint.name);
    return T.disputes.includes(complaint.statement.body.category) && (!closed || upheld);
  }

  of(entry) {
    const { type, body, subjects } = entry.statement;
    const parcel = this.support.parcelOf(entry);
    const found = body === null ? ["not_understood"] : [];
    if (entry.received >= (this.material.thefts.get(entry.statement.key) ?? Infinity)) found.push("key_stolen");
    if (["scan", "delivery"].includes(type) && parcel) found.push(...this.#ofHandling(entry, parcel));
    if (this.material.confirms(entry, "refuses").length && !found.includes("disputed")) found.push("disputed");
    if (this.#objections(entry).some((e) => e.statement.body?.event === "file" && !this.#objections(e).length)) found.push("in_dispute");
    if (type === "complaint" && this.grievances.get(entry.name).overdue) found.push("overdue");
    if (type === "review") {
      const rated = subjects.waybill !== undefined ? `uscc:${subjects.waybill.slice(0, 18)}` : splitOffer(subjects.offer)[0];
      if (this.support.isInsider(entry, rated)) found.push("insider");
    }
    if (this.hidden.has(entry.name)) found.push("hidden");
    return found;
  }

  #objections({ name }) {
    return this.material.answers(name).filter((e) => e.statement.type === "objection");
  }

  #ofHandling(entry, { waybill }) {
    const { type, body, atMs } = entry.statement;
    const found = [];
    const left = type === "delivery" ? body.method !== "in_person" : body.code === "READY_FOR_PICKUP";
    if (left && !["this_parcel", "standing"].includes(body.consent)) found.push("no_consent");
    const end = this.ends.get(waybill) ?? atMs;
    if (type === "scan" && !T.afterwards.includes(body.code) && atMs > end + SKEW) found.push("after_delivery");
    if (this.doubles.has(entry.index)) found.push("probable_duplicate");
    if (type === "delivery" && this.denied.has(waybill)) found.push("disputed");
    return found;
  }
}

/** Indexes of entries that tell what an earlier one told: code, place, and a time within two minutes. */
function doubles(parcel) {
  const told = new Map();
  const found = [];
  for (const { index, statement: { type, body, atMs } } of parcel.moves) {
    const what = JSON.stringify([type === "scan" ? body.code : "DELIVERED", body.place.district, body.place.facility ?? null]);
    const times = told.get(what) ?? [];
    if (times.some((time) => Math.abs(time - atMs) <= SKEW)) found.push(index);
    told.set(what, [...times, atMs]);
  }
  return found;
}

// -- rows --------------------------------------------------------------------------------------------------------------

const fact = (name, value) => ({ name, value });
const facts = (object, names) => names.filter((name) => object?.[name] !== undefined).map((name) => fact(name, object[name]));

function factsOf({ statement }, currency) {
  const { type, body, subjects, evidence } = statement;
  if (body === null) return [];
  const found = [];
  if (["listing", "sale"].includes(type)) found.push(fact("price_minor", [body.price_minor, body.currency]));
  if (type === "case" && body.paid_minor !== undefined && currency) found.push(fact("paid_minor", [body.paid_minor, currency]));
  if (type === "item" && subjects.lot !== undefined) found.push(fact("lot", afterLast(subjects.lot, "/10/")));
  if (type === "dispatch") found.push(fact("waybill", `/w/${subjects.waybill}`));
  if (subjects.next !== undefined) found.push(fact("next", `/w/${subjects.next}`));
  for (const field of T.shown[type] ?? []) {
    const [source, name = source] = field.split(">");
    if (body[source] !== undefined) found.push(fact(name, body[source]));
  }
  if (type === "listing") found.push(...facts(body.promise, ["dispatch_hours", "deliver_hours", "return_days"]));
  if (type === "consign") found.push(fact("contents", body.contents.count));
  if (type === "dispatch") found.push(fact("piece", `${body.piece}/${body.pieces}`));
  if (type === "review") found.push(...facts(body.faces, T.faces));
  if (type === "correction") found.push(...(body.changes ?? []).map(({ pointer, value }) => fact(pointer, value)));
  if (evidence?.length) found.push(fact("evidence_files", evidence.length));
  return found;
}

const afterLast = (text, cut) => (text.includes(cut) ? text.slice(text.lastIndexOf(cut) + cut.length) : text);

function codeOf({ statement: { type, actor, body } }) {
  if (body === null) return "";
  if (type === "case") return body.outcome ?? body.state;
  if (type === "review") return body.kind === "follow" ? "follow" : "";
  if (type === "erasure") return body.until !== undefined ? "sealed" : actor.startsWith("anon:") ? "withdrawn" : "erased";
  return { scan: body.code, confirm: body.kind, complaint: body.category, inspection: body.verdict, recall: body.event, listing: body.event }[type] ?? "";
}

function placeOf({ statement: { type, body } }) {
  const place = (district, facility) => ({ district, facility: facility === undefined ? null : { text: facility, lang: "", english: "" }, town: null });
  if (["scan", "delivery"].includes(type)) return place(body.place.district, body.place.facility);
  return ["item", "listing", "consign"].includes(type) && body.origin !== undefined ? place(body.origin) : null;
}

function aboutOf({ statement }) {
  const stream = statement.streams[0] ?? "a:";
  if (stream[0] === "p") return stream.includes("/21/") ? "item" : stream.includes("/10/") ? "lot" : "class";
  return T.about[stream[0]] ?? "actor";
}

const isNested = ({ statement: { type, body } }) => T.nested.includes(type) || (type === "review" && body.kind === "follow");

class Rows {
  constructor(material, item) {
    this.material = material;
    this.support = new Support(material);
    this.marks = new Marks(material, this.support);
    this.verdicts = new Verdicts(material, this.support, this.marks);
    this.order = new Order(material, this.support.parcels, item);
    const priced = material.shown.filter((e) => ["listing", "sale"].includes(e.statement.type));
    const currencies = new Set(priced.map((e) => e.statement.body.currency));
    this.currency = currencies.size === 1 ? [...currencies][0] : "";
  }

  /** Rows of these entries, newest first by claimed time; every entry stands in exactly one place. */
  record(shown) {
    const names = new Set(shown.map((entry) => entry.name));
    const under = new Map();
    const tops = [];
    for (const entry of shown) {
      const root = this.#root(entry, names);
      if (root === null) tops.push(entry);
      else under.set(root, [...(under.get(root) ?? []), entry]);
    }
    return folded(tops.sort(byTime).reverse().map((entry) => this.row(entry, under.get(entry.name) ?? [])));
  }

  #root(entry, names) {
    let [at, root] = [entry, null];
    while (isNested(at) && names.has(at.statement.ref)) {
      at = this.material.byName.get(at.statement.ref);
      root = at.name;
    }
    return root;
  }

  row(entry, replies = []) {
    const { material } = this;
    const { statement } = entry;
    const { type, body } = statement;
    const corrections = material.answers(entry.name).filter((e) => e.statement.type === "correction");
    const time = claimed(entry, this.order.isOdd(entry));
    return {
      ref: refOf(entry),
      kind: type,
      time,
      actor: material.party(statement.actor),
      code: codeOf(entry),
      about: aboutOf(entry),
      acting_for: this.#actingFor(statement),
      place: placeOf(entry),
      evidence: this.support.evidence(entry),
      facts: [...this.#sinceFirst(entry), ...factsOf(entry, this.currency), ...this.#verdict(entry), ...this.#clock(entry), ...this.#provedTime(entry, time)],
      stars: type === "review" ? (body.stars ?? 0) : 0,
      words: this.#words(entry),
      flags: this.marks.of(entry),
      replies: [...replies].sort((a, b) => a.index - b.index).map((e) => this.row(e)),
      corrected_by: corrections.length ? refOf(corrections.slice(-1)[0]) : null,
      source: mode(statement),
    };
  }

  /** Of a claim that is odd, what the book proves of its time: signed after an entry it names by hash, and by its receipt. */
  #provedTime({ received, statement: { ref, body } }, { oddities }) {
    if (oddities.every((one) => one === "assumed")) return [];
    const before = [ref, body?.accepts, body?.consign].map((name) => this.material.byName.get(name)?.index).filter((index) => index !== undefined);
    return [...(before.length ? [fact("proved_after", Math.max(...before))] : []), fact("proved_by", received)];
  }

  #actingFor({ actor, party }) {
    const bound = party !== actor ? party : this.material.names.company(actor);
    return bound === actor ? null : this.material.party(bound);
  }

  #words({ index, name, statement: { actor, body } }) {
    if (typeof body?.text !== "string") return null;
    const erasure = this.material.answers(name).filter((e) => e.statement.type === "erasure").slice(-1)[0]?.statement;
    const text = erasure ? undefined : this.material.texts.get(index);
    let state = text === undefined ? "sealed" : "shown";
    if (erasure && erasure.body.until === undefined) state = erasure.actor === actor ? "withdrawn" : "erased";
    return { state, text: text ?? "", lang: "", until: erasure?.body.until ?? "" };
  }

  #verdict(entry) {
    const { type, body, subjects } = entry.statement;
    if (type !== "review") return [];
    const proved = fact("proved", this.verdicts.proved(entry));
    return body.kind === "first" && subjects.item !== undefined ? [proved, fact("counts", this.verdicts.counts(entry))] : [proved];
  }

  #clock(entry) {
    const grievance = this.marks.grievances.get(entry.name);
    if (!grievance) return [];
    const state = fact("case_state", grievance.state);
    return grievance.dueMs === null ? [state] : [state, fact(`${grievance.due}_due`, grievance.dueMs)];
  }

  #sinceFirst(entry) {
    const { type, body, atMs } = entry.statement;
    const before = this.material.referred(entry);
    if (type !== "review" || body.kind !== "follow" || !before) return [];
    return [fact("after_days", Math.floor(Math.max(0, atMs - before.statement.atMs) / DAY))];
  }
}

/** Fold each run of two or more plain scans on the way; one that is marked or answered stays a row of its own. */
function folded(rows) {
  const found = [];
  let run = [];
  const end = () => {
    if (run.length > 1) found.push({ rows: run });
    else found.push(...run);
    run = [];
  };
  for (const row of rows) {
    const marked = row.flags.length || row.replies.length || row.corrected_by || row.time.oddities.includes("out_of_order");
    if (row.kind === "scan" && T.onTheWay.includes(row.code) && !marked) run.push(row);
    else {
      end();
      found.push(row);
    }
  }
  end();
  return found;
}

const countRows = (record) => record.reduce((sum, part) => sum + (part.rows ? part.rows.length : 1 + part.replies.length), 0);

// -- where it is now ---------------------------------------------------------------------------------------------------

/** What the codes of a parcel's handlings add up to, by story order. */
function progress(handlings) {
  let [state, since] = ["", null];
  for (const handling of handlings) {
    let reached = T.states[handling.code];
    if (reached === undefined) continue;
    if (T.terminal.includes(state)) {
      if (!T.reopens[state].includes(handling.code)) continue;
      if (state === "returned") reached = "returned"; // the sender's receipt ends a return, it does not deliver it
    } else if (T.custody.includes(handling.code) && state && (T.rank[state] ?? 2) >= T.rank[reached]) continue;
    [state, since] = [reached, handling];
  }
  return since && { state, since };
}

const byHandling = (a, b) => byTime(a.entry, b.entry) || (a.code < b.code ? -1 : Number(a.code > b.code));

/** State of a parcel, or of a chain of waybills it went under; null when nothing happened to it. */
function whereabouts(parcels, now) {
  const found = parcels.flatMap((parcel) => parcel.handlings()).sort(byHandling);
  const reached = progress(found);
  if (!reached) return null;
  const { state, since } = reached;
  const own = found.filter(({ code }) => !["CONSIGNED", "RECEIVED"].includes(code)).map(({ entry }) => entry.statement.atMs);
  const newest = own.length ? Math.max(...own) : since.entry.statement.atMs;
  const code = !T.terminal.includes(state) && now - newest > T.limits.STALE_MS ? "stale" : state;
  return { code, entry: since.entry, signedOff: found.filter((one) => one.code === "DELIVERED").slice(-1)[0]?.entry ?? null };
}

function chainOf(waybill, parcels) {
  const found = new Map();
  for (let at = waybill; at !== null && parcels.has(at) && !found.has(at); at = parcels.get(at).next) found.set(at, parcels.get(at));
  return [...found.values()];
}

const promisedBy = ({ consign }) => {
  const text = consign?.statement.body.deliver_by;
  return text === undefined ? null : momentMs(text);
};

function standingOf(found, promised, grievances, now) {
  let late = null;
  if (promised !== null && T.underWay.includes(found.code)) late = now - promised;
  else if (promised !== null && ["delivered", "received"].includes(found.code)) late = (found.signedOff ?? found.entry).statement.atMs - promised;
  return {
    code: found.code,
    time: claimed(found.entry),
    place: placeOf(found.entry) ?? (found.code === "received" && found.signedOff ? placeOf(found.signedOff) : null),
    promised_ms: promised,
    late_ms: late,
    complaints_open: grievances.filter((one) => !one.closed).length,
    complaints_closed: grievances.filter((one) => one.closed).length,
  };
}

const turnsOf = (material, item) => material.ofType(item, "sale", "return", "relist");

/** What is going on with an item since it was last sold, sent back or offered again. */
function phaseOf(material, item, parcels, turns = turnsOf(material, item), end = Infinity) {
  const start = turns.slice(-1)[0] ?? null;
  const pieces = new Map();
  for (const entry of material.ofType(item, "dispatch")) {
    const chain = chainOf(entry.statement.subjects.waybill, parcels);
    if (entry.index < end && belongs(entry, chain, start, turns.length === 1)) pieces.set(entry.statement.body.piece, { entry, chain });
  }
  const since = turns.length > 1 ? start.index : 0;
  const sent = [...pieces.values()].sort((a, b) => a.entry.index - b.entry.index);
  return { entry: start, kind: start?.statement.type ?? "", pieces: sent, since };
}

function belongs(dispatch, chain, start, alone) {
  if (!start || dispatch.index > start.index) return true;
  if (!alone) return false;
  const ended = whereabouts(chain, 0);
  return !ended || !T.terminal.includes(ended.code) || ended.entry.statement.atMs >= start.statement.atMs;
}

function whereIs(phase, material) {
  const { entry, kind, pieces } = phase;
  if (kind === "return") {
    const received = material.confirms(entry, "received");
    if (received.length) return { code: "returned", entry: received.slice(-1)[0], signedOff: null };
    const found = pieces.length ? ofPieces(phase, material.now) : { code: "returning", entry };
    const code = ["delivered", "received"].includes(found.code) ? "returned" : found.code;
    const isOnTheWay = ["dispatched", "picked_up", "in_transit"].includes(code);
    return { code: isOnTheWay ? "returning" : code, entry: found.entry, signedOff: null };
  }
  if (pieces.length) return ofPieces(phase, material.now);
  return entry && { code: kind === "relist" ? "listed" : "sold", entry, signedOff: null };
}

/** The piece that is worst off or least far; a piece that was never sent keeps the item at `dispatched`. */
function ofPieces({ pieces }, now) {
  const sent = (entry) => ({ code: "dispatched", entry, signedOff: null });
  const found = pieces.map(({ entry, chain }) => whereabouts(chain, now) ?? sent(entry));
  const newest = pieces.slice(-1)[0].entry;
  if (pieces.length < newest.statement.body.pieces) found.push(sent(newest));
  const rank = ({ code }) => T.worst.indexOf(code);
  return found.sort((a, b) => rank(a) - rank(b) || b.entry.statement.atMs - a.entry.statement.atMs)[0];
}

/** Delivery time promised to the buyer: by the sale, by the offer in force at the sale, or by a parcel's consign. */
function promiseOf({ entry, kind, pieces }, material) {
  if (kind === "sale") {
    const { body, subjects, atMs } = entry.statement;
    if (body.deliver_by !== undefined) return momentMs(body.deliver_by);
    const offers = material.ofType(`l:${subjects.offer}`, "listing").filter((e) => e.index < entry.index);
    const hours = offers.slice(-1)[0]?.statement.body.promise?.deliver_hours;
    if (hours !== undefined) return atMs + hours * HOUR;
  }
  const promises = pieces.filter(({ chain }) => chain.length).map(({ chain }) => promisedBy(chain[0])).filter((ms) => ms !== null);
  return promises.length ? Math.max(...promises) : null;
}

// -- promises ----------------------------------------------------------------------------------------------------------

/** What the buyer was promised in the last sale, and what became of it; the same as trace/promises.py. */
function promisesOf(material, item, parcels) {
  const turns = turnsOf(material, item);
  const at = turns.map((e) => e.statement.type).lastIndexOf("sale");
  if (at < 0) return [];
  const [sale, later, { now }] = [turns[at], turns.slice(at + 1), material];
  const { pieces } = phaseOf(material, item, parcels, turns.slice(0, at + 1), later[0]?.index);
  const { body, atMs, subjects, party } = sale.statement;
  const listing = material.ofType(`l:${subjects.offer}`, "listing").filter((e) => e.index < sale.index).slice(-1)[0];
  const terms = listing?.statement.body.promise ?? {};
  const where = pieces.map(({ chain }) => whereabouts(chain, now));
  const isWhole = pieces.length > 0 && pieces.length >= pieces.slice(-1)[0].entry.statement.body.pieces;
  const latestOf = (times) => (isWhole && times.every((ms) => ms !== undefined) ? Math.max(...times) : null);
  const taken = latestOf(pieces.map(({ chain }) => first(chain.flatMap((parcel) => parcel.handled))?.statement.atMs));
  const isSigned = (one) => ["delivered", "received"].includes(one?.code);
  const signed = latestOf(where.map((one) => (isSigned(one) ? (one.signedOff ?? one.entry).statement.atMs : undefined)));
  const isOver = where.some((one) => T.sentBack.includes(one?.code));
  const found = [];
  const judge = (name, due, by, done, isVoid) => {
    const state = done === null && isVoid ? "void" : (done ?? now) > due ? "broken" : done === null ? "open" : "kept";
    found.push({ name, state, due_ms: due, at_ms: done, ref: refOf(by) });
  };
  const byConsign = pieces.map(({ chain }) => chain[0]).filter((parcel) => parcel && promisedBy(parcel) !== null);
  const longest = byConsign.sort((a, b) => promisedBy(a) - promisedBy(b) || a.consign.index - b.consign.index).slice(-1)[0];
  for (const [name, by, hours, done, isVoid] of [
    ["dispatch", body.dispatch_by, terms.dispatch_hours, taken, false],
    ["delivery", body.deliver_by, terms.deliver_hours, signed, isOver],
  ]) {
    if (by !== undefined) judge(name, momentMs(by), sale, done, isVoid);
    else if (hours !== undefined) judge(name, atMs + hours * HOUR, listing, done, isVoid);
    else if (name === "delivery" && longest) judge(name, promisedBy(longest), longest.consign, done, isVoid);
  }
  if (terms.return_days !== undefined) {
    const due = signed === null ? null : signed + terms.return_days * DAY;
    const back = later.find((e) => e.statement.type === "return");
    const isLate = (ms) => due !== null && ms > due;
    let [state, done] = [isLate(now) ? "unused" : "open", null];
    if (back && !isLate(back.statement.atMs)) {
      const own = back.statement.party === party ? [back] : [];
      const kept = [...later.filter((e) => e.statement.type === "relist"), ...material.confirms(back, "received"), ...own];
      const refused = material.confirms(back, "refuses").slice(-1);
      [state, [done]] = kept.length ? ["kept", [first(kept)]] : refused.length ? ["broken", refused] : ["asked", [back]];
    }
    found.push({ name: "return", state, due_ms: due, at_ms: done && done.statement.atMs, ref: refOf(listing) });
  }
  return found;
}

/** The newest credit commitment of a company. */
function pledgeOf(actor, material) {
  const entry = material.ofType(`a:${actor}`, "commitment").slice(-1)[0];
  if (!entry) return null;
  const { heads, until = "" } = entry.statement.body;
  return { ref: refOf(entry), heads, until, ended: isOver(until, material) };
}

/** Whether a last day, which ends at midnight in China, is over. */
const isOver = (day, { now }) => day !== "" && momentMs(`${day}T00:00:00+08:00`) + DAY <= now;

/** The newest published rating of a carrier. */
function ratingOf(carrier, material) {
  const day = (e) => e.statement.body.as_of;
  const entry = material.ofType(`s:${carrier}`, "publication").sort((a, b) => (day(a) < day(b) ? -1 : day(a) > day(b) ? 1 : a.index - b.index)).slice(-1)[0];
  if (!entry) return null;
  const { grade, colour, as_of, rules, ...more } = entry.statement.body;
  const [score, low, high] = ["score_e1", "low_e1", "high_e1"].map((name) => (more[name] === undefined ? "" : `${Math.floor(more[name] / 10)}.${more[name] % 10}`));
  return { ref: refOf(entry), grade: grade === "none" ? "" : grade, colour, score, low, high, as_of, rules: rules.version };
}

// -- steps -------------------------------------------------------------------------------------------------------------

function itemSteps(phase, material, item, standing, final) {
  const sale = material.ofType(item, "sale").slice(-1)[0] ?? null;
  const offer = (sale ?? phase.entry)?.statement.subjects.offer;
  const listings = offer ? material.ofType(`l:${offer}`, "listing") : [];
  const isOpen = (e) => sale === null || e.index < sale.index || phase.kind === "relist";
  const relists = material.ofType(item, "relist").filter(isOpen);
  const parcels = phase.pieces.flatMap(({ chain }) => chain);
  const reached = {
    listing: first(relists.length ? relists.slice(-1) : listings),
    sale,
    dispatch: first(phase.pieces.map(({ entry }) => entry)),
    transit: last(parcels.flatMap((p) => p.handled).filter((e) => e.statement.type !== "delivery")),
    delivery: last(parcels.flatMap((p) => p.deliveries)),
  };
  return [...strip(reached, T.itemAt, standing), final];
}

function waybillSteps(chain, standing, final) {
  const scans = (codes) => chain.flatMap((parcel) => codes.flatMap((code) => parcel.scans(code)));
  const { consign, acceptances } = chain[0];
  const picked = chain[0].scans("PICKED_UP");
  const reached = {
    consign,
    pickup: first(picked.length ? picked : acceptances),
    transit: last(scans([...T.onTheWay, "HANDOVER"].filter((code) => code !== "OUT_FOR_DELIVERY"))),
    out_for_delivery: last(scans(["OUT_FOR_DELIVERY", "READY_FOR_PICKUP"])),
    delivery: last(chain.flatMap((p) => p.deliveries)),
  };
  return [...strip(reached, T.waybillAt, standing), final];
}

function strip(reached, at, standing) {
  const here = standing ? (at[standing.code] ?? "") : "";
  return Object.entries(reached).map(([name, entry]) => {
    const step = { name, state: entry ? "done" : "none", at: entry && claimed(entry), note: "" };
    if (!standing || name !== here) return step;
    step.at = step.at ?? standing.time;
    if (has(T.notes, standing.code)) [step.state, step.note] = ["attention", T.notes[standing.code]];
    else if (!["delivered", "received"].includes(standing.code)) step.state = "now";
    return step;
  });
}

/** The sixth step: a complaint where there is one, the most pressing first, else a review. */
function lastStep(reviews, complaints) {
  const rank = ([entry, { closed, upheld }]) => [Number(closed), Number(!upheld), -entry.index];
  const pressing = [...complaints].sort((a, b) => rank(a).map((one, i) => one - rank(b)[i]).find(Boolean) ?? 0);
  if (pressing.length) {
    const [entry, { closed, upheld }] = pressing[0];
    return { name: "complaint", state: "attention", at: claimed(entry), note: !closed ? "open" : upheld ? "upheld" : "closed" };
  }
  if (reviews.length) return { name: "review", state: "done", at: claimed(reviews.slice(-1)[0]), note: "" };
  return { name: "review", state: "none", at: null, note: "" };
}

// -- the page ----------------------------------------------------------------------------------------------------------

/** Percent-encoded as addresses on pages are. */
export const quote = (text) => encodeURIComponent(text).replace(/%2F/g, "/").replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);

function boxOf(parcel, material) {
  const counts = parcel.moves.length > 0 || parcel.acceptances.length > 0;
  const { carrier, waybill } = parcel;
  return { carrier: material.party(carrier), waybill_path: `/w/${waybill}`, counts_for_carrier: counts, rating: ratingOf(carrier, material) };
}

function boxes(parcels, material) {
  const newest = ({ moves, consign }) => Math.max(-1, ...[...moves, ...(consign ? [consign] : [])].map((e) => e.index));
  return [...parcels.values()].sort((a, b) => newest(b) - newest(a)).map((parcel) => boxOf(parcel, material));
}

function nameOf(phase, sales, material) {
  const turn = phase.kind === "relist" ? phase.entry : (sales.slice(-1)[0] ?? phase.entry);
  const offer = turn?.statement.subjects.offer;
  const listing = offer ? material.ofType(`l:${offer}`, "listing").slice(-1)[0] : undefined;
  return nameFrom(listing?.statement.body.title);
}

/** Licences that an authority recorded about the seller, each as its newest entry leaves it. */
function permitsOf(actor, material) {
  const newest = new Map();
  for (const entry of material.ofType(`a:${actor}`, "licence")) newest.set(`${entry.statement.body.kind} ${entry.statement.body.number}`, entry);
  return [...newest.keys()].sort().map((name) => {
    const entry = newest.get(name);
    const { event, kind, number, last = "" } = entry.statement.body;
    const state = ["suspend", "revoke", "lapse"].includes(event) ? event : isOver(last, material) ? "expired" : "valid";
    return { ref: refOf(entry), kind, number, until: last, state };
  });
}

function recallsOf(item, makings, material) {
  const lots = [...new Set(makings.map((e) => e.statement.subjects.lot).filter((lot) => lot !== undefined))].sort();
  const found = [];
  for (const subject of [...lots, classOf(item)]) {
    const entries = material.ofType(`p:${subject}`, "recall");
    for (const entry of entries) {
      const { body, party } = entry.statement;
      if (body.event !== "start") continue;
      const ends = ({ index, statement: { body: b, party: p } }) => index > entry.index && b.event === "finish" && b.number === body.number && p === party;
      const ended = entries.find(ends);
      found.push({
        ref: refOf(entry), by: material.party(party), scope: subject.includes("/10/") ? "lot" : "class", subject,
        reason: body.reason, time: claimed(entry), number: body.number, level: body.level, remedy: "", ended: ended ? refOf(ended) : null,
      });
    }
  }
  for (const subject of [...lots, classOf(item)]) {
    for (const entry of material.ofType(`p:${subject}`, "inspection").filter((e) => e.statement.body.verdict === "fail")) {
      found.push({
        ref: refOf(entry), by: material.party(entry.statement.party), scope: subject.includes("/10/") ? "lot" : "class", subject,
        reason: "failed_sample", time: claimed(entry), number: entry.statement.body.report, level: "", remedy: "", ended: null,
      });
    }
  }
  return found.sort((a, b) => Number(a.ended !== null) - Number(b.ended !== null) || b.ref.index - a.ref.index);
}

/** What the bundle shows as withheld by law, with the first later entry that says so. */
function withheldOf(bundle, end) {
  const found = [];
  for (const [index, hash] of bundle.withheld) {
    for (const [by, { statement, received }] of bundle.entries) {
      const one = by > index && by < end ? withholdingOf(statement) : null;
      if (!one || one.index !== index || !same(one.leaf, hash)) continue;
      const ref = { index, statement: one.name, received_ms: 0 };
      found.push({ ref, kind: one.type, ground: one.ground, by: { index: by, statement: b64u(statement.hash), received_ms: received } });
      break;
    }
  }
  return found;
}

const papersIn = (entries) => entries.reduce((sum, e) => sum + (e.statement.evidence?.length ?? 0), 0);
const notUnderstood = (entries) => entries.filter((e) => e.statement.body === null).length;

/**
 * The record of the item or parcel that a bundle is about.
 * @param bundle Of `parseBundle`, checked by `verifyBundle`.
 * @param end Leaves of the book's state to tell it from; entries at this index and after are left out.
 * @param now Time of that state, Unix milliseconds.
 * @returns The record, or null where nothing is recorded. docs/formats/record.md.
 */
export function recordOf(bundle, end, now) {
  const material = new Material(bundle, end, now);
  if (!material.streams.get(bundle.subject).length) return null;
  const about = bundle.subject.slice(2);
  return { ...(bundle.subject[0] === "p" ? itemRecord : waybillRecord)(about, material), withheld: withheldOf(bundle, end) };
}

function itemRecord(item, material) {
  const stream = `p:${item}`;
  const rows = new Rows(material, stream);
  const { parcels } = rows.support;
  const phase = phaseOf(material, stream, parcels);
  const complaints = material.shown.filter((e) => rows.marks.grievances.has(e.name) && material.holds(e)).map((e) => [e, rows.marks.grievances.get(e.name)]);
  const found = whereIs(phase, material);
  const standing = found && standingOf(found, promiseOf(phase, material), complaints.map(([, one]) => one), material.now);
  const reviews = material.shown.filter((e) => e.statement.type === "review" && e.index > phase.since);
  const record = rows.record(material.shown);
  const makings = material.ofType(stream, "item");
  const sales = material.ofType(stream, "sale");
  const seller = sales.length ? material.party(sales.slice(-1)[0].statement.party) : null;
  const licence = seller && material.names.actors.get(seller.actor)?.licence;
  const cut = item.lastIndexOf("/21/");
  const product = item.slice(0, cut);
  const gtin = product.startsWith("/01/") ? product.slice(4) : "";
  const lot = makings.map((e) => e.statement.subjects.lot).find((one) => one !== undefined);
  return {
    path: quote(item),
    name: nameOf(phase, sales, material),
    serial: item.slice(cut + 4),
    standing,
    steps: itemSteps(phase, material, stream, standing, lastStep(reviews, complaints)),
    record,
    record_count: countRows(record),
    gtin,
    sku: gtin ? "" : afterLast(product, "/"),
    lot: lot === undefined ? "" : afterLast(lot, "/10/"),
    makers: [...new Set(makings.map((e) => e.statement.party))].map((actor) => material.party(actor)),
    seller,
    seller_licences: licence ? [licence] : [],
    seller_permits: seller ? permitsOf(seller.actor, material) : [],
    pledge: seller && pledgeOf(seller.actor, material),
    promises: promisesOf(material, stream, parcels),
    couriers: boxes(parcels, material),
    ratings: sales.length ? { offer: sales.slice(-1)[0].statement.subjects.offer, path: `/reviews/${quote(sales.slice(-1)[0].statement.subjects.offer)}` } : null,
    recalls: recallsOf(item, makings, material),
    papers: papersIn(material.shown),
    not_understood: notUnderstood(material.shown),
  };
}

function waybillRecord(waybill, material) {
  const rows = new Rows(material, "");
  const parcel = rows.support.parcels.get(waybill);
  const stream = `w:${waybill}`;
  const complaints = material.ofType(stream, "complaint").map((e) => [e, rows.marks.grievances.get(e.name)]);
  const chain = chainOf(waybill, rows.support.parcels); // where a parcel that was handed over is, its next waybills say
  const found = whereabouts(chain, material.now);
  const standing = found && standingOf(found, promisedBy(parcel), complaints.map(([, one]) => one), material.now);
  const shown = material.streams.get(stream);
  const record = rows.record(shown);
  const weighed = [...parcel.scans("PICKED_UP"), ...[...parcel.moves].sort((a, b) => a.statement.atMs - b.statement.atMs)];
  const box = boxOf(parcel, material);
  return {
    path: `/w/${waybill}`,
    ref: waybill.slice(19),
    carrier: material.party(parcel.carrier),
    standing,
    steps: waybillSteps(chain, standing, lastStep(material.ofType(stream, "review"), complaints)),
    record,
    record_count: countRows(record),
    shipper: parcel.consign && material.party(parcel.consign.statement.party),
    contents: parcel.consign?.statement.body.contents.count ?? null,
    weight_g: weighed.map((e) => e.statement.body.weight_g).find((grams) => grams !== undefined) ?? null,
    promised_ms: promisedBy(parcel),
    service: "",
    counts_for_carrier: box.counts_for_carrier,
    next_path: parcel.next ? `/w/${parcel.next}` : "",
    box,
    papers: papersIn(shown),
    not_understood: notUnderstood(shown),
  };
}
