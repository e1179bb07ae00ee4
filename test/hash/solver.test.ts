/**
 * The queue of searches: on engines without a device and a clock of their own, then on the GPU. A
 * software adapter compiles a kernel for seconds, so that what needs it is in one file. Those that
 * lose the device come last.
 *
 * @module
 */

import "./solver_result_cases.ts";
import "./solver_queue_cases.ts";
import "./solver_stop_cases.ts";
import "./solver_loss_cases.ts";
import "./solver_gpu_cases.ts";
