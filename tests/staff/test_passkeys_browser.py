"""Passkeys in a real browser, with a device of Chromium's own making: set up, sign in, on a second one, removed."""

import shutil
from collections.abc import Iterator

import pytest

from models import Form, Passkey, Procedure, StaffSession, db
from models.staff import accounts
from support import served
from support.living import served as serve
from support.sending import close
from support.site import PASSWORD, running

pytestmark = served.MARKS
DEVICE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture
def address(stocked_sqlite, tmp_path) -> Iterator[str]:
    """The site under a name: browsers make no passkeys for an address in digits."""
    shutil.copy(stocked_sqlite, tmp_path / "etracking.db")
    app = running(f"sqlite:///{tmp_path}/etracking.db", STAFF_SECOND_FACTOR=True)
    db.connect(reuse_if_open=True)
    form = Form.select().join(Procedure).where(Procedure.slug == "rent-subsidy", Form.slug == "application").get()
    accounts.add("clerk@example.lu", "clerk", form.procedure.authority, PASSWORD)
    with serve(app) as url:
        app.config["SITE_URL"] = url.replace("127.0.0.1", "localhost")
        yield app.config["SITE_URL"]
    close()


@pytest.fixture
def person(chromium, address) -> Iterator:
    """Opens a browser of a person with a device: person(), or person(scheme="dark")."""
    opened = []

    def browser(width=1280, height=900, scheme="light", **device):
        context = chromium().new_context(
            base_url=address, viewport={"width": width, "height": height}, color_scheme=scheme, locale="en"
        )
        opened.append(context)
        page = context.new_page()
        session = context.new_cdp_session(page)
        session.send("WebAuthn.enable")
        made = session.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE | device})
        page.device = lambda method, **what: session.send(f"WebAuthn.{method}", made | what)
        return page

    yield browser
    for context in opened:
        context.close()


def by_password(page) -> None:
    page.goto("/sign-in")
    page.locator("#email").fill("clerk@example.lu")
    page.locator("#password").fill(PASSWORD)
    page.locator("#password").press("Enter")


def set_up(page, name: str) -> None:
    page.get_by_label("Name of this device").fill(name)
    page.get_by_role("button", name="Add a passkey").click()
    page.get_by_text("The passkey is set up.").wait_for()


def by_passkey(page) -> None:
    page.goto("/sign-in")
    page.get_by_role("button", name="Sign in with a passkey").click()


def test_passkey_from_the_first_password_to_its_removal(person):
    page = person()
    by_password(page)
    page.wait_for_url("**/desk/account")
    page.goto("/desk")
    page.wait_for_url("**/desk/account")  # nothing else opens before
    set_up(page, "Laptop")
    page.goto("/desk")
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/sign-in")

    by_passkey(page)
    page.wait_for_url("**/desk")
    by_password(second := person())
    second.wait_for_url("**/sign-in/code")
    second.get_by_role("button", name="Use a passkey").wait_for()  # by its script

    # The second device gets its passkey in a session that the first one opened.
    keys = page.device("getCredentials")["credentials"]
    page.device("removeCredential", credentialId=keys[0]["credentialId"])
    page.goto("/desk/account")
    set_up(page, "Telephone")
    assert Passkey.select().count() == 2
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/sign-in")
    by_passkey(page)
    page.wait_for_url("**/desk")
    page.goto("/desk/account")
    page.get_by_role("button", name="Remove Telephone").click()
    page.get_by_text("opens your account no more").wait_for()
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/sign-in")
    by_passkey(page)
    page.get_by_text("does not open an account here").wait_for()
    assert StaffSession.select().count() == 0


def test_person_who_is_not_verified_gets_no_further(person):
    page = person(isUserVerified=False)
    by_password(page)
    page.wait_for_url("**/desk/account")
    page.get_by_role("button", name="Add a passkey").click()
    page.get_by_text("The browser was not given a passkey").wait_for()
    assert Passkey.select().count() == 0


def test_device_makes_no_second_passkey(person):
    page = person()
    by_password(page)
    page.wait_for_url("**/desk/account")
    set_up(page, "Laptop")
    page.get_by_role("button", name="Add a passkey").click()
    page.get_by_text("This device has a passkey for this account already.").wait_for()


def test_without_script_the_password_is_all_there_is(chromium, address):
    context = chromium().new_context(base_url=address, java_script_enabled=False, locale="en")
    page = context.new_page()
    page.goto("/sign-in")
    assert not page.get_by_role("button", name="Sign in with a passkey").is_visible()
    by_password(page)
    page.wait_for_url("**/desk/account")
    context.close()
