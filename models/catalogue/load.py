"""Load the catalogue's files into the database, in one transaction; unchanged rows are left alone."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import BaseModel

from models.base import Base, db
from models.catalogue.files import CatalogueError, Missing, Reading, read
from models.catalogue.procedure import LANGUAGES, Authority, Form, FormFile, Procedure, Topic, fold
from models.catalogue.schemas import Catalogue, EventKinds, FormEntry, ProcedureFile, SpecimenFile, TextEntry
from models.catalogue.text_block import TextBlock

# Accepts a PDF -> (data, places, remarks). Like the drawing it is given by paper/, which models do not know.
Accepted = tuple[bytes, list[list[Any] | None], str]
Accept = Callable[[bytes], Accepted]
Files = dict[str, dict[str, dict[str, Any] | None]]  # "procedure/form" -> language -> a new row, None: as it was


class Drawing(NamedTuple):
    """How specimens are drawn: (form, language, authority, edition) -> PDF."""

    draw: Callable[[SpecimenFile, str, str, str], bytes]
    fingerprint: str  # changes with the code that draws: then every specimen is drawn anew
    missing: Missing  # the characters of a text that cannot be printed


def load(folder: Path, kinds: EventKinds, drawing: Drawing, accept: Accept) -> dict[str, int]:
    """Bring the database in line with the files; returns how many procedures, forms and new PDFs there are.

    Raises CatalogueError before anything is written if a file is wrong or a PDF cannot be stamped. What is no longer
    in the files is retired, never deleted: dossiers go on pointing to it.
    """
    reading = _faultless(read(folder, kinds, drawing.missing))
    catalogue = reading.catalogue
    files = _form_files(reading, drawing, accept, _known())
    with db.atomic():
        topics = {
            slug: _put(Topic, {"slug": slug}, title=title, position=position)
            for position, (slug, title) in enumerate(catalogue.topics.items())
        }
        authorities = {
            slug: _put(Authority, {"slug": slug}, **entry.model_dump()) for slug, entry in catalogue.authorities.items()
        }
        everybody = _revision(*catalogue.authorities.values())  # a dossier may be handed over to any of them
        kept = []
        for position, (slug, entry) in enumerate(catalogue.procedures.items()):
            procedure = _put_procedure(slug, entry, position, topics, authorities)
            kept.append(procedure.id)
            _put_forms(procedure, entry, everybody, files)
            _put_texts(procedure, catalogue.texts.get(slug, []))
        _put_texts(None, catalogue.texts.get("", []))
        Procedure.update(retired=True).where(Procedure.id.not_in(kept)).execute()
        Form.update(retired=True).where(Form.procedure.not_in(kept)).execute()
    new = sum(row is not None for rows in files.values() for row in rows.values())
    return {"procedures": len(kept), "forms": Form.select().where(~Form.retired).count(), "new PDFs": new}


def check(folder: Path, kinds: EventKinds, drawing: Drawing, accept: Accept) -> Catalogue:
    """Read every file and try every PDF, without a database. Raises CatalogueError."""
    reading = _faultless(read(folder, kinds, drawing.missing))
    _form_files(reading, drawing, accept, known={})
    return reading.catalogue


def _faultless(reading: Reading) -> Reading:
    if reading.faults:
        raise CatalogueError([str(fault) for fault in reading.faults])
    return reading


def _put(model: type[Base], key: dict[str, Any], **values: Any) -> Any:
    """Insert or update the row with this key."""
    row, created = model.get_or_create(**key, defaults=values)  # type: ignore[no-untyped-call]
    if not created and any(getattr(row, name) != value for name, value in values.items()):
        model.update(**values).where(model.id == row.id).execute()
        row = model.get_by_id(row.id)
    return row


def _put_procedure(
    slug: str, entry: ProcedureFile, position: int, topics: dict[str, Topic], authorities: dict[str, Authority]
) -> Procedure:
    content = entry.model_dump()
    same = ("audiences", "life_event", "title", "summary", "tracking_note", "sections", "sources", "sms")
    values = {name: content[name] for name in same}
    return _put(
        Procedure,
        {"slug": slug},
        **values,
        topic=topics[entry.topic],
        authority=authorities[entry.authority],
        search={language: _words(entry, topics[entry.topic], language) for language in LANGUAGES},
        tracked=any(form.tracked for form in entry.forms),
        position=position,
        revision=_revision(entry, authorities[entry.authority].name),
        retired=False,
    )


def _words(entry: ProcedureFile, topic: Topic, language: str) -> str:
    texts = [entry.title, entry.summary, entry.keywords, topic.title, *(form.title for form in entry.forms)]
    return fold(" ".join(text[language] for text in texts if text))


def _put_forms(procedure: Procedure, entry: ProcedureFile, authorities: str, files: Files) -> None:
    kept = []
    for position, form in enumerate(entry.forms):
        row = _put(
            Form,
            {"procedure": procedure, "slug": form.slug},
            title=form.title,
            edition=form.edition,
            tracked=form.tracked,
            enclosures=form.enclosures,
            period=[version.model_dump(mode="json") for version in form.period] or None,
            position=position,
            revision=_revision(entry, authorities),
            retired=False,
        )
        kept.append(row.id)
        rows = files[f"{procedure.slug}/{form.slug}"]
        FormFile.delete().where((FormFile.form == row) & FormFile.language.not_in(list(rows))).execute()
        for language, file in rows.items():
            if file:
                _put(FormFile, {"form": row, "language": language}, **file)
    Form.update(retired=True).where((Form.procedure == procedure) & Form.id.not_in(kept)).execute()


def _put_texts(procedure: Procedure | None, entries: list[TextEntry]) -> None:
    """The text blocks of `procedure`, or those for all. One that is gone is deleted: what was written with it stays."""
    kept = []
    for position, entry in enumerate(entries):
        key = {"procedure": procedure, "slug": entry.id}
        kept.append(_put(TextBlock, key, **entry.model_dump(exclude={"id"}), position=position).id)
    own = TextBlock.procedure == procedure if procedure else TextBlock.procedure.is_null()
    TextBlock.delete().where(own & TextBlock.id.not_in(kept)).execute()


def _revision(*parts: Any) -> str:
    """A hash of `parts`: the revision in the version key of pages that show them."""
    plain = [part.model_dump(mode="json") if isinstance(part, BaseModel) else part for part in parts]
    return hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()[:16]


Known = dict[tuple[str, str, str], str]  # (procedure, form, language) -> fingerprint


def _known() -> Known:
    files = FormFile.select(FormFile.fingerprint, FormFile.language, FormFile.form, Form, Procedure)
    return {
        (file.form.procedure.slug, file.form.slug, file.language): file.fingerprint
        for file in files.join(Form).join(Procedure)
    }


def _form_files(reading: Reading, drawing: Drawing, accept: Accept, known: Known) -> Files:
    """The PDFs there are; those new or changed are checked, with room found for the stamp. Writes nothing."""
    found: Files = {}
    problems: list[str] = []
    catalogue = reading.catalogue
    for slug, entry in catalogue.procedures.items():
        authority = catalogue.authorities[entry.authority].name
        for form in entry.forms:
            name = f"{slug}/{form.slug}"
            rows = found[name] = {}
            for source in _sources(reading, slug, form, authority, drawing):
                rows[source.language] = None
                if known.get((slug, form.slug, source.language)) == source.fingerprint:
                    continue
                try:
                    rows[source.language] = _accepted(source, accept)
                except Exception as error:  # whatever a foreign PDF does to a PDF library, it is the file's fault
                    problems.append(f"{reading.root.name}/{slug}/{source.file}: {error}")
    if problems:
        raise CatalogueError(list(dict.fromkeys(problems)))  # one file for all languages is at fault once
    return found


class _Source(NamedTuple):
    """What the PDF of one language is made from."""

    language: str
    file: str
    specimen: bool
    fingerprint: str
    make: Callable[[], bytes]


def _accepted(source: _Source, accept: Accept) -> dict[str, Any]:
    data, places, note = accept(source.make())
    row = {"data": data, "places": places, "note": note}
    return row | {"fingerprint": source.fingerprint, "specimen": source.specimen}


def _sources(
    reading: Reading, slug: str, form: FormEntry, authority: dict[str, str], drawing: Drawing
) -> list[_Source]:
    """For each language there is: what the PDF is made from, and how."""
    sources: list[_Source] = []
    specimen = reading.catalogue.specimens.get(f"{slug}/{form.slug}")
    for language in LANGUAGES:
        if dropped := reading.pdf(slug, form.slug, language):
            fingerprint = hashlib.sha256(dropped.read_bytes()).hexdigest()
            sources.append(_Source(language, dropped.name, False, fingerprint, dropped.read_bytes))
        elif specimen:
            name = authority[language]
            fingerprint = _revision(specimen, form, name, drawing.fingerprint)

            def make(language: str = language, name: str = name) -> bytes:
                return drawing.draw(specimen, language, name, form.edition)

            sources.append(_Source(language, f"{form.slug}.yaml ({language})", True, fingerprint, make))
    return sources
