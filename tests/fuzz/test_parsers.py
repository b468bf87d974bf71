"""Whatever bytes come, they are read or refused by name: hypothesis over every reader, from the vectors on."""

from __future__ import annotations

import pytest
from fuzz.parsers import PARSERS, WORDS
from hypothesis import given, settings
from hypothesis import strategies as st

# Of the "usual" profile's examples: 26 readers share the time of one.
EXAMPLES = max(25, settings().max_examples // 2)


@st.composite
def damaged(draw: st.DrawFn, seeds: tuple[bytes, ...]) -> bytes:
    """A seed after one to four small misdeeds, each likely to leave it nearly well-formed."""
    raw = draw(st.sampled_from(seeds))
    for _ in range(draw(st.integers(1, 4))):
        first = draw(st.integers(0, len(raw)))
        last = min(len(raw), first + draw(st.integers(0, 12)))
        other = draw(st.sampled_from(seeds))
        put = draw(
            st.sampled_from((b"", raw[first:last] * 2, other[first:last]))
            | st.sampled_from(WORDS)
            | st.binary(min_size=1, max_size=4)
            | st.integers(-2, 2**64).map(lambda number: str(number).encode())
        )
        raw = raw[:first] + put + raw[last:]
    return raw


@pytest.mark.parametrize("name", PARSERS)
def test_a_seed_is_taken(name: str) -> None:
    assert any(PARSERS[name].feed(seed) for seed in PARSERS[name].seeds)


@pytest.mark.parametrize("name", PARSERS)
def test_bytes_are_read_or_refused_by_name(name: str) -> None:
    parser = PARSERS[name]

    @settings(max_examples=EXAMPLES)
    @given(raw=damaged(parser.seeds))
    def feed(raw: bytes) -> None:
        parser.feed(raw)

    feed()
