/**
 * The page: shows at once what it is, then looks for the GPU.
 *
 * @module
 */

import { render } from "preact";
import { App } from "./app.tsx";
import { lookAfterPower } from "./awake.ts";
import { measureAdapter } from "./node.ts";

const root = document.getElementById("page");
if (root === null) throw new Error("the page has no place for its content");
root.textContent = "";
render(<App />, root);
lookAfterPower();
void measureAdapter();
