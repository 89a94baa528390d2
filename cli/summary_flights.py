"""Flights and sectors of the summary, a sentence each."""

import polars as pl

from airtraffic.report.texts import Texts

COLUMNS = ("source", "routes", "cancelled", "origin", "destination", "date")


def flights_said(flights: pl.DataFrame) -> str:
    """How many flights, and which routes know them.

    Parameters
    ----------
    flights
        ``COLUMNS`` of ``flights``.
    """
    if flights.is_empty():
        return "none"
    texts = Texts("en")
    by = flights.group_by("source", pl.col("routes").list.sort().list.join(" and ")).len()
    known = "; ".join(
        f"{source}: " + ", ".join(f"{number:,} by {routes}" for _, routes, number in rows.iter_rows())
        for (source,), rows in by.sort("source", -pl.col("len").cast(pl.Int64)).group_by(
            "source", maintain_order=True
        )
    )
    matched = (flights["routes"].list.len() > 1).sum()
    ends = flights.select((pl.col("origin").is_not_null() & pl.col("destination").is_not_null()).sum()).item()
    days = flights["date"].n_unique()
    return (
        f"{flights.height:,} that left on {'the day' if days == 1 else f'{days} days'}: {known}; "
        + (f"{matched:,} of several routes are one flight each; " if matched else "")
        + f"both airports known of {texts.percent(100 * ends / flights.height)}"
    )


def sectors_said(saturation: pl.DataFrame) -> str:
    """The fullest sector with its saturation index (IS), its level, and whether its coverage is marked.

    Parameters
    ----------
    saturation
        Rows of ``sector_saturation``.
    """
    texts = Texts("en")
    sectors = saturation["sector"].n_unique()
    counted = saturation.filter(
        (pl.col("basis") == "observed") & (pl.col("d_max") > 0) & pl.col("saturation_percent").is_not_null()
    )
    if counted.is_empty():
        return f"nothing entered any of {sectors}" if sectors else "none is defined for these days"
    top = counted.sort("saturation_percent", "sector", descending=[True, False]).row(0, named=True)
    seen = (
        "coverage not known"
        if top["coverage"] is None
        else f"coverage {texts.percent(100 * top['coverage'])}"
    )
    mark = " [yellow](marked: demand is understated)[/]" if top["coverage_marked"] else ""
    above = counted.filter(pl.col("level") != "normal")["sector"].n_unique()
    return (
        f"fullest {top['sector']} with {top['d_max']:.0f} entries in 60 min from {top['window_start']:%H:%M}, "
        f"IS {texts.percent(top['saturation_percent'])} of {top['capacity_per_h']:.1f} an hour, {top['level']}, "
        f"{seen}{mark}; {above} of {sectors} in alert or critical"
    )
