"""How the tests are laid out: what they share is in tests/support, and no module is too long to be read."""

import ast

from paths import ROOT

TESTS = ROOT / "tests"
PRIVATE = {"conftest", *(path.stem for path in TESTS.rglob("test_*.py"))}
MODULES = {path.relative_to(TESTS).as_posix(): ast.parse(path.read_text()) for path in TESTS.rglob("*.py")}


def imported(tree: ast.Module) -> list[str]:
    """The full names of the modules that a module imports, the relative ones with their dots."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        if isinstance(node, ast.ImportFrom):
            head = "." * node.level + (node.module or "")
            found += [head, *(f"{head}.{alias.name}" for alias in node.names)]
    return found


def private(tree: ast.Module) -> set[str]:
    """What a module imports from a test module or a conftest.py, and what by dots alone."""
    return {name for name in imported(tree) if name.startswith(".") or PRIVATE & set(name.split("."))}


def test_what_tests_share_is_in_support():
    assert {path: names for path, tree in MODULES.items() if (names := private(tree))} == {}


def test_no_module_is_longer_than_300_lines():
    lengths = {path: len((TESTS / path).read_text().splitlines()) for path in MODULES}
    assert not [f"{path}: over 300 lines: split by subject" for path, lines in lengths.items() if lines > 300]
