"""The floor: what Flask costs on this machine for a constant template of the size of a status page."""

import os

from flask import Flask, render_template
from jinja2 import DictLoader

app = Flask(__name__)
app.jinja_loader = DictLoader({"page.html": "x" * int(os.environ["FLOOR_SIZE"])})


@app.get("/")
@app.get("/healthz")
def constant() -> str:
    return render_template("page.html")
