// Compare what a page shows with what it should: every element, attribute and text of its main part, in order, and whether
// each can be seen. The page is never taken as a source: what is due was drawn from a checked bundle.
const COUNT = /^[\d.,%\s–]*$/;
const SPRITE = /^\/static\/icons\.svg(?:\?v=[0-9a-f]{12})?#/;
const TOLERANCE = 2; // CSS pixels
const [PARTS, SEEN] = [128, 32]; // compared and looked at between two breaths: a few milliseconds of a cheap phone

/** Elements of compiled markup: the main part of a page with what belongs in it (base.html). Scripts in it would not run. */
export function drawn(markup) {
  const whole = `<main id="main" class="wrap page two">\n${markup}</main>`;
  return new DOMParser().parseFromString(whole, "text/html").querySelector("main");
}

const isElement = (node) => node?.nodeType === Node.ELEMENT_NODE;
const rowsOf = (root) => [...root.querySelectorAll("[data-index]")];
const stated = (element) => element.dataset?.stated;

/** Children that count: elements, and texts with runs of blanks as one. */
function partsOf(element) {
  const found = [];
  for (const node of element.childNodes) {
    if (isElement(node)) found.push(node);
    else if (node.nodeType === Node.TEXT_NODE) {
      if (typeof found.slice(-1)[0] === "string") found.push(found.pop() + node.data);
      else found.push(node.data);
    }
  }
  return found.map((one) => (typeof one === "string" ? one.replace(/[ \n\t]+/g, " ") : one));
}

function attributesOf(element) {
  const found = [...element.attributes].map(({ name, value }) => [name, element.localName === "use" && name === "href" ? value.replace(SPRITE, "#") : value]);
  return found.filter(([name]) => element.localName !== "details" || name !== "open").map((pair) => pair.join("=")).sort().join("\n");
}

/** Let the page breathe: a thumb may be on it, and what was drawn wants to be painted. A timer would wait longer each time. */
export const breathe = () =>
  new Promise((go) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => go(port1.close());
    port2.postMessage(0);
  });

/** Whether two parts are not the same, what is within them aside. */
function isOther(due, shown) {
  if (typeof due === "string" || typeof shown === "string" || !due || !shown) return due !== shown;
  if (due.localName !== shown.localName || due.namespaceURI !== shown.namespaceURI) return true;
  return stated(due) ? !isStated(due, shown) : attributesOf(due) !== attributesOf(shown);
}

/** The first place where two trees part, as [due, shown, what is around each]; null where they are one. */
async function parting(root, other) {
  const left = [[root, other]];
  for (let n = 1; left.length; n++) {
    const [due, shown, ...around] = left.pop();
    if (isOther(due, shown)) return [due, shown, ...around];
    if (isElement(due) && !stated(due)) {
      const [dues, shows] = [partsOf(due), partsOf(shown)];
      for (let i = Math.max(dues.length, shows.length); i--; ) left.push([dues[i], shows[i], due, shown]);
    }
    if (n % PARTS === 0) await breathe();
  }
  return null;
}

/** What stands where the server speaks for itself: the panel, which the script has drawn anew, or a figure. */
function isStated(due, shown) {
  if (stated(due) !== stated(shown)) return false;
  if (stated(due) === "proof") return true;
  const inner = [...shown.querySelectorAll("*")];
  const isPlain = (element) => element.localName === "small" && attributesOf(element) === "class=mut";
  return attributesOf(shown) === attributesOf(due) && COUNT.test(shown.textContent) && inner.every(isPlain);
}

const indexOf = (row) => Number(row.dataset.index);

/** Rows that are missing, too many or out of place. */
function misplaced(due, shown) {
  const [dues, shows] = [rowsOf(due), rowsOf(shown)];
  const names = new Map(dues.map((row, i) => [row.dataset.index, i]));
  const seen = new Set();
  for (const [i, row] of shows.entries()) {
    const isKnown = names.has(row.dataset.index) && !seen.has(row.dataset.index);
    if (!isKnown) return { code: "row-added", index: indexOf(row), row: i + 1, shown: row };
    seen.add(row.dataset.index);
  }
  const gone = dues.findIndex((row) => !seen.has(row.dataset.index));
  if (gone >= 0) return { code: "row-missing", index: indexOf(dues[gone]), row: gone + 1, due: dues[gone] };
  const moved = dues.findIndex((row, i) => row.dataset.index !== shows[i].dataset.index);
  return moved < 0 ? null : { code: "row-moved", index: indexOf(shows[moved]), row: moved + 1, due: dues[moved], shown: shows[moved] };
}

/** Where in the record an element stands: its row, else the heading of its part. */
function placed(element, root, code) {
  const row = element?.closest("[data-index]");
  if (row) return { code: `row-${code}`, index: indexOf(row), row: rowsOf(root).indexOf(row) + 1 };
  const part = element?.closest("section");
  return { code: `part-${code}`, part: (part?.querySelector("h1,h2")?.textContent ?? "").trim() };
}

function textOf(node, other) {
  if (node === undefined || node === null) return "";
  if (typeof node === "string") return node.trim();
  const text = node.textContent.replace(/\s+/g, " ").trim();
  const isSame = isElement(other) && text === other.textContent.replace(/\s+/g, " ").trim();
  return isSame ? `<${node.localName} ${attributesOf(node).replace(/\n/g, " ")}>` : text;
}

/**
 * The first difference between what is due and what the page shows, or null.
 * @returns {code, index, row, part, due, shown, at}: words for `code` are the panel's; `at` is an element of the page.
 */
export async function difference(due, shown) {
  const lost = misplaced(due, shown);
  if (lost) return { ...lost, due: textOf(lost.due), shown: textOf(lost.shown), at: lost.shown ?? null };
  const found = await parting(due, shown);
  if (found) {
    const [a, b, around = due, near = shown] = found;
    const at = isElement(a) && a.isConnected ? a : around;
    return { ...placed(at, due, "changed"), due: textOf(a, b), shown: textOf(b, a), at: isElement(b) ? b : near };
  }
  const hidden = await unseen(shown);
  return hidden && { ...placed(hidden, shown, "hidden"), due: textOf(hidden), shown: "", at: hidden };
}

// -- seen --------------------------------------------------------------------------------------------------------------

const colour = (text) => (text.match(/[\d.]+/g) ?? []).map(Number);
const hasText = (element) => [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim());
const isFolded = (element) => {
  const folded = element.closest("details:not([open])");
  return Boolean(folded) && !(element === folded || element.closest("summary")?.parentElement === folded);
};

/** What is true of an element's ancestors, worked out once for each: a page has thousands of them in common. */
class Around {
  #grounds = new Map();
  #frames = new Map();

  /** Colour of the nearest opaque ground, the element's own included. */
  ground(element) {
    if (!element) return null;
    if (!this.#grounds.has(element)) {
      const own = colour(getComputedStyle(element).backgroundColor);
      this.#grounds.set(element, own.length === 4 && own[3] < 0.5 ? this.ground(element.parentElement) : own);
    }
    return this.#grounds.get(element);
  }

  /** Boxes of ancestors that cut off what leaves them. */
  frames(element) {
    const above = element.parentElement;
    if (!above || above === document.documentElement) return [];
    if (!this.#frames.has(above)) {
      const { overflowX, overflowY } = getComputedStyle(above);
      const isOpen = overflowX === "visible" && overflowY === "visible";
      const own = isOpen ? [] : [{ box: above.getBoundingClientRect(), isScrolled: overflowX === "auto" }];
      this.#frames.set(above, [...own, ...this.frames(above)]);
    }
    return this.#frames.get(above);
  }
}

/** Whether a text has a colour that stands out from what is behind it. */
function isLegible(element, style, around) {
  // Where the reader has her own few colours, the browser itself sees to it that text stands out.
  if (matchMedia("(forced-colors: active)").matches && style.forcedColorAdjust !== "none") return true;
  const [r, g, b, alpha = 1] = colour(style.webkitTextFillColor || style.color);
  if (alpha < 0.5) return false;
  const behind = around.ground(element);
  return !behind || Math.abs(r - behind[0]) + Math.abs(g - behind[1]) + Math.abs(b - behind[2]) > 60;
}

/** Whether a style leaves an element where it stands and as it is: shown, upright, and with no picture of something else. */
function isDrawn(style) {
  const isItself = ["normal", "none"].includes(style.content) && style.backgroundImage === "none" && style.listStyleImage === "none" &&
    style.borderImageSource === "none";
  return isItself && style.display !== "none" && style.visibility === "visible" && Number(style.opacity) > 0.9 && style.transform === "none" &&
    style.filter === "none" && style.position !== "fixed" && (style.maskImage ?? "none") === "none" && style.order === "0" &&
    (style.contentVisibility ?? "visible") === "visible" && !/-reverse/.test(style.flexDirection) && parseFloat(style.textIndent) >= 0;
}

/** Whether decoration before or after an element says nothing and covers nothing. */
function isPlain(element, which) {
  const style = getComputedStyle(element, which);
  if (["none", "normal"].includes(style.content) || style.display === "none") return true;
  if (style.content !== '""') return false;
  const thin = Math.min(parseFloat(style.width), parseFloat(style.height));
  return style.position !== "absolute" || Number.isNaN(thin) || thin <= 12;
}

/** Whether an element's box lies where it can be seen. */
function isInside(element, around) {
  const box = element.getBoundingClientRect();
  if (box.width < 4 || box.height < 4) return false;
  if (box.right + scrollX <= 0 || box.bottom + scrollY <= 0 || box.left >= document.documentElement.clientWidth) return false;
  return around.frames(element).every(({ box: frame, isScrolled }) => {
    if (box.bottom > frame.bottom + TOLERANCE || box.top < frame.top - TOLERANCE) return false;
    return isScrolled || (box.right <= frame.right + TOLERANCE && box.left >= frame.left - TOLERANCE);
  });
}

/** The first element of the record that cannot be seen as it should, or null. */
async function unseen(main) {
  const all = [document.documentElement, document.body, main, ...main.querySelectorAll("*")];
  let around;
  for (const [i, element] of all.entries()) {
    if (i % SEEN === 0) {
      if (i) await breathe();
      around = new Around(); // the reader may have scrolled
    }
    if (element.closest("[data-stated]") || element.parentElement?.closest("svg")) continue;
    const style = getComputedStyle(element);
    if (!isDrawn(style) || !isPlain(element, "::before") || !isPlain(element, "::after")) return element;
    if (element.closest(".vh") || isFolded(element)) continue;
    if (style.clipPath !== "none" || !["auto", ""].includes(style.clip ?? "auto")) return element;
    if (hasText(element)) {
      if (parseFloat(style.fontSize) < 9 || !isLegible(element, style, around)) return element;
      if (!isInside(element, around)) return element;
    }
    if (element.matches("svg.code") && !isInside(element, around)) return element;
  }
  let above = -Infinity;
  for (const row of main.querySelectorAll(".tl > li")) {
    const { top } = row.getBoundingClientRect();
    if (top < above) return row;
    above = top;
  }
  return null;
}

/** Whether nothing of the frame lies over the main part, and nothing of the server's own places leaves them. */
export function isFramed(main) {
  const over = (a, b) => a.right > b.left + TOLERANCE && a.left < b.right - TOLERANCE && a.bottom > b.top + TOLERANCE && a.top < b.bottom - TOLERANCE;
  const within = main.getBoundingClientRect();
  const frame = ["a.skip", "header.top", "main", "footer", "script"];
  const parts = [...document.body.children].filter((child) => child.textContent.trim());
  const isKnown = (child) => frame.some((one) => child.matches(one) && document.querySelectorAll(`body>${one}`).length === 1);
  if (!parts.every(isKnown)) return false;
  for (const element of document.body.querySelectorAll("*")) {
    if (main.contains(element) || element.contains(main)) continue;
    if (over(element.getBoundingClientRect(), within)) return false;
  }
  for (const place of main.querySelectorAll("[data-stated]")) {
    const { left, right, top, bottom } = place.getBoundingClientRect();
    for (const element of place.querySelectorAll("*")) {
      const box = element.getBoundingClientRect();
      const isOut = box.left < left - TOLERANCE || box.right > right + TOLERANCE || box.top < top - TOLERANCE || box.bottom > bottom + TOLERANCE;
      if (box.width && box.height && isOut && !element.closest("svg,.vh")) return false;
    }
  }
  return true;
}
