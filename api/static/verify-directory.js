//# allFunctionsCalledOnLoad
// Who is who at one index of the log: actors, their keys, mandates, and the keys of the log itself. A fold over `actor`, `key`,
// `mandate` and approving `confirm` entries, in log order, as in ledger/directory.py and ledger/log_keys.py.
import { Fault, b64u, need, same } from "./verify-bytes.js";
import { keyId, parsePublic } from "./verify-ed25519.js";
import { momentMs } from "./verify-statement.js";
import TERMS from "./verify-terms.js";

export const ROOT = "auth:operator:000000";
const GRACE_MS = TERMS.limits.ROTATE_GRACE_MS; // a rotated key still signs, for queues that were offline

export const isAnon = (actor) => actor.startsWith("anon:");
export const refused = (detail) => new Fault("rules-refused", detail);

/** All actors, keys and mandates known so far. */
export class Directory {
  constructor(root, log) {
    const id = keyId(root);
    this.logKeys = [{ key: log, added: 0, rotated: null, since: null, revoked: null }];
    this.keys = new Map([[id, { key: root, actor: ROOT, rotated: null, revoked: null }]]);
    this.actors = new Map([[ROOT, { role: "operator", approved: true, left: false, company: null }]]);
    this.mandates = new Map();
    this.waiting = new Map(); // actor -> its registrations, while none of them is approved
  }

  /** The key that must have signed, before anything is asked about its right to. */
  publicFor({ actor, key, type, body, subjects }) {
    if (isAnon(actor)) {
      const found = parsePublic(actor.slice(5));
      need(keyId(found) === key, "key-foreign", "an anonymous actor signs with the key it is named after");
      return found;
    }
    const known = this.keys.get(key);
    if (known) {
      need(known.actor === actor, "key-foreign", "this key belongs to another actor");
      return known.key;
    }
    if (type === "actor" && body?.event === "register" && body.key !== undefined) {
      const found = parsePublic(body.key);
      if (subjects.party === actor && keyId(found) === key) return found; // an actor's first statement proves possession
    }
    throw new Fault("key-unknown", "no such key is registered in this book");
  }

  checkKey({ key }, received) {
    const known = this.keys.get(key);
    if (!known) return; // an anonymous key, or the key that a registration brings
    if (known.revoked !== null) throw refused(`this key was revoked at index ${known.revoked}`);
    if (known.rotated !== null && received > known.rotated + GRACE_MS) throw refused("this key was rotated out over 30 days ago");
    const actor = this.actors.get(known.actor);
    if (actor.left) throw refused("this actor has left the book");
    if (!actor.approved) throw refused("this registration waits for a countersignature");
    if (actor.company && this.actors.get(actor.company)?.left) throw refused("the device's company has left the book");
  }

  role(actor) {
    return isAnon(actor) ? "consumer" : (this.actors.get(actor)?.role ?? null);
  }

  /** Whom a device acts for, or the actor itself. */
  company(actor) {
    return this.actors.get(actor)?.company ?? actor;
  }

  checkMandate({ actor, party, type }, received) {
    if (actor === party) return;
    const mandate = this.mandates.get(`${party} ${actor}`);
    const day = new Date(received).toISOString().slice(0, 10);
    const holds = mandate && !this.actors.get(party).left && mandate.types.includes(type) && (mandate.until === undefined || day <= mandate.until);
    if (!holds) throw refused(`no mandate of ${party} for ${actor}`);
  }

  /** Take in one entry that was admitted. */
  fold({ type, body, subjects, ref, re, hash }, index, received) {
    const { party, company } = subjects;
    if (type === "mandate") {
      if (body.event === "revoke") this.mandates.delete(`${party} ${body.to}`);
      else this.mandates.set(`${party} ${body.to}`, body);
    } else if (type === "confirm") this.#approve(re.subjects.party, ref, index);
    else if (type === "key" && body.use === "log") this.#foldLogKey(body, index, received);
    else if (type === "key") {
      const key = parsePublic(body.key);
      if (body.event === "add") this.#addKey(party, key);
      else if (body.event === "rotate") this.keys.get(keyId(key)).rotated = received;
      else {
        this.keys.get(keyId(key)).revoked = index;
        if (body.since !== undefined) momentMs(body.since);
      }
    } else if (body.event === "leave") this.actors.get(party).left = true;
    else if (body.event === "register") {
      // A device is registered with its company's key, so it needs no further countersignature.
      const key = parsePublic(body.key);
      const own = { role: body.role, approved: company !== undefined, left: false, company: company ?? null };
      const one = { ...own, name: b64u(hash), key: keyId(key) };
      if (!this.actors.has(party)) this.actors.set(party, one);
      if (!one.approved) this.waiting.set(party, [...(this.waiting.get(party) ?? []), one]);
      this.#addKey(party, key);
    }
  }

  /** Whether an `actor` statement may be approved: a registration that waits, or what an approved actor says of itself. */
  mayApprove({ subjects: { party }, body, hash }) {
    const known = this.actors.get(party);
    const isIt = ({ name }) => name === b64u(hash);
    return known.approved ? body.event !== "register" || isIt(known) : this.waiting.get(party).some(isIt);
  }

  /** One registration becomes the actor; the keys that the others brought end. */
  #approve(party, name, index) {
    const waiting = this.waiting.get(party) ?? [];
    this.waiting.delete(party);
    for (const one of waiting) {
      if (one.name === name) this.actors.set(party, Object.assign(one, { approved: true }));
      else this.keys.get(one.key).revoked = index;
    }
  }

  /** A key of the log itself, whatever has become of it. */
  logKey(key) {
    return this.logKeys.find((one) => same(one.key, key));
  }

  /** Keys of the log that lead: neither rotated nor revoked. */
  leading() {
    return this.logKeys.filter(({ rotated, revoked }) => rotated === null && revoked === null);
  }

  #foldLogKey({ event, key }, index, received) {
    const known = this.logKey(parsePublic(key));
    if (event === "add") this.logKeys.push({ key: parsePublic(key), added: index, rotated: null, since: null, revoked: null });
    else if (event === "rotate") Object.assign(known, { rotated: index, since: received });
    else known.revoked = index;
  }

  /** Whether a key of the log may sign a checkpoint whose epoch is of that time; the bundle's entries are all before it. */
  mayLog(key, time) {
    const known = this.logKey(key);
    return known !== undefined && known.revoked === null && (known.rotated === null || time <= known.since + GRACE_MS);
  }

  #addKey(actor, key) {
    this.keys.set(keyId(key), { key, actor, rotated: null, revoked: null });
  }
}
