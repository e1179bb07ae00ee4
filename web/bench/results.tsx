/**
 * The tables of a result.
 *
 * @module
 */

import type { JSX } from "preact";
import { hashMode } from "../../core/hash/modes.ts";
import { type Variant, VARIANTS } from "../../core/hash/search_engine.ts";
import { bytes, count, threeDigits } from "../page/format.ts";
import { memoryRate, shareOf } from "./comparison.ts";
import { rate, share } from "./rates.ts";
import type { HashRow, ProductRow, Result, StepResult } from "./result.ts";

/** See the module. */
export function Results({ result }: { result: Result }): JSX.Element {
  return (
    <>
      <Device result={result} />
      {result.hashes.length > 0 && <Hashes result={result} />}
      {result.bandwidth.length > 0 && <Memory result={result} />}
      {result.products.length > 0 && <Products result={result} />}
      {result.attention.length > 0 && <Attention result={result} />}
      {result.step && <Step step={result.step} flops={result.bounds.flopsPerSecond} />}
    </>
  );
}

function Device({ result }: { result: Result }): JSX.Element {
  const { adapter, browser, cores, rounds, bounds } = result;
  const memory = memoryRate(result);
  const facts: [label: string, value: string][] = [
    ["GPU", adapter?.name ?? "none"],
    ["browser", browser],
    ["processor", `${count(cores)} cores`],
    ["rounds", count(rounds)],
  ];
  const { operationsPerSecond, flopsPerSecond } = bounds;
  if (operationsPerSecond) facts.push(["integer bound", rate(operationsPerSecond, "operations")]);
  if (flopsPerSecond) facts.push(["f32 bound", rate(flopsPerSecond, "flops")]);
  if (memory) facts.push(["memory", rate(memory, "bytes")]);
  return (
    <section aria-labelledby="device-title">
      <h2 id="device-title">Device and bounds</h2>
      <dl class="facts">
        {facts.map(([label, value]) => (
          <div key={label}>
            <dt>{label}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <p class="soft">
        The bounds are measured too: arithmetic that stays in registers. A share is the part of one
        that a kernel reaches.
        {adapter?.isSoftware &&
          " This is a software adapter: the browser computes on the processor."}
      </p>
    </section>
  );
}

function Hashes({ result: { hashes } }: { result: Result }): JSX.Element {
  const variants = VARIANTS.filter((variant) => hashes.some((row) => row.variant === variant));
  const searches = Map.groupBy(hashes, ({ mode, length }) => `${mode} ${length}`);
  return (
    <Table
      title="Password search"
      note={"Candidates a second, and the share of the adapter's integer bound; mode 610 is that of " +
        "the compute network's challenges."}
      columns={["mode", "hash", "length", ...variants.flatMap((variant) => hashColumns(variant))]}
      rows={[...searches.values()].map((rows) => [
        String(rows[0].mode),
        hashMode(rows[0].mode).name,
        String(rows[0].length),
        ...variants.flatMap((variant) => hashCells(variant, rows)),
      ])}
    />
  );
}

/** WebAssembly runs on the processor, which has no bound of its own here. */
function hashColumns(variant: Variant): string[] {
  return variant === "wasm" ? [variant] : [variant, "share"];
}

function hashCells(variant: Variant, rows: readonly HashRow[]): string[] {
  const row = rows.find((row) => row.variant === variant);
  const cells = [row ? rate(row.perSecond, "hashes") : "–", share(row?.share)];
  return cells.slice(0, hashColumns(variant).length);
}

function Memory({ result }: { result: Result }): JSX.Element {
  return (
    <Table
      title="Memory"
      note="A buffer copied by a kernel; bytes read and written together."
      columns={["size", "rate"]}
      rows={result.bandwidth.map((
        row,
      ) => [bytes(row.sizeBytes), rate(row.bytesPerSecond, "bytes")])}
    />
  );
}

function Products({ result: { products, bounds } }: { result: Result }): JSX.Element {
  const shapes = Map.groupBy(products, ({ label, M, N, K }) => `${label} ${M} ${N} ${K}`);
  const cells = (rows: readonly ProductRow[], variant: ProductRow["variant"]): string[] => {
    const perSecond = rows.find((row) => row.variant === variant)?.flopsPerSecond ?? NaN;
    return [rate(perSecond, "flops"), share(shareOf(perSecond, bounds.flopsPerSecond))];
  };
  return (
    <Table
      title="Matrix products"
      note={"f32, rows x columns x sums, by kernel, with the share of the f32 bound: products of a " +
        "training step, and square ones."}
      columns={["product", "shape", "direct", "share", "tiled", "share"]}
      rows={[...shapes.values()].map((rows) => [
        rows[0].label,
        `${rows[0].M} x ${rows[0].N} x ${rows[0].K}`,
        ...cells(rows, "direct"),
        ...cells(rows, "tiled"),
      ])}
    />
  );
}

function Attention({ result }: { result: Result }): JSX.Element {
  const bound = result.bounds.flopsPerSecond;
  return (
    <Table
      title="Attention"
      note="f32, causal: samples x tokens x heads x channels of a head."
      columns={["shape", "forward", "share", "backward", "share"]}
      rows={result.attention.map((row) => [
        `${row.B} x ${row.T} x ${row.NH} x ${row.HD}`,
        rate(row.forwardFlopsPerSecond, "flops"),
        share(shareOf(row.forwardFlopsPerSecond, bound)),
        rate(row.backwardFlopsPerSecond, "flops"),
        share(shareOf(row.backwardFlopsPerSecond, bound)),
      ])}
    />
  );
}

function Step({ step, flops }: { step: StepResult; flops: number | null }): JSX.Element {
  const { model, batches, batch, seq, steps, stepMs, gpuMs, phases } = step;
  const ms = (value: number): string => `${threeDigits(value)} ms`;
  return (
    <Table
      title="A training step"
      note={`Model ${model}, ${count(batches)} batches of ${count(batch)} x ${
        count(seq)
      } tokens, ` +
        `the mean of ${count(steps)} steps.`}
      columns={["measure", "value"]}
      rows={[
        ["optimizer step", ms(stepMs)],
        ["of it on the GPU", ms(gpuMs)],
        ["forward, loss", `${ms(phases.forward)}, ${ms(phases.loss)}`],
        ["backward, optimizer", `${ms(phases.backward)}, ${ms(phases.optimizer)}`],
        ["training", `${count(step.tokensPerSecond)} tokens/s`],
        ["rate", rate(step.flopsPerSecond, "flops")],
        [
          "share of the matmul rate",
          share(shareOf(step.flopsPerSecond, step.matmulFlopsPerSecond)),
        ],
        ["share of the f32 bound", share(shareOf(step.flopsPerSecond, flops))],
      ]}
    />
  );
}

/** A table in a section of its own, which scrolls sideways where it is too wide. */
function Table({ title, note, columns, rows }: {
  title: string;
  note: string;
  columns: readonly string[];
  rows: readonly (readonly string[])[];
}): JSX.Element {
  const id = `table-${title.toLowerCase().replaceAll(" ", "-")}`;
  return (
    <section aria-labelledby={id}>
      <h2 id={id}>{title}</h2>
      <p class="soft">{note}</p>
      <div class="wide" tabIndex={0} role="region" aria-label={`${title}, table`}>
        <table>
          <thead>
            <tr>{columns.map((column, at) => <th key={at} scope="col">{column}</th>)}</tr>
          </thead>
          <tbody>
            {rows.map((row, index) => (
              <tr key={index}>{row.map((cell, at) => <td key={at}>{cell}</td>)}</tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
