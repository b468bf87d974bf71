// What a record is told from: the entries of a bundle, indexed the ways the folds need. The same as trace/material.py,
// trace/evidence.py (who stands behind whom) and ledger/directory.py (names). Judges nothing: verify.js has done that.
import { b64u } from "./verify-bytes.js";
import { keyId, parsePublic } from "./verify-ed25519.js";
import { momentMs } from "./verify-statement.js";
import T from "./record-tables.js";

const ROOT = "auth:operator:000000";
const isAnon = (actor) => actor.startsWith("anon:");

export const mode = ({ source }) => source?.mode ?? "own";
export const byTime = (a, b) => a.statement.atMs - b.statement.atMs || a.index - b.index;
export const first = (entries, order = byTime) => [...entries].sort(order)[0] ?? null;
export const last = (entries) => [...entries].sort(byTime).slice(-1)[0] ?? null;
export const refOf = ({ index, name, received }) => ({ index, statement: name, received_ms: received });

/** A name recorded in Chinese, English or both; Chinese leads. */
export function nameFrom({ zh, en } = {}) {
  if (zh !== undefined) return { text: zh, lang: "zh-CN", english: en ?? "" };
  return en !== undefined ? { text: en, lang: "en", english: "" } : { text: "", lang: "", english: "" };
}

/** Who is who, as far as pages name it. */
class Names {
  constructor(entries) {
    this.actors = new Map([[ROOT, { role: "operator", company: null, controllers: [], holder: "self", name: {}, licence: "", district: "" }]]);
    for (const { statement } of entries) if (statement.type === "actor" && statement.body.event !== "leave") this.#fold(statement);
  }

  #fold({ body, subjects }) {
    const blank = { role: body.role, company: subjects.company ?? null, controllers: [], holder: "self", name: {}, licence: "", district: "" };
    const known = this.actors.get(subjects.party) ?? blank;
    this.actors.set(subjects.party, known);
    known.controllers = body.controllers ?? known.controllers;
    known.holder = body.key_holder ?? known.holder;
    if (body.name && Object.keys(body.name).length) known.name = body.name;
    known.licence = body.licence ?? known.licence;
    known.district = body.district ?? known.district;
  }

  role(actor) {
    return isAnon(actor) ? "consumer" : (this.actors.get(actor)?.role ?? "");
  }

  company(actor) {
    return this.actors.get(actor)?.company ?? actor;
  }

  /** Everybody who stands behind an actor's signature: itself, its company, controllers and key holder. */
  house(actor) {
    const company = this.company(actor);
    const known = this.actors.get(company);
    if (!known) return new Set([company]);
    const holder = known.holder === "self" ? [] : [known.holder === "operator" ? ROOT : known.holder];
    return new Set([company, ...known.controllers, ...holder]);
  }
}

/** A story's entries. `end` and `now` cut it off where an earlier state of the book ended. */
export class Material {
  constructor(bundle, end, now) {
    const known = new Map();
    for (const [index, { received, statement }] of bundle.entries) {
      if (index < end) known.set(index, { index, received, statement, name: b64u(statement.hash) });
    }
    this.now = now;
    this.streams = new Map([...bundle.streams].map(([name, all]) => [name, all.filter((i) => known.has(i)).map((i) => known.get(i))]));
    const texts = bundle.opened.filter(({ pointer }) => pointer === "/body/text");
    this.texts = new Map(texts.map(({ index, value }) => [index, value]));
    this.names = new Names(this.#of("ak"));
    this.thefts = new Map(); // key id -> since when it was in other hands, as its revocation says
    for (const { statement: { type, body } } of this.#of("k")) {
      if (type === "key" && body?.event === "revoke" && body.since !== undefined) {
        this.thefts.set(keyId(parsePublic(body.key)), momentMs(body.since));
      }
    }
    this.shown = this.#of("plw");
    this.byName = new Map(this.shown.map((entry) => [entry.name, entry]));
    this.referring = new Map();
    this.undone = new Set();
    for (const entry of this.shown) {
      const { ref, type, body } = entry.statement;
      if (ref === undefined) continue;
      if (!this.referring.has(ref)) this.referring.set(ref, []);
      this.referring.get(ref).push(entry);
      if (type === "correction" && body.reason === "did_not_occur") this.undone.add(ref);
    }
    // A countersignature has nothing left to stand on.
    for (const name of [...this.undone]) {
      for (const entry of this.answers(name)) if (entry.statement.type === "confirm") this.undone.add(entry.name);
    }
  }

  #of(letters) {
    const found = new Map();
    for (const [name, entries] of this.streams) if (letters.includes(name[0])) entries.forEach((e) => found.set(e.index, e));
    return [...found.values()].sort((a, b) => a.index - b.index);
  }

  /** An actor as the page shows it. */
  party(actor) {
    const role = this.names.role(actor);
    const path = role === "courier" && actor.startsWith("uscc:") ? `/couriers/${actor.slice(5)}` : "";
    return { actor, name: nameFrom(this.names.actors.get(actor)?.name), role, path };
  }

  holds(entry) {
    return !this.undone.has(entry.name);
  }

  answers(name) {
    return this.referring.get(name) ?? [];
  }

  /** Entries of a stream with one of these types that still stand, in log order. */
  ofType(stream, ...types) {
    return (this.streams.get(stream) ?? []).filter((e) => types.includes(e.statement.type) && this.holds(e));
  }

  /** Countersignatures under an entry, in log order. */
  confirms(entry, ...kinds) {
    const fits = ({ statement: { type, body } }) => type === "confirm" && kinds.includes(body.kind);
    return this.answers(entry.name).filter((e) => fits(e) && this.holds(e));
  }

  referred({ statement }) {
    return (statement.ref !== undefined && this.byName.get(statement.ref)) || null;
  }
}

const kindOf = ({ statement: { type, body } }) => (type === "confirm" ? body.kind : "");

function handlingCode(entry) {
  const { type, body, re } = entry.statement;
  if (type === "consign") return "CONSIGNED";
  if (type === "scan") return body.code;
  if (type === "delivery") return "DELIVERED";
  return kindOf(entry) === "received" && re && ["delivery", "scan"].includes(re.type) ? "RECEIVED" : "";
}

/** One waybill of a story. */
export class Parcel {
  constructor(waybill, material) {
    this.waybill = waybill;
    this.carrier = `uscc:${waybill.slice(0, 18)}`;
    const stream = `w:${waybill}`;
    this.consign = material.ofType(stream, "consign").slice(-1)[0] ?? null;
    const moves = material.ofType(stream, "scan", "delivery");
    this.moves = moves.filter((e) => e.statement.subjects.waybill === waybill);
    this.first = first(this.moves);
    this.handovers = moves.filter((e) => e.statement.subjects.next === waybill);
    this.deliveries = this.moves.filter((e) => e.statement.type === "delivery");
    this.confirms = material.ofType(stream, "confirm");
    const isCarrier = (e) => material.names.company(e.statement.party) === this.carrier;
    this.acceptances = this.confirms.filter((e) => kindOf(e) === "accepts" && isCarrier(e));
    // A CREATED says only that data was sent; nobody had the parcel in hand.
    const handled = [...this.moves.filter((e) => e.statement.body.code !== "CREATED"), ...this.acceptances];
    this.handled = handled.sort((a, b) => a.index - b.index);
    this.next = this.moves.map((e) => e.statement.subjects.next).filter((next) => next !== undefined).slice(-1)[0] ?? null;
  }

  scans(code) {
    return this.moves.filter((e) => e.statement.type === "scan" && e.statement.body.code === code);
  }

  handlings() {
    const all = [...this.moves, ...this.handovers, ...this.confirms, ...(this.consign ? [this.consign] : [])];
    const coded = all.map((entry) => ({ entry, code: this.acceptances.includes(entry) ? "ACCEPTED" : handlingCode(entry) }));
    return coded.filter(({ code }) => code);
  }
}

// -- evidence ----------------------------------------------------------------------------------------------------------

function signatureOf(statement) {
  const physical = (statement.evidence ?? []).some(({ kind }) => T.physical.includes(kind));
  return { actor: statement.actor, party: statement.party, mode: mode(statement), physical };
}

const accepts = ({ statement: { type, body } }) => (["scan", "delivery"].includes(type) ? body.accepts : undefined);

/** Which signatures support which step of a story, and the grade they earn it. */
export class Support {
  #codes = new Map();

  constructor(material) {
    this.material = material;
    const waybills = [...material.streams.keys()].filter((name) => name[0] === "w").map((name) => name.slice(2));
    this.parcels = new Map(waybills.map((waybill) => [waybill, new Parcel(waybill, material)]));
    for (const { statement } of material.shown) {
      const { type, body, actor } = statement;
      if (["sale", "consign"].includes(type) && body.claim !== undefined) this.#issue(body.claim, signatureOf(statement));
      else if (type === "claim" && this.#codes.has(actor.slice(5))) this.#issue(body.owner, this.#codes.get(actor.slice(5)));
    }
  }

  #issue(code, issuer) {
    if (!this.#codes.has(code)) this.#codes.set(code, issuer); // the first issuer stays
  }

  /** Everybody who stands behind a signature; empty for a consumer's key without an issued code. */
  behind({ actor, party }) {
    const { names } = this.material;
    if (!isAnon(actor)) return new Set([...names.house(actor), ...names.house(party)]);
    const issuer = this.#codes.get(actor.slice(5));
    return issuer ? this.behind(issuer) : new Set();
  }

  parcelOf({ statement }) {
    return this.parcels.get(statement.subjects.waybill);
  }

  evidence(entry) {
    const { statement } = entry;
    if (!T.steps.includes(statement.type)) return null;
    const worth = (entries) => entries.map((e) => signatureOf(e.statement));
    const [grade, reason, signers] = this.#judge(signatureOf(statement), worth(this.#counter(entry)), worth(this.#others(entry)));
    const { material } = this;
    return { grade, reason, parties: signers.map((actor) => material.party(material.names.company(actor))) };
  }

  #judge(step, counter, others) {
    if (step.mode !== "own") return ["D", T.borrowed[step.mode] ?? "relayed", []];
    const house = this.behind(step);
    if (!house.size) return ["D", "no_code", []];
    for (const [grade, reason, signatures] of [["A", "counter_signed", counter], ["B", "two_organisations", others]]) {
      const found = signatures.find((one) => {
        const behind = [...this.behind(one)];
        return one.mode === "own" && behind.length && !behind.some((who) => house.has(who));
      });
      if (found) return [grade, reason, [step.actor, found.actor]];
    }
    if (step.physical) return ["C", "physical", [step.actor]];
    const own = [...counter, ...others].filter((one) => one.mode === "own");
    const reason = own.some((one) => this.behind(one).size) ? "shared_holder" : own.length ? "no_code" : "claim_only";
    return ["D", reason, [step.actor]];
  }

  #counter(entry) {
    const { type } = entry.statement;
    let found = this.material.confirms(entry, "accepts", "received");
    const parcel = this.parcelOf(entry);
    if (parcel?.consign?.index > entry.index) found = found.filter((e) => !e.statement.actor.startsWith("anon:"));
    if (["accepts", "received"].includes(kindOf(entry))) {
      const referred = this.material.referred(entry);
      if (referred) found.push(referred);
    } else if (parcel && type === "consign") found.push(...parcel.moves.filter((e) => accepts(e) === entry.name));
    else if (parcel?.consign && accepts(entry) === parcel.consign.name) found.push(parcel.consign);
    return found;
  }

  #others(entry) {
    const { type, body, subjects } = entry.statement;
    const parcel = this.parcelOf(entry);
    const before = (e) => e.index < entry.index;
    if (type === "review" && !parcel) return [...this.parcels.values()].flatMap((p) => p.deliveries.filter(before));
    if (!parcel) return [];
    if (type === "review") return parcel.handled.filter(before);
    if (["consign", "dispatch"].includes(type)) return parcel.handled.filter((e) => !(e.index < parcel.consign?.index));
    const found = [];
    if (type === "scan" && body.code === "PICKED_UP" && parcel.consign) found.push(parcel.consign);
    if (type === "scan" && body.code === "HANDOVER") found.push(...(this.parcels.get(subjects.next)?.handled ?? []));
    if (entry === parcel.first) found.push(...parcel.handovers);
    return found;
  }

  /** Whether a firm that reviews has an owner or a key holder in common with whom it rates. */
  isInsider({ statement }, rated) {
    if (isAnon(statement.actor)) return false;
    const house = this.material.names.house(rated);
    return [...this.behind(signatureOf(statement))].some((who) => house.has(who));
  }
}
