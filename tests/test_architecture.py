"""The floors of the house, read from the imports of every module, also from those inside functions.

An import never climbs. What is still allowed against a rule stands in a list beside it; a list shorter than it could
be fails as well, so that what was mended stays mended.
"""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from paths import ROOT, TEMPLATES

TOPS = ("app.py", "paths.py", "models", "paper", "wording", "senders", "blueprints", "backups", "commands", "web")
# From below. Rooms of one floor do not know each other.
FLOORS = (
    ("paths", "models.databases", "models.typed"),
    ("models.base", "web"),
    ("models.built_once",),
    ("models.security", "models.deadlines", "models.erasure", "models.backup", "models.sweep"),
    ("models.catalogue",),
    ("models.staff",),
    ("models.dossiers",),
    ("models.notifications",),
    ("models.systems",),
    ("models.desk",),
    ("models.monitoring",),
    ("models.retention",),
    ("models",),  # its __init__ alone: the models by name, for all above
    ("paper", "backups"),
    ("wording",),
    ("senders",),
    ("blueprints.public", "blueprints.accounts", "blueprints.api"),
    ("blueprints.desk", "blueprints.operations"),
    ("blueprints",),  # its __init__ alone
    ("commands",),
    ("app",),
)
LEVELS = {room: level for level, rooms in enumerate(FLOORS) for room in rooms}
SITE_LIBRARIES = {"flask", "flask_babel", "flask_wtf", "flask_mail", "werkzeug", "wtforms", "jinja2", "click"}

# What senders may know of the models: values and keys. Nothing that queries.
OPEN_TO_SENDERS = {
    "models.security.keys",
    "models.notifications.letter",
    "models.notifications.outcome",
    "models.notifications.push_services",
    "models.notifications.returned_mail",
    "models.notifications.vonage_codes",
}
# Modules of blueprints/ without a page of their own.
HELPERS = {
    "blueprints.accounts": {"form_tokens", "returning", "stale_tokens", "system_forms"}
    | {"attempts", "forms", "guard", "passkeys", "signed_in"},
    "blueprints.api": {"description", "problems", "schemas"},
    "blueprints.desk": {
        "caller",
        "checks",
        "export",
        "forms",
        "helpdesk_forms",
        "opened_form",
        "post_bag_forms",
        "readings",
        "tables",
    },
    "blueprints.public": {"catalogue", "contact_limits", "forms", "lookups", "status_page"},
    "blueprints.operations": {"readiness", "refusals"},
}
WORKERS = {
    "account_mails",
    "alarms",
    "digests",
    "guard",
    "registry",
    "sending",
    "worker",
    "deliveries",
    "erasing",
    "outage",
    "outgoing",
}  # modules of commands/ without a command of their own
# Libraries that cost seconds or memory, loaded with the first notification, or at set-up only.
LAZY = {
    *("espeakng_loader", "zxcvbn"),
    *("py_vapid", "pywebpush", "requests", "urllib3"),
    *("pydantic", "vonage_http_client", "vonage_jwt", "vonage_messages"),
    "fontTools",
}
STILL_ANY = {
    "models.base.Base.id",  # peewee adds it; its stubs do not say so
}


def module_name(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def files() -> Iterator[Path]:
    for top in TOPS:
        yield from [ROOT / top] if top.endswith(".py") else sorted((ROOT / top).rglob("*.py"))


MODULES = {module_name(path): path for path in files()}
TREES = {name: ast.parse(path.read_text(encoding="utf-8")) for name, path in MODULES.items()}
MODELS = {
    alias.name: f"{node.module}"
    for node in TREES["models"].body
    if isinstance(node, ast.ImportFrom)
    for alias in node.names
}  # what models/__init__.py names -> where it stands


def imported(node: ast.AST) -> Iterator[str]:
    """The modules that this statement imports; a name that `models` only passes on counts for its own module."""
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    if isinstance(node, ast.ImportFrom):
        assert node.level == 0, "imports are absolute"
        for alias in node.names:
            full = f"{node.module}.{alias.name}"
            passed_on = MODELS.get(alias.name) if node.module == "models" else None
            yield passed_on or (full if full in MODULES else f"{node.module}")


@cache
def imports(name: str) -> frozenset[str]:
    """All that a module imports, ours and of others."""
    return frozenset(found for node in ast.walk(TREES[name]) for found in imported(node))


def ours(name: str) -> set[str]:
    return {found for found in imports(name) if found in MODULES}


def room(name: str) -> str:
    """The room of FLOORS that a module is in."""
    parts = name.split(".")
    return next(known for end in range(len(parts), 0, -1) if (known := ".".join(parts[:end])) in LEVELS)


def below(name: str, top: str) -> bool:
    return name == top or name.startswith(f"{top}.")


def all_of(top: str) -> list[str]:
    return [name for name in MODULES if below(name, top)]


def libraries(name: str) -> set[str]:
    return {found.partition(".")[0] for found in imports(name)}


def edges() -> set[tuple[str, str]]:
    return {(name, found) for name in MODULES for found in ours(name)}


def climbs(name: str, found: str) -> bool:
    """Does this import lead up, or to another room of the same floor?"""
    here, there = room(name), room(found)
    return here != there and LEVELS[there] >= LEVELS[here]


def test_the_checks_see_what_they_look_for():
    assert ("commands.worker", "models.notifications.outbox") in edges()
    assert ("wording.errors", "web.errors") in edges(), "also one that imports names out of a module"
    assert "espeakng_loader" in imports("models.security.voices"), "also one inside a function"
    assert climbs("models.staff.staff", "models.dossiers.dossier") and climbs(
        "models.security.keys", "models.deadlines.clock"
    )
    assert not climbs("blueprints.desk.forms", "blueprints.public.forms")


def test_every_folder_has_a_floor():
    assert [name for name in MODULES if name.count(".") and room(name) in ("models", "blueprints")] == []


def test_no_import_climbs():
    assert {edge for edge in edges() if climbs(*edge)} == set()


def test_models_and_paper_know_no_web():
    assert [edge for edge in edges() if edge[0].startswith(("models", "paper")) and below(edge[1], "web")] == []


def test_the_web_floor_knows_nothing_of_ours():
    assert {found for name in all_of("web") for found in ours(name) if not below(found, "web")} == {"paths"}


def test_nothing_imports_in_a_circle():
    assert [name for name in MODULES if name in reachable(name)] == []


@cache
def reachable(name: str) -> frozenset[str]:
    """All modules of ours that are loaded because of this one."""
    found: set[str] = set()
    ahead = [*ours(name)]
    while ahead:
        each = ahead.pop()
        if each not in found:
            found.add(each)
            ahead += ours(each)
    return frozenset(found)


def test_models_and_paper_know_no_site():
    assert {name: got for name in all_of("models") if (got := libraries(name) & SITE_LIBRARIES)} == {}
    assert {name: got for name in all_of("paper") if (got := libraries(name) & {*SITE_LIBRARIES, "peewee"})} == {}


def test_senders_ask_no_database():
    assert [name for name in all_of("senders") if libraries(name) & {"peewee", "playhouse"}] == []
    known = {(name, found) for name in all_of("senders") for found in ours(name) if below(found, "models")}
    assert {(name, found) for name, found in known if found not in OPEN_TO_SENDERS} == set()
    assert {found for name in OPEN_TO_SENDERS for found in ours(name)} <= OPEN_TO_SENDERS
    assert [name for name in OPEN_TO_SENDERS if "peewee" in libraries(name)] == []


def test_blueprints_hold_pages_only():
    for folder, helpers in HELPERS.items():
        modules = {name.removeprefix(f"{folder}.") for name in all_of(folder)} - {folder}
        assert {name for name in modules if not assigns_or_imports(f"{folder}.{name}", "bp")} == helpers, folder
    assert {name for name in all_of("blueprints") if name.count(".") == 1} == set(HELPERS)


def test_commands_hold_commands_only():
    modules = {name.removeprefix("commands.") for name in all_of("commands")} - {"commands"}
    without = {name for name in modules if not assigns_or_imports(f"commands.{name}", "group", name)}
    assert without == WORKERS


def assigns_or_imports(name: str, *wanted: str) -> bool:
    """Does the module have one of these names at its top?"""
    found: set[str] = set()
    for node in TREES[name].body:
        if isinstance(node, ast.Assign):
            found |= {target.id for target in node.targets if isinstance(target, ast.Name)}
        if isinstance(node, ast.ImportFrom):
            found |= {alias.asname or alias.name for alias in node.names}
        if isinstance(node, ast.FunctionDef):
            found.add(node.name)
    return bool(found & set(wanted))


def test_functions_import_heavy_libraries_only():
    found = {
        library.partition(".")[0]
        for tree in TREES.values()
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
        for node in ast.walk(function)
        for library in imported(node)
    }
    assert found == LAZY


def test_nobody_makes_up_a_request():
    """A context without the site's own address works on http://localhost and nowhere else; see web/links.py."""
    made_up = {"test_request_context", "request_context", "test_client"}
    assert [name for name, tree in TREES.items() if made_up & names(tree)] == []


def test_links_that_leave_the_site_come_from_its_own_address():
    asking = {name for name in MODULES if not below(name, "blueprints") and not below(name, "web")}
    assert [name for name in asking if "url_for" in names(TREES[name])] == [], "outside a request: web.links"
    of_the_visitor = {"_external", "host_url", "url_root", "root_url", "SERVER_NAME"}
    assert [name for name, tree in TREES.items() if of_the_visitor & names(tree)] == []
    assert [path for path in TEMPLATES.rglob("*.*") if re.search("_external|host_url|url_root", path.read_text())] == []


def names(tree: ast.Module) -> set[str]:
    """All names, attributes and keywords that a module uses."""
    kinds = {ast.Name: "id", ast.Attribute: "attr", ast.keyword: "arg", ast.alias: "name", ast.Constant: "value"}
    return {str(getattr(node, kinds[type(node)])) for node in ast.walk(tree) if type(node) in kinds}


def test_no_import_is_for_the_type_checker_alone():
    assert {name for name, path in MODULES.items() if "TYPE_CHECKING" in path.read_text()} == set()


def test_no_field_is_typed_any():
    found = {
        f"{name}.{owner.name}.{field.target.id}"
        for name, tree in TREES.items()
        for owner in ast.walk(tree)
        if isinstance(owner, ast.ClassDef)
        for field in owner.body
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)
        if isinstance(field.annotation, ast.Name) and field.annotation.id == "Any"
    }
    assert found == STILL_ANY


def test_no_module_is_longer_than_300_lines():
    lengths = {name: len(path.read_text().splitlines()) for name, path in MODULES.items()}
    assert not [f"{name}: over 300 lines: split by subject" for name, lines in lengths.items() if lines > 300]
