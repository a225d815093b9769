"""The contract's parsing and arithmetic a third time, for golden vectors (Python 3.11, standard library only).

Written from ../../../docs/contract.md, sections 1, 3, 4, 5, 7 and 10, and from nothing else of the project: plain objects,
`json` made strict where Python is lax, `decimal` and `fractions` for numbers, `datetime` for times. Slow on purpose.
"""

import datetime
import decimal
import json
import re
from fractions import Fraction

CONTEXT = decimal.Context(prec=400, rounding=decimal.ROUND_HALF_UP, Emax=10**6, Emin=-(10**6))
INT64 = (-(2**63), 2**63 - 1)
VALUE_MAX = 10**11
DEPTH_MAX = 32


class Bad(Exception):
    """The reason why a message is invalid."""


class Num(str):
    """A JSON number's source text."""


class Missing:
    """The value of an absent field."""


MISSING = Missing()


# --- JSON -------------------------------------------------------------------------------------------------------------


def too_deep(text):
    """Counts brackets outside strings; right for every sound text, and an unsound one is refused anyhow."""
    depth, in_string, escaped = 0, False, False
    for c in text:
        if in_string:
            if escaped:
                escaped = False
            elif c == "\\":
                escaped = True
            elif c == '"':
                in_string = False
        elif c == '"':
            in_string = True
        elif c in "{[":
            depth += 1
            if depth > DEPTH_MAX:
                return True
        elif c in "}]":
            depth -= 1
    return False


def no_constant(name):
    raise ValueError(f"{name} is not JSON")


def strict_object(text):
    """One RFC 8259 object with JSON white space around it, of duplicate names the last; None if it is anything else."""
    stripped = text.strip(" \t\n\r")
    if not stripped.startswith("{") or too_deep(stripped):
        return None
    try:
        value = json.loads(stripped, parse_int=Num, parse_float=Num, parse_constant=no_constant, object_pairs_hook=dict, strict=True)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def at(value, path):
    """The value at a path; MISSING if a name is absent or something on the way is no object."""
    for name in path:
        if not isinstance(value, dict) or name not in value:
            return MISSING
        value = value[name]
    return value


def is_text(value):
    """A JSON string that is text: without lone surrogates."""
    if not isinstance(value, str) or isinstance(value, Num):
        return False
    try:
        value.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


# --- numbers ----------------------------------------------------------------------------------------------------------


def round_half_away(fraction):
    """The nearest integer; a tie goes away from zero."""
    size = abs(fraction)
    down, rest = divmod(size.numerator, size.denominator)
    up = down + (1 if 2 * rest >= size.denominator else 0)
    return -up if fraction < 0 else up


def scaled(text, places):
    """The integer of a JSON number's text at 10^places; None if out of range."""
    mantissa, _, exponent = text.lower().partition("e")
    if sum(c.isdigit() for c in mantissa) > 64 or (exponent and abs(int(exponent)) > 30):
        return None
    exact = decimal.Decimal(text, CONTEXT)
    whole = int(CONTEXT.quantize(CONTEXT.scaleb(exact, places), decimal.Decimal(1)))
    return None if abs(whole) > VALUE_MAX else whole


def integer_token(value):
    """The int64 that a JSON integer token writes, else None."""
    if not isinstance(value, Num) or not re.fullmatch(r"-?[0-9]+", value):
        return None
    whole = int(value)
    return whole if INT64[0] <= whole <= INT64[1] else None


CELL = re.compile(r"[+-]?([0-9]+(\.[0-9]+)?|\.[0-9]+)([eE][+-]?[0-9]+)?", re.ASCII)


def number_text(text):
    """The exact number that a batch cell writes, else None."""
    if not CELL.fullmatch(text):
        return None
    mantissa, _, exponent = text.lower().partition("e")
    if sum(c.isdigit() for c in mantissa) > 64 or (exponent and abs(int(exponent)) > 30):
        return None
    return Fraction(decimal.Decimal(text, CONTEXT))


def cell(text, places):
    """The cell at DECIMAL(20,places) as an unscaled integer; None if it is no number or does not fit."""
    number = number_text(text)
    if number is None:
        return None
    whole = round_half_away(number * 10**places)
    return whole if abs(whole) < 10**20 else None


# --- times ------------------------------------------------------------------------------------------------------------

RFC3339 = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})[Tt]([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]+))?(?:[Zz]|([+-])([0-9]{2}):([0-9]{2}))", re.ASCII
)
EPOCH = datetime.datetime(1970, 1, 1)
CYCLE_DAYS = 146097


def rfc3339(text):
    """Microseconds since 1970, else None."""
    match = RFC3339.fullmatch(text)
    if not match:
        return None
    year, month, day, hour, minute, second = (int(match[i]) for i in range(1, 7))
    offset = 0
    if match[8]:
        hours, minutes = int(match[9]), int(match[10])
        if hours > 23 or minutes > 59:
            return None
        offset = (hours * 60 + minutes) * (-1 if match[8] == "-" else 1)
    shifted = year < 1  # datetime has no year 0; the calendar repeats after 400 years
    try:
        moment = datetime.datetime(year + 400 if shifted else year, month, day, hour, minute, second)
    except ValueError:
        return None
    delta = moment - EPOCH
    days = delta.days - (CYCLE_DAYS if shifted else 0)
    micros = int(((match[7] or "") + "000000")[:6])
    return ((days * 86400 + delta.seconds) - offset * 60) * 10**6 + micros


def event_time(value, form):
    if form == "rfc3339":
        return rfc3339(value) if is_text(value) else None
    whole = integer_token(value)
    if whole is None:
        return None
    micros = whole * 1000 if form == "epoch_ms" else whole
    return micros if INT64[0] <= micros <= INT64[1] else None


# --- messages and answers ---------------------------------------------------------------------------------------------


def key_text(value, kind):
    if kind == "text":
        return value if is_text(value) else None
    whole = integer_token(value)
    return None if whole is None else str(whole)


def drift_names(value, declared, prefix=()):
    """Undeclared names as paths; `declared` is a tree of dicts."""
    found = []
    for name, member in value.items():
        if name not in declared:
            found.append(prefix + (name,))
        elif declared[name] and isinstance(member, dict):
            found += drift_names(member, declared[name], prefix + (name,))
    return found


def declared_tree(spec):
    paths = [spec["key"]["path"], spec["time"]["path"], *(v["path"] for v in spec["variables"])]
    if spec["id"]:
        paths.append(spec["id"]["path"])
    tree = {}
    for path in paths:
        node = tree
        for name in path:
            node = node.setdefault(name, {})
    return tree


def fields(value, declared):
    """The scaled values of declared variables or fields; raises Bad(type) over all before Bad(range)."""
    found = [at(value, field["path"]) for field in declared]
    if any(v is not MISSING and v is not None and not isinstance(v, Num) for v in found):
        raise Bad("type")
    values = [None if v is MISSING or v is None else scaled(v, f["places"]) for v, f in zip(found, declared)]
    if any(s is None and isinstance(v, Num) for v, s in zip(found, values)):
        raise Bad("range")
    return values


def message(payload, message_id, spec):
    """What `prlx_parse` answers, as a dict with either `reason` or the rest."""
    try:
        return accept(payload, message_id, spec)
    except Bad as bad:
        return {"reason": str(bad)}


def accept(payload, message_id, spec):
    if payload is None:
        raise Bad("json")
    if len(payload) > 1024 * 1024:
        raise Bad("too_large")
    try:
        text = payload.decode("utf-8", "strict")
    except UnicodeDecodeError:
        raise Bad("utf8") from None
    value = strict_object(text)
    if value is None:
        raise Bad("json")
    key = key_text(at(value, spec["key"]["path"]), spec["key"]["type"])
    if key is None:
        raise Bad("key")
    time = event_time(at(value, spec["time"]["path"]), spec["time"]["format"])
    if time is None:
        raise Bad("time")
    event_id = at(value, spec["id"]["path"]) if spec["id"] else message_id
    if not is_text(event_id) or not 1 <= len(event_id.encode("utf-8")) <= 256:
        raise Bad("id")
    vals = fields(value, spec["variables"])
    names = drift_names(value, declared_tree(spec))
    checked = all(is_text(part) for path in names for part in path) and len(names) <= 64
    drift = sorted(set(".".join(path) for path in names)) if checked else "unchecked"
    return {"reason": None, "key": key, "time": str(time), "id": event_id, "vals": vals, "drift": drift or None}


def answer(body, spec):
    """What `prlx_answer` answers: a list of [key, values], or None for no answer."""
    value = strict_object(body)
    rows = MISSING if value is None else at(value, spec["rows"])
    if not isinstance(rows, list):
        return None
    out, seen = [], set()
    for row in rows:
        key = key_text(at(row, spec["key"]["path"]), spec["key"]["type"])
        if not isinstance(row, dict) or key is None or key in seen:
            return None
        seen.add(key)
        try:
            out.append([key, fields(row, spec["fields"])])
        except Bad:
            return None
    return out


# --- aggregates, division, scorecard ----------------------------------------------------------------------------------


def aggregates(events, spec):
    """Each variable's declared aggregates over (time, id, values) events, scaled integers."""
    out = []
    for i, variable in enumerate(spec["variables"]):
        held = [(time, event_id.encode("utf-8"), vals[i]) for time, event_id, vals in events if vals[i] is not None]
        values = [v for _, _, v in held]
        results = {
            "sum": sum(values) if values else None,
            "count": len(values),
            "avg": round_half_away(Fraction(sum(values), len(values))) if values else None,
            "min": min(values, default=None),
            "max": max(values, default=None),
            "last": max(held)[2] if held else None,
        }
        out += [results[name] for name in variable["aggregates"]]
    return out


def divide(num, den, places):
    """num ÷ den at 10^places; None by zero."""
    return None if den == 0 else round_half_away(num / den * 10**places)


def transform(x, spec):
    kind = spec["kind"]
    if kind == "linear":
        return Fraction(round_half_away((x - Fraction(spec["center"])) / Fraction(spec["scale"]) * 10**12), 10**12)
    if kind == "cap":
        return min(max(x, Fraction(spec["low"])), Fraction(spec["high"]))
    if kind == "bin":
        for edge in spec["edges"]:
            if edge["below"] is None or x < Fraction(edge["below"]):
                return Fraction(edge["value"])
        return Fraction(0)
    return Fraction(1 if x == Fraction(spec["value"]) else 0)


def score(values, spec):
    """Each module's sum as an integer at scale 12."""
    sums = [0] * len(spec["modules"])
    for value, entry in zip(values, spec["entries"]):
        text = entry["missing_as"] if value is None else value
        if text is None:
            continue
        x = Fraction(number_text(text))
        for step in entry["transforms"]:
            x = transform(x, step)
        sums[entry["module"]] += round_half_away(x * Fraction(entry["weight"]) * 10**12)
    return sums
