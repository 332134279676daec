"""Example reports on building a law-based government: of other years and districts, all invented and marked 示例."""

from __future__ import annotations

_REPORT = """{district}{year}年法治政府建设年度报告
{year}年,{district}法治政府建设工作（示例）有关情况报告如下:
一、{year}年度法治政府建设情况
(一)加强法治政府建设的组织领导
1.党政主要负责人充分履行推进法治建设第一责任人职责。{district}常务会议听取法治政府建设相关工作汇报{meetings}场(次)。
(二)推进政府职能转变
1.提升行政审批服务质效。推动行政许可“两减一即”,{permits}项行政许可事项时限压缩{saved}%,即办比例{instant}%。
2.{extra}
(三)强化依法行政制度体系建设
1.深入推进行政复议体制改革。全年收到行政复议申请{reviews}件,办结{closed}件。
(四)多元化化解社会矛盾纠纷
1.加强矛盾纠纷排查化解。共受理各类人民调解案件{cases}件,调解成功{settled}件,退缴违法所得{returned}。
二、存在问题
示例问题。
三、{next}年度法治政府建设主要任务
示例任务。
{district}人民政府
{year}年11月22日
"""

REPORTS = {
    "示例区2021年报告": _REPORT.format(
        district="示例区", year=2021, next=2022, meetings=48, permits=565, saved="94.94", instant="92.74", cases=195,
        settled=195, reviews=11, closed=10, returned="174.25万元", extra="稳步推进“数字政府”改革建设。网络延伸至60个社区。",
    ),
    "示例区2022年报告": _REPORT.format(
        district="示例区", year=2022, next=2023, meetings=52, permits=601, saved="95.10", instant="93.08", cases=240,
        settled=236, reviews=17, closed=17, returned="1.2亿元", extra="稳步推进“数字政府”改革建设。网络延伸至64个社区。",
    ),
    "示例县2021年报告": _REPORT.format(
        district="示例县", year=2021, next=2022, meetings=30, permits=480, saved="90.5", instant="88", cases="1,050",
        settled=998, reviews=4, closed=4, returned="9800元", extra="建设便民服务站。新建村级服务站12个。",
    ),
}  # fmt: skip
