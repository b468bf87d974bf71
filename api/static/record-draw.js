// What the compiled templates (record-view.js) are made of: text that is escaped unless it is markup already, and the few
// operations of Jinja that they use. Source: api/script_template.py.
import { has } from "./verify-bytes.js";

/** Markup: a text that is not escaped again. */
export class H {
  constructor(text) {
    this.text = text;
  }

  toString() {
    return this.text;
  }
}

const ENTITIES = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&#34;", "'": "&#39;" };

export const e = (value) => (value instanceof H ? value.text : String(value).replace(/[&<>"']/g, (sign) => ENTITIES[sign]));

/** Whether Jinja takes a value for true. */
export const t = (value) => (Array.isArray(value) ? value.length > 0 : value instanceof H ? value.text !== "" : Boolean(value));

export const or = (value, other) => (t(value) ? value : other());
export const get = (table, key, other) => (has(table, key) ? table[key] : other);
export const reject = (values, one) => values.filter((value) => value !== one);
export const cat = (...parts) => (parts.some((part) => part instanceof H) ? new H(parts.map(e).join("")) : parts.join(""));

/** A message with its values put in; the message itself is the site's and counts as markup. */
export const fill = (message, values) => new H(message.replace(/%\((\w+)\)[sd]/g, (_, name) => e(values[name])));
