"""One YAML file of the catalogue: its content, where each value stands, and what is wrong with it as a text."""

import re
import stat
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from models.catalogue.fault import Fault
from models.catalogue.yaml_syntax import parse

MAX_BYTES = 1_000_000  # the largest file of the catalogue has 30 kB

# Values that are no free text: whoever writes a comment behind one of them loses nothing.
CLOSED = {
    *("topic", "authority", "window", "kind", "width", "name", "slug", "id", "read", "sms", "tracked", "signature"),
    *("valid_from", "length", "unit", "start", "missing", "transfer", "roll", "target", "audiences", "moves"),
}
_INVISIBLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufffd]")
_TWICE_ENCODED = re.compile("[ÃÂ][\x80-\xbf\u0152-\u0178\u02c6\u02dc\u2013-\u203a\u20ac\u2122]|â€|Å[\x80-\xbf“”]")

Location = tuple[Any, ...]


class YamlFile:
    """The content of a file, read on after every fault."""

    def __init__(self, path: Path, name: str) -> None:
        self.name = name
        self.faults: list[Fault] = []
        self.data: Any = None
        self.readable = False  # False: nothing can be said about its content
        self._lines: list[str] = []
        self._tree: yaml.Node | None = None
        self._broken: list[int] = []  # lines whose syntax is wrong
        text = self._text(path)
        if text is not None:
            self._parse(text)

    def at(self, location: Location, what: str) -> Fault:
        """A fault of the value at `location`."""
        line = 1
        for key, _value in self._steps(location):
            line = key.start_mark.line + 1
        return Fault(self.name, line, ".".join(map(str, location)), what)

    def is_broken(self, location: Location) -> bool:
        """True if the syntax was wrong within the value at `location`, or anywhere if it is not there."""
        *_, (_key, value) = [(self._tree, self._tree), *self._steps(location)]
        return bool(value) and any(_first(value) <= line <= _last(value) for line in self._broken)

    def texts(self) -> Iterator[tuple[Location, str, int]]:
        """Every value that is a text, with its place and line."""
        for location, _key, node in _scalars(self._tree):
            yield location, node.value, node.start_mark.line + 1

    def _say(self, line: int, what: str, where: Location = ()) -> None:
        self.faults.append(Fault(self.name, line, ".".join(map(str, where)), what))

    def _text(self, path: Path) -> str | None:
        try:
            data = _content(path)
        except OSError as error:
            self._say(1, unreadable(error))
            return None
        except ValueError as error:
            self._say(1, str(error))
            return None
        if data.startswith((b"\xff\xfe", b"\xfe\xff")):
            self._say(1, "saved as UTF-16 (“Unicode”); save it as UTF-8")
            data = data.decode("utf-16", "replace").encode()
        return self._decoded(data).removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")

    def _decoded(self, data: bytes) -> str:
        try:
            return data.decode("utf-8")
        except UnicodeDecodeError as error:
            line, byte = data.count(b"\n", 0, error.start) + 1, data[error.start : error.start + 1]
            read = byte.decode("cp1252", "replace")
            self._say(line, f"not saved as UTF-8 (a byte that Windows writes for “{read}”); save the file as UTF-8")
            return data.decode("cp1252", "replace")

    def _parse(self, text: str) -> None:
        tree, faults, plain = parse(text)
        self._lines, self._tree = text.split("\n"), tree
        self._broken = [line for line, _what in faults]
        for line, what in faults:
            self._say(line, what)
        if plain and tree is None and not faults:
            self._say(1, "the file is empty; fill it, or delete it")
        elif plain and tree is not None:
            self.faults += [*self._twice(tree), *self._cut(), *self._odd()]
            self.data, self.readable = yaml.CBaseLoader("").construct_document(tree), True

    def _twice(self, node: yaml.Node | None, path: Location = ()) -> Iterator[Fault]:
        """Keys that stand twice in one mapping: YAML forgets the first one without a word. Of a run one is told."""
        first: dict[str, int] = {}
        told = False
        for step, key, value in _children(node):
            line = key.start_mark.line + 1
            twice = isinstance(node, yaml.MappingNode) and step in first and not self._parts(first[step], line)
            if twice and not told:
                what = f"this key stands twice, first on line {first[step]}; keep one of them"
                yield Fault(self.name, line, ".".join(map(str, (*path, step))), what)
            told = twice
            first.setdefault(step, line)
            yield from self._twice(value, (*path, step))

    def _parts(self, first: int, second: int) -> bool:
        """True if between two lines the syntax is wrong: keys of one name may belong to different things."""
        return any(first < line < second for line in self._broken)

    def _cut(self) -> Iterator[Fault]:
        """Texts that end before a #, because YAML takes what follows for a comment."""
        for location, key, node in _scalars(self._tree):
            named = next((step for step in reversed(location) if isinstance(step, str)), "")
            if node.style or named in CLOSED:
                continue
            for line in self._lost(key, node):
                yield Fault(
                    self.name, line, ".".join(map(str, location)), "text behind # is lost; put the text in quotes"
                )

    def _lost(self, key: yaml.Node, node: yaml.Node) -> Iterator[int]:
        end = node.end_mark
        rest = self._lines[end.line][end.column :] if end.line < len(self._lines) else ""
        if re.match(r"\s*#", rest):
            yield end.line + 1
        following = next((line for line in self._lines[end.line + 1 :] if line.strip()), "")
        if following.lstrip().startswith("#") and len(following) - len(following.lstrip()) > key.start_mark.column:
            yield self._lines.index(following, end.line + 1) + 1

    def _odd(self) -> Iterator[Fault]:
        """Texts with characters that nobody sees, or that were saved in the wrong encoding."""
        for location, text, line in self.texts():
            if found := _INVISIBLE.search(text):
                name = unicodedata.name(found[0], "a control character")
                what = f"the invisible character U+{ord(found[0]):04X} ({name}) stands in the text; type it anew"
                yield Fault(self.name, line, ".".join(map(str, location)), what)
            elif found := _TWICE_ENCODED.search(text):
                what = f"“{found[0]}” was one letter before the text was saved wrongly; type it anew, save as UTF-8"
                yield Fault(self.name, line, ".".join(map(str, location)), what)

    def _steps(self, location: Location) -> Iterator[tuple[yaml.Node, yaml.Node]]:
        """The keys or entries on the way to `location` with their values, as far as it exists."""
        node = self._tree
        for step in location:
            if step == 0 and isinstance(node, yaml.MappingNode):
                continue  # the only entry of a list, written without the list
            found = next(((key, value) for name, key, value in _children(node) if name == step), None)
            if found is None:
                return
            yield found
            node = found[1]


def unreadable(error: OSError) -> str:
    """Why a file cannot be read, and what to do."""
    if isinstance(error, FileNotFoundError):
        return "this file is missing; add it"
    if isinstance(error, PermissionError):
        return "no permission to read it; let everybody read it (chmod a+r)"
    return f"cannot be read ({error.strerror})"


def _content(path: Path) -> bytes:
    """The bytes of a plain file. Raises ValueError for what is none (a pipe would never end), or is too large."""
    status = path.stat()
    if not stat.S_ISREG(status.st_mode):
        raise ValueError("not a file; remove it, and put a file of this name here")
    if status.st_size > MAX_BYTES:
        raise ValueError(f"larger than {MAX_BYTES} bytes; this is no file of the catalogue")
    return path.read_bytes()


def _children(node: yaml.Node | None) -> list[tuple[Any, yaml.Node, yaml.Node]]:
    """What is in a mapping or a list: key or index, where it begins, value."""
    if isinstance(node, yaml.MappingNode):
        return [(str(key.value) if isinstance(key, yaml.ScalarNode) else "?", key, value) for key, value in node.value]
    if isinstance(node, yaml.SequenceNode):
        return [(index, entry, entry) for index, entry in enumerate(node.value)]
    return []


def _scalars(node: yaml.Node | None, path: Location = ()) -> Iterator[tuple[Location, yaml.Node, yaml.ScalarNode]]:
    for step, key, value in _children(node):
        if isinstance(value, yaml.ScalarNode):
            yield (*path, step), key, value
        yield from _scalars(value, (*path, step))


def _first(node: yaml.Node) -> int:
    return int(node.start_mark.line) + 1


def _last(node: yaml.Node) -> int:
    """The last line of a value: what ends a mapping or a list stands further down."""
    children = _children(node)
    return _last(children[-1][2]) if children else int(node.end_mark.line) + 1
