"""A notification written out: what wording/ makes and senders/ hand over."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Letter:
    """One notification in the language of its contact. An SMS has only `reference`, `to` and `text`."""

    reference: str  # the same at every attempt
    to: str
    text: str
    subject: str = ""
    html: str = ""
    return_path: str = ""  # the envelope sender, where it bounces to; the sender of the header if empty
    language: str = ""  # of a push: its reader's software speaks it
    page: str = ""  # the path that a push opens
    contact_url: str = ""  # where its reader confirms or stops
    attachments: tuple[tuple[str, bytes], ...] = ()  # (file name, PDF)

    def kept(self, token: str) -> dict[str, str]:
        """What is stored of it: subject and text, with the contact's own link masked, and no address."""
        text = self.text.replace(token, "***")
        return {"subject": self.subject, "text": text} if self.subject else {"text": text}
