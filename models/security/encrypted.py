"""Columns that are encrypted at rest: what is personal, or opens something that is.

Such a column is declared once (`EncryptedField`) and then read and written like any other. Its name in the database
begins with `encrypted_`. A value belongs to one table, column and row: copied to another place it cannot be read. What
tells the row are fields that never change and are known before it is written, so not its id; where its foreign keys do
not suffice, a random RowKey is one of them.
"""

import json
import secrets
from functools import cache
from typing import Any

from peewee import CharField, FieldAccessor, TextField

from models.base import Base
from models.security import events, keys

UNREAD = object()


def nothing() -> None:
    """What an empty column of JSON is read as, unless it says otherwise."""


class UnreadableError(Exception):
    """A value that was changed, belongs to another row, or was encrypted with a key that is not in the ring."""

    safe_to_log = True


class NotLoadedError(Exception):
    """A query has not asked for this column, and then it was read. Not an AttributeError: templates ignore those."""

    safe_to_log = True


class Sealed(str):
    """An encrypted value, as it stands in the database; with what it says, once that was asked for."""

    plain: object

    def __new__(cls, text: str, plain: Any = UNREAD) -> "Sealed":
        made = super().__new__(cls, text)
        made.plain = plain
        return made


class _Accessor(FieldAccessor):
    """Decrypts when the attribute is read, so that rows whose secrets nobody asks for cost nothing.

    Raises NotLoadedError if the query has left the column out: peewee would read it as empty.
    """

    def __get__(self, instance: Any, instance_type: Any = None) -> Any:
        if instance is None:
            return self.field
        if instance.is_loaded and self.name not in instance.__data__:
            raise NotLoadedError(f"{self.model._meta.table_name}.{self.name}")
        value = instance.__data__.get(self.name)
        if isinstance(value, Sealed):
            return self.field.opened(instance, value)
        return self.field.empty() if value is None else value


class EncryptedField(TextField):
    """A text, or with `json` anything that JSON can hold, encrypted for its row.

    `row` names the fields that tell the row. Nothing (an empty text, None) is stored as null, and read as `empty()`.
    """

    accessor_class = _Accessor

    def __init__(self, *row: str, json: bool = False, empty: Any = str) -> None:
        super().__init__(null=True)
        self.row, self.json, self.empty = row, json, empty

    def bind(self, model: Any, name: str, set_attribute: bool = True) -> None:
        if not issubclass(model, SealedModel):
            raise TypeError(f"{model.__name__} has the encrypted field {name}: derive it from SealedModel")
        self.column_name = f"encrypted_{name}"
        super().bind(model, name, set_attribute)

    def db_value(self, value: Any) -> str | None:
        """What is stored. Raises TypeError for a text in clear: save() or sealed() encrypts it, a query cannot."""
        if value is None:
            return None
        if not isinstance(value, Sealed):
            raise TypeError(f"{self.name} is encrypted: write it by save() or sealed(), look it up by a keyed hash")
        return str(value)

    def python_value(self, value: Any) -> Any:
        return None if value is None else Sealed(value)

    def context(self, instance: Any) -> str:
        """The place that a value belongs to: table, column and row."""
        values = [instance.__data__[name] for name in self.row]
        if None in values:
            raise ValueError("a row is told by fields that are known before it is written")
        return " ".join((f"{self.model._meta.table_name}.{self.name}", *map(str, values)))

    def closed(self, instance: Any, value: Any) -> Sealed | None:
        """Encrypt `value` for the row of `instance`."""
        if value is None or isinstance(value, Sealed) or value == self.empty():
            return value if isinstance(value, Sealed) else None
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":")) if self.json else value
        return Sealed(keys.encrypt(self.context(instance), text), value)

    def opened(self, instance: Any, value: Sealed) -> Any:
        """Decrypt `value`. Raises UnreadableError."""
        if value.plain is UNREAD:
            text = keys.decrypt(self.context(instance), value)
            if text is None:
                known = any(f".{key}." in value for key in keys.ids())
                events.record("key-problem", "unreadable" if known else "unknown-key")
                raise UnreadableError(f"{self.model._meta.table_name}.{self.name}")
            value.plain = json.loads(text) if self.json else text
        return value.plain


class RowKey(CharField):
    """Tells a row from the others of its parent. Not secret. Null where a migration found nothing to encrypt."""

    def __init__(self) -> None:
        super().__init__(max_length=11, null=True, default=lambda: secrets.token_urlsafe(8))


class SealedModel(Base):
    """Base of the models that have encrypted fields."""

    def __init__(self, *args: Any, **values: Any) -> None:
        self.is_loaded = "__no_default__" in values  # so peewee makes a row that a query has found
        super().__init__(*args, **values)

    def keyed_hashes(self) -> dict[str, Any]:
        """The columns by which encrypted ones are looked up, hashed with the newest key."""
        return {}

    def save(self, *args: Any, **options: Any) -> Any:
        """Encrypt and hash what was set in clear, then write the row."""
        for name, value in self.keyed_hashes().items():
            setattr(self, name, value)
        for field in encrypted_fields(type(self)):
            if field.name in self.__data__:
                self.__data__[field.name] = field.closed(self, self.__data__[field.name])
        return super().save(*args, **options)

    @property
    def readable(self) -> bool:
        """True if everything encrypted that was loaded of this row can be read with the present ring."""
        try:
            for field in encrypted_fields(type(self)):
                if field.name in self.__data__:
                    getattr(self, field.name)
        except UnreadableError:
            return False
        return True

    def sealed(self, name: str, value: Any) -> Sealed | None:
        """`value` encrypted for the field `name` of this row, for an UPDATE."""
        return next(field for field in encrypted_fields(type(self)) if field.name == name).closed(self, value)


@cache
def encrypted_fields(model: type[Base]) -> tuple[EncryptedField, ...]:
    """The encrypted fields of `model`."""
    return tuple(field for field in model._meta.sorted_fields if isinstance(field, EncryptedField))
