"""A story of a dossier, from both sides."""

import pytest

from models import db
from support.sending import close
from support.site import running
from support.stories import STUDENT, Story


@pytest.fixture
def story(sqlite_url, tmp_path):
    """Begins a story: its citizen has just been given a number, and has read the first message."""
    app = running(sqlite_url, INBOX=True, INBOX_DIR=str(tmp_path / "inbox"))
    db.connect(reuse_if_open=True)
    begun = []

    def begin(language: str = "en") -> Story:
        begun.append(Story(app, STUDENT, language))
        assert "Your eTracking number" in begun[0].heard().subject or language != "en"
        return begun[0]

    yield begin
    begun[0].end()
    close()
