/**
 * `deno task orchestrate`: the orchestrator of a swarm.
 *
 * @module
 */

import { runAsProcess } from "./command.ts";
import { orchestrateCommand } from "./orchestrate/command.ts";
import { processOrchestrateSystem } from "./orchestrate/process_system.ts";

if (import.meta.main) await runAsProcess(orchestrateCommand(processOrchestrateSystem()));
