"""Logistic regression on top of log-odds that are known, its weights drawn to zero."""

import numpy as np
from scipy.special import expit

from services.loyalty.modelling.history import Floats


def regress(design: Floats, offset: Floats, bought: Floats, weight: float, ridge: Floats) -> Floats:
    """Return the weights of the columns of `design` that are likeliest, by Newton's method.

    Args:
        offset: log-odds to which the weighted columns are added, for each row.
        bought: 1 or 0, for each row.
        weight: what a row counts.
        ridge: precision with which each weight is drawn to zero.
    """

    def loss(one: Floats) -> float:
        odds = offset + design @ one
        return float(weight * (np.logaddexp(0, odds) - bought * odds).sum() + (ridge * one * one).sum() / 2)

    found = np.zeros(design.shape[1])
    now = loss(found)
    for _ in range(30):
        chances = expit(offset + design @ found)
        slope = weight * (design.T @ (chances - bought)) + ridge * found
        bend = weight * ((design * (chances * (1 - chances))[:, None]).T @ design) + np.diag(ridge)
        step = np.linalg.solve(bend, slope)
        length = 1.0
        while (then := loss(found - length * step)) > now and length > 1e-4:
            length /= 2
        if then > now:
            break
        found, before, now = found - length * step, now, then
        if before - now < 1e-9 * len(bought):
            break
    return found
