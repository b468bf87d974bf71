// A verifier of bundles: bytes, a reader's policy and a clock in, separate results out. It trusts nothing that came from the
// server but itself; whoever wants more than that loads these files from elsewhere. The same results and reason codes as
// ledger/bundle_verify.py: both run tests/vectors/bundle.json. Source: DESIGN 3.3.
import {
  Fault, Unsupported, b64u, need, parseCanonical, same, splitHashes, tagged, u64, unb64u, verifyInclusion,
} from "./verify-bytes.js";
import { mapKey, parseMapProof, verifyMap } from "./verify-map.js";
import { parseCheckpoint, parseNote, parsePolicy, quorumMet, verifyCosignatures, verifyNote } from "./verify-note.js";
import { checkSignatures } from "./verify-signatures.js";
import {
  carrierOf, classOf, copyForRef, needShape, readEpoch, readLeaf, readShown, sameCopy, splitOffer, streamsOf, withholdingOf,
} from "./verify-statement.js";
import TERMS from "./verify-terms.js";

export { Unsupported, parsePolicy };

const NAMES = ["form", "signatures", "order", "on_record", "complete", "withheld", "current", "witnesses"];
const LIMITS = TERMS.limits;
const NOW_MS = LIMITS.CURRENT_MS_MAX; // an epoch this far from the reader's clock, either way, is "now"
const COSIGNED_MS = LIMITS.COSIGNATURE_AGE_MS_MAX; // a cosignature this old still says "now"

const holds = () => ({ state: "holds", code: "", detail: "", index: null });
const open = (code, detail = "", index = null) => ({ state: "open", code, detail, index });
const isHolding = (result) => result.state === "holds";

function failed(error) {
  if (!(error instanceof Fault)) throw error;
  return { state: "fails", code: error.code, detail: error.detail, index: error.index };
}

function outcome(...checks) {
  try {
    checks.forEach((check) => check());
  } catch (error) {
    return failed(error);
  }
  return holds();
}

// -- form --------------------------------------------------------------------------------------------------------------

/** Read a bundle; every order and every bound is checked, and no hash or signature. */
export function parseBundle(bytes) {
  need(bytes.length <= LIMITS.BUNDLE_BYTES_MAX, "bundle-too-large", `${bytes.length} bytes`);
  let form;
  try {
    form = parseCanonical(bytes, LIMITS.BUNDLE_DEPTH_MAX);
  } catch (error) {
    throw error instanceof Fault ? new Fault("bundle-malformed", error.detail) : new Fault("bundle-malformed", "nested too deep");
  }
  needShape("bundle", form, "bundle-malformed");
  const { batches = [], withheld = [], open: opened = [], streams } = form;
  const listed = Object.values(streams).reduce((sum, indexes) => sum + indexes.length, 0);
  need(form.entries.length + withheld.length <= LIMITS.BUNDLE_ENTRIES_MAX, "bundle-too-large", `${form.entries.length} entries`);
  need(Object.keys(streams).length <= LIMITS.BUNDLE_STREAMS_MAX, "bundle-too-large", "streams");
  need(listed <= LIMITS.BUNDLE_LISTED_MAX, "bundle-too-large", `${listed} indexes in streams`);
  checkOrder(form, batches, withheld, opened);
  const sections = batches.map(({ leaf, paths }) => {
    const read = new Map(paths.map(([index, path]) => [index, hashes(path)]));
    return { ...readLeaf("batch", leaf), paths: read };
  });
  need(new Set(sections.map(({ hash }) => b64u(hash))).size === sections.length, "bundle-malformed", "a batch twice");
  return {
    subject: form.subject,
    note: form.checkpoint,
    epoch: readEpoch(form.epoch.leaf),
    epochPath: hashes(form.epoch.path),
    genesis: readLeaf("genesis", form.genesis.leaf),
    genesisPath: hashes(form.genesis.path),
    proof: parseMapProof(form.map),
    streams: new Map(Object.entries(streams)),
    entries: new Map(form.entries.map(([index, leaf]) => [index, readShown(index, leaf)])),
    withheld: new Map(withheld.map(([index, hash]) => [index, unb64u(hash, 32)])),
    batches: sections,
    opened: opened.map(([index, pointer, salt, value]) => ({ index, pointer, salt: unb64u(salt, 32), value })),
  };
}

function hashes(text) {
  const bytes = unb64u(text);
  need(bytes.length % 32 === 0, "encoding-size", `${bytes.length} bytes are not whole hashes`);
  need(bytes.length <= 32 * LIMITS.TREE_HEIGHT_MAX, "encoding-size", "more hashes than a tree has levels");
  return splitHashes(bytes);
}

/** There is one right order of everything, so that a bundle has one form. */
function checkOrder(form, batches, withheld, opened) {
  const ascending = (places) => {
    const rising = places.every((place, i) => i === 0 || places[i - 1] < place);
    need(rising, "bundle-malformed", "not in strictly ascending order");
  };
  const shown = form.entries.map(([index]) => index);
  ascending(shown);
  ascending(withheld.map(([index]) => index));
  const isShown = new Set(shown);
  need(!withheld.some(([index]) => isShown.has(index)), "bundle-malformed", "an entry both shown and withheld");
  need(Object.hasOwn(form.streams, form.subject), "bundle-malformed", "the subject's own stream is not listed");
  Object.values(form.streams).forEach(ascending);
  batches.forEach(({ paths }) => ascending(paths.map(([index]) => index)));
  ascending(batches.map(({ paths }) => paths[0][0]));
  ascending(opened.map(([index, pointer]) => `${String(index).padStart(16, "0")} ${pointer}`));
}

// -- on record, current, witnesses -------------------------------------------------------------------------------------

async function checkRecord(bundle, policy, now) {
  let note;
  let checkpoint;
  try {
    note = parseNote(bundle.note);
    checkpoint = parseCheckpoint(note.text);
  } catch (error) {
    const result = failed(error);
    return { result, unknown: false, witnesses: open(result.code), cosigned: [], current: checkCurrent(bundle, policy, [], now), audited: false };
  }
  const keys = policy.logs.map((log) => log.key).filter((key) => key.name === checkpoint.origin);
  let result = holds();
  try {
    if (keys.length) await verifyNote(note, keys);
    checkState(bundle, checkpoint);
    if (!keys.length) result = open("log-unknown", `${checkpoint.origin} is not in the policy`);
  } catch (error) {
    result = failed(error);
  }
  let cosigned = [];
  let witnesses;
  try {
    cosigned = await verifyCosignatures(note, policy.witnesses);
    const met = quorumMet(policy, cosigned.map((one) => one.witness.name));
    witnesses = met ? holds() : open("witness-quorum", `${cosigned.length} have cosigned, ${policy.quorum} has not`);
  } catch (error) {
    witnesses = failed(error);
  }
  const audited = cosigned.some((one) => one.witness.full);
  const current = checkCurrent(bundle, policy, cosigned, now);
  return { result, checkpoint, unknown: !keys.length, witnesses, cosigned, current, audited };
}

function checkState({ genesis, genesisPath, epoch, epochPath }, { origin, size, root }) {
  const own = size - 1n;
  need(genesis.value.origin === origin, "origin-mismatch", `a checkpoint of ${origin}, a genesis leaf of another log`, 0);
  // No proof binds the size, so both leaves are proved at places that follow from the size that was signed.
  verifyInclusion(epoch.hash, own, size, epochPath, root);
  const at = Number(own);
  need(BigInt(epoch.last) === own - 1n, "epoch-last", `last ${epoch.last} at index ${own}`, at);
  need(epoch.first === epoch.previous + 1, "epoch-first", `first ${epoch.first} after ${epoch.previous}`, at);
  need(epoch.previous < at, "epoch-previous", `previous ${epoch.previous} at index ${own}`, at);
  need(epoch.epoch <= at && (epoch.epoch === 1) === (epoch.previous === 0), "epoch-number", `number ${epoch.epoch}`, at);
  need(same(epoch.genesis, genesis.hash), "epoch-genesis", "the epoch names another genesis leaf", at);
  verifyInclusion(genesis.hash, 0, size, genesisPath, root);
}

function checkCurrent({ epoch }, policy, cosigned, now) {
  const age = now - epoch.time;
  if (age > NOW_MS) return open("state-old", `${age} ms old`);
  if (age < -NOW_MS) return open("state-ahead", `${-age} ms ahead`);
  const isRecent = ({ time }) => now - time * 1000 >= -NOW_MS && now - time * 1000 <= COSIGNED_MS;
  const recent = cosigned.filter(isRecent).map((one) => one.witness.name);
  return quorumMet(policy, recent) ? holds() : open("cosignatures-old", "no quorum has cosigned within ten minutes");
}

// -- order, and every entry is here ------------------------------------------------------------------------------------

function checkStory(bundle, withholdings) {
  const chained = outcome(() => checkChains(bundle));
  const order = outcome(() => checkTimes(bundle));
  const complete = outcome(
    () => checkListed(bundle),
    () => checkClosure(bundle),
    () => checkPlaces(bundle),
    () => checkReferences(bundle, withholdings),
  );
  return [isHolding(order) ? chained : order, isHolding(complete) ? chained : complete];
}

const allIndexes = ({ entries, withheld }) => [...entries.keys(), ...withheld.keys()].sort((a, b) => a - b);

function checkTimes(bundle) {
  const { epoch } = bundle;
  for (const index of allIndexes(bundle)) need(index <= epoch.last, "entry-beyond", `the epoch ends at ${epoch.last}`, index);
  let latest = 0;
  for (const [index, { received }] of bundle.entries) {
    need(received >= latest, "received-fell", `${received} ms after ${latest} ms`, index);
    latest = received;
    need(latest <= epoch.time, "epoch-time", `received at ${latest} ms, the epoch is of ${epoch.time} ms`, index);
  }
}

function checkListed({ streams, entries, withheld }) {
  for (const [name, indexes] of streams) {
    for (const index of indexes) need(entries.has(index) || withheld.has(index), "entry-missing", `listed in ${name}`, index);
  }
}

/** Each stream's chain leads to the count and head that the map has for it; a stream without entries is not in the map. */
function checkChains(bundle) {
  checkListed(bundle);
  const queries = [...bundle.streams].map(([name, indexes]) => {
    let head = new Uint8Array(32);
    for (const index of indexes) {
      const hash = bundle.entries.get(index)?.hash ?? bundle.withheld.get(index);
      head = tagged("suxin-chain/v1", head, u64(index), hash);
    }
    return { key: mapKey(name), record: indexes.length ? { count: indexes.length, head } : null };
  });
  verifyMap(bundle.epoch.map, bundle.genesis.value.depth, bundle.proof, queries);
}

/** The streams of the bundle are those of the story: none is missing, none is too many. */
function checkClosure({ subject, streams, entries }) {
  const named = new Set();
  const queue = [];
  const add = (name) => {
    if (named.has(name)) return;
    named.add(name);
    need(named.size <= LIMITS.BUNDLE_STREAMS_MAX, "closure-too-large", "a story of too many streams");
    queue.push(name);
    const [letter, about] = [name[0], name.slice(2)];
    if (letter === "w") add(`s:uscc:${carrierOf(about)}`);
    else if (letter === "p" && /\/(?:21|10)\//.test(about)) add(`p:${classOf(about)}`);
    else if (letter === "l") add(`p:${splitOffer(about)[1]}`);
  };
  add(subject);
  for (let name = queue.shift(); name !== undefined; name = queue.shift()) {
    need(streams.has(name), "stream-missing", `the story names ${name}`);
    for (const index of streams.get(name)) if (entries.has(index)) namedBy(entries.get(index).statement).forEach(add);
  }
  for (const name of streams.keys()) need(named.has(name), "stream-extra", `the story does not name ${name}`);
}

/** Streams that an entry calls into a story: what it speaks of, who signed, who is bound. */
function namedBy({ subjects, re, actor, party }) {
  const found = [];
  for (let said = { subjects, re }; said; said = said.re) {
    for (const [field, letter] of [["lot", "p"], ["class", "p"], ["offer", "l"], ["waybill", "w"], ["next", "w"]]) {
      if (said.subjects[field] !== undefined) found.push(`${letter}:${said.subjects[field]}`);
    }
  }
  for (const one of [actor, party]) if (!one.startsWith("anon:")) found.push(`a:${one}`);
  if (!actor.startsWith("anon:")) found.push(`k:${actor}`);
  return found;
}

/** Each entry stands in exactly the streams that its statement names, as far as they are here, and in one at least. */
function checkPlaces(bundle) {
  const { streams, entries } = bundle;
  for (const [name, indexes] of streams) {
    for (const index of indexes) {
      const misplaced = entries.has(index) && !entries.get(index).statement.streams.includes(name);
      need(!misplaced, "entry-misplaced", `listed in ${name}`, index);
    }
  }
  const listed = new Map([...streams].map(([name, indexes]) => [name, new Set(indexes)]));
  for (const [index, { statement }] of entries) {
    for (const name of statement.streams) {
      need(!listed.has(name) || listed.get(name).has(index), "entry-left-out", `not listed in ${name}`, index);
    }
  }
  const everywhere = new Set([...streams.values()].flat());
  for (const index of allIndexes(bundle)) need(everywhere.has(index), "entry-extra", "listed nowhere", index);
}

/** Type and subjects that a statement copies are those of the statement that it refers to. */
function checkReferences({ entries, streams }, withholdings) {
  const named = new Map();
  for (const [index, { statement }] of entries) named.set(b64u(statement.hash), [index, copyForRef(statement)]);
  for (const [index, { name, re }] of withholdings) if (!named.has(name)) named.set(name, [index, re]);
  for (const [index, { statement }] of entries) {
    const { ref, re } = statement;
    if (ref === undefined && re === undefined) continue;
    need(ref !== undefined && re !== undefined, "reference-differs", "`ref` and `re` do not stand together", index);
    const known = named.get(ref);
    // Where none of its streams is here, what it refers to cannot be looked up here.
    if (!known && !streamsOf(re.type, re.subjects, re.re).some((name) => streams.has(name))) continue;
    const holding = known && known[0] < index && sameCopy(known[1], re);
    need(holding, "reference-differs", `no earlier entry ${ref} of which \`re\` is a copy`, index);
  }
}

// -- withheld by law ---------------------------------------------------------------------------------------------------

/** For each withheld entry the later entries that name its index and leaf hash. */
function causesOf({ entries, withheld }) {
  const found = new Map([...withheld.keys()].map((index) => [index, []]));
  for (const [by, { statement }] of entries) {
    const withholding = withholdingOf(statement);
    const hash = withholding && withheld.get(withholding.index);
    if (hash && same(hash, withholding.leaf) && by > withholding.index) found.get(withholding.index).push([by, withholding]);
  }
  return found;
}

function checkWithheld(bundle, causes, directory) {
  const listing = new Map([...causes.keys()].map((index) => [index, new Set()]));
  for (const [name, indexes] of bundle.streams) for (const index of indexes) listing.get(index)?.add(name);
  for (const [index, named] of causes) {
    const faults = named.map((cause) => outcome(() => checkCause(bundle, ...cause, listing.get(index), directory)));
    if (!named.length) return { ...failed(new Fault("withheld-without-cause", "no later entry names it")), index };
    if (!faults.some(isHolding)) return { ...faults[0], index };
  }
  return holds();
}

function checkCause(bundle, by, { type, ground, streams }, listed, directory) {
  const { statement } = bundle.entries.get(by);
  const allowed = Object.hasOwn(TERMS.types, type) && TERMS.types[type].withhold.includes(ground);
  need(allowed, "withheld-type", `a ${type} on the ground of ${ground}`);
  const role = directory.role(directory.company(statement.party));
  const lawful = (TERMS.may_withhold[statement.type][ground] ?? []).includes(role);
  need(lawful, "withheld-authority", `${statement.type} on the ground of ${ground} by a ${role ?? "stranger"}`);
  const named = new Set(streams.filter((name) => bundle.streams.has(name)));
  for (const name of [...new Set([...listed, ...named])].sort()) {
    need(named.has(name), "entry-misplaced", `listed in ${name}`);
    need(listed.has(name), "entry-left-out", `not listed in ${name}`);
  }
}

// -- the whole ---------------------------------------------------------------------------------------------------------

/** All that holds is open instead, `form` left as it is. */
function standing(results, instead) {
  for (const name of NAMES) if (name !== "form" && isHolding(results[name])) results[name] = instead;
}

/**
 * Check a bundle. Evidence that does not hold is a result, never an exception; `Unsupported` says that this browser cannot.
 * @param bytes The bundle as it came.
 * @param policy Whom the reader trusts, of `parsePolicy`; pinned before, never taken from the bundle.
 * @param now The reader's clock, Unix milliseconds.
 * @returns `{verdict, results, ...}`; `verdict` is "fails" if any result does, else "open" if any but `current` is.
 */
export async function verifyBundle(bytes, policy, now) {
  const results = Object.fromEntries(NAMES.map((name) => [name, holds()]));
  let bundle;
  try {
    bundle = parseBundle(bytes);
  } catch (error) {
    results.form = failed(error);
    standing(results, open(error.code, "the bundle could not be read"));
    return { verdict: "fails", results, audited: false, unknown: false, subject: "", note: "", cosigned: [] };
  }
  const causes = causesOf(bundle);
  const record = await checkRecord(bundle, policy, now);
  const signatures = await checkSignatures(bundle);
  const withholdings = [...causes].filter(([, named]) => named.length).map(([index, named]) => [index, named[0][1]]);
  [results.order, results.complete] = checkStory(bundle, withholdings);
  results.withheld = checkWithheld(bundle, causes, signatures.directory);
  results.signatures = signatures.fault ? failed(signatures.fault) : holds();
  results.on_record = record.result;
  results.current = record.current;
  results.witnesses = record.witnesses;
  const shown = [...bundle.entries.values()];
  const strange = shown.filter(({ statement }) => statement.body === null && !withholdingOf(statement));
  if (isHolding(results.complete)) {
    const { code, index } = results.withheld;
    if (!isHolding(results.withheld)) results.complete = open(code, "an entry is withheld without right", index);
    else if (strange.length) results.complete = open("entries-not-understood", `${strange.length} entries`, strange[0].index);
  }
  // Nobody has signed this state, so nothing is shown by it.
  if (!isHolding(record.result)) standing(results, open(record.result.code, "the state shown is not on record"));
  const states = NAMES.filter((name) => name !== "current").map((name) => results[name].state);
  const own = bundle.streams.get(bundle.subject);
  return {
    verdict: states.includes("fails") ? "fails" : states.includes("open") ? "open" : "holds",
    results,
    audited: record.audited && isHolding(record.result),
    unknown: record.unknown,
    subject: bundle.subject,
    note: bundle.note,
    recorded: own.length > 0,
    lotKnown: own.some((index) => bundle.entries.get(index)?.statement.subjects.lot !== undefined),
    origin: record.checkpoint?.origin ?? "",
    size: record.checkpoint ? String(record.checkpoint.size) : "0",
    epoch: bundle.epoch.epoch,
    time: bundle.epoch.time,
    entries: bundle.entries.size,
    withheld: bundle.withheld.size,
    signers: signatures.signers,
    cosigned: record.cosigned.map(({ witness, time }) => ({ name: witness.name, full: witness.full, time })),
  };
}
