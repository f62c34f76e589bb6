"""The QR code: small, drawn as one path, readable on any ground."""

import re

import pytest

from paper import qr

URL = "HTTPS://ETRACKING.EXAMPLE.LU/T/K7Q2MX4P9TRWY"


def test_upper_case_address_needs_the_smaller_code():
    assert qr.path(URL)[0] == 29 + 2 * qr.QUIET_ZONE
    assert qr.path(URL.lower())[0] > qr.path(URL)[0]


def test_runs_of_dark_modules_are_merged():
    size, data = qr.path(URL)
    rectangles = re.findall(r"M(\d+) (\d+)h(\d+)v1h-\3z", data)
    assert "".join(f"M{x} {y}h{w}v1h-{w}z" for x, y, w in rectangles) == data
    assert len(data) < 4000
    ends = {(int(x) + int(w), y) for x, y, w in rectangles}
    assert not ends & {(int(x), y) for x, y, _ in rectangles}


def test_quiet_zone_is_white_on_every_side():
    size, data = qr.path(URL)
    corners = [(int(x), int(y), int(x) + int(w)) for x, y, w in re.findall(r"M(\d+) (\d+)h(\d+)", data)]
    assert min(x for x, _, _ in corners) == min(y for _, y, _ in corners) == qr.QUIET_ZONE
    assert max(end for _, _, end in corners) == max(y for _, y, _ in corners) + 1 == size - qr.QUIET_ZONE


def test_drawing_has_its_own_white_ground_for_dark_mode():
    size, _ = qr.path(URL)
    assert f'<rect width="{size}" height="{size}" fill="#fff"/>' in qr.svg(URL)


def test_an_unknown_level_is_an_error():
    with pytest.raises(KeyError):
        qr.path(URL, "X")
