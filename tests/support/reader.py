"""What a screen reader is told of a page: Chromium's own tree of it, and what is wrong with that."""

from collections import Counter
from itertools import pairwise

CONTROLS = {"button", "link", "textbox", "searchbox", "combobox", "checkbox", "radio", "Date", "DisclosureTriangle"}
NAMED = CONTROLS | {"heading", "table", "image", "navigation", "region", "Video"}
ONCE = ("banner", "main", "contentinfo")
UNTIED = """() => [...document.querySelectorAll("form .error")].filter(one => one.textContent.trim() && !one.role)
    .filter(one => !document.querySelector(`[aria-describedby~="${one.id}"][aria-invalid=true]`)).map(one => one.textContent)"""
CHARTS = """() => [...document.querySelectorAll("svg.chart[role=img]")]
    .filter(one => !one.closest("section")?.querySelector("table")).map(one => one.textContent)"""


def unfold(page) -> None:
    """Open all that can be opened: what is hidden is not looked at."""
    page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")


def tree(page) -> list[dict]:
    """The parts of the page in their order, as the browser hands them to a screen reader: role, name, level."""
    session = page.context.new_cdp_session(page)
    nodes = session.send("Accessibility.getFullAXTree")["nodes"]
    session.detach()
    known, parts, waiting = {node["nodeId"]: node for node in nodes}, [], [nodes[0]]
    while waiting:
        node = waiting.pop()
        waiting += [known[child] for child in reversed(node.get("childIds", [])) if child in known]
        if not node["ignored"]:
            parts.append(_part(node))
    return parts


def _part(node: dict) -> dict:
    kept = {one["name"]: one["value"].get("value") for one in node.get("properties", [])}
    return kept | {"role": node["role"]["value"], "name": node.get("name", {}).get("value", "").strip()}


def untold(page) -> list[str]:
    """What somebody who hears the page would miss."""
    parts = tree(page)
    found = [f"{part['role']} without a name" for part in parts if part["role"] in NAMED and not part["name"]]
    found += [f"error tied to no field: {text}" for text in page.evaluate(UNTIED)]
    found += [f"chart without a table: {text}" for text in page.evaluate(CHARTS)]
    tables = page.locator("table:visible").count()
    return found + _headings(parts) + _landmarks(parts) + _tables(parts, tables)


def _headings(parts: list[dict]) -> list[str]:
    """One title. What went wrong may stand before it, under a heading of the second level."""
    levels = [part["level"] for part in parts if part["role"] == "heading"]
    gaps = [f"heading {after} follows {before}" for before, after in pairwise(levels) if after > before + 1]
    return gaps + ([f"{levels.count(1)} headings of level 1"] if levels.count(1) != 1 else [])


def _landmarks(parts: list[dict]) -> list[str]:
    many = Counter(part["role"] for part in parts)
    alike = Counter(
        (part["role"], part["name"]) for part in parts if part["role"] in ("navigation", "region", "search")
    )
    return [f"{many[role]} × {role}" for role in ONCE if many[role] != 1] + [
        f"{times} × {role} {name}" for (role, name), times in alike.items() if times > 1
    ]


def _tables(parts: list[dict], visible: int) -> list[str]:
    """Those drawn as cards on phones are still told as tables."""
    many = Counter(part["role"] for part in parts)
    headless = visible and not (many["columnheader"] and many["rowheader"])
    return ["table without header cells"] * bool(headless) + ["table not told as one"] * (visible - many["table"])
