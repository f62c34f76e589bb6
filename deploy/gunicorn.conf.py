"""gunicorn behind nginx: `gunicorn --config deploy/gunicorn.conf.py`. An option of the command line counts more."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path.cwd()))  # as gunicorn itself does later: it is started in the folder of the release

from web import logging_config

wsgi_app = "app:create_app()"
bind = ["unix:/run/etracking/web.sock"]  # a socket that systemd hands over counts more
proc_name = "etracking-web"

workers = 2  # about one for each processor
worker_class = "gthread"
threads = 4
preload_app = False  # the typesetter of the sheet must start in each process
max_requests = 20_000  # then a worker is replaced, which frees what its memory has lost to fragments
max_requests_jitter = 5_000  # so that not all are replaced at once
worker_tmp_dir = "/dev/shm"  # noqa: S108  # heartbeats: on a disk that is full or slow they would kill healthy workers

limit_request_line = 8190  # bytes; nginx refuses what is longer, with its page (large_client_header_buffers)

timeout = 60  # seconds without a heartbeat, then a worker is killed
graceful_timeout = 30  # seconds that requests have to end when the service is restarted
keepalive = 5

control_socket_disable = True  # nobody would use it
accesslog = None  # nginx keeps one, without numbers and addresses
errorlog = "-"
logconfig_dict = logging_config.for_gunicorn()  # the format and the safety of our own lines, from the first one on
