"""Programs and customers' histories for hypothesis, made to meet the edges of the rules often."""

from datetime import UTC, datetime, timedelta

from hypothesis import settings
from hypothesis import strategies as st

from services.loyalty.domain.facts import Fact, Grant, Line, Purchase, Redemption, Return
from services.loyalty.domain.outlook.rhythm import PRIORS
from services.loyalty.domain.program import Program

from .story import OWN, program

#: For properties over histories: a history takes milliseconds to draw, and machines differ.
patient = settings(deadline=None, max_examples=60)

EPOCH = datetime(2023, 1, 1, tzinfo=UTC)
LAST_DAY = 1200

programs: st.SearchStrategy[Program] = st.builds(
    lambda holds, expiry, days, rate, rhythm: program(
        ("member", 0, "1", holds[0]),
        ("silver", 100_00, "1.25", holds[1]),
        ("gold", 250_00, "1.5", holds[2]),
        expiry_months=expiry,
        recognition_days=days,
        earn_rate=rate,
        rhythm=rhythm,
    ),
    st.tuples(*[st.sampled_from([0, 1, 30, 400])] * 3),
    st.sampled_from([1, 6, 18]),
    st.sampled_from([1, 2, 3]),
    st.sampled_from(["1", "0.1", "3"]),
    st.sampled_from([OWN, PRIORS]),
)

# Days that are a window or a month apart come up more often than they would by chance.
days = st.sampled_from([0, 1, 28, 30, 59, 364, 365, 366, 394, 395, 729, 730]) | st.integers(0, LAST_DAY)
times = st.builds(
    lambda day, millisecond: EPOCH + timedelta(days=day, milliseconds=millisecond),
    days,
    st.sampled_from([0, 1, 43_200_000, 86_399_999]),
)
amounts = st.sampled_from([0, 1, 50_00, 99_99, 100_00, 250_00]) | st.integers(0, 300_00)
purchases = st.sampled_from([f"till|{number}" for number in range(4)])
receipts = st.lists(
    st.builds(
        Line,
        st.sampled_from(["beans", "filters", "\u0628\u0646"]),
        st.sampled_from([None, "coffee"]),
        st.integers(1, 3),
        st.none() | amounts,
        st.sampled_from([None, "Beans, 1 kg"]),
    ),
    max_size=3,
).map(tuple)


@st.composite
def histories(draw: st.DrawFn, most: int = 14) -> list[Fact]:
    """Facts of one customer, in the order that they arrive in: any."""
    facts: list[Fact] = []
    for number in range(draw(st.integers(1, most))):
        key, time = f"k{number}", draw(times)
        match draw(st.sampled_from("ppppprrsg")):
            case "p":
                facts.append(Purchase(key, time, draw(purchases), draw(amounts), draw(receipts)))
            case "r":
                facts.append(Return(key, time, draw(purchases), draw(amounts), draw(receipts)))
            case "g":
                grant = f"grant desk|{draw(st.integers(0, 2))}"
                facts.append(Grant(key, time, grant, draw(st.integers(1, 400)), "an apology"))
            case _:
                facts.append(Redemption(key, time, draw(st.integers(0, 400))))
    return draw(st.permutations(facts))


moments = st.builds(lambda days: EPOCH + timedelta(days=days, hours=12), st.integers(0, LAST_DAY + 800))
