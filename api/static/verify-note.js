//# allFunctionsCalledOnLoad
// Signed notes, checkpoints, cosignatures and the reader's policy, as C2SP writes them.
// Source: docs/formats/checkpoint.md, policy.md.
import { EMPTY_ROOT, Fault, fromBase64, has, hex, need, same, sha256, toBase64, utf8 } from "./verify-bytes.js";
import { checkPoint, verifySignature } from "./verify-ed25519.js";

const ED25519 = 1;
const COSIGNATURE = 4;
const SPACE = /[\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/;

const isName = (text) => text !== "" && !text.includes("+") && !SPACE.test(text);

/** Standard base64; refuses every text that is not the one encoding of its bytes. */
function base64(text, code, size = null) {
  const bytes = fromBase64(text);
  need(bytes !== null && toBase64(bytes) === text && (size === null || bytes.length === size), code, "not base64 of its bytes");
  return bytes;
}

// -- notes -------------------------------------------------------------------------------------------------------------

export function parseNote(text) {
  const wrong = (detail) => new Fault("note-malformed", detail);
  if (utf8(text).length > 64 * 1024) throw wrong("too large");
  if (/[\x00-\x09\x0b-\x1f]/.test(text)) throw wrong("a control character");
  const border = text.lastIndexOf("\n\n");
  if (border < 0 || !text.endsWith("\n") || border + 2 === text.length) throw wrong("not text, blank line, signature lines");
  const lines = text.slice(border + 2, -1).split("\n");
  if (lines.length > 100) throw wrong(`${lines.length} signature lines`);
  const signatures = lines.map((line) => {
    const cut = line.indexOf(" ", 2);
    const name = line.slice(2, cut);
    if (!line.startsWith("— ") || cut < 0 || !isName(name)) throw wrong("a signature line is not dash, name, base64");
    const blob = base64(line.slice(cut + 1), "note-malformed");
    if (blob.length <= 4) throw wrong("a signature line without a signature");
    return { name, id: hex(blob.subarray(0, 4)), blob: blob.subarray(4) };
  });
  return { text: text.slice(0, border + 1), signatures };
}

const linesOf = (note, key) => note.signatures.filter((line) => line.name === key.name && line.id === key.id);

/** One of `keys` has signed at least, and no line of any of them is wrong; gives those that have. */
export async function verifyNote(note, keys) {
  const message = utf8(note.text);
  const lines = keys.flatMap((key) => linesOf(note, key).map(({ blob }) => ({ key, message, signature: blob })));
  await allSigned(lines, "note-signature-invalid");
  need(lines.length, "note-unsigned", "no signature of a key that is known here");
  return [...new Set(lines.map(({ key }) => key))];
}

/** All lines hold. They are asked for at once, since the browser checks beside this thread; the first fault in order counts. */
async function allSigned(lines, code) {
  const asked = lines.map(({ key, message, signature }) => verifySignature(key.key, message, signature));
  const answers = await Promise.allSettled(asked);
  answers.forEach(({ reason }, i) => {
    if (reason) throw reason instanceof Fault ? new Fault(code, `${lines[i].key.name}: ${reason.detail}`) : reason;
  });
}

/** For each witness that cosigned its newest cosignature; one wrong line of a known witness spoils all. */
export async function verifyCosignatures(note, witnesses) {
  const lines = witnesses.flatMap((witness) => linesOf(note, witness.key).map(({ blob }) => cosignature(note, witness, blob)));
  await allSigned(lines, "cosignature-invalid");
  const newest = new Map();
  for (const { witness, time } of lines) newest.set(witness, Math.max(newest.get(witness) ?? -1, time));
  return [...newest].map(([witness, time]) => ({ witness, time }));
}

function cosignature(note, witness, blob) {
  const time = blob.length === 72 ? new DataView(blob.buffer, blob.byteOffset).getBigUint64(0) : 1n << 63n;
  need(time < 1n << 63n, "cosignature-invalid", `${witness.name}: not a time and a signature`);
  const message = utf8(`cosignature/v1\ntime ${time}\n${note.text}`);
  return { witness, key: witness.key, time: Number(time), message, signature: blob.subarray(8) };
}

export function parseCheckpoint(text) {
  const wrong = (detail) => new Fault("checkpoint-malformed", detail);
  const lines = text.split("\n");
  const end = lines.pop();
  if (end !== "" || lines.length < 3 || lines.includes("")) throw wrong("not three or more lines, none of them empty");
  if (!/^(?:0|[1-9][0-9]{0,18})$/.test(lines[1]) || BigInt(lines[1]) >> 63n) throw wrong("the size is no decimal below 2^63");
  const root = base64(lines[2], "checkpoint-malformed", 32);
  const size = BigInt(lines[1]);
  if (size === 0n && !same(root, EMPTY_ROOT)) throw wrong("an empty log with the root of another");
  return { origin: lines[0], size, root };
}

// -- policy ------------------------------------------------------------------------------------------------------------

/** A verifier key: name, key id, type and public key. */
export function parseVkey(text) {
  const wrong = (detail) => new Fault("vkey-malformed", detail);
  const first = text.indexOf("+");
  const second = text.indexOf("+", first + 1);
  const name = text.slice(0, first);
  if (first < 0 || second < 0 || !isName(name)) throw wrong("not name, key id and key, joined by plus signs");
  const coded = base64(text.slice(second + 1), "vkey-malformed");
  const type = coded[0];
  need(type === ED25519 || type === COSIGNATURE, "vkey-unsupported", `signature type ${type}`);
  if (coded.length !== 33) throw wrong(`a key of ${coded.length - 1} bytes`);
  const key = coded.slice(1);
  try {
    checkPoint(key);
  } catch (error) {
    throw wrong(error.detail);
  }
  const id = hex(sha256(utf8(`${name}\n`), coded).subarray(0, 4));
  if (text.slice(first + 1, second) !== id) throw wrong(`key id ${id} is due`);
  return { name, type, key, id };
}

/** A word of a policy, whose names are bytes: text where they are UTF-8, else marked so that it is no other word's text. */
function textOf(word) {
  if (/^[!-~]*$/.test(word)) return word;
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(Uint8Array.from(word, (c) => c.charCodeAt(0)));
  } catch {
    return `\ud800${word}`;
  }
}

/** Read a policy file, given as bytes. */
export function parsePolicy(bytes) {
  need(bytes.length <= 256 * 1024, "policy-limit", `${bytes.length} bytes`);
  let raw = "";
  for (let i = 0; i < bytes.length; i++) raw += String.fromCharCode(bytes[i]);
  need(!/[^\t\n -~\x80-\xff]/.test(raw), "policy-malformed", "a control character");
  need(raw.endsWith("\n"), "policy-malformed", "the last line does not end in a line feed");
  const policy = { logs: [], witnesses: [], groups: [], quorum: null };
  const taken = new Set();
  for (const line of raw.split("\n")) {
    const words = line.split(/[ \t]+/).filter((word) => word !== "").map(textOf);
    if (words.length && !words[0].startsWith("#")) readLine(policy, taken, words);
  }
  need(policy.quorum !== null, "policy-quorum", "no quorum line");
  return policy;
}

function readLine(policy, taken, [word, ...rest]) {
  const { logs, witnesses, groups } = policy;
  const known = (name) => [...witnesses, ...groups].some((one) => one.name === name);
  const isNew = (list, key) => need(list.every((one) => !same(one.key.key, key.key)), "policy-duplicate", "a key twice");
  const newName = (name) => {
    need(name !== "none", "policy-name", "the name none has a meaning of its own");
    need(!known(name), "policy-duplicate", `${name} is defined twice`);
  };
  if (word === "log" && (rest.length === 1 || rest.length === 2)) {
    const key = keyOf(rest[0], ED25519);
    isNew(logs, key);
    logs.push({ key });
  } else if (word === "witness" && (rest.length === 2 || rest.length === 3)) {
    const key = keyOf(rest[1], COSIGNATURE);
    isNew(witnesses, key);
    newName(rest[0]);
    witnesses.push({ name: rest[0], key, full: false });
  } else if (word === "group" && rest.length >= 3) {
    const [name, threshold, ...members] = rest;
    for (const member of members) {
      need(known(member), "policy-name", `${member} is not defined above`);
      need(!taken.has(member), "policy-duplicate", `${member} is a member twice`);
      taken.add(member);
    }
    newName(name);
    const numbers = { any: 1, all: members.length };
    need(has(numbers, threshold) || /^[1-9][0-9]{0,3}$/.test(threshold), "policy-malformed", `${threshold} is no threshold`);
    const least = has(numbers, threshold) ? numbers[threshold] : Number(threshold);
    need(least <= members.length, "policy-malformed", `${least} of ${members.length} members`);
    groups.push({ name, least, members });
  } else if (word === "quorum" && rest.length === 1) {
    need(policy.quorum === null, "policy-quorum", "two quorum lines");
    need(rest[0] === "none" || known(rest[0]), "policy-name", `${rest[0]} is not defined above`);
    policy.quorum = rest[0];
  } else if (word === "full" && rest.length === 1) {
    const witness = witnesses.find((one) => one.name === rest[0]);
    need(witness, "policy-name", `${rest[0]} is no witness defined above`);
    need(!witness.full, "policy-duplicate", `${rest[0]} is marked twice`);
    witness.full = true;
  } else throw new Fault("policy-malformed", `not a line of a policy: ${word} and ${rest.length} words`);
  need(Math.max(logs.length, witnesses.length, groups.length) <= 256, "policy-limit", "more than 256 of a kind");
}

function keyOf(text, type) {
  need(/^[!-~]*$/.test(text) || !/[\p{C}\p{Z}]/u.test(text), "vkey-malformed", "a key's name that is not UTF-8 text");
  const key = parseVkey(text);
  need(key.type === type, "vkey-unsupported", `a key of type ${key.type} where ${type} is due`);
  return key;
}

/** Whether these witnesses, by the names of the policy, are enough. */
export function quorumMet(policy, names) {
  const holds = new Set(policy.witnesses.map((one) => one.name).filter((name) => names.includes(name)));
  for (const { name, least, members } of policy.groups) {
    if (members.filter((member) => holds.has(member)).length >= least) holds.add(name);
  }
  return policy.quorum === "none" || holds.has(policy.quorum);
}
