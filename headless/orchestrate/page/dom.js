// @ts-check
/// <reference lib="dom" />
/**
 * Elements, and numbers as people read them.
 *
 * @module
 */

const SVG = "http://www.w3.org/2000/svg";

/** @typedef {Record<string, string | number | undefined>} Attributes */

/**
 * An HTML element.
 *
 * @param {string} name
 * @param {Attributes} attributes
 * @param {...(Node | string)} children
 * @returns {HTMLElement}
 */
export function element(name, attributes = {}, ...children) {
  return fill(document.createElement(name), attributes, children);
}

/**
 * An SVG element.
 *
 * @param {string} name
 * @param {Attributes} attributes
 * @param {...(Node | string)} children
 * @returns {SVGElement}
 */
export function shape(name, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, name), attributes, children);
}

/**
 * @template {Element} Kind
 * @param {Kind} node
 * @param {Attributes} attributes
 * @param {(Node | string)[]} children
 * @returns {Kind}
 */
function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== undefined) node.setAttribute(name, `${value}`);
  }
  node.append(...children);
  return node;
}

/**
 * The element of the page with this id.
 *
 * @param {string} id
 * @returns {HTMLElement}
 */
export function byId(id) {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`the page has no #${id}`);
  return found;
}

/** @type {Map<string, string>} */
const shown = new Map();

/**
 * Draws a part of the page anew if what it shows has changed, so that a selection in it lasts.
 *
 * @param {string} id
 * @param {unknown} data
 * @param {() => (Node | string)[]} draw
 */
export function show(id, data, draw) {
  const text = JSON.stringify(data);
  if (shown.get(id) === text) return;
  shown.set(id, text);
  byId(id).replaceChildren(...draw());
}

/** Makes the next {@linkcode show} draw whatever it is given. */
export function forget() {
  shown.clear();
}

/**
 * Such as `1,234`, `12.3k` or `0.00021`.
 *
 * @param {number} value
 * @returns {string}
 */
export function number(value) {
  const size = Math.abs(value);
  if (size >= 1e9) return `${(value / 1e9).toPrecision(3)}G`;
  if (size >= 1e6) return `${(value / 1e6).toPrecision(3)}M`;
  if (size >= 1e4) return `${(value / 1e3).toPrecision(3)}k`;
  if (Number.isInteger(value)) return value.toLocaleString("en");
  if (size >= 100) return value.toFixed(0);
  if (size >= 0.01) return value.toPrecision(3);
  return size >= 1e-5 ? `${Number(value.toPrecision(2))}` : value.toExponential(1);
}

/**
 * Such as `40 ms`, `2.5 s`, `12 s`, `5 min` or `3 h`.
 *
 * @param {number} ms
 * @returns {string}
 */
export function duration(ms) {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 10_000) return `${(ms / 1000).toFixed(1)} s`;
  if (ms < 120_000) return `${Math.round(ms / 1000)} s`;
  if (ms < 7_200_000) return `${Math.round(ms / 60_000)} min`;
  if (ms < 172_800_000) return `${Math.round(ms / 3_600_000)} h`;
  return `${Math.round(ms / 86_400_000)} d`;
}

/**
 * The time of day.
 *
 * @param {number} unixMs
 * @returns {string}
 */
export function timeOfDay(unixMs) {
  return new Date(unixMs).toLocaleTimeString("en-GB");
}

/**
 * An address short enough for a table.
 *
 * @param {string} hotkey
 * @returns {string}
 */
export function shortKey(hotkey) {
  return hotkey.length > 12 ? `${hotkey.slice(0, 6)}…${hotkey.slice(-4)}` : hotkey;
}

/**
 * With its sign: `+0.021`.
 *
 * @param {number} value
 * @returns {string}
 */
export function signed(value) {
  const digits = Math.abs(value) < 0.1 ? 3 : 2;
  const text = Math.abs(value).toFixed(digits);
  if (Number(text) === 0) return text;
  return value > 0 ? `+${text}` : `−${text}`;
}
