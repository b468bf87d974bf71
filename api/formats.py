"""How values read in one language: dates, numbers, names, places, facts. Every result is text or escaped markup.

Times are shown in the zone their signer wrote, with the zone named unless it is China's. Numbers follow CLDR by Babel.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from fractions import Fraction

from babel.dates import format_date, format_datetime
from babel.numbers import format_currency, format_decimal, format_percent, get_currency_precision
from babel.support import NullTranslations
from markupsafe import Markup

from ..ledger.identifier import WAYBILL
from ..ledger.limits import CALENDAR_MS_MAX
from ..ledger.moment import DATE as DATE_TEXT
from ..ledger.moment import MOMENT
from ..ledger.refs import ClaimedTime, Name, Party, Place
from ..trace.record import Fact, RecordRow
from . import credit_words, labels, words
from .facts import FACTS
from .places import MUNICIPALITIES, PROVINCES, district

CHINA_MIN = 480  # minutes east of UTC; the zone that is not named
DATE = {"zh-CN": "y年M月d日", "en": "d MMM y"}
DATE_TIME = {"zh-CN": "y年M月d日 HH:mm", "en": "d MMM y, HH:mm"}
# Types whose records are headed by their code, and the table of its words.
TITLES = {
    "scan": "SCANS",
    "confirm": "CONFIRMS",
    "case": "CASES",
    "inspection": "INSPECTIONS",
    "review": "REVIEWS",
    "listing": "LISTINGS",
    "recall": "RECALLS",
    "erasure": "ERASURES",
}
SHORT = {"zh-CN": "M/d", "en": "d MMM"}
# A correction may give any value for any field. What has not the field's form is shown as it stands; record-formats.js agrees.
MOMENT_FORM = re.compile(rf"{MOMENT}\Z")
DATE_FORM = re.compile(rf"{DATE_TEXT}\Z")
WAYBILL_PATH = re.compile(rf"/w/{WAYBILL}\Z")
SPAN_MAX = 1_000_000  # hours or minutes; longer is a plain number


@dataclass(frozen=True, slots=True)
class Formats:
    """Formats of one language; its methods are the globals and filters of the templates."""

    lang: str
    translations: NullTranslations

    @property
    def locale(self) -> str:
        """The language as Babel writes it."""
        return self.lang.replace("-", "_")

    def say(self, pair: tuple[str, str]) -> str:
        """Translate a (context, message) pair."""
        return str(self.translations.upgettext(*pair))

    def word(self, table: str, code: str) -> str:
        """The word for a code of a table of `words.py`, `labels.py` or `credit_words.py`; an unknown code is shown as it is."""
        place = next(place for place in (words, labels, credit_words) if hasattr(place, table))
        found: Mapping[str, tuple[str, str]] = getattr(place, table)
        return self.say(found[code]) if code in found else code

    def title(self, row: RecordRow) -> str:
        """Heading of a record."""
        if row.kind in TITLES and row.code:
            return self.word(TITLES[row.kind], row.code)
        title = self.word("KINDS", row.kind)
        if row.kind == "complaint" and row.code:
            colon = "：" if self.lang == "zh-CN" else ": "
            return title + colon + self.word("COMPLAINTS", row.code)
        return title

    # Numbers

    def number(self, value: int) -> str:
        """A whole number with the language's grouping."""
        return format_decimal(value, locale=self.locale)

    def share(self, part: int, whole: int) -> str:
        """`part` of `whole` in per cent with one digit; "–" when there is nothing to share."""
        if not whole:
            return "–"
        # Rounding must not turn "nearly all" into all, or "a few" into none: 1 of 10,000 reads 0.1 %.
        per_mille = round(Fraction(1000 * part, whole))
        per_mille = min(max(per_mille, int(part > 0)), 1000 - int(part < whole))
        return format_percent(per_mille / 1000, format="0.0%", locale=self.locale)

    def date(self, text: str) -> Markup:
        """A day of the calendar, YYYY-MM-DD."""
        return self._value("day", text)

    def region(self, code: str) -> str:
        """Province or city by the leading digits of its district code, as text."""
        province, rest = district(code.ljust(6, "0"))
        if code[:2] in MUNICIPALITIES and len(code) < 6:
            rest = ""
        if self.lang == "en":
            return f"{PROVINCES.get(code[:2], code)} {rest}".rstrip()
        return f"{province}{rest}" or code

    def stars(self, centi: int) -> str:
        """A mean in hundredths of a star."""
        return format_decimal(centi / 100, format="0.00", locale=self.locale)

    def grams(self, grams: int) -> str:
        """A weight: grams below a kilogram, then kilograms with two digits."""
        if grams < 1000:
            return f"{self.number(grams)} g"
        return f"{format_decimal(grams / 1000, format='#,##0.##', locale=self.locale)} kg"

    def bytes(self, size: int) -> str:
        """A file size in kB of 1,000 bytes."""
        return f"{format_decimal(max(size, 100) / 1000, format='#,##0.#', locale=self.locale)} kB"

    def money(self, minor: int, currency: str) -> str:
        """An amount given in minor units of an ISO 4217 currency."""
        digits = get_currency_precision(currency)
        return format_currency(Decimal(minor).scaleb(-digits), currency, locale=self.locale)

    # Times

    def moment(self, at_ms: int, offset_min: int = CHINA_MIN) -> Markup:
        """Date and time in a `<time>` element; the zone is named unless it is China's."""
        at = _local(at_ms, offset_min)
        shown = format_datetime(at, DATE_TIME[self.lang], locale=self.locale)
        return _time(at, shown + ("" if offset_min == CHINA_MIN else f" {_zone(offset_min)}"))

    def when(self, claimed: ClaimedTime) -> Markup:
        """A claimed time."""
        return self.moment(claimed.at_ms, claimed.offset_min)

    def day(self, at_ms: int) -> Markup:
        """A date in China's zone."""
        at = _local(at_ms, CHINA_MIN)
        return _time(at, format_date(at.date(), DATE[self.lang], locale=self.locale))

    def short_day(self, claimed: ClaimedTime) -> Markup:
        """Month and day, for the strip of steps."""
        at = _local(claimed.at_ms, claimed.offset_min)
        return _time(at, format_date(at.date(), SHORT[self.lang], locale=self.locale))

    def span(self, span_ms: int) -> str:
        """A length of time in the largest unit that gives at least two, without a sign."""
        minutes = round(abs(span_ms) / 60_000)
        if minutes < 120:
            return self.translations.ungettext("%(n)s minute", "%(n)s minutes", minutes) % {"n": minutes}
        hours = round(minutes / 60)
        if hours < 48:
            return self.translations.ungettext("%(n)s hour", "%(n)s hours", hours) % {"n": hours}
        return self.days(round(hours / 24))

    def days(self, days: int) -> str:
        """A number of days."""
        return self.translations.ungettext("%(n)s day", "%(n)s days", days) % {"n": self.number(days)}

    # Names and places

    def name(self, name: Name) -> Markup:
        """A recorded name, marked with its language where that is not the page's."""
        if self.lang == "en" and name.english:
            return Markup("{}").format(name.english)
        if name.lang and name.lang.split("-")[0] != self.lang.split("-")[0]:
            return Markup('<span lang="{}">{}</span>').format(name.lang, name.text)
        return Markup("{}").format(name.text)

    def plain(self, name: Name) -> str:
        """A recorded name as text, for a title or an attribute."""
        return name.english if self.lang == "en" and name.english else name.text

    def party(self, party: Party) -> Markup:
        """An actor's name; a consumer or a device without a name gets its role; last comes the actor id."""
        if party.name.text:
            return self.name(party.name)
        if party.role in labels.ROLES:
            return Markup("{}").format(self.word("ROLES", party.role))
        return Markup('<span class="mono">{}</span>').format(party.actor)

    def place(self, place: Place) -> Markup:
        """Facility and town or district."""
        parts = [self.name(name) for name in (place.facility,) if name]
        if place.town and (self.lang == "zh-CN" or place.town.english or place.town.lang.startswith("en")):
            parts.append(self.name(place.town))
        elif place.district:
            parts.append(self._district(place.district))
        elif place.town:
            parts.append(self.name(place.town))
        return Markup(" · ").join(parts)

    def _district(self, code: str) -> Markup:
        province, rest = district(code)
        if not province:
            return Markup("{}").format(code)
        if self.lang == "zh-CN":
            return Markup("{}{}").format(province, rest)
        english = PROVINCES[code[:2]]
        return Markup('{} · <span lang="zh-CN">{}</span>').format(english, rest) if rest else Markup("{}").format(english)

    # Facts

    def fact(self, fact: Fact) -> tuple[str, Markup]:
        """Label and value of a fact. An unknown name keeps its own name and plain value.

        A corrected field is named by its JSON pointer ("/body/weight_g") and reads like the field itself.
        """
        name = fact.name.rpartition("/")[2] if fact.name.startswith("/body/") else fact.name
        if name not in FACTS:
            return fact.name, self._value("text", fact.value)
        label, kind = FACTS[name]
        try:
            return self.say(label), self._value(kind, fact.value)
        except (ValueError, OverflowError):
            # A correction may say anything; one odd value must not take the page away from its reader.
            return self.say(label), self._value("text", fact.value)

    def _value(self, kind: str, value: int | str | Name | tuple[int, str]) -> Markup:
        match kind, value:
            case _, Name() as name:
                return self.name(name)
            case _, bool(done):  # before all integers, of which Python counts it one
                return Markup("{}").format(self.translations.ugettext("yes") if done else self.translations.ugettext("no"))
            case _, (int() as minor, str() as currency):
                return Markup("{}").format(self.money(minor, currency))
            case "moment", int(at_ms) if 0 <= at_ms <= CALENDAR_MS_MAX:
                return self.moment(at_ms)
            case "moment", str(text) if MOMENT_FORM.match(text):
                at = datetime.fromisoformat(text)
                offset = at.utcoffset() or timedelta()
                return self.moment(round(at.timestamp() * 1000), round(offset.total_seconds() / 60))
            case "day", int(at_ms) if 0 <= at_ms <= CALENDAR_MS_MAX:
                return self.day(at_ms)
            case "day", str(text) if DATE_FORM.match(text):
                shown = format_date(date.fromisoformat(text), DATE[self.lang], locale=self.locale)
                return Markup('<time datetime="{}">{}</time>').format(text, shown)
            case "district", str(code):
                return self._district(code)
            case "hours", int(hours) if abs(hours) <= SPAN_MAX:
                return Markup("{}").format(self.span(hours * 3_600_000))
            case "grams", int(grams):
                return Markup("{}").format(self.grams(grams))
            case "minutes", int(minutes) if abs(minutes) <= SPAN_MAX:
                return Markup("{}").format(self.span(minutes * 60_000))
            case "days", int(days):
                return Markup("{}").format(self.days(days))
            case "days_later", int(days):
                later = self.translations.ungettext("%(num)d day later", "%(num)d days later", days)
                return Markup("{}").format(later % {"num": days})
            case "stars", int(stars) if 1 <= stars <= 5:
                return Markup("{}").format("★" * stars + "☆" * (5 - stars))
            case "id", _:
                return Markup('<span class="mono">{}</span>').format(value)
            case "path", str(path) if WAYBILL_PATH.match(path):
                return Markup('<a class="mono" href="/{}{}">{}</a>').format(self.lang, path, path.rsplit("/", 1)[-1])
            case "cause", str(cause):
                return Markup("{}").format(self.cause(cause))
            case _, int(number):
                return Markup("{}").format(self.number(number))
            case _, str(code):
                table = getattr(words, kind, None) or getattr(labels, kind, None)
                return Markup("{}").format(self.word(kind, code) if table else code)

    def cause(self, code: str) -> str:
        """A reason code `party.cause` in words; an unknown one is shown as it is."""
        party, _, cause = code.partition(".")
        if cause not in labels.CAUSES or party not in labels.PARTIES_AT_CAUSE:
            return self.word("PARTIES_AT_CAUSE", code)
        colon = "：" if self.lang == "zh-CN" else ": "
        return self.word("PARTIES_AT_CAUSE", party) + colon + self.word("CAUSES", cause)


def _local(at_ms: int, offset_min: int) -> datetime:
    return datetime.fromtimestamp(at_ms / 1000, UTC).astimezone(timezone(timedelta(minutes=offset_min)))


def _time(at: datetime, shown: str) -> Markup:
    return Markup('<time datetime="{}">{}</time>').format(at.isoformat(timespec="seconds"), shown)


def _zone(offset_min: int) -> str:
    sign, minutes = "−" if offset_min < 0 else "+", abs(offset_min)
    return f"UTC{sign}{minutes // 60}" + (f":{minutes % 60:02}" if minutes % 60 else "")
