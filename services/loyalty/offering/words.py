"""The reason for an offer as a sentence for staff, in both languages.

Arabic counts in six forms; here are those that a whole number of days, times or percent takes.
"""

from services.loyalty.domain.offers.suggesting import Reason, Suggestion

_EN = {
    Reason.REPLENISH: "Buys {name} about every {every}; the last time was {ago}.",
    Reason.RUNS_OUT: "{name} is usually bought again after {after}; the last time was {ago}.",
    Reason.USUAL: "Has bought {name} {times}, the last time {ago}.",
    Reason.TOGETHER: "{percent}% of purchases with {anchor} also had {name}.",
    Reason.CATEGORY: "{percent}% of customers who buy {anchor} also buy {category}.",
    Reason.POPULAR: "{percent}% of purchases lately had {name}.",
}
_AR = {
    Reason.REPLENISH: "معدّل شراء {name}: مرة كل {every}، وآخرها {ago}.",
    Reason.RUNS_OUT: "يُشترى {name} عادةً من جديد بعد {after}، وآخر مرة كانت {ago}.",
    Reason.USUAL: "سبق شراء {name} {times}، وآخرها {ago}.",
    Reason.TOGETHER: "في {percent}% من المشتريات التي فيها {anchor} كان معه {name}.",
    Reason.CATEGORY: "{percent}% ممّن يشترون من {anchor} يشترون من {category} أيضًا.",
    Reason.POPULAR: "كان {name} في {percent}% من المشتريات مؤخرًا.",
}
# Around names in an Arabic sentence, which may be Latin: each keeps its own direction.
_ISOLATED = "\N{FIRST STRONG ISOLATE}{}\N{POP DIRECTIONAL ISOLATE}"


def say(told: Suggestion, name: str, anchor: str = "", category: str = "") -> dict[str, str]:
    """Return the reason in `ar` and in `en`. The names are those of the shop, as they are."""
    names = {"name": name, "anchor": anchor, "category": category}
    isolated = {one: _ISOLATED.format(text) for one, text in names.items()}
    figures = told.figures
    every, since, times, percent = (
        figures.get(one, 0) for one in ("every_days", "since_days", "times", "percent")
    )
    return {
        "ar": _AR[told.reason].format(
            **isolated, percent=percent, times=_times_ar(times), ago=_ago_ar(since),
            every="يوم" if every == 1 else _days_ar(every), after=_days_ar(every),
        ),
        "en": _EN[told.reason].format(
            **names, percent=percent, times=_times_en(times), ago=_ago_en(since),
            every="day" if every == 1 else _days_en(every), after=_days_en(every),
        ),
    }  # fmt: skip


def _ago_en(days: int) -> str:
    return {0: "today", 1: "yesterday"}.get(days) or f"{_days_en(days)} ago"


def _ago_ar(days: int) -> str:
    return {0: "اليوم", 1: "أمس"}.get(days) or f"قبل {_days_ar(days)}"


def _days_en(days: int) -> str:
    return "1 day" if days == 1 else f"{days} days"


def _times_en(times: int) -> str:
    return {1: "once", 2: "twice"}.get(times, f"{times} times")


def _days_ar(days: int) -> str:
    return _counted(days, "يوم واحد", "يومين", "أيام", "يومًا", "يوم")


def _times_ar(times: int) -> str:
    return _counted(times, "مرة واحدة", "مرتين", "مرات", "مرة", "مرة")


def _counted(number: int, one: str, two: str, few: str, many: str, hundreds: str) -> str:
    if number in (1, 2):
        return one if number == 1 else two
    rest = number % 100
    word = few if 3 <= rest <= 10 else many if 11 <= rest <= 99 else hundreds
    return f"{number} {word}"
