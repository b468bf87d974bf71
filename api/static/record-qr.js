// Read the code that a page draws: what a phone would read from these modules, and nothing that error correction could turn
// into something else. Level M, as trace/qr.py draws it. Source: ISO/IEC 18004.
import T from "./record-tables.js";

export const QUIET = 4;
const SIGNS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";
export const MASKS = [
  (y, x) => (y + x) % 2, (y) => y % 2, (y, x) => x % 3, (y, x) => (y + x) % 3, (y, x) => (Math.floor(y / 2) + Math.floor(x / 3)) % 2,
  (y, x) => ((y * x) % 2) + ((y * x) % 3), (y, x) => (((y * x) % 2) + ((y * x) % 3)) % 2, (y, x) => (((y * x) % 3) + ((y + x) % 2)) % 2,
];

const EXP = [];
const LOG = [];
for (let i = 0, value = 1; i < 255; i++) {
  EXP.push(value);
  LOG[value] = i;
  value = (value << 1) ^ (value & 0x80 ? 0x11d : 0);
}
const times = (a, b) => (a && b ? EXP[(LOG[a] + LOG[b]) % 255] : 0);

/** The correction codewords of a block's data. */
export function correction(data, count) {
  let generator = [1];
  for (let i = 0; i < count; i++) {
    const next = [...generator, 0];
    generator.forEach((value, at) => (next[at + 1] ^= times(value, EXP[i])));
    generator = next;
  }
  const rest = [...data, ...new Array(count).fill(0)];
  for (let i = 0; i < data.length; i++) {
    const lead = rest[i];
    generator.forEach((value, at) => (rest[i + at] ^= times(value, lead)));
  }
  return rest.slice(data.length);
}

/** The modules of an SVG path of horizontal runs, the first of a row placed and each other reckoned from it; null for any other path. */
function modulesOf(path, side) {
  const rows = Array.from({ length: side }, () => new Array(side).fill(false));
  const written = [];
  let [x, row] = [0, null];
  for (const [run, left, top, more, width] of path.matchAll(/(?:M(\d+) (\d+)|m(\d+) 0)h(\d+)v1h-\4z/g)) {
    written.push(run);
    if (left) [x, row] = [left - QUIET, rows[top - QUIET]];
    else x += Number(more);
    for (let i = 0; i < Number(width); i++) if (row) row[x + i] = true;
  }
  return written.join("") === path && rows.every((row) => row.length === side) ? rows : null;
}

/** Whether a module belongs to a pattern and not to the data. */
export function isPattern(y, x, side, version) {
  if ((y < 9 && x < 9) || (y < 9 && x >= side - 8) || (y >= side - 8 && x < 9) || y === 6 || x === 6) return true;
  if (version >= 7 && ((y < 6 && x >= side - 11) || (x < 6 && y >= side - 11))) return true;
  const near = T.qr.alignment[version - 1];
  const isCorner = (a, b) => (a === 6 && b === 6) || (a === 6 && b === side - 7) || (a === side - 7 && b === 6);
  return near.some((a) => near.some((b) => !isCorner(a, b) && Math.abs(a - y) < 3 && Math.abs(b - x) < 3));
}

function maskOf(rows) {
  const first = [...[0, 1, 2, 3, 4, 5, 7, 8].map((x) => rows[8][x]), ...[7, 5, 4, 3, 2, 1, 0].map((y) => rows[y][8])];
  const found = first.reduce((sum, bit) => sum * 2 + Number(bit), 0);
  for (let mask = 0; mask < 8; mask++) {
    let rest = mask << 10; // level M is 00
    for (let i = 14; i >= 10; i--) if (rest >> i) rest ^= 0x537 << (i - 10);
    if (((mask << 10) | rest) === (found ^ 0x5412)) return MASKS[mask];
  }
  return null;
}

function codewords(rows, side, version, mask) {
  const bits = [];
  let up = true;
  for (let right = side - 1; right > 0; right -= 2) {
    if (right === 6) right--;
    for (let i = 0; i < side; i++) {
      const y = up ? side - 1 - i : i;
      for (const x of [right, right - 1]) if (!isPattern(y, x, side, version)) bits.push(rows[y][x] !== (mask(y, x) === 0));
    }
    up = !up;
  }
  return Array.from({ length: bits.length >> 3 }, (_, i) => bits.slice(i * 8, i * 8 + 8).reduce((sum, bit) => sum * 2 + Number(bit), 0));
}

/** Data codewords in order, or null where a correction codeword is not that of its data. */
function dataOf(words, version) {
  const blocks = T.qr.blocks[version - 1].map(([total, data]) => ({ total, data, own: [], more: [] }));
  const all = [...words];
  for (const part of ["own", "more"]) {
    const size = (block) => (part === "own" ? block.data : block.total - block.data);
    for (let i = 0; i < Math.max(...blocks.map(size)); i++) for (const block of blocks) if (i < size(block)) block[part].push(all.shift());
  }
  const holds = ({ own, more, total, data }) => correction(own, total - data).every((value, i) => value === more[i]);
  return blocks.every(holds) ? blocks.flatMap(({ own }) => own) : null;
}

function textOf(data, version) {
  const bits = data.map((word) => word.toString(2).padStart(8, "0")).join("");
  let at = 0;
  const take = (count) => parseInt(bits.slice(at, (at += count)), 2);
  const size = (...widths) => take(widths[version < 10 ? 0 : 1]);
  const bytes = [];
  const put = (text) => bytes.push(...text.split("").map((sign) => sign.charCodeAt(0)));
  while (bits.length - at >= 4) {
    const mode = take(4);
    if (mode === 0) break;
    if (mode === 4) for (let n = size(8, 16); n > 0; n--) bytes.push(take(8));
    else if (mode === 1) for (let n = size(10, 12); n > 0; n -= 3) put(String(take([4, 7, 10][Math.min(n, 3) - 1])).padStart(Math.min(n, 3), "0"));
    else if (mode === 2) {
      for (let n = size(9, 11); n > 0; n -= 2) {
        const value = take(n > 1 ? 11 : 6);
        put(n > 1 ? SIGNS[Math.floor(value / 45)] + SIGNS[value % 45] : SIGNS[value]);
      }
    } else return null;
  }
  return new TextDecoder().decode(Uint8Array.from(bytes));
}

/**
 * What a drawn code says.
 * @param path The path of its black modules in view box units, quiet zone included.
 * @param side Modules on a side, without the quiet zone.
 * @returns The text, or null for what no phone would surely read as one text.
 */
export function readQr(path, side) {
  const version = (side - 17) / 4;
  if (!T.qr.blocks[version - 1]) return null;
  const rows = modulesOf(path, side);
  const mask = rows && maskOf(rows);
  const data = mask && dataOf(codewords(rows, side, version, mask), version);
  try {
    return data && textOf(data, version);
  } catch {
    return null; // SIGNS of a value that is none
  }
}
