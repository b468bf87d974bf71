// Statements: what somebody says, made into the canonical bytes that her key signs. Source: docs/formats/statement.md,
// commitment.md.
import { b64u, dump, hex, hmac, joined, leafHash, utf8 } from "./verify-bytes.js";

const random = (size) => crypto.getRandomValues(new Uint8Array(size));
const two = (number) => String(number).padStart(2, "0");

/** UUIDv7 of a moment in Unix milliseconds. Source: RFC 9562 section 5.7. */
export function uuid7(ms, randomness = random(10)) {
  const time = Uint8Array.from({ length: 6 }, (_, i) => Number((BigInt(ms) >> BigInt(40 - 8 * i)) & 255n));
  const bytes = joined(time, randomness);
  bytes[6] = (bytes[6] & 0x0f) | 0x70;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  return hex(bytes).replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

/** Time with offset, to the second. `offset` in minutes east of Greenwich. */
export function momentText(ms, offset = -new Date(ms).getTimezoneOffset()) {
  const shown = new Date(ms + offset * 60_000).toISOString().slice(0, 19);
  const size = Math.abs(offset);
  return offset === 0 ? `${shown}Z` : `${shown}${offset < 0 ? "-" : "+"}${two(Math.floor(size / 60))}:${two(size % 60)}`;
}

/** Value behind a commitment: HMAC-SHA-256(salt, tag, type, pointer, value). */
export const commit = (salt, type, pointer, value) => hmac(salt, utf8(`suxin-commit/v1\n${type}\n${pointer}\n${value}`));

/**
 * Make and sign a statement.
 * @param draft `{type, subjects, body, text, ref}`: `text` is kept out of the statement, a commitment stands in its place;
 *   `ref` is what this function gave for the statement referred to.
 * @param key Of `keyOf`.
 * @param n Number of the statement among those of the key.
 * @param book Origin of the place.
 * @returns `{type, statement, hash, signature, line}`: canonical text, name, signature, and the body of the request.
 */
export async function compose({ type, subjects, body, text = "", ref = null }, key, n, book, now = Date.now()) {
  const full = { ...body };
  const open = [];
  if (text) {
    const salt = random(32);
    full.text = b64u(commit(salt, type, "/body/text", text));
    open.push({ pointer: "/body/text", salt: b64u(salt), value: text });
  }
  const members = { actor: `anon:${key.text}`, at: momentText(now), body: full, book, id: uuid7(now), key: key.id, n, subjects, type, v: 1 };
  if (ref) {
    const { type: kind, subjects: about, re } = JSON.parse(ref.statement);
    Object.assign(members, { re: { subjects: about, type: kind, ...(re && { re }) }, ref: ref.hash });
  }
  const statement = dump(members, 12);
  const signature = b64u(await key.sign(utf8(`suxin-statement/v1\n${statement}`)));
  const more = open.length ? `,"open":${dump(open, 12)}` : "";
  const line = `{"statement":${statement},"signature":"${signature}"${more}}`;
  return { type, statement, hash: b64u(leafHash(utf8(statement))), signature, line };
}
