// @ts-check
/// <reference lib="dom" />
/**
 * What charts are made of: scales, lines and labels.
 *
 * @module
 */

import { shape } from "./dom.js";

/**
 * @typedef {object} Scale
 * @property {(value: number) => number} place
 * @property {number[]} ticks
 * @property {number} digits
 */

/**
 * A bar that is filled to a share.
 *
 * @param {number} share from 0 to 1
 * @param {string} look
 * @returns {Node}
 */
export function bar(share, look) {
  const width = round(100 * Math.min(1, Math.max(0, share)));
  return shape(
    "svg",
    { class: "bar", viewBox: "0 0 100 6", preserveAspectRatio: "none", "aria-hidden": "true" },
    shape("rect", { width: 100, height: 6, rx: 1 }),
    shape("rect", { class: `fill ${look}`, width, height: 6, rx: 1 }),
  );
}

/**
 * @param {string} title
 * @param {number} width
 * @param {number} height
 * @param {...Node} children
 * @returns {SVGElement}
 */
export function picture(title, width, height, ...children) {
  return shape(
    "svg",
    { width, height, viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": title },
    ...children,
  );
}

/** @param {number} x @param {number} y @param {string} anchor @param {string} text */
export function label(x, y, anchor, text) {
  return shape("text", { x: round(x), y: round(y), "text-anchor": anchor }, text);
}

/**
 * A label below an axis, moved in where it would leave the picture.
 *
 * @param {number} x
 * @param {number} y
 * @param {number} width of the picture
 * @param {string} text
 */
export function edgeLabel(x, y, width, text) {
  const isOut = x > width - 4 * text.length;
  return label(isOut ? width - 1 : x, y, isOut ? "end" : "middle", text);
}

/** @param {string} look @param {number} x1 @param {number} x2 @param {number} y */
export function horizontal(look, x1, x2, y) {
  return shape("line", { class: look, x1: round(x1), x2: round(x2), y1: round(y), y2: round(y) });
}

/** @param {string} look @param {number} x @param {number} y1 @param {number} y2 */
export function vertical(look, x, y1, y2) {
  return shape("line", { class: look, x1: round(x), x2: round(x), y1, y2 });
}

/**
 * @param {number} from
 * @param {number} to
 * @param {number} start pixel of `from`
 * @param {number} end pixel of `to`
 * @param {number} count ticks, about
 * @returns {Scale}
 */
export function scale(from, to, start, end, count) {
  const range = to - from || 1;
  const power = 10 ** Math.floor(Math.log10(range / count));
  const factor = [1, 2, 5, 10].find((each) => each * power >= range / count) ?? 10;
  const spacing = factor * power;
  const first = Math.ceil(from / spacing - 1e-9);
  const ticks = Array.from(
    { length: Math.floor(to / spacing + 1e-9) - first + 1 },
    (_, i) => (first + i) * spacing,
  );
  return {
    place: (value) => start + (end - start) * (value - from) / range,
    ticks,
    digits: Math.max(0, -Math.floor(Math.log10(spacing) + 1e-9)),
  };
}

/**
 * @template Item
 * @param {Item[]} items
 * @param {(item: Item) => number} distance
 * @returns {Item}
 */
export function nearest(items, distance) {
  return items.reduce((best, item) => distance(item) < distance(best) ? item : best);
}

/** @param {number} value */
export function round(value) {
  return Math.round(value * 10) / 10;
}
