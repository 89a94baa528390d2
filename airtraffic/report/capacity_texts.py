"""What a capacity report says, in English and in Spanish."""

import re

from airtraffic.report.texts import Texts

_TEXTS: dict[str, tuple[str, str]] = {
    "title": ("Sector capacity, {name}, {day}", "Capacidad del sector, {name}, {day}"),
    "overview_title": (
        "Capacity and saturation of the sectors, {day}",
        "Capacidad y saturación de los sectores, {day}",
    ),
    "simulated": (
        "SIMULATED TRAFFIC is part of these counts; it was not observed.",
        "Hay TRÁFICO SIMULADO en estos recuentos; no fue observado.",
    ),
    "marked": (
        "Poor coverage: {percent} of the sector's polls of the day came. What is missed is not counted: demand is understated.",
        "Cobertura deficiente: llegó el {percent} de las consultas del sector en el día. Lo que falta no se cuenta: la demanda queda subestimada.",
    ),
    "marked_windows": (
        "Windows of 60 minutes under poor coverage: {count}. The day's highest count may lie in them; they are grey in the curve.",
        "Ventanas de 60 minutos con cobertura deficiente: {count}. El máximo del día puede estar en ellas; en la curva aparecen en gris.",
    ),
    "marked_overview": (
        "Poor or unknown coverage, of the whole day or of some of its hours: what is missed is not counted, and demand is understated. The sector's page says how much.",
        "Cobertura deficiente o desconocida, del día entero o de algunas de sus horas: lo que falta no se cuenta y la demanda queda subestimada. La página del sector dice cuánto.",
    ),
    "marked_unknown": (
        "Coverage not known: positions are behind these counts, and the day's polls are not.",
        "Cobertura desconocida: los recuentos se basan en posiciones y no se conocen las consultas del día.",
    ),
    "no_data": (
        "There is no data of this day: nothing was counted, which is not the same as no traffic.",
        "No hay datos de este día: no se contó nada, que no es lo mismo que no haber tráfico.",
    ),
    "without_data": (
        "Sectors without data of this day, or outside of the polled area",
        "Sectores sin datos de este día, o fuera del área consultada",
    ),
    "sector": ("sector", "sector"),
    "connectivity": (
        "by airports: {origins} to {destinations}",
        "por aeropuertos: {origins} a {destinations}",
    ),
    "airspace": ("airspace, FL{floor} to FL{ceiling}", "espacio aéreo, FL{floor} a FL{ceiling}"),
    "any": ("any", "cualquiera"),
    "normal": ("normal", "normal"),
    "alert": ("alert", "alerta"),
    "critical": ("critical", "crítica"),
    "no_level": ("not known", "sin dato"),
    "day": ("day", "día"),
    "report": ("Capacity and saturation of a sector", "Capacidad y saturación de un sector"),
    "verdict": (
        "At most {d_max} entries in 60 minutes (from {start} UTC): {percent} % of the capacity of {capacity} per hour.",
        "Como máximo {d_max} entradas en 60 minutos (desde las {start} UTC): el {percent} % de la capacidad de {capacity} por hora.",
    ),
    "findings": (
        "Overloads: {overloads}. Alerts of the occupancy: {alerts}.",
        "Sobrecargas: {overloads}. Alertas de ocupación: {alerts}.",
    ),
    "saturation": ("Saturation index", "Índice de saturación"),
    "is": ("IS", "IS"),
    "level": ("level", "nivel"),
    "d_max": ("highest 60-minute entry count", "máximo de entradas en 60 minutos"),
    "from_window": ("from {start} UTC", "desde las {start} UTC"),
    "ch_adjusted": ("adjusted hourly capacity", "capacidad horaria ajustada"),
    "per_h": ("aircraft/h", "aeronaves/h"),
    "entries_day": ("entries of the day", "entradas del día"),
    "occupancy": (
        "most aircraft at once / simultaneous capacity (SCV)",
        "máximo de aeronaves simultáneas / capacidad simultánea (SCV)",
    ),
    "thresholds": (
        "Alert above {alert} %, critical above {critical} % of capacity.",
        "Alerta por encima del {alert} %, crítica por encima del {critical} % de la capacidad.",
    ),
    "incomplete_windows": (
        "{count} windows reach into a day without data and may count too few.",
        "{count} ventanas alcanzan un día sin datos y pueden contar de menos.",
    ),
    "formula": ("How the capacity comes about", "Cómo resulta la capacidad"),
    "tfc_text": (
        "Controller time one flight needs: transfer, communications, separation, coordination",
        "Tiempo de controlador por vuelo: transferencia, comunicaciones, separación, coordinación",
    ),
    "tps_text": (
        "Mean time in sector of {flights} passages, {start} to {end}",
        "Tiempo medio en el sector de {flights} tránsitos, del {start} al {end}",
    ),
    "tps_lacks": (
        "({have} of {all} dates have data)",
        "({have} de {all} fechas tienen datos)",
    ),
    "no_tps": (
        "No flight with a time in sector from {start} to {end}: TPS and SCV are not known",
        "Ningún vuelo con tiempo en el sector del {start} al {end}: TPS y SCV no se conocen",
    ),
    "scv_text": ("Aircraft at once", "Aeronaves simultáneas"),
    "ch_text": (
        "Aircraft per hour. TPS cancels out: CH = 3600 / (TFC · β), whatever the time in sector",
        "Aeronaves por hora. TPS se cancela: CH = 3600 / (TFC · β), sea cual sea el tiempo en el sector",
    ),
    "ch_rounded": (
        "Aircraft per hour, from whole aircraft: TPS does not cancel out",
        "Aeronaves por hora, a partir de aeronaves enteras: TPS no se cancela",
    ),
    "n_text": ("Aircraft at once, Brazilian method", "Aeronaves simultáneas, método brasileño"),
    "ch_brazil": ("Aircraft per hour", "Aeronaves por hora"),
    "cap_text": (
        "Cap of 40 operations per hour, because TPS is above 20 min",
        "Tope de 40 operaciones por hora, porque TPS supera 20 min",
    ),
    "adj_text": (
        "With the reduction factor R; {quarter} per 15 minutes",
        "Con el factor de reducción R; {quarter} por 15 minutos",
    ),
    "is_text": (
        "Highest 60-minute entry count over the capacity",
        "Máximo de entradas en 60 minutos sobre la capacidad",
    ),
    "beta_text": (
        "β = {beta}: share for planning, organisation and surveillance, which cannot be timed.",
        "β = {beta}: parte para planificación, organización y vigilancia, que no se puede cronometrar.",
    ),
    "cap_applied": (
        "The circular's cap of 40 operations per hour (TPS above 20 min) was applied.",
        "Se aplicó el tope de la circular de 40 operaciones por hora (TPS superior a 20 min).",
    ),
    "cap_would_bind": (
        "The circular's cap of 40 operations per hour for TPS above 20 min would bind here; it is switched off.",
        "El tope de la circular de 40 operaciones por hora con TPS superior a 20 min actuaría aquí; está desactivado.",
    ),
    "low_reduction_factor": ("R is below 0.6, which is unusual.", "R es inferior a 0,6, lo que es inusual."),
    "no_flights_in_window": ("No flight in the window of TPS.", "Ningún vuelo en la ventana de TPS."),
    "rounded": (
        "Whole aircraft were used before CH was made of them.",
        "Se usaron aeronaves enteras antes de calcular CH.",
    ),
    "curve": ("Entries in 60 minutes, every 15 minutes", "Entradas en 60 minutos, cada 15 minutos"),
    "curve_text": (
        "Bars: entries in the 60 minutes from each quarter hour, in the colour of their level. Hours are UTC.",
        "Barras: entradas en los 60 minutos desde cada cuarto de hora, con el color de su nivel. Horas en UTC.",
    ),
    "overloads": (
        "Overloads: steps above the capacity",
        "Sobrecargas: intervalos por encima de la capacidad",
    ),
    "no_overloads": (
        "None: no 60-minute count exceeds the capacity.",
        "Ninguna: ningún recuento de 60 minutos supera la capacidad.",
    ),
    "overload_count": ("overloads", "sobrecargas"),
    "overload_flights": (
        "Flights that enter in those minutes, with their time of entry:",
        "Vuelos que entran en esos minutos, con su hora de entrada:",
    ),
    "overload_text": (
        "Excess: entries in 60 minutes above the capacity, in the worst step and summed over the 15-minute steps.",
        "Exceso: entradas en 60 minutos por encima de la capacidad, en el peor intervalo y sumadas sobre los intervalos de 15 minutos.",
    ),
    "start": ("from (UTC)", "desde (UTC)"),
    "end": ("to (UTC)", "hasta (UTC)"),
    "worst": ("worst count", "peor recuento"),
    "worst_excess": ("worst excess", "mayor exceso"),
    "total_excess": ("total excess", "exceso total"),
    "flights": ("flights", "vuelos"),
    "alerts": ("Monitoring of the occupancy", "Vigilancia de la ocupación"),
    "no_alerts": ("No alert fired.", "No saltó ninguna alerta."),
    "cause": ("cause", "causa"),
    "peak": ("peak", "pico"),
    "sustained": ("sustained", "sostenida"),
    "highest": ("highest count", "recuento máximo"),
    "still": ("at the end of the day", "al final del día"),
    "peak_hours": ("Peak hours", "Horas pico"),
    "peak_hours_text": (
        "Entries per hour of each weekday, {start} to {end}: entries over calendar dates, those without flights included. The darker, the nearer to the sector's busiest hour; the capacity plays no part.",
        "Entradas por hora de cada día de la semana, del {start} al {end}: entradas entre fechas del calendario, incluidas las que no tienen vuelos. Cuanto más oscuro, más cerca de la hora más cargada del sector; la capacidad no interviene.",
    ),
    "peak_hours_lack": (
        "{have} of {all} dates have data: the others count as empty and understate the intensity.",
        "{have} de {all} fechas tienen datos: las demás cuentan como vacías y subestiman la intensidad.",
    ),
    "weekdays": ("Mon,Tue,Wed,Thu,Fri,Sat,Sun", "lun,mar,mié,jue,vie,sáb,dom"),
    "adjustments": ("Proposals for the peak hours", "Propuestas para las horas pico"),
    "no_adjustments": (
        "No hour is in alert or critical saturation.",
        "Ninguna hora está en saturación de alerta o crítica.",
    ),
    "proposal": ("proposal", "propuesta"),
    "flow_cap": ("cap the flow", "limitar el flujo"),
    "split": ("split the sector", "dividir el sector"),
    "merge": ("merge with a neighbour", "unir con un vecino"),
    "part": ("how", "cómo"),
    "origin": ("by origin:", "por origen:"),
    "destination": ("by destination:", "por destino:"),
    "below": ("below", "por debajo"),
    "above": ("above", "por encima"),
    "and": ("and", "y"),
    "more": ("more", "más"),
    "entries_per_h": ("at most {cap} entries per hour", "como máximo {cap} entradas por hora"),
    "before": ("before", "antes"),
    "after": ("after", "después"),
    "move": ("entries to delay", "entradas a demorar"),
    "passages": ("All {count} entries of the day", "Las {count} entradas del día"),
    "callsign": ("flight", "vuelo"),
    "route": ("from - to", "origen - destino"),
    "entry": ("entry (UTC)", "entrada (UTC)"),
    "exit": ("exit (UTC)", "salida (UTC)"),
    "minutes_in": ("min in sector", "min en el sector"),
    "basis_of": ("Counts rest on", "Los recuentos se basan en"),
    "coverage_of": ("polls received", "consultas recibidas"),
    "not_applicable": ("does not apply: no positions behind them", "no aplica: no hay posiciones detrás"),
    "method": ("method", "método"),
    "circular_006": (
        "Aerocivil, Circular 006, version 02 of 2012",
        "Aerocivil, Circular 006, versión 02 de 2012",
    ),
    "brazil": ("Brazilian method, N = φ T / (n t_m)", "Método brasileño, N = φ T / (n t_m)"),
    "options": ("options", "opciones"),
    "cap of 40/h off": ("cap of 40/h off", "tope de 40/h desactivado"),
    "cap of 40/h on": ("cap of 40/h on", "tope de 40/h activado"),
    "rounding off": ("rounding off", "redondeo desactivado"),
    "rounding on": ("rounding on", "redondeo activado"),
    "polls": ("polls of positions", "consultas de posiciones"),
    "file": ("files", "archivos"),
    "simulate": ("simulator", "simulador"),
    "replay": ("recording", "grabación"),
    "windows_text": (
        "An entry is the departure, or for airspace the crossing of the boundary. Windows [t, t + 60 min) start on quarter hours and belong to t's day, UTC.",
        "Una entrada es la salida del vuelo o, en espacio aéreo, el cruce del límite. Las ventanas [t, t + 60 min) empiezan en cuartos de hora y pertenecen al día de t, UTC.",
    ),
    "references": (
        "Aerocivil, Circular 006 V02 (2012), 7.17; ICAO Doc 9971; EUROCONTROL occupancy monitoring values.",
        "Aerocivil, Circular 006 V02 (2012), 7.17; OACI Doc 9971; valores de vigilancia de ocupación de EUROCONTROL.",
    ),
    "definition": ("definition of the sector", "definición del sector"),
    "tables": ("tables and their Delta versions", "tablas y sus versiones Delta"),
    "signature": ("Reviewed by", "Revisado por"),
    "signed_on": ("Date and signature", "Fecha y firma"),
    "saturation_ahead": (
        "Saturation of the next 7 days, forecast",
        "Saturación prevista de los próximos 7 días",
    ),
    "no_forecast": ("no forecast of this day", "sin previsión de este día"),
    "level_upper": ("level at the upper end", "nivel en el extremo superior"),
    "ahead_text": (
        "In brackets: the 95 % interval. Entries by {model}, trained on days up to {trained_to}; of its past intervals for the first of these days, this share held what came: {coverage}.",
        "Entre paréntesis: el intervalo del 95 %. Entradas según {model}, entrenado con días hasta el {trained_to}; proporción de sus intervalos pasados para el primero de estos días que contuvo lo ocurrido: {coverage}.",
    ),
    "ahead_peak": (
        "The day's entries are spread over the hours of its weekday; a day's own peak has been {factor} times that of the mean weekday ({days} days), and its spread is in the interval.",
        "Las entradas del día se reparten en las horas de su día de la semana; el pico propio de un día ha sido {factor} veces el del día medio ({days} días), y su dispersión está en el intervalo.",
    ),
    "ahead_no_peak": (
        "The day's entries are spread over the hours of its weekday; there are too few days to say how much a day's own peak stands out more, so the peak is a lower bound.",
        "Las entradas del día se reparten en las horas de su día de la semana; hay muy pocos días para saber cuánto más destaca el pico propio de un día, así que el pico es una cota inferior.",
    ),
    "not_known": ("not known", "sin dato"),
    "seasonal_naive": ("seasonal naive (the week before)", "ingenuo estacional (la semana anterior)"),
    "weekday_mean": ("mean of the last weekdays", "media de los últimos días iguales de la semana"),
    "auto_ets": ("exponential smoothing (AutoETS)", "suavizado exponencial (AutoETS)"),
    "seasonal_fourier": ("trend and seasons (Fourier)", "tendencia y estaciones (Fourier)"),
    "demand_forest": ("random forest", "bosque aleatorio"),
    "blend": ("mean of forest and AutoETS", "media de bosque y AutoETS"),
    "all_sectors": ("All sectors of the day", "Todos los sectores del día"),
}


class CapacityTexts(Texts):
    """The texts of a capacity report; what it does not have comes from the other pages."""

    def __getitem__(self, name: str) -> str:
        return _TEXTS[name][self._column] if name in _TEXTS else super().__getitem__(name)

    def each(self, listed: str) -> str:
        """A list of codes, each in words.

        >>> CapacityTexts("es").each("cap of 40/h off, rounding on, n 8")
        'tope de 40/h desactivado, redondeo activado, n 8'
        """
        return ", ".join(self[code] for code in listed.split(", "))

    def part(self, part: str) -> str:
        """How ``sector_adjustments`` would part a sector, in words; airports, levels and ids stay.

        >>> CapacityTexts("es").part("origin SBSP | SBGR, SBKP and 2 more")
        'por origen: SBSP | SBGR, SBKP y 2 más'
        """
        return re.sub(r"\b[a-z]+\b", lambda word: self[word[0]], part)
