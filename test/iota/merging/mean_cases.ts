/**
 * Weighted means as PyTorch 2.13.0 takes them on a CPU: products, running sums and the quotient in
 * float32, then one rounding. Vectors are raw little-endian elements in hex.
 *
 * Made by `_merge_models` of macrocosm-os/iota @ 56aee24 step by step: `x.to(float32) * weight`, then
 * `+=` of the next, `/=` of the weights' sum, `to(dtype)`.
 *
 * @module
 */

import type { WeightsDtype } from "../../../core/iota/orchestrator/settings.ts";

/** One mean. */
export interface MeanCase {
  readonly name: string;
  readonly dtype: WeightsDtype;
  readonly weights: readonly number[];
  readonly vectors: readonly string[];
  readonly mean: string;
}

/** Random data of several sizes; then zeros of both signs, ties, overflow and subnormal numbers. */
export const MEAN_CASES: readonly MeanCase[] = [
  {
    name: "1 vector of about 0.02",
    dtype: "bfloat16",
    weights: [11],
    vectors: [
      "ebbb0bbda6bc6b3bc43c8fbccf3cb63c2bbbbb3ca2bcf53cb2bc43bcacbb373c",
    ],
    mean: "ebbb0bbda6bc6b3bc43c8fbccf3cb63c2bbbbb3ca2bcf53cb2bc43bcacbb373c",
  },
  {
    name: "2 vectors of about 0.02",
    dtype: "bfloat16",
    weights: [11, 11],
    vectors: [
      "003d193d463c86bc033d68ba323cd93c983cc3ba9ebc0e3b863d39bcbf3a383c",
      "2fbd49bc4abc27bd12bc23bc233d02bdcd3bd33b4ebc70bb9dbcc0ba5d3c313d",
    ],
    mean: "bcbb4e3c00b9eabc3d3cb2bbd03c2cbb4b3c223b82bc44babe3cd1bbf53bdf3c",
  },
  {
    name: "4 vectors of about 0.02",
    dtype: "bfloat16",
    weights: [11, 9, 12, 1],
    vectors: [
      "ed3cf2bbf33ccf3bc73aa5bc8fbc083c0f3c13bc39bc92bc00bd8f3cab3a923c",
      "92bc0b3c8c3c01bdaa3b4e3c813c1abc50bcbe3ba53c423d14bd2cbc2b3cee3c",
      "0fbc8f3cec3accbc133d9f3c31bcad3c83bc3c3c1bba79bc103d34bca2bbb8bb",
      "2dbcde3cb03c4abb243c0abd4dbc31bc373c47bc103cd1bcb4bcd93c51bc4ebb",
    ],
    mean: "a93ae63b823c80bc7a3c343bbfbbf83bc6bb1d3be93a313a06bc78b9903a403c",
  },
  {
    name: "7 vectors of about 1e-06",
    dtype: "bfloat16",
    weights: [3, 1, 4, 1, 5, 9, 2],
    vectors: [
      "c9b590b5f43582b59b35b83539b5083687356c34c7b528b65ab683b5aab56c35",
      "aab5df3482b577b5ac34d2b431351d344ab516b58cb36f35ddb582335d359835",
      "64358b358935efb3a0356732acb5ce34a13514363db521345235423445b5d235",
      "93b356b59735ac31b432c8b5fdb436b58d3519b4223582b5d4344435eab56335",
      "deb303b5e2b4a5b552b5c8b592350bb60c3668b466b5e8352ab54b34a535f0b4",
      "a935dfb587b530b45135c5b42cb68bb5eb3507345833a5b49fb5dab5d535bcb4",
      "c835ad3579340eb5b6b581b3c135c9b50db403b5b9b5b2b57b34b73516b637b5",
    ],
    mean: "f43419b52cb30bb5c034b8b46ab527b5b735a9340fb522b464b505b5b2343134",
  },
  {
    name: "5 vectors of about 1000.0",
    dtype: "bfloat16",
    weights: [1000003, 7, 16777217, 1, 33333333],
    vectors: [
      "bc4402c505c5b044534427449f4370c4734395c476c459c406449c437e434244",
      "48c355c414c421c30345bf4450c243c387c4e3c4acc25a43354309c45f4447c4",
      "db441ec4854460c48742bf423c44aec36c449bc32a4561432343ba44d5433144",
      "9ec42cc15fc4eb434844f943e44452c4994467c48944a544f9c319459d447744",
      "24c3c94157c40fc415c4264486420545fac3a74410446ec39b4317c4c4443ec4",
    ],
    mean: "f94368c37dc320c4afc3ef4394439d4437c13b449c44c5c28543c942924478c3",
  },
  {
    name: "special",
    dtype: "bfloat16",
    weights: [1, 1],
    vectors: [
      "00000080803f803f627f96fe01000080803f804380bf80007f47803f00803600",
      "00800080813f80bf627f627f01000000803f8043803f80007f4780bf00003600",
    ],
    mean: "00000080803f0000807f977e01000000803f8043000080007f47000000003600",
  },
  {
    name: "special weighted",
    dtype: "bfloat16",
    weights: [3, 4],
    vectors: [
      "00000080803f803f627f96fe01000080803f804380bf80007f47803f00803600",
      "00800080813f80bf627f627f01000000803f8043803f80007f4780bf00003600",
    ],
    mean: "00000080813f12be807f807f01000000803f8043123e80007f4712be00003600",
  },
  {
    name: "2 vectors of about 0.02",
    dtype: "float32",
    weights: [11, 11],
    vectors: [
      "2d5398bacfaabd3ce0ed19bdb317513c66895d3c3a3988bc320f9c3c6471223d" +
      "0da8943c5c5aefbb61969fbbf3ac213bdd10d5bb4bfe1bbd41260f3d10864cb7",
      "2fc8aa3c5e37273ce047a1bc5c376f3cd008303ca67cf33c4ef52f3c1ed7be3c" +
      "468981bbab482dbda5a857bdae25263cbbafb7bcbd8e5a3c669608bc7eea9b3b",
    ],
    mean: "fc42213c3fa3883cd091eabc8727603c1ac9463cd786d63bd909743c7aee003d" +
      "778be83bf633cbbc709bebbcea90ce3bf1f36cbc37b54abc4f015a3c3b841b3b",
  },
  {
    name: "4 vectors of about 0.02",
    dtype: "float32",
    weights: [11, 9, 12, 1],
    vectors: [
      "c786b7bbce68213d8ed1753cdd1f003d6618043b64541c3d54fad3bc131eccbc" +
      "66e5113b2ae04a3c29ecbdbb4687cdbb74e0163cf288bdbbb434a0bcd2c5eb3c",
      "6473483d81fe1abddbb62bbda53c59bce7f1f7bb1e9c96bc53e2aab936f1153d" +
      "92a3833c5707943b7e03f3bcd7e180bcd91c25bd491b8e3cbf3216bdb8fbf53c",
      "8a662a3bac34fb3bafaa093c85c2d1bca51c5abc056a53bbfe8bedbc2d8e48bc" +
      "cd97153d209d993b401f183db53f523ccb2fbe3c0adf32bb5541183c583ef3bb",
      "2d94b23c064bcebad8eb9c3c3bef91bb07ef47bc98e4973c0952afbb44babe3c" +
      "0e2919bb263b2f3d6f3abbbc7e131d3dbd5d363bc51c7e3c910a9bbc56be0ebc",
    ],
    mean: "5366563c6b0ab63bab4137bbd0b52cbb7859d8bbbe8ce83ba9189fbcf37f07bb" +
      "fd31963c19fb083ccedb363b97f710ba4ee51d3a9673153bfdaf60bc89cd723c",
  },
  {
    name: "7 vectors of about 1e-06",
    dtype: "float32",
    weights: [3, 1, 4, 1, 5, 9, 2],
    vectors: [
      "9752d7b4adcb94b5ff72f8b44f9dadb4a900aab5b3fea1b52e3b29b4af62e835" +
      "db1b2134b44c5cb55c7d1835a3ace034cacea2b52502913300298c33552e35b5",
      "9141c7b4453425b57e7a843330de8834c4ecd834a5a3c1352c47cfb51cf62834" +
      "b28c09b5b89ffb3349d2c1b42d90c13568aecfb39c7ffbb43ff1c7b498331ab6",
      "7e59b7b546bc0235ecd969320a2885b4ea6781b31b4229b59e180036f4dcc2b4" +
      "313b0d369bc43d34a21c2635984881b59447ffb4d4a7a9353383b2b5ddfd3f34",
      "0d71d7b481987835385a8d35961089353409bab3f89889b375ff2b3555490f35" +
      "17fd8cb4bc7a85b5ce61a7b54a7f04b48e5e7db5f5752cb317dc86b4fdffb5b5",
      "b582023532715d34117e31b38357aa35499ef4338a2463b43ac2ee33da818135" +
      "71c3a1b3301a46337782f235663686b2479530b5362061b5fe9528b4add761b2",
      "4523bdb30d2caeb5617e2935d5c7f134f19de135b7dea1352493fd3519c7fcb4" +
      "8fa2c835f453263580428535a91a50b3e1cb10b557b3b9338db7cdb49abe0fb6",
      "af620b35c89033b5391c0935eb1e1535d88c1bb4f64b3db491f29e353e8f34b4" +
      "f5cf7eb4152e5b3438528135daf487b5ec3bbbb4a9fdf234d2880e35760f6635",
    ],
    mean: "dd924cb497270cb511d58634ad70e834bceffa3449fc48349d968c355c2f4934" +
      "63375e35cfe319347f407135810424b4239a25b53270c033e68bbfb45d9672b5",
  },
  {
    name: "5 vectors of about 1000.0",
    dtype: "float32",
    weights: [1000003, 7, 16777217, 1, 33333333],
    vectors: [
      "1debe6432efa0dc43e659bc4fe89cf42bf5ea7c43489cbc3c9340d44de7b2743" +
      "1afccb443c31e0c22efac0c316f91e44f32dc54426d103c2dff5ed43991a9544",
      "ad4b3644523024c489b073c41103e344fe351e43156d80c4d50c88443ce01bc5" +
      "4d85c344edd2ae43d43d79c4e4b682c498d63644d9d1acc331a8e4434f2eff43",
      "915722c4e49f394455ea48c4ebbc7fc30ca3d5bfc0126cc46a880344b6719ac4" +
      "920e90c384d297c4b6393cc44512d2431bc188433026bc43940b81c4e4844b44",
      "23066544c1e9283fc9f32cc4ef0a2ac4ac868d41eae188c270c667c305a96f44" +
      "3d0cbe44924be944a824c1c390a4e6c368e06bc4f32e5d441551cfc4c6068644",
      "657667c4d3434f4324cf464455f405440a28a24442119644a51c0cc4b93003c4" +
      "89c1b3402438ca43c59e88c37577e7448e2a05454bc31841f2828fc4c9526d44",
    ],
    mean: "57fc49c429e5b743a082664353c4854305d34c44b284e843efc135c365223ac4" +
      "a4ed6bc2961d09c3b972d8c3a1c0a94403c7bc446e1a014382ca86c4116b6344",
  },
  {
    name: "special",
    dtype: "float32",
    weights: [1, 1],
    vectors: [
      "00000000000000800000803f0000803fe6b1617f997696fec216010001000080" +
      "0000803f00008043000080bf0000800000007f470000803f00000080f7713600",
      "00000080000000800000813f000080bfe6b1617fe6b1617fc216010001000000" +
      "0000803f008080430100803f0000800000017f47000080bf00000000f7713600",
    ],
    mean: "00000000000000800080803f000000000000807f9a76967ec216010000000000" +
      "0000803f00408043000080330000800080007f470000000000000000f7713600",
  },
  {
    name: "special weighted",
    dtype: "float32",
    weights: [3, 4],
    vectors: [
      "00000000000000800000803f0000803fe6b1617f997696fec216010001000080" +
      "0000803f00008043000080bf0000800000007f470000803f00000080f7713600",
      "00000080000000800000813f000080bfe6b1617fe6b1617fc216010001000000" +
      "0000803f008080430100803f0000800000017f47000080bf00000000f7713600",
    ],
    mean: "00000000000000804992803f254912be0000807f0000807fc216010000000000" +
      "0000803f254980432949123e0000800092007f47254912be00000000f7713600",
  },
];
