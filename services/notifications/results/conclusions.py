"""What the figures of a report mean, in sentences for people who do not calculate with intervals."""

from collections.abc import Mapping
from typing import Any

from services.notifications.domain.lift import Verdict


def sentences(found: Mapping[str, Any]) -> list[str]:
    """Return what the figures mean, for people who do not calculate with intervals."""
    contacted, held, effect = found["contacted"], found["held_out"], found["lift"]
    if not contacted["people"]:
        return ["Nobody has been contacted yet."]
    said = [
        f"{_share(contacted)} of the {contacted['people']:,} contacted bought within the window"
        + (
            f", and {_share(held)} of the {held['people']:,} who would have been contacted and were held out."
            if held["people"]
            else "."
        )
    ]
    said.append(_verdict(effect) if effect else _NOBODY_HELD_OUT)
    if found["window_open"]:
        said.append(
            f"For {found['window_open']:,} of them the window is not over yet: more purchases may follow."
        )
    if one := found["cost_per_extra_conversion"]:
        said.append(f"Each purchase more cost {one['amount']} {one['currency']} in messages.")
    said.append(_COUNTED)
    return said


_NOBODY_HELD_OUT = (
    "Nobody was held out, so it cannot be said how many of them would have bought anyway; "
    "a holdout of 10% would tell."
)
_COUNTED = (
    "A purchase counts once a journey, from its first contact on, for the channel, tier, language and day of "
    "that contact; returns are not taken off."
)


def _verdict(effect: Mapping[str, Any]) -> str:
    low, high = effect["interval"]
    span = f"the true difference is likely (95%) to lie between {_more(low)} and {_more(high)}"
    match effect["verdict"]:
        case Verdict.TOO_FEW:
            return (
                "Too few have bought so far, or were held out, to say whether the campaign made a difference."
            )
        case Verdict.MORE:
            return (
                f"The campaign worked: of 100 contacted {_more(effect['difference'])} bought; {span}. "
                f"That is about {effect['extra_conversions']:,.0f} purchases that would not have been made."
            )
        case Verdict.FEWER:
            return f"The campaign did harm: of 100 contacted {_more(effect['difference'])} bought; {span}."
        case _:
            return (
                f"It cannot be said yet whether the campaign made a difference: of 100 contacted "
                f"{_more(effect['difference'])} bought, but {span}."
            )


def _share(side: Mapping[str, Any]) -> str:
    low, high = side["interval"]
    return f"{side['rate']:.1%} ({low:.1%} to {high:.1%})"


def _more(difference: float) -> str:
    return f"{abs(difference) * 100:.1f} {'more' if difference >= 0 else 'fewer'}"
