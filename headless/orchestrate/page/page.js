// @ts-check
/// <reference lib="dom" />
/**
 * The page of a swarm: asks for the overview every two seconds and shows it.
 *
 * @module
 */

import { creditChart, lossChart, mergeChart } from "./charts.js";
import { byId, element, forget, number, shortKey, show, timeOfDay } from "./dom.js";
import { drawMiners, onOrder } from "./miners_table.js";
import { bar } from "./plot.js";

/** @typedef {import("../../../core/iota/orchestrator/overview.ts").Overview} Overview */
/** @typedef {Overview["miners"][number]} Miner */

const INTERVAL_MS = 2000;
const LIMIT_MS = 15_000;
/** Miners of a layer that are drawn; more are counted. */
const MAX_CELLS = 60;
const PHASES = {
  is_training: "training",
  weights_uploading: "uploading weights",
  miners_merging_partitions: "merging",
};

/** @type {Overview | undefined} */
let latest;

/** Asks, shows, waits, for ever. A hidden page asks nothing. */
async function follow() {
  for (;;) {
    if (document.hidden) await once(document, "visibilitychange");
    else {
      await refresh();
      await new Promise((resolve) => setTimeout(resolve, INTERVAL_MS));
    }
  }
}

async function refresh() {
  try {
    const signal = AbortSignal.timeout(LIMIT_MS);
    const answer = await fetch("orchestrator/overview", { cache: "no-store", signal });
    if (!answer.ok) throw new Error(`status ${answer.status}`);
    /** @type {Overview} */
    const overview = await answer.json();
    latest = overview;
    document.body.classList.remove("lost");
    draw();
    byId("link").textContent = `live, ${timeOfDay(latest.timeMs)}`;
  } catch (error) {
    document.body.classList.add("lost");
    const since = latest === undefined ? "" : ` since ${timeOfDay(latest.timeMs)}`;
    const reason = error instanceof Error ? error.message : String(error);
    byId("link").textContent = `no answer${since} (${reason}), trying again`;
  }
}

function draw() {
  if (latest === undefined) return;
  const { timeMs, hotkey, version, netuid, model, totals, layers, miners, losses } = latest;
  byId("identity").textContent = `${model.name}, ${number(model.parameters)} parameters in ` +
    `${model.layers} layers · subnet ${netuid} · orchestrator ${shortKey(hotkey)}, ${version}`;
  document.title = totals.loss === null
    ? "Weft swarm"
    : `${totals.loss.toFixed(3)} · ${totals.activeMiners} miners · Weft swarm`;
  show("tiles", totals, () => tiles(totals));
  show("layers", [
    layers,
    miners.map((
      { hotkey, layer, isActive, credit, backwards },
    ) => [hotkey, layer, isActive, credit?.outlier, backwards]),
  ], () => layers.map(layerCard));
  const lossWidth = byId("loss").clientWidth;
  show("loss", [losses, lossWidth], () => [
    lossChart(losses, lossWidth, (text) => byId("loss-point").textContent = text),
  ]);
  drawCredit(latest);
  const { merges } = latest;
  const mergeWidth = byId("merges").clientWidth;
  show("merges", [merges, mergeWidth, timeMs], () => [
    mergeChart(merges, layers.length, timeMs, mergeWidth),
  ]);
  drawMiners(latest);
  drawLists(latest);
}

/**
 * @param {Overview["totals"]} totals
 * @returns {Node[]}
 */
function tiles(totals) {
  const { loss, batches, batchesPerMinute, tokensPerSecond, merges, learningRate } = totals;
  const { miners, activeMiners } = totals;
  /** @type {[string, string][]} */
  const texts = [
    [loss === null ? "–" : loss.toFixed(3), "loss, nats a token"],
    [number(batches), "batches done"],
    [number(batchesPerMinute), "batches a minute"],
    [number(tokensPerSecond), "tokens a second"],
    [`${activeMiners} of ${miners}`, "miners active"],
    [number(merges), "merges done"],
    [number(learningRate), "learning rate"],
  ];
  return texts.map(([value, name]) =>
    element("div", { class: "tile" }, element("b", {}, value), element("span", {}, name))
  );
}

/**
 * @param {Overview["layers"][number]} layer
 * @returns {Node}
 */
function layerCard(layer) {
  const { phase, waiting, leased, perSecond, merges, leastBackwards, wantedBackwards } = layer;
  const members = (latest?.miners ?? []).filter((miner) => miner.layer === layer.layer);
  const cells = members.slice(0, MAX_CELLS).map((miner) => cell(miner, wantedBackwards));
  const rest = layer.miners - cells.length;
  if (rest > 0) cells.push(element("span", { class: "more" }, `+${number(rest)}`));
  const [done, wanted, name] = phase === "is_training"
    ? [leastBackwards, wantedBackwards, "backwards (slowest)"]
    : phase === "weights_uploading"
    ? [layer.uploaded, layer.miners, "uploaded"]
    : [layer.merged, layer.uploaded, "merged their chunks"];
  return element(
    "article",
    { class: "layer" },
    element(
      "h3",
      {},
      `Layer ${layer.layer}`,
      element("span", { class: `phase ${phase}` }, PHASES[phase]),
    ),
    element("div", { class: "cells" }, ...cells),
    row(name, `${done} of ${wanted}`),
    bar(wanted === 0 ? 0 : done / wanted, phase),
    row("waiting, in work", `${number(waiting)}, ${number(leased)}`),
    row("pieces / s", perSecond === 0 ? "–" : number(perSecond)),
    row("merges", number(merges)),
  );
}

/**
 * @param {Miner} miner
 * @param {number} wanted
 * @returns {HTMLElement}
 */
function cell({ hotkey, isActive, credit, backwards, seenMs }, wanted) {
  const look = credit?.outlier ? " bad" : !isActive ? " away" : backwards >= wanted ? " ready" : "";
  const title = `${hotkey}\n${backwards} backwards since the last merge, ` +
    `seen ${timeOfDay(seenMs)}${credit?.outlier ? `, ${credit.outlier}` : ""}`;
  return element("i", { class: `cell${look}`, title });
}

/** @param {string} name @param {string} value */
function row(name, value) {
  return element("div", { class: "row" }, name, element("b", {}, value));
}

/** @param {Overview} overview */
function drawCredit({ miners, layers, credit }) {
  const width = byId("credit").clientWidth;
  const credits = miners.map(({ hotkey, layer, credit }) => [hotkey, layer, credit]);
  show("credit", [credits, width], () => [creditChart(miners, layers.length, width)]);
  const { pathways, noise, outliers } = credit;
  const found = outliers.length === 0
    ? "no outlier"
    : `${outliers.length} ${outliers.length === 1 ? "outlier" : "outliers"}`;
  byId("credit-note").textContent = noise === null
    ? `${number(pathways)} pathways so far`
    : `Nats that a miner adds to the loss, ± 2 standard errors. ${number(pathways)} pathways, ` +
      `noise ${number(noise)}, ${found}`;
}

/** @param {Overview} overview */
function drawLists({ validators, events }) {
  show(
    "validators",
    validators,
    () =>
      validators.length === 0
        ? [element("li", { class: "empty" }, "None has registered.")]
        : validators.map(({ hotkey, url, tracked }) =>
          element(
            "li",
            {},
            element("span", { class: "key", title: hotkey }, shortKey(hotkey)),
            ` at ${url}, ${
              tracked === null
                ? "idle"
                : `tracks ${shortKey(tracked.hotkey)} of layer ${tracked.layer}`
            }`,
          )
        ),
  );
  show(
    "events",
    events,
    () =>
      events.length === 0
        ? [element("li", { class: "empty" }, "Nothing yet.")]
        : events.map(({ timeMs, kind, text }) =>
          element(
            "li",
            { class: kind },
            element("time", { datetime: new Date(timeMs).toISOString() }, timeOfDay(timeMs)),
            element("span", { class: "kind" }, kind),
            element("span", {}, text),
          )
        ),
  );
}

/**
 * @param {EventTarget} target
 * @param {string} type
 * @returns {Promise<Event>}
 */
function once(target, type) {
  return new Promise((resolve) => target.addEventListener(type, resolve, { once: true }));
}

onOrder(draw);
addEventListener("resize", () => {
  forget();
  draw();
});
follow();
