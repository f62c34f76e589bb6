"""An envelope in which something is missing: its citizen hears once that it has come, and what to send."""

import datetime as dt

from models import Dossier
from models.catalogue.procedure import LANGUAGES
from support.post_bag import ask, boxes, read

ARRIVED = {
    "de": ("Ihre Unterlagen sind angekommen, aber es fehlt etwas", "erhalten", "nicht vollständig"),
    "fr": ("Votre envoi est arrivé, mais il manque quelque chose", "est arrivé le", "n’est pas complet"),
    "en": ("Your papers have arrived, but something is missing", "received your papers on", "is not complete"),
    "lb": ("Är Pabeiere sinn ukomm, mee et feelt eppes", "sinn zënter dem", "net komplett"),
}


def test_one_message_tells_the_arrival_and_what_is_missing(story):
    story = story()
    story.confirm()
    story.on("2026-03-05")
    page = story.scan(story.clerk)
    _form, missing, *_others = boxes(page)
    desk = story.desk()
    page = ask(desk, desk.get(f"/desk/post-bag?read={page.soup.select_one('.read')['data-scan']}"), missing)
    story.later(dt.timedelta(minutes=5))
    assert not story.heard().mail, "it can still be corrected"
    page = ask(desk, page, missing="Page 3 of the form", until="2026-05-09")
    assert not story.later(dt.timedelta(minutes=4)).heard().mail
    heard = story.later(dt.timedelta(minutes=2)).heard()
    assert len(heard.mails) == 1 and ARRIVED["en"][0] in heard.subject
    assert "received your papers on 5 March 2026" in heard.mail and "is not complete" in heard.mail
    assert f"- {missing} - Page 3 of the form" in heard.mail and "by 11 May 2026" in heard.mail
    assert len(heard.mails[0].attachments) == 1, "the follow-up sheet"
    assert "5 Mar 2026" in heard.sms and "11 May 2026" in heard.sms and heard.sms.count("/c/") == 1
    assert not story.later().heard().mail
    history = story.page().text
    assert "Arrived by post on 5 March 2026." in history and history.count("Page 3 of the form") >= 1
    assert "To arrive by 11 May 2026." in history


def test_it_is_told_in_every_language_and_an_arrival_told_before_is_not_told_again(story):
    story = story()
    desk = story.on("2026-03-05").desk()
    desk.submit(desk.get("/desk/post-bag?new=1"), "/desk/post-bag")
    for language in LANGUAGES:
        dossier = Dossier.announce(story.form, language, language, [("email", f"{language}@example.lu")])
        page = read(desk, dossier.number)
        ask(desk, page, list(boxes(page))[1])
    story.heard()
    mails = {mail.to.partition("@")[0]: mail for mail in story.later().heard().mails}
    for language, sentences in ARRIVED.items():
        words = f"{mails[language].subject} {' '.join(mails[language].text.split())}"
        assert all(sentence in words for sentence in sentences), words
        assert story.form.enclosures[0][language] in words
    story.do("received", note="")
    story.later().heard()
    story.do("incomplete")
    assert "have arrived" not in story.later().heard().subject
