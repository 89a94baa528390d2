"""The forecast report of each day: demand, how good its forecasts are, seasons, growth, saturation."""

from datetime import date

import dagster as dg

from airtraffic.report.forecast_page import file_name, forecast_page
from airtraffic.report.forecast_summary import FORECAST_DAY_TABLES, overall
from airtraffic.report.sector_outlook import sector_outlook
from airtraffic.report.texts import LANGUAGES
from orchestration.automation import FORECAST_READY
from orchestration.described import NIGHTLY, OWNERS
from orchestration.forecast_page import congestion_day, forecast_day, versions
from orchestration.partitions import DAILY, so_far
from orchestration.resources.lake import LakeResource
from orchestration.resources.reports import ReportsResource
from orchestration.sectors import load_sectors


@dg.asset(
    partitions_def=DAILY,
    deps=[*FORECAST_DAY_TABLES, *so_far("congestion_forecast")],
    automation_condition=FORECAST_READY,
    backfill_policy=dg.BackfillPolicy.single_run(),
    group_name="reports",
    owners=OWNERS,
    kinds={"python", "html"},
    description="What a network planner and a flow manager read: the forecast with its interval and what came, the "
    "accuracy of the last 30 days, models and why, trends, breaks, growth, the saturation of the next 7 days, and how "
    "forecasts of congestion did, in English and Spanish. One page per day of issue and language.",
    freshness_policy=NIGHTLY,
)
def forecast_report(context: dg.AssetExecutionContext, lake: LakeResource, reports: ReportsResource) -> None:
    sectors = load_sectors()
    for key in context.partition_keys:
        day = date.fromisoformat(key)
        of, congestion = forecast_day(lake, day), congestion_day(lake, day)
        read = versions(lake, congestion is not None)
        for language in LANGUAGES:
            names = {sector.id: sector.called(language) for sector in sectors.on(day)}
            page = forecast_page(of, language, read, names, congestion)
            path = reports.write(file_name(day, language), page)
            context.add_asset_metadata({f"page_{language}": dg.MetadataValue.path(path)}, partition_key=key)
        outlook = sector_outlook(
            of.sector_saturation_forecast, of.demand_forecast, day, {sector.id for sector in sectors.on(day)}
        )
        month = overall(of.forecast_accuracy, last=30)
        context.add_asset_metadata(
            {
                "dagster/partition_row_count": of.demand_forecast.select("kind", "series").n_unique()
                if of.demand_forecast.height
                else 0,
                "sectors_that_may_be_full": len(outlook.full) if outlook.judged else None,
                "sectors_with_a_forecast": len(outlook.forecast),
                "sectors_declared": len(outlook.weeks),
                "congestion_forecasts_compared": congestion.compared.height if congestion else 0,
                **(
                    {"coverage_of_30_days": month["coverage"], "mape_of_30_days": month["mape"]}
                    if month
                    else {}
                ),
            },
            partition_key=key,
        )
