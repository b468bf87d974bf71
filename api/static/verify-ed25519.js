//# allFunctionsCalledOnLoad
// Ed25519: which keys and signatures hold. WebCrypto where it can, else the noble library that lies beside this file.
// Libraries differ in odd cases, so the odd cases are refused here first, whichever of the two then does the arithmetic: both
// give the verdicts of libsodium. Sources: RFC 8032 section 5.1.7; docs/formats/keys.md.
import { Fault, Unsupported, b64u, has, hex, need, tagged, unb64u } from "./verify-bytes.js";

const P = 2n ** 255n - 19n;
const L = 2n ** 252n + 27742317777372353535851937790883648493n;
const A = 486662n; // of the curve v^2 = u^3 + A u^2 + u (RFC 7748 section 4.1), where u = (1 + y) / (1 - y)
const HALF = (P + 1n) / 2n;
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

/** A square root, or null where there is none. Source: RFC 8032 section 5.1.3, for p = 5 modulo 8. */
function rootOf(number) {
  const square = mod(number);
  const x = (square * power(square)) % P;
  if ((x * x) % P === square) return x;
  const other = (x * ROOT) % P;
  return (other * other) % P === square ? other : null;
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

/**
 * Whether these 32 bytes are the one encoding of a point of the prime-order group other than its neutral element.
 *
 * The points of the curve are a cyclic group of 8 L, so those of order L are the ones that can be halved three times; that is
 * quicker to see than L times the point. The point (u, v) is twice (x, .) where x + 1/x = w, w = 2 u ± 2 sqrt(u^2 + A u + 1),
 * with the sign that makes w + A a square; it has such halves if and only if u is a square (docs/formats/keys.md).
 */
function isGoodPoint(bytes) {
  const y = fromLittle(bytes) & Y_BITS;
  if (y >= P || SMALL.has(y)) return false; // beside these every y has two signs of x
  const [top, under] = [1n + y, 1n - y]; // u = top / under; each name below is said without its factor of `under`
  const rootU = rootOf(top * under);
  const rootV = rootOf(top * top + A * top * under + under * under); // v / sqrt(u): with rootU, the point is on the curve
  if (rootU === null || rootV === null) return false; // not on the curve, or not twice a point
  let w = 2n * (top + rootV);
  let rootW = rootOf((w + A * under) * under); // sqrt(w + A)
  if (rootW === null) {
    w = 2n * (top - rootV);
    rootW = rootOf((w + A * under) * under);
  }
  const x = mod(HALF * w * under + rootU * rootW); // of a half; times under^2
  const rootX = rootOf(x);
  if (rootX === null) return false; // not four times a point
  const wNext = 2n * (x + rootX * rootW);
  const scale = under * under;
  // A half of the half has w + 2 square if it can be halved itself. Of the two signs one makes w + A a square, and as 2 - A is
  // none, the other turns both answers round: the product says it for either.
  return rootOf(mod(wNext + A * scale) * mod(wNext + 2n * scale)) !== null;
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
  chosen = chosen ?? webCrypto().then((found) => found ?? noble()).catch((error) => {
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
    if (!imported.has(name)) imported.set(name, subtle.importKey("raw", key, { name: "Ed25519" }, false, ["verify"]));
    return subtle.verify({ name: "Ed25519" }, await imported.get(name), signature, message);
  };
  try {
    const { key, message, signature } = KNOWN;
    const isRight = (await check(key, message, signature)) === true && !(await check(key, Uint8Array.of(0x73), signature));
    return isRight ? { name: "webcrypto", check } : null;
  } catch {
    return null; // no crypto.subtle, or one that knows no Ed25519
  }
}

/** The library that does the arithmetic where a browser has none of its own. */
export async function library() {
  Object.hasOwn = Object.hasOwn ?? has; // it asks for that, and a browser before Chromium 93 has none
  const found = await import("./vendor/noble-ed25519-3.2.0/index.js");
  found.hashes.sha512 = (await import("./vendor/noble-hashes-2.4.0/sha2.js")).sha512; // its own would ask crypto.subtle
  return found;
}

async function noble() {
  let used;
  try {
    used = await library();
  } catch (error) {
    throw new Unsupported(`this browser knows no Ed25519, and the library for it could not be loaded: ${error.message}`);
  }
  let rested = performance.now();
  const check = async (key, message, signature) => {
    if (performance.now() - rested > 50) {
      await new Promise((go) => setTimeout(go)); // so that the page still answers the reader
      rested = performance.now();
    }
    // Noble lets R have a part of small order, libsodium and WebCrypto do not. The key has none: it is a good point.
    const holds = used.verify(signature, message, key, { zip215: false });
    return holds && used.Point.fromBytes(signature.subarray(0, 32)).isTorsionFree();
  };
  return { name: "noble", check };
}
