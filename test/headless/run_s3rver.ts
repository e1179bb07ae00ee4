/**
 * A process that serves S3 from a folder until it is killed; `s3_server.ts` starts it. Its packages
 * read the whole environment, which the tests' own process may not.
 *
 * @module
 */

import S3rver from "s3rver";
import { print } from "../print.ts";

const [directory, bucket] = Deno.args;
const server = new S3rver({
  address: "127.0.0.1",
  port: 0,
  silent: true,
  directory,
  configureBuckets: [{ name: bucket }],
});
const { port } = await server.run();
print(`http://127.0.0.1:${port}`);
