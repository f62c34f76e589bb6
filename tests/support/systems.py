"""A program of an authority that speaks to the interface, and the news that it is told."""

import datetime as dt

from commands.deliveries import deliver_next
from models import db, today

MOVES = "/api/v1/dossiers/{}/moves"
HOLD = dt.timedelta(minutes=10)
SOON = (today() + dt.timedelta(days=30)).isoformat()


class Api:
    """A program that speaks to the interface."""

    def __init__(self, app, token: str = "") -> None:
        self.client, self.token, self.asked = app.test_client(), token, 0

    def get(self, path: str, status: int = 200):
        return self._read(self.client.get(path, headers={"Authorization": f"Bearer {self.token}"}), status)

    def post(self, path: str, body, status: int = 201, key: str = "", **headers):
        self.asked += 1
        headers = {"Authorization": f"Bearer {self.token}", "Idempotency-Key": key or f"request-{self.asked}"} | headers
        return self._read(self.client.post(path, json=body, headers=headers), status)

    def _read(self, answer, status: int):
        assert answer.status_code == status, answer.text
        kind = "application/problem+json" if status >= 400 else "application/json"
        assert (answer.content_type, answer.headers["Cache-Control"]) == (kind, "no-store")
        self.headers = answer.headers
        return answer.get_json()


def received(version: int = 1) -> dict:
    return {"to": "received", "version": version, "arrived_on": today().isoformat()}


def tell_all() -> None:
    db.close()
    while deliver_next():
        pass
    db.connect(reuse_if_open=True)
