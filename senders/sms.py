"""SMS by Vonage's Notifications API. Its library is loaded with the first SMS: 40 MB that no web process needs."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flask import current_app

from models import Notification, Outcome
from models.notifications import limits as sms_limits
from senders import vonage_codes
from senders.base import Letter, SendError, never_connected

if TYPE_CHECKING:
    from vonage_messages import Messages

TIMEOUT = 10  # seconds to connect, and as many to wait for the answer


def send(letter: Letter) -> str:
    """Ask Vonage to send `letter`, with one request, and return its notification id. Raises SendError."""
    config = current_app.config
    if not config["VONAGE_APPLICATION_ID"]:
        raise SendError("no SMS account configured", Outcome.ACCOUNT)
    sms = _compose(letter, config["SMS_SENDER"])
    api = _open(config)
    try:
        return api.send(sms).message_uuid
    except Exception as error:
        raise _classify(error, api.http_client.last_response) from error


def count(notification: Notification) -> None:
    """Put `notification` on the bill; the first to a contact is also measured by the limits. Raises SendError."""
    config, contact = current_app.config, notification.contact
    if not sms_limits.reachable(contact.address, config["SMS_REGIONS"]):
        raise SendError("not a mobile number of a country that SMS go to", Outcome.NEVER)
    tariff = sms_limits.Tariff(config["SMS_PRICE"], config["SMS_BUDGET"])
    try:
        sms_limits.leave(contact, f"{notification.id} {notification.created_at.timestamp()}", tariff)
    except sms_limits.Refused as refused:
        raise SendError(f"limit of SMS to new contacts: {refused}", Outcome.UNWRITTEN) from refused


def client(config: Mapping[str, Any]) -> "Messages":
    """A client for one request: a connection kept open may be closed by the far end just as the next SMS is written.

    The library repeats a request whose connection broke, `pool_maxsize` times whatever `max_retries` says:
    with its own settings one SMS can leave ten times. It also has no time limit unless told.
    """
    from vonage_http_client import Auth, HttpClient, HttpClientOptions
    from vonage_messages import Messages

    auth = Auth(application_id=config["VONAGE_APPLICATION_ID"], private_key=_key(config["VONAGE_PRIVATE_KEY"]))
    options = HttpClientOptions(api_host=config["VONAGE_API_HOST"], timeout=TIMEOUT, pool_maxsize=1, max_retries=0)
    return Messages(HttpClient(auth, options))


def _open(config: Mapping[str, Any]) -> "Messages":
    try:
        api = client(config)
        api.http_client.auth.create_jwt_auth_string()  # fails here, before anything can have left, or not at all
        return api
    except Exception as error:  # a key that cannot be read: nothing has left
        raise SendError(f"SMS account not usable: {type(error).__name__}", Outcome.ACCOUNT) from error


def _compose(letter: Letter, sender: str) -> Any:
    from pydantic import ValidationError
    from vonage_messages.models import Sms

    try:
        return Sms(to=letter.to.removeprefix("+"), from_=sender, text=letter.text, client_ref=letter.reference)
    except ValidationError as error:
        raise SendError("not a mobile number", Outcome.NEVER) from error


def _key(setting: str) -> str:
    """The key itself: the setting may be its text or the path of its file."""
    return setting if "-----BEGIN" in setting else Path(setting).read_text()


def _classify(error: Exception, answer: Any) -> SendError:
    """What is not clearly one of the refusals has perhaps been sent: an SMS costs money and nerves twice."""
    if answer is not None and (refusal := vonage_codes.refusal(answer.status_code, _json(answer))):
        code, outcome = refusal
        return SendError(f"SMS refused: {code}", outcome)
    if never_connected(error):
        return SendError(f"SMS provider not reached: {type(error).__name__}", Outcome.DOWN)
    return SendError(f"no clear answer from the SMS provider: {type(error).__name__}", Outcome.UNKNOWN)


def _json(answer: Any) -> Any:
    try:
        return answer.json()
    except ValueError:
        return None
