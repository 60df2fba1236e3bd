"""Trails, models and tenants for tests."""

from hypothesis import strategies as st

from services.loyalty.domain.outlook.trail import Trail, trail_of


@st.composite
def trails(draw: st.DrawFn) -> Trail:
    gaps = draw(st.lists(st.integers(1, 200), max_size=45))
    days = [draw(st.integers(0, 20_000))]
    for gap in gaps:
        days.append(days[-1] + gap)
    return trail_of(days, draw(st.integers(-10_000, 10_000_000)))
