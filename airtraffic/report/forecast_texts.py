"""What a forecast report says, in English and in Spanish."""

import re

from airtraffic.report.capacity_texts import CapacityTexts
from airtraffic.report.congestion_texts import CONGESTION_TEXTS

_TEXTS: dict[str, tuple[str, str]] = CONGESTION_TEXTS | {
    "forecast_title": ("Demand forecast, {day}", "Previsión de demanda, {day}"),
    "forecast_report": (
        "Forecast of demand and saturation",
        "Previsión de demanda y de saturación",
    ),
    "issued": (
        "Issued with what was known up to {day}, UTC",
        "Emitida con lo conocido hasta el {day}, UTC",
    ),
    "simulated_forecast": (
        "SIMULATED TRAFFIC is behind these forecasts: {series}. It was not observed.",
        "Hay TRÁFICO SIMULADO detrás de estas previsiones: {series}. No fue observado.",
    ),
    "all_series": ("all series", "todas las series"),
    "no_forecast": (
        "No forecast was issued on this day: no series has enough known days, or demand_forecast was not made.",
        "No se emitió ninguna previsión este día: ninguna serie tiene suficientes días conocidos, o no se calculó demand_forecast.",
    ),
    "headline": (
        "{series}: {mean} flights on {target} (95 %: {lower} to {upper}), and {week} a day on average over the next 7 days (daily intervals below), {change} against the last 7 known ones.",
        "{series}: {mean} vuelos el {target} (95 %: de {lower} a {upper}), y {week} diarios de media en los próximos 7 días (intervalos diarios abajo), {change} respecto a los últimos 7 conocidos.",
    ),
    "headline_alone": (
        "{series}: {mean} flights on {target} (95 %: {lower} to {upper}), and {week} a day on average over the next 7 days (daily intervals below).",
        "{series}: {mean} vuelos el {target} (95 %: de {lower} a {upper}), y {week} diarios de media en los próximos 7 días (intervalos diarios abajo).",
    ),
    "tile_first": ("{series}, {target}", "{series}, {target}"),
    "tile_week": (
        "mean of the next 7 days; their daily 95 % intervals reach from {lower} to {upper}",
        "media de los próximos 7 días; sus intervalos diarios del 95 % van de {lower} a {upper}",
    ),
    "tile_error": (
        "mean error of the last 30 days, 1 to 7 days ahead",
        "error medio de los últimos 30 días, con 1 a 7 días de antelación",
    ),
    "tile_coverage": (
        "of what came lay in the 95 % interval ({count} forecasts)",
        "de lo ocurrido quedó en el intervalo del 95 % ({count} previsiones)",
    ),
    "tile_sectors": (
        "sectors that may reach alert or critical within 7 days",
        "sectores que pueden llegar a alerta o crítica en 7 días",
    ),
    "sectors_forecast": (
        "{forecast} of the {declared} sectors forecast; {days} of {week} days",
        "{forecast} de los {declared} sectores con previsión; {days} de {week} días",
    ),
    "sectors_cells": ("{cells} of {all} sector-days", "{cells} de {all} días-sector"),
    "sectors_without": (
        "declared sectors that have no forecast: {count}",
        "sectores declarados sin previsión: {count}",
    ),
    "sectors_unjudged": (
        "forecast but without a capacity, so without a level: {count}",
        "con previsión pero sin capacidad, y por tanto sin nivel: {count}",
    ),
    "at_least": (
        "where a peak factor is missing the values are lower bounds: there may be more",
        "donde falta el factor de pico los valores son cotas inferiores: puede haber más",
    ),
    "gap": ("no forecast", "sin previsión"),
    "gap_profile": (
        "demand is forecast, but the weekday has no hourly profile",
        "hay previsión de demanda, pero el día de la semana no tiene perfil horario",
    ),
    "gap_demand": ("its demand is not forecast", "su demanda no tiene previsión"),
    "lower_bound": ("lower bound", "cota inferior"),
    "per_day": ("per day", "por día"),
    "what_came": ("what came", "lo ocurrido"),
    "past_band": ("forecast a week before, with interval", "previsto una semana antes, con intervalo"),
    "ahead_line": ("forecast, with interval", "previsión, con intervalo"),
    "forecast_and_parts": ("sum of the parts, forecast", "suma de las partes, previsión"),
    "trend_line": ("trend", "tendencia"),
    "part_annual": ("time of the year", "época del año"),
    "part_weekly": ("day of the week", "día de la semana"),
    "part_holiday": ("holidays and their neighbours", "festivos y días vecinos"),
    "growth_unit": ("flights per month, added each month", "vuelos al mes, añadidos cada mes"),
    "expansion": ("expansion", "expansión"),
    "contraction": ("contraction", "contracción"),
    "stable": ("stable", "estable"),
    "section_network": ("What came, and what is to come: {series}", "Lo ocurrido y lo que viene: {series}"),
    "network_text": (
        "Black: what came. Grey: what had been forecast of it a week before. Blue: the forecast with its 95 % interval, calibrated on past errors.",
        "Negro: lo ocurrido. Gris: lo que se había previsto una semana antes. Azul: la previsión con su intervalo del 95 %, calibrado con errores pasados.",
    ),
    "mean": ("forecast", "previsión"),
    "interval": ("95 % interval", "intervalo del 95 %"),
    "weekday": ("weekday", "día de la semana"),
    "last_week": ("7 days before", "7 días antes"),
    "section_accuracy": ("How good the forecasts were", "Lo buenas que fueron las previsiones"),
    "accuracy_text": (
        "Forecasts whose day came from {start} to {end}. MAPE: mean error over the count; MASE: mean error over the mean change from week to week (below 1: better than the week before); bias: mean of forecast less count. In 95 of 100 forecasts, what came should lie in the interval.",
        "Previsiones cuyo día llegó entre el {start} y el {end}. MAPE: error medio sobre el recuento; MASE: error medio sobre el cambio medio de una semana a otra (menos de 1: mejor que la semana anterior); sesgo: media de previsión menos recuento. En 95 de cada 100 previsiones, lo ocurrido debería quedar en el intervalo.",
    ),
    "no_accuracy": (
        "No forecast has come due in the 30 days up to this one.",
        "Ninguna previsión ha vencido en los 30 días hasta este.",
    ),
    "of_kind": ("series", "series"),
    "days_ahead": ("days ahead", "días de antelación"),
    "forecasts": ("forecasts", "previsiones"),
    "mape": ("MAPE", "MAPE"),
    "mase": ("MASE", "MASE"),
    "bias": ("bias", "sesgo"),
    "in_interval": ("in the interval", "en el intervalo"),
    "section_saturation": (
        "Saturation of sectors, the next 7 days: {known}",
        "Saturación de los sectores, los próximos 7 días: {known}",
    ),
    "saturation_text": (
        "Saturation index of the day's busiest 60 minutes with its 95 % interval, in % of the hourly capacity. The colour is the level of the forecast; a bar on the right is the level of the interval's upper end where that is higher.",
        "Índice de saturación de los 60 minutos más cargados del día con su intervalo del 95 %, en % de la capacidad horaria. El color es el nivel de la previsión; la barra a la derecha, el nivel del extremo superior del intervalo cuando es mayor.",
    ),
    "saturation_factor": (
        "A day's own peak stands out more than the mean weekday's: by the factor in the last column, measured on the trailing 56 days. With too few days it is missing: the value (marked ≥) and its interval are lower bounds. A day without a forecast is a gap; it does not mean that there is room.",
        "El pico propio de un día destaca más que el del día medio: por el factor de la última columna, medido en los 56 días anteriores. Con muy pocos días falta: el valor (marcado con ≥) y su intervalo son cotas inferiores. Un día sin previsión es un hueco; no significa que haya margen.",
    ),
    "no_saturation": (
        "No forecast of a sector was issued on this day.",
        "No se emitió ninguna previsión de un sector este día.",
    ),
    "factor": ("peak factor", "factor de pico"),
    "section_parts": ("What it consists of: {series}", "De qué se compone: {series}"),
    "parts_text": (
        "Trend, time of the year, day of the week and holidays by least squares, learned on the last two years up to {trained_to}; the forecast is their sum, with a slope that halves every 90 days, moved by how far the last weeks lie off it. Of past forecasts up to a year ahead, {coverage} of what came lay in the interval; mean error {mape}, which is {year_ago} of that of the same weekday a year before.",
        "Tendencia, época del año, día de la semana y festivos por mínimos cuadrados, aprendidos con los dos últimos años hasta el {trained_to}; la previsión es su suma, con una pendiente que se reduce a la mitad cada 90 días, desplazada según lo que se apartan las últimas semanas. De las previsiones pasadas hasta un año vista, el {coverage} de lo ocurrido quedó en el intervalo; error medio {mape}: {year_ago} del que comete el mismo día de la semana del año anterior.",
    ),
    "section_trends": ("Trends", "Tendencias"),
    "trend_word": ("trend", "tendencia"),
    "rising": ("rising", "creciente"),
    "falling": ("falling", "decreciente"),
    "flat": ("flat", "estable"),
    "unclear": ("unclear", "incierta"),
    "slope": ("per day, each year", "por día, cada año"),
    "p_value": ("p", "p"),
    "vs_year_ago": ("error / same weekday a year before", "error / mismo día del año anterior"),
    "annual_known": ("time of the year", "época del año"),
    "known": ("identified", "identificada"),
    "not_identified": ("not identified: less than a year", "no identificada: menos de un año"),
    "trends_text": (
        "Slope of the trend in flights a day per year over the last two years, or since a break, with its 95 % interval; rising or falling only when the interval leaves zero out. Error: of past forecasts up to a year ahead, over that of the same weekday a year before; where it is above 1, that day was the better forecast. Learned on the days up to {trained_to}.",
        "Pendiente de la tendencia en vuelos diarios por año en los dos últimos años, o desde una ruptura, con su intervalo del 95 %; creciente o decreciente solo cuando el intervalo deja fuera el cero. Error: el de las previsiones pasadas hasta un año vista, dividido por el del mismo día de la semana del año anterior; por encima de 1, ese día era mejor previsión. Aprendida con los días hasta el {trained_to}.",
    ),
    "no_trends": (
        "Seasons and trends have not been made up to this day.",
        "Las estaciones y tendencias aún no se han calculado hasta este día.",
    ),
    "section_breaks": ("Breaks of the history", "Rupturas en la historia"),
    "breaks_text": (
        "A sudden new level, a closure or a long silence; what lies before the last break is left out where a year is left, and so is what is older than two years.",
        "Un nivel nuevo repentino, un cierre o un silencio largo; lo anterior a la última ruptura se deja fuera si queda un año, y también lo que tiene más de dos años.",
    ),
    "no_breaks": ("None was found.", "No se encontró ninguna."),
    "section_growth": ("Growth of airlines, up to {month}", "Crecimiento de las aerolíneas, hasta {month}"),
    "growth_text": (
        "A line through the flights of each full month (ordinary least squares) with the 95 % interval of its slope. Expansion or contraction is said only when the interval leaves zero out.",
        "Una recta por los vuelos de cada mes completo (mínimos cuadrados) con el intervalo del 95 % de su pendiente. Expansión o contracción solo se dice cuando el intervalo deja fuera el cero.",
    ),
    "no_growth": (
        "No airline has a full month up to this one.",
        "Ninguna aerolínea tiene un mes completo hasta este.",
    ),
    "airline": ("airline", "aerolínea"),
    "months": ("full months", "meses completos"),
    "mean_month": ("flights per month", "vuelos al mes"),
    "slope_month": ("added each month", "añadidos cada mes"),
    "label": ("says", "resultado"),
    "section_series": ("Every series and its model", "Cada serie y su modelo"),
    "series_text": (
        "The curve: the last 28 days and the 30 ahead, with the interval. Model: the one with the smallest error on weekly origins of the last year; it has to beat the seasonal naive (the same weekday of the week before) by 5 %, else the naive is published. Error: its MAE over the naive's. MAPE and share in the interval: of the backtest, one week ahead. A mean of 7 days and its change have no interval: the daily ones cannot be added, for errors of neighbouring days go together; the small figures are the lowest lower and the highest upper end of the 7 days.",
        "La curva: los últimos 28 días y los 30 siguientes, con el intervalo. Modelo: el de menor error en orígenes semanales del último año; debe superar al ingenuo estacional (el mismo día de la semana anterior) en un 5 %, si no se publica el ingenuo. Error: su MAE sobre el del ingenuo. MAPE y proporción en el intervalo: del backtest, a una semana. Una media de 7 días y su cambio no tienen intervalo: los diarios no se pueden sumar, porque los errores de días vecinos van juntos; las cifras pequeñas son el extremo inferior más bajo y el superior más alto de los 7 días.",
    ),
    "series": ("series", "serie"),
    "curve_of": ("28 days and 30 ahead", "28 días y 30 siguientes"),
    "week_mean": ("mean of 7 days", "media de 7 días"),
    "model": ("model", "modelo"),
    "why_champion": (
        "{error} of the naive's error, {origins} weekly origins",
        "{error} del error del ingenuo, {origins} orígenes semanales",
    ),
    "why_naive": (
        "no model beats the naive by 5 %, {origins} weekly origins",
        "ningún modelo supera al ingenuo en un 5 %, {origins} orígenes semanales",
    ),
    "why_unknown": (
        "no model has been trained on it yet",
        "aún no se ha entrenado ningún modelo con ella",
    ),
    "more_series": (
        "{count} more in the table demand_forecast",
        "{count} más en la tabla demand_forecast",
    ),
    "kind_network": ("network", "red"),
    "kind_country": ("country", "país"),
    "kind_airport": ("airports", "aeropuertos"),
    "kind_sector": ("sectors", "sectores"),
    "kind_route": ("routes", "rutas"),
    "kind_airline": ("airlines", "aerolíneas"),
    "flights_series": ("all flights", "todos los vuelos"),
    "trained_to": ("models trained on days up to", "modelos entrenados con días hasta"),
    "forecast_methods": (
        "An interval is a quantile of the model's own past errors at that many days ahead, in units of the series' week-to-week change (split conformal). Every model is fitted only to days before the one that it is judged on. A day of which nothing is known is a gap, not zero.",
        "Un intervalo es un cuantil de los errores pasados del propio modelo con esos días de antelación, en unidades del cambio de la serie de una semana a otra (conforme dividido). Cada modelo se ajusta solo a días anteriores al que se le evalúa. Un día del que no se sabe nada es un hueco, no un cero.",
    ),
    "closed_sector": ("no capacity", "sin capacidad"),
    "daily_report": ("Traffic of the day", "Tráfico del día"),
    "capacity_report": ("Capacity of the sectors", "Capacidad de los sectores"),
}
_SPANISH_NOTES = (
    (r"nothing known from (\S+) to (\S+)", r"nada conocido del \1 al \2"),
    (r"next to no traffic from (\S+) until (\S+) \((\S+) to (\S+) a day\)",
     r"casi sin tráfico del \1 al \2 (de \3 a \4 por día)"),
    (r"next to no traffic from (\S+) to the end of the history \((\S+) to (\S+) a day\)",
     r"casi sin tráfico desde el \1 hasta el final de la historia (de \2 a \3 por día)"),
    (r"rise from (\S+) to (\S+) a day at (\S+)", r"subida de \1 a \2 por día el \3"),
    (r"fall from (\S+) to (\S+) a day at (\S+)", r"caída de \1 a \2 por día el \3"),
    (r"fitted to the days since (\S+)", r"ajustado a los días desde el \1"),
    (r"(\d+) days are less than a year: the annual part cannot be identified",
     r"\1 días son menos de un año: la época del año no se puede identificar"),
    (r"less than two years: trend and annual part can hardly be told apart",
     r"menos de dos años: la tendencia y la época del año apenas se distinguen"),
    (r"(\d+) full months are too few: (\d+) are needed", r"\1 meses completos son pocos: hacen falta \2"),
    (r"(\d+) months between are missing", r"faltan \1 meses intermedios"),
    (r"no flights are known after (\S+)", r"no se conocen vuelos después de \1"),
    (r"no model has been trained yet", r"aún no se ha entrenado ningún modelo"),
    (r"MAE (\S+) of seasonal naive's over (\d+) weekly origins, next (\S+) with (\S+)",
     r"MAE \1 del ingenuo estacional en \2 orígenes semanales; el siguiente, \3, con \4"),
    (r"no model beats seasonal naive by (\d+) %: the best, (\S+), has (\S+) of its MAE over (\d+) weekly origins",
     r"ningún modelo supera al ingenuo estacional en un \1 %: el mejor, \2, tiene \3 de su MAE en \4 orígenes semanales"),
    (r"no past forecast to judge by: its history is too short",
     r"sin previsión pasada con la que juzgar: su historia es demasiado corta"),
    (r"unknown to the models of (\S+), which the series is younger than",
     r"desconocida para los modelos del \1, anteriores a la serie"),
    (r"(\S+) has no forecast yet: too few known days", r"\1 aún no tiene previsión: muy pocos días conocidos"),
)  # fmt: skip

_MODEL = r"\b(seasonal_naive|weekday_mean|auto_ets|seasonal_fourier|demand_forest|blend)\b"


class ForecastTexts(CapacityTexts):
    """The texts of a forecast report; what it does not have comes from the other pages."""

    def __getitem__(self, name: str) -> str:
        return _TEXTS[name][self._column] if name in _TEXTS else super().__getitem__(name)

    def kind(self, kind: str) -> str:
        """A kind of series in the plural."""
        return self[f"kind_{kind}"]

    def of(self, kind: str, series: str) -> str:
        """A series in words.

        >>> ForecastTexts("es").of("network", "flights"), ForecastTexts("en").of("airport", "SKBO")
        ('todos los vuelos', 'SKBO')
        """
        return self["flights_series"] if (kind, series) == ("network", "flights") else series

    def signed(self, value: float, digits: int = 0) -> str:
        """A number with its sign.

        >>> ForecastTexts("es").signed(1234.5, 1), ForecastTexts("en").signed(-2)
        ('+1.234,5', '-2')
        """
        return f"{'+' if value > 0 else ''}{self.number(value, digits)}"

    def note(self, note: str) -> str:
        """What models note of a series or an airline and why they were chosen, which the tables have in English.

        >>> ForecastTexts("es").note("fall from 358 to 80 a day at 2020-03-24")
        'caída de 358 a 80 por día el 2020-03-24'
        >>> ForecastTexts("en").note("fall from 3952 to 1250 a day at 2020-03-24")
        'fall from 3,952 to 1,250 a day at 2020-03-24'
        >>> ForecastTexts("es").note("MAE 0.492 of seasonal naive's over 52 weekly origins, next auto_ets with 0.568")
        'MAE 0,49 del ingenuo estacional en 52 orígenes semanales; el siguiente, suavizado exponencial (AutoETS), con 0,57'
        """
        if self.language == "es":
            for pattern, spanish in _SPANISH_NOTES:
                note = re.sub(pattern, spanish, note)
        named = re.sub(_MODEL, lambda found: self[found[0]], note)
        counts = re.sub(r"(?<![-.\d])\d{4,}(?![-.\d])", lambda found: self.number(int(found[0])), named)
        return re.sub(r"(?<![-.\d])\d\.\d+", lambda found: self.number(float(found[0]), 2), counts)
