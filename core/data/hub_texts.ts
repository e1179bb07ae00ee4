/**
 * The texts of a dataset on the hub, in random order and without an end: a file at random, in it a
 * group of rows at random.
 *
 * The published miner shuffles a buffer at the dataset's begin; here every miner begins elsewhere,
 * so that two do not train on the same text.
 *
 * @module
 */
import { parquetMetadataAsync, parquetReadObjects } from "hyparquet";
import { compressors } from "hyparquet-compressors";
import * as v from "valibot";
import { WeftError } from "../errors.ts";
import type { Hub } from "./hub.ts";
import { seededRandom } from "./random.ts";

/** Which texts to read. */
export interface HubTextsOptions {
  readonly dataset: string;
  /** @default {"default"} */
  readonly config?: string;
  /** @default {"train"} */
  readonly split?: string;
  readonly seed: number;
}

const Rows = v.array(v.object({ text: v.string() }));

/**
 * See the module.
 * @throws {WeftError} if the hub does not give the dataset, or its rows have no `text`
 */
export async function* hubTexts(hub: Hub, options: HubTextsOptions): AsyncGenerator<string, never> {
  const { dataset, config = "default", split = "train", seed } = options;
  const random = seededRandom(seed);
  const files = await hub.parquetFiles(dataset, config, split);
  for (;;) {
    const file = await hub.rangeFile(files[Math.floor(random() * files.length)]);
    const metadata = await parquetMetadataAsync(file);
    const groups = metadata.row_groups.map(({ num_rows }) => Number(num_rows));
    const chosen = Math.floor(random() * groups.length);
    const rowStart = groups.slice(0, chosen).reduce((sum, rows) => sum + rows, 0);
    const rowEnd = rowStart + groups[chosen];
    const rows = v.safeParse(
      Rows,
      await parquetReadObjects({
        file,
        metadata,
        columns: ["text"],
        rowStart,
        rowEnd,
        compressors,
      }),
    );
    if (!rows.success) throw new WeftError(`the rows of ${dataset} have no column text`);
    for (const { text } of rows.output) yield text;
  }
}
