"""The public sentence about a score, in Chinese and English. It names an indicator only where chance does not explain it.

What is lost or gained is counted from the benchmark, four fifths of the points. An indicator is named when even the good
bound of its interval stays below them, or the bad one above. Source: domain.md 4.4, issue wording of DESIGN section 4.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from .estimate import AT_BENCHMARK
from .number import exact, plain, printed, printed_decimal
from .ruleset import Indicator
from .score import Line, Score

NAMED_MAX: Final = 3
_SMALL: Final = Fraction(1, 2)  # below it the prior weighs more than the company's own data

_ZH_CONFIDENCE: Final = {"high": "高", "middle": "中", "low": "低", "none": "不足"}
_ZH_DEGREE: Final = {"light": "轻微", "general": "一般", "serious": "严重"}
_ZH_UNIT: Final = {"percent": "%", "per_million": "件/百万件", "stars": "星", "per_100_months": "起/百人月"}
_EN_UNIT: Final = {"percent": " %", "per_million": " per million", "stars": " stars", "per_100_months": " per 100 courier-months"}
_PLACES: Final = {"percent": 1, "per_million": 2, "stars": 2, "per_100_months": 2}
_ZH_GREY: Final = {"sample": "样本不足", "own_data": "依据不足"}
_EN_GREY: Final = {"sample": "too few parcels", "own_data": "too little data of its own"}


@dataclass(frozen=True, slots=True)
class Reasons:
    """Why a score is what it is.

    Attributes:
        gains: Indicators surely above their benchmark, the largest gain first, at most three.
        losses: Indicators surely below it, and deductions, the largest loss first, at most three.
        softened: Rare events with a case whose estimate rests more on the benchmark than on own data.
    """

    gains: tuple[Line, ...]
    losses: tuple[Line, ...]
    softened: tuple[Line, ...]


def reasons_of(found: Score) -> Reasons:
    """The indicators to name; none for a company without a grade."""
    if not found.graded:
        return Reasons((), (), ())
    gains: list[tuple[Fraction, Line]] = []
    losses: list[tuple[Fraction, Line]] = []
    for line in found.lines:
        weight = line.indicator.weight
        if line.estimate is None:
            if line.points < weight:
                losses.append((weight - line.points, line))
            continue
        par = weight * AT_BENCHMARK
        if Fraction(line.estimate.worst) > par:
            gains.append((line.points - par, line))
        elif Fraction(line.estimate.best) < par:
            losses.append((par - line.points, line))
    softened = tuple(
        line
        for line in found.lines
        if line.indicator.kind == "rare"
        and line.estimate is not None
        and line.estimate.share < _SMALL
        and exact(found.facts.measures[line.indicator.id].x)
    )
    return Reasons(_largest(gains), _largest(losses), softened)


def _largest(rows: list[tuple[Fraction, Line]]) -> tuple[Line, ...]:
    return tuple(line for _, line in sorted(rows, key=lambda row: -row[0])[:NAMED_MAX])


def sentence_zh(found: Score, name: str) -> str:
    """The sentence in Chinese.

    Args:
        found: The score.
        name: What to call the company.
    """
    end = f"计算规则{found.rules.version}{_zh_book(found)}，可自行复核。服务信用评价，非征信报告，非官方名单。"
    end += "对结果有异议可提出，10日内答复。"
    if not found.graded:
        return f"「{name}」截至{found.facts.as_of}{_ZH_GREY[found.verdict.note]}，不评级，只公示事实。{end}"
    verdict, reasons = found.verdict, reasons_of(found)
    text = (
        f"「{name}」截至{found.facts.as_of}服务评价分{printed(found.exact_points, 1)}（区间{printed_decimal(found.low, 1)}–"
        f"{printed_decimal(found.high, 1)}，置信度{_ZH_CONFIDENCE[found.confidence]}），等级{verdict.grade}"
    )
    text += "，临界" if verdict.near else ""
    text += {"decision": "，依主管机关决定标红", "review": "，复核中"}.get(verdict.note, "") + "。"
    if reasons.gains:
        text += f"加分主要来自{'、'.join(_zh(line) for line in reasons.gains)}。"
    if reasons.losses:
        text += f"失分主要来自{'、'.join(_zh(line) for line in reasons.losses)}。"
    for line in reasons.softened:
        cases = _cases(found, line)
        text += f"{line.indicator.name['zh']}有{cases}起（按日加权），因业务量小已按统计规则折算。"
    return text + end


def sentence_en(found: Score, name: str) -> str:
    """The sentence in English."""
    end = f"Computed by rule {found.rules.version}{_en_book(found)}; anyone can compute it again. "
    end += "Service rating; not a credit report, not an official list. Objections are answered within 10 days."
    if not found.graded:
        return f"{name} as of {found.facts.as_of}: {_EN_GREY[found.verdict.note]}, not graded; facts only. {end}"
    verdict, reasons = found.verdict, reasons_of(found)
    text = (
        f"{name} as of {found.facts.as_of}: service rating {printed(found.exact_points, 1)} (interval "
        f"{printed_decimal(found.low, 1)}–{printed_decimal(found.high, 1)}, confidence {found.confidence}), grade {verdict.grade}"
    )
    text += ", near the line" if verdict.near else ""
    text += {"decision": ", red by a decision of the competent authority", "review": ", under review"}.get(
        verdict.note, ""
    ) + ". "
    if reasons.gains:
        text += f"Gained mainly by {', '.join(_en(line) for line in reasons.gains)}. "
    if reasons.losses:
        text += f"Lost mainly by {', '.join(_en(line) for line in reasons.losses)}. "
    for line in reasons.softened:
        cases = _cases(found, line)
        what = line.indicator.name["en"].capitalize()
        text += f"{what}: {cases} (weighted by day), counted with care because there are few parcels. "
    return text + end


def _zh(line: Line) -> str:
    row = line.indicator
    if line.estimate is None:
        return "和".join(f"{_ZH_DEGREE[d]}{row.name['zh']}{line.found.count(d)}次" for d in dict.fromkeys(line.found))
    unit = _ZH_UNIT[row.unit]
    return f"{row.name['zh']}（{_value(line)}{unit}，基准{_plain(row)}{unit}）"


def _en(line: Line) -> str:
    row = line.indicator
    if line.estimate is None:
        return " and ".join(f"{row.name['en']} ({d}, {line.found.count(d)})" for d in dict.fromkeys(line.found))
    unit = _EN_UNIT[row.unit]
    return f"{row.name['en']} ({_value(line)}{unit}, benchmark {_plain(row)}{unit})"


def _cases(found: Score, line: Line) -> str:
    return plain(round(exact(found.facts.measures[line.indicator.id].x), 2))  # six places of weights by the day tell nothing


def _value(line: Line) -> str:
    assert line.estimate is not None
    return printed(line.estimate.used, _PLACES[line.indicator.unit])


def _plain(row: Indicator) -> str:
    return plain(row.benchmark)


def _zh_book(found: Score) -> str:
    return f"，账本高度{found.facts.book.size}" if found.facts.book is not None else ""


def _en_book(found: Score) -> str:
    return f", book of size {found.facts.book.size}" if found.facts.book is not None else ""
