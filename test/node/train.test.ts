/**
 * Miners, networks and the training node. A software adapter compiles their kernels for seconds, so
 * all these tests are in one file, which compiles once. Those that lose the device come last.
 *
 * @module
 */

import "../bench/direct_network/direct_miner_cases.ts";
import "../bench/direct_network/direct_network_cases.ts";
import "./resume_cases.ts";
import "./refusal_cases.ts";
import "./skip_cases.ts";
import "./device_loss_cases.ts";
