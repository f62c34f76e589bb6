"""The key ring: the newest key writes, the others still read, and a value is worth nothing in another place."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.security import keys
from support.site import SETTINGS

OLD, NEW, NEWEST = (letters * 3 for letters in ("Vq3xW8mZ0pT5", "Jk7cYbN2dHs9", "GfA4uRiE6oXw"))


@pytest.fixture(autouse=True)
def ring():
    yield
    keys.initialize(SETTINGS["SECRET_KEY"])


@given(text=st.text(max_size=2000), context=st.text(max_size=60))
def test_what_is_encrypted_is_read_with_its_context_only(text, context):
    keys.initialize(OLD)
    value = keys.encrypt(context, text)
    assert keys.decrypt(context, value) == text and value.isascii()
    assert keys.decrypt(f"{context}1", value) is None
    assert keys.encrypt(context, text) != value
    keys.initialize(NEW, OLD)
    assert keys.decrypt(context, value) == text
    keys.initialize(NEW)
    assert keys.decrypt(context, value) is None


@given(place=st.integers(min_value=0), bit=st.integers(0, 6))
def test_a_changed_value_is_no_value(place, bit):
    keys.initialize(OLD)
    value = keys.encrypt("place", "somebody@example.org")
    changed = list(value)
    changed[place % len(value)] = chr(ord(changed[place % len(value)]) ^ 1 << bit)
    assert keys.decrypt("place", "".join(changed)) in (None, "somebody@example.org")  # the last bits of base64 pad
    assert keys.decrypt("place", value[: place % len(value)]) is None


@given(value=st.text(max_size=200))
def test_whatever_stands_in_a_column_raises_no_error(value):
    keys.initialize(NEW, OLD)
    assert keys.decrypt("place", value) is None and keys.decrypt("place", f"e1.{keys.ids()[0]}.{value}") is None


def test_hashes_of_before_a_rotation_are_looked_up_too():
    hashes: list[str] = []
    for secret in (OLD, NEW, NEWEST):
        keys.initialize(secret)
        hashes.insert(0, keys.digest("purpose", "somebody@example.org"))
    keys.initialize(NEWEST, NEW, OLD)
    assert keys.digests("purpose", "somebody@example.org") == hashes
    assert keys.digest("purpose", "somebody@example.org") == hashes[0]
    assert keys.all_keys("purpose")[0] == keys.key("purpose")


def test_without_a_ring_there_is_no_key():
    keys.initialize("")
    with pytest.raises(RuntimeError):
        keys.digest("purpose", "somebody@example.org")
