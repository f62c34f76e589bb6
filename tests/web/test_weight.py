"""What a visit costs on the wire stays within its budgets: the very table that `make bench` prints."""

from email.message import Message

import pytest

from bench import weight
from models import Form

PAGE = """<link rel=stylesheet href=/a.css><link rel=canonical href=/b><script src=/c.js></script><img src=d.svg>
<noscript><img src=/e.png></noscript><img src="data:,">"""


def answer(kind: str, body: str) -> weight.Answer:
    headers = Message()
    headers["Content-Type"] = kind
    return weight.Answer(200, headers, body.encode(), len(body))


@pytest.mark.long
def test_every_page_is_within_its_budgets(app, tmp_path, monkeypatch, capsys):
    given = weight.settings(str(tmp_path)) | {"ETRACKING_DATABASE_URL": app.config["DATABASE_URL"]}
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    over = weight.weigh(Form.select().where(Form.tracked).first())
    said = capsys.readouterr().out
    assert over == 0, f"\n{said}"
    assert said.count("cold") == 6


def test_what_is_over_a_budget_is_counted_and_said(capsys):
    assert weight.line("/", {"cold": (30_001, 30_000), "requests": (8, 8)}) == 1
    assert "cold OVER by 1" in capsys.readouterr().out


def test_all_that_a_page_a_style_and_a_script_name_is_followed():
    script = (
        'import x from "./f.js"; const y = await import("./on-demand.js"); navigator.serviceWorker.register("/sw.js")'
    )
    found = {
        "text/html": (PAGE, ["/a.css", "/c.js", "/x/d.svg"]),
        "text/css": ('@import "i.css"; a { background: url(g.png) }', ["/x/i.css", "/x/g.png"]),
        "text/javascript": (script, ["/x/f.js"]),
    }
    for kind, (text, expected) in found.items():
        assert list(weight.references("http://h/x/p", answer(kind, text))) == [f"http://h{path}" for path in expected]
