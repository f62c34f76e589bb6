"""An app that asks for news on its device, and what then happens."""

from queue import SimpleQueue

from commands import worker
from models import Dossier, Notification, db, today
from models.dossiers.moves import Move
from support.push_stand_in import Device
from support.visitor import Visitor

HOSTS = ["fcm.googleapis.com", "*.push.services.mozilla.com", "*.push.apple.com"]


def ask(visitor: Visitor, dossier: Dossier, device: Device, action: str = "tell", status: int = 200, **changes):
    data = device.gives | {"action": action} | changes
    return visitor.post(f"/t/{dossier.number}/push", status, data=data, htmx=True)


def arrive(dossier: Dossier, clerk) -> Notification:
    """Its envelope arrives; the notification of that to its app."""
    dossier.move(Move("received", by=clerk, version=dossier.version, arrived_on=today()))
    return Notification.get(Notification.channel == "push")


def work(site) -> None:
    db.close()
    with site.app_context():
        worker.Worker().work(SimpleQueue(), once=True)
    db.connect(reuse_if_open=True)


def renew(site, device: Device, new: Device, status: int = 204, **changes) -> None:
    data = new.gives | {"old": device.endpoint} | changes
    assert site.test_client().post("/push", data=data).status_code == status
