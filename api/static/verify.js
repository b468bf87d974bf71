//# allFunctionsCalledOnLoad
// The line above, in each of these files, lets a browser compile them beside the page while they come, not during the check.
//
// A verifier of bundles: bytes, a reader's policy and a clock in, separate results out. It trusts nothing that came from the
// server but itself; whoever wants more than that loads these files from elsewhere. The same results and reason codes as
// ledger/bundle_verify.py: both run tests/vectors/bundle.json and negative.json. Source: DESIGN 3.3; docs/formats/bundle.md.
import { parseBundle, reading } from "./verify-bundle.js";
import { Fault, Unsupported, need, same } from "./verify-bytes.js";
import { engine } from "./verify-ed25519.js";
import { parseCheckpoint, parseNote, parsePolicy, quorumMet, verifyCosignatures, verifyNote } from "./verify-note.js";
import { failed, holds, isHolding, open } from "./verify-result.js";
import { checkSignatures } from "./verify-signatures.js";
import { haveForms, withholdingOf } from "./verify-statement.js";
import { causesOf, checkStory, checkWithheld } from "./verify-story.js";
import TERMS from "./verify-terms.js";
import { verifyInclusion } from "./verify-tree.js";

engine().catch(() => null); // chosen while the page still loads; whoever needs one that did not come is told by the next call

export { Unsupported, haveForms, parseBundle, parsePolicy };

const NAMES = ["form", "signatures", "order", "on_record", "complete", "withheld", "current", "witnesses"];
const NOW_MS = TERMS.limits.CURRENT_MS_MAX; // an epoch this far from the reader's clock, either way, is "now"
const COSIGNED_MS = TERMS.limits.COSIGNATURE_AGE_MS_MAX; // a cosignature this old still says "now"

// -- on record, current, witnesses -------------------------------------------------------------------------------------

async function checkRecord(bundle, policy, now) {
  let note;
  let checkpoint;
  try {
    note = parseNote(bundle.note);
    checkpoint = parseCheckpoint(note.text);
  } catch (error) {
    const result = failed(error);
    return { result, unknown: false, witnesses: open(result.code), cosigned: [], current: checkCurrent(bundle, policy, [], now), audited: false };
  }
  const keys = policy.logs.map((log) => log.key).filter((key) => key.name === checkpoint.origin);
  const asked = [keys.length ? verifyNote(note, keys) : [], verifyCosignatures(note, policy.witnesses)];
  const [signing, cosigning] = await Promise.allSettled(asked); // at once: each waits for the browser
  let result = holds();
  try {
    if (signing.reason) throw signing.reason;
    checkState(bundle, checkpoint);
    if (!keys.length) result = open("log-unknown", `${checkpoint.origin} is not in the policy`);
  } catch (error) {
    result = failed(error);
  }
  const signers = signing.value ?? [];
  const cosigned = cosigning.value ?? [];
  let witnesses;
  if (cosigning.reason) witnesses = failed(cosigning.reason);
  else {
    const met = quorumMet(policy, cosigned.map((one) => one.witness.name));
    witnesses = met ? holds() : open("witness-quorum", `${cosigned.length} have cosigned, ${policy.quorum} has not`);
  }
  const audited = cosigned.some((one) => one.witness.full);
  const current = checkCurrent(bundle, policy, cosigned, now);
  return { result, checkpoint, unknown: !keys.length, witnesses, cosigned, current, audited, signers };
}

/** Hold the keys that signed against what the bundle's own entries say of the log's keys, where they say anything. */
function checkLogKeys(record, directory, time) {
  if (!isHolding(record.result) || (directory.logKeys.length === 1 && directory.leading().length)) return;
  if (record.signers.some(({ key }) => directory.mayLog(key, time))) return;
  record.result = failed(new Fault("log-key-retired", "signed by keys of the log that were revoked or rotated out before"));
}

function checkState({ genesis, genesisPath, epoch, epochPath }, { origin, size, root }) {
  const own = size - 1n;
  need(genesis.value.origin === origin, "origin-mismatch", `a checkpoint of ${origin}, a genesis leaf of another log`, 0);
  // No proof binds the size, so both leaves are proved at places that follow from the size that was signed.
  verifyInclusion(epoch.hash, own, size, epochPath, root);
  const at = Number(own);
  need(BigInt(epoch.last) === own - 1n, "epoch-last", `last ${epoch.last} at index ${own}`, at);
  need(epoch.first === epoch.previous + 1, "epoch-first", `first ${epoch.first} after ${epoch.previous}`, at);
  need(epoch.previous < at, "epoch-previous", `previous ${epoch.previous} at index ${own}`, at);
  need(epoch.epoch <= at && (epoch.epoch === 1) === (epoch.previous === 0), "epoch-number", `number ${epoch.epoch}`, at);
  need(same(epoch.genesis, genesis.hash), "epoch-genesis", "the epoch names another genesis leaf", at);
  verifyInclusion(genesis.hash, 0, size, genesisPath, root);
}

function checkCurrent({ epoch }, policy, cosigned, now) {
  const age = now - epoch.time;
  if (age > NOW_MS) return open("state-old", `${age} ms old`);
  if (age < -NOW_MS) return open("state-ahead", `${-age} ms ahead`);
  const isRecent = ({ time }) => now - time * 1000 >= -NOW_MS && now - time * 1000 <= COSIGNED_MS;
  const recent = cosigned.filter(isRecent).map((one) => one.witness.name);
  return quorumMet(policy, recent) ? holds() : open("cosignatures-old", "no quorum has cosigned within ten minutes");
}

// -- the whole ---------------------------------------------------------------------------------------------------------

/** All that holds is open instead, `form` left as it is. */
function standing(results, instead) {
  for (const name of NAMES) if (name !== "form" && isHolding(results[name])) results[name] = instead;
}

/**
 * Check a bundle. Evidence that does not hold is a result, never an exception; `Unsupported` says that this browser cannot.
 * @param bytes The bundle as it came.
 * @param policy Whom the reader trusts, of `parsePolicy`; pinned before, never taken from the bundle.
 * @param now The reader's clock, Unix milliseconds.
 * @param breathe Awaited between pieces of work that are short on a slow phone, so that its page still answers; or nothing.
 * @returns `{verdict, results, bundle, ...}`; `bundle` is what was read, `verdict` is "fails" if any result does, else "open" if any but `current` is.
 */
export async function verifyBundle(bytes, policy, now, breathe) {
  const results = Object.fromEntries(NAMES.map((name) => [name, holds()]));
  let bundle;
  await haveForms(bytes);
  try {
    const pieces = reading(bytes);
    let piece = pieces.next();
    for (; !piece.done; piece = pieces.next()) await breathe?.();
    bundle = piece.value;
  } catch (error) {
    results.form = failed(error);
    standing(results, open(error.code, "the bundle could not be read"));
    return { verdict: "fails", results, audited: false, unknown: false, subject: "", note: "", cosigned: [] };
  }
  const causes = causesOf(bundle);
  const [record, signatures] = await Promise.all([checkRecord(bundle, policy, now), checkSignatures(bundle, breathe)]);
  await breathe?.();
  checkLogKeys(record, signatures.directory, bundle.epoch.time);
  const withholdings = [...causes].filter(([, named]) => named.length).map(([index, named]) => [index, named[0][1]]);
  [results.order, results.complete] = checkStory(bundle, withholdings);
  results.withheld = checkWithheld(bundle, causes, signatures.directory);
  results.signatures = signatures.fault ? failed(signatures.fault) : holds();
  results.on_record = record.result;
  results.current = record.current;
  results.witnesses = record.witnesses;
  const shown = [...bundle.entries.values()];
  const strange = shown.filter(({ statement }) => statement.body === null && !withholdingOf(statement));
  if (isHolding(results.complete)) {
    const { code, index } = results.withheld;
    if (!isHolding(results.withheld)) results.complete = open(code, "an entry is withheld without right", index);
    else if (strange.length) results.complete = open("entries-not-understood", `${strange.length} entries`, strange[0].index);
  }
  // Nobody has signed this state, so nothing is shown by it.
  if (!isHolding(record.result)) standing(results, open(record.result.code, "the state shown is not on record"));
  const states = NAMES.filter((name) => name !== "current").map((name) => results[name].state);
  const own = bundle.streams.get(bundle.subject);
  return {
    bundle,
    verdict: states.includes("fails") ? "fails" : states.includes("open") ? "open" : "holds",
    results,
    audited: record.audited && isHolding(record.result),
    unknown: record.unknown,
    subject: bundle.subject,
    note: bundle.note,
    recorded: own.length > 0,
    lotKnown: own.some((index) => bundle.entries.get(index)?.statement.subjects.lot !== undefined),
    origin: record.checkpoint?.origin ?? "",
    size: record.checkpoint ? String(record.checkpoint.size) : "0",
    epoch: bundle.epoch.epoch,
    time: bundle.epoch.time,
    entries: bundle.entries.size,
    withheld: bundle.withheld.size,
    signers: signatures.signers,
    cosigned: record.cosigned.map(({ witness, time }) => ({ name: witness.name, full: witness.full, time })),
  };
}
