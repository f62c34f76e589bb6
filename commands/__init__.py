"""Commands of `flask --app app ...`, one module for each noun. They print English, for the operator."""

from flask import Flask

from commands import audit, backup, captcha, catalogue, db, demo, notifications, push, staff, systems

GROUPS = (audit, captcha, catalogue, db, notifications, push, staff, systems)


def init_app(app: Flask) -> None:
    """Register all commands."""
    for module in GROUPS:
        app.cli.add_command(module.group)
    app.cli.add_command(backup.backup)
    app.cli.add_command(demo.demo)
