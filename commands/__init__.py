"""`flask --app app ...`: one module a noun. What a command prints is English, for the operator."""

from flask import Flask

from commands import audit, backup, captcha, catalogue, db, demo, notifications, push, staff, systems

GROUPS = (audit, captcha, catalogue, db, notifications, push, staff, systems)


def init_app(app: Flask) -> None:
    """Add the commands to `flask`."""
    for module in GROUPS:
        app.cli.add_command(module.group)
    app.cli.add_command(backup.backup)
    app.cli.add_command(demo.demo)
