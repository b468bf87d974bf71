//# allFunctionsCalledOnLoad
// The form of a bundle: bytes in, parts out. Every order and every bound is checked here, and no hash or signature.
// Source: docs/formats/bundle.md, Grammar and step 1. The same as ledger/bundle.py.
import { Fault, b64u, has, need, parseCanonical, splitHashes, unb64u } from "./verify-bytes.js";
import { parseMapProof } from "./verify-map.js";
import { needShape, readEpoch, readLeaf, readShown } from "./verify-statement.js";
import TERMS from "./verify-terms.js";

const LIMITS = TERMS.limits;

/** Read a bundle. */
export function parseBundle(bytes) {
  const pieces = reading(bytes);
  let piece = pieces.next();
  while (!piece.done) piece = pieces.next();
  return piece.value;
}

/** The same in pieces of a few milliseconds: whoever reads may do something else between them. */
export const reading = function* (bytes) {
  need(bytes.length <= LIMITS.BUNDLE_BYTES_MAX, "bundle-too-large", `${bytes.length} bytes`);
  let form;
  try {
    form = parseCanonical(bytes, LIMITS.BUNDLE_DEPTH_MAX);
  } catch (error) {
    throw new Fault("bundle-malformed", error instanceof Fault ? error.detail : "nested too deep");
  }
  needShape("bundle", form, "bundle-malformed");
  const { batches = [], withheld = [], open: opened = [], streams } = form;
  const listed = Object.values(streams).reduce((sum, indexes) => sum + indexes.length, 0);
  need(form.entries.length + withheld.length <= LIMITS.BUNDLE_ENTRIES_MAX, "bundle-too-large", `${form.entries.length} entries`);
  need(Object.keys(streams).length <= LIMITS.BUNDLE_STREAMS_MAX, "bundle-too-large", "streams");
  need(listed <= LIMITS.BUNDLE_LISTED_MAX, "bundle-too-large", `${listed} indexes in streams`);
  yield;
  checkOrder(form, batches, withheld, opened);
  const sections = batches.map(({ leaf, paths }) => {
    const read = new Map(paths.map(([index, path]) => [index, hashes(path)]));
    return { ...readLeaf("batch", leaf), paths: read };
  });
  need(new Set(sections.map(({ hash }) => b64u(hash))).size === sections.length, "bundle-malformed", "a batch twice");
  const read = {
    subject: form.subject,
    note: form.checkpoint,
    epoch: readEpoch(form.epoch.leaf),
    epochPath: hashes(form.epoch.path),
    genesis: readLeaf("genesis", form.genesis.leaf),
    genesisPath: hashes(form.genesis.path),
    proof: parseMapProof(form.map),
    streams: new Map(Object.entries(streams)),
    entries: new Map(),
  };
  for (const [index, leaf] of form.entries) {
    if (read.entries.size % 4 === 0) yield;
    read.entries.set(index, readShown(index, leaf));
  }
  return {
    ...read,
    withheld: new Map(withheld.map(([index, hash]) => [index, unb64u(hash, 32)])),
    batches: sections,
    opened: opened.map(([index, pointer, salt, value]) => ({ index, pointer, salt: unb64u(salt, 32), value })),
  };
};

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
  need(has(form.streams, form.subject), "bundle-malformed", "the subject's own stream is not listed");
  Object.values(form.streams).forEach(ascending);
  batches.forEach(({ paths }) => ascending(paths.map(([index]) => index)));
  ascending(batches.map(({ paths }) => paths[0][0]));
  ascending(opened.map(([index, pointer]) => `${String(index).padStart(16, "0")} ${pointer}`));
}
