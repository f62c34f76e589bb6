"""An address of every rule of the site at which there is something to see, and the visitor who may open it."""

import re
from typing import Any

from flask import Flask
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from models import Contact, Dossier, KeptMail, Notification
from models.dossiers import receipt
from models.security import captcha
from support.commands import run
from support.desk_pages import variables
from support.site import account, signed_in
from support.stories import Story
from support.visitor import Page, values

METRICS_TOKEN = "of the watcher who asks each minute"
START = "/track/rent-subsidy/application"
QUERIES = {"desk.scan": "?number={number}"}  # what an address needs beside its variables


class Site:
    """A site with a row for every variable of an address."""

    def __init__(self, app: Flask, **story: Any) -> None:
        self.app, self.story = app, Story(app, **story)
        other = Dossier.announce(self.story.form, "en", "key-of-another").number
        self.letter = self.story.heard().mails[-1]
        self.story.confirm()
        self.story.do("posted")
        bag, key = self._scanned()
        self.story.do("incomplete")
        self.story.later().heard()
        self.dossier = Dossier.get(Dossier.number == self.story.number)
        authority = self.dossier.authority.slug
        self.desk, self.admin = signed_in(app, self.story.clerk), signed_in(app, account("admin@example.lu", "admin"))
        self.admin.get("/desk")  # its session begins, with a cookie
        page = self.story.citizen.get(START)
        self.known = variables(self.dossier) | {
            "slug": "rent-subsidy",
            "form": "application",
            "numbers": (self.dossier.number, other),
            "round_": 1,
            "seal": receipt.present(self.dossier).seal,
            "bag": bag,
            "key": key,
            "scan": key,
            "batch": self._bulk(),
            "contact": Contact.get(Contact.dossier == self.dossier).id,
            "notification": Notification.get().id,
            "mail": self._returned(),
            "place": 0,
            "verb": "add",
            "channel": "email",
            "passkey": 1,
            "approval": 1,
            "account": self.story.clerk.id,
            "filename": "site.css",
            "system": 1,
            "api_token": 1,
        }
        self.tokens = {
            "contacts": re.search(r"/c/(\w+)", self.letter.text)[1],
            "captcha": page.soup.select_one("[name=captcha_token]")["value"],
            "invitations": run(app, "staff", "invite", "new@example.lu", "--role", "admin")
            .output.split("/")[-1]
            .strip(),
        }
        self._pass(page)
        self.api_token = re.search(r"token +(\S+)", run(app, "systems", "add", authority, "registry").output)[1]
        # Each notes when it was last heard of, once a minute: that has been done before anybody looks.
        self.story.citizen.open("/api/v1/dossiers", headers={"Authorization": f"Bearer {self.api_token}"})
        self.story.citizen.get(f"/e/{self.dossier.number}+{other}")  # and the browser that it has found these numbers

    def _returned(self) -> int:
        """A mail that came back and that no program could read."""
        KeptMail.keep(b"?", {"server": "Mail server", "subject": "?", "text": "?"}, Notification.get())
        return KeptMail.get().id

    def _pass(self, page: Page) -> None:
        """The citizen types the digits on `page`, and may give an address."""
        digits = captcha.digits(captcha.code_id(self.tokens["captcha"]))
        self.story.citizen.submit(page, START, captcha_code=digits)

    def _scanned(self) -> tuple[int, str]:
        """A post-bag and what was read into it, by their ids."""
        page = self.story.scan(self.story.clerk)
        form = page.soup.select_one("form[action*='/reads/']")
        return re.search(r"/post-bag/(\d+)/reads/([-\w]+)", form["action"]).groups()

    def _bulk(self) -> int:
        form = self.desk.get("/desk").form("/bulk-moves")
        data = values(form) | {"act": "lapsed", "dossier": [str(self.dossier.id)]}
        return int(self.desk.post(form["action"], data=data).url.rpartition("/")[2])

    def path(self, rule: Rule) -> str:
        """The address of `rule` with the values of this site."""
        blueprint = rule.endpoint.partition(".")[0]
        known = self.known | {"token": self.tokens.get(blueprint, "")}
        if blueprint == "inbox":
            known["name"] = self.letter.name
        method = "GET" if "GET" in rule.methods else "POST"
        path = self.app.url_map.bind("localhost").build(rule.endpoint, {n: known[n] for n in rule.arguments}, method)
        return path + QUERIES.get(rule.endpoint, "").format(**known)

    def open(self, rule: Rule, method: str) -> TestResponse:
        """The answer to who may have it: a citizen, a clerk, an administrator, a machine."""
        path = self.path(rule)
        headers = {"Authorization": f"Bearer {METRICS_TOKEN if path == '/metrics' else self.api_token}"}
        browser = self.story.citizen
        if path.startswith("/desk"):
            browser = self.admin if re.match("/desk/(staff|systems|audit|texts|returned)", path) else self.desk
        return browser.open(path, method, headers=headers)
