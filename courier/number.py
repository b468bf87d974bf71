"""Exact numbers in the files of the credit model: integers, or decimals written as text; never a float.

A reader in another language that takes `87.1` for a binary fraction would get another score. Rounding is half even
and happens once, when a number is printed. Source: domain.md 4.1, estimate.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from decimal import ROUND_HALF_EVEN, Context, Decimal
from fractions import Fraction
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from .errors import CreditError

FILE_MAX: Final = 4 * 1024 * 1024  # bytes of a file that is read whole
Number = Annotated[str, Meta(pattern=r"^(?:0|[1-9][0-9]{0,17})(?:\.[0-9]{1,12})?\Z", description="a decimal as text")]


def exact(text: str) -> Fraction:
    """The number that a `Number` writes."""
    return Fraction(text)


def as_decimal(value: Fraction, context: Context) -> Decimal:
    """A fraction as a decimal, to the digits of the context."""
    return context.divide(Decimal(value.numerator), Decimal(value.denominator))


def printed(value: Fraction, places: int) -> str:
    """A number with exactly so many places, rounded half even."""
    scaled = round(value * 10**places)
    sign, digits = ("-" if scaled < 0 else ""), f"{abs(scaled):0{places + 1}d}"
    return f"{sign}{digits[:-places]}.{digits[-places:]}" if places else f"{sign}{digits}"


def printed_decimal(value: Decimal, places: int) -> str:
    """A decimal with exactly so many places, rounded half even."""
    return str(value.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_EVEN))


def plain(value: Fraction) -> str:
    """A number whose decimal ends, as a `Number` writes it: no zeros at its end.

    Raises:
        ValueError: Its decimal does not end within twelve places, or it is negative.
    """
    scaled = value * 10**12
    if scaled.denominator != 1 or value < 0:
        raise ValueError("the decimal of this number does not end within twelve places")
    text = printed(value, 12).rstrip("0")
    return text.removesuffix(".")


def read_json(raw: bytes, kind: type[msgspec.Struct], file: str) -> Any:  # noqa: ANN401 - an instance of `kind`
    """Read a file into a closed type.

    Args:
        raw: Bytes of the file, as people write it: blanks and line feeds are free.
        kind: What it has to be.
        file: What to call it in an error.

    Raises:
        CreditError: No JSON, a float, a member twice, or another shape.
    """
    if len(raw) > FILE_MAX:
        raise CreditError(f"a file of this kind has at most {FILE_MAX} bytes", "", file)
    try:
        value = json.loads(raw.decode(), parse_float=_refuse_float, parse_constant=_refuse_float, object_pairs_hook=_members)
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        words, _, path = str(error).partition(" - at `")
        raise CreditError(words, _pointer(path), file) from error
    except CreditError as error:
        raise CreditError(error.cause, error.pointer, file) from error
    except RecursionError as error:
        raise CreditError("nested too deeply", "", file) from error
    except ValueError as error:
        raise CreditError(f"no JSON: {error}", "", file) from error


def _pointer(path: str) -> str:
    """JSON pointer of a place as msgspec names it, `$.a[0].b`."""
    return path.removesuffix("`").removeprefix("$").replace("[", "/").replace("]", "").replace(".", "/")


def _refuse_float(text: str) -> object:
    raise CreditError(f'the number {text[:20]} is no integer; write a decimal as text, "{text[:20]}"')


def _members(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        twice = next(name for name, _ in pairs if [n for n, _ in pairs].count(name) > 1)
        raise CreditError(f"the member {twice[:40]!r} stands twice")
    return found


def total(values: Iterable[Fraction]) -> Fraction:
    """Sum of fractions."""
    return sum(values, Fraction(0))
