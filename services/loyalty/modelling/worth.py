"""Gamma-Gamma by maximum likelihood.

P. Fader, B. Hardie: The Gamma-Gamma Model of Monetary Value, 2013 (brucehardie.com/notes/025).
"""

import numpy as np
from scipy.optimize import minimize
from scipy.special import digamma, gammaln

from services.loyalty.domain.outlook.gamma_gamma import GammaGamma
from services.loyalty.domain.outlook.model import PRIORS
from services.loyalty.modelling.history import Floats

# As in `counting`.
_PULL = 0.05
# People beyond these tell nothing new.
_ENOUGH = 200_000
# Of the logarithms. With q of 1 or less customers would have no mean, and a purchase could be worth anything.
_BOUNDS = ((-4.0, 7.0), (0.1, 7.0), (-4.0, 7.0))


def fit(purchases: Floats, means: Floats, *, pull: float = _PULL) -> GammaGamma:
    """Return the parameters under which these mean values of so many purchases each are the most likely.

    Who spent nothing, or less, tells nothing; where nobody tells anything, `PRIORS` stands.
    """
    told = (means > 0) & (purchases > 0)
    stride = max(1, int(told.sum()) // _ENOUGH)
    x, m = purchases[told][::stride].astype(float), means[told][::stride].astype(float)
    if not len(x):
        return PRIORS.gamma_gamma
    # The scale of the currency is taken out, so that the same pull means the same in each.
    scale = float(np.median(m))
    middle = PRIORS.gamma_gamma
    prior = np.log([middle.p, middle.q, middle.gamma / 3000.0])

    def loss(logs: Floats) -> tuple[float, Floats]:
        parameters = np.exp(logs)
        likelihood, slope = _likelihood(parameters, x, m / scale)
        away = logs - prior
        return (pull * (away @ away) / 2 - likelihood) / len(x), (pull * away - slope * parameters) / len(x)

    found = minimize(loss, prior, jac=True, method="L-BFGS-B", bounds=_BOUNDS)
    p, q, gamma = np.exp(found.x if np.isfinite(found.fun) else prior).tolist()
    return GammaGamma(p, q, gamma * scale)


def log_likelihood(model: GammaGamma, purchases: Floats, means: Floats) -> float:
    """Return the logarithm of the likelihood of these mean values: (1a) of the note."""
    return _likelihood(np.array([model.p, model.q, model.gamma]), purchases.astype(float), means)[0]


def _likelihood(parameters: Floats, x: Floats, m: Floats) -> tuple[float, Floats]:
    p, q, gamma = parameters
    both = np.log(gamma + m * x)
    value = gammaln(p * x + q) - gammaln(p * x) - gammaln(q) + q * np.log(gamma)
    value += (p * x - 1) * np.log(m) + p * x * np.log(x) - (p * x + q) * both
    top = digamma(p * x + q)
    slopes = (
        x * (top - digamma(p * x) + np.log(m) + np.log(x) - both),
        top - digamma(q) + np.log(gamma) - both,
        q / gamma - (p * x + q) / (gamma + m * x),
    )
    return float(value.sum()), np.array([slope.sum() for slope in slopes])
