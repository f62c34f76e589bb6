"""The parsers against whatever comes: no exception but the one they name, and what they read they read again alike."""

import json
import logging
import os
import re
from types import SimpleNamespace
from unittest import mock
from urllib.parse import urlsplit

import pytest
from flask import Flask
from flask_babel import Babel
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from urllib3.util import parse_url
from wtforms.validators import ValidationError

from blueprints.public.forms import mobile_number
from models.dossiers import codes, number
from models.dossiers.registered import registered_number
from models.notifications.contact import hashed, masked
from models.notifications.outcome import Outcome
from models.notifications.push_services import permitted
from models.notifications.subscription import Subscription, SubscriptionError
from models.security import keys, signed_links, throttle
from models.security.crockford import ALPHABET, check_character
from models.staff.passkey import InvalidPasskeyError, Passkey, Site
from paper.forms.acceptance import accept
from paper.forms.examination import AcceptedForm, FormRefusedError
from senders import bounces, smtp_answers, vonage_answers
from senders.mail import _ascii
from support import keyboards
from support.paper_forms import plain
from support.webhooks import SETTINGS
from web import environment, log_safety
from web import settings as site_settings
from web.form_fields import email_address

pytestmark = pytest.mark.slow
often = settings(max_examples=500, deadline=None, suppress_health_check=list(HealthCheck))
PDF = plain(1)
seldom = settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=300)
NUMBERS = st.text(ALPHABET, min_size=12, max_size=12).map(lambda body: body + check_character(body))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)
SITE = Site("etracking.example.lu", "https://etracking.example.lu")


@often
@given(TEXT)
def test_text_is_a_number_in_its_one_spelling_or_none(text):
    found = number.parse(text)
    assert number.clean(number.clean(text)) == number.clean(text)
    if found:
        assert number.parse(found) == number.parse(number.grouped(found).lower()) == found and found.isascii()
    for several in (number.several(text), *(code.numbers for code in codes.codes(text))):
        assert all(number.parse(one) == one for one in several) and len(several) <= number.MAX_NUMBERS
    assert codes.find(text) is None or number.parse(codes.find(text))
    if mail := registered_number(text):
        assert registered_number(mail) == mail and mail.isascii()


@often
@given(
    NUMBERS,
    st.sampled_from(
        ["HTTPS://HOST.LU/T/{}", "https://host.lu/t/{}", "HTTPS://H/T/{}/2", "HTTPS://H/R/{}/0123456789ABV"]
    ),
    st.sampled_from(sorted(keyboards.LAYOUTS)),
    st.sampled_from(keyboards.STATES),
    st.sampled_from(["", " ", "\t", "\r\n", ",", ";", '"']),
)
def test_scanner_on_any_keyboard_names_the_number_of_its_code_or_nothing(one, address, layout, state, suffix):
    """What a scanner types on a computer set to another layout."""
    found = codes.codes(keyboards.typed(address.format(one) + suffix, layout, state))
    assert [code.numbers for code in found] in ([], [(one,)])


@often
@given(NUMBERS, NUMBERS, st.sampled_from(["", " ", "\t"]))
def test_two_codes_in_one_reading_are_never_one_of_the_two(one, other, between):
    found = codes.codes(f"HTTPS://H/T/{one}{between}HTTPS://H/T/{other}")
    assert len(found) != 1 or one == other


@pytest.fixture
def context():
    app = Flask("parsers")
    app.config |= SETTINGS | {"SMS_REGIONS": ["LU", "DE", "FR", "BE"]}
    Babel(app)
    keys.initialize("a secret of at least thirty-two characters")
    with app.test_request_context():
        yield app


def validated(validator, text: str) -> str | None:
    """What a validator makes of a text, or None if it refuses it."""
    field = SimpleNamespace(data=text)
    try:
        validator(None, field)
    except ValidationError:
        return None
    return field.data


LOCAL = st.text("abcXYZ019._%+-'\"()<>@ ,;:\\ë\u0301\u202e", max_size=20)
HOST = st.text("abcxyz019-.ë\u3002_[]", max_size=20)


@often
@given(TEXT | st.builds("{}@{}".format, LOCAL, HOST) | st.builds("{}@{}.lu".format, LOCAL, HOST))
@example("a@xn--.lu")
def test_mail_address_is_refused_or_kept_in_one_spelling_that_a_mail_takes(context, text):
    kept = validated(email_address, text)
    if kept:
        assert validated(email_address, kept) == kept and _ascii(kept) == kept
        assert not re.search(r"[\s<>,;]", kept) and kept.isascii()
        assert hashed("email", kept) == hashed("email", kept.upper()) and kept not in masked("email", kept)


@often
@given(TEXT | st.text("+0123456789 ()-./xext;=#٣６", max_size=40) | st.integers(0, 10**15).map("+{}".format))
@example("+352621123456;ext=99")
def test_mobile_number_is_refused_or_kept_in_e164(context, text):
    kept = validated(mobile_number, text)
    if kept:
        assert re.fullmatch(r"\+[1-9][0-9]{6,14}", kept) and validated(mobile_number, kept) == kept
        assert kept not in masked("sms", kept) and hashed("sms", kept)


HEADERS = st.lists(
    st.tuples(
        st.sampled_from(["Return-Path", "Delivered-To", "To", "Content-Type", "Content-Transfer-Encoding", "Status"]),
        st.sampled_from(
            ["<>", "bounces+" + "a" * 24 + "@example.lu", "multipart/report; boundary=b", "message/delivery-status"]
            + ["=?utf-8?q?=ff?=", "=?nope?b?!?=", "multipart/mixed; boundary*0*=utf-8''%ff", "base64", "5.1.1", ""]
        )
        | TEXT,
    ),
    max_size=8,
)
PARTS = st.lists(st.sampled_from(["--b", "--b--", "", "Action: failed", "Status: 5.1.1"]) | TEXT, max_size=12)


@often
@given(
    st.binary(max_size=400)
    | st.builds(
        lambda headers, parts: "\n".join([*(f"{n}: {v}" for n, v in headers), "", *parts]).encode(), HEADERS, PARTS
    )
)
def test_mail_that_came_back_is_a_bounce_or_nothing_or_shown_to_a_person(context, raw):
    mail = bounces.read(raw)
    assert (mail.kind == "failed") == (mail.bounce is not None) and (mail.kind == "unclear") == bool(mail.shown)
    if found := mail.bounce:
        assert re.fullmatch(r"[45]\.\d{1,3}\.\d{1,3}|[45]\d\d", found.status, re.ASCII)
        assert all(re.fullmatch(r"[a-z2-7]{24}", token, re.I | re.ASCII) for token in found.tokens)


@often
@given(
    st.integers(-1, 10_000),
    st.binary(max_size=200) | TEXT.map(lambda text: f"5.1.1 <{text}@example.org>".encode()),
)
def test_answer_of_a_mail_server_has_a_meaning_and_of_its_text_codes_are_kept_alone(code, text):
    assert isinstance(smtp_answers.of_recipient(code, text), Outcome)
    assert isinstance(smtp_answers.of_server(code, text), Outcome)
    assert re.fullmatch(r"-?\d+( [245]\.\d{1,3}\.\d{1,3})?", smtp_answers.status(code, text), re.ASCII)


NOTICES = st.dictionaries(
    st.sampled_from(["status", "client_ref", "message_uuid", "error", "type", "title", "messages", "from", "text"])
    | TEXT,
    JSON | st.sampled_from(["rejected", "delivered", "undeliverable", "STOP"]),
    max_size=6,
)


@often
@given(st.integers(100, 599), JSON | NOTICES, NOTICES)
@example(200, {"messages": [{}, None]}, {})
def test_answer_of_the_sms_provider_is_read_or_nothing(status, body, notice):
    refusal = vonage_answers.refusal(status, body)
    assert refusal is None or refusal[0].startswith(f"HTTP {status}")
    report = vonage_answers.delivery_report(notice)
    assert report is None or (isinstance(report.outcome, Outcome) and isinstance(report.reference, str))


@often
@given(TEXT | st.text("abcdefghijklmnopqrstuvwxyz234567", min_size=24, max_size=24))
def test_token_of_a_link_names_a_row_or_none(text):
    for named in (signed_links.named_contact(text), signed_links.named_notification(text)):
        assert named is None or named >= 0
    assert not signed_links.matches(text, "a" * 25)


@often
@given(TEXT | st.ip_addresses().map(str) | st.builds("{}%{}".format, st.ip_addresses(v=6), TEXT))
def test_address_of_a_visitor_has_networks_whatever_a_proxy_says(context, text):
    assert all(re.fullmatch(r"[0-9a-f]{24}", name) for name in throttle.networks(text))


@often
@given(st.fixed_dictionaries({name: TEXT for name in ("endpoint", "p256dh", "auth")}))
def test_subscription_of_a_browser_is_read_or_refused(given_):
    with pytest.raises(SubscriptionError):
        Subscription.read(given_, ["push.example.org"])


@often
@given(st.builds("https://{}{}/{}".format, HOST, st.sampled_from(["push.example.org", ".push.example.org:443"]), TEXT))
def test_permitted_endpoint_leads_to_its_host_in_every_program(endpoint):
    if permitted(endpoint, ["push.example.org"]):
        assert urlsplit(endpoint).hostname == parse_url(endpoint).host == "push.example.org"


@seldom
@given(JSON | st.fixed_dictionaries({"id": TEXT, "rawId": TEXT, "response": JSON, "type": JSON}))
def test_answer_of_a_passkey_that_is_none_is_refused_in_one_way(app, value):
    for text in (json.dumps(value), str(value)):
        with pytest.raises(InvalidPasskeyError):
            Passkey.check(text, SITE, b"challenge")


LINES = st.lists(
    TEXT
    | st.builds(
        "{}ETRACKING_{}={}{}{}".format,
        st.sampled_from(["", "export ", " "]),
        st.text("ABC_", max_size=6),
        st.sampled_from(["", "'", '"']),
        TEXT,
        st.sampled_from(["", "'", '"']),
    ),
    max_size=6,
)


@often
@given(LINES)
def test_file_of_settings_is_read_or_its_line_named_without_its_value(lines):
    texts, problems = environment._parse("\n".join(lines).splitlines(), "/etc/etracking.env")
    assert all(isinstance(text, str) and "\n" not in text for text in texts.values())
    assert all(problem.startswith("/etc/etracking.env, line ") for problem in problems)


@often
@given(
    st.dictionaries(
        st.sampled_from(sorted(site_settings.DEFAULTS)) | st.text("ABCDE_", min_size=1, max_size=12),
        st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=60)
        | JSON.map(lambda value: str(value).replace("\0", "")),
        max_size=5,
    )
)
def test_settings_start_the_site_or_name_what_is_wrong_and_no_secret(stated):
    values = {f"ETRACKING_{name}": text for name, text in stated.items()}
    with mock.patch.dict(os.environ, values | {"FLASK_SKIP_DOTENV": "1"}):
        try:
            site_settings.load(Flask("settings"), {"SITE_URL": "http://127.0.0.1:8000"})
        except site_settings.BadSettingError as error:
            said = str(error)
            for name, text in stated.items():
                secret = name in ("SECRET_KEY", "MAIL_PASSWORD", "METRICS_TOKEN", "VONAGE_SIGNATURE_SECRET")
                assert not (secret and len(text) > 12 and text in said), name


@often
@given(TEXT, TEXT)
def test_line_of_a_library_is_made_harmless_whatever_it_says(message, value):
    for args in ((), (value,), ({"a": value},), (1, value)):
        log_safety.text(logging.LogRecord("library", logging.WARNING, "x.py", 1, message, args, None))
    assert log_safety.describe(ValueError(value)) == "ValueError" or "no such" in value


@seldom
@given(st.data())
def test_pdf_that_is_broken_anywhere_is_accepted_or_refused_with_a_reason(data):
    whole = PDF
    at = data.draw(st.integers(0, len(whole) - 1))
    piece = data.draw(st.binary(max_size=40) | st.sampled_from([b"/Pages", b"<< /Kids [1 0 R] >>", b"999999999999"]))
    kept = data.draw(st.integers(0, 200))
    try:
        assert isinstance(accept(whole[:at] + piece + whole[at + kept :]), AcceptedForm)
    except FormRefusedError as refused:
        assert refused.reason


@seldom
@given(st.binary(max_size=300))
def test_bytes_that_are_no_pdf_are_refused(raw):
    with pytest.raises(FormRefusedError):
        accept(raw)
