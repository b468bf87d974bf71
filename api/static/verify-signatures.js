//# allFunctionsCalledOnLoad
// Who signed each shown statement, and whether that key could: key history, signatures, batches, opened values.
// Who is who is folded from the bundle's own `a:` and `k:` streams, from the genesis leaf's root key on. What changes that
// history is judged by the book's rules; of other entries only key, mandate and signature are checked, as in
// ledger/bundle_signatures.py: whether each was allowed is what a full witness checks.
import { Fault, b64u, has, hmac, joined, need, rawOf, same, unb64u, utf8 } from "./verify-bytes.js";
import { Directory, ROOT, isAnon, refused } from "./verify-directory.js";
import { keyId, parsePublic, verifySignature } from "./verify-ed25519.js";
import { copyForRef, sameCopy } from "./verify-statement.js";
import TERMS from "./verify-terms.js";
import { verifyInclusion } from "./verify-tree.js";

const FUTURE_MS = TERMS.limits.FUTURE_MS_MAX;
const CALENDAR_MS = TERMS.limits.CALENDAR_MS_MAX;

/** Whether a statement says who is who. */
function changesDirectory({ type, body }) {
  return body !== null && (["actor", "key", "mandate"].includes(type) || (type === "confirm" && body.kind === "approves"));
}

/** Check of all signatures of a bundle; `fault` is the first fault, or null. */
export async function checkSignatures(bundle, breathe) {
  // The browser checks signatures beside this thread, so all are asked for first, as if they held. Where one does not, what its
  // entry says of keys has been believed too early, and everything is done again in turn.
  let check = new Check(bundle, false);
  let n = 0;
  for (const shown of bundle.entries.values()) {
    if (n++ % 4 === 0) await breathe?.();
    await check.entry(shown);
  }
  if (!(await check.allSigned())) {
    check = new Check(bundle, true);
    for (const shown of bundle.entries.values()) await check.entry(shown);
  }
  check.noting(() => check.batchesNeeded() || bundle.opened.forEach((opened) => checkOpened(bundle, opened)));
  return { fault: check.fault, directory: check.directory, signers: check.signers.size };
}

class Check {
  fault = null;
  signers = new Set();
  #known = new Map(); // of each `a:` stream: statement -> index
  #signed = new Map(); // batch -> the check of its own signature
  #asked = []; // whether each signature holds, where none is waited for in turn
  #counters = new Set();
  #ids = new Set();
  #sections;

  constructor(bundle, inTurn) {
    this.bundle = bundle;
    this.inTurn = inTurn;
    this.#sections = new Map(bundle.batches.map((section) => [b64u(section.hash), section]));
    this.directory = new Directory(new Uint8Array(32), new Uint8Array(32)); // keys that nobody holds
    this.noting(() => {
      try {
        const { root, log } = bundle.genesis.value;
        this.directory = new Directory(parsePublic(root.key), parsePublic(log));
      } catch (error) {
        throw new Fault("genesis-key", error.detail, 0);
      }
    });
  }

  noting(work) {
    try {
      work();
    } catch (error) {
      this.note(error);
    }
  }

  note(error, index = error.index) {
    if (!(error instanceof Fault)) throw error;
    this.fault = this.fault ?? new Fault(error.code, error.detail, index);
  }

  async entry(shown) {
    const { statement, index, received } = shown;
    this.signers.add(statement.key);
    try {
      need(statement.book === this.bundle.genesis.value.book, "book-wrong", `signed for ${statement.book}`);
      const key = as("signer-unknown", () => this.directory.publicFor(statement));
      as("rules-refused", () => this.#judge(statement, received));
      const signed = this.#signature(shown, key);
      if (this.inTurn) await signed;
      else this.#asked.push(signed.then(() => true, () => false));
      this.#once(statement);
      for (const name of statement.streams.filter((one) => one.startsWith("a:"))) {
        if (!this.#known.has(name)) this.#known.set(name, new Map());
        this.#known.get(name).set(b64u(statement.hash), index);
      }
      if (changesDirectory(statement)) as("rules-refused", () => this.directory.fold(statement, index, received));
    } catch (error) {
      this.note(error, index);
    }
  }

  #judge(statement, received) {
    if (received > CALENDAR_MS) throw refused(`received at ${received} ms, which is no date`);
    const changes = changesDirectory(statement);
    if (changes && statement.atMs > received + FUTURE_MS) throw refused("claimed more than 5 minutes after receipt");
    this.directory.checkKey(statement, received);
    this.directory.checkMandate(statement, received);
    if (!changes) return;
    if (statement.type === "confirm") this.#approval(statement);
    else {
      this.#authority(statement);
      if (statement.type === "actor") this.#actor(statement);
      if (statement.type === "key") this.#key(statement);
    }
  }

  /** Role and relation to the subject, deny by default. */
  #authority({ type, body, actor, party, subjects }) {
    const directory = this.directory;
    const brought = type === "actor" && subjects.party === actor ? body.role : null; // a first statement brings its role along
    const role = directory.role(party) ?? brought;
    const found = new Set();
    if (subjects.party === party) found.add("self");
    else if (directory.company(subjects.party) === party || subjects.company === party) found.add("company");
    const office = directory.company(party);
    if (!found.size || office === ROOT || ["regulator", "platform", "lab"].includes(directory.role(office))) found.add("public");
    const allowed = TERMS.authority.some(([who, what, how]) => who === role && what === type && found.has(how));
    if (!allowed) throw refused(`a ${role ?? "stranger"} who stands to this as ${[...found]} may not write a ${type}`);
  }

  /** Registrations are approved by the operator or a regulator, and by nobody else. */
  #approval(statement) {
    unb64u(statement.ref, 32);
    const known = statement.streams.map((name) => this.#known.get(name)?.get(statement.ref)).find((index) => index !== undefined);
    if (known === undefined) throw refused("no such statement stands in the streams that `re` names");
    const referred = this.bundle.entries.get(known).statement;
    if (!sameCopy(copyForRef(referred), statement.re)) throw refused("`re` is not a copy of the statement referred to");
    const office = ["operator", "regulator"].includes(this.directory.role(statement.party));
    if (referred.type !== "actor" || !office) throw refused("only the operator or a regulator approves registrations");
    if (!this.directory.mayApprove(referred)) throw refused("not a registration that waits");
  }

  #actor({ body, subjects }) {
    const { party } = subjects;
    const known = this.directory.actors.get(party);
    const isDevice = body.role === "device";
    const isNew = body.event === "register";
    if (isNew ? known?.approved : !known) throw refused("an actor registers once, then changes or leaves");
    const fitting = isDevice === party.startsWith("dev:") && (body.role === "regulator") === party.startsWith("auth:");
    if (!fitting || ["operator", "consumer"].includes(body.role) || isAnon(party)) throw refused("not a role of such an actor");
    if (isDevice !== (subjects.company !== undefined)) throw refused("a device names its company, and only a device does");
    const isSame = isNew || (known.role === body.role && known.company === (subjects.company ?? null));
    if (!isSame) throw refused("a role never changes, nor whose device it is");
    if (isNew !== (body.key !== undefined)) throw refused("a registration brings its first key");
    if (isNew) this.#newKey(body.key);
  }

  #key({ body, subjects, actor }) {
    if (!this.directory.actors.has(subjects.party)) throw refused("no such actor");
    const isLog = body.use === "log";
    if (isLog && (actor !== ROOT || subjects.party !== ROOT)) throw refused("only the operator changes the keys of the log");
    if (body.event === "add") return this.#newKey(body.key);
    if (isLog) return this.#logKey(body);
    const known = this.directory.keys.get(keyId(parsePublic(body.key)));
    if (known?.actor !== subjects.party) throw refused("the party has no such key");
    if (known.revoked !== null) throw refused("this key is revoked already");
    return undefined;
  }

  #logKey({ event, key }) {
    const known = this.directory.logKey(parsePublic(key));
    if (!known) throw refused("the log has no such key");
    if (known.revoked !== null) throw refused("this key of the log is revoked already");
    if (event === "rotate" && known.rotated !== null) throw refused("this key of the log is rotated out already");
    const leading = this.directory.leading();
    if (leading.length === 1 && leading[0] === known) throw refused("the log has no other key that signs");
  }

  #newKey(text) {
    const key = parsePublic(text);
    if (this.directory.keys.has(keyId(key)) || this.directory.logKey(key)) throw refused("this key stands in the book already");
  }

  /** A signature holds as often as it is shown, so nothing else would tell that a statement was entered twice. */
  #once({ key, n, actor, id }) {
    need(!this.#counters.has(`${key} ${n}`), "counter-twice", `number ${n} of the key ${key}`);
    need(!this.#ids.has(`${actor} ${id}`), "id-twice", `id ${id} of ${actor}`);
    this.#counters.add(`${key} ${n}`);
    this.#ids.add(`${actor} ${id}`);
  }

  async #signature({ statement, signature, batch, index }, key) {
    if (signature) {
      await verifySignature(key, joined(utf8("suxin-statement/v1\n"), statement.raw), signature);
      return;
    }
    const section = this.#sections.get(b64u(batch.hash));
    need(section?.paths.has(index), "batch-missing", "no batch of that hash, or no path to its root");
    const { header, absent, signature: signed } = section.value;
    const { position } = batch;
    const fitting = header.book === statement.book && header.key === statement.key && header.n + position === statement.n;
    need(fitting, "batch-position", `book, key or counter are not those of position ${position}`);
    const listed = position < header.size && !absent.some(([place]) => place === position);
    need(listed, "batch-position", `position ${position} is not one of the batch's entries`);
    const path = section.paths.get(index);
    as("batch-root", () => verifyInclusion(statement.hash, position, header.size, path, unb64u(header.root, 32)));
    if (!this.#signed.has(section)) {
      this.#signed.set(section, verifySignature(key, joined(utf8("suxin-batch/v1\n"), rawOf(header)), unb64u(signed)));
    }
    await this.#signed.get(section);
  }

  /** Whether every signature that was asked for holds; an entry without a key to check has not asked. */
  async allSigned() {
    return (await Promise.all(this.#asked)).every((holds) => holds);
  }

  /** Each path of each batch is that of an entry which names the batch. */
  batchesNeeded() {
    for (const { hash, paths } of this.bundle.batches) {
      for (const index of paths.keys()) {
        const batch = this.bundle.entries.get(index)?.batch;
        need(batch && same(batch.hash, hash), "batch-extra", "a path for an entry of another batch, or none", index);
      }
    }
  }
}

/** Whatever fault the work finds, under one code. */
function as(code, work) {
  try {
    return work();
  } catch (error) {
    throw error instanceof Fault ? new Fault(code, error.detail) : error;
  }
}

/** An opened value is the one that a shown statement commits to at that place. */
function checkOpened(bundle, { index, pointer, salt, value }) {
  const statement = bundle.entries.get(index)?.statement;
  let found = statement?.value;
  for (const member of pointer.split("/").slice(1)) {
    const inside = typeof found === "object" && has(found, member);
    found = inside ? found[member] : undefined;
  }
  const wrong = (detail) => new Fault("commitment-mismatch", detail, index);
  if (typeof found !== "string") throw wrong("no commitment stands there");
  const due = hmac(salt, utf8(`suxin-commit/v1\n${statement.type}\n${pointer}\n${value}`));
  if (found !== b64u(due)) throw wrong(`${statement.type} ${pointer}`);
}
