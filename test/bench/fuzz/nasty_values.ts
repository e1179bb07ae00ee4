/**
 * Values, paths and headers that somebody might trip over.
 *
 * @module
 */

/** JSON texts in the place of a value. */
export const NASTY_JSON: readonly string[] = [
  ...[
    "null",
    "true",
    "0",
    "-0",
    "1",
    "-1",
    "1.5",
    "1e999",
    "-1e999",
    "1e-999",
    "1e9",
    "1000000000",
  ],
  ...["9007199254740993", "12345678901234567890", "9".repeat(400), "9".repeat(20_000), "[]", "{}"],
  ...['""', '"\\u0000"', '"\\ud800"', '"\\u202e"', '"0x10"', '"1_000"', '" 7 "', '"None"', "NaN"],
  ...["Infinity", "'a'", "[[[[1]]]]", "[".repeat(100_000), `${"[".repeat(40)}1${"]".repeat(40)}`],
  ...['"?1"', '"??"', '"?"', '"?5"', '"abc"', '"a?1"', '"?a?a?a?a?a?a?a?a"', '"?1?1?1?1?1?1?1?1"'],
  ...['":"', '"a:b"', '"?:\\u00e9"', '"\\ud83d\\ude00\\u4e2d"', '"a\\r\\nb"', '"610"', '"600"'],
  ...[
    '"99999"',
    '"--help"',
    '"$BLAKE2$"',
    `"$BLAKE2$${"0".repeat(127)}"`,
    '"$6$"',
    '"/etc/passwd"',
  ],
  ...[`"$BLAKE2$${"0".repeat(128)}:x"`, `"${"0".repeat(64)}"`, `"${"z".repeat(100_000)}"`],
  ...['{"__proto__": {"a": 1}}', '{"constructor": null}', '{"a": 1, "a": 2}', "[1, 2, 3]"],
  ...[
    '"-----BEGIN PUBLIC KEY-----\\nMIIB\\n-----END PUBLIC KEY-----\\n"',
    '"on"',
    '"ssh-rsa AAAA"',
  ],
];

/** Texts in the place of a header's value. */
export const NASTY_HEADERS: readonly string[] = [
  ...[
    "",
    "0",
    "-1",
    "1.5",
    "1e999",
    "NaN",
    "None",
    "null",
    "true",
    "0x10",
    "1_000",
    "9".repeat(70),
  ],
  ...["9".repeat(4_000), "9007199254740993", "18446744073709551616", "a, b", "\u00ff\u00fe", "%00"],
  ...["5Grw", `5${"x".repeat(47)}`, "0x", `0x${"0".repeat(128)}`, `0x${"f".repeat(128)}`, "W10="],
  ...["\xc3\xa9", "x".repeat(3_000), "x".repeat(20_000), "soon", "../..", "<script>", "{}", "\t"],
];

/** Targets in the place of a path. */
export const NASTY_PATHS: readonly string[] = [
  ...["/", "//", "/Nope", "/challenge", "/Challenge/", "/Challenge/x", "/Challenge?a=b", "*"],
  ...["/Challenge%20", "/%", "/%zz", "/%00", "/%ff%fe", "/%E2%98%83", "/%F0%9F%98%80", "/a b"],
  ...["/__proto__", "/constructor", "/toString", "/../../etc/passwd", "http://other/Synapse", "x"],
  ...[
    `/${"a".repeat(2_000)}`,
    `/${"%e2%98%83".repeat(500)}`,
    `/${"a".repeat(17_000)}`,
    "/\u00ff",
    "",
  ],
];

/** Methods in the place of POST. A HEAD is answered without its body, which is of no use here. */
export const NASTY_METHODS: readonly string[] = [
  ...[
    "GET",
    "PUT",
    "DELETE",
    "OPTIONS",
    "PATCH",
    "TRACE",
    "FOO",
    "post",
    "CONNECT",
    "",
    "POST POST",
  ],
];

/** What is no request at all. */
export const GARBAGE: readonly string[] = [
  ...[
    "\0\0\0\r\n\r\n",
    "\r\n\r\n\r\n",
    "GET /\r\n\r\n",
    "GET / HTTP/9.9\r\n\r\n",
    "HTTP/1.1 200\r\n\r\n",
  ],
  ...[
    "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    "{}",
    "\xff",
  ],
  ...[
    "POST /Synapse HTTP/1.1\r\n",
    "POST /Synapse HTTP/1.1\r\nhost: a\r\n x\r\n\r\n",
    "A".repeat(70_000),
  ],
  ...["POST / HTTP/1.1\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nabcdef"],
  ...["POST /Synapse HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n"],
  ...[
    "POST /Synapse HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\nffffffffffffffff\r\na",
  ],
  ...["POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\ncontent-length: 3\r\n\r\nabc"],
];
