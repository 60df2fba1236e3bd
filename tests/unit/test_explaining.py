"""Why a card says what it says: sentences for staff, in English and in Arabic."""

from typing import Any

import pytest

from wafa.explaining import explanations

REGULAR: dict[str, Any] = {
    "as_of": "2026-04-05T12:00:00Z",
    "purchase_count": 6,
    "last_purchase_at": "2026-02-15T09:00:00Z",
    "expected_interval_days": 35.2,
    "due_at": "2026-03-22T13:00:00Z",
    "due_window": {"since": "2026-04-05T00:00:00Z", "until": "2026-04-13T00:00:00Z", "share": 0.5},
    "standing": "at_risk",
    "at_risk_at": "2026-04-02T01:00:00Z",
    "lost_at": "2026-05-20T02:00:00Z",
    "outlook": {
        "chance_7_days": 0.11,
        "chance_28_days": 0.314,
        "chance_91_days": 0.42,
        "active": 0.48,
        "purchases": 3.4,
        "value": {"amount": "1204.70", "currency": "USD"},
        "model": 3,
    },
}


def told(**other: Any) -> dict[str, dict[str, str]]:
    return explanations(REGULAR | other)


def test_each_figure_has_a_sentence_in_both_languages() -> None:
    assert {name: said["en"] for name, said in told().items()} == {
        "rhythm": "Usually every 5 weeks, now 7 weeks since the last visit.",
        "due": "The next purchase was expected around 22 March 2026; "
        "if it still comes, then in half of such cases by 12 April 2026.",
        "standing": "At risk since 2 April 2026: usually every 5 weeks, now 7 weeks since the last visit.",
        "chance": "Of 100 such customers about 31 buy within 4 weeks.",
        "active": "Of 100 such customers about 48 still buy here at all.",
        "value": "About 3 purchases expected within a year, worth 1,205 USD in all.",
    }
    assert {name: said["ar"] for name, said in told().items()} == {
        "rhythm": "الزيارات عادةً كل 5 أسابيع، وآخرها قبل 7 أسابيع.",
        "due": "كان الشراء التالي متوقعًا نحو 22 مارس 2026، "
        "وإن تمّ لاحقًا ففي نصف الحالات المشابهة قبل نهاية 12 أبريل 2026.",
        "standing": "خطر الفقدان قائم منذ 2 أبريل 2026: الزيارات عادةً كل 5 أسابيع، وآخرها قبل 7 أسابيع.",
        "chance": "من كل 100 عميل في مثل هذه الحال يشتري نحو 31 خلال 4 أسابيع.",
        "active": "من كل 100 عميل في مثل هذه الحال لا يزال نحو 48 يشترون هنا.",
        "value": "المتوقع خلال سنة نحو 3 عمليات شراء بقيمة 1,205 USD إجمالًا.",
    }


@pytest.mark.parametrize(
    ("days", "en", "ar"),
    [
        (1, "every day", "كل يوم"),
        (2, "every 2 days", "كل يومين"),
        (7.4, "every 7 days", "كل 7 أيام"),
        (11, "every 11 days", "كل 11 يومًا"),
        (14, "every 2 weeks", "كل أسبوعين"),
        (35, "every 5 weeks", "كل 5 أسابيع"),
        (80, "every 11 weeks", "كل 11 أسبوعًا"),
        (122, "every 4 months", "كل 4 أشهر"),
        (335, "every 11 months", "كل 11 شهرًا"),
        (3100, "every 102 months", "كل 102 شهر"),
    ],
)
def test_lengths_of_time_are_counted_as_people_count_them(days: float, en: str, ar: str) -> None:
    said = told(expected_interval_days=days)["rhythm"]
    assert f"Usually {en}," in said["en"]
    assert f"عادةً {ar}،" in said["ar"]


@pytest.mark.parametrize(
    ("day", "en", "ar"),
    [
        ("2026-04-05", "not a day since", "وآخرها اليوم."),
        ("2026-04-04", "now 1 day since", "وآخرها أمس."),
        ("2026-04-03", "now 2 days since", "وآخرها قبل يومين."),
    ],
)
def test_a_visit_of_these_days_is_told_as_one(day: str, en: str, ar: str) -> None:
    said = told(last_purchase_at=f"{day}T23:00:00Z")["rhythm"]
    assert en in said["en"]
    assert said["ar"].endswith(ar)


def test_who_came_once_is_told_no_rhythm_that_nobody_has_seen() -> None:
    once = {name: REGULAR[name] for name in ("as_of", "last_purchase_at")} | {"purchase_count": 1}
    assert explanations(once) == {
        "rhythm": {
            "en": "One visit so far, 7 weeks ago: there is no rhythm yet.",
            "ar": "زيارة واحدة حتى الآن، وكانت قبل 7 أسابيع، ولم يتضح نمط الزيارات بعد.",
        }
    }


def test_what_is_yet_to_come_is_told_with_its_window() -> None:
    window = {"since": "2026-04-20T00:00:00Z", "until": "2026-05-06T00:00:00Z", "share": 0.5}
    said = told(due_at="2026-05-01T00:00:00Z", due_window=window, standing="active")
    assert said["due"]["en"] == (
        "The next purchase is expected around 1 May 2026; in half of such cases it comes from 20 April 2026 "
        "to 5 May 2026."
    )
    assert said["standing"]["en"] == "Comes as usual; at risk only if there is no purchase by 2 April 2026."


def test_who_is_late_and_not_yet_at_risk_does_not_come_as_usual() -> None:
    assert told(standing="active")["standing"] == {
        "en": "Later than usual, not yet at risk: that begins on 2 April 2026 if there is no purchase.",
        "ar": "تأخرت الزيارة عن المعتاد، ويبدأ خطر الفقدان في 2 أبريل 2026 إن لم يتم شراء.",
    }


def test_a_standing_that_a_later_release_tells_leaves_the_rest_of_the_card() -> None:
    assert told(standing="on_holiday").keys() == told().keys() - {"standing"}


def test_of_who_never_bought_there_is_nothing_to_explain() -> None:
    assert explanations(None) == explanations({"as_of": "2026-04-05T12:00:00Z", "points": 3}) == {}


def test_less_than_a_purchase_is_not_told_as_none() -> None:
    outlook = REGULAR["outlook"] | {"purchases": 0.2, "value": {"amount": "7.10", "currency": "USD"}}
    assert told(outlook=outlook)["value"]["en"] == (
        "Less than one purchase expected within a year, worth 7 USD on average."
    )
