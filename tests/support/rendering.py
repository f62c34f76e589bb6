"""The database is closed while a template is rendered: views load what they show, templates get data.

A template that asks asks once more for every row, and nobody sees it in the view.
"""

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from jinja2 import Template
from peewee import Database

RENDERING = threading.local()
render, execute = Template.render, Database.execute_sql


class TemplateQueryError(AssertionError):
    """A template asked the database."""


def watched_render(template: Template, *args: Any, **context: Any) -> str:
    before = getattr(RENDERING, "template", None)
    RENDERING.template = template.name or "a template without a name"
    try:
        return render(template, *args, **context)
    finally:
        RENDERING.template = before


def watched_execute(database: Database, sql: str, *args: Any, **options: Any) -> Any:
    if template := getattr(RENDERING, "template", None):
        raise TemplateQueryError(f"{template} asks the database: {sql[:200]}")
    return execute(database, sql, *args, **options)


@pytest.fixture(autouse=True, scope="session")
def no_template_queries() -> Iterator[None]:
    """Every test that renders a page, a mail or an SMS also checks that its template asks nothing."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Template, "render", watched_render)
        patch.setattr(Database, "execute_sql", watched_execute)
        yield
