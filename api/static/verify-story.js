//# allFunctionsCalledOnLoad
// Whether the entries of a bundle are all that there are, in their order, and what is withheld is withheld by law.
// Source: docs/formats/bundle.md, Story and steps 14 to 22. The same as ledger/bundle_story.py and bundle_withheld.py.
import { Fault, b64u, has, need, same, tagged, u64 } from "./verify-bytes.js";
import { mapKey, verifyMap } from "./verify-map.js";
import { failed, holds, isHolding, outcome } from "./verify-result.js";
import { carrierOf, classOf, copyForRef, sameCopy, splitOffer, streamsOf, withholdingOf } from "./verify-statement.js";
import TERMS from "./verify-terms.js";

const LIMITS = TERMS.limits;

/** The results `order` and `complete`: chains, times, closure, places, references (steps 14 to 20). */
export function checkStory(bundle, withholdings) {
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
export function causesOf({ entries, withheld }) {
  const found = new Map([...withheld.keys()].map((index) => [index, []]));
  for (const [by, { statement }] of entries) {
    const withholding = withholdingOf(statement);
    const hash = withholding && withheld.get(withholding.index);
    if (hash && same(hash, withholding.leaf) && by > withholding.index) found.get(withholding.index).push([by, withholding]);
  }
  return found;
}

/** The result `withheld` (step 22). */
export function checkWithheld(bundle, causes, directory) {
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
  const allowed = has(TERMS.types, type) && TERMS.types[type].withhold.includes(ground);
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
