"""An authority's own system, and the hook where it hears news."""

import pytest

from models import System
from support.sms_stand_in import SmsProvider
from support.systems import Api


@pytest.fixture
def api(either, form) -> Api:
    """The system of the authority that receives the rent subsidy's form."""
    return Api(either, System.add(form.procedure.authority, "registry")[1].token)


@pytest.fixture
def hook(either, form, certificate, monkeypatch):
    """The authority's system with a hook on this machine, and the server behind it."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    either.config["HOOK_PRIVATE"] = True
    with either.app_context(), SmsProvider(certificate) as server:
        server.keys = System.add(form.procedure.authority, "registry", f"https://127.0.0.1:{server.server_port}/news")[
            1
        ]
        yield server
