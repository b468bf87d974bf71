// From a published fact table to the facts it adds up: hashes, rows, what each row counts as, weights of days.
// The same steps as courier/table.py, measure.py and rollup.py. Source: docs/formats/fact-table.md.
import { b64u, dump, leafHash, need, nodeHash, parseCanonical, utf8, EMPTY_ROOT } from "./verify-bytes.js";
import { fraction, plain } from "./courier-number.js";

const SCORED_IN = { appeal: "I7", lost: "I3", false_signoff: "I5", no_consent: "I5", damaged: "I4" };
const SUSPICIOUS = ["bare", "fast", "light", "speed"];
const RARE = ["I3", "I4", "I7"];
const OF_PARCELS = ["I1", "I2", "I3", "I4", "I5", "I6", "I7", "parcels"];
const COUNTED = ["I1", "I2", "I3", "I4", "I5", "I6", "I7", "I8", "I9C", "I9M", "I10", "I13"];
const STARS = ["I9C", "I9M"];
const REST = ["standing", "order", "previous", "apart"];
const DAYS = 366;
const ROW_DEPTH = 8;

// -- the table ----------------------------------------------------------------------------------------------------------

function linesOf(text, where) {
  need(text.endsWith("\n"), "table-malformed", `${where} does not end in a line feed`);
  return text.slice(0, -1).split("\n");
}

/** RFC 6962 root over lines, base64url. */
export function rootOf(lines) {
  let level = lines.map((line) => leafHash(utf8(line)));
  if (!level.length) return b64u(EMPTY_ROOT);
  while (level.length > 1) {
    const next = [];
    for (let i = 0; i + 1 < level.length; i += 2) next.push(nodeHash(level[i], level[i + 1]));
    if (level.length % 2) next.push(level[level.length - 1]); // the last one rises alone
    level = next;
  }
  return b64u(level[0]);
}

/** Names of the sections of a table, from its index, once that fits the root. */
export function sectionsOf(index, root) {
  const lines = linesOf(index, "index");
  need(rootOf(lines) === root, "table-root", "the index has another root than the one that was published");
  const [head, ...sections] = lines.map((line) => parseCanonical(utf8(line), ROW_DEPTH));
  need(head.row === "head" && head.v === 1, "table-malformed", "the first line is no head");
  const names = sections.map((section) => section.section);
  need(sections.every((one, n) => one.row === "section" && (!n || names[n - 1] < names[n])), "table-malformed", "sections out of order");
  return { head, sections };
}

/** The rows of one section, once its lines fit its root. */
export function rowsOf(text, section) {
  const lines = linesOf(text, section.section);
  need(lines.length === section.rows && rootOf(lines) === section.root, "table-root", `section ${section.section} does not fit its root`);
  need(lines.every((line, n) => !n || lines[n - 1] <= line), "table-malformed", `section ${section.section} is out of order`);
  return lines.map((line) => {
    const row = parseCanonical(utf8(line), ROW_DEPTH);
    const name = REST.includes(row.row) ? "standing" : row.day.slice(0, 7);
    need(name === section.section, "table-malformed", `a row of ${name} in section ${section.section}`);
    return row;
  });
}

// -- what a row counts as ------------------------------------------------------------------------------------------------

/** The one indicator that a parcel's cases score in, "" without any. */
function scoresIn(row, file) {
  const fits = (row.cases ?? []).map((one) => SCORED_IN[one]);
  if (row.end === "lost" || row.end === "presumed_lost") fits.push("I3");
  return file.cases.order.find((name) => fits.includes(name)) ?? "";
}

function parcel(row, file, add, apart) {
  const marks = row.marks ?? [];
  if (marks.includes("excluded")) return apart("excluded");
  const grade = row.grade ?? "D";
  const ownHouse = marks.includes("own_house");
  const suspicious = SUSPICIOUS.filter((mark) => marks.includes(mark)).length;
  const quarantined =
    file.quarantine !== undefined && row.end === "delivered" && !marks.includes("cleared") && suspicious >= file.quarantine.needs;
  const wrong = scoresIn(row, file);
  for (const [name, good] of rates(row, file, wrong, grade, marks)) if (!(good && quarantined)) add(name, 1, good ? 1 : 0);
  const exposed = row.known <= file.population.exposure_grade && !ownHouse && !quarantined;
  for (const name of RARE) if (exposed || wrong === name) add(name, exposed ? 1 : 0, wrong === name ? 1 : 0);
  add("parcels", ownHouse || quarantined ? 0 : 1, 0);
  for (const name of ["excused", "own_house", "late_sync"]) if (marks.includes(name)) apart(name);
  if (quarantined) apart("quarantined");
  const kinds = new Set(row.cases ?? []);
  if (row.end === "lost" || row.end === "presumed_lost") kinds.add("lost");
  if (kinds.size > 1) apart("counted_in");
  return undefined;
}

function rates(row, file, wrong, grade, marks) {
  const { population } = file;
  const credit = grade <= population.sign_off_grade && !marks.includes("own_house");
  const signed = row.end === "delivered" && credit;
  const inTime = signed && !marks.includes("late_sync");
  const excused = marks.includes("excused");
  const promise = row.promise ?? "none";
  const found = [];
  if (!excused && (row.origin === undefined || row.origin !== row.destination)) {
    found.push(["I1", inTime && row.minutes !== undefined && row.minutes <= 60 * population.on_time_hours]);
  }
  if (!excused && promise !== "none") found.push(["I2", inTime && promise === "kept"]);
  if (!excused) {
    const agreed = row.method === "in_person" || (row.consent ?? "none") !== "none";
    found.push(["I5", signed && agreed && !marks.includes("deposit") && wrong !== "I5"]);
  }
  found.push(["I6", credit && !(row.gaps ?? []).length]);
  return found;
}

function count(row, file, add, apart) {
  if (row.row === "parcel") parcel(row, file, add, apart);
  else if (row.row === "complaint") add("I8", 1, row.settled ? 1 : 0);
  else if (row.row === "review") add(row.by === "consumer" ? "I9C" : "I9M", 1, row.centi, row.centi * row.centi);
  else if (row.row === "check") add("I10", row.of, row.passed);
  else if (row.row === "traffic") add("I13", row.months, row.found);
  else need(false, "table-malformed", `a row of an unknown kind ${String(row.row).slice(0, 20)}`);
}

// -- their sum -----------------------------------------------------------------------------------------------------------

/** The day itself and the 365 before it: age in days by day. */
function agesAt(day) {
  const start = Date.parse(`${day}T00:00:00Z`);
  return new Map(Array.from({ length: DAYS }, (_, age) => [new Date(start - age * 86400000).toISOString().slice(0, 10), age]));
}

/** The facts that rows add up to. `head` is that of their table, `table` its root; `rules` as ruleSet gives them. */
export function factsOf(head, rows, rules, table) {
  need(head.rules === rules.file.version && head.digest === rules.digest, "table-rules", "the table was made by other rules");
  const { file } = rules;
  const ages = agesAt(head.as_of);
  const sums = new Map();
  const apart = {};
  const rest = { standing: [], order: [], previous: [] };
  const named = (name, times = 1) => (apart[name] = (apart[name] ?? 0) + times);
  for (const row of rows) {
    if (row.row === "apart") for (const [name, times] of Object.entries(row.apart)) named(name, times);
    else if (REST.includes(row.row)) rest[row.row].push(row[row.row]);
    else addRow(row, file, ages, rules.dayWeights, sums, named);
  }
  const measure = (name) => {
    const unit = STARS.includes(name) ? 100 : 1;
    const at = (field, units) => plain(fraction(sums.get(`${name} ${field}`) ?? 0n, BigInt(1000000 * units)));
    const found = { n: at("n", 1), x: at("x", unit) };
    return unit === 1 ? found : { ...found, squares: at("squares", unit * unit) };
  };
  const facts = { v: 1, company: head.company, as_of: head.as_of, parcels: measure("parcels").n, measures: {}, apart, table };
  for (const name of COUNTED) facts.measures[name] = measure(name);
  if (rest.standing.length) facts.standing = rest.standing.sort(byFields("indicator", "degree", "from", "until", "decision"));
  if (rest.order.length) facts.orders = rest.order;
  if (rest.previous.length) facts.previous = rest.previous[0];
  return facts;
}

function addRow(row, file, ages, weights, sums, named) {
  const age = ages.get(row.day);
  const { close_days: close, lost_days: lost } = file.population;
  if (row.row === "parcel" && age !== undefined && age < close) named("closing");
  const add = (name, n, x, squares = 0) => {
    const least = name === "I3" ? close + lost : OF_PARCELS.includes(name) ? close : 0;
    if (age === undefined || age < least) return;
    for (const [field, value] of [["n", n], ["x", x], ["squares", squares]]) {
      const key = `${name} ${field}`;
      if (value) sums.set(key, (sums.get(key) ?? 0n) + BigInt(weights[age]) * BigInt(value));
    }
  };
  count(row, file, add, (name) => {
    if (age !== undefined && age >= close) named(name);
  });
}

function byFields(...names) {
  const text = (value) => names.map((name) => value[name] ?? "").join("\u0000");
  return (a, b) => (text(a) < text(b) ? -1 : text(a) > text(b) ? 1 : 0);
}

/** Canonical text of a row, as it stands in a section. */
export const lineOf = (row) => dump(row, ROW_DEPTH);
