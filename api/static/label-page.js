// The merchant's page /labels: a list of items becomes sheets to print. Codes are made here, stay in this page's memory and on
// its paper, and are gone with it; the page may ask nothing of any server (its content security policy says so as well).
import { ROWS_MAX, checkClass, itemsOf, listOf, makeLabel, newCode, newItem } from "./label-make.js";
import { drawQr, svgOf } from "./label-qr.js";
import { Fault } from "./verify-bytes.js";
import { View, element, refill } from "./verify-view.js";
import { signsWith } from "./voice-keys.js";

const A_SHEET = 14;
const SIZE_MAX = 56; // modules of a code of 22.5 mm: 0.40 mm each at least, or printers smear it
const SVG = "http://www.w3.org/2000/svg";
const root = document.getElementById("labels");
const { base, origin, key } = root.dataset;
const byId = (id) => document.getElementById(`labels-${id}`);
const view = new View(byId("words"), document.documentElement.lang);
const codes = new Map(); // item to code: a label that was printed keeps its code when the list is made again
let made = [];
let unsaved = false;

function tell(kind, ...texts) {
  const box = element("div", "", { class: kind === "bad" ? "note alarm" : "note", "data-answer": kind });
  const inner = element("div", "");
  inner.append(...texts.map((text) => element("p", text)));
  box.append(inner);
  refill(byId("answer"), box);
}

const wordsOf = (fault) => view.say(fault.code, { line: fault.index, n: fault.detail });

function tellTrouble(error) {
  if (error instanceof Fault) tell("bad", wordsOf(error));
  else {
    tell("bad", view.say("unsupported"));
    throw error;
  }
}

function save(name, type, text) {
  const url = URL.createObjectURL(new Blob([text], { type }));
  element("a", "", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

function drawn({ size, path }, label) {
  const svg = document.createElementNS(SVG, "svg");
  const black = document.createElementNS(SVG, "path");
  Object.entries({ viewBox: `0 0 ${size} ${size}`, "shape-rendering": "crispEdges", role: "img", "aria-label": label })
    .forEach(([name, value]) => svg.setAttribute(name, value));
  black.setAttribute("d", path);
  svg.append(black);
  return svg;
}

function labelBox({ label, code, torn }) {
  const box = element("div", "", { class: "label" });
  const part = element("div", "", { class: "part" });
  const words = element("div", "", { class: "code" });
  words.append(element("p", label.words), element("p", `${origin} ${key}`));
  part.append(drawn(code, label.link), element("p", view.say("scan")), words);
  box.append(part);
  if (torn) {
    const second = element("div", "", { class: "part torn" });
    second.append(drawn(torn, view.say("torn-code")), element("p", view.say("torn")), element("p", label.tearOff, { class: "code" }));
    box.append(second);
  }
  const button = element("button", view.say("svg"), { type: "button", class: "btn alt" });
  button.addEventListener("click", () => save(`${label.item.split("/").pop()}.svg`, "image/svg+xml", svgOf(code)));
  box.append(button);
  return box;
}

function fits(text) {
  const code = drawQr(text);
  if (code.size > SIZE_MAX) throw new Fault("fine");
  return code;
}

async function labelOf(row, seen) {
  if (row.over) throw new Fault("over");
  if (seen.has(row.item)) throw new Fault("twice", "", seen.get(row.item));
  const isTorn = byId("tear").checked;
  const secret = isTorn ? codes.get(row.item) ?? newCode() : null;
  const label = await makeLabel(row, base, secret);
  const found = { label, code: fits(label.link), torn: isTorn ? fits(label.claimLink) : null };
  if (isTorn) codes.set(row.item, secret);
  seen.set(row.item, row.line);
  return found;
}

function show(found, faults) {
  made = found.map(({ label }) => label);
  unsaved = made.some(({ claim }) => claim);
  refill(byId("faults"), ...faults.map(({ row, error }) => {
    const one = element("li", "", { "data-line": row.line, "data-fault": error.code });
    one.append(element("b", view.say("line", row)), element("p", wordsOf(error)), element("p", [row.item, row.lot].join(" "), { class: "mono" }));
    return one;
  }));
  byId("problems").hidden = !faults.length;
  const sheets = [];
  for (let at = 0; at < found.length; at += A_SHEET) {
    const sheet = element("div", "", { class: byId("show").checked ? "labels open" : "labels" });
    sheet.append(...found.slice(at, at + A_SHEET).map(labelBox));
    sheets.push(byId("rule").content.cloneNode(true), sheet);
  }
  refill(byId("sheets"), ...sheets);
  byId("made").hidden = !found.length;
  tell(faults.length ? "bad" : "good", view.say("made", { n: found.length }), ...(faults.length ? [view.say("faulty", { n: faults.length })] : []));
}

async function make() {
  const rows = itemsOf(byId("items").value);
  tell("busy", view.say("working"));
  const [found, faults, seen] = [[], [], new Map()];
  for (const [at, row] of rows.entries()) {
    try {
      found.push(await labelOf(row, seen));
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      faults.push({ row, error });
    }
    if (at % 10 === 9) await new Promise((done) => setTimeout(done)); // the page stays alive
  }
  show(found, faults);
}

/** Put lines under those of the list, or into the empty list with their heading. */
function add(head, lines) {
  const text = byId("items").value.replace(/^\ufeff/, "").trimEnd();
  if (text && text.split(/\r?\n/, 1)[0].trim() !== head.trim()) throw new Fault("other-head");
  byId("items").value = `${[text || head, ...lines].join("\n")}\n`;
}

function decoded(raw, form) {
  try {
    return new TextDecoder(form, { fatal: true }).decode(raw);
  } catch {
    return null;
  }
}

async function open(file) {
  const raw = await file.arrayBuffer();
  const text = decoded(raw, "utf-8") ?? decoded(raw, "gb18030"); // the second is what spreadsheets in China save
  if (text === null) throw new Fault("not-utf8");
  const [head, ...lines] = text.trimEnd().split(/\r?\n/);
  add(head, lines);
  refill(byId("answer"));
}

function addNew() {
  const count = Number(byId("count").value);
  const [product, lot] = ["class", "lot"].map((id) => byId(id).value.trim());
  checkClass(product);
  if (!Number.isInteger(count) || count < 1 || count > ROWS_MAX) throw new Fault("count");
  add("item,lot", Array.from({ length: count }, () => `${newItem(product)},${lot}`));
  refill(byId("answer"));
}

function on(id, event, work) {
  const target = byId(id);
  target.addEventListener(event, async () => {
    target.disabled = true;
    try {
      await work(target);
    } catch (error) {
      tellTrouble(error);
    } finally {
      target.disabled = false;
    }
  });
}

on("make", "click", make);
on("add", "click", addNew);
on("file", "change", async (input) => {
  if (input.files[0]) await open(input.files[0]);
  input.value = "";
});
on("print", "click", () => window.print());
on("list", "click", () => {
  save("labels.csv", "text/csv", listOf(made));
  unsaved = false;
});
byId("show").addEventListener("change", ({ target }) => {
  document.querySelectorAll("#labels-sheets .labels").forEach((sheet) => sheet.classList.toggle("open", target.checked));
});
window.addEventListener("beforeunload", (event) => {
  if (!unsaved) return;
  event.preventDefault();
  event.returnValue = ""; // older browsers ask only then
});
root.hidden = false;
signsWith().then( // what the keys need is loaded now, before there is a secret
  () => (root.dataset.ready = "yes"),
  () => tell("bad", view.say("unsupported")),
);
