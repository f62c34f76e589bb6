"""What a process keeps for the site: caches made once, emptied together, and never too full."""

from web.state import LRUCache, State


class Pages(LRUCache[str, bytes]):
    """A cache of its own type."""


def test_each_type_has_one_cache_until_all_are_forgotten():
    state = State()
    pages = state.cache(Pages)
    assert state.cache(Pages) is pages
    state.forget()
    assert state.cache(Pages) is not pages


def test_a_cache_can_be_made_by_a_function_and_replaced():
    state = State()
    assert state.cache(str, lambda: "first") == state.cache(str, lambda: "second") == "first"
    state.replace("third")
    assert state.cache(str) == "third"


def test_what_was_not_asked_for_for_longest_goes_first():
    cache: LRUCache[str, int] = LRUCache(size=2)
    cache.put("a", 1)
    cache.put("b", 2)
    assert cache.get("a") == 1
    cache.put("c", 3)
    assert (cache.get("a"), cache.get("b"), cache.get("c")) == (1, None, 3)
