"""What is wrong with a value of the catalogue, in words for an editor instead of those of pydantic."""

from collections.abc import Iterator
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from models.catalogue.fault import did_you_mean
from models.catalogue.procedure import LANGUAGES

Said = tuple[tuple[Any, ...], str]  # where, what

_FOUR = f"needs the text in four languages, one on each line: {', '.join(f'{code}: ...' for code in LANGUAGES)}"
_SENTENCES = {
    "missing": "is missing; add it",
    "string_type": "must be a text; if it contains a colon or begins with a -, put it in quotes",
    "dict_type": _FOUR,
    "list_type": "must be a list, each entry on a line of its own that begins with -",
    "model_type": "must have entries of the form “key: value”, each on a line of its own",
    "bool": "must be true or false",
    "int": "must be a whole number",
    "greater_than": "must be larger than {gt}",
    "less_than_equal": "must be at most {le}",
    "date": "must be a day such as 2027-01-31",
    "string_too_short": "is empty; write it",
    "string_too_long": "is {length} characters long, {max_length} are possible; shorten it",
    "string_pattern_mismatch": "may have only the small letters a to z, digits and single hyphens",
    "too_short": "needs at least {min_length} entries",
    "too_long": "has {actual_length} entries, {max_length} are possible",
}


def sentences(error: ValidationError, schema: type[BaseModel]) -> list[Said]:
    """One sentence for each fault, in the order of the schema."""
    return list(dict.fromkeys(_said(found, schema) for found in _once(error.errors())))


def _once(found: list[ErrorDetails]) -> Iterator[ErrorDetails]:
    """`sms` may be one thing or another: pydantic then says what is wrong with it as either."""
    kinds = [each for each in found if each["loc"][:1] == ("sms",) and each["type"] == "unknown_kind"]
    for each in found:
        if each["loc"][:1] != ("sms",) or not kinds or each in kinds:
            yield each


def _said(found: ErrorDetails, schema: type[BaseModel]) -> Said:
    where, kind, context = found["loc"], found["type"], found.get("ctx", {})
    if where[:1] == ("sms",):
        return _sms(found)
    if where[-1:] == ("[key]",):
        where = where[:-1]
    if kind == "extra_forbidden":
        return where, _unknown(str(where[-1]), _keys(schema, where[:-1]))
    if kind in ("literal_error", "unknown_kind"):
        return where, _choice(found, str(context["expected"]))
    if kind == "value_error":
        return where, str(context["error"])
    if kind in ("model_type", "model_attributes_type") and not where:
        return where, f"must have the entries {', '.join(_keys(schema, ()))}, each on a line of its own"
    text = _SENTENCES.get(kind) or next((_SENTENCES[type_] for type_ in ("bool", "int", "date") if type_ in kind), "")
    length = len(found["input"]) if isinstance(found["input"], str) else 0
    return where, text.format(**context, length=length) if text else found["msg"]


def _sms(found: ErrorDetails) -> Said:
    if found["type"] == "unknown_kind":
        where = ("sms", found["loc"][-1])
        return where, _choice(found, str(found.get("ctx", {})["expected"]))
    return ("sms",), "must be true, false, or a list of the news that go out by SMS, such as [received, decided]"


def _unknown(key: str, known: list[str]) -> str:
    hint = did_you_mean(key, known) or (f"possible here: {', '.join(known)}; " if known else "") + "remove it"
    return f"nobody reads this key; {hint}"


def _choice(found: ErrorDetails, expected: str) -> str:
    known = [word.strip("'") for word in expected.replace(" or ", ", ").split(", ")]
    hint = did_you_mean(found["input"], known) if isinstance(found["input"], str) else ""
    return f"must be one of {', '.join(known)}" + (f"; {hint}" if hint else "")


def _keys(schema: type[BaseModel], steps: tuple[Any, ...]) -> list[str]:
    """The keys that the schema knows at this place."""
    model = _model(schema)
    for step in steps:
        if model and isinstance(step, str) and step in model.model_fields:
            model = _model(model.model_fields[step].annotation)
    return list(model.model_fields) if model else []


def _model(annotation: Any) -> type[BaseModel] | None:
    """The first schema in a type such as list[Section]."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        root = annotation.model_fields.get("root")
        return _model(root.annotation) if root else annotation
    return next(filter(None, map(_model, get_args(annotation))), None)
