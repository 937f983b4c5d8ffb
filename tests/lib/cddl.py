#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Hold a CBOR file against a grammar of CDDL (RFC 8610).

	cddl.py GRAMMAR FILE...		by the grammar's first rule; exit 0 when all are of it

The part of CDDL that Documentation/integrity-info.cddl uses, and nothing more: rules,
choices, literals, ranges, arrays, maps with ? * +, .size and .cbor. What it does not
know in a grammar it refuses, instead of letting it pass. Member keys written with a
colon cut: what has such a key has to have its value.
"""
import re
import sys

import cbor2

TOKEN = re.compile(r"""\s*(?:;[^\n]*\n\s*)*(?:(?P<text>"[^"\\]*")|(?P<range>-?\d+\.\.-?\d+)|(?P<int>-?\d+)
                   |(?P<control>\.[a-z]+)|(?P<name>[A-Za-z_@][\w@.-]*)|(?P<op>=>|[=/:,?*+(){}\[\]]))""", re.X)


class Grammar(Exception):
    """The grammar is not of the part that is known here."""


def tokens(text):
    at, out = 0, []
    text = text.rstrip() + "\n"
    text = re.sub(r";[^\n]*\n", "\n", text)
    while text[at:].strip():
        m = TOKEN.match(text, at)
        if not m:
            raise Grammar("at %r" % text[at:at + 20])
        kind = m.lastgroup
        out.append((kind, m.group(kind)))
        at = m.end()
    return out


class Parser:
    def __init__(self, toks):
        self.toks, self.at = toks, 0

    def peek(self, ahead=0):
        i = self.at + ahead
        return self.toks[i] if i < len(self.toks) else (None, None)

    def take(self, value=None, kind=None):
        tok = self.peek()
        if (value is not None and tok[1] != value) or (kind is not None and tok[0] != kind) \
                or tok[0] is None:
            raise Grammar("%r where %r was to be" % (tok[1], value or kind))
        self.at += 1
        return tok[1]

    def rules(self):
        out = {}
        while self.peek()[0]:
            name = self.take(kind="name")
            self.take("=")
            if name in out:
                raise Grammar("%s twice" % name)
            out[name] = self.type()
        return out

    def type(self):
        choices = [self.type1()]
        while self.peek()[1] == "/":
            self.take()
            choices.append(self.type1())
        return ("choice", choices) if len(choices) > 1 else choices[0]

    def type1(self):
        base = self.type2()
        if self.peek()[0] == "control":
            control = self.take()
            if control not in (".size", ".cbor"):
                raise Grammar("control %s" % control)
            return (control[1:], base, self.type2())
        return base

    def type2(self):
        kind, value = self.peek()
        if value == "(":
            self.take()
            inner = self.type()
            self.take(")")
            return inner
        if value in ("[", "{"):
            return self.group("]" if value == "[" else "}")
        self.take()
        if kind == "text":
            return ("literal", value[1:-1])
        if kind == "int":
            return ("literal", int(value))
        if kind == "range":
            low, high = value.split("..")
            return ("range", int(low), int(high))
        if kind == "name":
            return ("name", value)
        raise Grammar("%r is no type" % value)

    def group(self, end):
        self.take()
        entries = []
        while self.peek()[1] != end:
            entries.append(self.entry(end))
            if self.peek()[1] == ",":
                self.take()
        self.take(end)
        return ("array" if end == "]" else "map", entries)

    def entry(self, end):
        """(occurrence, key or None, cut, type)"""
        occurs = self.take() if self.peek()[1] in ("?", "*", "+") else "1"
        if self.peek(1)[1] == ":":
            kind, value = self.peek()
            self.take()
            self.take(":")
            key = ("literal", int(value)) if kind == "int" else ("literal", value)
            return occurs, None if end == "]" else key, True, self.type()
        if end == "]":
            return occurs, None, False, self.type()
        key = self.type1()
        self.take("=>")
        return occurs, key, False, self.type()


PRELUDE = {
    "uint": lambda v: type(v) is int and v >= 0,
    "bytes": lambda v: type(v) is bytes,
    "text": lambda v: type(v) is str,
    "any": lambda v: True,
}


def loads(data):
    """One item, all of @data, and the only way to write it."""
    value = cbor2.loads(data)
    if cbor2.dumps(value, canonical=True) != data:
        raise ValueError("not the deterministic encoding")
    return value


class Validator:
    def __init__(self, text):
        self.rules = Parser(tokens(text)).rules()
        self.first = next(iter(self.rules))
        for rule in self.rules.values():
            self.known(rule)

    def known(self, t):
        """Every name is defined."""
        if t[0] == "name" and t[1] not in self.rules and t[1] not in PRELUDE:
            raise Grammar("%s is not defined" % t[1])
        for part in t[1:]:
            for one in part if isinstance(part, list) else [part]:
                if isinstance(one, tuple) and len(one) == 4 and one[0] in "1?*+":
                    one = [x for x in (one[1], one[3]) if x]
                    for x in one:
                        self.known(x)
                elif isinstance(one, tuple):
                    self.known(one)

    def check(self, data):
        return self.match(("name", self.first), loads(data))

    def match(self, t, v):
        kind = t[0]
        if kind == "name":
            return PRELUDE[t[1]](v) if t[1] in PRELUDE else self.match(self.rules[t[1]], v)
        if kind == "choice":
            return any(self.match(c, v) for c in t[1])
        if kind == "literal":
            return type(v) is type(t[1]) and v == t[1]
        if kind == "range":
            return type(v) is int and t[1] <= v <= t[2]
        if kind == "size":
            return self.match(t[1], v) and self.match(t[2], len(v.encode() if type(v) is str else v))
        if kind == "cbor":
            return self.match(t[1], v) and self.match(t[2], loads(v))
        if kind == "array":
            # No array here repeats an element: one to one.
            return type(v) is list and len(v) == len(t[1]) and \
                all(e[0] == "1" and self.match(e[3], x) for e, x in zip(t[1], v))
        return type(v) is dict and self.match_map(t[1], v)

    def match_map(self, entries, v):
        seen = [0] * len(entries)
        for key, value in v.items():
            for i, (_, k, cut, t) in enumerate(entries):
                if not self.match(k, key):
                    continue
                if self.match(t, value):
                    seen[i] += 1
                    break
                if cut:
                    return False
            else:
                return False
        limits = {"1": (1, 1), "?": (0, 1), "*": (0, None), "+": (1, None)}
        return all(n >= limits[e[0]][0] and (limits[e[0]][1] is None or n <= limits[e[0]][1])
                   for e, n in zip(entries, seen))


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    with open(sys.argv[1], encoding="ascii") as f:
        validator = Validator(f.read())
    status = 0
    for path in sys.argv[2:]:
        with open(path, "rb") as f:
            data = f.read()
        try:
            good = validator.check(data)
            why = "" if good else "not of the grammar"
        except (ValueError, cbor2.CBORDecodeError) as e:
            good, why = False, str(e)
        if not good:
            status = 1
        print("%s: %s" % (path, why or "valid"))
    return status


if __name__ == "__main__":
    sys.exit(main())
