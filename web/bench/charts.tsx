/**
 * Bars of what was measured beside known cards. Their lengths are SVG attributes: the page's policy
 * allows no inline style.
 *
 * @module
 */

import type { JSX } from "preact";
import type { Bar, Chart } from "./comparison.ts";
import { rate, share } from "./rates.ts";

/** See the module. */
export function Charts({ charts }: { charts: readonly Chart[] }): JSX.Element | null {
  if (charts.length === 0) return null;
  return (
    <section aria-labelledby="charts-title">
      <h2 id="charts-title">Against known cards</h2>
      <div class="charts">
        {charts.map((chart) => <ChartTable key={chart.title} chart={chart} />)}
      </div>
    </section>
  );
}

function ChartTable({ chart: { title, unit, source, bars } }: { chart: Chart }): JSX.Element {
  const most = Math.max(...bars.map(({ perSecond }) => perSecond));
  return (
    <div>
      <table class="bars">
        <caption>{title}</caption>
        <thead class="hidden">
          <tr>
            <th scope="col">card</th>
            <th scope="col">rate</th>
            <th scope="col">beside the fastest here</th>
          </tr>
        </thead>
        <tbody>
          {bars.map((bar) => (
            <tr key={bar.label} class={bar.of}>
              <th scope="row">{bar.label}</th>
              <td>{rate(bar.perSecond, unit)}</td>
              <td>
                <BarLine bar={bar} most={most} />
                <span class="hidden">{share(bar.perSecond / most)}</span>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <p class="soft source">{source}</p>
    </div>
  );
}

function BarLine({ bar: { perSecond }, most }: { bar: Bar; most: number }): JSX.Element {
  return (
    <svg viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">
      <rect width={100 * perSecond / most} height={10} />
    </svg>
  );
}
