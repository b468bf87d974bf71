// Bytes: hashes, text forms, canonical JSON, inclusion, Ed25519. Own code, nothing loaded from elsewhere.
// SHA-256 is written out here because crypto.subtle only answers later, and not at all where a page is not secure.
// Sources: FIPS 180-4, RFC 2104, RFC 6962, RFC 8032; docs/formats/hashes.md, canonical.md, keys.md.

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

/** SHA-256 over the parts, one after another. */
export function sha256(...parts) {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const message = new Uint8Array(((length + 72) >> 6) << 6);
  let at = 0;
  for (const part of parts) {
    message.set(part, at);
    at += part.length;
  }
  message[length] = 0x80;
  const view = new DataView(message.buffer);
  view.setBigUint64(message.length - 8, BigInt(length) * 8n);
  const state = START.slice();
  const w = new Uint32Array(64);
  for (let block = 0; block < message.length; block += 64) {
    for (let i = 0; i < 16; i++) w[i] = view.getUint32(block + i * 4);
    for (let i = 16; i < 64; i++) {
      const x = w[i - 15];
      const y = w[i - 2];
      const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
      const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
      w[i] = w[i - 16] + s0 + w[i - 7] + s1;
    }
    let [a, b, c, d, e, f, g, h] = state;
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
    [a, b, c, d, e, f, g, h].forEach((word, i) => (state[i] += word));
  }
  const out = new Uint8Array(32);
  const words = new DataView(out.buffer);
  state.forEach((word, i) => words.setUint32(i * 4, word));
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

export const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
export const same = (a, b) => a.length === b.length && a.every((byte, i) => byte === b[i]);

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

export const toBase64 = (bytes) => btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
export const b64u = (bytes) => toBase64(bytes).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

/** Bytes of a text, or null when it is not base64 at all. Lenient: only the way back shows whether it is the one encoding. */
export function fromBase64(text) {
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  } catch {
    return null;
  }
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

/** A leaf is at `index` in the tree of `size` leaves. Sizes come from a signed checkpoint and may be beyond 2^53. */
export function verifyInclusion(leaf, index, size, path, root) {
  const wrong = (detail) => new Fault("inclusion-invalid", detail);
  let place = BigInt(index);
  let last = BigInt(size) - 1n;
  if (place < 0n || place > last) throw wrong(`index ${index} in a tree of ${size}`);
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

// -- Ed25519 -----------------------------------------------------------------------------------------------------------

const P = 2n ** 255n - 19n;
const L = 2n ** 252n + 27742317777372353535851937790883648493n;
const mod = (a) => ((a % P) + P) % P;

function power(base, exponent) {
  let result = 1n;
  for (let b = base; exponent > 0n; exponent >>= 1n) {
    if (exponent & 1n) result = (result * b) % P;
    b = (b * b) % P;
  }
  return result;
}

const D = mod(-121665n * power(121666n, P - 2n));

function add([x1, y1, z1, t1], [x2, y2, z2, t2]) {
  const a = mod((y1 - x1) * (y2 - x2));
  const b = mod((y1 + x1) * (y2 + x2));
  const c = mod(2n * t1 * t2 * D);
  const d = mod(2n * z1 * z2);
  const [e, f, g, h] = [b - a, d - c, d + c, b + a];
  return [mod(e * f), mod(g * h), mod(f * g), mod(e * h)];
}

const fromLittle = (bytes) => bytes.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
const SMALL = new Set([
  0n,
  1n,
  P - 1n,
  0x05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826n,
  0x7a03ac9277fdc74ec6cc392cfa53202a0f67100d760b3cba4fd84d3d706a17c7n,
]);

/** Refuse a key that is no canonical point of the prime-order group, or its neutral element. */
function isGoodPoint(bytes) {
  const coded = fromLittle(bytes);
  const y = coded & ((1n << 255n) - 1n);
  if (y >= P || SMALL.has(y)) return false;
  const u = mod(y * y - 1n);
  const v = mod(D * y * y + 1n);
  const uv3 = mod(u * v ** 3n);
  let x = mod(uv3 * power(mod(uv3 * v ** 4n), (P - 5n) / 8n));
  if (mod(v * x * x) === mod(-u)) x = mod(x * power(2n, (P - 1n) / 4n));
  if (mod(v * x * x) !== u) return false;
  if ((x & 1n) !== coded >> 255n) x = P - x;
  let point = [x, y, 1n, mod(x * y)];
  let sum = [0n, 1n, 1n, 0n];
  for (let scalar = L; scalar > 0n; scalar >>= 1n) {
    if (scalar & 1n) sum = add(sum, point);
    point = add(point, point);
  }
  return sum[0] === 0n && sum[1] === sum[2];
}

const points = new Map(); // hex -> whether it is a good point: the same keys come again and again

export function checkPoint(bytes) {
  const name = hex(bytes);
  if (!points.has(name)) points.set(name, isGoodPoint(bytes));
  need(points.get(name), "key-weak", "not a canonical point of the prime-order group");
}

/** The 32 bytes of a public key in JSON: base64url of algorithm byte and key. */
export function parsePublic(text) {
  const coded = unb64u(text);
  need(coded[0] === 1 && coded.length === 33, "key-malformed", "not an Ed25519 public key");
  checkPoint(coded.subarray(1));
  return coded.slice(1);
}

export const keyId = (bytes) => b64u(tagged("suxin-key/v1", Uint8Array.of(1), bytes));

const imported = new Map();

/** Strict: S < L, R not of small order; WebCrypto itself compares R byte by byte. */
export async function verifySignature(key, message, signature) {
  const wrong = () => new Fault("signature-invalid", "the signature does not fit the key and the bytes");
  if (signature.length !== 64 || key.length !== 32) throw wrong();
  if (fromLittle(signature.subarray(32)) >= L) throw wrong();
  if (SMALL.has(fromLittle(signature.subarray(0, 32)) & ((1n << 255n) - 1n))) throw wrong();
  const subtle = globalThis.crypto?.subtle;
  if (!subtle) throw new Unsupported("crypto.subtle is missing: the page does not come over HTTPS");
  const name = hex(key);
  try {
    if (!imported.has(name)) imported.set(name, await subtle.importKey("raw", key, "Ed25519", false, ["verify"]));
  } catch {
    throw new Unsupported("this browser knows no Ed25519");
  }
  if (!(await subtle.verify("Ed25519", imported.get(name), signature, message))) throw wrong();
}
