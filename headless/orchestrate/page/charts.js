// @ts-check
/// <reference lib="dom" />
/**
 * The charts: loss, credit and merges, as SVG in the pixels that there are.
 *
 * @module
 */

import { duration, element, number, shape, shortKey, signed, timeOfDay } from "./dom.js";
import { edgeLabel, horizontal, label, nearest, picture, round, scale, vertical } from "./plot.js";

/** @typedef {import("../../../core/iota/orchestrator/overview.ts").Overview} Overview */

const LOSS_HEIGHT = 260;
const ROW = 22;
const LEFT = 48;
const RIGHT = 12;

/**
 * Losses over the batches of the run.
 *
 * @param {Overview["losses"]} points
 * @param {number} width
 * @param {(text: string) => void} tell takes what is under the pointer
 * @returns {Node}
 */
export function lossChart(points, width, tell) {
  if (points.length === 0) return empty("No batch has come to its end yet.");
  const bottom = LOSS_HEIGHT - 26;
  const last = points[points.length - 1].upTo;
  const x = scale(0, last, LEFT, width - RIGHT, Math.max(2, Math.floor(width / 110)));
  const [low, high] = lossRange(points);
  const y = scale(low, high, bottom, 8, 5);
  /** @param {number} loss */
  const inside = (loss) => round(y.place(Math.min(high, Math.max(low, loss))));
  /** @param {number} upTo */
  const across = (upTo) => round(x.place(upTo));
  const upper = points.map(({ upTo, most }) => `${across(upTo)} ${inside(most)}`);
  const lower = points.map(({ upTo, least }) => `${across(upTo)} ${inside(least)}`).reverse();
  const line = points.map(({ upTo, mean }) => `${across(upTo)} ${inside(mean)}`);
  const guide = shape("line", { class: "guide", y1: 8, y2: bottom, x1: -9, x2: -9 });
  const chart = picture(
    `Loss over ${number(last)} batches, now ${points[points.length - 1].mean.toFixed(3)}`,
    width,
    LOSS_HEIGHT,
    ...y.ticks.flatMap((tick) => [
      horizontal("grid", LEFT, width - RIGHT, y.place(tick)),
      label(LEFT - 8, y.place(tick) + 4, "end", tick.toFixed(y.digits)),
    ]),
    ...x.ticks.filter(Number.isInteger).map((tick) =>
      edgeLabel(x.place(tick), LOSS_HEIGHT - 8, width, number(tick))
    ),
    shape("path", { class: "area", d: `M${[...upper, ...lower].join("L")}Z` }),
    shape("path", { class: "mean", d: `M${line.join("L")}h0.01` }),
    guide,
  );
  followPointer(chart, (at) => {
    const point = nearest(points, ({ upTo }) => Math.abs(x.place(upTo) - at));
    guide.setAttribute("transform", `translate(${across(point.upTo) + 9} 0)`);
    tell(`batch ${number(point.upTo)}, ${timeOfDay(point.timeMs)}: ${point.mean.toFixed(3)}`);
  }, () => {
    guide.setAttribute("transform", "");
    tell("");
  });
  return chart;
}

/**
 * Effects on the loss with twice their standard error, a row for each layer.
 *
 * @param {Overview["miners"]} miners
 * @param {number} layers
 * @param {number} width
 * @returns {Node}
 */
export function creditChart(miners, layers, width) {
  const known = miners.flatMap(({ hotkey, layer, credit }) =>
    credit === null || credit.effect === null || credit.standardError === null ? [] : [{
      ...{ hotkey, layer, effect: credit.effect, error: credit.standardError },
      isBad: credit.outlier !== null,
    }]
  );
  if (known.length === 0) {
    return empty("Not enough batches yet to tell miners apart, or no two miners share a layer.");
  }
  const most = known.reduce((a, { effect, error }) => Math.max(a, Math.abs(effect) + error), 0.01);
  const x = scale(-most, most, LEFT, width - RIGHT, 6);
  const height = layers * ROW + 26;
  // Those that stand out are drawn last, above the others.
  known.sort((a, b) => Number(a.isBad) - Number(b.isBad));
  return picture(
    `Effect of ${known.length} miners on the loss`,
    width,
    height,
    ...x.ticks.map((tick) => edgeLabel(x.place(tick), height - 6, width, signed(tick))),
    vertical("zero", x.place(0), 0, height - 22),
    ...Array.from(
      { length: layers },
      (_, layer) => label(0, middle(layer) + 4, "start", `layer ${layer}`),
    ),
    ...known.flatMap((miner) => creditMark(miner, x, width)),
  );
}

/**
 * Merges over time, a row for each layer.
 *
 * @param {Overview["merges"]} merges
 * @param {number} layers
 * @param {number} nowMs
 * @param {number} width
 * @returns {Node}
 */
export function mergeChart(merges, layers, nowMs, width) {
  if (merges.length === 0) return empty("No merge yet.");
  const from = merges.reduce((least, { startMs }) => Math.min(least, startMs), nowMs);
  const span = Math.max(1000, nowMs - from);
  /** @param {number} timeMs */
  const place = (timeMs) => LEFT + 12 + (width - LEFT - 12 - RIGHT) * (timeMs - from) / span;
  const height = layers * ROW + 24;
  const count = Math.max(2, Math.floor(width / 140));
  const ticks = Array.from({ length: count + 1 }, (_, i) => from + span * i / count);
  return picture(
    `${merges.length} merges`,
    width,
    height,
    ...ticks.map((tick, i) =>
      label(
        place(tick),
        height - 5,
        i === count ? "end" : i === 0 ? "start" : "middle",
        timeOfDay(tick),
      )
    ),
    ...Array.from({ length: layers }, (_, layer) => [
      horizontal("grid", LEFT + 12, width - RIGHT, middle(layer)),
      label(0, middle(layer) + 4, "start", `layer ${layer}`),
    ]).flat(),
    ...merges.flatMap((merge) => mergeBlocks(merge, place, nowMs)),
  );
}

/**
 * Calls with the pixel under the pointer, and when it leaves.
 *
 * @param {SVGElement} chart
 * @param {(at: number) => void} enter
 * @param {() => void} leave
 */
function followPointer(chart, enter, leave) {
  chart.addEventListener("pointermove", ({ offsetX }) => enter(offsetX));
  chart.addEventListener("pointerleave", leave);
}

/**
 * A miner's effect as a dot with its whisker.
 *
 * @param {{ hotkey: string, layer: number, effect: number, error: number, isBad: boolean }} miner
 * @param {import("./plot.js").Scale} x
 * @param {number} width
 * @returns {Node[]}
 */
function creditMark({ hotkey, layer, effect, error, isBad }, x, width) {
  const bad = isBad ? " bad" : "";
  const from = Math.max(LEFT, x.place(effect - 2 * error));
  const to = Math.min(width - RIGHT, x.place(effect + 2 * error));
  const text = `${shortKey(hotkey)}: ${signed(effect)} ± ${error.toFixed(3)} nats`;
  const place = { cx: round(x.place(effect)), cy: middle(layer), r: 4 };
  return [
    horizontal(`whisker${bad}`, from, to, middle(layer)),
    shape("circle", { class: `dot${bad}`, ...place }, shape("title", {}, text)),
  ];
}

/**
 * A merge as one block of uploading and one of merging.
 *
 * @param {Overview["merges"][number]} session
 * @param {(timeMs: number) => number} place
 * @param {number} nowMs
 * @returns {Node[]}
 */
function mergeBlocks({ layer, merge, startMs, uploadedMs, endMs, status }, place, nowMs) {
  const untilMs = endMs ?? nowMs;
  const title = `layer ${layer}, merge ${merge + 1}: ${status}, ${duration(untilMs - startMs)}`;
  const running = status === "running" ? " running" : "";
  /** @param {string} look @param {number} fromMs @param {number} toMs */
  const part = (look, fromMs, toMs) => {
    const named = status === "failed" ? "failed" : look;
    return block(place(fromMs), place(toMs), layer, `${named}${running}`, title);
  };
  if (uploadedMs === null) return [part("uploading", startMs, untilMs)];
  return [part("uploading", startMs, uploadedMs), part("merging", uploadedMs, untilMs)];
}

/** @param {string} text */
function empty(text) {
  return element("p", { class: "empty" }, text);
}

/** @param {number} layer */
function middle(layer) {
  return layer * ROW + ROW / 2;
}

/**
 * @param {number} from
 * @param {number} to
 * @param {number} layer
 * @param {string} look
 * @param {string} title
 */
function block(from, to, layer, look, title) {
  const width = round(Math.max(2, to - from));
  return shape(
    "rect",
    { class: look, x: round(from), y: layer * ROW + 4, width, height: ROW - 8, rx: 2 },
    shape("title", {}, title),
  );
}

/**
 * The losses worth showing: wild ones must not flatten the others.
 *
 * @param {Overview["losses"]} points
 * @returns {[number, number]}
 */
function lossRange(points) {
  const means = points.map(({ mean }) => mean).sort((a, b) => a - b);
  const low = means[0];
  const high = means[Math.ceil((means.length - 1) * 0.99)];
  const room = Math.max(0.02, (high - low) * 0.08);
  return [low - room, high + room];
}
