"""Read the files of the catalogue. Every fault is reported with its file and line."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError

from models.catalogue.procedure import LANGUAGES
from models.catalogue.schemas import AuthorityFile, Catalogue, EventKinds, ProcedureFile, SpecimenFile, Texts, Topics


class CatalogueError(Exception):
    """Something in the catalogue's files is wrong; `problems` has one line each, "file:line: what"."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def read(folder: Path, kinds: EventKinds) -> Catalogue:
    """Read and check every file of the catalogue. Raises CatalogueError with all that is wrong, not just the first."""
    reader = _Reader(folder, kinds)
    topics = reader.one(folder / "topics.yaml", Topics)
    authorities = {
        path.stem: reader.one(path, AuthorityFile) for path in sorted((folder / "authorities").glob("*.yaml"))
    }
    procedures, specimens = {}, {}
    for path in sorted(folder.glob("*/procedure.yaml")):
        procedure = procedures[path.parent.name] = reader.one(path, ProcedureFile)
        for form in procedure.forms if procedure else []:
            source = path.with_name(f"{form.slug}.yaml")
            if source.exists():
                specimens[f"{path.parent.name}/{form.slug}"] = reader.one(source, SpecimenFile)
    texts = {
        path.parent.name if path.parent != folder else "": reader.one(path, Texts)
        for path in [folder / "texts.yaml", *sorted(folder.glob("*/texts.yaml"))]
        if path.exists()
    }
    reader.problems += _dangling(reader, topics.root if topics else None, authorities, procedures)
    reader.problems += _stray(reader, texts, procedures)
    if reader.problems:
        raise CatalogueError(reader.problems)
    return Catalogue.model_construct(
        topics=topics.root,
        authorities=authorities,
        procedures=procedures,
        specimens=specimens,
        texts={slug: file.root for slug, file in texts.items()},
    )


def _dangling(reader: "_Reader", topics: Any, authorities: Any, procedures: dict[str, Any]) -> Iterator[str]:
    """References to a topic, an authority or a form file that does not exist."""
    for slug, procedure in procedures.items():
        if procedure is None:
            continue
        path = reader.folder / slug / "procedure.yaml"
        if topics is not None and procedure.topic not in topics:
            yield reader.at(path, ("topic",), f"no topic {procedure.topic!r} in topics.yaml")
        if procedure.authority not in authorities:
            yield reader.at(path, ("authority",), f"no file authorities/{procedure.authority}.yaml")
        slugs = [form.slug for form in procedure.forms]
        if len(set(slugs)) != len(slugs):
            yield reader.at(path, ("forms",), "two forms have the same slug")
        for index, form in enumerate(procedure.forms):
            names = (f"{form.slug}{tail}" for tail in (".yaml", ".pdf", *(f".{code}.pdf" for code in LANGUAGES)))
            if form.tracked and not any(path.with_name(name).exists() for name in names):
                yield reader.at(path, ("forms", index, "slug"), f"no {form.slug}.yaml and no {form.slug}.pdf beside it")


def _stray(reader: "_Reader", texts: dict[str, Any], procedures: dict[str, Any]) -> Iterator[str]:
    """Files of text blocks without a procedure, and duplicate ids in them."""
    for slug, file in texts.items():
        path = reader.folder / slug / "texts.yaml"
        if slug and slug not in procedures:
            yield reader.at(path, (), "no procedure.yaml beside it")
        names = [entry.id for entry in file.root] if file else []
        for index, name in enumerate(names):
            if name in names[:index]:
                yield reader.at(path, (index, "id"), "two text blocks have the same id")


class _Reader:
    """Reads YAML files and remembers where each value stands."""

    def __init__(self, folder: Path, kinds: EventKinds) -> None:
        self.folder, self.kinds = folder, kinds
        self.problems: list[str] = []
        self._trees: dict[Path, yaml.Node | None] = {}

    def one(self, path: Path, schema: type[BaseModel]) -> Any:
        """The content of `path`, checked against `schema`, or None with its problems noted."""
        try:
            text = path.read_text(encoding="utf-8")
            loader = yaml.CBaseLoader(text)  # every value is the text that was typed; "no" stays "no"
            self._trees[path] = tree = loader.get_single_node()
            return schema.model_validate(loader.construct_document(tree) if tree else None, context=self.kinds)
        except yaml.MarkedYAMLError as error:
            line = error.problem_mark.line + 1 if error.problem_mark else 1
            self.problems.append(f"{self._name(path)}:{line}: {error.problem}")
        except yaml.reader.ReaderError as error:
            line = text.count("\n", 0, error.position) + 1
            self.problems.append(f"{self._name(path)}:{line}: {error.reason}")
        except ValidationError as error:
            self.problems += [self.at(path, found["loc"], found["msg"]) for found in error.errors()]
        except (OSError, UnicodeDecodeError) as error:
            self.problems.append(f"{self._name(path)}:1: {type(error).__name__}")
        return None

    def at(self, path: Path, location: tuple[Any, ...], what: str) -> str:
        """A problem with file and line, and where in the file's structure it is."""
        where = ".".join(map(str, location))
        return f"{self._name(path)}:{self._line(path, location)}: {where}: {what}"

    def _line(self, path: Path, steps: tuple[Any, ...]) -> int:
        node = self._trees.get(path)
        line = 1
        for step in steps:
            start, node = _child(node, step)
            if start is None:
                break
            line = start.start_mark.line + 1
        return line

    def _name(self, path: Path) -> str:
        return f"{self.folder.name}/{path.relative_to(self.folder)}"


def _child(node: yaml.Node | None, step: Any) -> tuple[yaml.Node | None, yaml.Node | None]:
    """Where the entry `step` of `node` begins (its key, or itself in a list), and its value."""
    if isinstance(node, yaml.MappingNode) and step == 0:
        return node, node  # the only entry of a list, written without the list
    if isinstance(node, yaml.MappingNode):
        return next(((key, value) for key, value in node.value if key.value == str(step)), (None, None))
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        return node.value[step], node.value[step]
    return None, None
