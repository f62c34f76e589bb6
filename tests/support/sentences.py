"""The calls of gettext in the syntax trees of our modules and templates; for tests/wording."""

import ast
from collections.abc import Iterator
from typing import NamedTuple

from flask import Flask
from jinja2 import nodes

from paths import ROOT, TEMPLATES

# What each function takes first: one sentence, or that for one and that for many. `_l` is ours for lazy_gettext;
# the others are the names that pybabel looks for.
SENTENCES = {"_": 1, "_l": 1, "gettext": 1, "ngettext": 2}
OF_BABEL = {"gettext", "ngettext", "pgettext", "npgettext"}
OF_BABEL |= {f"lazy_{name}" for name in OF_BABEL}
APART = {".venv", ".setup", "node_modules", "tests", "bench"}


class Call(NamedTuple):
    """A call of gettext: where, its sentences (None for what is no literal), and is it inside an f-string."""

    place: str
    sentences: tuple[str | None, ...]
    in_f_string: bool = False


def modules() -> Iterator[tuple[str, ast.Module]]:
    """Every Python module of the product, by its path."""
    for path in sorted(ROOT.rglob("*.py")):
        name = path.relative_to(ROOT)
        if not APART & set(name.parts):
            yield name.as_posix(), ast.parse(path.read_text(encoding="utf-8"))


def in_module(path: str, tree: ast.Module) -> list[Call]:
    """The calls in a module."""
    strings = (node for node in ast.walk(tree) if isinstance(node, ast.JoinedStr))
    inside = {id(part) for string in strings for part in ast.walk(string)}
    return [
        Call(f"{path}:{node.lineno}", _literals(node.args, function), id(node) in inside)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and (function := _name(node.func)) in SENTENCES
    ]


def renamed(path: str, tree: ast.Module) -> list[str]:
    """Functions of Babel that a module gives names which nobody looks for, or takes from the module at each call."""
    taken = {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "flask_babel"
        for alias in node.names
        if alias.name in OF_BABEL
    }
    whole = any(
        alias.name.partition(".")[0] == "flask_babel"
        for node in ast.walk(tree)
        if isinstance(node, ast.Import)
        for alias in node.names
    )
    return [f"{path}: {name}" for name in sorted(taken - set(SENTENCES)) + ["flask_babel"] * whole]


def in_templates(app: Flask) -> list[Call]:
    """The calls in all templates."""
    return [
        Call(f"{path.relative_to(ROOT)}:{call.lineno}", _constants(call))
        for path in sorted(TEMPLATES.rglob("*.*"))
        for call in app.jinja_env.parse(path.read_text(encoding="utf-8")).find_all(nodes.Call)
        if isinstance(call.node, nodes.Name) and call.node.name in SENTENCES
    ]


def _name(function: ast.expr) -> str:
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def _literals(arguments: list[ast.expr], function: str) -> tuple[str | None, ...]:
    found = [node.value if isinstance(node, ast.Constant) else None for node in arguments[: SENTENCES[function]]]
    return tuple(text if isinstance(text, str) else None for text in found) or (None,)


def _constants(call: nodes.Call) -> tuple[str | None, ...]:
    count = SENTENCES[call.node.name]  # type: ignore[attr-defined]
    found = [node.value if isinstance(node, nodes.Const) else None for node in call.args[:count]]
    return tuple(text if isinstance(text, str) else None for text in found) or (None,)
