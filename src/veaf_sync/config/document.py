"""One YAML document as plain data in which every value knows its line.

Read from the parser's events, in one pass with a bounded depth and without aliases, so that nothing ever
walks what a hostile file would unfold. Scalars are those of YAML 1.2's core schema (`yes` and `on` are
texts); dates stay texts until a model asks for one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    CollectionEndEvent,
    DocumentStartEvent,
    Event,
    MappingStartEvent,
    NodeEvent,
    ScalarEvent,
    SequenceStartEvent,
)
from ruamel.yaml.reader import ReaderError

from veaf_sync.config.scalars import scalar, storable
from veaf_sync.errors import Problem

SIZE_CAP = 1024 * 1024
"""Bytes of one document."""
DEPTH_CAP = 50
"""Mappings and lists inside each other."""

PROBLEM_CAP = 100
"""More than that nobody reads at once."""

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """What a file says. `lines` gives the line of a key or list entry by its path; `problems` what is no good YAML.

    Not `complete`: reading stopped, so that what is absent from `data` may well be in the file.
    """

    file: str
    data: dict[str, Any]
    lines: Mapping[Path, int]
    problems: tuple[Problem, ...] = ()
    complete: bool = True

    def line(self, path: Path) -> int:
        """The line of `path`, or of the nearest thing around it that has one; 0 = the whole file."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 0)

    def at(self, path: Path) -> Any:
        """The value at `path`; `None` where there is none."""
        value: Any = self.data
        for part in path:
            if isinstance(value, dict):
                value = value.get(part)
            elif isinstance(value, list) and isinstance(part, int) and part < len(value):
                value = value[part]
            else:
                return None
        return value


def parse(file: str, content: bytes) -> Document:
    """The document of a file's content. Never raises: whatever is wrong is in `problems`."""
    if len(content) > SIZE_CAP:
        return _broken(file, 0, "the file is larger than 1 MB.", "A configuration is a few pages of text.")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        return _broken(file, line, "this is not UTF-8.", "Save the file as UTF-8 text.")
    builder = _Builder(file)
    try:
        for event in YAML(typ="safe", pure=True).parse(text):
            builder.take(event)
        return builder.document()
    except _Stop:
        pass
    except MarkedYAMLError as error:
        builder.problem(_line(error), *_explain(error))
    except ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        builder.problem(line, "a control character that YAML does not allow.", "Is this a text file?")
    except (YAMLError, ValueError) as error:
        builder.problem(0, f"this is no YAML ({type(error).__name__}).")
    return Document(file, {}, builder.lines, tuple(builder.problems), complete=False)


def absent(file: str) -> Document:
    """A document that is not there to be read."""
    return Document(file, {}, {}, complete=False)


class _Stop(Exception):
    """What follows cannot be read sensibly."""


@dataclass(slots=True)
class _Open:
    """A mapping or list that is being read. `key` waits for its value; `skip` = the value of a refused key."""

    value: dict[str, Any] | list[Any]
    path: Path
    key: str | None = None
    skip: bool = False


@dataclass(slots=True)
class _Builder:
    file: str
    lines: dict[Path, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    stack: list[_Open] = field(default_factory=list)
    root: Any = None
    started: bool = False

    def document(self) -> Document:
        data = self.root
        if data is None:
            data = {}
        elif not isinstance(data, dict):
            return _broken(self.file, 1, "a mapping is expected (name: value).")
        return Document(self.file, data, self.lines, tuple(self.problems))

    def problem(self, line: int, what: str, hint: str = "", where: str = "") -> None:
        self.problems.append(Problem(self.file, line, where, what, hint))
        if len(self.problems) >= PROBLEM_CAP:
            raise _Stop

    def stop(self, line: int, what: str, hint: str = "") -> None:
        self.problem(line, what, hint)
        raise _Stop

    def take(self, event: Event) -> None:
        line = event.start_mark.line + 1
        if isinstance(event, DocumentStartEvent):
            if self.started:
                self.stop(line, "a second document starts here.", "Take the line --- out.")
            self.started = True
        elif isinstance(event, AliasEvent):
            self.stop(line, "aliases (*name) are not read.", "Write the value out.")
        elif isinstance(event, NodeEvent):
            if event.anchor:
                self.stop(line, "anchors (&name) are not read.", "Write the value where it is needed.")
            if getattr(event, "tag", None):
                self.stop(line, "tags (!name) are not read.", "Take the tag out; a text may stand in quotes.")
            self.node(event, line)
        elif isinstance(event, CollectionEndEvent):
            self.stack.pop()
            self.value_done()

    def node(self, event: NodeEvent, line: int) -> None:
        top = self.stack[-1] if self.stack else None
        if top is not None and isinstance(top.value, dict) and top.key is None:
            self.key(top, event, line)
            return
        path = self.place(top, line)
        value: Any = None
        if isinstance(event, ScalarEvent):
            value = scalar(event)
            if not storable(event.value):
                self.stop(line, "a character that no database can hold (\\0 or half a pair).", "Take it out.")
        if isinstance(event, MappingStartEvent):
            value = {}
        elif isinstance(event, SequenceStartEvent):
            value = []
        if top is None:
            self.root = value
        elif isinstance(top.value, list):
            top.value.append(value)
        elif top.key is not None and not top.skip:
            top.value[top.key] = value
        if isinstance(event, ScalarEvent):
            self.value_done()
        else:
            self.stack.append(_Open(value, path))
            if len(self.stack) > DEPTH_CAP:
                self.stop(line, f"more than {DEPTH_CAP} levels inside each other.", "Nothing here needs that.")

    def key(self, top: _Open, event: NodeEvent, line: int) -> None:
        if not isinstance(event, ScalarEvent):
            self.stop(
                line,
                "a mapping or list stands where a name is expected.",
                'Is a text with { or [ without its quotes "…"?',
            )
            return
        top.key = event.value
        path = (*top.path, top.key)
        top.skip = path in self.lines
        if top.skip:
            where = ".".join(part if isinstance(part, str) else str(part + 1) for part in top.path)
            self.problem(line, f"{top.key} is there twice.", f"Its first place is line {self.lines[path]}.", where)
        else:
            self.lines[path] = line

    def place(self, top: _Open | None, line: int) -> Path:
        """The path of the value that comes now; a list's entry gets its line here."""
        if top is None:
            return ()
        if isinstance(top.value, list):
            path = (*top.path, len(top.value))
            self.lines.setdefault(path, line)
            return path
        # What stands below a refused key is read for its own mistakes, under a path that nobody asks for.
        return (*top.path, top.key or "", "(twice)") if top.skip else (*top.path, top.key or "")

    def value_done(self) -> None:
        if self.stack and isinstance(self.stack[-1].value, dict):
            self.stack[-1].key = None
            self.stack[-1].skip = False


def _broken(file: str, line: int, what: str, hint: str = "") -> Document:
    return Document(file, {}, {}, (Problem(file, line, "", what, hint),), complete=False)


def _line(error: MarkedYAMLError) -> int:
    """Where to look; for what is never closed or completed, where it begins."""
    begun = error.context_mark is not None and any(part in str(error.problem) for part in _BEGUN)
    mark = error.context_mark if begun else error.problem_mark
    return mark.line + 1 if mark else 0


def _explain(error: MarkedYAMLError) -> Iterator[str]:
    """What is wrong and what helps, for the mistakes that people make; else the parser's own words."""
    problem = str(error.problem or "")
    for part, what, hint in _USUAL:
        if part in problem:
            yield what
            yield hint
            return
    # The parser's words name characters and tokens, never a value.
    yield f"this is no YAML: {problem}."


_BEGUN = ("end of stream", "expected ',' or", "could not find expected ':'")
_USUAL = (
    ("'\\t'", "a tab stands where YAML wants blanks.", "Indent with blanks."),
    ("character '@'", "a text that starts with @ needs quotes.", 'Example: "@home"'),
    ("character '`'", "a text that starts with ` needs quotes.", "Put it in quotes."),
    ("character '%'", "a text that starts with % needs quotes.", 'Example: "%"'),
    ("mapping values are not", "a colon too many, or the line is indented too far.", 'Quote a text with ": " in it.'),
    ("end of stream", "a quotation mark is not closed.", "Close it."),
    ("expected ',' or", "a bracket is not closed, or a comma is missing.", "Close it; quote a text with , [ { in it."),
    ("expected the node content", "a value is missing here, or a bracket is not closed.", "Write it, or close it."),
    ("could not find expected ':'", "a name without a colon behind it.", "Example: name: value"),
    ("expected <block end>", "the indentation does not fit the lines above.", "Indent what belongs together equally."),
    ("unknown escape", "a backslash in double quotes stands for something.", "Write \\\\, or use single quotes."),
)
"""Part of the parser's words, what it means, what helps."""
