"""What the work list of the desk shows."""

import re

from support.visitor import Page


def listed(page: Page) -> list[str]:
    return [cell.get_text(strip=True) for cell in page.soup.select("#index tbody th")]


def counted(page: Page) -> dict[str, int]:
    """The number beside each status that can be chosen; "" is what has arrived and is not decided."""
    options = page.soup.select("#status option")
    return {option["value"]: int(re.search(r"\((\d+)\)$", option.get_text(strip=True))[1]) for option in options}
