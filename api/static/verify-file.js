//# allFunctionsCalledOnLoad
// The page of `suxin verifier`: one file that checks bundles from the disk, with no network and no server, by the policy that
// was put into it. Languages are switched here because nobody is there who could send another page.
import { Unsupported, parsePolicy, verifyBundle } from "./verify.js";
import { View, element, refill } from "./verify-view.js";

const LANGUAGES = ["zh-CN", "en"];
const root = document.getElementById("check");
const answer = document.getElementById("check-answer");
const policyText = root.dataset.policy;
let view;
let latest = null;
let turn = 0;

function speak(lang) {
  view = new View(document.getElementById(`words-${lang}`), lang);
  document.documentElement.lang = lang;
  document.title = view.say("file-title");
  for (const one of document.querySelectorAll("[data-say]")) one.textContent = view.say(one.dataset.say);
  for (const one of document.querySelectorAll("[data-lang]")) one.setAttribute("aria-pressed", String(one.dataset.lang === lang));
  if (latest) check(latest);
}

async function check(file) {
  latest = file;
  const own = ++turn;
  answer.dataset.done = "";
  refill(answer, element("p", view.say("checking")));
  let parts;
  try {
    const policy = parsePolicy(new TextEncoder().encode(policyText));
    const report = await verifyBundle(new Uint8Array(await file.arrayBuffer()), policy, Date.now());
    parts = view.tell(report, policy, "policy-inside");
  } catch (error) {
    parts = view.trouble(error instanceof Unsupported ? view.say("unsupported") : `${view.say("open")}: ${error.message}`);
  }
  if (own !== turn) return;
  refill(answer, ...parts);
  answer.dataset.done = String(own);
}

document.getElementById("check-bundle").addEventListener("change", ({ target }) => target.files[0] && check(target.files[0]));
document.addEventListener("dragover", (event) => event.preventDefault());
document.addEventListener("drop", (event) => {
  event.preventDefault();
  const file = event.dataTransfer.files[0];
  if (file) check(file);
});
for (const one of document.querySelectorAll("[data-lang]")) one.addEventListener("click", () => speak(one.dataset.lang));
document.getElementById("policy").textContent = policyText;
speak(navigator.language.startsWith("zh") ? LANGUAGES[0] : LANGUAGES[1]);
root.hidden = false;
