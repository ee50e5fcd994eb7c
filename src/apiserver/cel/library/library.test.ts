import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Activation } from '../interpret.ts';
import { program, scopeOf } from '../program.ts';
import { map, STRING, scalar } from '../types.ts';

const variables: [string, ReturnType<typeof scalar>][] = [
  ['d', scalar('dyn')],
  ['labels', map(STRING, STRING)],
];
const values: [string, unknown][] = [
  ['d', new Map<string, unknown>([['a', 1n]])],
  ['labels', new Map([['app', 'x']])],
];
const evaluate = (text: string) => program(text, scopeOf(variables)).run(new Activation(values, 100_000));

/** Every row is true. */
const truths: Record<string, string[]> = {
  operators: [
    '1 + 2 * 3 == 7 && 7 / 2 == 3 && -7 / 2 == -3 && -7 % 3 == -1',
    '1 < 2.5 && 2u > 1 && 1.5 <= 2u',
    '[1, 2] + [3] == [1, 2, 3]',
    '"a" in ["a"] && "app" in labels && !("b" in labels)',
    'd.a == 1 && d["a"] == 1 && d.a == 1.0',
    'b"ab" + b"c" == b"abc" && "ab" + "c" == "abc"',
    'true || 1 / 0 == 1',
    '(1 / 0 == 1 && false) == false',
  ],
  conversions: [
    'int("42") == 42 && int(3.9) == 3 && int(7u) == 7 && double("1.5") == 1.5',
    'string(1.5) == "1.5" && string(true) == "true" && string(b"x") == "x" && bool("true")',
    'uint("3") == 3u && type(1) == int && type("") == string && type([]) == list',
    'string(duration("90m")) == "5400s"',
    'string(timestamp("2024-01-02T03:04:05.5Z")) == "2024-01-02T03:04:05.5Z"',
  ],
  time: [
    'duration("1h30m").getMinutes() == 90 && duration("1.5s").getMilliseconds() == 1500',
    'timestamp("2024-03-01T00:00:00Z").getDayOfYear() == 60',
    'timestamp("2024-03-01T23:30:00Z").getDate("Asia/Tokyo") == 2 && timestamp("2024-03-01T00:00:00Z").getMonth() == 2',
    'timestamp("2024-01-02T00:00:00Z") - timestamp("2024-01-01T00:00:00Z") == duration("24h")',
    'timestamp("2024-01-01T10:00:00Z").getHours("-02:30") == 7',
  ],
  strings: [
    '"tacocat".charAt(3) == "o" && "tacocat".indexOf("c", 3) == 4 && "tacocat".lastIndexOf("c") == 4',
    '["a", "b"].join("-") == "a-b" && "aBc".lowerAscii() == "abc" && "aBc".upperAscii() == "ABC"',
    '"a,b,c".split(",", 2) == ["a", "b,c"] && "hello hello".replace("he", "we", 1) == "wello hello"',
    '"tacocat".substring(4) == "cat" && "tacocat".substring(0, 4) == "taco" && "  a ".trim() == "a"',
    '"%s-%d %.1f %x".format(["a", 1, 2.5, 255]) == "a-1 2.5 ff" && "%s".format([[1, 2]]) == "[1, 2]"',
    '"abc".contains("b") && "abc".startsWith("a") && "abc".endsWith("c") && strings.quote("a") == "\\"a\\""',
    'size("héé") == 3 && "aé".size() == 2',
  ],
  edges: [
    'type(null) == null_type',
    '"%.0f %d %s".format([2.5, double("NaN"), [1, "a", {"k": null}]]) == "2 NaN [1, a, {k: null}]"',
    '"\\u180etext\\u200b\\u3000".trim() == "\\u180etext\\u200b" && strings.quote("a\\a\\v") == "\\"a\\\\a\\\\v\\""',
  ],
  regex: [
    '"abc 123".find("[0-9]+") == "123" && "123 abc 456".findAll("[0-9]+") == ["123", "456"]',
    '"1 2 3".findAll("[0-9]", 2) == ["1", "2"] && "none".find("[0-9]") == ""',
    '"FOO".matches("(?i)foo") && "a\\n".matches("a.") == false && matches("ab", "^a")',
  ],
  lists: [
    '[1, 2].isSorted() && !["b", "a"].isSorted() && [1, 3].sum() == 4 && [1.5, 0.5].sum() == 2.0',
    '[3, 1].min() == 1 && ["a", "b"].max() == "b" && [1, 2, 2].indexOf(2) == 1 && [1, 2, 2].lastIndexOf(2) == 2',
    '[duration("1s"), duration("2s")].sum() == duration("3s")',
    '[1, 2, 2].distinct() == [1, 2] && [3, 1, 2].sort() == [1, 2, 3] && [1, 2].reverse() == [2, 1]',
    '[1, 2, 3].slice(1, 2) == [2] && [1, 2].first().value() == 1 && [1, 2].last().value() == 2 && lists.range(2) == [0, 1]',
    '[[1], [2, 3]].flatten() == [1, 2, 3]',
  ],
  sets: [
    'sets.contains([1, 2], [2]) && !sets.contains([1], [2])',
    'sets.equivalent([1, 2, 2], [2, 1]) && sets.intersects([1], [1, 2]) && !sets.intersects([1], [2])',
  ],
  urls: [
    'isURL("https://a.b:80/p?q=1&q=2") && !isURL("../relative") && url("https://a.b:80/p").getPort() == "80"',
    'url("https://a.b:80/p d").getEscapedPath() == "/p%20d" && url("https://[::1]:80/").getHostname() == "::1"',
    'url("https://a.b/?q=1&q=2").getQuery() == {"q": ["1", "2"]} && url("/p").getScheme() == "" && url("http://h:1/").getHost() == "h:1"',
  ],
  quantities: [
    'isQuantity("1.5Gi") && !isQuantity("Three") && quantity("500m") == quantity("0.5")',
    'quantity("1Gi").isGreaterThan(quantity("1000Mi")) && quantity("1").isLessThan(quantity("2")) && quantity("50k").asInteger() == 50000',
    'quantity("1").add(quantity("2")).sub(1) == quantity("2") && quantity("-1").sign() == -1 && quantity("1").compareTo(quantity("2")) == -1',
    '!quantity("500m").isInteger() && quantity("500m").asApproximateFloat() == 0.5',
  ],
  ips: [
    'isIP("::1") && !isIP("1.2.3") && !isIP("::ffff:1.2.3.4") && ip("127.0.0.1").isLoopback() && ip("::1").family() == 6',
    'ip.isCanonical("2001:db8::1") && !ip.isCanonical("2001:DB8::1") && string(ip("2001:db8:0:0:1:0:0:1")) == "2001:db8::1:0:0:1"',
    'ip("0.0.0.0").isUnspecified() && ip("224.0.0.1").isLinkLocalMulticast() && ip("fe80::1").isLinkLocalUnicast() && ip("8.8.8.8").isGlobalUnicast()',
    'isCIDR("10.0.0.0/8") && cidr("10.0.0.0/8").containsIP("10.1.2.3") && cidr("10.0.0.0/8").containsCIDR("10.1.0.0/16")',
    'cidr("10.1.2.3/8").masked() == cidr("10.0.0.0/8") && cidr("10.1.2.3/8").prefixLength() == 8 && cidr("10.1.2.3/8").ip() == ip("10.1.2.3")',
    'string(ip("::")) == "::" && string(ip("1::")) == "1::" && string(ip("::1")) == "::1" && string(cidr("::/0")) == "::/0"',
  ],
  formats: [
    '!format.dns1123Label().validate("abc").hasValue() && format.dns1123Label().validate("A_").hasValue()',
    'format.named("dns1123Subdomain").hasValue() && !format.named("nope").hasValue()',
    'format.uuid().validate("x").value().size() == 1 && !format.qualifiedName().validate("a.b/c").hasValue()',
  ],
  semvers: [
    'isSemver("1.2.3-rc.1") && !isSemver("v1.0") && isSemver("v1.0", true) && semver("1.2.3").minor() == 2',
    'semver("1.0.0-alpha").isLessThan(semver("1.0.0")) && semver("1.10.0").isGreaterThan(semver("1.9.0"))',
    'semver("1.0.0-alpha.1").compareTo(semver("1.0.0-alpha.beta")) == -1 && semver("01.01", true) == semver("1.1.0") && semver("1.2.3").major() == 1 && semver("1.2.3").patch() == 3',
  ],
  optionals: [
    'd.?a.hasValue() && !d.?b.hasValue() && d.?b.orValue(5) == 5 && d.?b.c.orValue(6) == 6',
    'optional.of(1).or(optional.none()).value() == 1 && !optional.ofNonZeroValue(0).hasValue()',
    'd.?a.optMap(v, v + 1).orValue(0) == 2 && labels[?"app"].optFlatMap(v, optional.of(v + "!")).value() == "x!"',
    '[1, 2][?5].orValue(9) == 9',
  ],
  macros: [
    '[1, 2].all(v, v > 0) && [1, 2].exists(v, v == 2) && [1, 2].exists_one(v, v == 2) && labels.all(k, k == "app")',
    '[1, 2, 3].filter(v, v > 1).map(v, v * 2) == [4, 6] && [1, 2].map(v, v > 1, v) == [2]',
    '[5, 6].all(i, v, v == i + 5) && labels.exists(k, v, v == "x") && [5].existsOne(i, v, i == 0)',
    '[5, 6].transformList(i, v, i > 0, v) == [6] && {"a": 1}.transformMap(k, v, v + 1) == {"a": 2}',
    '{"a": "b"}.transformMapEntry(k, v, {v: k}) == {"b": "a"} && has(d.a) && !has(d.b)',
    '[0, 1].exists(v, 1 / v == 1)',
  ],
};
for (const [library, rows] of Object.entries(truths)) {
  test(`${library} work`, () => {
    for (const row of rows) assert.equal(evaluate(row), true, row);
  });
}

const failures: [string, RegExp][] = [
  ['int(-9223372036854775808.0) < 0', /integer overflow/],
  ['timestamp("9999-12-31T23:59:59Z") + duration("1s") == timestamp("2024-01-01T00:00:00Z")', /timestamp overflow/],
  ['duration("320000000000s") > duration("0s")', /integer overflow/],
  ['{"a": 1, "a": 2}.size() == 1', /duplicate key in map: a/],
  ['9223372036854775807 + 1 > 0', /integer overflow/],
  ['1 / 0 == 1', /division by zero/],
  ['d.b == 1', /no such key: b$/],
  ['[1][3] == 1', /index out of bounds: 3/],
  ['quantity("x").sign() == 0', /quantities must match/],
  ['url("x y").getHost() == ""', /URL parse error/],
  ['d + "x" == ""', /no such overload/],
  ['ip("1.2").family() == 4', /parse error during conversion/],
  ['"a".matches("(")', /missing closing/],
  ['lists.range(2000).all(x, lists.range(2000).all(y, true))', /actual cost limit exceeded/],
];
test('failures have upstream words', () => {
  for (const [text, reason] of failures) assert.throws(() => evaluate(text), reason, text);
});
