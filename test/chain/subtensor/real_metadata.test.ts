/**
 * Tests of reads with the metadata of a real runtime, spec 218, and values made by hand.
 *
 * @module
 */

import { test, testWhere } from "#test";
import { assert } from "chai";
import { newestState } from "../../../core/chain/subtensor/chain_state.ts";
import { METAGRAPH_ROUTES } from "../../../core/chain/subtensor/metagraph.ts";
import { readPowTask } from "../../../core/chain/subtensor/pow_task.ts";
import { readSubnet } from "../../../core/chain/subtensor/subnets.ts";
import { MadeChain } from "./made_chain.ts";
import { noMetadata, readMetadata } from "./metadata_api.ts";
