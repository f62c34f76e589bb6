"""Compare the files of the catalogue with each other: what one names must be there, and nothing twice."""

from collections.abc import Iterator, Mapping

from pydantic import BaseModel

from models.catalogue.fault import Fault, did_you_mean
from models.catalogue.reader import RESERVED, Reader, texts_name
from models.catalogue.schemas import ProcedureFile, Texts
from models.catalogue.yaml_file import YamlFile


def faults(reader: Reader) -> Iterator[Fault]:
    """What is wrong between the files."""
    yield from _topics(reader)
    for slug, procedure in reader.procedures.items():
        if procedure:
            yield from _references(reader, slug, procedure)
    for slug, file in reader.texts.items():
        if file:
            yield from _twice(reader.files[texts_name(slug)], file)
    yield from _copies(reader, "authorities/{}.yaml", "name", reader.authorities)
    yield from _copies(reader, "{}/procedure.yaml", "title", reader.procedures)


def _copies(reader: Reader, name: str, key: str, values: Mapping[str, BaseModel | None]) -> Iterator[Fault]:
    """Two files with the same name in every language: one is a copy, most likely that with the longer name."""
    first: dict[str, str] = {}
    for slug in sorted(values, key=lambda slug: (len(slug), slug)):
        texts = sorted(getattr(values[slug], key, {}).items())
        other = first.setdefault(str(texts), slug)
        if texts and other != slug:
            what = f"the same as in {name.format(other)}; delete the copy, or rename it"
            yield reader.files[name.format(slug)].at((key,), what)


def _topics(reader: Reader) -> Iterator[Fault]:
    """References to a topic that does not exist; if it is misspelt in topics.yaml, that is said once."""
    if not reader.topics or reader.files["topics.yaml"].faults:
        return
    missing: dict[str, list[str]] = {}
    unused = set(reader.topics.root)
    for slug, procedure in reader.procedures.items():
        if procedure and procedure.topic not in reader.topics.root:
            missing.setdefault(procedure.topic, []).append(slug)
        elif procedure:
            unused.discard(procedure.topic)
    for topic, slugs in missing.items():
        like = next((other for other in sorted(unused) if did_you_mean(topic, [other])), None)
        if like and len(slugs) > 1:
            what = f"no procedure has this topic, but {len(slugs)} have {topic!r}; did you mean {topic}?"
            yield reader.files["topics.yaml"].at((like,), what)
            continue
        hint = did_you_mean(topic, list(reader.topics.root)) or "add it there"
        for slug in slugs:
            yield reader.files[f"{slug}/procedure.yaml"].at(("topic",), f"no topic {topic!r} in topics.yaml; {hint}")


def _references(reader: Reader, slug: str, procedure: ProcedureFile) -> Iterator[Fault]:
    """References to an authority or a form file that does not exist."""
    file = reader.files[f"{slug}/procedure.yaml"]
    if procedure.authority not in reader.authorities:
        what = f"no file authorities/{procedure.authority}.yaml; "
        yield file.at(("authority",), what + (did_you_mean(procedure.authority, list(reader.authorities)) or "add it"))
    slugs = [form.slug for form in procedure.forms]
    for index, form in enumerate(procedure.forms):
        at = ("forms", index, "slug")
        if form.slug in slugs[:index]:
            yield file.at(at, "two forms have the same slug; rename one")
        elif form.slug in RESERVED:
            yield file.at(at, f"{form.slug}.yaml is another file; give the form another slug")
        elif form.tracked and not _made(reader, slug, form.slug):
            yield file.at(at, f"no {form.slug}.yaml and no {form.slug}.pdf beside it; add one, or write tracked: false")


def _made(reader: Reader, slug: str, form: str) -> bool:
    """True if there is something to make a form's PDF from, even with a fault."""
    held = {fault.file.casefold() for fault in reader.faults}
    named = (f"{reader.folder.name}/{slug}/{form}{tail}.pdf".casefold() for tail in ("", ".de", ".fr", ".en", ".lb"))
    return bool(reader.pdfs[slug][form] or f"{slug}/{form}" in reader.specimens or any(name in held for name in named))


def _twice(file: YamlFile, texts: Texts) -> Iterator[Fault]:
    """Text blocks with the same id."""
    names = [entry.id for entry in texts.root]
    for index, name in enumerate(names):
        if name in names[:index]:
            yield file.at((index, "id"), "two text blocks have the same id; rename one")
