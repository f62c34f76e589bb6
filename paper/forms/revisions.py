"""Compare two revisions of a form, object by object: what a page shows is not all that counts, a script is not seen."""

from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Stream

from paper.forms.objects import entry

RIGHTS = {"/Perms", "/Extensions", "/Metadata", "/ViewerPreferences"}  # of the catalog: what comes with usage rights


def is_same(before: pikepdf.Pdf, after: pikepdf.Pdf) -> bool:
    """True if two revisions differ by usage rights at most, and by the metadata that tell when they were added."""
    waiting: list[tuple[Any, Any]] = [
        (_without(before.Root, RIGHTS), _without(after.Root, RIGHTS)),
        (_preferences(before), _preferences(after)),
    ]
    known: set[tuple[Any, Any]] = set()
    while waiting:
        old, new = waiting.pop()
        if _is_indirect(old) and _is_indirect(new):
            if (old.objgen, new.objgen) in known:
                continue
            known.add((old.objgen, new.objgen))
        parts = _parts(old, new)
        if parts is None:
            return False
        waiting += parts
    return True


def _is_indirect(value: Any) -> bool:
    return isinstance(value, pikepdf.Object) and value.is_indirect


def _parts(old: Any, new: Any) -> list[tuple[Any, Any]] | None:
    """What two values consist of, in pairs to be compared; None if they differ already."""
    if isinstance(old, Stream) and isinstance(new, Stream):
        same = old.read_raw_bytes() == new.read_raw_bytes()
        return _parts(_without(old, {"/Length"}), _without(new, {"/Length"})) if same else None
    if isinstance(old, Array) and isinstance(new, Array):
        return list(zip(old, new, strict=True)) if len(old) == len(new) else None
    old, new = (_without(value, set()) if isinstance(value, Dictionary) else value for value in (old, new))
    if isinstance(old, dict) and isinstance(new, dict):
        return [(old[key], new[key]) for key in old] if old.keys() == new.keys() else None
    return [] if type(old) is type(new) and old == new else None


def _without(holder: Any, left_out: set[str]) -> dict[str, Any]:
    return {key: value for key, value in holder.items() if key not in left_out}


def _preferences(pdf: pikepdf.Pdf) -> dict[str, Any]:
    found = entry(pdf.Root, "/ViewerPreferences")
    return _without(found, {"/Rights"}) if isinstance(found, Dictionary) else {}
