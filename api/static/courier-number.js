// Exact numbers of the rating: fractions of integers, and decimals of as many digits as the rules say. Never a float.
// The same steps as courier/number.py and courier/estimate.py, so that the same digits come out. Source: docs/formats/score.md.

const abs = (value) => (value < 0n ? -value : value);
const power = (exponent) => 10n ** BigInt(exponent);

function divisor(a, b) {
  while (b) [a, b] = [b, a % b];
  return a;
}

// -- fractions: [numerator, denominator], the denominator above 0, in lowest terms ------------------------------------

export function fraction(numerator, denominator = 1n) {
  const [n, d] = [BigInt(numerator), BigInt(denominator)];
  const common = divisor(abs(n), abs(d)) || 1n;
  return d < 0n ? [-n / common, -d / common] : [n / common, d / common];
}

/** The number that a decimal written as text is. */
export function exact(text) {
  const [whole, part = ""] = text.split(".");
  return fraction(BigInt(whole + part), power(part.length));
}

export const plus = (a, b) => fraction(a[0] * b[1] + b[0] * a[1], a[1] * b[1]);
export const minus = (a, b) => fraction(a[0] * b[1] - b[0] * a[1], a[1] * b[1]);
export const times = (a, b) => fraction(a[0] * b[0], a[1] * b[1]);
export const over = (a, b) => fraction(a[0] * b[1], a[1] * b[0]);
/** Below 0, 0 or above it, as a is below, equal to or above b. */
export const compare = (a, b) => {
  const difference = a[0] * b[1] - b[0] * a[1];
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
};
export const ZERO = fraction(0);
export const sum = (values) => values.reduce(plus, ZERO);

/** Quotient of integers, the denominator above 0, rounded half even. */
function rounded(n, d) {
  const [size, twice] = [abs(n) / d, 2n * (abs(n) % d)];
  const up = twice > d || (twice === d && size % 2n === 1n) ? size + 1n : size;
  return n < 0n ? -up : up;
}

/** A fraction as an integer count of tenths, hundredths …, rounded half even. */
export const scaled = (value, places) => rounded(value[0] * power(places), value[1]);

function written(count, places, negative) {
  const digits = String(abs(count)).padStart(places + 1, "0");
  const cut = digits.length - places;
  return (negative ? "-" : "") + (places ? `${digits.slice(0, cut)}.${digits.slice(cut)}` : digits);
}

/** A number with exactly so many places, rounded half even. */
export function printed(value, places) {
  const count = scaled(value, places);
  return written(count, places, count < 0n);
}

/** A number whose decimal ends within twelve places, without zeros at its end. */
export function plain(value) {
  if (power(12) % value[1] || value[0] < 0n) throw new RangeError("the decimal of this number does not end within twelve places");
  return printed(value, 12).replace(/0+$/, "").replace(/\.$/, "");
}

// -- decimals: {c, e} is c · 10^e; every step is rounded half even to `digits` ----------------------------------------

/** Decimal arithmetic of so many digits, as Python's `decimal.Context(prec=digits, rounding=ROUND_HALF_EVEN)`. */
export class Decimals {
  constructor(digits) {
    this.digits = digits;
  }

  fit(c, e) {
    const excess = String(abs(c)).length - this.digits;
    if (excess <= 0) return { c, e };
    const cut = rounded(c, power(excess));
    return this.fit(cut, e + excess); // 99…9 may have become one digit longer
  }

  add(a, b) {
    const e = Math.min(a.e, b.e);
    return this.fit(a.c * power(a.e - e) + b.c * power(b.e - e), e);
  }

  subtract(a, b) {
    return this.add(a, { c: -b.c, e: b.e });
  }

  multiply(a, b) {
    return this.fit(a.c * b.c, a.e + b.e);
  }

  divide(a, b) {
    const shift = Math.max(0, this.digits + 2 + String(abs(b.c)).length - String(abs(a.c)).length);
    const [top, under] = [abs(a.c) * power(shift), abs(b.c)];
    // What is left over is kept as one more digit that is not 0, so that half is told from a little more than half.
    const found = (top / under) * 10n + (top % under ? 1n : 0n);
    return this.fit(a.c < 0n !== b.c < 0n ? -found : found, a.e - b.e - shift - 1);
  }

  /** The root of what is not negative. */
  sqrt(a) {
    if (a.c === 0n) return a;
    let shift = Math.max(0, 2 * (this.digits + 2) - String(a.c).length);
    if ((a.e - shift) % 2) shift += 1;
    const square = a.c * power(shift);
    let root = power(Math.ceil(String(square).length / 2));
    for (;;) {
      const next = (root + square / root) >> 1n;
      if (next >= root) break;
      root = next;
    }
    return this.fit(root * 10n + (root * root === square ? 0n : 1n), (a.e - shift) / 2 - 1);
  }

  cube(a) {
    return this.fit(a.c ** 3n, 3 * a.e);
  }

  /** A fraction, rounded. */
  of(value) {
    return this.divide({ c: value[0], e: 0 }, { c: value[1], e: 0 });
  }
}

export const whole = (number) => ({ c: BigInt(number), e: 0 });
/** A decimal as the fraction it is. */
export const asFraction = (a) => (a.e < 0 ? fraction(a.c, power(-a.e)) : fraction(a.c * power(a.e)));
export const above = (a, b) => (compare(asFraction(a), asFraction(b)) < 0 ? b : a);
export const below = (a, b) => (compare(asFraction(a), asFraction(b)) > 0 ? b : a);

/** A decimal with exactly so many places, rounded half even; what is a little below 0 keeps its sign. */
export const printedDecimal = (a, places) => written(scaled(asFraction(a), places), places, a.c < 0n);
