/**
 * The benchmark page.
 *
 * @module
 */

import { render } from "preact";
import { App } from "./app.tsx";
import { lookForGpu, readSentResult } from "./bench.ts";

const root = document.getElementById("page");
if (root === null) throw new Error("the page has no place for its content");
root.textContent = "";
readSentResult();
addEventListener("hashchange", readSentResult);
render(<App />, root);
void lookForGpu();
