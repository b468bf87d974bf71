// What this browser keeps of what was said in it: its own keys, the numbers they have used, what waits to be sent, and receipts.
// It stays in this browser; `exported` is for keeping it elsewhere. Never the tear-off code: only how many numbers its key used.
const blank = () => ({ v: 1, keys: {}, owners: {}, waiting: {}, receipts: [] });

export class Store {
  #place;
  #held;

  /** `origin` of the log that it belongs to. */
  constructor(origin) {
    this.#place = `suxin.voice.${origin}`;
    this.#held = blank();
    this.isKept = true;
    try {
      const found = JSON.parse(localStorage.getItem(this.#place));
      if (found?.v === 1) this.#held = { ...blank(), ...found };
    } catch {
      this.isKept = false; // no memory, or not our text: what is said now can still be exported
    }
  }

  /** Use up a number of a key; it is kept before anything is signed with it, so that no two statements share one. */
  number(key, usedInBook = 0) {
    const n = Math.max(this.#held.keys[key]?.n ?? 0, usedInBook) + 1;
    this.#held.keys[key] = { ...this.#held.keys[key], n };
    this.#save();
    return n;
  }

  /** Keep the seed of a key that this browser made, for an item. */
  own(item, key, seed) {
    this.#held.keys[key] = { n: 0, ...this.#held.keys[key], seed };
    this.#held.owners[item] = key;
    this.#save();
  }

  /** `{key, seed}` of this browser's own key for an item, or null. */
  owner(item) {
    const key = this.#held.owners[item];
    return key ? { key, seed: this.#held.keys[key].seed } : null;
  }

  /** Seed of a key that this browser made, or null: a key of a code is kept nowhere. */
  seed(key) {
    return this.#held.keys[key]?.seed ?? null;
  }

  /** Something is about to be sent; until its receipt came, the very same bytes are sent again. */
  wait(item, said) {
    this.#held.waiting[item] = said;
    this.#save();
  }

  waiting(item) {
    return this.#held.waiting[item] ?? null;
  }

  drop(item) {
    delete this.#held.waiting[item];
    this.#save();
  }

  /** It was refused, so its number is free again, unless that was the reason. */
  takeBack(item, said, isNumberFree) {
    const { actor, n } = JSON.parse(said.statement);
    const held = this.#held.keys[actor.slice(5)];
    if (isNumberFree && held?.n === n) held.n = n - 1;
    this.drop(item);
  }

  keep(item, said, answer) {
    const { type, statement, hash, signature } = said;
    this.#held.receipts = this.#held.receipts.filter((one) => one.hash !== hash);
    this.#held.receipts.push({ item, type, statement, hash, signature, answer });
    this.drop(item);
  }

  /** Receipts about an item, oldest first. */
  receipts(item) {
    return this.#held.receipts.filter((one) => one.item === item);
  }

  exported() {
    return `${JSON.stringify(this.#held, null, 1)}\n`;
  }

  #save() {
    try {
      localStorage.setItem(this.#place, JSON.stringify(this.#held));
    } catch {
      this.isKept = false;
    }
  }
}

/** The site's own policy as it was at the first visit; without a memory it is that of this page. */
export function pinnedPolicy(origin, offered) {
  const place = `suxin.policy.${origin}`;
  try {
    const kept = localStorage.getItem(place);
    if (kept === null) localStorage.setItem(place, offered);
    return kept ?? offered;
  } catch {
    return offered;
  }
}
