// The way to the book and back: a statement is sent, and nobody is told "recorded" before its receipt holds: the leaf made of this
// very statement, signature and time stands under a root that the log's pinned key has signed. Source: docs/formats/receipt.md.
import { Fault, b64u, leafHash, need, unb64u, utf8 } from "./verify-bytes.js";
import { parseCheckpoint, parseNote, parsePolicy, verifyNote } from "./verify-note.js";
import { verifyInclusion } from "./verify-tree.js";

/** The book said no: a problem of RFC 9457, `code` being the end of its type. Nothing was recorded. */
export class Refusal extends Error {
  constructor(problem, retryAfter) {
    super(problem.title ?? "refused");
    this.code = String(problem.type ?? "").split("/").pop();
    this.detail = problem.detail ?? "";
    this.retryAfter = retryAfter;
  }
}

/** Nobody knows whether it was recorded: the same bytes are to be sent again. */
export class Unanswered extends Error {}

/** Send what `compose` made; returns the checked receipt. Throws Refusal, Unanswered, or a Fault for a receipt that does not hold. */
export async function send(said, origin, policyText) {
  let response;
  let text;
  try {
    const headers = { "content-type": "application/json" };
    response = await fetch("/v1/events", { method: "POST", headers, body: said.line, credentials: "omit", referrerPolicy: "no-referrer" });
    text = await response.text();
  } catch (error) {
    throw new Unanswered(error.message);
  }
  if (response.status >= 500) throw new Unanswered(`${response.status}`);
  let answer;
  try {
    answer = JSON.parse(text);
  } catch {
    throw new Unanswered("no JSON came back"); // the sign-in page of a network, for example
  }
  if (!response.ok) throw new Refusal(answer, Number(response.headers.get("retry-after")) || 0);
  try {
    await checkReceipt(answer, said, origin, policyText);
  } catch (error) {
    throw Object.assign(error, { answer: text }); // signed or not, it is what the book said
  }
  return { answer, text };
}

/** Throws the Fault of what does not hold. */
export async function checkReceipt(answer, said, origin, policyText) {
  const keys = parsePolicy(utf8(policyText)).logs.map((log) => log.key).filter((key) => key.name === origin);
  need(keys.length, "log-unknown", origin);
  const { index, size, received, proof, checkpoint, statement } = answer ?? {};
  const isShaped = [index, size, received].every(Number.isSafeInteger) && Array.isArray(proof) && typeof checkpoint === "string";
  need(isShaped, "receipt-mismatch", "not a receipt");
  need(statement === said.hash, "receipt-mismatch", "about another statement");
  const leaf = leafHash(utf8(`{"leaf":"entry","received":${received},"signature":"${said.signature}","statement":${said.statement}}`));
  need(answer.leaf === b64u(leaf), "receipt-mismatch", "not of this statement, signature and time");
  const note = parseNote(checkpoint);
  await verifyNote(note, keys);
  const head = parseCheckpoint(note.text);
  need(head.origin === origin && head.size === BigInt(size), "receipt-mismatch", "a checkpoint of another log or size");
  if (proof.length > 128) throw new Fault("inclusion-invalid", "too long");
  verifyInclusion(leaf, index, head.size, proof.map((part) => unb64u(part, 32)), head.root);
}
