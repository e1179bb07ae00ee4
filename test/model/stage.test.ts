/**
 * Whole stages on the device. A software adapter compiles their kernels for seconds, so all these
 * tests are in one file, which compiles once.
 *
 * @module
 */

import "./golden_check_cases.ts";
import "./training_cases.ts";
import "./split_cases.ts";
