"""What several tests of security share: the log as our processes write it."""

import io
import logging

import pytest

from web import logging_config


@pytest.fixture
def log():
    """What every logger says at DEBUG, as our processes write it."""
    said, root = io.StringIO(), logging.getLogger()
    handler, level = logging.StreamHandler(said), root.level
    handler.setFormatter(logging_config.JSONLines())
    handler.addFilter(logging_config.Wanted())
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield said
    root.removeHandler(handler)
    root.setLevel(level)
