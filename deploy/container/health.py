"""Exit with 0 if the site answers at its socket; that of gunicorn.conf.py, or the path that is given."""

import http.client
import socket
import sys

PATH = sys.argv[1] if len(sys.argv) > 1 else "/run/etracking/web.sock"

connection = http.client.HTTPConnection("localhost", timeout=4)
connection.sock = socket.socket(socket.AF_UNIX)
connection.sock.settimeout(4)
connection.sock.connect(PATH)
connection.request("GET", "/healthz")
sys.exit(connection.getresponse().status >= 500)  # 400 if the site has another name: it lives all the same
