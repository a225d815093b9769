"""Random and hand-picked JSON texts for the golden vectors: sound ones, nearly sound ones, and torn bytes."""

import json

NASTY_NUMBERS = [
    "0", "-0", "0.0", "-0.0", "1", "-1", "7", "1.005", "-1.005", "2.5", "-2.5", "0.5", "-0.5", "0.05", "0.005", "-0.005", "0.0049999999999999999999",
    "5e-3", "-5e-3", "4.9e-3", "4.999999999999999999999999e-3", "5E-3", "5e-03", "5e-000000000000000000000000000000003", "50e-4", "0.5e-2",
    "1e0", "1e+0", "1e-0", "1e1", "1E1", "1e+1", "1e11", "1e10", "1e12", "-1e11", "1e30", "1e31", "1e-30", "1e-31", "0e30", "0e31", "0e-31", "-0e31",
    "1e00000000000000000000000000000000000000000030", "1e00000000000000000000000000000000000000000031", "1e99999999999999999999999999999999999999",
    "1e-99999999999999999999999999999999999999", "0e99999999999999999999999999999999999999", "1e2147483648", "1e4294967296", "1e-4294967296", "1e18446744073709551616",
    "100000000000", "-100000000000", "100000000001", "-100000000001", "100000000000.4", "100000000000.5", "-100000000000.4", "-100000000000.5", "99999999999.5", "99999999999.95",
    "1000000000", "1000000000.00", "1000000000.004", "1000000000.005", "999999999.995", "999999999.994999", "-1000000000.004", "-1000000000.005", "1000000000.0049999999999999999999999999999",
    "100000", "100000.0000004", "100000.0000005", "99999.9999995", "99999.9999994", "123456789012345678", "1234567890123456789", "12345678901234567890",
    "9223372036854775807", "9223372036854775808", "-9223372036854775808", "-9223372036854775809", "18446744073709551616", "18446744073709551617",
    "0.123456789012345678", "0.1234567890123456789", "0.00000000000000000000000000000000000000000000000000000000000001", "3.141592653589793238462643383279502884197",
    "1" * 64, "1" * 65, "9" * 18, "9" * 19, "0." + "0" * 62 + "1", "0." + "0" * 63 + "1", "0." + "0" * 63, "0." + "0" * 64, "1." + "0" * 63, "1." + "0" * 64, "1." + "0" * 62 + "1",
    "1" + "0" * 63 + "e-30", "1" + "0" * 40 + "e-30", "1" + "0" * 41 + "e-30", "0." + "5" * 63, "0." + "4" * 63, "0.00" + "4" * 61, "0.00" + "5" * 61, "0.004" + "9" * 60,
    "0.0000000000000000000000000001e30", "0.0000000000000000000000000000005e30", "0.000000000000000000000000000005e30", "123.456e-2", "123.455e-0", "-123.455", "1e5", "1.5e5",
]  # fmt: skip

NOT_NUMBERS = ["01", "-01", "00", "1.", ".5", "-.5", "+1", "1e", "1e+", "1e-", "1.e1", "-", "--1", "0x10", "1_000", "NaN", "Infinity", "-Infinity", "1 2", "1,5", "\u0661", "1e1.5", "- 1", "1.2.3", "1f", "1L"]

STRINGS = ['""', '"a"', '"1"', '"\\u0031"', '"\\ud800"', '"\\udc00"', '"\\ud83d\\ude00"', '"\\ude00\\ud83d"', '"\\ude00\\ude00"', '"\\ud83dx"', '"\\ud83d\\u0041"', '"\\ud83d\\ud83d\\ude00"', '"😀"', '"é"', '"e\\u0301"',
           '"\\u0000"', '"\\n\\t\\r\\b\\f\\/\\\\\\""', '"' + "i" * 256 + '"', '"' + "i" * 257 + '"', '"' + "é" * 128 + '"', '"' + "é" * 128 + 'x"', '"' + "\\u00e9" * 128 + '"', '"' + "\\u00e9" * 129 + '"',
           '"' + "\\ud83d\\ude00" * 64 + '"', '"' + "\\ud83d\\ude00" * 65 + '"', '"\x7f"', '" "', '"\\u001f"', '"\\uABCD\\uabcd"']  # fmt: skip

BAD_STRINGS = ['"\\x41"', '"\\u12"', '"\\u12g4"', '"\\u 123"', '"\\u+123"', '"\\"', '"\n"', '"\t"', '"\x00"', '"\x1f"', "'a'", '"a', '"\\U0041"', '"\\\'"', "“a”", '"\\u00']  # fmt: skip

TIMES = [
    "2026-01-05T10:00:00Z", "2026-01-05t10:00:00z", "2026-01-05T10:00:00+00:00", "2026-01-05T10:00:00-00:00", "2026-01-05T10:00:00+23:59", "2026-01-05T10:00:00-23:59", "2026-01-05T10:00:00+24:00",
    "2026-01-05T10:00:00+05:60", "2026-01-05T10:00:00.1Z", "2026-01-05T10:00:00.123456Z", "2026-01-05T10:00:00.1234567Z", "2026-01-05T10:00:00.9999999Z", "2026-01-05T10:00:00.999999999999999999999999999Z",
    "2026-01-05T10:00:00.Z", "2026-01-05T10:00:00,5Z", "2026-01-05T10:00:60Z", "2026-12-31T23:59:60Z", "2026-01-05T10:60:00Z", "2026-01-05T24:00:00Z", "2026-01-05T23:59:59.999999Z", "2026-02-29T00:00:00Z",
    "2024-02-29T00:00:00Z", "2000-02-29T00:00:00Z", "1900-02-29T00:00:00Z", "2100-02-29T00:00:00Z", "2026-04-31T00:00:00Z", "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z", "2026-01-00T00:00:00Z", "2026-01-32T00:00:00Z",
    "0000-01-01T00:00:00Z", "0000-02-29T12:00:00Z", "0000-02-30T12:00:00Z", "0000-01-01T00:00:00+23:59", "0000-12-31T23:59:59.5-23:59", "0001-01-01T00:00:00Z", "0001-01-01T00:00:00+01:00", "9999-12-31T23:59:59.999999-23:59", "1969-12-31T23:59:59.9999999Z",
    "1970-01-01T00:00:00Z", "1969-12-31T23:59:59Z", "1583-10-15T00:00:00Z", "2026-01-05 10:00:00Z", "2026-01-05T10:00:00", "2026-01-05T10:00Z", "2026-01-05", " 2026-01-05T10:00:00Z", "2026-01-05T10:00:00Z ", "2026-01-05T10:00:00 Z",
    "2026-01-05T10:00:00+0100", "2026-01-05T10:00:00+01", "2026-01-05T10:00:00+1:00", "2026-1-05T10:00:00Z", "26-01-05T10:00:00Z", "+2026-01-05T10:00:00Z", "-2026-01-05T10:00:00Z", "12026-01-05T10:00:00Z", "20260105T100000Z",
    "2026-01-05T10:00:00UTC", "2026-01-05T10:00:00ZZ", "2026-01-05T10:00:00.5", "2026-01-05T10:00:00.5+01:30", "2026-01-05T10:00:00.+01:30", "2026-01-05T10:00:00\u200bZ", "２０２６-01-05T10:00:00Z", "", "Z", "T", "2026-01-05T1a:00:00Z", "2026-01-05T-1:00:00Z", "2026/01/05T10:00:00Z",
    "2026-01-05T10.00.00Z", "2026-01-05T10:00:00.12345a7Z", "2026-01-05T10:00:00−01:00", "2026-06-30T23:59:59.000001+14:00",
]  # fmt: skip

EPOCHS = ["0", "-0", "1", "-1", "1767607200000", "1767607200000000", "9223372036854775", "9223372036854776", "-9223372036854775", "-9223372036854776", "9223372036854775807", "9223372036854775808",
          "-9223372036854775808", "-9223372036854775809", "1.0", "1e3", "1E3", "0.0", "-0.0", "123456789012345678901234567890", '"1767607200000"', "null", "true", "[1]", "{}"]  # fmt: skip

TORN = [b"\x80", b"\xc0\x80", b"\xc1\xbf", b"\xe0\x80\x80", b"\xe0\x9f\xbf", b"\xed\xa0\x80", b"\xed\xbf\xbf", b"\xf0\x80\x80\x80", b"\xf0\x8f\xbf\xbf", b"\xf4\x90\x80\x80", b"\xf5\x80\x80\x80", b"\xff", b"\xfe",
        b"\xc2", b"\xe2\x82", b"\xf0\x9f\x98", b"\xef\xbb\xbf", b"\xef\xbf\xbf", b"\xf4\x8f\xbf\xbf", b"\xed\x9f\xbf", b"\xee\x80\x80", b"\xc2\x80", b"\xe0\xa0\x80", b"\xf0\x90\x80\x80", b"\x00", b"\n", b"\xe2\x80\xa8"]  # fmt: skip


def quote(rng, text):
    """A JSON string for a text, some characters escaped for no reason."""
    out = []
    for c in text:
        roll = rng.random()
        if c in '"\\' or ord(c) < 0x20 or roll < 0.03:
            out.append("".join(f"\\u{unit:04x}" if roll < 0.02 else f"\\u{unit:04X}" for unit in units(c)))
        else:
            out.append(c)
    return '"' + "".join(out) + '"'


def units(c):
    point = ord(c)
    if point < 0x10000:
        return [point]
    return [0xD800 + ((point - 0x10000) >> 10), 0xDC00 + ((point - 0x10000) & 0x3FF)]


def space(rng):
    return rng.choice(["", "", "", "", "", " ", "\n", "\t", "\r\n", "  "]) if rng.random() < 0.3 else ""


def number(rng):
    roll = rng.random()
    if roll < 0.2:
        return rng.choice(NASTY_NUMBERS)
    if roll < 0.8:
        digits = rng.randint(1, 4 if roll < 0.6 else 11)
        whole = str(rng.randint(0, 10**digits))
        fraction = "." + "".join(rng.choice("0123456789") for _ in range(rng.randint(1, 9))) if rng.random() < 0.6 else ""
        return rng.choice(["", "-"]) + whole + fraction
    whole = rng.choice(["0", str(rng.randint(1, 10 ** rng.randint(1, 30)))])
    fraction = "." + "".join(rng.choice("0455599") for _ in range(rng.randint(1, 30))) if rng.random() < 0.7 else ""
    exponent = rng.choice("eE") + rng.choice(["", "+", "-"]) + rng.choice(["", "0", "000"]) + str(rng.randint(0, 33)) if rng.random() < 0.6 else ""
    return rng.choice(["", "-"]) + whole + fraction + exponent


def any_value(rng, depth=0):
    roll = rng.random()
    if roll < 0.25:
        return number(rng)
    if roll < 0.45:
        return rng.choice(STRINGS)
    if roll < 0.65 or depth > 3:
        return rng.choice(["null", "true", "false"])
    if roll < 0.82:
        return "[" + ",".join(space(rng) + any_value(rng, depth + 1) + space(rng) for _ in range(rng.randint(0, 3))) + "]"
    names = ["a", "b", "radio", "x", "latency_ms", ""]
    members = (space(rng) + quote(rng, rng.choice(names)) + ":" + any_value(rng, depth + 1) for _ in range(rng.randint(0, 3)))
    return "{" + ",".join(members) + space(rng) + "}"


def write(rng, tree):
    """The text of a tree of (name, subtree or token) lists, in some order, with some duplicates."""
    members = list(tree)
    if rng.random() < 0.3:
        rng.shuffle(members)
    if members and rng.random() < 0.15:
        members.insert(rng.randrange(len(members) + 1), (rng.choice(members)[0], any_value(rng)))
    parts = []
    for name, value in members:
        text = value if isinstance(value, str) else write(rng, value)
        parts.append(space(rng) + quote(rng, name) + space(rng) + ":" + space(rng) + text + space(rng))
    return "{" + ",".join(parts) + "}"


def mutate(rng, data):
    """The bytes with a few small wounds."""
    data = bytearray(data)
    for _ in range(rng.randint(1, 3)):
        i = rng.randrange(len(data) + 1)
        roll = rng.random()
        if roll < 0.3 and data:
            del data[i : i + rng.randint(1, 4)]
        elif roll < 0.5:
            data[i:i] = rng.choice(TORN)
        elif roll < 0.75:
            data[i:i] = rng.choice(NOT_NUMBERS + BAD_STRINGS + ["{", "}", "[", "]", ",", ":", '"', "\\", " ", "e", "-", "0", "null", "tru", "\ufeff"]).encode()
        elif i < len(data):
            data[i] = rng.randrange(256)
    return bytes(data)


def nested(depth, inner="1", kind="["):
    """A value of so many brackets."""
    return "[" * depth + inner + "]" * depth if kind == "[" else '{"a":' * depth + inner + "}" * depth


def json_text(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
