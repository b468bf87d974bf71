// Bytes: hashes, text forms, canonical JSON, RFC 6962 proofs. Own code, nothing loaded from elsewhere.
// SHA-256 is written out here because crypto.subtle only answers later, and not at all where a page is not secure.
// Sources: FIPS 180-4, RFC 2104, RFC 6962; docs/formats/hashes.md, canonical.md, log.md.

/** Evidence that does not hold: a stable reason code, words, and a position in the log where one can be named. */
export class Fault extends Error {
  constructor(code, detail = "", index = null) {
    super(`${code}: ${detail}`);
    Object.assign(this, { code, detail, index });
  }
}

/** This browser lacks what the check needs; nothing is shown by that, neither right nor wrong. */
export class Unsupported extends Error {}

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

/** The parts one after another, filled up with zeros to `room` bytes. */
export function joined(parts, room = 0) {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const whole = new Uint8Array(Math.max(length, room));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** SHA-256 over the parts, one after another. */
export function sha256(...parts) {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const message = joined(parts, ((length + 72) >> 6) << 6);
  message[length] = 0x80;
  const view = new DataView(message.buffer);
  view.setBigUint64(message.length - 8, BigInt(length) * 8n);
  const state = START.slice();
  for (let block = 0; block < message.length; block += 64) {
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
  const out = new Uint8Array(32);
  const words = new DataView(out.buffer);
  for (let i = 0; i < 8; i++) words.setUint32(i * 4, state[i]);
  return out;
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
export const tagged = (tag, ...parts) => sha256(utf8(`${tag}\n`), ...parts);
export const leafHash = (leaf) => sha256(Uint8Array.of(0), leaf);
export const nodeHash = (left, right) => sha256(Uint8Array.of(1), left, right);
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
  new DataView(out.buffer).setBigUint64(0, BigInt(number));
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
export const b64u = (bytes) => toBase64(bytes).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

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

/** Base64url without padding; refuses every text that is not the one encoding of its bytes. */
export function unb64u(text, size = null) {
  const plain = text.replaceAll("-", "+").replaceAll("_", "/");
  const bytes = fromBase64(plain + "=".repeat((4 - (plain.length % 4)) % 4));
  need(bytes !== null && b64u(bytes) === text, "encoding-base64", "not the shortest base64url of its bytes");
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

/** Canonical text of a value; throws on what lies outside the domain. */
export function dump(value, room) {
  if (typeof value === "string") {
    if (!/[^ -~]/.test(value)) return JSON.stringify(value); // most texts: plain ASCII is always in normal form
    if (/\p{Surrogate}/u.test(value)) malformed("half of a surrogate pair");
    if (value.normalize("NFC") !== value) malformed("a string is not in normal form C");
    return JSON.stringify(value);
  }
  if (typeof value === "number") return Number.isSafeInteger(value) ? String(value) : malformed("no integer within 2^53");
  if (typeof value === "boolean") return String(value);
  if (value === null) malformed("a null");
  if (room <= 0) malformed("nested too deep");
  if (Array.isArray(value)) return `[${value.map((item) => dump(item, room - 1)).join(",")}]`;
  const keys = Object.keys(value).sort();
  // eslint-disable-next-line no-control-regex
  if (keys.some((key) => /[^\x00-\x7f]/.test(key))) malformed("a key is not ASCII");
  return `{${keys.map((key) => `${JSON.stringify(key)}:${dump(value[key], room - 1)}`).join(",")}}`;
}

/** The value of bytes that are their own canonical form. A key that stands twice, or 1.0, does not come back the same. */
export function parseCanonical(bytes, room) {
  let text;
  let value;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    value = JSON.parse(text);
  } catch (error) {
    malformed(`not JSON in UTF-8: ${error.message}`);
  }
  if (dump(value, room) !== text) malformed("not the canonical form");
  return value;
}

/** Canonical bytes of a part of what `parseCanonical` gave: the very bytes that stood there. */
export const rawOf = (value) => utf8(dump(value, 64));

// -- RFC 6962 ----------------------------------------------------------------------------------------------------------

function needHashes(hashes, wrong) {
  // A node hash of parts of other lengths could be read in two ways.
  if (hashes.some((hash) => hash.length !== 32)) throw wrong("a hash that has not 32 bytes");
}

/** A leaf is at `index` in the tree of `size` leaves. Sizes come from a signed checkpoint and may be beyond 2^53. */
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

/** The newer tree begins with all leaves of the older one. Sizes and roots come from signed checkpoints. */
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
