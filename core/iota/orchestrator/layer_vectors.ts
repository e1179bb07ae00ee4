/**
 * How long the vectors of a layer are that travel in a merge.
 *
 * @module
 */

import { stageShape } from "../../model/config.ts";
import { parameterShapes } from "../../reference/stage_shape.ts";
import { type PerVector, perVector, type VectorKind } from "../merging/chunk_merge.ts";
import { ITEM_BYTES, type VectorLayout } from "../merging/vector_metadata.ts";
import type { TrainingSettings } from "./settings.ts";

/** Elements of the optimizer state for each of the weights: both moments. */
const ELEMENTS: Readonly<Record<VectorKind, number>> = { weights: 1, optimizer_state: 2 };

/** Parameters of a layer. */
export function parametersOfLayer({ model }: TrainingSettings, layer: number): number {
  return parameterShapes(stageShape(model, model.splits[layer], 1, 1))
    .reduce((sum, { dims }) => sum + dims.reduce((product, dim) => product * dim, 1), 0);
}

/** How the vectors of a layer are cut in a merge. */
export function vectorLayouts(
  settings: TrainingSettings,
  layer: number,
  numSections: number,
): PerVector<VectorLayout> {
  const parameters = parametersOfLayer(settings, layer);
  return perVector((kind) => ({
    dtype: settings.weightsDtype,
    numElements: parameters * ELEMENTS[kind],
    numSections,
  }));
}

/** Bytes of a layer's weights and optimizer state. */
export function layerBytes(settings: TrainingSettings, layer: number): number {
  return 3 * parametersOfLayer(settings, layer) * ITEM_BYTES[settings.weightsDtype];
}
