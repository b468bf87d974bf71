"""Rich sample view models for the pages: an invented ham, its parcel, its courier, and everything that can go wrong."""

from __future__ import annotations

from suxin.api.site import BulletinsPage, ErrorPage, Example, HomePage, LabelsPage, Site, VerifyPage
from suxin.ledger.refs import ClaimedTime, EntryRef, Name, Party, Place
from suxin.trace.page import CourierBox, Permit, ProofPanel, RecallBanner, Standing, Step, TracePage, WaybillPage
from suxin.trace.record import Evidence, Fact, RecordRow, ScanFold, Withheld, Words

HOUR = 3_600_000
DAY = 24 * HOUR
LISTED = 1_793_322_720_000  # 2026-10-30 09:12 in China
GTIN, SERIAL = "06901234567892", "K7M2Q9XH4TB6WZ3RNA"
CARRIER_USCC = "91330782MA2XJYKD0Q"
REF = "q7Zt0mW3cVfXy2LkPa9d4A"
ITEM_PATH = f"/01/{GTIN}/21/{SERIAL}"
WAYBILL_PATH = f"/w/{CARRIER_USCC}/{REF}"

MAKER = Party("uscc:91330700MA2HAMFD5T", Name("两头乌食品有限公司", "zh-CN", "Liangtouwu Foods Ltd"), "merchant")
OTHER_MAKER = Party("uscc:91310115MA1HDDKD7F", Name("沪东冷链有限公司", "zh-CN"), "merchant")
PLATFORM = Party("uscc:91330782MA2ABCDE1H", Name("义采平台", "zh-CN", "Yicai Market"), "platform")
COURIER = Party(
    f"uscc:{CARRIER_USCC}",
    Name("金义速达快递有限公司", "zh-CN", "Jinyi Express Co., Ltd."),
    "courier",
    f"/couriers/{CARRIER_USCC}",
)
DEVICE = Party("dev:Tn3v0XkQ2aPz9LmCy5Wd7B", Name(""), "device")
LAB = Party("uscc:12330000470051XX0M", Name("浙江省食品检验中心", "zh-CN", "Zhejiang Food Laboratory"), "lab")
REGULATOR = Party("auth:postal:330700", Name("金华市邮政管理局", "zh-CN", "Jinhua Postal Administration"), "regulator")
BUYER = Party("anon:AZ5Jx2m8Qw0vBn4Lr7Yt1KdPcUe6Gs9HiFoXzTqMab3C", Name(""), "consumer")

SITE = Site(
    base_url="https://suxin.example",
    origin="suxin.example/demo/1",
    key_id="Zk3xWq8vJm2LtYc7RnB0pHsDe5UgAfK1oXi9TyQzV4w",
    vkey="suxin.example/demo/1+3fa91c07+AUhqX2Jv9m0cTt4zKpQe7WbLd5RsYx8nFgUo1iHa6VkE",
    size=1_284_771,
    epoch=48_213,
    epoch_ms=LISTED + 23 * DAY,
)
SANDBOX = Site(
    base_url="http://127.0.0.1:8000",
    origin="suxin.example/demo/1",
    key_id=SITE.key_id,
    vkey=SITE.vkey,
    size=20_311,
    epoch=913,
    epoch_ms=SITE.epoch_ms,
    sandbox=True,
    simulated=True,
    dataset="olist",
    witnesses=2,
)


def ref(index: int, at_ms: int) -> EntryRef:
    return EntryRef(index, f"{index:043d}", at_ms)


def at(hours: float, *oddities: str, offset_min: int = 480) -> ClaimedTime:
    return ClaimedTime(LISTED + int(hours * HOUR), offset_min, oddities)


def trace_page() -> TracePage:
    """A delivered ham with a complaint, a recall of its lot, folded scans and an odd time."""
    return TracePage(
        path=ITEM_PATH,
        name=Name("金华火腿礼盒 2 kg", "zh-CN", "Jinhua ham gift box, 2 kg"),
        gtin=GTIN,
        serial=SERIAL,
        lot="B2026A",
        makers=(MAKER,),
        seller=MAKER,
        seller_licences=("SC10433078200123",),
        seller_permits=(
            Permit(ref(5, LISTED), "business", "91330700MA2HAMFD5T", "2027-01-31", "valid"),
            Permit(ref(6, LISTED), "business", "JY13307000012345", "2026-10-31", "expired"),
        ),
        standing=Standing("delivered", at(199.5), Place("310115"), LISTED + 214 * HOUR, -14 * HOUR, 0, 1),
        steps=(
            Step("listing", "done", at(0)),
            Step("sale", "done", at(107.5)),
            Step("dispatch", "done", at(125.9)),
            Step("transit", "done", at(166)),
            Step("delivery", "done", at(199.5)),
            Step("complaint", "attention", at(217), "closed"),
        ),
        record=_record(),
        record_count=15,
        couriers=(
            CourierBox(COURIER, WAYBILL_PATH, True, 120_431, 118_902, 2_811, 12),
            CourierBox(
                Party("uscc:91310115MA1HDDKD7F", Name("沪东冷链有限公司", "zh-CN"), "courier", "/couriers/91310115MA1HDDKD7F"),
                "/w/91310115MA1HDDKD7F/b7Zt0mW3cVfXy2LkPa9d4B",
                False,
                0,
                0,
                0,
                0,
            ),
        ),
        proof=ProofPanel(15, 14, 7, f"/v1/products{ITEM_PATH}/bundle", f"/v1/products{ITEM_PATH}", 23_480),
        recalls=(
            RecallBanner(
                ref(20_118, LISTED + 300 * HOUR),
                MAKER,
                scope="lot",
                subject=f"/01/{GTIN}/10/B2026A",
                reason="labelling",
                time=at(300),
                number="ZH-2026-041",
                level="II",
                remedy="refund",
            ),
            RecallBanner(ref(77, LISTED + 30 * HOUR), LAB, "class", f"/01/{GTIN}", "failed_sample", at(30), "R-77"),
            RecallBanner(
                ref(19_004, LISTED + 20 * HOUR),
                REGULATOR,
                scope="class",
                subject=f"/01/{GTIN}",
                reason="quality",
                time=at(20),
                ended=ref(19_500, LISTED + 90 * HOUR),
            ),
        ),
        withheld=(Withheld(ref(18_900, LISTED + 90 * HOUR), "review", "request", ref(20_101, LISTED + 290 * HOUR)),),
        not_understood=1,
    )


def _record() -> tuple[RecordRow | ScanFold, ...]:
    return (
        RecordRow(
            ref(20_090, LISTED + 217 * HOUR),
            "complaint",
            at(217),
            BUYER,
            "damaged",
            evidence=Evidence("D", "claim_only"),
            facts=(Fact("remedy_sought", "compensation"), Fact("answer_by", "2026-11-15T10:12:00+08:00")),
            words=Words("shown", "外盒压坏了，内盒完好。<script>alert(1)</script>", "zh-CN"),
            replies=(
                RecordRow(
                    ref(20_093, LISTED + 223 * HOUR),
                    "reply",
                    at(223),
                    COURIER,
                    facts=(Fact("amount_minor", (2000, "CNY")),),
                    words=Words("shown", "承认分拣挤压，先行赔付。", "zh-CN"),
                    evidence=Evidence("D", "claim_only"),
                ),
                RecordRow(ref(20_097, LISTED + 240 * HOUR), "case", at(240), BUYER, "ACCEPTED"),
            ),
        ),
        RecordRow(
            ref(20_091, LISTED + 218 * HOUR),
            "review",
            at(218),
            BUYER,
            stars=4,
            evidence=Evidence("A", "counter_signed"),
            facts=(Fact("after_days", 1), Fact("delivery", 4)),
            words=Words("shown", "处理得快，火腿没问题。", "zh-CN"),
        ),
        RecordRow(
            ref(20_055, LISTED + 200 * HOUR),
            "confirm",
            at(199.6),
            BUYER,
            "received",
            about="waybill",
            evidence=Evidence("A", "counter_signed", (COURIER, BUYER)),
        ),
        RecordRow(
            ref(20_052, LISTED + 204 * HOUR),
            "delivery",
            at(199.5, "late"),
            DEVICE,
            about="waybill",
            acting_for=COURIER,
            place=Place("310115"),
            facts=(Fact("method", "locker"), Fact("consent", "none"), Fact("evidence_files", 1)),
            flags=("no_consent",),
            evidence=Evidence("C", "physical", (COURIER,)),
        ),
        ScanFold(
            (
                _scan(20_048, 192, "OUT_FOR_DELIVERY", Place("310115")),
                _scan(20_040, 166, "HUB_IN", Place("310115", Name("上海分拨中心", "zh-CN", "Shanghai hub"))),
                _scan(20_031, 133.3, "HUB_OUT", Place("330702")),
            )
        ),
        RecordRow(
            ref(20_036, LISTED + 158 * HOUR),
            "scan",
            at(150, "out_of_order", offset_min=-180),
            COURIER,
            "DELAYED",
            about="waybill",
            place=Place("330106", None, Name("杭州", "zh-CN", "Hangzhou")),
            facts=(
                Fact("reason", "external.weather"),
                Fact("carrier_code", "EX-07"),
                Fact("humidity_pct", 40),
                Fact("by_air", False),
            ),
            evidence=Evidence("D", "relayed"),
            source="relay",
            corrected_by=ref(20_038, LISTED + 160 * HOUR),
        ),
        RecordRow(
            ref(20_022, LISTED + 126 * HOUR),
            "dispatch",
            at(125.9),
            MAKER,
            place=Place("330782"),
            acting_for=PLATFORM,
            facts=(Fact("piece", "1/1"), Fact("weight_g", 2310), Fact("waybill", WAYBILL_PATH)),
            evidence=Evidence("B", "two_organisations", (MAKER, COURIER)),
        ),
        RecordRow(
            ref(20_001, LISTED + 108 * HOUR),
            "sale",
            at(107.5),
            PLATFORM,
            facts=(Fact("price_minor", (39_900, "CNY")), Fact("deliver_by", "2026-11-08T07:12:00+08:00")),
            evidence=Evidence("D", "shared_holder"),
        ),
        RecordRow(ref(19_990, LISTED + 60 * HOUR), "weighbridge", at(60), MAKER, flags=("not_understood",)),
        RecordRow(
            ref(19_102, LISTED + 2 * HOUR),
            "inspection",
            at(1.5),
            LAB,
            "pass",
            about="lot",
            facts=(Fact("report", "QI-2210"), Fact("sha256", "q" * 43)),
            evidence=Evidence("C", "physical", (LAB,)),
        ),
        RecordRow(
            ref(19_100, LISTED + HOUR),
            "listing",
            at(0),
            MAKER,
            about="offer",
            place=Place("330700"),
            facts=(
                Fact("category", "food"),
                Fact("dispatch_hours", 48),
                Fact("return_days", 7),
                Fact("origin", "330700"),
                Fact("expires_on", "2027-04-28"),
            ),
            evidence=Evidence("D", "claim_only"),
            words=Words("erased"),
        ),
        RecordRow(ref(19_090, LISTED - DAY), "item", at(-30), MAKER, evidence=Evidence("D", "no_code"), words=Words("sealed")),
    )


def _scan(index: int, hours: float, code: str, place: Place) -> RecordRow:
    return RecordRow(
        ref(index, LISTED + int((hours + 0.2) * HOUR)),
        "scan",
        at(hours),
        DEVICE,
        code,
        about="waybill",
        acting_for=COURIER,
        place=place,
        evidence=Evidence("D", "claim_only"),
    )


def bare_page() -> TracePage:
    """An item somebody listed and nothing more: no name, no lot, two makers, goods of a seller's own number."""
    path = "/s/91330700MA2HAMFD5T/%E7%81%AB%E8%85%BF-1/21/0001"
    return TracePage(
        path=path,
        name=Name(""),
        sku="火腿-1",
        serial="0001",
        standing=None,
        steps=tuple(Step(name, "none") for name in ("listing", "sale", "dispatch", "transit", "delivery", "review")),
        record=(),
        record_count=0,
        makers=(MAKER, OTHER_MAKER),
        proof=ProofPanel(0, 2, 0, f"/v1/products{path}/bundle", f"/v1/products{path}"),
    )


def waybill_page() -> WaybillPage:
    """The ham's parcel, late and still on its way."""
    rows = tuple(part for part in _record() if isinstance(part, ScanFold) or part.about == "waybill")
    return WaybillPage(
        path=WAYBILL_PATH,
        ref=REF,
        carrier=COURIER,
        shipper=MAKER,
        standing=Standing("out_for_delivery", at(192), Place("310115"), LISTED + 150 * HOUR, 42 * HOUR, 1, 0),
        steps=(
            Step("consign", "done", at(120)),
            Step("pickup", "done", at(125.9)),
            Step("transit", "done", at(166)),
            Step("out_for_delivery", "now", at(192)),
            Step("delivery", "none"),
            Step("review", "none"),
        ),
        record=rows,
        record_count=6,
        proof=ProofPanel(6, 9, 4, "", f"/v1/waybills/{CARRIER_USCC}/{REF}"),
        contents=3,
        weight_g=2310,
        promised_ms=LISTED + 150 * HOUR,
        service="door",
        counts_for_carrier=True,
        next_path="/w/91310115MA1HDDKD7F/b7Zt0mW3cVfXy2LkPa9d4B",
        box=CourierBox(COURIER, WAYBILL_PATH, True, 120_431, 118_902, 2_811, 12),
    )


def home_page() -> HomePage:
    """The start page of a demo."""
    return HomePage(
        entries=20_118,
        streams=3_912,
        couriers=4,
        examples=(
            Example(
                ITEM_PATH,
                Name("金华火腿礼盒 2 kg", "zh-CN", "Jinhua ham gift box, 2 kg"),
                Name("所属批次已被召回", "zh-CN", "Its lot was recalled"),
            ),
            Example(f"/couriers/{CARRIER_USCC}", COURIER.name),
        ),
        query='"><b>ham',
    )


def verify_page() -> VerifyPage:
    return VerifyPage()


def labels_page() -> LabelsPage:
    return LabelsPage()


def bulletins_page() -> BulletinsPage:
    return BulletinsPage((("2026-12", 18_912), ("2026-11", 9_804)))


def error_page() -> ErrorPage:
    return ErrorPage(404, "no_such_item", "/01/06901234567893/21/<x>")
