"""The reason for an offer as a sentence for staff, in both languages.

Arabic counts in six forms; here are those that a whole number of days, times or percent takes.
"""

from services.loyalty.domain.offers.suggesting import Reason, Suggestion

_EN = {
    Reason.REPLENISH: "Buys {name} about every {every}; the last time is {since} ago.",
    Reason.RUNS_OUT: "{name} is usually bought again after {every}; {since} have passed.",
    Reason.USUAL: "Has bought {name} {times}, the last time {since} ago.",
    Reason.TOGETHER: "{percent}% of purchases with {anchor} also had {name}.",
    Reason.CATEGORY: "{percent}% of customers who buy {anchor} also buy {category}.",
    Reason.POPULAR: "{percent}% of purchases lately had {name}.",
}
_AR = {
    Reason.REPLENISH: "معدّل شراء {name}: مرة كل {every}، ومضى على آخر مرة {since}.",
    Reason.RUNS_OUT: "يُشترى {name} عادةً من جديد بعد {every}، وقد مضى {since}.",
    Reason.USUAL: "سبق شراء {name} {times}، ومضى على آخر مرة {since}.",
    Reason.TOGETHER: "في {percent}% من المشتريات التي فيها {anchor} كان معه {name}.",
    Reason.CATEGORY: "{percent}% ممّن يشترون من {anchor} يشترون من {category} أيضًا.",
    Reason.POPULAR: "كان {name} في {percent}% من المشتريات مؤخرًا.",
}


def say(told: Suggestion, name: str, anchor: str = "", category: str = "") -> dict[str, str]:
    """Return the reason in `ar` and in `en`. The names are those of the shop, as they are."""
    figures = told.figures
    said = {}
    for language, texts, days, times in (("ar", _AR, _days_ar, _times_ar), ("en", _EN, _days_en, _times_en)):
        said[language] = texts[told.reason].format(
            name=name,
            anchor=anchor,
            category=category,
            percent=figures.get("percent", 0),
            every=days(figures.get("every_days", 0)),
            since=days(figures.get("since_days", 0)),
            times=times(figures.get("times", 0)),
        )
    return said


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
