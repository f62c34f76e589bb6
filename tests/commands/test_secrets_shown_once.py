"""What a command shows once, a link or a token: it leads to the site's own address, and is kept only if it was shown."""

import re
from contextlib import redirect_stdout, suppress

import pytest
from flask.cli import ScriptInfo

from models import Audit, Invitation, Staff, System, db
from support.commands import run
from support.site import account
from support.visitor import Visitor

NEW = ("staff", "invite", "new@example.lu", "--role", "admin")
RESET = ("staff", "reset", "helpdesk@example.lu")
SYSTEM = ("systems", "add", "housing-aid-service", "registry")


@pytest.mark.parametrize("arguments", [NEW, RESET])
def test_link_of_an_invitation_opens_on_the_sites_own_address(profile, arguments):
    account("helpdesk@example.lu", "helpdesk")
    said = run(profile, *arguments)
    site = profile.config["SITE_URL"]
    assert said.exit_code == 0 and re.fullmatch(rf"{site}/sign-in/invitation/[\w-]{{43}}\n", said.stdout), said.output
    db.connect(reuse_if_open=True)
    assert Visitor(profile).get(said.stdout.strip().removeprefix(site)).title == "Welcome to the desk"


@pytest.mark.parametrize("arguments", [NEW, RESET, SYSTEM])
def test_nothing_is_kept_of_what_could_not_be_shown(profile, arguments):
    """A full disk or a closed pipe behind standard output: the secret is lost, and so must be what it opens."""
    account("helpdesk@example.lu", "helpdesk")
    with suppress(OSError), open("/dev/full", "w") as full, redirect_stdout(full), pytest.raises(OSError):
        profile.cli.main(list(arguments), standalone_mode=False, obj=ScriptInfo(create_app=lambda: profile))
    db.connect(reuse_if_open=True)
    assert [staff.email for staff in Staff.people()] == ["helpdesk@example.lu"] and Staff.get().password_hash
    assert (Invitation.select().count(), System.select().count(), Audit.select().count()) == (0, 0, 0)
