// The button of a courier file: reads the published fact table and the rules, scores the company again on this device, and
// compares with what the page shows. Without this script the page says only what the server says.
import { ruleSet, score } from "./courier-score.js";
import { factsOf, rowsOf, sectionsOf } from "./courier-table.js";

async function textOf(url) {
  const answer = await fetch(url, { credentials: "omit" });
  if (!answer.ok) throw new Error(`${answer.status} ${url}`);
  return answer.text();
}

/** The score of the table at an address, from nothing but its rows and the rules. */
export async function scoreAgain({ table, root, rules }) {
  const [index, files] = await Promise.all([textOf(`${table}/index.ndjson`), textOf(rules)]);
  const { head, sections } = sectionsOf(index, root);
  const texts = await Promise.all(sections.map((section) => textOf(`${table}/${section.section}.ndjson`)));
  const rows = sections.flatMap((section, n) => rowsOf(texts[n], section));
  return { found: score(factsOf(head, rows, ruleSet(JSON.parse(files)), root), ruleSet(JSON.parse(files))), rows: rows.length };
}

/** What the page shows under the names the score has, and what of it is not what was found. */
export function differences(shown, found) {
  const due = new Map([["grade", found.grade], ["score", found.score], ["low", found.interval?.[0]], ["high", found.interval?.[1]]]);
  for (const line of found.lines) {
    due.set(`${line.id}.points`, line.points);
    due.set(`${line.id}.used`, line.used);
    due.set(`${line.id}.x`, line.x);
    due.set(`${line.id}.n`, line.n);
  }
  return shown.filter(([name, text]) => due.get(name) !== text).map(([name, text]) => ({ name, text, due: due.get(name) ?? "–" }));
}

function listen(panel) {
  const button = panel.querySelector("button");
  const say = (state, detail = "") => {
    panel.dataset.again = state;
    for (const words of panel.querySelectorAll("[data-when]")) words.hidden = words.dataset.when !== state;
    for (const place of panel.querySelectorAll("[data-detail]")) place.textContent = detail;
  };
  button.hidden = false;
  button.addEventListener("click", async () => {
    button.disabled = true;
    say("busy");
    try {
      const { found, rows } = await scoreAgain(panel.dataset);
      const shown = [...document.querySelectorAll("[data-figure]")].map((one) => [one.dataset.figure, one.textContent.trim()]);
      const wrong = differences(shown, found);
      if (wrong.length) say("differs", wrong.map((one) => `${one.name}: ${one.text} ≠ ${one.due}`).join("; "));
      else say("same", String(rows));
    } catch (error) {
      say("failed", error.message);
    }
    button.disabled = false;
  });
}

for (const panel of document.querySelectorAll("[data-table][data-root]")) listen(panel);
