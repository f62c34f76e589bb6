"""Write the catalogue into the database: unchanged rows are left alone.

What has a fault stays as the database has it, and is left out if the database has none. What is no longer in the files
is retired, never deleted: dossiers go on pointing to it.
"""

from typing import Any

from models.base import Base
from models.catalogue.digest import digest
from models.catalogue.fault import Fault
from models.catalogue.files import Reading
from models.catalogue.form_files import FormFiles
from models.catalogue.procedure import LANGUAGES, Authority, Form, FormFile, Procedure, Topic, by_preference, fold
from models.catalogue.schemas import AuthorityFile, FormEntry, ProcedureFile, TextEntry
from models.catalogue.text_block import TextBlock


class Writing:
    """Writes what was read; call write() in a transaction."""

    def __init__(self, reading: Reading, files: dict[str, FormFiles]) -> None:
        self.reading, self.catalogue, self.files = reading, reading.catalogue, files
        self.faults: list[Fault] = []

    def write(self) -> list[Fault]:
        """Write everything. Returns the faults of what could not be written because another file has one."""
        for position, (slug, title) in enumerate(self.catalogue.topics.items()):
            _put(Topic, {"slug": slug}, title=title, position=position)
        for slug, authority in self.catalogue.authorities.items():
            _put(Authority, {"slug": slug}, **authority.model_dump())
        self.topics = {row.slug: row for row in Topic.select()}
        self.authorities = {row.slug: row for row in Authority.select().order_by(Authority.slug)}
        self.everybody = self._everybody()
        self._procedures()
        self._texts("", None)
        return self.faults

    def _procedures(self) -> None:
        held = [row.slug for row in Procedure.select(Procedure.slug) if self.reading.holds(row.slug)]
        kept = sorted({*self.catalogue.procedures, *held})
        for position, slug in enumerate(kept):
            if slug in self.catalogue.procedures:
                self._procedure(slug, self.catalogue.procedures[slug], position)
        gone = Procedure.select().where(Procedure.slug.not_in(kept))
        Form.update(retired=True).where(Form.procedure.in_(gone)).execute()
        Procedure.update(retired=True).where(Procedure.slug.not_in(kept)).execute()

    def _everybody(self) -> str:
        """The revision of all authorities on offer: a dossier may be handed over to any of them."""
        held = [slug for slug in self.authorities if f"authorities/{slug}.yaml" in self.reading.held]
        offered = [self.authorities[slug] for slug in sorted({*self.catalogue.authorities, *held})]
        return digest(*({name: getattr(row, name) for name in AuthorityFile.model_fields} for row in offered))

    def _procedure(self, slug: str, entry: ProcedureFile, position: int) -> None:
        file = f"{self.reading.root.name}/{slug}/procedure.yaml"
        if entry.topic not in self.topics:
            self.faults.append(Fault(file, 0, "topic", "left out until topics.yaml is mended"))
        elif entry.authority not in self.authorities:
            what = f"left out until authorities/{entry.authority}.yaml is mended"
            self.faults.append(Fault(file, 0, "authority", what))
        else:
            procedure = self._put_procedure(slug, entry, position)
            self._forms(procedure, entry)
            self._texts(slug, procedure)

    def _put_procedure(self, slug: str, entry: ProcedureFile, position: int) -> Procedure:
        content = entry.model_dump()
        same = ("audiences", "life_event", "title", "summary", "tracking_note", "sections", "sources", "sms")
        topic, authority = self.topics[entry.topic], self.authorities[entry.authority]
        put: Procedure = _put(
            Procedure,
            {"slug": slug},
            **{name: content[name] for name in same},
            topic=topic,
            authority=authority,
            search={language: _words(entry, topic, language) for language in LANGUAGES},
            tracked=any(form.tracked for form in entry.forms if not self._is_unavailable(slug, form)),
            position=position,
            revision=digest(entry, authority.name),
            retired=False,
        )
        return put

    def _is_unavailable(self, procedure: str, form: FormEntry) -> bool:
        """True if a form cannot be offered with a number, as there is no PDF of it."""
        return form.tracked and self.files[f"{procedure}/{form.slug}"].unavailable

    def _forms(self, procedure: Procedure, entry: ProcedureFile) -> None:
        for position, form in enumerate(entry.forms):
            if not self._is_unavailable(procedure.slug, form):
                self._form(procedure, entry, form, position)
        slugs = [form.slug for form in entry.forms]  # also of those that stay as they were
        Form.update(retired=True).where((Form.procedure == procedure) & Form.slug.not_in(slugs)).execute()

    def _form(self, procedure: Procedure, entry: ProcedureFile, form: FormEntry, position: int) -> None:
        files = self.files[f"{procedure.slug}/{form.slug}"]
        row = self._put_form(procedure, entry, form, files, position)
        FormFile.delete().where((FormFile.form == row) & FormFile.language.not_in(list(files.rows))).execute()
        for language, file in files.rows.items():
            if file:
                _put(FormFile, {"form": row, "language": language}, **file)

    def _put_form(
        self, procedure: Procedure, entry: ProcedureFile, form: FormEntry, files: FormFiles, position: int
    ) -> Form:
        old = Form.get_or_none(procedure=procedure, slug=form.slug) if files.stays else None
        drawn = _after_load("specimen", procedure, form.slug, files)
        languages = _given(set(drawn))
        specimens = {reader: bool(drawn[language]) for reader, language in languages.items()}
        places = _after_load("places", procedure, form.slug, files)  # pages say what the form carries
        put: Form = _put(
            Form,
            {"procedure": procedure, "slug": form.slug},
            title=form.title,
            edition=old.edition if old else form.edition,
            tracked=form.tracked,
            enclosures=form.enclosures,
            period=[version.model_dump(mode="json") for version in form.period] or None,
            position=position,
            specimens=specimens,
            languages=languages,
            revision=digest(entry, self.everybody, specimens, languages, places),
            retired=False,
        )
        return put

    def _texts(self, slug: str, procedure: Procedure | None) -> None:
        """The text blocks of a procedure, or those for all, unless their file has a fault."""
        if (f"{slug}/texts.yaml" if slug else "texts.yaml") not in self.reading.held:
            _put_texts(procedure, self.catalogue.texts.get(slug, []))


def _put(model: type[Base], key: dict[str, Any], **values: Any) -> Any:
    """Insert or update the row with this key."""
    row, created = model.get_or_create(**key, defaults=values)  # type: ignore[no-untyped-call]
    if not created and any(getattr(row, name) != value for name, value in values.items()):
        model.update(**values).where(model.id == row.id).execute()
        row = model.get_by_id(row.id)
    return row


def _words(entry: ProcedureFile, topic: Topic, language: str) -> str:
    texts = [entry.title, entry.summary, entry.keywords, topic.title, *(form.title for form in entry.forms)]
    return fold(" ".join(text[language] for text in texts if text))


def _put_texts(procedure: Procedure | None, entries: list[TextEntry]) -> None:
    """The text blocks of `procedure`, or those for all. One that is gone is deleted: what was written with it stays."""
    kept = []
    for position, entry in enumerate(entries):
        key = {"procedure": procedure, "slug": entry.id}
        kept.append(_put(TextBlock, key, **entry.model_dump(exclude={"id"}), position=position).id)
    own = TextBlock.procedure == procedure if procedure else TextBlock.procedure.is_null()
    TextBlock.delete().where(own & TextBlock.id.not_in(kept)).execute()


def _after_load(column: str, procedure: Procedure, form: str, files: FormFiles) -> dict[str, Any]:
    """{language: what stands in a column of its PDF, new or as it was}, for each language that has a PDF."""
    query: Any = FormFile.select(FormFile.language, getattr(FormFile, column)).join(Form)
    before = dict(query.where((Form.procedure == procedure) & (Form.slug == form)).tuples())
    after = {language: row[column] if row else before.get(language) for language, row in files.rows.items()}
    return {language: value for language, value in after.items() if value is not None}


def _given(there: set[str]) -> dict[str, str]:
    """For each reader's language that of the PDF they get, as by `Form.file`; `there` are the languages of the PDFs."""
    return {reader: next(code for code in by_preference(reader) if code in there) for reader in LANGUAGES if there}
