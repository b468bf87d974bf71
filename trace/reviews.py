"""The ratings of one seller's offer of one class, counted again from its stream `r:` and the stories of its items. Pure.

The page, the server's answer and a full witness all call this one function. Source: docs/formats/reviews.md.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from fractions import Fraction
from functools import lru_cache
from importlib.resources import files
from typing import Annotated, Final
from urllib.parse import quote

import msgspec
from msgspec import Meta, Struct

from ..ledger.entry import Entry
from ..ledger.refs import EntryRef
from ..ledger.voices import ReviewBody
from .evidence import Support
from .flags import Marks
from .material import Material
from .page import RatingBox
from .verdict import COUNTS, Verdicts, is_first_of_item

MINUTE_MS: Final = 60_000
STARS_CENTI: Final = (100, 500)
_DIGITS: Final = 50

MaterialOf = Callable[[str], Material | None]  # item key to its story, None where nothing is recorded of it


class Rules(Struct, frozen=True, forbid_unknown_fields=True):
    """Parameters of the averages, `data/reviews.json`, each with its source."""

    version: Annotated[str, Meta(pattern=r"^RV-[0-9]{4}[.][0-9]{1,2}\Z")]
    prior_centi: Annotated[int, Meta(ge=100, le=500)]
    prior_weight: Annotated[int, Meta(ge=1, le=1_000)]
    z_milli: Annotated[int, Meta(ge=0, le=5_000)]
    prior_variance: Annotated[int, Meta(ge=1, le=4)]
    burst_count: Annotated[int, Meta(ge=2, le=100)]
    burst_minutes: Annotated[int, Meta(ge=1, le=10_000)]
    sources: dict[str, str]


@dataclass(frozen=True, slots=True)
class Average:
    """A mean that few ratings move little, in hundredths of a star.

    Attributes:
        n: Ratings it is made of.
        mean: Bayesian mean.
        low: Lower end of the 90 % interval.
        high: Upper end.
    """

    n: int
    mean: int
    low: int
    high: int


@dataclass(frozen=True, slots=True)
class Averages:
    """Product and seller apart, over one set of reviews."""

    product: Average
    seller: Average


@dataclass(frozen=True, slots=True)
class Opinion:
    """One first review.

    Attributes:
        ref: Its entry.
        item: Path of the item's page.
        at_ms: When its author says that it was written.
        stars: Of the product, 0 for none.
        seller_stars: Of the seller, 0 for none.
        proved: What is proved of its author.
        counts: `yes`, or why it does not enter the averages.
        hidden: Whether its words are hidden.
    """

    ref: EntryRef
    item: str
    at_ms: int
    stars: int
    seller_stars: int
    proved: str
    counts: str
    hidden: bool


@dataclass(frozen=True, slots=True)
class OfferReviews:
    """The ratings of one offer.

    Attributes:
        offer: Seller and class.
        rules: Version of the rules.
        counted: Averages over the reviews that count.
        with_hidden: Over these and the hidden ones that would count.
        recorded: Over all first reviews.
        left_out: Mark and how many reviews it leaves out, most frequent first.
        opinions: Every first review, newest entry first.
        followups: Follow-up reviews, which change no average.
    """

    offer: str
    rules: str
    counted: Averages
    with_hidden: Averages
    recorded: Averages
    left_out: tuple[tuple[str, int], ...]
    opinions: tuple[Opinion, ...]
    followups: int


@lru_cache(maxsize=1)
def rules() -> Rules:
    """The rules in force."""
    return msgspec.json.decode(files(__package__).joinpath("data", "reviews.json").read_bytes(), type=Rules)


def average(stars: Sequence[int], by: Rules) -> Average:
    """Average of ratings from 1 to 5."""
    n, weight = len(stars), by.prior_weight
    mean = (Fraction(100 * sum(stars)) + weight * by.prior_centi) / (n + weight)
    own = Fraction(sum(stars), n) if n else Fraction(0)
    # The prior's share keeps ratings that all agree from looking certain.
    variance = (sum(((one - own) ** 2 for one in stars), Fraction(0)) + weight * by.prior_variance) / (n + weight)
    with localcontext() as context:
        context.prec = _DIGITS
        spread = Decimal(variance.numerator) / Decimal(variance.denominator) / (n + weight)
        half = Decimal(by.z_milli) / 10 * spread.sqrt()  # hundredths of a star
        centre = Decimal(mean.numerator) / Decimal(mean.denominator)
        low, high = (int((centre + sign * half).to_integral_value(ROUND_HALF_EVEN)) for sign in (-1, 1))
    return Average(n, round(mean), max(low, STARS_CENTI[0]), min(high, STARS_CENTI[1]))


def recount(offer: str, entries: Iterable[Entry], story_of: MaterialOf, by: Rules | None = None) -> OfferReviews:
    """Count the ratings of an offer.

    Args:
        offer: Seller and class.
        entries: Entries of its stream `r:`, whole and in order.
        story_of: The story of an item, as of the same state of the book.
        by: Rules; those in force unless given.
    """
    by = by or rules()
    entries = list(entries)
    firsts = [entry for entry in entries if is_first_of_item(entry)]
    bursts, repeats = _bursts(firsts, by), _repeats(firsts)
    stories = {item: _verdicts(story_of(item)) for item in dict.fromkeys(e.statement.subjects["item"] for e in firsts)}
    opinions: list[Opinion] = []
    would: list[Opinion] = []  # hidden ones that would count
    for entry in firsts:
        verdicts = stories[entry.statement.subjects["item"]]
        counts, shown = ("own_word", "own_word") if verdicts is None else (
            verdicts.counts(entry), verdicts.counts(entry, with_hidden=True)
        )  # fmt: skip
        of_offer = "repeat" if entry.name in repeats else "burst" if entry.name in bursts else COUNTS
        opinion = _opinion(entry, verdicts, of_offer if counts == COUNTS else counts)
        opinions.append(opinion)
        if opinion.counts == "hidden" and shown == of_offer == COUNTS:
            would.append(opinion)
    counted = [opinion for opinion in opinions if opinion.counts == COUNTS]
    left = Counter(opinion.counts for opinion in opinions if opinion.counts != COUNTS)
    return OfferReviews(
        offer,
        by.version,
        _averages(counted, by),
        _averages([*counted, *would], by),
        _averages(opinions, by),
        tuple(sorted(left.items(), key=lambda pair: (-pair[1], pair[0]))),
        tuple(reversed(opinions)),
        sum(isinstance(e.statement.body, ReviewBody) and e.statement.body.kind == "follow" for e in entries),
    )


def rating_box(found: OfferReviews) -> RatingBox:
    """The averages as the page of an item shows them."""
    product, seller = found.counted.product, found.counted.seller
    path = f"/reviews/{quote(found.offer)}"
    return RatingBox(found.offer, path, product.n, product.mean, seller.n, seller.mean)


def _verdicts(material: Material | None) -> Verdicts | None:
    if material is None:
        return None
    support = Support(material)
    return Verdicts(material, support, Marks(material, support).grievances)


def _opinion(entry: Entry, verdicts: Verdicts | None, counts: str) -> Opinion:
    body = entry.statement.body
    assert isinstance(body, ReviewBody)
    return Opinion(
        ref=entry.ref,
        item=entry.statement.subjects["item"],
        at_ms=entry.statement.at_ms,
        stars=body.stars if isinstance(body.stars, int) else 0,
        seller_stars=body.seller_stars if isinstance(body.seller_stars, int) else 0,
        proved="nothing" if verdicts is None else verdicts.proved(entry),
        counts=counts,
        hidden=verdicts is not None and entry.name in verdicts.hidden,
    )


def _averages(opinions: Sequence[Opinion], by: Rules) -> Averages:
    return Averages(
        average([one.stars for one in opinions if one.stars], by),
        average([one.seller_stars for one in opinions if one.seller_stars], by),
    )


def _repeats(firsts: Sequence[Entry]) -> set[str]:
    """Names of reviews by a key that has reviewed the offer before."""
    seen: set[str] = set()
    found = set()
    for entry in firsts:
        if entry.statement.actor in seen:
            found.add(entry.name)
        seen.add(entry.statement.actor)
    return found


def _time(entry: Entry) -> int:
    """When a review came: at its receipt, which nobody chooses; of an imported one, when it says."""
    return entry.received_ms if entry.statement.mode == "own" else entry.statement.at_ms


def _bursts(firsts: Sequence[Entry], by: Rules) -> set[str]:
    """Names of reviews that came in with so many others of the offer within so many minutes."""
    ordered = sorted(firsts, key=lambda entry: (_time(entry), entry.index))
    found: set[str] = set()
    for first in range(len(ordered) - by.burst_count + 1):
        window = ordered[first : first + by.burst_count]
        if _time(window[-1]) - _time(window[0]) <= by.burst_minutes * MINUTE_MS:
            found.update(entry.name for entry in window)
    return found
