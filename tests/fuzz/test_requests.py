"""Requests with whatever a stranger, a provider or an editor may put into them: no answer is a fault of ours."""

import base64
import json
import time

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from commands.catalogue import KINDS
from models import db
from models.catalogue.files import CatalogueError, read
from paper import glyphs
from support.loading import copied
from support.sending import close
from support.site import running
from support.webhooks import BOUNCES, INBOUND, SETTINGS, STATUS, hand_over, send, token
from web.static_files import static_url

pytestmark = pytest.mark.slow
often = settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=120)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)
LATIN = st.text(st.characters(max_codepoint=255, exclude_characters="\r\n\0"), max_size=120)
PATHS = ["/", "/procedures?q=a", "/t/K7Q2MX4P9TRWY", "/procedures/rent-subsidy/forms/application", "/api/v1/dossiers"]
RANGES = st.builds("bytes={}-{}".format, st.integers() | TEXT, st.integers() | st.just("")) | st.sampled_from(
    ["bytes=", "bytes=-", "bytes=-0", "bytes=0-0,1-1", "bytes=9-1", "items=0-1", "bytes=" + "0-1," * 400]
)


@pytest.fixture(params=["sqlite", "postgresql"])
def either(request):
    app = running(request.getfixturevalue(f"{request.param}_url"), **SETTINGS)
    db.connect(reuse_if_open=True)
    yield app
    close()


@often
@given(
    st.sampled_from(PATHS) | st.just("static"),
    st.dictionaries(
        st.sampled_from(
            ["Accept-Language", "Accept-Encoding", "If-None-Match", "If-Modified-Since", "Cookie", "Accept"]
        )
        | st.sampled_from(["Authorization", "HX-Request", "HX-Target", "HX-Current-URL", "User-Agent", "Origin"])
        | st.sampled_from(["Referer", "Content-Type", "X-Request-ID", "If-Range", "X-Forwarded-For", "Forwarded"]),
        LATIN,
        max_size=5,
    ),
    st.none() | RANGES,
)
@example("static", {}, "bytes=-0")
def test_no_header_is_a_fault_of_ours(app, path, headers, range_):
    if range_:
        headers |= {"Range": range_.encode().decode("latin-1").replace("\r", "").replace("\n", "").replace("\0", "")}
    with app.test_request_context():
        path = static_url("site.css") if path == "static" else path
    answer = app.test_client().get(path, headers=headers)
    answer.close()
    assert answer.status_code < 500 and answer.headers["X-Content-Type-Options"] == "nosniff"


@often
@given(
    st.dictionaries(
        st.sampled_from(["captcha_proof", "captcha_code", "captcha_token", "csrf_token", "key", "website"]),
        TEXT
        | st.one_of(
            JSON,
            st.fixed_dictionaries(
                {"challenge": JSON | st.fixed_dictionaries({"parameters": JSON, "signature": JSON}), "solution": JSON}
            ),
        ).map(lambda value: base64.b64encode(json.dumps(value).encode()).decode()),
    )
)
def test_no_answer_to_the_security_check_is_a_fault_of_ours(app, form):
    answer = app.test_client().post("/track/rent-subsidy/application", data=form)
    assert answer.status_code < 500
    assert app.test_client().get("/captcha/" + form.get("captcha_token", "x").replace("/", "")[:60]).status_code < 500


NOTICES = JSON | st.dictionaries(
    st.sampled_from(["status", "client_ref", "message_uuid", "error", "messages", "from", "text", "type"]),
    JSON | st.sampled_from(["delivered", "rejected", "352621123456", "STOP", "a\0b"]),
)


@often
@given(st.sampled_from([STATUS, INBOUND]), NOTICES)
@example(INBOUND, {"from": "352621123456", "text": "STOP\0"})
@example(STATUS, {"status": "delivered", "client_ref": "a\0b", "message_uuid": "\0" * 300})
def test_no_notice_that_the_provider_signed_is_a_fault_of_ours(either, path, notice):
    assert send(either, path, notice) in (200, 400)


@often
@given(st.dictionaries(st.sampled_from(["iat", "jti", "payload_hash", "exp", "nbf", "aud", "iss", "sub"]), JSON))
@example({"iat": str(int(time.time()))})
@example({"iat": True})
@example({"iat": float("inf")})
@example({"exp": float("inf")})
def test_no_claim_of_a_signed_token_is_a_fault_of_ours(app, claims):
    app.config |= SETTINGS

    def signed(body: bytes) -> str:
        try:
            return token(body, **claims)
        except Exception:
            return "a.b.c"  # nothing that could be signed

    assert send(app, STATUS, {"status": "delivered"}, signed) in (200, 401)


@often
@given(LATIN)
def test_no_authorization_is_a_fault_of_ours(app, text):
    app.config |= SETTINGS
    for path in (STATUS, INBOUND, BOUNCES):
        for headers in ({"Authorization": text}, {"Authorization": f"Bearer {text}"}, {"X-Signature": text}):
            assert app.test_client().post(path, data=b"{}", headers=headers).status_code in (400, 401)


@often
@given(st.binary(max_size=300))
def test_no_bounce_that_a_mail_server_signed_is_a_fault_of_ours(app, mail):
    app.config |= SETTINGS
    assert hand_over(app, mail) == 200


YAML = st.recursive(
    st.sampled_from(["~", "no", "2026-02-30", "!!python/object:os.system x", "*a", "&a b", "1e999", "'", '"', "- -"])
    | TEXT,
    lambda inner: (
        st.lists(inner, max_size=4).map(lambda texts: "[" + ",".join(texts) + "]")
        | st.dictionaries(TEXT, inner, max_size=3).map(
            lambda found: "{" + ",".join(f"{k}: {v}" for k, v in found.items()) + "}"
        )
    ),
    max_leaves=8,
)


@often
@given(st.data())
def test_file_of_the_catalogue_is_read_or_its_faults_named(tmp_path_factory, data):
    folder = copied(tmp_path_factory.mktemp("catalogue"), "rent-subsidy")
    path = data.draw(st.sampled_from(sorted(folder.rglob("*.yaml"))))
    lines = path.read_text(encoding="utf-8").splitlines()
    at = data.draw(st.integers(0, len(lines) - 1))
    key = lines[at].partition(":")[0]
    lines[at : at + data.draw(st.integers(0, 3))] = [data.draw(YAML), f"{key}: {data.draw(YAML)}"][
        data.draw(st.integers(0, 1)) :
    ]
    path.write_text("\n".join(lines), encoding="utf-8")
    try:
        assert all(fault.file and fault.what for fault in read(folder, KINDS, glyphs.unprintable).faults)
    except CatalogueError as error:
        assert error.faults and all(":" in fault for fault in error.faults)
