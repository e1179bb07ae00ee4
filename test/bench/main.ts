/**
 * `deno task bench train` and its like: how fast this machine is, beside others on the same machine
 * in the same run. They live below `test/` because those others do.
 *
 * @module
 */

import { type CommandGroup, member, runGroupAsProcess } from "../../headless/command_group.ts";
import { axonCommand } from "./axon/command.ts";
import { chainCommand } from "./chain/command.ts";
import { challengeCommand } from "./challenge/command.ts";
import { fuzzCommand } from "./fuzz/command.ts";
import { hashCommand } from "./hash/command.ts";
import { orchestratorCommand } from "./orchestrator/command.ts";
import { powCommand } from "./pow/command.ts";
import { storeCommand } from "./store/command.ts";
import { swarmCommand } from "./swarm/command.ts";
import { trainCommand } from "./train/command.ts";

const benchGroup: CommandGroup = {
  name: "bench",
  summary: "Measures this machine, beside others in the same run.",
  members: [
    member("bench", trainCommand),
    member("bench", hashCommand),
    member("bench", powCommand),
    member("bench", chainCommand),
    member("bench", orchestratorCommand),
    member("bench", storeCommand),
    member("bench", swarmCommand),
    member("bench", axonCommand),
    member("bench", fuzzCommand),
    member("bench", challengeCommand),
  ],
};

if (import.meta.main) await runGroupAsProcess(benchGroup);
