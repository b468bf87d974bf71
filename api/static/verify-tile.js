//# allFunctionsCalledOnLoad
// Tiles: the log's hashes as files, and what can be worked out of them: the root at any size, and consistency proofs.
// Nothing in a tile is signed. What is worked out here is believed only after it led to a root of a signed checkpoint.
// Source: docs/formats/tile.md, log.md; C2SP tlog-tiles.
import { Fault, need, nodeHash, splitHashes } from "./verify-bytes.js";

const WIDTH = 256;

/** Path below /tile/ of tile `index` of a level, `width` hashes wide; level "entries" for the leaves themselves. */
export function tilePath(level, index, width = WIDTH) {
  const groups = [String(index % 1000).padStart(3, "0")];
  for (let rest = Math.floor(index / 1000); rest > 0; rest = Math.floor(rest / 1000)) {
    groups.unshift(`x${String(rest % 1000).padStart(3, "0")}`);
  }
  return `${level}/${groups.join("/")}${width < WIDTH ? `.p/${width}` : ""}`;
}

/** Read a path; only the one spelling of each tile is accepted. */
export function parseTilePath(path) {
  const match = /^(0|[1-9][0-9]?|entries)\/((?:x[0-9]{3}\/){0,6}[0-9]{3})(?:\.p\/([1-9][0-9]{0,2}))?$/.exec(path);
  need(match, "tile-malformed", "no path of a tile");
  const [, level, groups, narrow] = match;
  const width = narrow === undefined ? WIDTH : Number(narrow);
  // Groups may name a number beyond 2^53: compared as text, without the leading zeros of the first group only.
  const isShortest = !groups.startsWith("x000");
  const isNarrow = narrow === undefined || width < WIDTH;
  need(isShortest && isNarrow && (level === "entries" || Number(level) <= 63), "tile-malformed", "not the shortest path of a tile");
  return { level: level === "entries" ? level : Number(level), index: BigInt(groups.replace(/[x/]/g, "")), width };
}

/** Hashes of a tile. */
export function decodeTile(bytes, width) {
  need(bytes.length === width * 32, "tile-malformed", `${bytes.length} bytes where ${width} hashes are due`);
  return splitHashes(bytes);
}

/** Leaves of an entry bundle, each behind its length. */
export function decodeEntries(bytes, width) {
  const leaves = [];
  let at = 0;
  while (at < bytes.length && leaves.length < width) {
    const end = at + 2 + bytes[at] * 256 + bytes[at + 1]; // NaN where the length itself is cut off
    need(end <= bytes.length, "entries-malformed", `leaf ${leaves.length} is cut off`);
    leaves.push(bytes.subarray(at + 2, end));
    at = end;
  }
  const isWhole = at === bytes.length && leaves.length === width;
  need(isWhole, "entries-malformed", `${leaves.length} leaves where ${width} are due`);
  return leaves;
}

/** A log of `size` leaves, below 2^53, of which `read(path)` brings tiles; each tile is asked for once. */
export class TiledLog {
  #read;
  #tiles = new Map();

  constructor(size, read) {
    if (!Number.isSafeInteger(size)) throw new Fault("tile-malformed", `a log of ${size} leaves`);
    this.size = size;
    this.#read = read;
  }

  /** Root over the first leaves: what the log's root was at that size. */
  rootAt(size) {
    return this.#subtree(0, size);
  }

  /** RFC 6962 section 2.1.2: hashes that lead from the root at `size` to the root of the whole log. */
  async consistencyPath(size) {
    return size === 0 || size === this.size ? [] : Promise.all(this.#between(size, 0, this.size, true));
  }

  #between(size, begin, end, isOld) {
    if (size === end - begin) return isOld ? [] : [this.#subtree(begin, end)];
    const left = largestBelow(end - begin);
    const middle = begin + left;
    if (size <= left) return [...this.#between(size, begin, middle, isOld), this.#subtree(middle, end)];
    return [...this.#between(size - left, middle, end, false), this.#subtree(begin, middle)];
  }

  /** Root over the leaves from `begin` to before `end`, a subtree that parting the log yields. */
  async #subtree(begin, end) {
    const width = end - begin;
    const height = Math.log2(width);
    if (Number.isInteger(height)) return this.#node(height, begin / width);
    const middle = begin + largestBelow(width);
    return nodeHash(...(await Promise.all([this.#subtree(begin, middle), this.#subtree(middle, end)])));
  }

  /** A complete subtree of 2^height leaves: it stands in a tile, or is a few levels above hashes that do. */
  async #node(height, index) {
    const level = Math.floor(height / 8);
    const count = 2 ** (height % 8);
    const first = index * count;
    let hashes = (await this.#tile(level, Math.floor(first / WIDTH))).slice(first % WIDTH, (first % WIDTH) + count);
    while (hashes.length > 1) hashes = hashes.filter((_, i) => i % 2 === 0).map((left, i) => nodeHash(left, hashes[2 * i + 1]));
    return hashes[0];
  }

  #tile(level, index) {
    const width = Math.min(WIDTH, Math.floor(this.size / WIDTH ** level) - index * WIDTH);
    const path = tilePath(level, index, width);
    if (!this.#tiles.has(path)) this.#tiles.set(path, this.#read(path).then((bytes) => decodeTile(bytes, width)));
    return this.#tiles.get(path);
  }
}

const largestBelow = (n) => 2 ** (Math.ceil(Math.log2(n)) - 1);
