"""Writes *.golden.json beside itself: inputs and the answers of reference.py. Fixed seed; same bytes every run.

    python3 packages/spark-functions/golden/make_golden.py
"""

import base64
import json
import pathlib
import random
from fractions import Fraction

import reference
from generate_messages import (
    BAD_STRINGS, EPOCHS, NASTY_NUMBERS, NOT_NUMBERS, STRINGS, TIMES, TORN, any_value, json_text, mutate, nested, number, write,
)  # fmt: skip

SEED = 20260105
HERE = pathlib.Path(__file__).parent


def save(name, vectors):
    lines = ",\n".join(json.dumps(v, ensure_ascii=True, separators=(",", ":")) for v in vectors)
    (HERE / f"{name}.golden.json").write_text(f"[\n{lines}\n]\n")
    print(f"{name}: {len(vectors)}")


def numbers(rng):
    texts = NASTY_NUMBERS + [number(rng) for _ in range(1200)]
    for places in range(7):  # ties and the limit, just below, at and above
        for base in ("", "-"):
            unit = Fraction(1, 10**places)
            for whole in (0, 1, 12345, 10**11 - 1, 10**11):
                for tail in ("4999", "5", "5000", "5001", "4"):
                    value = f"{whole:0{places + 1}d}"
                    cut = len(value) - places
                    texts.append(base + value[:cut] + "." + value[cut:] + tail)
                    assert Fraction(texts[-1].lstrip("-")) >= whole * unit
    out = []
    for i, text in enumerate(texts):
        for places in range(7) if i < len(NASTY_NUMBERS) else [rng.randrange(7), 2]:
            whole = reference.scaled(text, places)
            out.append([text, places, None if whole is None else str(whole)])
    save("numbers", out)


def times(rng):
    out = [[json_text(t), "rfc3339", reference.rfc3339(t)] for t in TIMES]
    for _ in range(800):
        year, month, day = rng.choice([rng.randint(0, 9999), rng.randint(1960, 2040)]), rng.randint(0, 13), rng.randint(1, 32)
        fraction = "." + "".join(rng.choice("0123456789") for _ in range(rng.randint(0, 10))) if rng.random() < 0.5 else ""
        offset = rng.choice(["Z", "z", f"{rng.choice('+-')}{rng.randint(0, 25):02d}:{rng.randint(0, 61):02d}"])
        clock = f"{rng.randint(0, 24):02d}:{rng.randint(0, 61):02d}:{rng.randint(0, 61):02d}"
        text = f"{year:04d}-{month:02d}-{day:02d}{rng.choice('TTt')}{clock}{fraction}{offset}"
        out.append([json_text(text), "rfc3339", reference.rfc3339(text)])
    for form in ("epoch_ms", "epoch_us"):
        for token in EPOCHS + [str(rng.randint(-(10**20), 10**20) // 10 ** rng.randrange(20)) for _ in range(150)]:
            value = reference.strict_object(f'{{"t":{token}}}')["t"]
            out.append([token, form, reference.event_time(value, form)])
    out += [[t, "rfc3339", None] for t in ("null", "1767607200000", "true", "{}", "[]", '"\\ud800"')]
    out.append(['"2026-01-05\\u005410:00:00\\u005A"', "rfc3339", reference.rfc3339("2026-01-05T10:00:00Z")])
    save("times", [[token, form, None if micros is None else str(micros)] for token, form, micros in out])


def field(path, places):
    return {"path": path.split("."), "places": places}


SPECS = [
    {"key": {"type": "bigint", "path": ["customer_id"]}, "time": {"path": ["event_time"], "format": "rfc3339"}, "id": {"path": ["event_id"]},
     "variables": [field("dropped", 0), field("radio.latency_ms", 2), field("radio.jitter", 6), field("a.b.c.d", 3), field("x", 2), field("é", 1), field('we"ird\\', 0), field("customer_id", 0), field("x", 0), field("", 4)]},
    {"key": {"type": "text", "path": ["user", "key"]}, "time": {"path": ["meta", "t"], "format": "epoch_ms"}, "id": None, "variables": [field("x", 2), field("user.score", 6), field("meta.x", 0)]},
    {"key": {"type": "text", "path": ["k"]}, "time": {"path": ["t"], "format": "epoch_us"}, "id": {"path": ["ident", "id"]}, "variables": [field("x", 2), field("ident", 0), field("ident.x", 1), field("x.y", 1)]},
    {"key": {"type": "bigint", "path": ["k"]}, "time": {"path": ["k"], "format": "epoch_us"}, "id": None, "variables": []},
]  # fmt: skip


def pick(rng, good, bad):
    return rng.choice(good) if rng.random() < 0.93 else bad()


def small(rng):
    return number(rng) if rng.random() < 0.2 else f"{rng.randint(-9999, 9999)}{rng.choice(['', '.5', '.25', '.005', '.125', '.0000005'])}"


def message_text(rng, which):
    def junk():
        return any_value(rng)

    def variable():
        return pick(rng, [small(rng), "null"], junk)

    time = pick(rng, [json_text(rng.choice(TIMES[:6]))], lambda: rng.choice([json_text(rng.choice(TIMES)), *EPOCHS]))
    epoch = pick(rng, [str(rng.randint(0, 2 * 10**12))], lambda: rng.choice(EPOCHS))
    text = pick(rng, ['"k"', '"é😀"', '""', '"01"', '"\\u00e9\\ud83d\\ude00"'], lambda: rng.choice([*STRINGS, junk()]))
    event_id = pick(rng, ['"e1"', '"\\u0065"', '"😀"'], lambda: rng.choice([*STRINGS, junk()]))
    integer = pick(rng, [str(rng.randint(-5, 10**6)), "-0"], lambda: rng.choice([number(rng), junk(), '"1"', "1.0", "1e2"]))
    noise = [(rng.choice(["n1", "n2", "lat", "Radio", "x ", "é"]), junk()) for _ in range(rng.choice([0, 0, 1, 3]))]
    keep = [rng.random() < 0.9 for _ in range(8)]
    if which == 0:
        radio = [("latency_ms", variable()), ("jitter", variable()), *noise[:1]]
        deep = [("b", [("c", [("d", variable()), *noise[1:2]])])]
        tree = [("event_id", event_id), ("customer_id", integer), ("event_time", time), ("dropped", variable()), ("radio", radio if rng.random() < 0.95 else junk()), ("a", deep), ("x", variable()), ("é", variable()), ('we"ird\\', variable()), ("", variable())]
        tree = [m for m, k in zip(tree, [True] * 3 + keep) if k] + noise
    elif which == 1:
        tree = [("user", [("key", text), ("score", variable()), *noise[:1]]), ("meta", [("t", epoch), ("x", variable())]), ("x", variable()), *noise]
    elif which == 2:
        tree = [("k", text), ("t", epoch), ("ident", [("id", event_id), ("x", variable())]) if rng.random() < 0.7 else ("ident", variable()), ("x", variable()), *noise]
    else:
        tree = [("k", integer), *noise]
    return write(rng, tree)


def handmade():
    """(payload, message id, spec) that random texts would hardly hit."""
    head = '"customer_id":1,"event_time":"2026-01-05T10:00:00Z","event_id":"e"'
    bodies = ["", ',"radio":{"latency_ms":1},"radio":{"x":2}', ',"radio":{"latency_ms":1},"radio":5', ',"radio":{"latency_ms":1,"foo":2},"radio":null', ',"radio":{"latency_ms":"bad"},"radio":{}', ',"x":"bad","x":1', ',"x":1,"x":"bad"', ',"x":1,"x":null', ',"\\u0078":1.005', ',"x":1,"\\u0078":2', ',"radio":[{"latency_ms":1}]',
              ',"radio":{"latency_ms":1},"radio":{"jitter":1}', ',"a":{"b":{"c":{"d":1}}},"a":{"b":{}}', ',"a":{"b":{"c":{"d":1},"c":2}}', ',"a":{"b":{"c":{"d":1}},"b":{"c":{"d":2}}}', ',"customer_id":null', ',"customer_id":"1"', ',"customer_id":{"a":1}', ',"event_id":null', ',"event_id":"\\ud800"', ',"event_time":null',
              ',"x":true', ',"x":[]', ',"x":{}', ',"x":1e31', ',"dropped":1e31,"x":"a"', ',"x":1e12,"dropped":"a"', ',"\\ud800":1', ',"n":1,"n":2,"n":{"x":1}', ',"radio":{"n":1},"radio":{"m":1}', ',"é":1.25', ',"\\u00e9":1.35', ',"we\\"ird\\\\":3', ',"we\\u0022ird\\u005c":4', ',"":0.00005', ',"radio.latency_ms":1', ',"x":' + "1" * 400, ',"n":' + "1" * 400 + "e" + "9" * 40,
              *(f',"x":{n}' for n in NASTY_NUMBERS + NOT_NUMBERS), *(f',"n":{n}' for n in NOT_NUMBERS), *(f',"event_id":{s}' for s in STRINGS + BAD_STRINGS), *(f',"n":{s}' for s in STRINGS + BAD_STRINGS), *(f',{s}:1' for s in STRINGS + BAD_STRINGS),
              *(f',"n":{nested(d, kind=k)}' for d in (30, 31, 32, 33) for k in "[{"), *(f',"x":{nested(d, kind=k)}' for d in (31, 32) for k in "[{"), *(f',"n":{nested(d, "[]")}' for d in (30, 31)), *(f',"a":{{"b":{{"c":{nested(d, "{}")}}}}}' for d in (27, 28, 29)), ',"n":' + '"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["', *(f',"n{i}":1' for i in range(3)), "".join(f',"n{i}":1' for i in range(64)), "".join(f',"n{i}":1' for i in range(65))]  # fmt: skip
    for body in bodies:
        yield f"{{{head}{body}}}".encode(), None, 0
    full = f'{{{head},"x":1}}'
    wraps = ["", " ", "{}", "[]", "null", "1", '"a"', "{", "}", "[" + full + "]", " " + full + " ", "\t\r\n" + full + "\n", "\v" + full, full + "\v", "\u00a0" + full, "\ufeff" + full, full + "\ufeff", full + "x", full + full, full + ",", full + "\x00", full[:-1], full[1:], full[:-1] + ",}", full.replace(",", ",,", 1), full.replace(":", "::", 1), full.replace(":", "=", 1),
             full.replace('"', "'"), full.replace("{", "{,"), "//c\n" + full, full + "#", full.replace(":1,", ":1 /*c*/,"), "{{" + head + "}}", full.upper(), full.replace("1,", "tru,", 1), full.replace("1,", "True,", 1), full.replace("1,", "nul", 1), full.replace("1,", "nullx,", 1), full.replace("1,", "falsee,", 1), '{"a"}', '{"a":}', '{:1}', "{1:1}", '{"a" 1}', '{"a":1 "b":2}', '{"a":[1 2]}', '{"a":[1,]}', '{"a":[,1]}', '{"a":[}', '{"a":{]}', '{"a":1]']  # fmt: skip
    for text in wraps:
        yield text.encode(), None, 0
    for torn in TORN:
        yield f'{{{head},"n":"'.encode() + torn + b'"}', None, 0
        yield f"{{{head}".encode() + torn + b"}", None, 0
        yield b"not json " + torn, None, 0
    yield None, "m", 1
    sound = b'{"user":{"key":"k"},"meta":{"t":0}}'
    for message_id in (None, "", "m", "i" * 256, "i" * 257, "é" * 128, "é" * 129, "😀" * 64, "😀" * 65):
        yield sound, message_id, 1
    for key in ["1", "-0", "0", "-1", "1.0", "1e0", "-0.0", "01", "9223372036854775807", "9223372036854775808", "-9223372036854775808", "-9223372036854775809", "1" * 300, '"1"', "null", "true", "[]", "{}"]:  # fmt: skip
        yield f'{{"k":{key}}}'.encode(), "m", 3
    for text in ['{"k":"a","t":0,"ident":{"id":"i","x":1},"x":1}', '{"k":"a","t":0,"ident":{"id":"i","x":1},"x":{"y":1}}', '{"k":"a","t":0,"ident":5}', '{"k":"a","t":0,"ident":{"id":"i"},"ident":5}', '{"k":"a","t":1.5,"ident":{"id":"i"}}']:  # fmt: skip
        yield text.encode(), "m", 2


def messages(rng):
    vectors = list(handmade())
    for i in range(2600):
        which = rng.choice([0, 0, 0, 1, 2, 3])
        data = message_text(rng, which).encode("utf-8", "surrogatepass")
        vectors.append((mutate(rng, data) if i % 3 == 2 else data, rng.choice(["m1", "m1", None]), which))
    out = [{"specs": SPECS}]
    for payload, message_id, which in vectors:
        vector = {"spec": which, "message_id": message_id, "expect": reference.message(payload, message_id, SPECS[which])}
        try:
            vector["payload"] = None if payload is None else payload.decode()
        except UnicodeDecodeError:
            vector["payload_base64"] = base64.b64encode(payload).decode()
        out.append(vector)
    reasons = [v["expect"]["reason"] for v in out[1:]]
    print({r: reasons.count(r) for r in sorted(set(reasons), key=str)})
    save("messages", out)


def decimal_text(rng, places=None):
    places = rng.randrange(13) if places is None else places
    digits = rng.randint(1, rng.choice([4, 8, 20]))
    whole = str(rng.randint(0, 10**digits))
    return rng.choice(["", "-"]) + whole + ("." + "".join(rng.choice("0123456789") for _ in range(places)) if places else "")


def divisions(rng):
    out = []
    pairs = [(rng.choice([decimal_text(rng, 0), decimal_text(rng)]), rng.choice([decimal_text(rng, 0), decimal_text(rng)])) for _ in range(1200)]
    pairs += [("1", "3"), ("-1", "3"), ("1", "-3"), ("-1", "-3"), ("2", "3"), ("1", "0"), ("0", "0"), ("0", "5"), ("-5", "10"), ("5", "10"), ("15", "10"), ("-15", "10"), ("25", "10"), ("1.005", "1"), ("-1.005", "1"), ("0.005", "1"), ("1", "8"), ("9223372036854775807", "1"), ("-9223372036854775808", "-1"), ("-9223372036854775808", "3")]
    for num, den in pairs:
        for places in {rng.randrange(13), 0, 2}:
            whole = reference.divide(Fraction(num), Fraction(den), places)
            expect = "overflow" if whole is not None and abs(whole) >= 10 ** (26 + places) else whole
            out.append([num, den, places, expect if expect in (None, "overflow") else str(expect)])
    save("divisions", out)


def cells(rng):
    texts = [*NASTY_NUMBERS, *NOT_NUMBERS, *(f"+{n}" for n in NASTY_NUMBERS[:20]), *(decimal_text(rng) for _ in range(400)), *(number(rng) for _ in range(300)), " 1", "1 ", "", "-", ".", "+.5", "-.5", ".5e1", "007", "-007.50", "1e+", "+-1", "99999999999999999999", "100000000000000000000", "99999999999999999999.4", "99999999999999999999.5", "999999999999999999.995", "٣", "½", "1\n", "e5", "1d", "1.5f", "Infinity", "0x1p3"]  # fmt: skip
    out = []
    for text in texts:
        for places in {0, 2, rng.randrange(13)}:
            whole = reference.cell(text, places)
            out.append([text, places, None if whole is None else str(whole)])
    save("cells", out)


def scorecards(rng):
    def constant():
        return rng.choice([decimal_text(rng, rng.randrange(4)), str(rng.randint(-100, 100)), decimal_text(rng, 15)])

    def step():
        kind = rng.choice(["linear", "linear", "cap", "bin", "flag"])
        if kind == "linear":
            return {"kind": kind, "center": constant(), "scale": rng.choice(["2.5", "-3", "0.007", "100", "1000000", "0.000001", "7"])}
        if kind == "cap":
            low, high = sorted((constant(), constant()), key=Fraction)
            return {"kind": kind, "low": low, "high": high}
        if kind == "bin":
            edges = sorted({str(rng.randint(-20, 20)) for _ in range(rng.randint(0, 4))}, key=Fraction)
            return {"kind": kind, "edges": [{"below": e, "value": constant()} for e in edges] + ([{"below": None, "value": constant()}] if rng.random() < 0.7 else [])}
        return {"kind": kind, "value": str(rng.randint(-3, 3))}

    out = []
    for _ in range(700):
        modules = ["usage", "care", "network"][: rng.randint(1, 3)]
        entries, values = [], []
        for _ in range(rng.randint(1, 12)):
            weight = decimal_text(rng, rng.randrange(7)) if rng.random() < 0.2 else f"{rng.choice(['', '-'])}{rng.randint(0, 9)}.{rng.randint(0, 999999):06d}"
            entries.append({"module": rng.randrange(len(modules)), "transforms": [step() for _ in range(rng.choice([0, 1, 1, 2, 3]))], "weight": weight, "missing_as": rng.choice([None, None, constant()])})
            values.append(rng.choice([None, str(rng.randint(-20, 20)), str(rng.randint(-(10**6), 10**8)), decimal_text(rng, rng.choice([2, 6, 13, 18])), f"{rng.randint(-20, 20)}.5", str(rng.randint(-(2**63), 2**63 - 1))]))
        spec = {"modules": modules, "entries": entries}
        sums = reference.score(values, spec)
        out.append({"spec": spec, "values": values, "expect": [str(s) if abs(s) < 10**38 else "overflow" for s in sums]})
    save("scorecards", out)


def panes(rng):
    names = ["sum", "count", "avg", "min", "max", "last"]
    ids = ["a", "b", "aa", "A", "é", "z", "\uffff", "😀", "\ue000", "i" * 256, "10", "9"]
    out = []
    for _ in range(400):
        spec = {"variables": [{"places": rng.randrange(7), "aggregates": rng.sample(names, rng.randint(1, 6))} for _ in range(rng.choice([1, 2, 3, 9, 17]))]}
        events = {}
        for _ in range(rng.choice([0, 1, 2, 5, 12])):
            time, event_id = rng.choice([0, 1, -1, rng.randint(0, 10**15)]), rng.choice(ids)
            events[time, event_id] = [rng.choice([None, 0, rng.randint(-9, 9), rng.randint(-(10**11), 10**11)]) for _ in spec["variables"]]
        flat = [(time, event_id, vals) for (time, event_id), vals in events.items()]
        out.append({"spec": spec, "events": [list(e) for e in flat], "expect": reference.aggregates(flat, spec)})
    save("panes", out)


def answers(rng):
    specs = [
        {"rows": ["customers"], "key": {"type": "bigint", "path": ["customer_id"]}, "fields": [field("tickets.open", 0), field("wait", 2)]},
        {"rows": ["data", "rows"], "key": {"type": "text", "path": ["id"]}, "fields": [field("x", 3)]},
    ]
    bodies = ["", "{}", "[]", '{"customers":null}', '{"customers":{}}', '{"customers":[]}', '{"customers":[null]}', '{"customers":[[]]}', '{"customers":[1]}', '{"customers":[{}]}', '{"customers":[{"customer_id":1}],"customers":[]}', '{"customers":[{"customer_id":"bad"}],"customers":[{"customer_id":2,"wait":1.005}]}', '{"customers":[{"customer_id":1},{"customer_id":1}]}', '{"customers":[{"customer_id":0},{"customer_id":-0}]}',
              '{"customers":[{"customer_id":1,"tickets":5}]}', '{"customers":[{"customer_id":1,"wait":"5"}]}', '{"customers":[{"customer_id":1,"wait":1e31}]}', '{"customers":[{"customer_id":1,"tickets":{"open":1},"tickets":{}}]}', ' {"customers" : [ {"customer_id" : 1 } , {"customer_id":2} ] } ', '{"customers":[{"customer_id":1}]}x', '{"customers":[{"customer_id":1},]}', '{"customers":[{"customer_id":1.0}]}', '{"c\\u0075stomers":[{"customer_id":7,"wait":-1.005}]}',
              '{"customers":[{"customer_id":1,"n":' + nested(29) + "}]}", '{"customers":[{"customer_id":1,"n":' + nested(30) + "}]}", '\ufeff{"customers":[]}']  # fmt: skip
    cases = [(body, 0) for body in bodies]
    for i in range(700):
        which = rng.randrange(2)
        rows = []
        for k in range(rng.choice([0, 1, 2, 5])):
            if which == 0:
                key = pick(rng, [str(k)], lambda: rng.choice(["0", '"1"', "1.5", "null", "-0"]))
                row = [("customer_id", key), ("tickets", [("open", pick(rng, [small(rng), "null"], lambda: any_value(rng)))]), ("wait", pick(rng, [small(rng)], lambda: any_value(rng)))]
            else:
                row = [("id", pick(rng, [f'"{k}"'], lambda: rng.choice(STRINGS))), ("x", pick(rng, [small(rng), "null"], lambda: any_value(rng)))]
            rows.append(write(rng, row) if rng.random() < 0.98 else any_value(rng))
        array = "[" + ", ".join(rows) + "]"
        body = write(rng, [("customers", array), ("n", any_value(rng))] if which == 0 else [("data", [("rows", array)])])
        cases.append((mutate(rng, body.encode()).decode("utf-8", "ignore") if i % 4 == 3 else body, which))
    out = [{"specs": specs}]
    for body, which in cases:
        out.append({"spec": which, "body": body, "expect": reference.answer(body, specs[which])})
    save("answers", out)


def main():
    for index, make in enumerate([numbers, times, messages, divisions, cells, scorecards, panes, answers]):
        make(random.Random(SEED + index))


if __name__ == "__main__":
    main()
