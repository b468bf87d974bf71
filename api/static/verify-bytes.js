//# allFunctionsCalledOnLoad
// Bytes: hashes, text forms, canonical JSON. Own code, nothing loaded from elsewhere.
// SHA-256 is written out here because crypto.subtle only answers later, and not at all where a page is not secure.
// Sources: FIPS 180-4, RFC 2104, RFC 6962; docs/formats/hashes.md, canonical.md.

/** Evidence that does not hold: a stable reason code, words, and a position in the log where one can be named. */
export class Fault extends Error {
  constructor(code, detail = "", index = null) {
    super(`${code}: ${detail}`);
    Object.assign(this, { code, detail, index });
  }
}

/** This browser lacks what the check needs; nothing is shown by that, neither right nor wrong. */
export class Unsupported extends Error {}

/** Whether an object has a member of its own by that name. */
export const has = (object, name) => Object.prototype.hasOwnProperty.call(object, name);

export function need(holds, code, detail, index = null) {
  if (!holds) throw new Fault(code, detail, index);
}

const K = new Uint32Array(64);
const START = new Uint32Array(8);
{
  // The constants are the fractions of the roots of the first primes; made here exactly, with integers.
  const root = (value, power) => {
    let low = 0n;
    let high = 1n << 48n;
    while (low < high) {
      const middle = (low + high + 1n) >> 1n;
      if (middle ** power <= value) low = middle;
      else high = middle - 1n;
    }
    return Number(low & 0xffffffffn);
  };
  let found = 0;
  for (let n = 2; found < 64; n++) {
    let prime = true;
    for (let d = 2; d * d <= n; d++) if (n % d === 0) prime = false;
    if (!prime) continue;
    if (found < 8) START[found] = root(BigInt(n) << 64n, 2n);
    K[found++] = root(BigInt(n) << 96n, 3n);
  }
}

const w = new Uint32Array(64); // words of the block that is being hashed
const state = new Uint32Array(8);
let message = new Uint8Array(2048); // what is being hashed, padded; used again and again, since a bundle takes a thousand hashes
let view = new DataView(message.buffer);

/** SHA-256 over the parts, one after another. */
export function sha256(...parts) {
  let length = 0;
  for (const part of parts) length += part.length;
  const end = ((length + 72) >> 6) << 6;
  if (end > message.length) {
    message = new Uint8Array(2 * end);
    view = new DataView(message.buffer);
  }
  let at = 0;
  for (const part of parts) {
    message.set(part, at);
    at += part.length;
  }
  message[length] = 0x80;
  message.fill(0, length + 1, end);
  view.setUint32(end - 4, length * 8); // in bits; nothing here is near 2^29 bytes
  state.set(START);
  for (let block = 0; block < end; block += 64) {
    for (let i = 0; i < 16; i++) w[i] = view.getUint32(block + i * 4);
    for (let i = 16; i < 64; i++) {
      const x = w[i - 15];
      const y = w[i - 2];
      const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
      const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
      w[i] = w[i - 16] + s0 + w[i - 7] + s1;
    }
    let a = state[0];
    let b = state[1];
    let c = state[2];
    let d = state[3];
    let e = state[4];
    let f = state[5];
    let g = state[6];
    let h = state[7];
    for (let i = 0; i < 64; i++) {
      const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7));
      const t1 = (h + s1 + ((e & f) ^ (~e & g)) + K[i] + w[i]) | 0;
      const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
      const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
      h = g;
      g = f;
      f = e;
      e = (d + t1) | 0;
      d = c;
      c = b;
      b = a;
      a = (t1 + t2) | 0;
    }
    state[0] += a;
    state[1] += b;
    state[2] += c;
    state[3] += d;
    state[4] += e;
    state[5] += f;
    state[6] += g;
    state[7] += h;
  }
  for (let i = 0; i < 8; i++) view.setUint32(i * 4, state[i]);
  return message.slice(0, 32);
}

/** The parts one after another. */
export function joined(...parts) {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** HMAC-SHA-256 with a key of at most 64 bytes. */
export function hmac(key, message) {
  const inner = new Uint8Array(64).fill(0x36);
  const outer = new Uint8Array(64).fill(0x5c);
  key.forEach((byte, i) => {
    inner[i] ^= byte;
    outer[i] ^= byte;
  });
  return sha256(outer, sha256(inner, message));
}

const encoder = new TextEncoder();
export const utf8 = (text) => encoder.encode(text);

const tags = new Map();

export function tagged(tag, ...parts) {
  if (!tags.has(tag)) tags.set(tag, utf8(`${tag}\n`));
  return sha256(tags.get(tag), ...parts);
}

const LEAF = Uint8Array.of(0);
const NODE = Uint8Array.of(1);
export const leafHash = (leaf) => sha256(LEAF, leaf);
export const nodeHash = (left, right) => sha256(NODE, left, right);
export const EMPTY_ROOT = sha256();

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

export function hex(bytes) {
  let text = "";
  for (let i = 0; i < bytes.length; i++) text += HEX[bytes[i]];
  return text;
}

export function same(a, b) {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return a.length === b.length;
}

export function u64(number) {
  const out = new Uint8Array(8);
  const words = new DataView(out.buffer);
  words.setUint32(0, Math.floor(number / 2 ** 32));
  words.setUint32(4, number % 2 ** 32);
  return out;
}

export function u32(number) {
  const out = new Uint8Array(4);
  new DataView(out.buffer).setUint32(0, number);
  return out;
}

export function toBase64(bytes) {
  let text = "";
  for (let i = 0; i < bytes.length; i++) text += String.fromCharCode(bytes[i]);
  return btoa(text);
}
export const b64u = (bytes) => toBase64(bytes).replace(/\+/g, "-").replace(/\//g, "_").replace(/=/g, "");

/** Bytes of a text, or null when it is not base64 at all. Lenient: only the way back shows whether it is the one encoding. */
export function fromBase64(text) {
  let found;
  try {
    found = atob(text);
  } catch {
    return null;
  }
  const bytes = new Uint8Array(found.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = found.charCodeAt(i);
  return bytes;
}

const LAST = { 0: "", 2: "AQgw", 3: "AEIMQUYcgkosw048" }; // what a text of whole bytes ends in, by its length modulo 4

/** Base64url without padding; refuses every text that is not the one encoding of its bytes. */
export function unb64u(text, size = null) {
  const last = LAST[text.length % 4];
  const isShortest = /^[\w-]*$/.test(text) && (last === "" || last?.includes(text[text.length - 1]));
  need(isShortest, "encoding-base64", "not the shortest base64url of its bytes");
  const bytes = fromBase64(text.replace(/-/g, "+").replace(/_/g, "/"));
  need(size === null || bytes.length === size, "encoding-size", `${bytes.length} bytes where ${size} are due`);
  return bytes;
}

/** Hashes that stand in one base64url text, one after another. */
export function splitHashes(bytes) {
  return Array.from({ length: bytes.length / 32 }, (_, i) => bytes.subarray(i * 32, i * 32 + 32));
}

// -- canonical JSON ----------------------------------------------------------------------------------------------------

const malformed = (why) => {
  throw new Fault("json", why);
};

const read = new WeakMap(); // objects of what `parseCanonical` gave: their text, and how many levels they have

/** Canonical text of a value; throws on what lies outside the domain. */
export function dump(value, room, keep = false) {
  if (typeof value === "string") {
    if (!/[^ -~]/.test(value)) return JSON.stringify(value); // most texts: plain ASCII is always in normal form
    if (/\p{Surrogate}/u.test(value)) malformed("half of a surrogate pair");
    if (value.normalize("NFC") !== value) malformed("a string is not in normal form C");
    return JSON.stringify(value);
  }
  if (typeof value === "number") return Number.isSafeInteger(value) ? String(value) : malformed("no integer within 2^53");
  if (typeof value === "boolean") return String(value);
  if (value === null) malformed("a null");
  const known = read.get(value);
  if (room < (known?.levels ?? 1)) malformed("nested too deep");
  if (known) return known.text;
  const text = Array.isArray(value) ? dumpList(value, room, keep) : dumpObject(value, room, keep);
  if (keep) {
    let levels = 1;
    for (const name in value) levels = Math.max(levels, 1 + (read.get(value[name])?.levels ?? 0));
    read.set(value, { text, levels });
  }
  return text;
}

const dumpList = (value, room, keep) => `[${value.map((item) => dump(item, room - 1, keep)).join(",")}]`;

function dumpObject(value, room, keep) {
  const keys = Object.keys(value).sort();
  // eslint-disable-next-line no-control-regex
  if (keys.some((key) => /[^\x00-\x7f]/.test(key))) malformed("a key is not ASCII");
  return `{${keys.map((key) => `${JSON.stringify(key)}:${dump(value[key], room - 1, keep)}`).join(",")}}`;
}

/**
 * The value of bytes that are their own canonical form. A key that stands twice, or 1.0, does not come back the same.
 * Nobody may change it: the texts of its parts are remembered, so that none is written anew for its hash.
 */
export function parseCanonical(bytes, room) {
  let text;
  let value;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    value = JSON.parse(text);
  } catch (error) {
    malformed(`not JSON in UTF-8: ${error.message}`);
  }
  if (dump(value, room, true) !== text) malformed("not the canonical form");
  return value;
}

/** Canonical bytes of a part of what `parseCanonical` gave: the very bytes that stood there. */
export const rawOf = (value) => utf8(dump(value, 64));
