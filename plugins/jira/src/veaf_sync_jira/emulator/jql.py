"""JQL, the part that a connector needs: parsing. What it means is decided in `query`.

where    := or; or := and ("or" and)*; and := not ("and" not)*; not := ("not" | "!") not | "(" or ")" | clause
clause   := field ("=" | "!=" | ">" | ">=" | "<" | "<=") value | field ["not"] "in" "(" value ("," value)* ")"
          | field "is" ["not"] ("empty" | "null")
order by := field ["asc" | "desc"] ("," field ["asc" | "desc"])*
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from veaf_sync_jira.emulator.refusal import Refused

_TOKEN = re.compile(
    r"""\s*(?:(?P<quoted>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|(?P<mark>>=|<=|!=|!~|[=<>~(),!])|(?P<word>[^\s()=!<>~,"']+))"""
)
_COMPARISONS = ("=", "!=", ">", ">=", "<", "<=")
KNOWN_BUT_NOT_HERE = ("~", "!~", "was", "changed")


@dataclass(frozen=True, slots=True)
class Clause:
    """`field op values`; `op` is a comparison, `in`, `not in`, `is` or `is not` (the last two without values)."""

    field: str
    op: str
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Group:
    """`word` is and, or, not (one part)."""

    word: str
    parts: tuple[Node, ...]


Node = Clause | Group


@dataclass(frozen=True, slots=True)
class Query:
    """A parsed query: no `where` = unbounded; `order` are field and whether it descends."""

    where: Node | None
    order: tuple[tuple[str, bool], ...]


@dataclass(frozen=True, slots=True)
class _Token:
    text: str
    kind: str
    at: int

    @property
    def word(self) -> str:
        return self.text.lower() if self.kind == "word" else ""


def parse(text: str) -> Query:
    """Parse JQL. Raises `Refused` (400) in Jira's words, 501 for what Jira knows and this emulator does not."""
    return _Parser(text).query()


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = self._tokens(text)
        self.next = 0

    @staticmethod
    def _tokens(text: str) -> list[_Token]:
        tokens: list[_Token] = []
        at = 0
        while at < len(text.rstrip()):
            match = _TOKEN.match(text, at)
            if not match:
                raise Refused(400, f"Error in the JQL Query: The character '{text[at]}' is a reserved JQL character.")
            kind = str(match.lastgroup)
            raw = match[kind]
            value = re.sub(r"\\(.)", r"\1", raw[1:-1]) if kind == "quoted" else raw
            tokens.append(_Token(value, kind, match.start(kind)))
            at = match.end()
        return tokens

    def peek(self) -> _Token | None:
        return self.tokens[self.next] if self.next < len(self.tokens) else None

    def take(self) -> _Token:
        token = self.peek()
        if token is None:
            raise Refused(400, "Error in the JQL Query: Expecting either a value, list or function before the end.")
        self.next += 1
        return token

    def accept(self, *words: str) -> bool:
        token = self.peek()
        if token and (token.word in words or (token.kind == "mark" and token.text in words)):
            self.next += 1
            return True
        return False

    def wrong(self, token: _Token, wanted: str) -> Refused:
        line = self.text.count("\n", 0, token.at) + 1
        column = token.at - (self.text.rfind("\n", 0, token.at) + 1) + 1
        place = f"(line {line}, character {column})"
        return Refused(400, f"Error in the JQL Query: Expecting {wanted} but got '{token.text}'. {place}")

    def query(self) -> Query:
        where = None if self.at_order() or not self.tokens else self.either()
        order = self.order()
        rest = self.peek()
        if rest is not None:
            raise self.wrong(rest, "operator 'AND' or 'OR' or the end of the query")
        return Query(where, order)

    def at_order(self) -> bool:
        token = self.peek()
        return token is not None and token.word == "order"

    def either(self) -> Node:
        parts = [self.both()]
        while self.accept("or"):
            parts.append(self.both())
        return parts[0] if len(parts) == 1 else Group("or", tuple(parts))

    def both(self) -> Node:
        parts = [self.inverted()]
        while self.accept("and"):
            parts.append(self.inverted())
        return parts[0] if len(parts) == 1 else Group("and", tuple(parts))

    def inverted(self) -> Node:
        if self.accept("not", "!"):
            return Group("not", (self.inverted(),))
        if self.accept("("):
            inner = self.either()
            self.close()
            return inner
        return self.clause()

    def close(self) -> None:
        token = self.take()
        if token.kind != "mark" or token.text != ")":
            raise self.wrong(token, "')'")

    def clause(self) -> Clause:
        name = self.take()
        if name.kind == "mark" or name.word in ("and", "or", "order"):
            raise self.wrong(name, "a field name")
        op = self.take()
        if op.kind == "mark" and op.text in _COMPARISONS:
            return Clause(name.text, op.text, (self.value(),))
        if op.word == "is":
            return self.emptiness(name.text)
        if op.word == "not" and self.accept("in"):
            return Clause(name.text, "not in", self.values())
        if op.word == "in":
            return Clause(name.text, "in", self.values())
        if op.text.lower() in KNOWN_BUT_NOT_HERE:
            raise Refused(501, f"This emulator of Jira does not know the operator '{op.text}'.")
        raise self.wrong(op, "either '!=', '!~', '<', '<=', '=', '>', '>=', '~', 'IN', 'IS', 'NOT IN'")

    def emptiness(self, name: str) -> Clause:
        op = "is not" if self.accept("not") else "is"
        token = self.take()
        if token.word not in ("empty", "null"):
            raise self.wrong(token, "'EMPTY' or 'NULL'")
        return Clause(name, op)

    def values(self) -> tuple[str, ...]:
        token = self.take()
        if token.kind != "mark" or token.text != "(":
            raise self.wrong(token, "'('")
        found = [self.value()]
        while self.accept(","):
            found.append(self.value())
        self.close()
        return tuple(found)

    def value(self) -> str:
        token = self.take()
        if token.kind == "mark" or token.word in ("and", "or", "order", "empty", "null"):
            raise self.wrong(token, "either a value, list or function")
        after = self.peek()
        if token.kind == "word" and after and after.kind == "mark" and after.text == "(":
            raise Refused(501, f"This emulator of Jira does not know the function '{token.text}()'.")
        return token.text

    def order(self) -> tuple[tuple[str, bool], ...]:
        if not self.accept("order"):
            return ()
        if not self.accept("by"):
            raise self.wrong(self.take(), "'by'")
        fields = [self.ordered()]
        while self.accept(","):
            fields.append(self.ordered())
        return tuple(fields)

    def ordered(self) -> tuple[str, bool]:
        name = self.take()
        if name.kind == "mark":
            raise self.wrong(name, "a field name")
        if self.accept("desc"):
            return name.text, True
        self.accept("asc")
        return name.text, False
