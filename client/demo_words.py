"""What people in the invented world write: reviews, complaints, answers. It speaks of goods and parcels, never of a person."""

from __future__ import annotations

from typing import Final

GOODS_PRAISE: Final = (
    "和描述一致，包装很用心，会再买。", "第二次买了，质量稳定。", "扫码能看到检测报告，放心。", "送人很体面，价格也合适。",
    "做工细，没有异味。", "比想象中好，推荐。", "日期新鲜，密封完好。", "颜色很正，尺寸合适。",
    "Exactly as described, and well packed.", "Bought it twice now; the quality is the same.",
    "The code shows the test report. Good.",
)  # fmt: skip
GOODS_BLAME: Final = (
    "盒子压扁了一角，东西没坏。", "比图片小一些，勉强能用。", "味道偏咸，不太习惯。", "说明书只有一页，看不懂。",
    "Smaller than it looks in the picture.",
)  # fmt: skip
CARRIAGE_PRAISE: Final = (
    "提前打了电话，准时送到。", "两天就到，箱子完好。", "态度很好，送到门口。", "每一步都能查到，清楚。",
    "On time and careful with the box.",
)  # fmt: skip
CARRIAGE_BLAME: Final = (
    "没有打电话就放驿站了。", "晚了一天，查询也没更新。", "箱子有明显磕碰。", "Nobody rang; it was left downstairs.",
)  # fmt: skip
FOLLOW_UPS: Final = ("用了两周，没有问题。", "后来褪了点色，扣一星。", "客服补寄了配件，已解决。", "Still fine after ten days.")
THANKS: Final = ("感谢认可，我们会继续把每一批做好。", "谢谢反馈，欢迎再来。", "Thank you; we are glad that it arrived well.")
SORRY: Final = (
    "很抱歉，已登记并改进包装，请联系店铺客服补偿。", "给您添麻烦了，我们已核实并提醒网点。",
    "We are sorry; please ask for a refund.",
)  # fmt: skip
COMPLAINTS: Final = {
    "delay": "承诺三天内送达，第五天才到。",
    "damaged": "外箱破损，里面的杯子有裂纹。",
    "attitude": "联系网点时电话一直无人接听。",
    "quality": "收到的与标注的规格不符。",
    "locker_without_consent": "没有征得同意就放进了快递柜，也没有通知取件。",
    "not_my_order": "我没有买过这件商品，收到一个空信封。",
}
