"""Parse YAML that people without knowledge of YAML have typed: every fault is told, not only the first one."""

import re
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

import yaml

MAX_FAULTS = 30  # of the syntax of one file; each costs one more reading of it
MAX_LINES_RESTORED = 3000  # each guess reads the file once more; the largest of the catalogue has 400

Said = tuple[int, str]  # line, what is wrong and what to do

_QUOTE = 'put the whole text in quotes, "like this"'
_BEGINS = f"a text that begins with {{}} is read as something else; {_QUOTE}"
# What libyaml says, in words for an editor. The first one that the message contains counts.
_SENTENCES = {
    "tab character": "a tab stands here; use spaces",
    "cannot start any token": _BEGINS.format("one of @ ` % or a tab"),
    "alphabetic or numeric character": _BEGINS.format("& or *"),
    "undefined alias": _BEGINS.format("*"),
    "comment or line break": _BEGINS.format("> or |"),
    "block sequence entries are not allowed": "a list begins on a line of its own; move the - to the next line",
    "unexpected end of stream": "a quote is opened here and never closed; close it",
    "expected ',' or": f"a bracket is opened here and never closed; close it, or {_QUOTE}",
    "unknown escape character": "in double quotes a backslash has a meaning; use single quotes",
    "expected '-' indicator": "among the entries of a list, which begin with -, stands something else; indent it",
    "could not find expected ':'": "neither “key: text” nor the rest of the text above; indent it, or give it a key",
    "document start": "this line is indented otherwise than the rest; indent it like its neighbours",
    "expected key": "this line does not go on where the one above ended; indent it like its neighbours, and if a quote "
    "or bracket stands inside a text, put the whole text in quotes",
    "directive": _BEGINS.format("%"),
}
_ONCE = (_SENTENCES["document start"], _SENTENCES["expected '-' indicator"])  # all that follows is wrong alike
_CONTEXT_COUNTS = ("quoted scalar", "simple key", "flow mapping", "flow sequence", "flow node")
_ENTRY = re.compile(r"(\s*(?:- +)*(?:[^\s:#'\"]+:(?:\s+|$))?)(.*)")
_KEY = re.compile(r"\s*(?:- +)*([\w-]+):(?:\s|$)")
_WORD = re.compile(r"(\s*(?:- +)?)([\w-]+)(?:\s+(\S.*))?")
_ODD_INDENT = re.compile(r" *(?:\t|\u00a0)\s*")
_NOT_PRINTABLE = re.compile("[^\t\n\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")


class Parsed(NamedTuple):
    """The tree of a YAML text, None if it has none, and the faults of its syntax."""

    tree: yaml.Node | None
    faults: list[Said]
    plain: bool  # no references between its parts: they could make a small file large


def parse(text: str) -> Parsed:
    """Read `text`. Where its syntax is wrong, that is said, the line is mended by a guess, and reading goes on."""
    reading = _Reading(text.split("\n"))
    while reading.goes_on:
        source = "\n".join(reading.lines)
        try:
            tree = yaml.CBaseLoader(source).get_single_node()
        except RecursionError:
            return Parsed(None, [(1, "brackets or lists are nested too deep; write it plainly")], plain=False)
        except yaml.MarkedYAMLError as error:
            reading.mend(error)
            continue
        marks = _marks(source)
        if not marks or any("*" in what for _line, what in marks):
            return Parsed(tree, sorted(reading.faults + marks), plain=not marks)
        reading.quote(marks)
    return Parsed(None, sorted(reading.faults), plain=False)


class _Reading:
    """Lines on their way to become readable: what was wrong with them, and how often each was mended."""

    def __init__(self, lines: list[str]) -> None:
        self.lines = lines
        self.faults = _tidied(lines)
        self.tried: Counter[int] = Counter()

    @property
    def goes_on(self) -> bool:
        return len(self.tried) <= MAX_FAULTS and max(self.tried.values(), default=0) <= 3

    def quote(self, marks: list[Said]) -> None:
        """Say where a text is taken for an anchor or a tag, and put it in quotes."""
        self.faults += marks
        for line in {line - 1 for line, _what in marks}:
            self.lines[line] = _quoted(self.lines[line])
            self.tried[line] += 1

    def mend(self, error: yaml.MarkedYAMLError) -> None:
        """Mend the line of an error by a guess; say what was wrong, unless it follows from what was said."""
        line = _line(error, self.lines)
        said = _sentence(str(error.problem), self.lines[line])
        follows = line - 1 in self.tried and said == _SENTENCES["expected key"]
        index, text = _restored(self.lines, line) or (line, _mended(self.lines, line, self.tried[line]))
        again = said in _ONCE and any(said == other for _, other in self.faults)
        if line not in self.tried and not follows and not again:
            self.faults.append((min(line, index) + 1 if said in _ONCE else line + 1, said))
        self.lines[index] = text
        self.tried[line] += 1


def _tidied(lines: list[str]) -> list[Said]:
    """Take out of `lines`, in place, what stands in the way of reading on; returns what it was."""
    faults: list[Said] = []
    content = False
    for index, line in enumerate(lines):
        if odd := _ODD_INDENT.match(line):
            faults.append((index + 1, "the line begins with a tab or a non-breaking space; use ordinary spaces"))
            line = odd[0].replace("\t", "  ").replace("\u00a0", " ") + line[odd.end() :]
        if hidden := _NOT_PRINTABLE.search(line):
            faults.append((index + 1, f"an invisible character, U+{ord(hidden[0]):04X}, stands here; remove it"))
            line = _NOT_PRINTABLE.sub("", line)
        if re.match(r"(---|\.\.\.)(\s|$)", line) and (content or line.startswith(".")):
            faults.append((index + 1, "a second document begins here, which nobody reads; remove this line"))
            line = ""
        lines[index] = line
        content = content or bool(line.strip()) and not line.lstrip().startswith(("#", "%"))
    return faults


def _marks(source: str) -> list[Said]:
    """Anchors, references and tags of YAML. In an editor's file they are texts that begin with &, * or !."""
    found: dict[Said, None] = {}  # two on one line are one fault
    for event in yaml.parse(source, Loader=yaml.CBaseLoader):
        anchor, tag = getattr(event, "anchor", None), getattr(event, "tag", None)
        if anchor or tag:
            sign = "!" if tag else "*" if isinstance(event, yaml.AliasEvent) else "&"
            found[event.start_mark.line + 1 if event.start_mark else 1, _BEGINS.format(sign)] = None
    return list(found)


def _line(error: yaml.MarkedYAMLError, lines: list[str]) -> int:
    """The line, from 0, on which the editor has to do something."""
    opened = any(words in str(error.context) for words in _CONTEXT_COUNTS)
    mark = (error.context_mark if opened else None) or error.problem_mark
    line = 0 if mark is None else min(mark.line, len(lines) - 1)
    above, problem = lines[line - 1] if line else "", str(error.problem)
    return line - bool("mapping values" in problem and _glued(above) or "expected key" in problem and _cut(above))


def _glued(line: str) -> bool:
    """True for "key:text": without the space it is no key."""
    return bool(re.match(r"\s*(?:- +)?[a-z_]+:[^\s:/]", line))


def _cut(line: str) -> bool:
    """True if a text on the line ends before a #."""
    return bool(re.search(r"[^\s'\"]\s+#", line))


def _sentence(problem: str, text: str) -> str:
    if _cut(text):
        return f"text behind # is lost; {_QUOTE}"
    if "mapping values" in problem:
        if _glued(text):
            return "a space is missing behind the colon"
        if re.match(r"\s*(- +)?[\w-]+:(\s|$)(?!.*:\s)", text):
            return f"indented deeper than the line above, so it is read as its text; indent both alike, or {_QUOTE}"
        return f"a colon and a space stand inside a text; {_QUOTE}"
    if found := re.match(r"(?:[^'\"]*[\w-]+:|\s*-)\s+(['\"\[{])", text):
        inside = "in quotes another quote ends the text; write it twice, or use the other kind around the text"
        return inside if found[1] in "'\"" and "expected key" in problem else _BEGINS.format(found[1])
    return next((said for words, said in _SENTENCES.items() if words in problem), f"not readable as YAML ({problem})")


def _mended(lines: list[str], line: int, times: int) -> str:
    """A line that may be readable: first its text in quotes, then indented like the line above, at last nothing."""
    if _cut(lines[line]):
        return lines[line].replace("#", "＃")
    if times == 0:
        return _quoted(lines[line])
    if times == 1:
        above = next((other for other in reversed(lines[:line]) if other.strip()), "")
        return above[: len(above) - len(above.lstrip())] + lines[line].strip()
    return ""


def _quoted(line: str) -> str:
    """A line with its text in quotes; an empty one if it has no text."""
    found = _ENTRY.fullmatch(line.replace("\t", " "))
    head, text = (found[1], found[2]) if found else ("", "")
    glued = re.match(r"(\s*(?:- +)?[a-z_]+:)(.*)", line) if _glued(line) else None
    head, text = (glued[1] + " ", glued[2]) if glued else (head, text)
    quote = text[:1] if len(text) > 1 and text[:1] in "'\"" and text[-1:] == text[:1] else ""
    return head + "'" + (text[1:-1] if quote else text).replace("'", "''") + "'" if text else ""


def _restored(lines: list[str], line: int) -> tuple[int, str] | None:
    """(index, text) that gives a line, or the one above, the colon or indentation that it lost.

    None unless the parser then reads on further than past a text in quotes.
    """
    if len(lines) > MAX_LINES_RESTORED or _cut(lines[line]):
        return None
    quoted = _quoted(lines[line])
    options = [(_read_to(lines, index, text), index, text) for index, text in _restorations(lines, line)]
    best = max(options, key=lambda option: option[0], default=(0, 0, ""))
    return best[1:] if best[0] > _read_to(lines, line, quoted) or not quoted and best[0] > line else None


def _restorations(lines: list[str], line: int) -> Iterator[tuple[int, str]]:
    """What may have been lost, the likeliest first."""
    keys = {found[1] for found in map(_KEY.match, lines) if found}
    near = (line, line - 1) if line else (line,)
    for index in near:
        found = _WORD.fullmatch(lines[index])
        if found and (found[3] is None or found[2] in keys):
            yield index, f"{found[1]}{found[2]}:" + (f" {found[3]}" if found[3] else "")
    first = next((index for index, text in enumerate(lines) if _KEY.match(text)), line)
    for index in dict.fromkeys((*near, first)):
        bare, around = lines[index].strip(), lines[max(index - 1, 0) : index + 2]
        for other in dict.fromkeys([*map(_indent, around), 0]):
            yield index, " " * other + bare
            yield index, " " * other + bare.removeprefix("- ")


def _read_to(lines: list[str], index: int, text: str) -> int:
    """How many lines can be read if one of them is changed."""
    try:
        yaml.CBaseLoader("\n".join([*lines[:index], text, *lines[index + 1 :]])).get_single_node()
    except yaml.MarkedYAMLError as error:
        return error.problem_mark.line if error.problem_mark else 0
    except RecursionError:
        return 0
    return len(lines)


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())
