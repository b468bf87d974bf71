// How values read in one language: the same as api/formats.py, with words and signs from record-words-*.js. Results are text
// or markup (`H`).
import { H, e, fill } from "./record-draw.js";
import { offsetMinutes } from "./record-model.js";
import { has } from "./verify-bytes.js";
import { momentMs } from "./verify-statement.js";
import T from "./record-tables.js";

const CHINA = 480;
const two = (number) => String(number).padStart(2, "0");
const grouped = (digits) => digits.replace(/\B(?=(\d{3})+$)/g, ",");
const isName = (value) => typeof value === "object" && !Array.isArray(value);
const MOMENT = /^20\d\d-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{3})?(?:Z|[+-](?:0\d|1[0-4]):[0-5]\d)$/;
const DATE = /^20\d\d-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])$/;
const WAYBILL = /^\/w\/[0-9A-Z]{18}\/[A-Za-z0-9_-]{22}$/;
const NO_CURRENCY = "X".repeat(3); // ISO 4217
const LATEST = 253402300799999; // the end of the year 9999

/** An integer divided by another, rounded half to even as Python and Babel do. */
function divided(value, by) {
  const whole = Math.floor(value / by);
  const rest = 2 * (value - whole * by);
  return rest > by || (rest === by && whole % 2) ? whole + 1 : whole;
}

/** A whole number of 10^-digits as a decimal with grouped integer part. */
function decimal(value, digits, { trim = false } = {}) {
  const text = String(Math.abs(value)).padStart(digits + 1, "0");
  const fraction = digits ? text.slice(-digits) : "";
  const shown = trim ? fraction.replace(/0+$/, "") : fraction;
  return (value < 0 ? "-" : "") + grouped(text.slice(0, text.length - digits)) + (shown && `.${shown}`);
}

export class Formats {
  /**
   * @param words One of record-words-*.js; `isLacking` is set on it when something of record-rest-*.js was asked for.
   * @param places Six-digit code to [province in Chinese, the same in English, rest of the name], of `placesOf`.
   */
  constructor(words, places) {
    Object.assign(this, { words, places, isChinese: words.lang === "zh-CN" });
  }

  word(table, code) {
    const words = this.#table(table);
    if (has(words, code)) return words[code];
    this.words.isLacking = true;
    return code;
  }

  /** Words by code. Those of what seldom happens are in a file of their own: what is drawn without them is drawn again. */
  #table(name) {
    const found = this.words.tables[name];
    if (!found) this.words.isLacking = true;
    return found ?? {};
  }

  title({ kind, code }) {
    if (has(T.titles, kind) && code) return this.word(T.titles[kind], code);
    const title = this.word("KINDS", kind);
    return kind === "complaint" && code ? title + this.#colon() + this.word("COMPLAINTS", code) : title;
  }

  #colon() {
    return this.isChinese ? "：" : ": ";
  }

  // -- numbers --

  number(value) {
    return decimal(value, 0);
  }

  grams(grams) {
    return grams < 1000 ? `${this.number(grams)} g` : `${decimal(divided(grams, 10), 2, { trim: true })} kg`;
  }

  money(minor, currency) {
    const { digits, symbols } = this.words;
    if (!has(symbols, currency)) this.words.isLacking = true;
    const sign = has(symbols, currency) ? symbols[currency] : currency === NO_CURRENCY && !this.isChinese ? "¤" : currency;
    const shown = sign + decimal(Math.abs(minor), has(digits, currency) ? digits[currency] : 2);
    return minor < 0 ? `-${shown}` : shown;
  }

  #plural(forms, count, values) {
    return fill(forms[count === 1 ? 0 : forms.length - 1], values);
  }

  span(ms) {
    const [minute, hour] = this.words.spans;
    const minutes = divided(Math.abs(ms), 60_000);
    if (minutes < 120) return this.#plural(minute, minutes, { n: minutes }).text;
    const hours = divided(minutes, 60);
    return hours < 48 ? this.#plural(hour, hours, { n: hours }).text : this.days(divided(hours, 24));
  }

  days(days) {
    return this.#plural(this.words.spans[2], days, { n: this.number(days) }).text;
  }

  // -- times --

  moment(ms, offset = CHINA) {
    const at = new Date(ms + offset * 60_000);
    const [year, month, day] = [at.getUTCFullYear(), at.getUTCMonth(), at.getUTCDate()];
    const clock = `${two(at.getUTCHours())}:${two(at.getUTCMinutes())}`;
    const date = this.#date(year, month, day);
    const zone = offset === CHINA ? "" : ` UTC${offset < 0 ? "−" : "+"}${Math.floor(Math.abs(offset) / 60)}${offset % 60 ? `:${two(Math.abs(offset) % 60)}` : ""}`;
    return this.#time(at, offset, `${date}${this.isChinese ? " " : ", "}${clock}${zone}`);
  }

  #dayOf(ms) {
    const at = new Date(ms + CHINA * 60_000);
    return this.#time(at, CHINA, this.#date(at.getUTCFullYear(), at.getUTCMonth(), at.getUTCDate()));
  }

  #date(year, month, day) {
    return this.isChinese ? `${year}年${month + 1}月${day}日` : `${day} ${this.words.months[month]} ${year}`;
  }

  #time(at, offset, shown) {
    const zone = `${offset < 0 ? "-" : "+"}${two(Math.floor(Math.abs(offset) / 60))}:${two(Math.abs(offset) % 60)}`;
    return new H(`<time datetime="${at.toISOString().slice(0, 19)}${zone}">${shown}</time>`);
  }

  when({ at_ms: ms, offset_min: offset }) {
    return this.moment(ms, offset);
  }

  short_day({ at_ms: ms, offset_min: offset }) {
    const at = new Date(ms + offset * 60_000);
    const [month, day] = [at.getUTCMonth(), at.getUTCDate()];
    return this.#time(at, offset, this.isChinese ? `${month + 1}/${day}` : `${day} ${this.words.months[month]}`);
  }

  // -- names and places --

  plain({ text, english }) {
    return !this.isChinese && english ? english : text;
  }

  name({ text, lang, english }) {
    if (!this.isChinese && english) return new H(e(english));
    const isForeign = lang && lang.split("-")[0] !== this.words.lang.split("-")[0];
    return new H(isForeign ? `<span lang="${e(lang)}">${e(text)}</span>` : e(text));
  }

  party({ name, role, actor }) {
    if (name.text) return this.name(name);
    return has(this.words.tables.ROLES, role) ? this.word("ROLES", role) : new H(`<span class="mono">${e(actor)}</span>`);
  }

  place({ facility, district }) {
    const parts = facility ? [this.name(facility)] : [];
    if (district) parts.push(this.#district(district));
    return new H(parts.map(e).join(" · "));
  }

  #district(code) {
    const [province, english, rest] = this.places.get(code) ?? [];
    if (!province) return code;
    if (this.isChinese) return province + rest;
    return rest ? new H(`${e(english)} · <span lang="zh-CN">${e(rest)}</span>`) : english;
  }

  // -- facts --

  fact({ name: full, value }) {
    const name = full.startsWith("/body/") ? full.slice(full.lastIndexOf("/") + 1) : full;
    if (!has(this.words.facts, name)) {
      this.words.isLacking = true;
      return [full, this.#value("text", value)];
    }
    const [label, kind] = this.words.facts[name];
    return [label, this.#value(kind, value)];
  }

  #value(kind, value) {
    if (typeof value === "boolean") return this.words.yes[Number(value)];
    if (Array.isArray(value)) return this.money(...value);
    if (isName(value)) return this.name(value);
    return (typeof value === "number" ? this.#number(kind, value) : this.#text(kind, value)) ?? this.#other(kind, value);
  }

  #number(kind, value) {
    const isShort = Math.abs(value) <= 1_000_000;
    if (kind === "moment" && value >= 0 && value <= LATEST) return this.moment(value);
    if (kind === "day" && value >= 0 && value <= LATEST) return this.#dayOf(value);
    if (kind === "hours" && isShort) return this.span(value * 3_600_000);
    if (kind === "minutes" && isShort) return this.span(value * 60_000);
    if (kind === "days") return this.days(value);
    if (kind === "days_later") return this.#plural(this.words.spans[3], value, { num: value }).text;
    if (kind === "grams") return this.grams(value);
    if (kind === "stars" && value >= 1 && value <= 5) return "★".repeat(value) + "☆".repeat(5 - value);
    return kind === "id" ? null : this.number(value);
  }

  #text(kind, value) {
    try {
      if (kind === "moment" && MOMENT.test(value)) return this.moment(momentMs(value), offsetMinutes(value));
      if (kind === "day" && DATE.test(value)) {
        momentMs(`${value}T00:00:00Z`);
        const [year, month, day] = value.split("-").map(Number);
        return new H(`<time datetime="${value}">${this.#date(year, month - 1, day)}</time>`);
      }
    } catch {
      return value; // a correction may say anything, also a day that the calendar lacks
    }
    if (kind === "district") return this.#district(value);
    if (kind === "path" && WAYBILL.test(value)) return new H(`<a class="mono" href="/${this.words.lang}${e(value)}">${e(value.slice(22))}</a>`);
    if (kind === "cause") return this.#cause(value);
    return null;
  }

  #other(kind, value) {
    if (kind === "id") return new H(`<span class="mono">${e(value)}</span>`);
    if (typeof value === "number") return this.number(value);
    return has(this.words.tables, kind) ? this.word(kind, value) : value;
  }

  #cause(code) {
    const cut = code.indexOf(".");
    const [party, cause] = cut < 0 ? [code, ""] : [code.slice(0, cut), code.slice(cut + 1)];
    const [CAUSES, PARTIES_AT_CAUSE] = [this.#table("CAUSES"), this.#table("PARTIES_AT_CAUSE")];
    if (!has(CAUSES, cause) || !has(PARTIES_AT_CAUSE, party)) return this.word("PARTIES_AT_CAUSE", code);
    return PARTIES_AT_CAUSE[party] + this.#colon() + CAUSES[cause];
  }
}

/** Names of the districts that a record names: code -> [province, province in English, rest of the name]. */
export async function placesOf(record) {
  const codes = [...new Set((JSON.stringify(record).match(/"[1-8][0-9]{5}"/g) ?? []).map((text) => text.slice(1, -1)))].sort();
  if (!codes.length) return new Map();
  const answer = await fetch(`/static/districts.json?codes=${codes}`);
  return new Map(Object.entries(await answer.json()));
}

/** Put the words of what seldom happens with the others. */
export function complete(words, rest) {
  for (const [name, part] of Object.entries(rest)) Object.assign(words[name], part);
  return words;
}

/** What the compiled templates ask for besides the record. */
export function drawing(words, places, more) {
  const f = new Formats(words, places);
  const message = (number) => {
    if (words.messages[number]) return words.messages[number];
    words.isLacking = true;
    return [""];
  };
  return {
    f,
    lang: words.lang,
    word: (table, code) => f.word(table, code),
    static_url: (name) => `/static/${name}`,
    say: (number, values = {}) => fill(`${message(number)}`, values),
    many(number, count, values) {
      const forms = message(number);
      return fill(forms[count === 1 ? 0 : forms.length - 1], values);
    },
    ...more,
  };
}
