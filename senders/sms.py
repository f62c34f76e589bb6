"""SMS by Vonage's Messages API. Its library is imported late: 40 MB that no web process needs."""

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.serialization import load_pem_private_key
from flask import current_app

from models.notifications.letter import Letter
from models.notifications.outcome import Outcome
from senders import vonage_answers
from senders.base import SendError, never_connected

TIMEOUT = 10  # seconds to connect, and as many to wait for the answer


def send(letter: Letter) -> str:
    """Ask Vonage to send `letter`, with one request, and return its message id. Raises SendError."""
    config = current_app.config
    if not config["VONAGE_APPLICATION_ID"]:
        raise SendError("no SMS account configured", Outcome.ACCOUNT)
    sms = _compose(letter, config["SMS_SENDER"])
    api = _open(config)
    try:
        return api.send(sms).message_uuid
    except Exception as error:
        raise _classify(error, api.http_client.last_response) from error


def client(config: Mapping[str, Any]) -> Any:
    """A vonage_messages.Messages for one request. It is not kept: the other side may close an idle connection any time.

    The library retries a broken connection `pool_maxsize` times, whatever `max_retries` says: by default one SMS can
    leave ten times. It also has no timeout unless given one.
    """
    from vonage_http_client import HttpClient, HttpClientOptions
    from vonage_messages import Messages

    auth = _signer(config["VONAGE_APPLICATION_ID"], _key(config["VONAGE_PRIVATE_KEY"]))
    options = HttpClientOptions(api_host=config["VONAGE_API_HOST"], timeout=TIMEOUT, pool_maxsize=1, max_retries=0)
    return Messages(HttpClient(auth, options))


@lru_cache(maxsize=2)  # a key, and the one that replaces it
def _signer(application: str, key: str) -> Any:
    """What signs requests. Kept, as the library would parse the key twice for each SMS, 40 ms of the processor each."""
    from vonage_http_client import Auth
    from vonage_jwt import JwtClient

    client = JwtClient(application, load_pem_private_key(key.encode(), None))

    class Signer(Auth):
        def generate_application_jwt(self, claims: Any = None) -> bytes:
            signed: bytes = client.generate_application_jwt(claims)
            return signed

    return Signer(application_id=application, private_key=key)


def _open(config: Mapping[str, Any]) -> Any:
    try:
        api = client(config)
        api.http_client.auth.create_jwt_auth_string()  # fails here, before anything can have left, if at all
        return api
    except Exception as error:  # an unreadable key: nothing has left
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
    """What is not clearly a refusal may have been sent, so it is not repeated at once: an SMS costs money."""
    if answer is not None and (refusal := vonage_answers.refusal(answer.status_code, _json(answer))):
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
