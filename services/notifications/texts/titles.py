"""What tiers are called."""

from pathlib import Path

import yaml

from services.notifications.texts.foreign import clean
from services.notifications.texts.text import Titles


def titles_of(program: Path) -> Titles:
    """Read what tiers are called from the loyalty program, the file that `WAFA_LOYALTY_PROGRAM` names.

    Whether it is a good program is the loyalty service's concern: a tier without titles is no error here.

    Raises:
        ValueError: there is no such file, or it holds no list of tiers.
    """
    try:
        tiers = yaml.safe_load(program.read_text("utf-8"))["tiers"]
        return {tier["code"]: tier.get("titles", {}) for tier in tiers}
    except (OSError, UnicodeError, yaml.YAMLError, LookupError, TypeError, AttributeError) as error:
        raise ValueError(f"WAFA_LOYALTY_PROGRAM: the tiers of {program} cannot be read: {error}") from error


def tier_title(titles: Titles, tier: str, language: str) -> str:
    """Return what a tier is called; one without a title goes by its name in the program."""
    return titles.get(tier, {}).get(language) or clean(tier.replace("_", " ").title())
