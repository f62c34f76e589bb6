"""How the tests are laid out: what they share is in tests/support, and no test module imports from another."""

import ast

import pytest

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


@pytest.mark.parametrize("path", sorted(MODULES))
def test_nothing_is_imported_from_a_test_module_or_a_conftest(path):
    wrong = {name for name in imported(MODULES[path]) if name.startswith(".") or PRIVATE & set(name.split("."))}
    assert not wrong, "what tests share is in tests/support"
