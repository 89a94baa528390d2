"""What the section on congestion says, in English and in Spanish."""

CONGESTION_TEXTS: dict[str, tuple[str, str]] = {
    "section_congestion": ("Congestion", "Congestión"),
    "congestion_text": (
        "Aircraft by zone, forecast at every poll of the day ({polls} polls) and compared with the poll that came at the forecast time. Error / last count: mean error over that of the forecast that nothing changes; below 1 the forecast was better. In 95 of 100 forecasts, the count should lie in the interval.",
        "Aeronaves por zona, previstas en cada consulta del día ({polls} consultas) y comparadas con la consulta que llegó a la hora prevista. Error / último recuento: error medio sobre el de prever que nada cambia; por debajo de 1, la previsión fue mejor. En 95 de cada 100 previsiones, el recuento debería quedar en el intervalo.",
    ),
    "congestion_none": (
        "No forecast of congestion was issued on this day.",
        "No se emitió ninguna previsión de congestión este día.",
    ),
    "congestion_nothing_came": (
        "Nothing that was forecast has come yet: there is no later poll to compare with.",
        "Aún no ha llegado nada de lo previsto: no hay consulta posterior con la que comparar.",
    ),
    "congestion_simulated": (
        "SIMULATED TRAFFIC is behind this section. It was not observed.",
        "Hay TRÁFICO SIMULADO detrás de esta sección. No fue observado.",
    ),
    "congestion_part_simulated": (
        "SIMULATED TRAFFIC is behind a part of this section. It was not observed.",
        "Hay TRÁFICO SIMULADO detrás de una parte de esta sección. No fue observado.",
    ),
    "zones_quadrants": ("quadrants", "cuadrantes"),
    "zones_sectors": ("sectors", "sectores"),
    "zones_cells": ("cells", "celdas"),
    "zone_quadrants": ("quadrant", "cuadrante"),
    "zone_sectors": ("sector", "sector"),
    "zone_cells": ("cell", "celda"),
    "zones": ("zones", "zonas"),
    "zone": ("zone", "zona"),
    "polls_ahead": ("polls ahead", "consultas de antelación"),
    "in_minutes": ("{minutes} min", "{minutes} min"),
    "mean_error": ("mean error, aircraft", "error medio, aeronaves"),
    "vs_last_count": ("error / last count", "error / último recuento"),
    "said_by": ("said by", "según"),
    "lstm": ("LSTM", "LSTM"),
    "persistence": ("last count", "último recuento"),
    "zeros": ("zero", "cero"),
    "training_median": ("training median", "mediana del entrenamiento"),
    "congestion_models": ("Published models", "Modelos publicados"),
    "congestion_trained": ("Trained on polls up to {at} UTC", "Entrenados con consultas hasta {at} UTC"),
    "congestion_untrained": (
        "No model of an earlier day was asked",
        "No se consultó ningún modelo de un día anterior",
    ),
    "congestion_sources": ("Source of the positions: {sources}", "Fuente de las posiciones: {sources}"),
    "heading_came": (
        "Forecast and what came, busiest zone of each kind",
        "Lo previsto y lo ocurrido, zona más cargada de cada tipo",
    ),
    "came_text": (
        "Grey: aircraft that came. Blue: what had been forecast for that time, with its 95 % interval. Times are UTC.",
        "Gris: aeronaves que hubo. Azul: lo previsto para esa hora, con su intervalo del 95 %. Las horas son UTC.",
    ),
    "heading_simulation": (
        "{minutes} min simulated poll by poll, and what came",
        "{minutes} min simulados consulta a consulta, y lo ocurrido",
    ),
    "simulation_text": (
        "Orange: the LSTM of these forecasts goes on from its own forecasts, poll after poll, from the time named; grey: aircraft that came. The zone of each kind that was busiest in training. What is published at {minutes} min may be another model: see the table. Times are UTC.",
        "Naranja: el LSTM de estas previsiones continúa a partir de las suyas propias, consulta a consulta, desde la hora indicada; gris: aeronaves que hubo. La zona de cada tipo con más tráfico en el entrenamiento. Lo publicado a {minutes} min puede ser de otro modelo: véase la tabla. Las horas son UTC.",
    ),
    "no_simulation": (
        "No simulation: no LSTM was published for the forecasts of this day.",
        "Sin simulación: no se publicó ningún LSTM para las previsiones de este día.",
    ),
    "simulation_not_possible": (
        "No simulation: the tables do not have the LSTM of these forecasts any more, or not enough polls in a row.",
        "Sin simulación: las tablas ya no tienen el LSTM de estas previsiones, o no hay suficientes consultas seguidas.",
    ),
    "heading_marked": (
        "Marked at the last poll, {at} UTC: {up} zones that fill and {down} that empty within {minutes} min",
        "Marcadas en la última consulta, {at} UTC: {up} zonas que se llenan y {down} que se vacían en {minutes} min",
    ),
    "heading_none_marked": ("Marked changes", "Cambios marcados"),
    "marked_text": (
        "A rise or fall is marked where a change beyond the zone's threshold is likely; two thirds of the zone's changes over this time in training were no larger than it. A mean moves less than what comes, so the expected change may be smaller than the threshold. Last column: what came, where it is known.",
        "Una subida o bajada se marca cuando es probable un cambio mayor que el umbral de la zona; dos tercios de los cambios de la zona en ese tiempo, en el entrenamiento, no lo superaron. Una media se mueve menos que lo que ocurre, así que el cambio previsto puede ser menor que el umbral. Última columna: lo ocurrido, si se conoce.",
    ),
    "none_marked": (
        "None is marked at the last poll, {at} UTC: no zone is expected to fill or to empty significantly within {minutes} min.",
        "Ninguna marcada en la última consulta, {at} UTC: no se espera que ninguna zona se llene o se vacíe de forma significativa en {minutes} min.",
    ),
    "none_called": (
        "None is marked at the last poll, {at} UTC, which does not mean that none will fill or empty: over {minutes} min no model does better than the last count, the training median or zero, so no change is called.",
        "Ninguna marcada en la última consulta, {at} UTC, lo que no significa que ninguna vaya a llenarse o vaciarse: a {minutes} min ningún modelo supera al último recuento, a la mediana del entrenamiento o al cero, y no se anuncia ningún cambio.",
    ),
    "some_silent": (
        "For {count} of the {zones} zones no change is called: no model does better there than the last count, the training median or zero.",
        "En {count} de las {zones} zonas no se anuncia ningún cambio: ahí ningún modelo supera al último recuento, a la mediana del entrenamiento o al cero.",
    ),
    "more_marked": (
        "{count} more in the table congestion_forecast",
        "{count} más en la tabla congestion_forecast",
    ),
    "mark": ("change", "cambio"),
    "marked_up": ("▲ fills", "▲ se llena"),
    "marked_down": ("▼ empties", "▼ se vacía"),
    "count_now": ("now", "ahora"),
    "expected_then": ("expected", "previsto"),
    "threshold": ("threshold", "umbral"),
    "came_then": ("came", "ocurrido"),
    "chart_came": ("came", "ocurrido"),
    "chart_expected": ("forecast, 95 % interval", "previsión, intervalo del 95 %"),
    "chart_simulated": ("simulated", "simulado"),
    "chart_ahead": ("{zone}, poll +{horizon}", "{zone}, consulta +{horizon}"),
    "chart_from": ("{zone}, from {at}", "{zone}, desde {at}"),
}
"""By name: English, Spanish."""
