"""A short hash of anything from the catalogue."""

import hashlib
import json
from typing import Any

from pydantic import BaseModel


def digest(*parts: Any) -> str:
    """A hash of `parts`: the revision in the version key of pages that show them, the fingerprint of a form."""
    plain = [part.model_dump(mode="json") if isinstance(part, BaseModel) else part for part in parts]
    return hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()[:16]
