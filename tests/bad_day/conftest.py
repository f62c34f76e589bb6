"""An authority's own system, for what it hears on a bad day."""

import pytest

from models import System
from support.systems import Api


@pytest.fixture
def api(either, form) -> Api:
    """The system of the authority that receives the rent subsidy's form."""
    return Api(either, System.add(form.procedure.authority, "registry")[1].token)
