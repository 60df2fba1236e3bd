"""How good a ranking or a chance was."""

from typing import Any

import numpy as np
from scipy.stats import rankdata

from services.loyalty.modelling.history import Floats

#: Groups of equal size into which chances are put for a picture of their calibration.
GROUPS = 10


def auc(bought: Floats, score: Floats) -> float | None:
    """Return the chance that who bought has a higher score than who did not, ties counting half."""
    yes = float(bought.sum())
    no = len(bought) - yes
    if not yes or not no:
        return None
    ranks = float(rankdata(score)[bought > 0].sum())
    return (ranks - yes * (yes + 1) / 2) / (yes * no)


def lift(bought: Floats, score: Floats, share: float) -> float | None:
    """Return how many times as often as all those with the highest scores bought, of this share of people.

    Of those who share the last score, each is as likely to be among them: what is returned is the mean over
    all orders of who ties.
    """
    rate = float(bought.mean()) if len(bought) else 0.0
    if not rate:
        return None
    number = max(1, int(len(bought) * share + 1e-9))
    last = np.partition(score, len(score) - number)[len(score) - number]
    above, tied = score > last, score == last
    found = float(bought[above].sum()) + (number - int(above.sum())) * float(bought[tied].mean())
    return found / number / rate


def brier(bought: Floats, chance: Floats) -> float:
    """Return the mean squared error of chances."""
    return float(((chance - bought) ** 2).mean())


def calibration(bought: Floats, chance: Floats) -> list[dict[str, Any]]:
    """Return, for groups by ascending chance, how many they are, their mean chance, the share that bought."""
    groups = [one for one in np.array_split(np.argsort(chance, kind="stable"), GROUPS) if len(one)]
    return [
        {"people": len(one), "chance": float(chance[one].mean()), "bought": float(bought[one].mean())}
        for one in groups
    ]
