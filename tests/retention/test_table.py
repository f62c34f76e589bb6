"""Every table that exists is in the table of what is erased, or is named as kept for a reason; so is every setting."""

import re

from models import MODELS, retention
from paths import ROOT
from support.commands import run
from web.settings import DEFAULTS
from wording import retention as words


def test_every_table_is_erased_by_a_rule_or_kept_for_a_reason():
    covered = [model for rule in retention.RULES for model in rule.tables]
    assert len(covered) == len(set(covered)), "two rules cover the same table"
    assert set(covered).isdisjoint(retention.KEPT) and all(retention.KEPT.values())
    missing = set(MODELS) - set(covered) - set(retention.KEPT)
    assert missing == set(), "cover it by a rule of models/retention.py, or name in KEPT why it stays"


def test_every_period_of_the_settings_belongs_to_a_rule_and_has_its_default():
    settings = {name: days for name, days in DEFAULTS.items() if name.startswith("RETENTION_")}
    by_rule = {rule.setting: rule.period.days for rule in retention.RULES if rule.setting}
    assert settings == by_rule | {retention.MAX_SETTING: 90}


def test_every_rule_has_words_in_every_language(app):
    with app.test_request_context():
        told = [line.name for line in words.lines(app.config)]
    assert sorted(told) == sorted(rule.name for rule in retention.RULES)


def test_command_lists_the_table_with_its_settings(app):
    app.config["RETENTION_TEXT_DAYS"] = 3
    listed = run(app, "retention", "list").output
    assert re.search(r"^text +3 days  ETRACKING_RETENTION_TEXT_DAYS$", listed, re.MULTILINE)
    assert len(listed.splitlines()) == len(retention.RULES)


def test_documents_name_each_period():
    settings = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    for rule in retention.RULES:
        if rule.setting:
            assert f"| `ETRACKING_{rule.setting}` | `{rule.period.days}` |" in settings
