/**
 * The loss curve of a run as an SVG picture that follows the reader's light or dark colours.
 *
 * @module
 */

import type { LossPoint } from "./loss_points.ts";

/** What the picture shows besides the curve. */
export interface LossSvgOptions {
  readonly title: string;
  /** Losses of the counting tables, in nats a token. */
  readonly unigramLoss: number;
  readonly bigramLoss: number;
}

const WIDTH = 800;
const HEIGHT = 450;
/** Edges of the plot itself. */
const PLOT = { left: 64, right: 776, top: 84, bottom: 396 };

const STYLE = `
  text { font: 13px system-ui, sans-serif; fill: #1f2328 }
  .title { font-size: 17px; font-weight: 600 }
  .paper { fill: #ffffff }
  .grid { stroke: #d8dee4 }
  .axis { stroke: #57606a }
  .curve { fill: none; stroke-linejoin: round }
  .training { stroke: #6797cf; stroke-width: 1.2 }
  .validation { stroke: #0b4f9e; stroke-width: 2.5 }
  .dot { fill: #0b4f9e }
  .unigram { stroke: #b35900; stroke-width: 1.5; stroke-dasharray: 10 5 }
  .bigram { stroke: #1a7f37; stroke-width: 1.5; stroke-dasharray: 3 4 }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 }
    .paper { fill: #0d1117 }
    .grid { stroke: #30363d }
    .axis { stroke: #8b949e }
    .training { stroke: #6284ae }
    .validation { stroke: #79b8ff }
    .dot { fill: #79b8ff }
    .unigram { stroke: #ffa657 }
    .bigram { stroke: #7ee787 }
  }
`;

/**
 * Draws training loss (thin), validation loss (bold) and the two tables' losses (dashed) over steps.
 * Losses that are not finite leave a gap. The text holds no script and refers to nothing outside.
 */
export function lossSvg(points: readonly LossPoint[], options: LossSvgOptions): string {
  const { title, unigramLoss, bigramLoss } = options;
  const validation = points.flatMap(({ step, validationLoss }) =>
    validationLoss === undefined ? [] : [{ step, loss: validationLoss }]
  );
  const losses = [...points, ...validation].map(({ loss }) => loss);
  const y = lossScale([...losses, unigramLoss, bigramLoss].filter(Number.isFinite));
  const x = stepScale(points.map(({ step }) => step));
  const parts = [
    axes(x, y),
    baseline("unigram", y.place(unigramLoss)),
    baseline("bigram", y.place(bigramLoss)),
    curve("training", thin(points), x, y),
    curve("validation", validation, x, y),
    ...validation.filter(({ loss }) => Number.isFinite(loss)).map(({ step, loss }) =>
      `<circle class="dot" cx="${round(x.place(step))}" cy="${round(y.place(loss))}" r="3"/>`
    ),
    legend(validation.at(-1)?.loss, options),
  ];
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img">
<title>${escapeXml(title)}</title>
<style>${STYLE}</style>
<rect class="paper" width="${WIDTH}" height="${HEIGHT}"/>
<text class="title" x="${PLOT.left}" y="32">${escapeXml(title)}</text>
${parts.join("\n")}
</svg>
`;
}

interface Point {
  readonly step: number;
  readonly loss: number;
}

/** From values to places in the picture. */
interface Scale {
  place(value: number): number;
  readonly ticks: readonly number[];
  /** Digits after the point that tell the ticks apart. */
  readonly digits: number;
}

function stepScale(steps: readonly number[]): Scale {
  const last = Math.max(1, steps.at(-1) ?? 1);
  const ticks = niceTicks(0, last, 8).filter(Number.isInteger);
  return {
    place: (step) => PLOT.left + (PLOT.right - PLOT.left) * step / last,
    ...{ ticks, digits: 0 },
  };
}

/** From the tick below the least value to the one above the largest. */
function lossScale(losses: readonly number[]): Scale {
  const least = losses.reduce((a, b) => Math.min(a, b), Infinity);
  const most = losses.reduce((a, b) => Math.max(a, b), -Infinity);
  const [from, to] = losses.length === 0 ? [0, 1] : [least, Math.max(most, least + 0.1)];
  const spacing = niceSpacing((to - from) / 6);
  const [bottom, top] = [Math.floor(from / spacing) * spacing, Math.ceil(to / spacing) * spacing];
  return {
    place: (loss) => PLOT.bottom - (PLOT.bottom - PLOT.top) * (loss - bottom) / (top - bottom),
    ticks: niceTicks(bottom, top, 6, spacing),
    digits: Math.max(0, -Math.floor(Math.log10(spacing))),
  };
}

/** 1, 2 or 5 times a power of ten, at least `least`. */
function niceSpacing(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least));
  const factor = [1, 2, 5].find((each) => each * power >= least * 0.999) ?? 10;
  return factor * power;
}

function niceTicks(
  from: number,
  to: number,
  count: number,
  spacing = niceSpacing((to - from) / count),
): number[] {
  const first = Math.ceil(from / spacing - 1e-6);
  const last = Math.floor(to / spacing + 1e-6);
  return Array.from(
    { length: last - first + 1 },
    (_, i) => Number(((first + i) * spacing).toPrecision(12)),
  );
}

function axes(x: Scale, y: Scale): string {
  const { left, right, top, bottom } = PLOT;
  const lines = y.ticks.map((tick) => {
    const at = round(y.place(tick));
    return `<line class="grid" x1="${left}" x2="${right}" y1="${at}" y2="${at}"/>` +
      `<text x="${left - 8}" y="${at + 4}" text-anchor="end">${tick.toFixed(y.digits)}</text>`;
  });
  const marks = x.ticks.map((tick) => {
    const at = round(x.place(tick));
    return `<line class="axis" x1="${at}" x2="${at}" y1="${bottom}" y2="${bottom + 5}"/>` +
      `<text x="${at}" y="${bottom + 20}" text-anchor="middle">${tick}</text>`;
  });
  const middle = (top + bottom) / 2;
  return [
    ...lines,
    `<line class="axis" x1="${left}" x2="${right}" y1="${bottom}" y2="${bottom}"/>`,
    ...marks,
    `<text x="${(left + right) / 2}" y="${HEIGHT - 12}" text-anchor="middle">steps</text>`,
    `<text transform="translate(18 ${middle}) rotate(-90)" text-anchor="middle">` +
    `loss in nats/token</text>`,
  ].join("\n");
}

function baseline(kind: string, at: number): string {
  if (!Number.isFinite(at)) return "";
  const { left, right } = PLOT;
  return `<line class="${kind}" x1="${left}" x2="${right}" y1="${round(at)}" y2="${round(at)}"/>`;
}

/** One path; a loss that is not finite lifts the pen, and a lone point becomes a short stroke. */
function curve(kind: string, points: readonly Point[], x: Scale, y: Scale): string {
  let path = "";
  let isDown = false;
  for (const { step, loss } of points) {
    if (Number.isFinite(loss)) {
      const place = `${round(x.place(step))} ${round(y.place(loss))}`;
      path += isDown ? `L${place}` : `M${place}h0.01`;
    }
    isDown = Number.isFinite(loss);
  }
  return `<path class="curve ${kind}" d="${path}"/>`;
}

/** Stretches of a long run that are drawn by their least and their largest loss. */
const STRETCHES = 700;

/** At most about three points a stretch, so that a long run makes no heavy picture; peaks stay. */
function thin(points: readonly Point[]): readonly Point[] {
  if (points.length <= 2 * STRETCHES) return points;
  const size = points.length / STRETCHES;
  return Array.from({ length: STRETCHES }, (_, i) => {
    const stretch = points.slice(Math.floor(i * size), Math.floor((i + 1) * size));
    const least = stretch.reduce((a, b) => b.loss < a.loss ? b : a);
    const most = stretch.reduce((a, b) => b.loss > a.loss ? b : a);
    const gap = stretch.find(({ loss }) => !Number.isFinite(loss));
    const kept = new Set([least, most, ...gap ? [gap] : []]);
    return [...kept].sort((a, b) => a.step - b.step);
  }).flat();
}

function legend(validationLoss: number | undefined, options: LossSvgOptions): string {
  const { unigramLoss, bigramLoss } = options;
  const last = validationLoss === undefined ? "" : ` ${validationLoss.toFixed(3)}`;
  const entries = [
    ["training", "training loss", 150],
    ["validation", `validation loss${last}`, 200],
    ["unigram", `unigram ${unigramLoss.toFixed(3)}`, 160],
    ["bigram", `bigram ${bigramLoss.toFixed(3)}`, 160],
  ] as const;
  let left = PLOT.left;
  return entries.map(([kind, label, width]) => {
    const at = left;
    left += width;
    const dot = kind === "validation" ? `<circle class="dot" cx="${at + 16}" cy="58" r="3"/>` : "";
    return `<path class="curve ${kind}" d="M${at} 58h32"/>${dot}` +
      `<text x="${at + 40}" y="62">${escapeXml(label)}</text>`;
  }).join("\n");
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}

const XML_ENTITIES: Readonly<Record<string, string>> = { "<": "&lt;", ">": "&gt;", "&": "&amp;" };

/** Control characters, which no XML may hold, are dropped. */
function escapeXml(text: string): string {
  // deno-lint-ignore no-control-regex
  return text.replace(/[\x00-\x1f\x7f]/g, "").replace(/[<>&]/g, (char) => XML_ENTITIES[char]);
}
