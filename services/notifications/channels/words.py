"""What the other side said, as it may be kept with an outreach."""

import re

LONGEST = 500


def kept_words(words: str, recipient: str) -> str:
    """Return words without the recipient's address in them, and no more than 500 characters.

    An outreach holds no personal data: whoever is erased need not be looked for there.
    """
    for address in (recipient, recipient.removeprefix("+")):
        words = re.sub(re.escape(address), "<recipient>", words, flags=re.IGNORECASE)
    return words[:LONGEST]


def trouble(error: BaseException) -> str:
    """Return an error in a few words."""
    return f"{type(error).__name__}: {error}"[:LONGEST]
