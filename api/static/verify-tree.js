//# allFunctionsCalledOnLoad
// Proofs of RFC 6962: a leaf stands in a log, a log begins with all of an older one. Source: docs/formats/log.md.
// No proof binds the size by itself: sizes and roots come from signed checkpoints only, and sizes may be beyond 2^53.
import { EMPTY_ROOT, Fault, nodeHash, same } from "./verify-bytes.js";

function needHashes(hashes, wrong) {
  // A node hash of parts of other lengths could be read in two ways.
  if (hashes.some((hash) => hash.length !== 32)) throw wrong("a hash that has not 32 bytes");
}

/** A leaf is at `index` in the tree of `size` leaves. */
export function verifyInclusion(leaf, index, size, path, root) {
  const wrong = (detail) => new Fault("inclusion-invalid", detail);
  let place = BigInt(index);
  let last = BigInt(size) - 1n;
  if (place < 0n || place > last) throw wrong(`index ${index} in a tree of ${size}`);
  needHashes([leaf, root, ...path], wrong);
  let result = leaf;
  for (const sibling of path) {
    if (last === 0n) throw wrong("more hashes than levels");
    if (place & 1n || place === last) {
      result = nodeHash(sibling, result);
      while (place && !(place & 1n)) {
        place >>= 1n; // on the right edge a node rises alone
        last >>= 1n;
      }
    } else result = nodeHash(result, sibling);
    place >>= 1n;
    last >>= 1n;
  }
  if (last !== 0n) throw wrong("fewer hashes than levels");
  if (!same(result, root)) throw wrong("the path does not lead to the root");
}

/** The newer tree begins with all leaves of the older one. */
export function verifyConsistency(oldSize, newSize, path, oldRoot, newRoot) {
  const wrong = (detail) => new Fault("consistency-invalid", detail);
  const [older, newer] = [BigInt(oldSize), BigInt(newSize)];
  if (older < 0n || older > newer) throw wrong(`from ${older} to ${newer} leaves`);
  if (older === 0n && !same(oldRoot, EMPTY_ROOT)) throw wrong("the empty tree has another root");
  if (older === 0n || older === newer) {
    if (path.length) throw wrong("a path where none is due");
    if (older === newer && !same(oldRoot, newRoot)) throw wrong("two roots of one size");
    return;
  }
  if (!path.length) throw wrong("no path");
  needHashes([oldRoot, newRoot, ...path], wrong);
  // A complete older tree is itself the lowest subtree; its root is then left out of the path.
  const [start, ...rest] = older & (older - 1n) ? path : [oldRoot, ...path];
  let place = older - 1n;
  let last = newer - 1n;
  for (; place & 1n; place >>= 1n) last >>= 1n;
  let before = start;
  let now = start;
  for (const sibling of rest) {
    if (last === 0n) throw wrong("more hashes than levels");
    if (place & 1n || place === last) {
      before = nodeHash(sibling, before);
      now = nodeHash(sibling, now);
      while (place && !(place & 1n)) {
        place >>= 1n;
        last >>= 1n;
      }
    } else now = nodeHash(now, sibling);
    place >>= 1n;
    last >>= 1n;
  }
  if (last !== 0n) throw wrong("fewer hashes than levels");
  if (!same(before, oldRoot)) throw wrong("the path does not lead to the older root");
  if (!same(now, newRoot)) throw wrong("the path does not lead to the newer root");
}
