// Draw an address as a QR code: level M, byte mode, in the smallest version that holds it, under the mask that disturbs a reader
// least. What is drawn is read back by record-qr.js before it is shown. Source: ISO/IEC 18004; its tables are the server's.
import { MASKS, QUIET, correction, isPattern, readQr } from "./record-qr.js";
import T from "./record-tables.js";
import { Fault, utf8 } from "./verify-bytes.js";

const FINDER = [[1, 1, 1, 1, 1, 1, 1], [1, 0, 0, 0, 0, 0, 1], [1, 0, 1, 1, 1, 0, 1]];
const LIKE_A_FINDER = ["10111010000", "00001011101"];

/** What remains of a value under a generator, behind it: the correction bits of format and version. */
function behind(value, generator, width) {
  let rest = value << width;
  for (let i = 31 - Math.clz32(rest); i >= width; i--) if ((rest >> i) & 1) rest ^= generator << (i - width);
  return (value << width) | rest;
}

function codewordsOf(bytes, version) {
  const blocks = T.qr.blocks[version - 1];
  const room = blocks.reduce((sum, [, data]) => sum + data, 0);
  const size = version < 10 ? 8 : 16;
  let bits = `0100${bytes.length.toString(2).padStart(size, "0")}`;
  for (const byte of bytes) bits += byte.toString(2).padStart(8, "0");
  if (bits.length > 8 * room) return null;
  bits += "0".repeat(Math.min(4, 8 * room - bits.length));
  bits = bits.padEnd(Math.ceil(bits.length / 8) * 8, "0");
  const data = Array.from({ length: bits.length / 8 }, (_, i) => parseInt(bits.slice(8 * i, 8 * i + 8), 2));
  for (let pad = 0xec; data.length < room; pad ^= 0xec ^ 0x11) data.push(pad);
  let at = 0;
  const parts = blocks.map(([total, count]) => {
    const own = data.slice(at, (at += count));
    return { own, more: correction(own, total - count) };
  });
  const words = [];
  for (const part of ["own", "more"]) {
    for (let i = 0; i < Math.max(...parts.map((block) => block[part].length)); i++) {
      for (const block of parts) if (i < block[part].length) words.push(block[part][i]);
    }
  }
  return words;
}

function patterns(rows, version) {
  const side = rows.length;
  const last = side - 7;
  for (const [top, left] of [[0, 0], [0, last], [last, 0]]) {
    for (let y = 0; y < 7; y++) for (let x = 0; x < 7; x++) rows[top + y][left + x] = FINDER[Math.min(y, 6 - y, 2)][x];
  }
  for (let i = 8; i < side - 8; i++) rows[6][i] = rows[i][6] = (i + 1) % 2;
  const near = T.qr.alignment[version - 1];
  for (const a of near) {
    for (const b of near) {
      if ((a === 6 && (b === 6 || b === last)) || (a === last && b === 6)) continue;
      for (let y = -2; y < 3; y++) for (let x = -2; x < 3; x++) rows[a + y][b + x] = Math.max(Math.abs(y), Math.abs(x)) === 1 ? 0 : 1;
    }
  }
  if (version >= 7) {
    const told = behind(version, 0x1f25, 12);
    for (let i = 0; i < 18; i++) {
      const [a, b] = [Math.floor(i / 3), side - 11 + (i % 3)];
      rows[a][b] = rows[b][a] = (told >> i) & 1;
    }
  }
}

function format(rows, mask) {
  const side = rows.length;
  const told = behind(mask, 0x537, 10) ^ 0x5412; // level M is 00
  const bit = (i) => (told >> i) & 1;
  for (let i = 0; i < 15; i++) {
    rows[8][i < 8 ? side - 1 - i : i === 8 ? 7 : 14 - i] = bit(i);
    rows[i < 6 ? i : i < 8 ? i + 1 : side - 15 + i][8] = bit(i);
  }
  rows[side - 8][8] = 1;
}

function fill(rows, words, version, mask) {
  const side = rows.length;
  let at = 0;
  let up = true;
  for (let right = side - 1; right > 0; right -= 2) {
    if (right === 6) right--;
    for (let i = 0; i < side; i++) {
      const y = up ? side - 1 - i : i;
      for (const x of [right, right - 1]) {
        if (isPattern(y, x, side, version)) continue;
        const bit = at < 8 * words.length ? (words[at >> 3] >> (7 - (at & 7))) & 1 : 0;
        rows[y][x] = bit ^ (MASKS[mask](y, x) === 0 ? 1 : 0);
        at++;
      }
    }
    up = !up;
  }
}

function disturbance(rows) {
  const side = rows.length;
  let sum = 0;
  let black = 0;
  for (let a = 0; a < side; a++) {
    for (const line of [rows[a].join(""), rows.map((row) => row[a]).join("")]) {
      for (const [run] of line.matchAll(/0{5,}|1{5,}/g)) sum += run.length - 2;
      for (const like of LIKE_A_FINDER) for (let i = line.indexOf(like); i >= 0; i = line.indexOf(like, i + 1)) sum += 40;
    }
    for (let b = 0; b < side; b++) {
      black += rows[a][b];
      const one = rows[a][b];
      if (a && b && one === rows[a - 1][b] && one === rows[a][b - 1] && one === rows[a - 1][b - 1]) sum += 3;
    }
  }
  return sum + 10 * Math.floor(Math.abs((20 * black) / (side * side) - 10));
}

function pathOf(rows) {
  const runs = rows.map((row, y) => [...row.join("").matchAll(/1+/g)].map(({ 0: run, index }, at, all) => {
    const start = at ? `m${index - all[at - 1].index} 0` : `M${index + QUIET} ${y + QUIET}`;
    return `${start}h${run.length}v1h-${run.length}z`;
  }));
  return runs.flat().join("");
}

/**
 * Draw a text.
 * @returns `{size, path}`: modules on a side with the quiet zone, and the black ones as an SVG path, as trace/qr.py draws it.
 */
export function drawQr(text) {
  const bytes = utf8(text);
  for (let version = 1; version <= T.qr.blocks.length; version++) {
    const words = codewordsOf(bytes, version);
    if (!words) continue;
    const side = 17 + 4 * version;
    let best = null;
    for (let mask = 0; mask < MASKS.length; mask++) {
      const rows = Array.from({ length: side }, () => new Array(side).fill(0));
      patterns(rows, version);
      format(rows, mask);
      fill(rows, words, version, mask);
      const score = disturbance(rows);
      if (!best || score < best.score) best = { score, rows };
    }
    const path = pathOf(best.rows);
    if (readQr(path, side) !== text) throw new Fault("qr", "the drawn code is not read as its text");
    return { size: side + 2 * QUIET, path };
  }
  throw new Fault("qr", "too long for a code");
}

/** A whole SVG document, for a file. */
export const svgOf = ({ size, path }) =>
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${size} ${size}" shape-rendering="crispEdges">` +
  `<path fill="#fff" d="M0 0h${size}v${size}H0z"/><path fill="#000" d="${path}"/></svg>`;
