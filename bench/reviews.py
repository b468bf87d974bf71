"""Do late parcels spoil the scores of products? Both ways of scoring, as predictors of later reviews of punctual orders.

    python bench/reviews.py [--data ../shared/data/olist] [--split 0.5]

Reviews of the Olist sample are cut in two by the time they were written. From the first part every product gets its average
(trace/reviews.py), once with the reviews of orders that came late and once without. Each is then asked for the scores of the
second part's reviews of orders that came on time; the root of the mean squared error is printed for both, and for the prior
alone, whichever wins. The same for sellers, of whom more have enough reviews. An order with several products is left out: nobody
can tell which of them its review is about. Not delivered counts as late. Prints JSON lines.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from suxin.client.olist_read import Order, read_orders
from suxin.ledger.moment import moment_ms
from suxin.trace.reviews import average, rules

FOLDER = Path(os.environ.get("SUXIN_SHARED", "../shared")) / "data" / "olist"
ROUNDS = 2_000  # resamplings for the interval of the difference
SEED = 20_261_122


@dataclass(frozen=True)
class Score:
    """One review: of which product and seller, when, how many stars, and whether its order came late."""

    product: str
    seller: str
    at_ms: int
    stars: int
    late: bool


def scores_of(orders: Sequence[Order]) -> list[Score]:
    """Reviews in the order in which they were written."""
    found = []
    for order in orders:
        if len({item.product for item in order.items}) != 1:
            continue
        item = order.items[0]
        late = order.delivered is None or moment_ms(order.delivered) > moment_ms(order.promised)
        found += [Score(item.product, item.seller, moment_ms(one.at), one.stars, late) for one in order.reviews]
    return sorted(found, key=lambda score: (score.at_ms, score.product, score.stars))


def predict(train: Sequence[Score], by: str, *, with_late: bool) -> dict[str, float]:
    """Average of each product or seller in stars, as pages show it."""
    stars: dict[str, list[int]] = defaultdict(list)
    for score in train:
        if with_late or not score.late:
            stars[getattr(score, by)].append(score.stars)
    return {name: average(found, rules()).mean / 100 for name, found in stars.items()}


def errors(test: Sequence[Score], scores: dict[str, float], by: str) -> list[float]:
    """Squared error of each prediction; who has no score is predicted by the prior."""
    prior = rules().prior_centi / 100
    return [(scores.get(getattr(score, by), prior) - score.stars) ** 2 for score in test]


def rmse(squares: Sequence[float]) -> float:
    return math.sqrt(sum(squares) / len(squares))


def compare(scores: Sequence[Score], by: str, split: float) -> dict[str, object]:
    """Both predictors on the same later reviews: those whose product or seller was reviewed before the split."""
    cut = int(len(scores) * split)
    train, later = scores[:cut], scores[cut:]
    seen = {getattr(score, by) for score in train}
    test = [score for score in later if not score.late and getattr(score, by) in seen]
    with_late = errors(test, predict(train, by, with_late=True), by)
    without = errors(test, predict(train, by, with_late=False), by)
    dice = random.Random(SEED)
    apart = []
    for _ in range(ROUNDS):
        rows = dice.choices(range(len(test)), k=len(test))
        apart.append(rmse([with_late[row] for row in rows]) - rmse([without[row] for row in rows]))
    apart.sort()
    late = [score for score in train if score.late]
    return {
        "bench": "reviews", "case": f"by {by}", "train": len(train), "late_in_train": len(late), "test": len(test),
        "rmse_with_late": round(rmse(with_late), 4), "rmse_without_late": round(rmse(without), 4),
        "rmse_prior_alone": round(rmse(errors(test, {}, by)), 4),
        "with_minus_without": round(rmse(with_late) - rmse(without), 4),
        "interval_90": [round(apart[int(ROUNDS * share)], 4) for share in (0.05, 0.95)],
        "better": "without late" if rmse(without) < rmse(with_late) else "with late",
    }  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=FOLDER)
    parser.add_argument("--split", type=float, default=0.5)
    given = parser.parse_args()
    scores = scores_of(list(read_orders(given.data)))
    for by in ("product", "seller"):
        print(json.dumps(compare(scores, by, given.split)), flush=True)


if __name__ == "__main__":
    main()
