// What stands on a label, made in the browser: items of a CSV text, their addresses and words, tear-off codes and their public
// halves. Nothing here sends or keeps anything. Sources: docs/formats/claim.md; trace/label.py and ledger/identifier.py.
import { Fault, tagged, utf8 } from "./verify-bytes.js";
import { keyOf, seedOf } from "./voice-keys.js";

export const COLUMNS = ["item", "link", "claim", "parcel_claim"];
export const ROWS_MAX = 1000; // a page of more is slow on a small computer; `suxin label` makes 10,000
const LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"; // Crockford's base32
const CLAIM = "suxin-claim/v1";
const CLASS = "(?:/01/[0-9]{14}|/s/[0-9A-HJ-NPQRTUWXY]{18}/[A-Za-z0-9._-]{1,40})";
const ITEM = new RegExp(`^(${CLASS})/21/([A-Za-z0-9._-]{11,20})$`);
const LOT = /^[A-Za-z0-9._-]{1,20}$/;
const USCC = "0123456789ABCDEFGHJKLMNPQRTUWXY"; // GB 32100

/** Rows of a CSV text as `[{line, cells}]`; parted by comma, semicolon or tab, whichever its first line has. */
export function parseCsv(text) {
  const first = text.replace(/^\ufeff/, "");
  const head = first.split(/\r?\n/, 1)[0];
  const mark = [",", "\t", ";"].find((one) => head.includes(one)) ?? ",";
  const rows = [];
  let cells = [""];
  let line = 1;
  let begun = 1;
  let quoted = false;
  const end = () => {
    if (cells.some((cell) => cell.trim())) rows.push({ line: begun, cells: cells.map((cell) => cell.trim()) });
    cells = [""];
  };
  for (let i = 0; i < first.length; i++) {
    const sign = first[i];
    if (sign === "\n") line++;
    if (quoted && sign === '"' && first[i + 1] === '"') cells[cells.length - 1] += first[i++];
    else if (sign === '"' && (quoted || !cells[cells.length - 1])) quoted = !quoted;
    else if (quoted) cells[cells.length - 1] += sign;
    else if (sign === mark) cells.push("");
    else if (sign === "\n" || sign === "\r") {
      end();
      begun = line;
    } else cells[cells.length - 1] += sign;
  }
  if (quoted) throw new Fault("quote", "", begun);
  end();
  return rows;
}

/** Items of a CSV text as `[{line, item, lot, over}]`; throws `no-rows`, `no-column`, `too-many` or `quote`. */
export function itemsOf(text) {
  const [head, ...rows] = parseCsv(text);
  if (!head) throw new Fault("no-rows");
  const [item, lot] = ["item", "lot"].map((name) => head.cells.indexOf(name));
  if (item < 0) throw new Fault("no-column");
  if (!rows.length) throw new Fault("no-rows");
  if (rows.length > ROWS_MAX) throw new Fault("too-many", String(rows.length));
  return rows.map(({ line, cells }) => ({ line, item: cells[item] ?? "", lot: cells[lot] ?? "", over: cells.length > head.cells.length }));
}

function isGtin(text) {
  const sum = [...text].reduce((total, digit, at) => total + Number(digit) * (at % 2 ? 1 : 3), 0);
  return sum % 10 === 0;
}

function isUscc(text) {
  let weight = 1;
  let sum = 0;
  for (const sign of text.slice(0, 17)) {
    sum += USCC.indexOf(sign) * weight;
    weight = (weight * 3) % 31;
  }
  return USCC[(31 - (sum % 31)) % 31] === text[17];
}

/** Refuses a class whose check digit does not fit. */
export function checkClass(product) {
  if (!new RegExp(`^${CLASS}$`).test(product)) throw new Fault("class");
  if (product.startsWith("/01/") && !isGtin(product.slice(4))) throw new Fault("gtin-digit");
  if (product.startsWith("/s/") && !isUscc(product.slice(3, 21))) throw new Fault("uscc-digit");
}

const letters = (bytes) => Array.from(bytes, (byte) => LETTERS[byte & 31]).join("");

/** A new item of a class; its serial has 70 random bits. */
export function newItem(product) {
  checkClass(product);
  return `${product}/21/${letters(crypto.getRandomValues(new Uint8Array(14)))}`;
}

/** A code as it is printed: seven groups of four letters. */
export function formatCode(code) {
  let bits = 0n;
  for (const byte of [...code, tagged(CLAIM, utf8("check\n"), code)[0]]) bits = (bits << 8n) | BigInt(byte);
  bits <<= 4n;
  const text = Array.from({ length: 28 }, (_, at) => LETTERS[Number((bits >> BigInt(5 * (27 - at))) & 31n)]).join("");
  return text.match(/.{4}/g).join("-");
}

export const newCode = () => crypto.getRandomValues(new Uint8Array(16));

/**
 * The label of an item: `{item, link, words, tearOff, claimLink, claim, parcelClaim}`, the last four "" without a code.
 * Throws the faults `missing`, `item`, `lot`, `gtin-digit`, `uscc-digit`.
 */
export async function makeLabel({ item, lot }, base, code = null) {
  if (!item) throw new Fault("missing");
  const match = ITEM.exec(item);
  if (!match) throw new Fault("item");
  const [, product, serial] = match;
  checkClass(product);
  if (lot && !LOT.test(lot)) throw new Fault("lot");
  const isGs1 = item.startsWith("/01/");
  const link = base + (isGs1 && lot ? `${product}/10/${lot}/21/${serial}` : item);
  const words = isGs1
    ? `(01)${product.slice(4)}${lot ? `(10)${lot}` : ""}(21)${serial}`
    : `${product.slice(22)} · ${serial}${lot ? ` · ${lot}` : ""}`;
  const label = { item, link, words, tearOff: "", claimLink: "", claim: "", parcelClaim: "" };
  if (!code) return label;
  const tearOff = formatCode(code);
  const [claim, parcel] = await Promise.all(["item", "parcel"].map((use) => keyOf(seedOf(code, use))));
  return { ...label, tearOff, claimLink: `${link}#claim=${tearOff}`, claim: claim.text, parcelClaim: parcel.text };
}

/** The list that a shop's own programs need: keys and public halves, no secret. */
export const listOf = (labels) =>
  [COLUMNS, ...labels.map(({ item, link, claim, parcelClaim }) => [item, link, claim, parcelClaim])]
    .map((cells) => `${cells.join(",")}\r\n`).join("");
