"""The development inbox: what would have left, as files and as pages; and only where it was asked for."""

import email
import json
from pathlib import Path

import pytest

from senders import inbox
from support.sending import deliver, make_app, make_message


@pytest.fixture
def app(tmp_path):
    settings = {
        "SITE_URL": "http://127.0.0.1:8000",
        "INBOX": True,
        "INBOX_DIR": str(tmp_path / "in"),
        "MAIL_SENDER": "",
    }
    app = make_app(f"sqlite:///{tmp_path}/test.db", **settings)
    with app.app_context():
        yield app


def test_mail_becomes_a_whole_file(app):
    name = deliver(make_message("announced"))
    data = (Path(app.config["INBOX_DIR"]) / name).read_bytes()
    mail = email.message_from_bytes(data, policy=email.policy.default)
    assert mail["To"] == "someone@example.org" and mail["From"] == "eTracking <noreply@127.0.0.1>"
    assert [part.get_content_type() for part in mail.iter_attachments()] == ["application/pdf"]
    assert [file.name for file in Path(app.config["INBOX_DIR"]).iterdir()] == [name]


def test_sms_becomes_a_line_of_json_and_its_text(app):
    name = deliver(make_message("decided", "sms"))
    head, text = (Path(app.config["INBOX_DIR"]) / name).read_text().split("\n\n", 1)
    assert json.loads(head) == {"to": "+352621123456", "from": "eTracking"}
    assert text.startswith("eTracking: ")


def test_page_lists_the_newest_first(app):
    client = app.test_client()
    assert "No messages yet" in client.get("/dev/inbox?lang=en").text
    mail, sms = deliver(make_message("decided")), deliver(make_message("received", "sms"))
    page = client.get("/dev/inbox?lang=en").text
    assert page.index(f"/dev/inbox/{sms}") < page.index(f"/dev/inbox/{mail}")
    assert [entry.channel for entry in inbox.entries()] == ["sms", "email"]


def test_mail_is_shown_with_its_links_its_html_and_its_sheet(app):
    client, name = app.test_client(), deliver(make_message("announced"))
    page = client.get(f"/dev/inbox/{name}")
    link = f'href="{inbox.entry(name).text.split("See where your dossier stands:")[1].split()[0]}"'
    assert page.status_code == 200 and link in page.text and page.headers["Cache-Control"] == "no-store"
    html = client.get(f"/dev/inbox/{name}/html")
    assert html.text.startswith("<!doctype html>") and "sandbox" in html.headers["Content-Security-Policy"]
    sheet = client.get(f"/dev/inbox/{name}/attachments/0")
    assert sheet.data.startswith(b"%PDF-") and "attachment" in sheet.headers["Content-Disposition"]
    assert client.get(f"/dev/inbox/{name}/attachments/1").status_code == 404


def test_sms_is_shown_and_has_no_html(app):
    client, name = app.test_client(), deliver(make_message("received", "sms"))
    assert "your papers arrived on" in client.get(f"/dev/inbox/{name}").text
    assert client.get(f"/dev/inbox/{name}/html").status_code == 404


@pytest.mark.parametrize("name", ["nothing", "..%2ftest.db", "20261122T105054845289-1.1.eml", "x.part"])
def test_other_files_are_not_shown(app, name):
    assert app.test_client().get(f"/dev/inbox/{name}").status_code == 404


def test_without_the_setting_there_is_no_inbox(tmp_path):
    app = make_app(f"sqlite:///{tmp_path}/test.db")
    assert app.test_client().get("/dev/inbox", base_url="https://tracking.example.lu").status_code == 404
