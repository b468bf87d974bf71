"""A rule set as the scoring function takes it, and the strict reading of its three files. Pure.

A rule file names its benchmark file and its file of day weights, so that benchmarks may be dated anew without touching
the rules; the version that a score cites is the digest over all three. Source: domain.md 4.1, docs/formats/rules.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any, Final

import msgspec

from ..ledger.canonical import dump
from ..ledger.encoding import b64u
from ..ledger.hashing import digest
from .errors import CreditError
from .number import exact, read_json
from .rulefile import BenchmarkFile, DayWeightFile, IndicatorRow, RuleFile

# What each indicator measures is code, so a rule file can weigh it and place its anchors, not invent another.
KINDS: Final = {
    "I1": ("rate", "percent"),
    "I2": ("rate", "percent"),
    "I3": ("rare", "per_million"),
    "I4": ("rare", "per_million"),
    "I5": ("rate", "percent"),
    "I6": ("rate", "percent"),
    "I7": ("rare", "per_million"),
    "I8": ("rate", "percent"),
    "I9C": ("mean", "stars"),
    "I9M": ("mean", "stars"),
    "I10": ("rate", "percent"),
    "I11": ("deduction", "points"),
    "I12": ("deduction", "points"),
    "I13": ("rare", "per_100_months"),
}
UNITS: Final = {"percent": Fraction(100), "per_million": Fraction(10**6), "stars": Fraction(1), "per_100_months": Fraction(100)}
CASES: Final = ("I3", "I4", "I5", "I7")  # indicators that count upheld cases
DAYS: Final = 366  # day weights: 0 to 365 days
RULES_TAG: Final = b"suxin-rules/v1\n"


@dataclass(frozen=True, slots=True)
class Indicator:
    """One line of the rule set.

    Attributes:
        id: I1 to I13; I9 is two lines, I9C of consumers and I9M of shops.
        kind: rate, rare, mean or deduction.
        unit: Unit of the anchors: percent, per_million, stars, per_100_months, points.
        weight: Points of a perfect record.
        floor: Value that earns nothing.
        benchmark: Value that earns four fifths.
        target: Value that earns all.
        prior: Weight of the benchmark against own data: parcels or reviews of a rate or mean (m), cases of a rare event (k).
        deductions: Points off by class, for a deduction.
        name: By language, zh and en.
    """

    id: str
    kind: str
    unit: str
    weight: Fraction
    floor: Fraction
    benchmark: Fraction
    target: Fraction
    prior: Fraction
    deductions: dict[str, Fraction]
    name: dict[str, str]

    @property
    def rising(self) -> bool:
        """Whether more is better."""
        return self.target > self.floor

    @property
    def scale(self) -> Fraction:
        """What turns a share into the unit of the anchors."""
        return UNITS[self.unit]

    @property
    def prior_exposure(self) -> Fraction:
        """What the prior counts as, in the unit of the denominator: m, or of a rare event k/λ0."""
        return self.prior * self.scale / self.benchmark if self.kind == "rare" else self.prior


@dataclass(frozen=True, slots=True)
class Ruleset:
    """Rules, benchmarks and day weights together.

    Attributes:
        file: The rule file.
        benchmarks: The benchmark file.
        indicators: Its lines with their benchmarks, in the order of the file.
        day_weights: Weight of a day in millionths, by its age in days from 0 to 365.
        digest: SHA-256 over the three files in canonical form, base64url.
    """

    file: RuleFile
    benchmarks: BenchmarkFile
    indicators: tuple[Indicator, ...]
    day_weights: tuple[int, ...]
    digest: str

    @property
    def version(self) -> str:
        """Version of the rule file, as KD-2026.1."""
        return self.file.version

    def indicator(self, name: str) -> Indicator:
        """One line."""
        return next(row for row in self.indicators if row.id == name)

    @property
    def estimated(self) -> tuple[Indicator, ...]:
        """The lines that are estimated from counts; the others are deductions."""
        return tuple(row for row in self.indicators if row.kind != "deduction")


def parse_ruleset(rules: bytes, benchmarks: bytes, day_weights: bytes) -> Ruleset:
    """Read and check the three files of a rule set.

    Args:
        rules: The rule file.
        benchmarks: The benchmark file it names.
        day_weights: The file of day weights it names.

    Raises:
        CreditError: Weights that do not sum to 100, anchors out of order, unknown, missing or doubled indicators, a missing
            source or benchmark, or any other shape.
    """
    file: RuleFile = read_json(rules, RuleFile, "rule file")
    figures: BenchmarkFile = read_json(benchmarks, BenchmarkFile, "benchmark file")
    days: DayWeightFile = read_json(day_weights, DayWeightFile, "day-weight file")
    for name, found, where in (
        (file.benchmarks, figures.version, "/benchmarks"),
        (file.day_weights, days.version, "/day_weights"),
    ):
        if name != found:
            raise CreditError(f"it names {name}, and the file given is {found}", where, "rule file")
    for text, where, what in ((file.date, "rule file", file), (figures.date, "benchmark file", figures)):
        _check_day(text, "/date", where)
        _check_sources(msgspec.to_builtins(what), "", where)
    _check_days(days)
    indicators = tuple(_indicator(n, row, figures) for n, row in enumerate(file.indicators))
    _check_whole(file, indicators, figures)
    whole = {"benchmarks": figures, "day_weights": days, "rules": file}
    return Ruleset(file, figures, indicators, tuple(days.weights_e6), b64u(digest(RULES_TAG, dump(msgspec.to_builtins(whole)))))


def _indicator(n: int, row: IndicatorRow, figures: BenchmarkFile) -> Indicator:
    where = f"/indicators/{n}"

    def wrong(cause: str, field: str) -> CreditError:
        return CreditError(f"{row.id}: {cause}", f"{where}/{field}", "rule file")

    known = KINDS.get(row.id)
    if known is None:
        raise wrong(f"there is no such indicator; known are {', '.join(KINDS)}", "id")
    if (row.kind, row.unit) != known:
        raise wrong(f"is a {known[0]} in {known[1]}", "kind")
    weight = exact(row.weight)
    if weight == 0:
        raise wrong("an indicator that weighs nothing is left out", "weight")
    if row.kind == "deduction":
        return _deduction(row, weight, wrong)
    if row.floor is None or row.target is None or row.light is not None or row.general is not None or row.serious is not None:
        raise wrong("has floor and target, and no deductions", "floor")
    figure = figures.figures.get(row.id)
    if figure is None:
        raise wrong(f"has no figure in the benchmark file {figures.version}", "id")
    if figure.unit != row.unit:
        raise CreditError(f"is in {row.unit}", f"/figures/{row.id}/unit", "benchmark file")
    floor, benchmark, target = exact(row.floor), exact(figure.value), exact(row.target)
    if not (floor < benchmark < target or floor > benchmark > target):
        raise wrong(f"floor {row.floor}, benchmark {figure.value} and target {row.target} do not follow one another", "floor")
    if (row.kind == "rare") != (floor > target):
        raise wrong("of a rare event less is better, of all others more", "floor")
    prior = _prior(row, benchmark, wrong)
    return Indicator(row.id, row.kind, row.unit, weight, floor, benchmark, target, prior, {}, _names(row))


def _prior(row: IndicatorRow, benchmark: Fraction, wrong: Any) -> Fraction:  # noqa: ANN401
    if (row.prior is None) == (row.prior_exposure is None) or (row.prior is None and row.kind != "rare"):
        raise wrong("has a prior, or if it is a rare event a prior_exposure in its place", "prior")
    prior = exact(row.prior) if row.prior is not None else benchmark * exact(row.prior_exposure or "0") / UNITS[row.unit]
    if prior == 0:
        raise wrong("without a prior one case would decide", "prior")
    return prior


def _deduction(row: IndicatorRow, weight: Fraction, wrong: Any) -> Indicator:  # noqa: ANN401
    if row.light is None or row.general is None or row.serious is None:
        raise wrong("says what a light, a general and a serious one cost", "light")
    if row.floor is not None or row.target is not None or row.prior is not None or row.prior_exposure is not None:
        raise wrong("a deduction has no anchors and no prior", "floor")
    off = {"light": exact(row.light), "general": exact(row.general), "serious": exact(row.serious)}
    if not off["light"] <= off["general"] <= off["serious"] <= weight:
        raise wrong("light, general and serious do not follow one another up to the weight", "light")
    zero = Fraction(0)
    return Indicator(row.id, row.kind, row.unit, weight, zero, zero, zero, zero, off, _names(row))


def _names(row: IndicatorRow) -> dict[str, str]:
    return {"zh": row.name.zh, "en": row.name.en}


def _check_whole(file: RuleFile, rows: tuple[Indicator, ...], figures: BenchmarkFile) -> None:
    names = [row.id for row in rows]
    if len(set(names)) != len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise CreditError(f"{twice} stands twice", "/indicators", "rule file")
    missing = [name for name in KINDS if name not in names]
    if missing:  # what is not measured cannot be bad: leaving an indicator out would be a gift
        raise CreditError(f"{', '.join(missing)} missing", "/indicators", "rule file")
    unused = [name for name in figures.figures if name not in names or KINDS[name][0] == "deduction"]
    if unused:
        raise CreditError(f"no indicator {unused[0]} needs a benchmark", f"/figures/{unused[0]}", "benchmark file")
    weights = sum((row.weight for row in rows), Fraction(0))
    if weights != 100:
        raise CreditError(f"the weights sum to {float(weights):g}, not to 100", "/indicators", "rule file")
    if sorted(file.cases.order) != sorted(CASES):
        raise CreditError(f"orders exactly {', '.join(CASES)}", "/cases/order", "rule file")
    lines = [exact(line.start) for line in file.grades.lines]
    if (
        [line.grade for line in file.grades.lines] != ["A", "B", "C"]
        or lines != sorted(set(lines), reverse=True)
        or lines[0] > 100
    ):
        raise CreditError("A, B and C, each from a lower score than the one before", "/grades/lines", "rule file")
    sizes = [exact(text) for text in (file.sample.low, file.sample.middle, file.sample.high)]
    if sizes != sorted(set(sizes)):
        raise CreditError("low, middle and high do not follow one another", "/sample", "rule file")
    if any(name not in names or KINDS[name][0] == "deduction" for name in file.own_data.besides):
        raise CreditError("names an indicator that is not estimated", "/own_data/besides", "rule file")
    for table in ("lanes", "peaks"):
        if getattr(file, table):
            raise CreditError("stands empty: this version knows no factor for lanes or peak days", f"/{table}", "rule file")


def _check_days(days: DayWeightFile) -> None:
    _check_day(days.date, "/date", "day-weight file")
    _check_sources(msgspec.to_builtins(days), "", "day-weight file")
    weights = days.weights_e6
    if len(weights) != DAYS or weights[0] != 10**6 or weights != sorted(weights, reverse=True) or weights[-1] < 0:
        raise CreditError(f"{DAYS} weights that begin with 1000000 and never rise", "/weights_e6", "day-weight file")


def _check_day(text: str, pointer: str, file: str) -> None:
    try:
        date.fromisoformat(text)
    except ValueError as error:
        raise CreditError("this day does not exist", pointer, file) from error


def _check_sources(value: object, pointer: str, file: str) -> None:
    """Every `source` says something; that each part has one is said by its type."""
    if isinstance(value, dict):
        for name, member in value.items():
            if name == "source" and not str(member).strip():
                raise CreditError("says where the figures come from", f"{pointer}/source", file)
            _check_sources(member, f"{pointer}/{name}", file)
    elif isinstance(value, list):
        for n, member in enumerate(value):
            _check_sources(member, f"{pointer}/{n}", file)
