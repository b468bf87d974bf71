"""Sample view models of the courier file and the list of couriers, with every section filled, and with none."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from fakes.credit import scored, shunda
from fakes.pages import CARRIER_USCC, COURIER, DAY, LISTED, PLATFORM, REGULATOR, WAYBILL_PATH, at, ref

from suxin.courier.counts import (
    Bin,
    Commitment,
    ComplaintFacts,
    Count,
    DeliveryTimes,
    Face,
    OpenComplaint,
    ParcelFacts,
    RecordQuality,
    ReviewFacts,
    SignOff,
    UpheldCase,
)
from suxin.courier.page import Company, CourierList, CourierPage, CourierRow, Licence
from suxin.courier.published import Published
from suxin.courier.rating import Event, Rating, rating_of
from suxin.courier.standing_page import Decision, Dispute, ServiceWarning, StandingPage
from suxin.ledger.refs import Name, Party


def published(as_of: str, score: int | None, half: int = 30, **more: Any) -> Published:
    """A publication with an interval of so many tenths to each side."""
    grade = "" if score is None else "A" if score >= 900 else "B" if score >= 800 else "C" if score >= 600 else "D"
    colour = {"": "grey", "A": "blue", "B": "blue"}.get(grade, "yellow")
    low, high = (None, None) if score is None else (score - half, score + half)
    fields = {
        "ref": ref(30_000, LISTED), "time": at(0), "by": REGULATOR, "as_of": as_of, "grade": grade, "colour": colour,
        "near": False, "note": "" if grade else "sample", "confidence": "high" if grade else "none", "score_e1": score,
        "low_e1": low, "high_e1": high, "own_e1": 706, "parcels_e6": 120_000 * 10**6, "rules": "KD-2026.1",
        "benchmarks": "CN-2026.1",
        "digest": "6iT1zHY_iLDB_ULT0Z_T9thNG7JWt8-9EszrYea5qZE", "origin": "suxin.example/demo/1", "size": 412_400,
        "root": "A" * 43, "table": "B" * 42 + "A",
    } | more  # fmt: skip
    return Published(**fields)  # type: ignore[arg-type]


def rating() -> Rating:
    """The worked example as it would be published, after a year of others."""
    book = {"origin": "suxin.example/demo/1", "root": "A" * 43, "size": 412_400}
    apart = {"closing": 3_120, "unanswered": 31, "refused": 17, "pending": 14, "excluded": 640}
    found = scored(shunda(company=CARRIER_USCC, book=book, table="B" * 42 + "A", apart=apart))
    scores = (None, 771, 778, 790, 812, 809, 768, 775, 790, 801, 804)
    days = [f"2025-{month}" for month in ("11-30", "12-31")]
    days += [f"2026-{month}" for month in ("01-31", "02-28", "03-31", "04-30", "05-31", "06-30", "07-31", "08-31", "09-30")]
    rows = [published(day, score, 60 - 3 * n) for n, (day, score) in enumerate(zip(days, scores, strict=True))]
    now = published("2026-10-31", 797, grade="B", colour="blue", near=True, low_e1=761, high_e1=833)
    return rating_of((*rows, now), found, CARRIER_USCC, COURIER.name)


def standing() -> StandingPage:
    """A fine that is objected to, an official list, a warning with its answer."""
    dispute = Dispute(ref(26_000, LISTED), LISTED + 5 * DAY, overdue=False)
    fine = Decision(
        "penalty", "fine", "general", REGULATOR, REGULATOR, ref(25_000, LISTED), "JH-POST-2026-17", "《快递市场管理办法》 54",
        "2026-06-01", "2026-06-01", "2027-05-31", red=False, disputes=(dispute,),
    )  # fmt: skip
    listed = Decision(
        "list", "serious_dishonesty", "", REGULATOR, PLATFORM, ref(25_100, LISTED), "JH-L-3", "《企业信息公示暂行条例》 17",
        "2026-07-01", "2026-07-02", "2027-07-01", red=False, disputes=(),
    )  # fmt: skip
    warning = ServiceWarning(
        ref(25_200, LISTED), at(20), REGULATOR, ("appeals", "gaps"), "2026-12-31", (ref(25_300, LISTED),), "2026-11-27", ()
    )
    late = replace(dispute, overdue=True)
    return StandingPage(
        (fine, listed), (warning, replace(warning, answers=())), (dispute, late), 2, 1, (ref(26_100, LISTED),), 2, 1
    )


def courier_page() -> CourierPage:
    """A courier of some size with every section filled."""
    counts = (210, 1_930, 9_200, 22_400, 30_100, 24_800, 12_050, 7_600, 4_300, 2_700, 1_800, 1_812)
    bins = tuple(
        Bin(12 * i, 12 * (i + 1) if i < 11 else None, n - (n // 2 if i > 6 else 0), n // 2 if i > 6 else 0)
        for i, n in enumerate(counts)
    )
    late = sum(b.late for b in bins)
    delivered = sum(b.on_time + b.late for b in bins)
    return CourierPage(
        path=f"/couriers/{CARRIER_USCC}",
        company=Company(
            COURIER,
            CARRIER_USCC,
            "active",
            Name("金义速达", "zh-CN", "Jinyi"),
            ref(14, LISTED - 200 * DAY),
            REGULATOR,
            "self",
            412,
            (Licence("浙邮 20310042", "express", LISTED + 900 * DAY), Licence("ZJ-0007", "business", LISTED - DAY, True)),
            (Name("金义控股有限公司", "zh-CN"),),
        ),
        entries=412_306,
        first_ms=LISTED - 190 * DAY,
        last_ms=LISTED + 22 * DAY,
        parcels=ParcelFacts(
            accepted=delivered + 980 + 40 + 12 + 431 + 66,
            unanswered=31,
            refused=17,
            delivered=delivered,
            late=late,
            on_time=delivered - late - 4_000,
            no_promise=4_000,
            moving=980,
            presumed_lost=40,
            lost=12,
            damaged=55,
            returned=431,
            handed_over=66,
            confirmed=61_002,
        ),
        signoffs=(
            SignOff("in_person", 70_400),
            SignOff("station", 30_100, 12_000, 17_990, 110),
            SignOff("locker", 15_002, 9_000, 6_002, 0),
            SignOff("household_member", 3_400, 3_000, 400, 0),
        ),
        complaints=ComplaintFacts(
            received=184,
            by_state=(
                Count("WITH_PARTY", 11),
                Count("OVERDUE", 3),
                Count("ACCEPTED", 140),
                Count("upheld", 12),
                Count("not_upheld", 18),
            ),
            by_category=(Count("delay", 90), Count("damaged", 44), Count("locker_without_consent", 31), Count("other", 19)),
            answered=170,
            answered_in_7_days=163,
            answer_median_min=312,
            open=(
                OpenComplaint("delay", LISTED - 9 * DAY, "answer", LISTED - 2 * DAY, overdue=True),
                OpenComplaint("damaged", LISTED - DAY, "acceptance", LISTED + 6 * DAY, overdue=False),
            ),
            upheld=(
                UpheldCase(
                    ref(19_700, LISTED), "locker_without_consent", "upheld", REGULATOR, at(12), WAYBILL_PATH, "compensation"
                ),
                UpheldCase(ref(19_600, LISTED), "damaged", "part", PLATFORM, at(3), "", ""),
            ),
        ),
        reviews=ReviewFacts(
            Face("overall", (120, 80, 240, 900, 1_760)),
            (
                Face("acceptance", (10, 12, 60, 300, 700)),
                Face("pickup", (14, 20, 70, 280, 690)),
                Face("delivery", (90, 70, 180, 640, 1_100)),
                Face("aftersales", (60, 40, 80, 120, 200)),
                Face("information", (0, 0, 0, 0, 0)),
            ),
            2_950,
            143,
        ),
        quality=RecordQuality(
            604_100,
            (
                Count("HUB_IN", 240_000),
                Count("HUB_OUT", 238_000),
                Count("OUT_FOR_DELIVERY", 119_500),
                Count("DAMAGED", 55),
                Count("LOST", 12),
            ),
            2_040,
            17,
            31,
            702,
            (61_002, 22_400, 30_000, 5_500),
            640,
        ),
        times=DeliveryTimes(bins, 58 * 60, 101 * 60),
        commitments=(
            Commitment(
                ref(900, LISTED - 100 * DAY),
                at(-2400),
                ("service", "liability"),
                Name("投诉一日内答复。", "zh-CN"),
                LISTED + 300 * DAY,
            ),
            Commitment(ref(800, LISTED - 150 * DAY), at(-3600), ("true_data",), None, None, ref(950, LISTED - 90 * DAY)),
        ),
        json_path=f"/v1/couriers/{CARRIER_USCC}",
        rating=rating(),
        standing=standing(),
        events=(Event("2026-06-01", "penalty", ref(25_000, LISTED)), Event("2026-08-12", "repair", ref(28_000, LISTED))),
    )


def empty_courier() -> CourierPage:
    """A company others named but that never registered, without one parcel."""
    party = Party("uscc:91310115MA1HDDKD7F", Name(""), "", "")
    return CourierPage(
        path="/couriers/91310115MA1HDDKD7F",
        company=Company(party, "91310115MA1HDDKD7F", "unregistered"),
        entries=0,
        parcels=ParcelFacts(),
        complaints=ComplaintFacts(),
        reviews=ReviewFacts(Face("overall", (0, 0, 0, 0, 0))),
        quality=RecordQuality(),
        times=DeliveryTimes(),
        json_path="/v1/couriers/91310115MA1HDDKD7F",
    )


def courier_list() -> CourierList:
    """Three companies on the second of three pages."""
    row = CourierRow(
        COURIER, CARRIER_USCC, "active", 120_431, 118_902, 2_811, 40, 184, 12, LISTED + 22 * DAY, published("2026-10-31", 797)
    )
    other = Party("uscc:91310115MA1HDDKD7F", Name("沪东冷链有限公司", "zh-CN"), "courier", "/couriers/91310115MA1HDDKD7F")
    return CourierList(
        rows=(row, CourierRow(other, "91310115MA1HDDKD7F", "unapproved", 61, 58, 1, 0, 2, 0, None)),
        total=22,
        page=2,
        pages=3,
        query="金 & 沪",
        order="parcels",
        region="33",
        grade="B",
        regions=("3101", "3307"),
    )
