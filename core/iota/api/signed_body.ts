/**
 * Bodies of a model as Python has them: what is signed tells `2` from `2.0`, and JavaScript does not,
 * but the model says which it is.
 *
 * @module
 */

import * as v from "valibot";
import { type PythonData, PythonFloat } from "../../formats/python_json.ts";

/** A step of a pipe; its first is a schema, which may have a pipe of its own. */
interface PipeItem {
  readonly type: string;
  readonly pipe?: readonly PipeItem[];
}

/** A schema, and what it may be made of. */
interface Schema extends v.GenericSchema {
  readonly entries?: Readonly<Record<string, Schema>>;
  readonly item?: Schema;
  readonly value?: Schema;
  readonly wrapped?: Schema;
  readonly options?: readonly (Schema | string)[];
  readonly pipe?: readonly PipeItem[];
}

/**
 * A model's content as Python has it: a number is a float unless its schema wants a whole one.
 *
 * @param value what the schema gave, with every field
 */
export function asPython(schema: Schema, value: unknown): PythonData {
  if (value === null || typeof value === "string" || typeof value === "boolean") return value;
  if (schema.wrapped !== undefined) return asPython(schema.wrapped, value);
  if (schema.type === "union") return asPython(fittingOption(schema, value), value);
  if (typeof value === "number") return isWhole(schema) ? value : new PythonFloat(value);
  const { item, entries, value: member } = schema;
  if (Array.isArray(value) && item !== undefined) return value.map((one) => asPython(item, one));
  if (typeof value === "object" && value !== null) {
    const fields = Object.entries(value).map(([key, one]) => {
      const field = entries?.[key] ?? member;
      if (field === undefined) throw new TypeError(`the schema has no field ${key}`);
      return [key, asPython(field, one)] as const;
    });
    return Object.fromEntries(fields);
  }
  throw new TypeError(`a ${schema.type} is not known here`);
}

function isWhole({ pipe = [] }: PipeItem): boolean {
  return pipe.some((item) => item.type === "integer" || isWhole(item));
}

function fittingOption(schema: Schema, value: unknown): Schema {
  for (const option of schema.options ?? []) {
    if (typeof option !== "string" && v.is(option, value)) return option;
  }
  throw new TypeError("the value is of none of the union's kinds");
}
