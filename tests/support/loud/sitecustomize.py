"""For processes with this folder on their PYTHONPATH: every logger writes every line, whatever its level."""

import logging

logging.Logger.isEnabledFor = lambda *_: True
