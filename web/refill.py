"""Put what somebody typed back into a form of a page that has just been rendered."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from html import escape
from html.parser import HTMLParser
from typing import NamedTuple

Fields = Sequence[tuple[str, str]]  # names and values as a browser sent them
Attributes = dict[str, str | None]

KEPT = {"csrf_token"}  # hidden fields of the page that stay as they are
UNTYPED = {"button", "file", "image", "password", "reset", "submit"}


class Refilled(NamedTuple):
    """The page with the values in one of its forms, and the values that it has no field for."""

    html: str
    left: list[str]


class Tag(NamedTuple):
    """A start tag and where it stands in the page."""

    name: str
    attributes: Attributes
    start: int
    end: int

    def get(self, attribute: str) -> str:
        return self.attributes.get(attribute) or ""

    def changed(self, **attributes: str | bool) -> "Edit":
        """Write the tag anew: with a text an attribute is set, with True it stands alone, with False it is left out."""
        kept = {name: text for name, text in self.attributes.items() if name not in attributes}
        kept |= {name: None if text is True else text for name, text in attributes.items() if text is not False}
        written = (name if text is None else f'{name}="{escape(text)}"' for name, text in kept.items())
        return Edit(self.start, self.end, f"<{' '.join((self.name, *written))}>")


class Edit(NamedTuple):
    """Another text for a part of the page."""

    start: int
    end: int
    text: str


@dataclass
class Control:
    """A field of a form: its tag, the options of a select, the inside of a textarea."""

    tag: Tag
    options: list[Tag] = field(default_factory=list)
    inside: tuple[int, int] = (0, 0)

    @property
    def name(self) -> str:
        return self.tag.get("name")

    @property
    def kind(self) -> str:
        return (self.tag.get("type") or "text") if self.tag.name == "input" else self.tag.name

    def edits(self, values: Counter[str]) -> Iterable[Edit]:
        """How the page changes for these values, which are taken out of `values`."""
        if self.kind in UNTYPED or self.name in KEPT:
            values.clear()
        elif self.kind in ("checkbox", "radio"):
            yield self.tag.changed(checked=_take(values, self.tag.attributes.get("value") or "on"))
        elif self.kind == "select":
            known = [option for option in self.options if option.get("value") in values]
            yield from (option.changed(selected=option in known) for option in self.options if known)
            for option in known:
                _take(values, option.get("value"))
        elif values:
            text = next(iter(values))
            _take(values, text)
            yield Edit(*self.inside, f"\n{escape(text)}") if self.kind == "textarea" else self.tag.changed(value=text)


@dataclass
class Form:
    """A form with its fields, and the closed details around it."""

    tag: Tag
    around: list[Tag]
    controls: list[Control] = field(default_factory=list)

    def likeness(self, fields: Fields) -> int:
        """How well it fits to what was sent: hidden fields tell forms of the same action apart."""
        sent, names = set(fields), {name for name, _value in fields}
        hidden = [control for control in self.controls if control.kind == "hidden" and control.name not in KEPT]
        same = sum((control.name, control.tag.get("value")) in sent for control in hidden)
        return 2 * same - len(hidden) + sum(control.name in names for control in self.controls)


class Reader(HTMLParser):
    """Finds the forms of a page, and the fields that name one by its id."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.lines = [0]
        for line in html.split("\n"):
            self.lines.append(self.lines[-1] + len(line) + 1)
        self.forms: list[Form] = []
        self.main: Tag | None = None
        self.loose: list[Control] = []
        self._open: Form | None = None
        self._details: list[Tag] = []
        self._last: Control | None = None
        self.feed(html)

    def here(self) -> int:
        line, column = self.getpos()
        return self.lines[line - 1] + column

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        start = self.here()
        seen = Tag(tag, dict(attrs), start, start + len(self.get_starttag_text() or ""))
        if tag == "form":
            self._open = Form(seen, list(self._details))
            self.forms.append(self._open)
        elif tag == "details":
            self._details.append(seen)
        elif tag == "main":
            self.main = seen
        elif tag == "option" and self._last:
            self._last.options.append(seen)
        elif tag in ("input", "textarea", "select", "button"):
            self._last = Control(seen, inside=(seen.end, seen.end))
            if "form" in seen.attributes:
                self.loose.append(self._last)
            elif self._open:
                self._open.controls.append(self._last)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._open = None
        elif tag == "details" and self._details:
            self._details.pop()
        elif tag == "textarea" and self._last:
            self._last.inside = (self._last.inside[0], self.here())

    def sent_to(self, action: str) -> list[Form]:
        """The forms that are sent to `action`, with the fields outside of them."""
        for form in self.forms:
            outside = (control for control in self.loose if control.tag.get("form") == form.tag.get("id"))
            form.controls += outside if "id" in form.tag.attributes else ()
        return [form for form in self.forms if form.tag.get("action") == action]


def refill(html: str, action: str, fields: Fields) -> Refilled:
    """Put `fields` into the form of `html` that is sent to `action`, the one that fits best, and open what hides it."""
    forms = Reader(html).sent_to(action)
    sent: dict[str, Counter[str]] = {}
    for name, value in fields:
        sent.setdefault(name, Counter())[value] += 1
    edits: list[Edit] = []
    if forms:
        best = max(forms, key=lambda form: form.likeness(fields))
        edits = [tag.changed(open=True) for tag in best.around]
        for control in best.controls:
            edits += control.edits(sent.get(control.name, Counter()))
    left = [value for name, values in sent.items() if name not in KEPT for value in values if value.strip()]
    return Refilled(_edited(html, edits), left)


def below_main(html: str, notice: str) -> str:
    """The page with `notice` at the beginning of its main part."""
    main = Reader(html).main
    return _edited(html, [Edit(main.end, main.end, notice)]) if main else html


def _take(values: Counter[str], value: str) -> bool:
    """Take one `value` out of the values; True if it was there."""
    if not values[value]:
        del values[value]
        return False
    values[value] -= 1
    if not values[value]:
        del values[value]
    return True


def _edited(html: str, edits: Iterable[Edit]) -> str:
    for start, end, text in sorted(edits, reverse=True):
        html = html[:start] + text + html[end:]
    return html
