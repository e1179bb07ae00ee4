/**
 * The curve of the loss, with that of validation and the losses of two counting tables to beat.
 *
 * @module
 */

import { useSignalEffect } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import UPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import { threeDigits } from "./format.ts";
import { started, steps } from "./node.ts";

const HEIGHT = 280;
/** There is no half step. */
const STEP_INCREMENTS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000];

/** See the module. */
export function LossChart(): JSX.Element {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<UPlot>(null);
  useEffect(() => {
    const element = place.current;
    if (element === null) return;
    const chart = new UPlot(chartOptions(element), chartData(), element);
    plot.current = chart;
    const resized = new ResizeObserver(() => {
      chart.setSize({ width: element.clientWidth, height: HEIGHT });
    });
    resized.observe(element);
    const dark = matchMedia("(prefers-color-scheme: dark)");
    const redraw = (): void => chart.redraw();
    dark.addEventListener("change", redraw);
    return () => {
      dark.removeEventListener("change", redraw);
      resized.disconnect();
      chart.destroy();
      plot.current = null;
    };
  }, []);
  useSignalEffect(() => {
    const data = chartData();
    plot.current?.setData(data);
  });
  return (
    <>
      <p class="legend">
        <span class="training">training</span>
        <span class="validation">validation</span>
        <span class="table-loss">table of letter pairs, to beat</span>
      </p>
      <div ref={place} class="chart" role="img" aria-label={summary()} />
    </>
  );
}

/** Rows that uPlot draws: step, training loss, validation loss, bigram loss. */
function chartData(): UPlot.AlignedData {
  const all = steps.value;
  const bigram = started.value?.bigramLoss;
  return [
    all.map(({ step }) => step),
    all.map(({ loss }) => Number.isFinite(loss) ? loss : null),
    all.map(({ validationLoss }) => validationLoss ?? null),
    all.map(() => bigram ?? null),
  ];
}

function chartOptions(element: HTMLElement): UPlot.Options {
  const color = (name: string) => (): string =>
    getComputedStyle(element).getPropertyValue(`--${name}`);
  const axis = { stroke: color("soft"), grid: { stroke: color("grid"), width: 1 }, ticks: {} };
  return {
    ...{ width: element.clientWidth, height: HEIGHT, legend: { show: false } },
    cursor: { drag: { x: false, y: false } },
    scales: { x: { time: false } },
    axes: [{ ...axis, label: "step", incrs: STEP_INCREMENTS }, { ...axis, label: "nats a token" }],
    series: [
      {},
      { label: "training", stroke: color("accent"), width: 1.5, points: { show: false } },
      {
        ...{ label: "validation", stroke: color("validation"), width: 2, spanGaps: true },
        points: { show: true, size: 6 },
      },
      {
        ...{ label: "letter pairs", stroke: color("soft"), width: 1, dash: [6, 5] },
        points: { show: false },
      },
    ],
  };
}

/** The chart for who does not see it. */
function summary(): string {
  const all = steps.value;
  const [first, last] = [all[0], all.at(-1)];
  if (!first || !last) return "No step yet";
  return `Loss from ${threeDigits(first.loss)} at step ${first.step} to ` +
    `${threeDigits(last.loss)} at step ${last.step}`;
}
