// Keys to speak with: the two that a tear-off code is the seed of, and the one that this browser makes for itself. WebCrypto
// signs where it can, else the noble library beside this file. Source: docs/formats/claim.md, keys.md.
import { Fault, Unsupported, b64u, hex, joined, tagged, unb64u, utf8 } from "./verify-bytes.js";
import { keyId, library } from "./verify-ed25519.js";

const LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"; // Crockford's base32
const CLAIM = "suxin-claim/v1";

/** The 16 bytes of a code as a person typed it; throws the fault `claim-code`, which never repeats the code. */
export function parseCode(text) {
  const letters = text.toUpperCase().replace(/[- ]/g, "").replace(/O/g, "0").replace(/[IL]/g, "1");
  if ([...letters].length !== 28) throw new Fault("claim-code", `${[...letters].length} letters where a code has 28`);
  let bits = 0n;
  for (const letter of letters) {
    const value = LETTERS.indexOf(letter);
    if (value < 0) throw new Fault("claim-code", "a sign that no code has");
    bits = (bits << 5n) | BigInt(value);
  }
  const whole = Uint8Array.from({ length: 17 }, (_, i) => Number((bits >> BigInt(132 - 8 * i)) & 255n));
  const code = whole.slice(0, 16);
  if (bits & 15n || whole[16] !== tagged(CLAIM, utf8("check\n"), code)[0]) {
    throw new Fault("claim-code", "a letter is wrong: the check does not fit");
  }
  return code;
}

/** Seed of the key that a code's holder signs with, about the "item" or about the "parcel". */
export const seedOf = (code, use) => tagged(CLAIM, utf8(`${use}\n`), code);

export const newSeed = () => crypto.getRandomValues(new Uint8Array(32));

/** A key that can sign: `{seed, text, id, sign}`; `text` is its public half as in JSON, `id` its key id. */
export async function keyOf(seed) {
  const { open } = await (chosen = chosen ?? choose());
  const { publicKey, sign } = await open(seed);
  return { seed, text: b64u(joined(Uint8Array.of(1), publicKey)), id: keyId(publicKey), sign };
}

let chosen = null;

// RFC 8032 section 7.1, test 2. Signatures are the same whoever makes them: whoever makes this one can be relied on.
const KNOWN_SEED = "TM0Imyj_ltqdtsNG7BFOD1uKMZ81q6Yk2oz27U-4pvs";
const KNOWN_SIGNATURE =
  "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da" +
  "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00";

async function choose() {
  for (const make of [webCrypto, noble]) {
    try {
      const found = await make();
      const { sign } = await found.open(unb64u(KNOWN_SEED, 32));
      if (hex(await sign(Uint8Array.of(0x72))) === KNOWN_SIGNATURE) return found;
    } catch {
      // the next one
    }
  }
  chosen = null;
  throw new Unsupported("this browser cannot sign");
}

const PKCS8 = Uint8Array.from([0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20]); // RFC 8410 section 7

async function webCrypto() {
  const { subtle } = globalThis.crypto;
  const open = async (seed) => {
    const key = await subtle.importKey("pkcs8", joined(PKCS8, seed), { name: "Ed25519" }, true, ["sign"]);
    const { x } = await subtle.exportKey("jwk", key);
    const sign = async (message) => new Uint8Array(await subtle.sign({ name: "Ed25519" }, key, message));
    return { publicKey: unb64u(x, 32), sign };
  };
  return { name: "webcrypto", open };
}

async function noble() {
  const used = await library();
  const open = async (seed) => ({ publicKey: used.getPublicKey(seed), sign: async (message) => used.sign(message, seed) });
  return { name: "noble", open };
}

/** What does the arithmetic: "webcrypto" or "noble". */
export const signsWith = async () => (await (chosen = chosen ?? choose())).name;
