// What this browser has seen of a log, and whether the site still shows the same book. A signature alone does not tell: an
// operator can sign two histories, or show an old one. A reader who keeps the last checkpoint notices, at her next visit.
// Source: DESIGN 3.3; docs/formats/checkpoint.md, log.md, tile.md, contradiction.md.
import { Fault, b64u, dump, same, toBase64, utf8 } from "./verify-bytes.js";
import { parseCheckpoint, parseNote, verifyNote } from "./verify-note.js";
import { verifyConsistency } from "./verify-tree.js";

const SEEN = "suxin.seen.";
const KEPT = "suxin.contradiction.";
const LOGS_MAX = 16; // whose checkpoints are kept; the one not seen for longest goes first
const NOTE_BYTES_MAX = 64 * 1024;
const AGAIN_MS = 1_000; // a site of several servers may be a moment behind itself

// -- store: may be full, blocked, or somebody else's text --------------------------------------------------------------

function load(name) {
  try {
    const found = JSON.parse(localStorage.getItem(name));
    return typeof found === "object" ? found : null;
  } catch {
    return null;
  }
}

function save(name, value) {
  try {
    localStorage.setItem(name, JSON.stringify(value));
    return true;
  } catch {
    return false;
  }
}

function drop(name) {
  try {
    localStorage.removeItem(name);
  } catch {
    // nothing could be kept either
  }
}

function makeRoom() {
  try {
    const names = Object.keys(localStorage).filter((name) => name.startsWith(SEEN));
    names.sort((a, b) => (load(b)?.at ?? 0) - (load(a)?.at ?? 0)).slice(LOGS_MAX - 1).forEach(drop);
  } catch {
    // no store at all
  }
}

/** The last checkpoint seen of a log, `{note, size, at}`, or null. */
export function recall(origin) {
  const found = load(SEEN + origin);
  return typeof found?.note === "string" && Number.isSafeInteger(found.size) ? found : null;
}

/** A contradiction that was kept at this or an earlier visit, or null: the first one, since what follows from it is no news. */
export function evidence(origin) {
  const found = load(KEPT + origin);
  return typeof found?.code === "string" ? found : null;
}

/** Its text, to be kept outside this browser: docs/formats/contradiction.md. */
export const evidenceFile = (kept) => `${dump(kept, 8)}\n`;

/** The reader wants to begin anew. */
export function forget(origin) {
  drop(SEEN + origin);
  drop(KEPT + origin);
}

// -- comparison --------------------------------------------------------------------------------------------------------

/** Nobody answered, so nothing is shown by it: neither right nor wrong. */
class Unanswered extends Error {}

/**
 * Hold a checkpoint, and the one that the site serves now, against what was seen before. Never throws.
 * @param origin Origin of the log.
 * @param note Signed note of a checkpoint that has just been shown, or null.
 * @param policy The reader's own, of `parsePolicy`: every note is verified under it.
 * @param base Address before /checkpoint and /tile: "" for this site, null when nobody is to be asked.
 * @param now The reader's clock, Unix milliseconds.
 * @returns `{state, code, detail, seen, size, evidence}`; state is "first", "same", "grown", "fails", or "open" when it could
 *   not be said. Nothing is remembered where it fails.
 */
export async function compare({ origin, note = null, policy, base = "", now = Date.now() }) {
  const keys = policy.logs.map((log) => log.key).filter((key) => key.name === origin);
  const before = recall(origin);
  const answer = { state: "open", code: "", detail: "", seen: before && { size: before.size, at: before.at }, size: null, evidence: null };
  if (!keys.length) return { ...answer, code: "log-unknown" };
  try {
    const held = before && (await opened(before.note, keys, "mirror").catch(() => null)); // the policy may have changed
    const shown = note && (await opened(note, keys, "bundle"));
    const newest = base === null ? null : await newestOf(base, keys, Math.max(held?.size ?? 0, shown?.size ?? 0));
    const states = [held, shown, newest].filter(Boolean);
    await checkOneHistory(states, base);
    const last = states.reduce((a, b) => (b.size > a.size ? b : a));
    if (!held || last.size > held.size) keep(origin, last, keys, policy, now);
    return { ...answer, state: !held ? "first" : last.size > held.size ? "grown" : "same", size: last.size };
  } catch (error) {
    if (error instanceof Unanswered) return { ...answer, detail: error.message };
    if (!isFault(error)) return { ...answer, detail: String(error) };
    const { code, detail } = error;
    const found = error.notes ? contradiction(error, origin, keys[0], now) : null;
    if (found && !evidence(origin)) save(KEPT + origin, found);
    return { ...answer, state: "fails", code, detail, evidence: found };
  }
}

async function opened(text, keys, source) {
  const note = parseNote(text);
  await verifyNote(note, keys);
  const { origin, size, root } = parseCheckpoint(note.text);
  if (origin !== keys[0].name) throw new Fault("origin-mismatch", `a checkpoint of ${origin}`);
  if (size > BigInt(Number.MAX_SAFE_INTEGER)) throw new Unanswered(`a log of ${size} leaves is not compared here`);
  return { note: text, source, size: Number(size), root };
}

async function fetched(address, limit) {
  let response;
  let bytes;
  try {
    response = await fetch(address, { cache: "no-store", credentials: "omit" });
    bytes = new Uint8Array(await response.arrayBuffer());
  } catch (error) {
    throw new Unanswered(`${address}: ${error.message}`);
  }
  if (!response.ok || bytes.length > limit) throw new Unanswered(`${address}: ${response.status}, ${bytes.length} bytes`);
  return bytes;
}

/** What the site serves now; it must not lie behind what was seen before it was asked. */
async function newestOf(base, keys, least) {
  const ask = async () => {
    const text = new TextDecoder().decode(await fetched(`${base}/checkpoint`, NOTE_BYTES_MAX));
    return opened(text, keys, new URL(`${base}/checkpoint`, globalThis.location?.href).href).catch((error) => {
      // What is no checkpoint at all may be anybody's, such as the sign-in page of a network; one of another key is not.
      throw error.code?.endsWith("-malformed") ? new Unanswered(`${base}/checkpoint: ${error.detail}`) : error;
    });
  };
  const newest = await ask();
  if (newest.size >= least) return newest;
  await new Promise((go) => setTimeout(go, AGAIN_MS));
  return ask();
}

/** All these states, what was held first and what is served now last, are of one log that only grew. */
async function checkOneHistory(states, base) {
  for (const one of states) {
    const other = states.find((two) => two.size === one.size && !same(two.root, one.root));
    if (other) throw told("root-differs", `two roots of ${one.size} leaves`, [one, other]);
  }
  const newest = states.slice(-1)[0];
  const ahead = states.find((one) => one.size > newest.size);
  if (base !== null && ahead) throw told("log-truncated", `${newest.size} leaves are served, ${ahead.size} were signed`, [ahead, newest]);
  const rising = [...states].sort((a, b) => a.size - b.size).filter((one, i, all) => i === 0 || one.size > all[i - 1].size);
  for (let i = 1; i < rising.length; i++) {
    if (base === null) throw new Unanswered("two states, and nobody to ask how one became the other");
    await checkGrown(rising[i - 1], rising[i], base);
  }
}

/** The newer state begins with all leaves of the older one. Worked out from hash tiles, so that nobody's word is needed. */
async function checkGrown(older, newer, base) {
  const { TiledLog } = await import("./verify-tile.js"); // a first visit has nothing to compare
  const log = new TiledLog(newer.size, (path) => fetched(`${base}/tile/${path}`, 8192));
  let prefix;
  try {
    const [root, path] = older.size ? await Promise.all([log.rootAt(older.size), log.consistencyPath(older.size)]) : [older.root, []];
    verifyConsistency(older.size, newer.size, path, root, newer.root);
    prefix = { path: path.map(b64u), root: b64u(root) };
    if (same(root, older.root)) return;
  } catch (error) {
    if (!isFault(error)) throw error;
    throw told("consistency-invalid", `the tiles do not lead to the root of ${newer.size} leaves: ${error.detail}`, [older, newer]);
  }
  const detail = `the log of ${newer.size} leaves does not begin with the ${older.size} that were signed before`;
  throw told("consistency-invalid", detail, [older, newer], prefix);
}

/** A fault of ours, whichever copy of the module made it: what is loaded later brings its own. */
const isFault = (error) => error instanceof Fault || (typeof error?.code === "string" && typeof error.detail === "string");

const told = (code, detail, notes, prefix) => Object.assign(new Fault(code, detail), { notes, prefix });

function contradiction({ code, detail, notes, prefix }, origin, key, now) {
  const held = notes.map(({ note, source }) => ({ note, source }));
  const vkey = `${key.name}+${key.id}+${toBase64(Uint8Array.of(key.type, ...key.key))}`;
  return { code, detail, found: now, notes: held, origin, v: 1, vkey, ...(prefix && { prefix }) };
}

/** Remember a state; of its signatures only those that the policy knows. */
function keep(origin, { note, size }, keys, policy, now) {
  const names = new Set([origin, ...policy.witnesses.map((one) => one.key.name)]);
  const border = note.lastIndexOf("\n\n") + 2;
  const lines = note.slice(border).split("\n").filter((line) => names.has(line.slice(2, line.indexOf(" ", 2))));
  const short = `${note.slice(0, border)}${lines.join("\n")}\n`;
  makeRoom();
  if (utf8(short).length <= NOTE_BYTES_MAX) save(SEEN + origin, { note: short, size, at: now });
}
