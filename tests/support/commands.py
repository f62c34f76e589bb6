"""Our commands, run in this process."""

from flask import Flask


def run(app: Flask, *arguments: str, text: str = ""):
    """Run a command in this process; it must never end in a traceback."""
    result = app.test_cli_runner().invoke(args=list(arguments), input=text)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result
