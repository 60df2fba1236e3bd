"""Which version of a campaign somebody means who asks to look at it, and the answer where there is none."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time
from functools import wraps
from typing import Any

from services.notifications.campaigns.book import Book
from services.notifications.domain.campaign import Campaign
from services.notifications.domain.rule import RuleError
from wafa.runtime.arguments import check_texts

Answer = dict[str, Any]
UNKNOWN = "unknown_campaign"


class NotPossible(Exception):
    """What is asked for cannot be answered; `path` is the argument that is to blame.

    `reason` is a word for machines where there is no such campaign: `unknown_campaign`.
    """

    def __init__(self, path: str, message: str, reason: str | None = None) -> None:
        super().__init__(message)
        self.path = path
        self.reason = reason


def with_mistakes(ask: Callable[..., Answer]) -> Callable[..., Answer]:
    """Let a call answer with `{"mistakes": [{"path", "message"}]}` where nothing can be answered."""

    @wraps(ask)
    def answer(*args: Any, **kwargs: Any) -> Answer:
        try:
            return ask(*args, **kwargs)
        except NotPossible as error:
            reason = {"reason": error.reason} if error.reason else {}
            return {"mistakes": [{"path": error.path, "message": str(error), **reason}]}
        except RuleError as error:
            return {"mistakes": [{"path": f"audience.{error.path}", "message": error.message}]}

    return answer


def chosen(book: Book, name: object) -> Campaign:
    """Return the newest version of a campaign, launched or not; of `win-back@3` the third.

    Raises:
        NotPossible: there is none, or it cannot be read.
    """
    check_texts(campaign=name)
    identity, _, number = str(name).partition("@")
    control = book.control(identity)
    if control is None:
        raise NotPossible("campaign", f"there is no campaign {identity}", UNKNOWN)
    version = number or str(control.newest or control.version or 0)
    if campaign := book.version(f"{identity}@{version}"):
        return campaign
    raise NotPossible("campaign", f"{identity} has no version {version} that can be read", UNKNOWN)


def day(name: str, text: object) -> date:
    """Return the day that an argument names.

    Raises:
        NotPossible: it is no day.
    """
    check_texts(**{name: text})
    try:
        return date.fromisoformat(str(text))
    except ValueError:
        raise NotPossible(name, f"expected a day such as 2026-12-01, not {text!r:.40}") from None


def start_of(when: date) -> datetime:
    """Return the moment at which a day begins, UTC."""
    return datetime.combine(when, time(), UTC)
