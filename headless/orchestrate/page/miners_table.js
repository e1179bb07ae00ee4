// @ts-check
/// <reference lib="dom" />
/**
 * The table of miners.
 *
 * @module
 */

import { byId, duration, element, number, shortKey, show, signed } from "./dom.js";

/** @typedef {import("../../../core/iota/orchestrator/overview.ts").Overview} Overview */
/** @typedef {Overview["miners"][number]} Miner */

/** @type {{ by: string, isUp: boolean }} */
let order = { by: "", isUp: true };

/**
 * Lets a click on a column's title sort by it.
 *
 * @param {() => void} redraw
 */
export function onOrder(redraw) {
  for (const button of document.querySelectorAll("button[data-sort]")) {
    button.addEventListener("click", () => {
      const by = button.getAttribute("data-sort") ?? "";
      order = { by, isUp: order.by === by ? !order.isUp : by === "hotkey" || by === "layer" };
      for (const each of document.querySelectorAll("button[data-sort]")) {
        each.setAttribute("aria-pressed", `${each === button}`);
        each.toggleAttribute("data-up", each === button && order.isUp);
      }
      redraw();
    });
  }
}

/**
 * Draws the rows.
 *
 * @param {Overview} overview
 */
export function drawMiners({ miners, totals, timeMs }) {
  const sorted = order.by === "" ? miners : [...miners].sort(compare);
  show("miners", [sorted, timeMs], () => sorted.map((miner) => minerRow(miner, timeMs)));
  byId("miners-note").textContent = miners.length === 0
    ? "None has registered yet."
    : miners.length < totals.miners
    ? `${number(miners.length)} of ${number(totals.miners)} are shown, outliers first.`
    : "";
}

/**
 * @param {Miner} miner
 * @param {number} nowMs
 * @returns {Node}
 */
function minerRow(miner, nowMs) {
  const { hotkey, uid, layer, isActive, seenMs, score, credit, meanWorkMs } = miner;
  const tag = credit?.outlier ? [element("span", { class: "tag" }, credit.outlier)] : [];
  const effect = credit === null || credit.effect === null || credit.standardError === null
    ? "–"
    : `${signed(credit.effect)} ± ${credit.standardError.toFixed(3)}`;
  return element(
    "tr",
    { class: isActive ? undefined : "silent" },
    element("td", { class: "key", title: hotkey }, shortKey(hotkey), ...tag),
    element("td", { class: "wide" }, uid === null ? "–" : `${uid}`),
    element("td", {}, `${layer}`),
    element("td", { class: "wide" }, duration(Math.max(0, nowMs - seenMs))),
    element("td", { class: "wide" }, number(miner.forwardsEver)),
    element("td", { class: "wide" }, number(miner.backwardsEver)),
    element("td", { class: "wide" }, number(miner.backwards)),
    element("td", { class: "wide" }, meanWorkMs === 0 ? "–" : duration(meanWorkMs)),
    element("td", { class: "wide" }, score === null ? "–" : number(score)),
    element("td", {}, effect),
  );
}

/**
 * @param {Miner} a
 * @param {Miner} b
 * @returns {number}
 */
function compare(a, b) {
  const [left, right] = [sortKey(a), sortKey(b)];
  const ascending = left < right ? -1 : left > right ? 1 : 0;
  return order.isUp ? ascending : -ascending;
}

/**
 * @param {Miner} miner
 * @returns {string | number}
 */
function sortKey(miner) {
  if (order.by === "effect") return miner.credit?.effect ?? -Infinity;
  const value = Object.entries(miner).find(([name]) => name === order.by)?.[1];
  return typeof value === "string" || typeof value === "number" ? value : -Infinity;
}
