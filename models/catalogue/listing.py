"""The catalogue in memory: what lists and the search show of each procedure, loaded once for each revision."""

from typing import Any, NamedTuple

from models.catalogue.procedure import Procedure, Topic, fold

Texts = dict[str, str]  # language: text


class ListedTopic(NamedTuple):
    """A heading of the catalogue."""

    slug: str
    title: Texts


class Listed(NamedTuple):
    """A procedure as a list shows it."""

    slug: str
    title: Texts
    tracking_note: Texts | None
    tracked: bool
    audiences: list[str]
    life_event: str
    topic: ListedTopic
    words: Texts  # what the search looks in, folded


class Listing:
    """All procedures on offer, in the order of the catalogue."""

    def __init__(self, revision: Any) -> None:
        self.revision = revision
        topics: dict[str, ListedTopic] = {}
        rows: Any = (
            Procedure.select(
                Procedure.slug,
                Procedure.title,
                Procedure.tracking_note,
                Procedure.tracked,
                Procedure.audiences,
                Procedure.life_event,
                Topic.slug,
                Topic.title,
                Procedure.search,
            )
            .join(Topic)
            .where(~Procedure.retired)
            .order_by(Topic.position, Procedure.position)
            .tuples()
        )
        self.procedures: list[Listed] = []
        for *own, slug, title, words in rows:
            topic = topics.setdefault(slug, ListedTopic(slug, title))
            self.procedures.append(Listed._make((*own, topic, words)))

    def find(
        self, language: str, words: str = "", audience: str = "", topic: str = "", life_event: str = ""
    ) -> list[Listed]:
        """The procedures that hold every word asked for, in `language`, accents and case ignored."""
        found = self.procedures
        for word in fold(words).split():  # plain loops: of 5,000 procedures, all() for each takes three times as long
            found = [listed for listed in found if word in listed.words[language]]
        if audience:
            found = [listed for listed in found if audience in listed.audiences]
        if topic:
            found = [listed for listed in found if listed.topic.slug == topic]
        if life_event:
            found = [listed for listed in found if listed.life_event == life_event]
        return found
