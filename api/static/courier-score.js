// The score of one company from its facts and a rule set: a pure function, digit for digit that of courier/score.py.
// Source: docs/formats/score.md, rules.md, facts.md.
import { sha256, joined, utf8, b64u, dump } from "./verify-bytes.js";
import {
  Decimals, ZERO, above, asFraction, below, compare, exact, fraction, minus, over, plain, plus, printed, printedDecimal, scaled,
  sum, times, whole,
} from "./courier-number.js";

const KINDS = { percent: 100, per_million: 1000000, stars: 1, per_100_months: 100 };
const AT_BENCHMARK = fraction(4, 5);
const ONE = fraction(1);
const ORDER = ["A", "B", "C", "D"];
const COLOURS = { A: "blue", B: "blue", C: "yellow", D: "yellow" };
const CHECKS = { A: "0.5", B: "1", C: "2", D: "4" };

/** Digest over the three files of a rule set, as a score and a fact table cite it. */
export function digestOf({ benchmarks, day_weights, rules }) {
  return b64u(sha256(joined(utf8("suxin-rules/v1\n"), utf8(dump({ benchmarks, day_weights, rules }, 16)))));
}

/** A rule set as the functions below take it, from its three files. */
export function ruleSet(files) {
  const rows = files.rules.indicators.map((row) => indicator(row, files.benchmarks.figures[row.id]));
  return { file: files.rules, benchmarks: files.benchmarks, dayWeights: files.day_weights.weights_e6, digest: digestOf(files), rows };
}

function indicator(row, figure) {
  const found = { id: row.id, name: row.name, kind: row.kind, unit: row.unit, weight: exact(row.weight) };
  if (row.kind === "deduction") {
    return { ...found, deductions: { light: exact(row.light), general: exact(row.general), serious: exact(row.serious) } };
  }
  const [floor, benchmark, target, scale] = [exact(row.floor), exact(figure.value), exact(row.target), fraction(KINDS[row.unit])];
  const prior = row.prior === undefined ? over(times(benchmark, exact(row.prior_exposure)), scale) : exact(row.prior);
  const exposure = row.kind === "rare" ? over(times(prior, scale), benchmark) : prior;
  return { ...found, floor, benchmark, target, scale, prior, exposure, rising: compare(target, floor) > 0 };
}

// -- one indicator ------------------------------------------------------------------------------------------------------

/** Share of its points that a value earns: straight lines through 0 at floor, 4/5 at benchmark, 1 at target. */
function gradeOf(row, value) {
  const side = row.rising ? 1 : -1;
  if (side * compare(value, row.floor) <= 0) return ZERO;
  if (side * compare(value, row.target) >= 0) return ONE;
  const part = (from, to) => over(minus(value, from), minus(to, from));
  if (side * compare(value, row.benchmark) < 0) return times(AT_BENCHMARK, part(row.floor, row.benchmark));
  return plus(AT_BENCHMARK, times(minus(ONE, AT_BENCHMARK), part(row.benchmark, row.target)));
}

function wilson(share, size, z, d) {
  const [p, n, zz] = [d.of(share), d.of(size), d.multiply(z, z)];
  const spread = d.add(
    d.divide(d.multiply(p, d.subtract(whole(1), p)), n),
    d.divide(zz, d.multiply(whole(4), d.multiply(n, n))),
  );
  const half = d.multiply(z, d.sqrt(spread));
  const middle = d.add(p, d.divide(zz, d.multiply(whole(2), n)));
  const all = d.add(whole(1), d.divide(zz, n));
  return [d.divide(d.subtract(middle, half), all), d.divide(d.add(middle, half), all)];
}

function wilsonHilferty(cases, exposure, z, d) {
  const [a, per] = [d.of(cases), d.of(exposure)];
  const middle = d.subtract(whole(1), d.divide(whole(1), d.multiply(whole(9), a)));
  const half = d.divide(z, d.multiply(whole(3), d.sqrt(a)));
  const at = (side) => d.divide(d.multiply(a, d.cube(side)), per);
  return [above(at(d.subtract(middle, half)), whole(0)), at(d.add(middle, half))];
}

function ofMean(mean, own, size, measure, bounds, z, d) {
  let variance = exact(bounds.variance);
  if (compare(own, exact(bounds.few)) >= 0) {
    const part = over(exact(measure.x), own);
    variance = minus(over(exact(measure.squares ?? "0"), own), times(part, part));
  }
  const half = d.multiply(z, d.sqrt(d.of(over(variance, size))));
  return [d.subtract(d.of(mean), half), d.add(d.of(mean), half)];
}

function estimate(row, measure, bounds, d) {
  const [n, x, z] = [exact(measure.n), exact(measure.x), decimal(bounds.z)];
  const own = row.kind === "rare" ? plus(x, row.prior) : plus(x, over(times(row.exposure, row.benchmark), row.scale));
  const size = plus(n, row.exposure);
  const used = times(over(own, size), row.scale);
  let low;
  let high;
  if (row.kind === "rate") {
    [low, high] = wilson(over(used, row.scale), size, z, d).map((bound) => d.multiply(bound, d.of(row.scale)));
  } else if (row.kind === "rare") [low, high] = wilsonHilferty(plus(x, row.prior), over(size, row.scale), z, d);
  else [low, high] = ofMean(used, n, size, measure, bounds, z, d);
  const [bad, good] = row.rising ? [low, high] : [high, low];
  const at = (bound) => d.of(times(row.weight, gradeOf(row, asFraction(bound))));
  const raw = n[0] ? over(times(x, row.scale), n) : null;
  return { raw, used, share: over(n, size), points: times(row.weight, gradeOf(row, used)), worst: at(bad), best: at(good), low, high };
}

function decimal(text) {
  const [int, part = ""] = text.split(".");
  return { c: BigInt(int + part), e: -part.length };
}

// -- the whole ------------------------------------------------------------------------------------------------------------

const stands = (row, day) => row.from <= day && (row.until === undefined || day <= row.until);

function lineOf(row, facts, rules, d) {
  if (row.kind !== "deduction") {
    const found = estimate(row, facts.measures[row.id], rules.file.bounds, d);
    return { row, points: found.points, found };
  }
  const standing = (facts.standing ?? []).filter((one) => one.indicator === row.id && stands(one, facts.as_of));
  const left = minus(row.weight, sum(standing.map((one) => row.deductions[one.degree])));
  return { row, points: compare(left, ZERO) < 0 ? ZERO : left, standing: standing.map((one) => one.degree) };
}

function confidenceOf(facts, { sample }) {
  const parcels = exact(facts.parcels);
  return ["high", "middle", "low"].find((name) => compare(parcels, exact(sample[name])) >= 0) ?? "none";
}

function settled(score, facts, grades) {
  const lines = Object.fromEntries(grades.lines.map((line) => [line.grade, exact(line.from)]));
  const band = grades.lines.find((line) => compare(score, exact(line.from)) >= 0)?.grade ?? "D";
  if (!facts.previous) return [band, band];
  const [margin, before] = [exact(grades.margin), exact(facts.previous.score)];
  const start = ORDER.indexOf(facts.previous.grade);
  let at = start;
  while (at < ORDER.length - 1) {
    const line = lines[ORDER[at]];
    if (compare(score, line) >= 0 || !(compare(minus(line, score), margin) >= 0 || compare(before, line) < 0)) break;
    at += 1;
  }
  while (at <= start && at > 0) {
    const line = lines[ORDER[at - 1]];
    if (compare(score, line) < 0 || !(compare(minus(score, line), margin) >= 0 || compare(before, line) >= 0)) break;
    at -= 1;
  }
  return [band, ORDER[at]];
}

function verdictOf(score, facts, rules, confidence, besides) {
  const grey = (note) => ({ grade: "", colour: "grey", near: false, note, checks: "1" });
  if (confidence === "none") return grey("sample");
  if (compare(besides, exact(rules.file.own_data.least)) < 0) return grey("own_data");
  if ((facts.orders ?? []).some((order) => stands(order, facts.as_of))) {
    return { grade: "D", colour: "red", near: false, note: "decision", checks: CHECKS.D };
  }
  const punished = (facts.standing ?? []).some(
    (one) => one.indicator === "I11" && one.degree !== "light" && stands(one, facts.as_of),
  );
  const best = (confidence === "high" || confidence === "middle") && !punished ? "A" : "B";
  const [reached, grade] = settled(score, facts, rules.file.grades).map((one) => (one > best ? one : best));
  return { grade, colour: COLOURS[grade], near: grade !== reached, note: grade === "D" ? "review" : "", checks: CHECKS[grade] };
}

/** The score as JSON: the same value as `score_value` of courier/score.py. */
export function score(facts, rules) {
  const d = new Decimals(rules.file.bounds.digits);
  const lines = rules.rows.map((row) => lineOf(row, facts, rules, d));
  const points = sum(lines.map((line) => line.points));
  let [under, beyond] = [whole(0), whole(0)];
  for (const { found, points: own } of lines) {
    if (!found) continue;
    const at = d.of(own);
    const square = (distance) => d.multiply(distance, distance);
    under = d.add(under, square(d.subtract(at, found.worst)));
    beyond = d.add(beyond, square(d.subtract(found.best, at)));
  }
  const low = above(d.subtract(d.of(points), d.sqrt(under)), whole(0));
  const high = below(d.add(d.of(points), d.sqrt(beyond)), whole(100));
  const estimated = lines.filter((line) => line.found);
  const others = estimated.filter((line) => !rules.file.own_data.besides.includes(line.row.id));
  const carried = (some) => sum(some.map((line) => times(line.row.weight, line.found.share)));
  const weights = (some) => sum(some.map((line) => line.row.weight));
  const confidence = confidenceOf(facts, rules.file);
  const verdict = verdictOf(fraction(scaled(points, 1), 10), facts, rules, confidence, carried(others));
  const value = {
    v: 1,
    company: facts.company,
    as_of: facts.as_of,
    rules: { version: rules.file.version, benchmarks: rules.benchmarks.version, digest: rules.digest },
    grade: verdict.grade || "none",
    colour: verdict.colour,
    near: verdict.near,
    confidence,
    check_weight: verdict.checks,
    parcels: facts.parcels,
    own: {
      points: printed(carried(estimated), 1),
      of: plain(weights(estimated)),
      besides: printed(carried(others), 1),
      besides_of: plain(weights(others)),
    },
    lines: lines.map((line) => lineValue(line, facts, verdict.grade !== "")),
    apart: Object.fromEntries(Object.entries(facts.apart ?? {}).filter(([, count]) => count)),
  };
  if (verdict.note) value.note = verdict.note;
  if (verdict.grade) {
    value.score = printed(points, 1);
    value.interval = [printedDecimal(low, 1), printedDecimal(high, 1)];
    value.exact = { points: printed(points, 5), low: printedDecimal(low, 3), high: printedDecimal(high, 3) };
  }
  for (const name of ["book", "table"]) if (facts[name] !== undefined) value[name] = facts[name];
  return value;
}

function lineValue({ row, points, found, standing }, facts, graded) {
  const value = { id: row.id, name: row.name, weight: plain(row.weight), unit: row.unit };
  if (graded) value.points = printed(points, 2);
  if (!found) return { ...value, found: standing };
  const measure = facts.measures[row.id];
  Object.assign(value, {
    x: measure.x,
    n: measure.n,
    floor: plain(row.floor),
    benchmark: plain(row.benchmark),
    target: plain(row.target),
    prior: printed(row.exposure, 2),
    used: printed(found.used, 3),
    low: printedDecimal(found.low, 3),
    high: printedDecimal(found.high, 3),
    own: printed(times(row.weight, found.share), 3),
  });
  if (found.raw) value.raw = printed(found.raw, 3);
  if (graded) {
    value.share = printed(over(points, row.weight), 3);
    [value.points_low, value.points_high] = [printedDecimal(found.worst, 2), printedDecimal(found.best, 2)];
  }
  return value;
}
