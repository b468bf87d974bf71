//# allFunctionsCalledOnLoad
// Map proofs: which streams there are, how long each is, and which are not there. The same steps as ledger/map_verify.py;
// source: docs/formats/map.md. Keys are compared as hexadecimal, which sorts as their bytes do.
import { EMPTY_ROOT, Fault, hex, need, nodeHash, same, sha256, splitHashes, tagged, u32, u64, unb64u, utf8 } from "./verify-bytes.js";

const N_MAX = 2 ** 32 - 1;

export const mapKey = (stream) => tagged("suxin-map-key/v1", utf8(stream));

const slotOf = (key, depth) => new DataView(key.buffer, key.byteOffset).getUint32(0) >>> (32 - depth);
const bucketHash = (n, root) => tagged("suxin-map-bucket/v1", u32(n), root);
const mapNode = (left, right) => tagged("suxin-map-node/v1", left, right);
const recordHash = (row) => sha256(Uint8Array.of(0), row.key, u64(row.count), row.head);

// -- form --------------------------------------------------------------------------------------------------------------

function members(value, needed, optional) {
  const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
  const names = isObject ? Object.keys(value) : [];
  const known = names.every((name) => needed.includes(name) || optional.includes(name));
  need(isObject && known && needed.every((name) => names.includes(name)), "map-form", `not an object of ${needed}`);
  return value;
}

function list(value) {
  need(Array.isArray(value) && value.length > 0, "map-form", "not a list, or an empty one");
  return value;
}

function integer(value, least, most) {
  need(Number.isInteger(value), "map-form", "not an integer");
  need(least <= value && value <= most, "map-range", `${value} is not within ${least} and ${most}`);
  return value;
}

function hashes(value) {
  need(typeof value === "string", "map-form", "not a text of hashes");
  let bytes;
  try {
    bytes = unb64u(value);
  } catch (error) {
    throw new Fault("map-encoding", error.detail);
  }
  need(bytes.length % 32 === 0, "map-encoding", `${bytes.length} bytes are not whole hashes`);
  return splitHashes(bytes);
}

function neighbour(value) {
  const row = list(value);
  need(row.length === 4, "map-form", `${row.length} members of a neighbour`);
  const key = hashes(row[1]);
  const head = hashes(row[3]);
  need(key.length === 1 && head.length === 1, "map-encoding", "a neighbour's key or head is not one hash");
  const position = integer(row[0], 0, N_MAX - 1);
  return { position, key: key[0], name: hex(key[0]), count: integer(row[2], 1, Number.MAX_SAFE_INTEGER), head: head[0] };
}

function bucket(value) {
  const form = members(value, ["n", "path"], ["at", "near"]);
  const at = "at" in form ? list(form.at).map((position) => integer(position, 0, N_MAX - 1)) : [];
  const near = "near" in form ? list(form.near).map(neighbour) : [];
  return { n: integer(form.n, 0, N_MAX), at, near, path: hashes(form.path) };
}

/** Read the JSON object of a proof. */
export function parseMapProof(value) {
  const form = members(value, ["buckets", "nodes"], []);
  return { buckets: list(form.buckets).map(bucket), nodes: hashes(form.nodes) };
}

// -- check -------------------------------------------------------------------------------------------------------------

/**
 * The map with this root has exactly these records for these keys.
 * @param queries `{key, record: {count, head} | null}`, null for a stream that is said not to be there.
 */
export function verifyMap(root, depth, proof, queries) {
  need(1 <= depth && depth <= 32, "map-query", `depth ${depth}`);
  const asked = queries.map((query) => ({ ...query, name: hex(query.key) }));
  asked.sort((a, b) => (a.name < b.name ? -1 : 1));
  need(asked.length > 0 && new Set(asked.map((query) => query.name)).size === asked.length, "map-query", "no key, or one twice");
  for (const { key, record } of asked) {
    need(key.length === 32, "map-query", `a key of ${key.length} bytes`);
    if (record) need(record.count >= 1 && record.head.length === 32, "map-query", "count or head out of bounds");
  }
  const groups = new Map();
  for (const query of asked) {
    const slot = slotOf(query.key, depth);
    if (!groups.has(slot)) groups.set(slot, []);
    groups.get(slot).push(query);
  }
  need(groups.size === proof.buckets.length, "map-buckets", `${proof.buckets.length} where the keys name ${groups.size}`);
  const known = [...groups].map(([slot, group], i) => [slot, openBucket(slot, depth, proof.buckets[i], group)]);
  need(same(climb(known, 2 ** depth, proof.nodes, mapNode), root), "map-root", "the proof leads to another root");
}

function openBucket(slot, depth, proof, asked) {
  const present = asked.filter((query) => query.record);
  need(proof.at.length === present.length, "map-present", `${proof.at.length} positions for ${present.length} streams`);
  const opened = present.map(({ key, name, record }, i) => ({ position: proof.at[i], key, name, ...record }));
  for (const row of proof.near) {
    need(slotOf(row.key, depth) === slot, "map-neighbour", "a neighbour of another bucket");
    opened.push(row);
  }
  const rising = (rows, holds) => rows.every((row, i) => i === 0 || holds(rows[i - 1], row));
  need(rising(proof.near, (a, b) => a.position < b.position), "map-order", "neighbours are not in ascending order");
  opened.sort((a, b) => a.position - b.position);
  need(rising(opened, (a, b) => a.position < b.position && a.name < b.name), "map-order", "records are not in ascending order");
  need(opened.every((row) => row.position < proof.n), "map-order", "a position beyond the bucket");
  const needed = new Set(asked.filter((query) => !query.record).flatMap((query) => beside(query.name, opened, proof.n)));
  need(proof.near.every((row) => needed.has(row.position)), "map-neighbour", "a neighbour that no missing key needs");
  need(opened.length > 0 || proof.path.length === 0, "map-extra", "hashes for an empty bucket");
  const leaves = opened.map((row) => [row.position, recordHash(row)]);
  return bucketHash(proof.n, opened.length ? climb(leaves, proof.n, proof.path, nodeHash) : EMPTY_ROOT);
}

/** Positions between which a missing key would stand; they must follow each other, or be an edge. */
function beside(name, opened, n) {
  need(!opened.some((row) => row.name === name), "map-absent", "a key said to be missing is there");
  const place = opened.filter((row) => row.name < name).length;
  const before = place > 0 ? opened[place - 1].position : -1;
  const after = place < opened.length ? opened[place].position : n;
  need(after === before + 1, "map-absent", `records between ${before} and ${after} are not shown`);
  return [before, after];
}

/** Root above the known nodes, taking what is not known from `path`, which must be used up exactly. */
function climb(known, width, path, join) {
  let used = 0;
  const take = () => {
    need(used < path.length, "map-missing", "the proof ends too early");
    return path[used++];
  };
  for (; width > 1; width = Math.ceil(width / 2)) {
    const waiting = new Map(known);
    const above = [];
    for (const [place, hash] of known) {
      let joined = hash; // an odd last node rises as it is
      if (place % 2 === 1) {
        if (waiting.has(place - 1)) continue; // joined when its left sibling was
        joined = join(take(), hash);
      } else if (place + 1 < width) joined = join(hash, waiting.get(place + 1) ?? take());
      above.push([Math.floor(place / 2), joined]);
    }
    known = above;
  }
  need(used === path.length, "map-extra", "hashes left over");
  return known[0][1];
}
