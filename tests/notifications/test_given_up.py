"""Notifications that were given up: others are told instead, and staff may send a dead letter again."""

from models import Contact, Dossier, Notification, Outcome
from models.notifications import consent, outbox
from support.outbox import EMAIL, SMS, claim, claimed, move, states, told


def test_message_that_failed_for_good_goes_to_the_other_contact_that_has_not_had_it(either, form, clerk):
    dossier = told(form, clerk, EMAIL, SMS)
    form.procedure.sms = ["decided"]
    form.procedure.save()
    move(Dossier.get_by_id(dossier.id), "received", clerk)
    assert [m.channel for m in Notification.select().where(Notification.kind == "received")] == ["email"]
    claim().record_outcome(Outcome.NEVER, "550 5.1.1")
    mail, sms = Notification.select().where(Notification.kind == "received").order_by(Notification.id)
    assert (mail.state, sms.state, sms.channel) == ("failed", "queued", "sms")
    assert not Contact.unreached().exists(), "somebody is told"


def test_contact_that_had_the_news_already_hears_them_once(either, form, clerk):
    told(form, clerk, EMAIL, SMS, kinds=["received"])
    claim().record_outcome(Outcome.NEVER, "550 5.1.1")
    assert Notification.select().where(Notification.kind == "received").count() == 2


def test_contact_nobody_could_reach_is_on_the_list_until_a_message_gets_through(either, form, clerk):
    dossier = told(form, clerk, kinds=["received"])
    claim().record_outcome(Outcome.NEVER, "550 5.1.1")
    assert [c.masked for c in Contact.unreached().where(Contact.dossier == dossier)] == ["s***@e..."]
    assert [notification.kind for notification in Notification.dead_letters()] == ["received"]
    move(dossier, "examination", clerk)
    claim().record_outcome(Outcome.SENT)
    assert not Contact.unreached().exists() and not Notification.dead_letters().exists()


def test_number_that_is_barred_hears_nothing_more_and_its_owner_can_see_why(either, form, clerk):
    dossier = told(form, clerk, SMS, kinds=["received"])
    claimed = outbox.claim("worker", "sms", hours=outbox.Hours(0, 24))
    claimed.record_outcome(Outcome.BARRED, "SMS refused: 1050")
    contact = Contact.get()
    assert contact.stopped_at and contact.masked == "+352 *** *56"
    assert list(Contact.unreached()) == [contact]
    move(dossier, "examination", clerk)
    assert Notification.select().where(Notification.kind == "examination").count() == 0


def test_dead_letter_is_sent_again_when_staff_says_so_and_keeps_its_history(either, form, clerk):
    told(form, clerk, kinds=["received"])
    claim().record_outcome(Outcome.NEVER, "550 5.1.1")
    (dead,) = Notification.dead_letters()
    assert dead.send_again() and not dead.send_again()
    again = claim()
    assert (again.id, again.attempts, again.failures) == (dead.id, 2, 0)
    again.record_outcome(Outcome.SENT)
    assert Notification.dead_letters().count() == 0


def test_what_would_not_leave_anyway_is_no_dead_letter(either, form, clerk):
    notification = claimed(form, clerk, "email")
    notification.record_outcome(Outcome.NEVER, "550")
    assert Notification.dead_letters().count() == 1
    consent.stop(notification.contact)
    assert Notification.dead_letters().count() == 0 and not notification.send_again()


def test_stopped_contact_hears_nothing_of_what_still_waits(either, form, clerk):
    told(form, clerk, kinds=["received"])
    consent.stop(Contact.get())
    assert states("received") == ["cancelled"] and claim() is None


def test_procedure_without_sms_tells_by_mail_only(either, form, clerk):
    dossier = told(form, clerk, EMAIL, SMS)
    form.procedure.sms = []
    form.procedure.save()
    move(Dossier.get_by_id(dossier.id), "received", clerk)
    assert [m.channel for m in Notification.select().where(Notification.kind == "received")] == ["email"]
    claim().record_outcome(Outcome.NEVER, "550 5.1.1")
    assert Notification.select().where(Notification.kind == "received").count() == 1
