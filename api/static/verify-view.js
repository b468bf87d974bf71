//# allFunctionsCalledOnLoad
// What a check came to, in the words that a page brings along (`<template>` of spans with data-word), in its language.
// Nothing here is green unless verify.js says that it holds. Texts are set as text only: a bundle is a stranger's.
import REASONS from "./verify-reasons.js";

const TITLES = ["form", "signatures", "order", "on_record", "complete", "withheld", "current", "witnesses"];
const RESTING = ["order", "on_record", "complete", "withheld"]; // what only a full witness has checked of the whole book
export const MARKS = { holds: "✓", fails: "✗", open: "?" };

export const moment = (ms) => (ms <= 253402300799999 ? new Date(ms).toISOString().replace(/\.\d+Z$/, "Z") : `${ms} ms`);

export function element(tag, text, attributes = {}) {
  const made = document.createElement(tag);
  made.textContent = text;
  Object.entries(attributes).forEach(([name, value]) => made.setAttribute(name, value));
  return made;
}

/** Put these parts in the place of all that an element holds. */
export function refill(place, ...parts) {
  place.textContent = "";
  place.append(...parts);
}

export class View {
  #words;
  #isChinese;

  /**
   * @param words The `<template>` with the words.
   * @param lang Language of these words.
   */
  constructor(words, lang) {
    this.#words = new Map([...words.content.querySelectorAll("[data-word]")].map((one) => [one.dataset.word, one.textContent]));
    this.#isChinese = lang.startsWith("zh");
  }

  say(name, values = {}) {
    return this.#words.get(name).replace(/\{(\w+)\}/g, (_, key) => String(values[key]));
  }

  reason(code) {
    return REASONS[code]?.[this.#isChinese ? 1 : 0] ?? code;
  }

  /** The elements that tell a report of `verifyBundle`. `source` is the word that says whose policy it was. */
  tell(report, policy, source) {
    // Amber, not green, while the state is not that of now.
    const state = report.verdict === "holds" && report.results.current.state !== "holds" ? "open" : report.verdict;
    const parts = [element("p", `${MARKS[state]} ${this.#verdict(report)}`, { class: "verdict", "data-state": state })];
    if (report.subject) parts.push(element("p", `${report.subject} · ${report.origin}`, { class: "mono" }));
    if (report.unknown) parts.push(element("p", this.say("unknown")));
    if (report.verdict === "fails") parts.push(element("p", this.say("do")));
    const list = element("dl", "", { class: "results" });
    for (const name of TITLES) list.append(this.#row(name, report, policy));
    parts.push(list, element("p", this.say("not-checked"), { class: "s mut" }));
    parts.push(element("p", this.say(source), { class: "s mut" }));
    return parts;
  }

  /** That nothing could be said, and why. */
  trouble(text) {
    return [element("p", `${MARKS.open} ${text}`, { class: "verdict", "data-state": "open" })];
  }

  #verdict(report) {
    if (report.verdict !== "holds") return this.say(report.verdict);
    return report.results.current.state === "holds" ? this.say("holds") : this.say("holds-as-of", { time: moment(report.time) });
  }

  #row(name, report, policy) {
    const result = report.results[name];
    const row = element("div", "", { "data-result": name, "data-state": result.state, "data-code": result.code });
    const about = result.state === "holds" ? this.#whatHolds(name, report, policy) : this.#whatElse(result);
    const told = element("dd", "");
    told.append(element("b", `${MARKS[result.state]} ${this.say(result.state)}`), ` ${about.join(" · ")}`);
    if (result.state !== "holds" && result.detail) told.append(" ", element("small", result.detail, { class: "mut", lang: "en" }));
    row.append(element("dt", this.say(`title-${name}`)), told);
    return row;
  }

  #whatHolds(name, report, policy) {
    const { entries, signers: keys, epoch, size, withheld: n } = report;
    const time = moment(report.time);
    const said = [];
    if (name === "complete") {
      said.push(this.say(report.recorded ? "complete" : "absent"));
      if (report.recorded && report.subject.startsWith("p:") && !report.lotKnown) said.push(this.say("lot"));
    } else if (name === "withheld") said.push(this.say(n ? "withheld" : "nothing-withheld", { n }));
    else if (name === "witnesses") {
      const full = report.cosigned.filter((one) => one.full).length;
      const quorum = policy.quorum === "none" ? this.say("quorum-none") : policy.quorum;
      said.push(this.say("witnesses", { n: report.cosigned.length, full, quorum }));
    } else said.push(this.say(name, { entries, keys, epoch, size, time }));
    if (RESTING.includes(name) && !report.audited) said.push(this.say("stated"));
    return said;
  }

  #whatElse({ code, index }) {
    const said = [`${this.reason(code)} ${code}`];
    if (index !== null) said.push(this.say("entry", { index }));
    return said;
  }
}
