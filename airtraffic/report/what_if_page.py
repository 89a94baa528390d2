"""The page of a what-if: another forecast beside the champion's, and what it means for sectors."""

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

import polars as pl

from airtraffic.report.capacity_page import page_template
from airtraffic.report.charts import svg
from airtraffic.report.forecast_pictures import demand_picture
from airtraffic.report.forecast_texts import ForecastTexts
from airtraffic.saturation_forecast import days_ahead

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_TEXTS: dict[str, tuple[str, str]] = {
    "what_if_title": ("What if: {series}, {day}", "¿Y si...? {series}, {day}"),
    "what_if_kicker": (
        "A trial beside the published forecast; nothing that is published was changed",
        "Un ensayo junto a la previsión publicada; no se cambió nada de lo publicado",
    ),
    "what_if_simulated": (
        "SIMULATED TRAFFIC is behind this series; it was not observed.",
        "Hay TRÁFICO SIMULADO detrás de esta serie; no fue observado.",
    ),
    "what_if_verdict": (
        "{mean} a day on average over {days} days, {change} against the champion's {champion}.",
        "{mean} diarios de media en {days} días, {change} respecto a los {champion} del campeón.",
    ),
    "champion": ("champion", "campeón"),
    "other": ("what if", "¿y si...?"),
    "asked": ("What was asked", "Lo que se pidió"),
    "growth_percent": ("growth of demand", "crecimiento de la demanda"),
    "trees": ("trees", "árboles"),
    "leaf_rows": ("least rows in a leaf", "filas mínimas en una hoja"),
    "feature_share": (
        "share of the features tried at a split",
        "proporción de variables probadas en cada corte",
    ),
    "rows": ("rows learned from", "filas de aprendizaje"),
    "window_days": ("days back that it learns from", "días hacia atrás de los que aprende"),
    "seed": ("seed", "semilla"),
    "annual_terms": ("waves of the year", "ondas del año"),
    "weekly_terms": ("waves of the week", "ondas de la semana"),
    "by_day": ("Day by day", "Día a día"),
    "both": ("Both forecasts", "Ambas previsiones"),
    "both_text": (
        "Black: what came. Blue: the champion's forecast. Orange: this one. Bands: 95 % intervals, from each model's own past errors; growth moves forecast and interval in proportion.",
        "Negro: lo ocurrido. Azul: la previsión del campeón. Naranja: esta. Bandas: intervalos del 95 %, de los errores pasados de cada modelo; el crecimiento mueve previsión e intervalo en proporción.",
    ),
    "difference": ("difference", "diferencia"),
    "backtest": ("How good this model has been", "Lo bueno que ha sido este modelo"),
    "backtest_text": (
        "Weekly origins of the last year, refitted every 182 days, 1 to 30 days ahead, before any growth: MAE {mae}, {vs_naive} of the seasonal naive's; MAPE {mape}; {coverage} of what came lay in the interval.",
        "Orígenes semanales del último año, reajustado cada 182 días, de 1 a 30 días de antelación, antes de todo crecimiento: MAE {mae}, {vs_naive} del ingenuo estacional; MAPE {mape}; el {coverage} de lo ocurrido quedó en el intervalo.",
    ),
    "no_backtest": (
        "The history is too short to try this model out.",
        "La historia es demasiado corta para probar este modelo.",
    ),
    "only_grown": (
        "The champion's own forecast, grown: no model was trained.",
        "La propia previsión del campeón, con crecimiento: no se entrenó ningún modelo.",
    ),
    "saturation_beside": (
        "Saturation index, the next 7 days",
        "Índice de saturación, los próximos 7 días",
    ),
    "saturation_beside_text": (
        "In % of the hourly capacity of the day of issue, with the 95 % interval and the level; the day's entries are spread over the hours of its weekday.",
        "En % de la capacidad horaria del día de emisión, con el intervalo del 95 % y el nivel; las entradas del día se reparten en las horas de su día de la semana.",
    ),
    "no_forecast_of_day": ("no forecast of this day", "sin previsión de este día"),
    "saturation_bounds": (
        "A day's own peak stands out more than the mean weekday's: by a factor that is measured on the trailing 56 days and in the value. With too few days it is missing: the value (marked ≥) and its interval are lower bounds, and the level may be higher. A day without a forecast is a gap; it does not mean that there is room.",
        "El pico propio de un día destaca más que el del día medio: por un factor que se mide en los 56 días anteriores y está en el valor. Con muy pocos días falta: el valor (marcado con ≥) y su intervalo son cotas inferiores, y el nivel puede ser mayor. Un día sin previsión es un hueco; no significa que haya margen.",
    ),
    "only_growth_moves_sectors": (
        "The other model changes nothing in the sectors here: it forecasts the network alone, and of theirs only the growth of demand ({growth}) is applied.",
        "El otro modelo no cambia nada en los sectores aquí: solo prevé la red, y a los sectores solo se les aplica el crecimiento de la demanda ({growth}).",
    ),
    "sectors_not_shown": (
        "{count} of {declared} sectors have no forecast of any of these days and are not shown.",
        "{count} de {declared} sectores no tienen previsión de ninguno de estos días y no se muestran.",
    ),
    "no_saturation_here": (
        "No sector's saturation follows from it: the series is neither a sector nor the network, or the lake has no capacity and peak hours of that day.",
        "De ello no se sigue la saturación de ningún sector: la serie no es un sector ni la red, o el lago no tiene capacidad ni horas pico de ese día.",
    ),
    "champion_is": (
        "Champion: {model}, {reason}; learned on days up to {trained_to}. History known up to {known_to}.",
        "Campeón: {model}, {reason}; aprendido con días hasta el {trained_to}. Historia conocida hasta el {known_to}.",
    ),
}


class WhatIfTexts(ForecastTexts):
    """The texts of a what-if; what it does not have comes from the forecast report."""

    def __getitem__(self, name: str) -> str:
        return _TEXTS[name][self._column] if name in _TEXTS else super().__getitem__(name)


def what_if_page(
    made,
    kind: str,
    series: str,
    asked: Mapping[str, Any],
    language: str,
    sector_names: Mapping[str, str],
) -> str:
    """The page of one run.

    Parameters
    ----------
    made
        What came of it: day, known, champion, beside, scores, saturation, sources, trained_to (last known day)
        and change_percent, as ``orchestration.what_if.WhatIf`` has them.
    asked
        What was asked, by name.
    """
    t = WhatIfTexts(language)
    sectors = _by_sector(made.saturation, made.day)
    of_network = kind == "network"
    return page_template("what_if.html.j2").render(
        t=t,
        made=made,
        name=t.of(kind, series),
        asked={name: _said(name, value, t) for name, value in asked.items()},
        trained=asked["model"] != "champion",
        picture=svg(what_if_picture(made.known, made.beside, t)),
        champion=made.champion.row(0, named=True),
        days=made.beside.to_dicts(),
        sectors=sectors,
        only_growth=of_network and asked["model"] != "champion",
        not_shown=len(set(sector_names) - {sector for sector, _ in sectors}) if of_network else 0,
        declared=len(sector_names),
        sector_name=lambda sector: sector_names.get(sector, sector),
        weekdays=t["weekdays"].split(","),
    )


def _said(name: str, value: Any, t: WhatIfTexts) -> str:
    if isinstance(value, str):
        return t[value]
    digits = 0 if float(value).is_integer() else 2
    return f"{t.signed(value, digits)} %" if name == "growth_percent" else t.number(value, digits)


def what_if_picture(known: pl.DataFrame, beside: pl.DataFrame, texts: ForecastTexts) -> "Figure":
    """What came, the champion's forecast and the other one.

    ``beside``: rows of ``forecasting.what_if.beside``.
    """
    other = beside.select(
        "target_date", *(pl.col(f"other_{end}").alias(end) for end in ("mean", "lower", "upper"))
    )
    past = pl.DataFrame(
        schema={"date": pl.Date, "mean": pl.Float64, "lower": pl.Float64, "upper": pl.Float64}
    )
    return demand_picture(known, past, [(texts["champion"], beside), (texts["other"], other)], texts)


def _by_sector(
    saturation: pl.DataFrame, day: date
) -> list[tuple[str, list[tuple[date, dict | None, dict | None]]]]:
    """By sector, each of the days ahead by the champion and by the other; None where there is no forecast."""
    rows = {
        (row["whose"], row["sector"], row["target_date"]): row for row in saturation.iter_rows(named=True)
    }
    return [
        (
            sector,
            [
                (at, rows.get(("champion", sector, at)), rows.get(("other", sector, at)))
                for at in days_ahead(day)
            ],
        )
        for sector in sorted({sector for _, sector, _ in rows})
    ]
