"""Where the project's folders lie. Every floor may import this module; it alone asks for its own place (`__file__`)."""

from pathlib import Path

ROOT = Path(__file__).parent
BUILT_STATIC = ROOT / ".setup" / "static"  # made by `make install`
CATALOGUE = ROOT / "catalogue"
MIGRATIONS = ROOT / "migrations"
PAPER = ROOT / "paper"
FONTS = PAPER / "fonts"  # made by `make install`
STATIC = ROOT / "static"
TEMPLATES = ROOT / "templates"
TRANSLATIONS = ROOT / "translations"
VOICES = ROOT / "voices"  # made by `make install`
