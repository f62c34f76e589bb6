"""OpenAPI 3.1 description of the API, generated from the schemas that validate its requests."""

from typing import Any, Literal

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from blueprints.api.schemas import DossierShape, EventShape, Move

DESCRIPTION = """\
For the computer systems of an authority. A token belongs to one system of one authority and sees that authority's
dossiers only. A token that begins with `et_test_` checks and answers requests without changing or sending anything.

Moves are told to the citizen at once: unlike a scan at the desk they cannot be undone.

A system with a hook is sent every event of its authority's dossiers by POST: `{"event": ..., "dossier": ...}`.
The header `eTracking-Signature` is `t=<seconds since 1970>,v1=<hex>`: HMAC-SHA-256 of `<t>.<body>` with the secret of
the system. Answer with 2xx within ten seconds; otherwise it comes again after 5 minutes, 1, 2, 4, 8 and 20 hours. The
same event may come more than once.
"""


def describe(server: str) -> dict[str, Any]:
    """The OpenAPI document of the API at the URL `server`."""
    schemas: list[tuple[type[BaseModel], Literal["validation", "serialization"]]] = [
        *((DossierShape, "serialization"), (EventShape, "serialization")),
        (Move, "validation"),
    ]
    _, schema = models_json_schema(schemas, ref_template="#/components/schemas/{model}")
    return {
        "openapi": "3.1.0",
        "info": {"title": "eTracking for authorities", "version": "1", "description": DESCRIPTION},
        "servers": [{"url": server}],
        "security": [{"token": []}],
        "paths": _paths(),
        "components": {
            "schemas": schema["$defs"],
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _paths() -> dict[str, Any]:
    number = {"name": "number", "in": "path", "required": True, "schema": {"type": "string"}}
    key = {
        "name": "Idempotency-Key",
        "in": "header",
        "required": True,
        "schema": {"type": "string", "minLength": 8, "maxLength": 100},
    }
    after = {"name": "after", "in": "query", "schema": {"type": "integer"}, "description": "`next` of the page before"}
    status = {"name": "status", "in": "query", "schema": {"type": "string"}}
    many = {
        "type": "object",
        "properties": {
            "dossiers": {"type": "array", "items": _ref("DossierShape")},
            "next": {"type": ["integer", "null"]},
        },
    }
    asked = {"required": True, "content": {"application/json": {"schema": _ref("Move")}}}
    moved = _answers({"201": ("The dossier after the move", _ref("DossierShape"))}, 400, 401, 404, 409, 415, 422, 429)
    moved["200"] = {"description": "What a move would have brought about (test token)"} | _json(_ref("DossierShape"))
    return {
        "/dossiers": {
            "get": {
                "operationId": "listDossiers",
                "summary": "The authority's dossiers, 100 at a time",
                "parameters": [after, status],
                "responses": _answers({"200": ("A page", many)}, 400, 401, 422, 429),
            }
        },
        "/dossiers/{number}": {
            "get": {
                "operationId": "showDossier",
                "summary": "One dossier with its history",
                "parameters": [number],
                "responses": _answers({"200": ("The dossier", _ref("DossierShape"))}, 400, 401, 404, 429),
            }
        },
        "/dossiers/{number}/moves": {
            "post": {
                "operationId": "moveDossier",
                "summary": "Move a dossier on",
                "parameters": [number, key],
                "requestBody": asked,
                "responses": moved,
            }
        },
    }


def _answers(good: dict[str, tuple[str, dict[str, Any]]], *problems: int) -> dict[str, Any]:
    texts = {
        400: "A header is missing, or there is a NUL character in the request",
        401: "No valid token",
        404: "No such dossier of this authority",
        409: "The dossier has changed, or the move is not allowed",
        415: "Not JSON",
        422: "Something in the request is wrong",
        429: "Too many requests: see Retry-After",
    }
    bad = {str(code): {"description": texts[code]} | _json({"type": "object"}, "problem+json") for code in problems}
    return {code: {"description": text} | _json(schema) for code, (text, schema) in good.items()} | bad


def _json(schema: dict[str, Any], kind: str = "json") -> dict[str, Any]:
    return {"content": {f"application/{kind}": {"schema": schema}}}


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}
