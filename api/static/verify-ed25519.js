// Ed25519: which keys and signatures hold. WebCrypto where it can, else the noble library that lies beside this file.
// Libraries differ in odd cases, so the odd cases are refused here first, whichever of the two then does the arithmetic: both
// give the verdicts of libsodium. Sources: RFC 8032 section 5.1.7; docs/formats/keys.md.
import { Fault, Unsupported, b64u, hex, need, tagged, unb64u } from "./verify-bytes.js";

const P = 2n ** 255n - 19n;
const L = 2n ** 252n + 27742317777372353535851937790883648493n;
const D = 37095705934669439343138083508754565189542113879843219016388785533085940283555n; // -121665/121666, of the curve
const ROOT = 19681161376707505956807079304988542015446066515923890162744021073123829784752n; // its square is -1
const Y_BITS = (1n << 255n) - 1n;

// -- keys --------------------------------------------------------------------------------------------------------------

const mod = (a) => ((a % P) + P) % P; // where a number is compared; within sums `%` alone will do

function squared(x, times) {
  for (let n = 0; n < times; n++) x = (x * x) % P;
  return x;
}

/** x to the power (p - 5) / 8 = 2^252 - 3; the names say how many ones the exponent so far has in binary. */
function power(x) {
  const ones2 = (squared(x, 1) * x) % P;
  const ones4 = (squared(ones2, 2) * ones2) % P;
  const ones5 = (squared(ones4, 1) * x) % P;
  const ones10 = (squared(ones5, 5) * ones5) % P;
  const ones20 = (squared(ones10, 10) * ones10) % P;
  const ones40 = (squared(ones20, 20) * ones20) % P;
  const ones50 = (squared(ones40, 10) * ones10) % P;
  const ones100 = (squared(ones50, 50) * ones50) % P;
  const ones200 = (squared(ones100, 100) * ones100) % P;
  const ones250 = (squared(ones200, 50) * ones50) % P;
  return (squared(ones250, 2) * x) % P;
}

/** Sum of two points in extended coordinates, where x = X/Z, y = Y/Z, xy = T/Z (RFC 8032 section 5.1.4). */
function add([x1, y1, z1, t1], [x2, y2, z2, t2]) {
  const a = ((y1 - x1) * (y2 - x2)) % P;
  const b = ((y1 + x1) * (y2 + x2)) % P;
  const c = (((2n * t1 * t2) % P) * D) % P;
  const d = (2n * z1 * z2) % P;
  const [e, f, g, h] = [b - a, d - c, d + c, b + a];
  return [(e * f) % P, (g * h) % P, (f * g) % P, (e * h) % P];
}

/** Twice a point, same source. It needs no T, and gives one only for a sum that follows. */
function double([x, y, z], withT) {
  const [a, b, c] = [(x * x) % P, (y * y) % P, (2n * z * z) % P];
  const h = a + b;
  const e = h - (((x + y) * (x + y)) % P);
  const g = a - b;
  const f = c + g;
  return [(e * f) % P, (g * h) % P, (f * g) % P, withT ? (e * h) % P : 0n];
}

const fromLittle = (bytes) => BigInt(`0x${hex(bytes.slice().reverse())}`);
// y of the points of small order, whatever the sign of x. Under such a key one signature fits many messages.
const SMALL = new Set([
  0n,
  1n,
  P - 1n,
  0x05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826n,
  0x7a03ac9277fdc74ec6cc392cfa53202a0f67100d760b3cba4fd84d3d706a17c7n,
]);
const L_BITS = L.toString(2).slice(1);

/** Whether these 32 bytes are the one encoding of a point of the prime-order group other than its neutral element. */
function isGoodPoint(bytes) {
  const coded = fromLittle(bytes);
  const y = coded & Y_BITS;
  if (y >= P || SMALL.has(y)) return false;
  const u = mod(y * y - 1n);
  const v = mod(D * y * y + 1n);
  const uv3 = mod(u * v ** 3n);
  let x = mod(uv3 * power(mod(uv3 * v ** 4n))); // RFC 8032 section 5.1.3
  if (mod(v * x * x) === mod(-u)) x = mod(x * ROOT);
  if (mod(v * x * x) !== u) return false;
  if ((x & 1n) !== coded >> 255n) x = P - x;
  const point = [x, y, 1n, mod(x * y)];
  let sum = point; // L times the point is the neutral element if and only if nothing of small order is in it
  for (const bit of L_BITS) {
    sum = double(sum, bit === "1");
    if (bit === "1") sum = add(sum, point);
  }
  return mod(sum[0]) === 0n && mod(sum[1] - sum[2]) === 0n;
}

const points = new Map(); // hex -> whether it is a good point: the same keys come again and again

function isGood(bytes) {
  const name = hex(bytes);
  if (!points.has(name)) points.set(name, isGoodPoint(bytes));
  return points.get(name);
}

export function checkPoint(bytes) {
  need(isGood(bytes), "key-weak", "not a canonical point of the prime-order group");
}

/** The 32 bytes of a public key in JSON: base64url of algorithm byte and key. */
export function parsePublic(text) {
  let coded;
  try {
    coded = unb64u(text);
  } catch (error) {
    throw new Fault("key-malformed", error.detail);
  }
  need(coded[0] !== 2 && coded[0] !== 3, "algorithm-reserved", `algorithm byte ${coded[0]}`);
  need(coded[0] === 1, "algorithm-unknown", `algorithm byte ${coded[0] ?? "missing"}`);
  need(coded.length === 33, "key-malformed", `${coded.length - 1} bytes after the algorithm byte`);
  checkPoint(coded.subarray(1));
  return coded.slice(1);
}

export const keyId = (bytes) => b64u(tagged("suxin-key/v1", Uint8Array.of(1), bytes));

// -- signatures --------------------------------------------------------------------------------------------------------

/** Strict: S < L, R not of small order, and R canonical, which both ways of checking see to. */
export async function verifySignature(key, message, signature) {
  const wrong = () => new Fault("signature-invalid", "the signature does not fit the key and the bytes");
  if (signature.length !== 64 || key.length !== 32 || !isGood(key)) throw wrong();
  if (fromLittle(signature.subarray(32)) >= L) throw wrong();
  if (SMALL.has(fromLittle(signature.subarray(0, 32)) & Y_BITS)) throw wrong();
  const { check } = await engine();
  if (!(await check(key, message, signature))) throw wrong();
}

let chosen = null;

/**
 * What does the arithmetic: `{name: "webcrypto" | "noble", check}`. Chosen once, by a signature that is known to hold and one
 * that is known not to; whatever the evidence is like, nothing falls back later.
 */
export function engine() {
  chosen ??= webCrypto().then((found) => found ?? noble()).catch((error) => {
    chosen = null; // a library that did not come may come the next time
    throw error;
  });
  return chosen;
}

// RFC 8032 section 7.1, test 2
const KNOWN = {
  key: unhex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"),
  message: Uint8Array.of(0x72),
  signature: unhex(
    "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da" +
      "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
  ),
};

function unhex(text) {
  return Uint8Array.from(text.match(/../g), (pair) => parseInt(pair, 16));
}

async function webCrypto() {
  const subtle = globalThis.crypto?.subtle; // missing where a page is not secure
  const imported = new Map();
  const check = async (key, message, signature) => {
    const name = hex(key);
    if (!imported.has(name)) imported.set(name, await subtle.importKey("raw", key, { name: "Ed25519" }, false, ["verify"]));
    return subtle.verify({ name: "Ed25519" }, imported.get(name), signature, message);
  };
  try {
    const { key, message, signature } = KNOWN;
    const isRight = (await check(key, message, signature)) === true && !(await check(key, Uint8Array.of(0x73), signature));
    return isRight ? { name: "webcrypto", check } : null;
  } catch {
    return null; // no crypto.subtle, or one that knows no Ed25519
  }
}

async function noble() {
  let library;
  let hashes;
  try {
    library = await import("./vendor/noble-ed25519-3.2.0/index.js");
    hashes = await import("./vendor/noble-hashes-2.4.0/sha2.js");
  } catch (error) {
    throw new Unsupported(`this browser knows no Ed25519, and the library for it could not be loaded: ${error.message}`);
  }
  library.hashes.sha512 = hashes.sha512; // its own would ask crypto.subtle
  let rested = performance.now();
  const check = async (key, message, signature) => {
    if (performance.now() - rested > 50) {
      await new Promise((go) => setTimeout(go)); // so that the page still answers the reader
      rested = performance.now();
    }
    // Noble lets R have a part of small order, libsodium and WebCrypto do not. The key has none: it is a good point.
    const holds = library.verify(signature, message, key, { zip215: false });
    return holds && library.Point.fromBytes(signature.subarray(0, 32)).isTorsionFree();
  };
  return { name: "noble", check };
}
