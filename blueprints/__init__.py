"""The pages, by the noun they are about. Each module has one blueprint, `bp`."""

from flask import Flask
from flask_wtf import CSRFProtect


def register(app: Flask, csrf: CSRFProtect) -> None:
    """Put every blueprint into `app`; the development inbox and the styleguide only where they were asked for."""
    from blueprints import desk
    from blueprints.accounts import account, invitations, sign_in, staff
    from blueprints.api import v1
    from blueprints.operations import inbox, metrics, styleguide, webhooks
    from blueprints.public import captcha, contacts, envelopes, push, receipts, status, tracking
    from blueprints.public import home as site
    from blueprints.public import procedures as catalogue
    from blueprints.public import pwa as device
    from commands import notifications as messages
    from commands import systems
    from web.converters import NumberConverter, NumbersConverter, RoundConverter, RowConverter

    app.url_map.converters["number"] = NumberConverter
    app.url_map.converters["numbers"] = NumbersConverter
    app.url_map.converters["round"] = RoundConverter
    app.url_map.converters["row"] = RowConverter

    for module in (
        site,
        catalogue,
        captcha,
        tracking,
        status,
        envelopes,
        receipts,
        contacts,
        sign_in,
        invitations,
        account,
        staff,
        desk,
        device,
        push,
        messages,
        metrics,
        v1,
        systems,
        webhooks,
    ):
        app.register_blueprint(module.bp)
    csrf.exempt(v1.bp)  # opened by a token that no browser sends by itself
    csrf.exempt(webhooks.bp)  # what is signed comes from no browser
    csrf.exempt(captcha.bp)  # gives out challenges, changes nothing
    csrf.exempt(tracking.check)  # whoever solves it gets a pass, and only for the own session
    # The number is the key to all of them, and no session has any part in them: their pages need no cookie.
    csrf.exempt(status.look_up)
    csrf.exempt(status.report_posted)
    csrf.exempt(status.correct_address)
    csrf.exempt(push.tell)
    csrf.exempt(push.renew)  # the old subscription is the key, and no other site knows it
    csrf.exempt(envelopes.new)
    csrf.exempt(receipts.check)
    csrf.exempt(contacts.stop)  # a mail program has no session; the link is the key, and it can only stop
    csrf.exempt(device.code)  # draws what it is given
    if app.config["INBOX"]:
        app.register_blueprint(inbox.bp)
        app.register_blueprint(styleguide.bp)
