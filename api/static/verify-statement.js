//# allFunctionsCalledOnLoad
// Statements, leaves and streams: what the book's forms allow, and in which streams an entry stands.
// The schemas come from verify-terms.js. Source: docs/formats/statement.md, leaf.md, epoch.md, streams.md.
import { Fault, dump, has, leafHash, need, rawOf, unb64u, utf8 } from "./verify-bytes.js";
import { parsePublic } from "./verify-ed25519.js";
import TERMS from "./verify-terms.js";

const patterns = new Map();

function matches(pattern, text) {
  if (!patterns.has(pattern)) patterns.set(pattern, new RegExp(pattern));
  return patterns.get(pattern).test(text);
}

/** Whether a value has the form of a schema, as far as the book's schemas go. */
function fits(schema, value) {
  if (schema === true || schema === undefined) return true;
  if (schema === false) return false;
  if (has(schema, "$ref")) return fits(TERMS.parts[schema.$ref], value);
  if (has(schema, "anyOf")) return schema.anyOf.some((one) => fits(one, value));
  if (has(schema, "enum")) return schema.enum.includes(value);
  if (schema.type === "string") {
    if (typeof value !== "string") return false;
    const length = /[\ud800-\udbff]/.test(value) ? [...value].length : value.length; // in code points
    if (length > (schema.maxLength ?? Infinity) || length < (schema.minLength ?? 0)) return false;
    return !has(schema, "pattern") || matches(schema.pattern, value);
  }
  if (schema.type === "integer") {
    return Number.isInteger(value) && value >= (schema.minimum ?? -Infinity) && value <= (schema.maximum ?? Infinity) &&
      value < (schema.exclusiveMaximum ?? Infinity);
  }
  if (schema.type === "boolean") return typeof value === "boolean";
  if (schema.type === "array") {
    if (!Array.isArray(value) || value.length > (schema.maxItems ?? Infinity) || value.length < (schema.minItems ?? 0)) return false;
    const first = schema.prefixItems ?? [];
    return value.every((item, i) => fits(i < first.length ? first[i] : schema.items, item));
  }
  if (schema.type === "object") {
    if (typeof value !== "object" || Array.isArray(value)) return false;
    const names = Object.keys(value);
    const known = schema.properties ?? {};
    if (names.length < (schema.minProperties ?? 0) || !(schema.required ?? []).every((name) => has(value, name))) return false;
    return names.every((name) => {
      if (has(known, name)) return fits(known[name], value[name]);
      if (schema.propertyNames && !fits({ type: "string", ...schema.propertyNames }, name)) return false;
      return fits(schema.additionalProperties, value[name]);
    });
  }
  if (Object.keys(schema).length > 0) throw new Error(`a schema that is not read here: ${JSON.stringify(schema)}`);
  return true;
}

/** Check a value against one of the book's forms. */
export function needShape(name, value, code) {
  need(fits(TERMS.parts[TERMS.shapes[name]], value), code, `not a ${name} of the known form`);
}

// -- identifiers -------------------------------------------------------------------------------------------------------

const COMPANY = "(?:uscc:[0-9A-HJ-NPQRTUWXY]{18}|gln:[0-9]{13})";
const OFFER = new RegExp(`^(${COMPANY})(/.*)$`);

export const carrierOf = (waybill) => waybill.slice(0, 18);
export const splitOffer = (offer) => OFFER.exec(offer).slice(1);

/** The class inside an item or lot key: everything before its serial or lot. */
export function classOf(product) {
  const end = product.indexOf("/21/");
  return product.slice(0, end >= 0 ? end : product.indexOf("/10/"));
}

const refuse = (detail) => {
  throw new Fault("refused", detail);
};

function checkGs1(digits) {
  const sum = [...digits].reverse().reduce((total, digit, i) => total + Number(digit) * (i % 2 ? 3 : 1), 0);
  if (sum % 10 !== 0) refuse("a GS1 number's last digit does not fit the others");
}

function checkUscc(text) {
  const letters = "0123456789ABCDEFGHJKLMNPQRTUWXY";
  const weights = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28];
  const sum = weights.reduce((total, weight, i) => total + letters.indexOf(text[i]) * weight, 0);
  if (!/^[0-9]{8}/.test(text) || letters[(31 - (sum % 31)) % 31] !== text[17]) refuse("a USCC's last character does not fit");
}

const fitting = new Set(); // actors and classes whose digits fit: the same few come again and again

function once(text, check) {
  if (fitting.has(text)) return;
  check(text);
  fitting.add(text);
}

const checkClass = (text) => (text.startsWith("/01/") ? checkGs1(text.slice(4, 18)) : checkUscc(text.slice(3, 21)));

function checkActor(text) {
  const rest = text.slice(text.indexOf(":") + 1);
  if (text.startsWith("uscc:")) checkUscc(rest);
  else if (text.startsWith("gln:")) checkGs1(rest);
  else if (text.startsWith("anon:")) parsePublic(rest);
}

function checkNumbers(subjects) {
  for (const [name, value] of Object.entries(subjects)) {
    if (["item", "lot", "class"].includes(name)) once(value, checkClass);
    else if (name === "offer") {
      const [seller, product] = splitOffer(value);
      once(seller, checkActor);
      once(product, checkClass);
    } else if (["waybill", "next"].includes(name)) once(carrierOf(value), checkUscc);
    else once(value, checkActor);
  }
}

/** Unix milliseconds of a claimed time that has the right shape; refuses a day that the calendar lacks. */
export function momentMs(text) {
  const [, date, time, zone] = /^(.{10})T(.*?)(Z|[+-]..:..)$/.exec(text);
  const day = new Date(`${date}T00:00:00Z`);
  if (Number.isNaN(day.getTime()) || day.toISOString().slice(0, 10) !== date) refuse("this day does not exist");
  return Date.parse(`${date}T${time}${zone}`);
}

// -- streams -----------------------------------------------------------------------------------------------------------

function ownStreams(type, subjects) {
  const row = has(TERMS.types, type) ? TERMS.types[type] : { streams: [] };
  return row.streams.filter(([, field]) => has(subjects, field)).map(([letter, field]) => {
    const subject = subjects[field];
    if (letter !== "c") return `${letter}:${subject}`;
    return `c:${field === "company" ? subject.slice(subject.indexOf(":") + 1) : carrierOf(subject)}`;
  });
}

/** All streams of a statement: its own, then those of the statement it refers to. */
export function streamsOf(type, subjects, re) {
  const found = ownStreams(type, subjects);
  for (let depth = 1; re; re = re.re, depth++) {
    if (depth > 4) refuse("more than 4 statements referred to in a row");
    found.push(...ownStreams(re.type, re.subjects));
  }
  if (found.some((name) => name.length > TERMS.limits.STREAM_ID_BYTES_MAX)) refuse("a stream id that is too long");
  return [...new Set(found)];
}

// -- statements and leaves ---------------------------------------------------------------------------------------------

function checkType(row, value) {
  const given = Object.keys(value.subjects);
  const allowed = row.subjects.some((fields) => {
    const names = fields.map((field) => field.replace("?", ""));
    return given.every((name) => names.includes(name)) && fields.every((field) => field.endsWith("?") || given.includes(field));
  });
  if (!allowed) refuse(`not the subjects of a ${value.type}`);
  if (has(value, "ref") !== has(value, "re")) refuse("ref and re stand together or not at all");
  if (row.ref === "none" && has(value, "ref")) refuse(`a ${value.type} refers to nothing`);
  if (row.ref === "required" && !has(value, "ref")) refuse(`a ${value.type} refers to another`);
  if (has(value, "re") && row.to.length && !row.to.includes(value.re.type)) refuse(`a ${value.type} refers to ${row.to}`);
}

/** Load the forms of the types that few bundles have, where these bytes name one of them. */
export async function haveForms(bytes) {
  const text = new TextDecoder().decode(bytes);
  if (!TERMS.seldom.some((type) => text.includes(`"type":"${type}"`))) return;
  const { bodies, parts } = (await import("./verify-terms-rest.js")).default;
  Object.assign(TERMS.bodies, bodies);
  Object.assign(TERMS.parts, parts);
  TERMS.seldom = [];
}

/** One statement by itself: form, bounds, digits, subjects. `body` is null where the type is not understood. */
function parseStatement(value) {
  const raw = utf8(dump(value, TERMS.limits.DEPTH_MAX));
  if (raw.length > TERMS.limits.STATEMENT_BYTES_MAX) refuse(`${raw.length} bytes`);
  needShape("envelope", value, "refused");
  if (TERMS.seldom.includes(value.type)) throw new Error(`the form of a ${value.type} was not loaded`);
  const understood = has(TERMS.bodies, value.type);
  if (understood) {
    if (!fits(TERMS.parts[TERMS.bodies[value.type]], value.body)) refuse(`not the body of a ${value.type}`);
    checkType(TERMS.types[value.type], value);
  }
  checkNumbers(value.subjects);
  once(value.actor, checkActor);
  return {
    ...value,
    value,
    raw,
    hash: leafHash(raw),
    party: value.for ?? value.actor,
    atMs: momentMs(value.at),
    streams: streamsOf(value.type, value.subjects, value.re),
    body: understood ? value.body : null,
  };
}

/** Read one entry leaf; nothing of it has been checked against a signature yet. */
export function readShown(index, leaf) {
  const within = (code, work) => {
    try {
      return work();
    } catch (error) {
      throw error instanceof Fault ? new Fault(code, error.detail, index) : error;
    }
  };
  const [signature, batch] = within("leaf-malformed", () => {
    needShape("entry", leaf, "leaf-malformed");
    need(has(leaf, "batch") !== has(leaf, "signature"), "leaf-malformed", "a signature or a batch, and only one of them");
    return [
      has(leaf, "signature") ? unb64u(leaf.signature, 64) : null,
      has(leaf, "batch") ? { hash: unb64u(leaf.batch[0], 32), position: leaf.batch[1] } : null,
    ];
  });
  const statement = within("statement-malformed", () => parseStatement(leaf.statement));
  return { index, hash: leafHash(rawOf(leaf)), received: leaf.received, statement, signature, batch };
}

/** Genesis and batch leaves. */
export function readLeaf(kind, leaf) {
  const raw = rawOf(leaf);
  need(raw.length <= TERMS.limits.LEAF_BYTES_MAX, "leaf-malformed", `${raw.length} bytes`);
  try {
    dump(leaf, TERMS.limits.DEPTH_MAX);
  } catch (error) {
    throw new Fault("leaf-malformed", error.detail);
  }
  needShape(kind, leaf, "leaf-malformed");
  return { hash: leafHash(raw), value: leaf };
}

export function readEpoch(leaf) {
  needShape("epoch", leaf, "epoch-malformed");
  try {
    return { ...leaf, hash: leafHash(rawOf(leaf)), genesis: unb64u(leaf.genesis, 32), map: unb64u(leaf.map, 32) };
  } catch (error) {
    throw new Fault("epoch-malformed", error.detail);
  }
}

/** Type and subjects that a statement which refers to this one carries. */
export function copyForRef(statement) {
  const copied = { subjects: statement.subjects, type: statement.type };
  return statement.re ? { ...copied, re: statement.re } : copied;
}

/** Whether two copies say the same. */
export const sameCopy = (a, b) => a !== undefined && b !== undefined && dump(a, 64) === dump(b, 64);

/** What a statement withholds, or null when it withholds nothing. */
export function withholdingOf(statement) {
  if (!has(TERMS.may_withhold, statement.type) || !statement.ref || !statement.re) return null;
  const { ground, index, leaf } = statement.value.body ?? {};
  const grounds = Object.values(TERMS.may_withhold).flatMap(Object.keys);
  if (!grounds.includes(ground) || !Number.isInteger(index) || index < 1 || typeof leaf !== "string") return null;
  let hash;
  try {
    hash = unb64u(leaf, 32);
  } catch {
    return null;
  }
  const { type, subjects, re } = statement.re;
  return { index, leaf: hash, name: statement.ref, type, ground, re: statement.re, streams: streamsOf(type, subjects, re) };
}
