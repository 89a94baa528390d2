"""The map of an hour's clusters and hotspots, small enough for Dagster's event log."""

import base64
import io
from datetime import datetime

import dagster as dg
import polars as pl

from orchestration.clusters import of_hours
from orchestration.resources.lake import LakeResource

PICTURES = 2
"""Hours of a run, the last ones with traffic, that get a picture: it takes longer to draw than to make them."""
_SCALE = 0.6
_COLOURS = 64
"""Together 28 kB instead of 64 for a busy hour over South America: 240 instead of 560 MB a year."""


def cluster_picture(lake: LakeResource, hour: datetime) -> dg.MarkdownMetadataValue:
    """Micro-clusters and hotspots that the lake has of an hour, as a picture within Markdown.

    Hotspots are made of features, and may not be there yet when the clusters are: then it shows clusters.
    """
    from airtraffic.report.cluster_map import cluster_map
    from airtraffic.report.texts import Texts

    tables = [
        pl.DataFrame(pl.from_arrow(of_hours(lake, name, hour))) for name in ("cluster_snapshots", "hotspots")
    ]
    picture = base64.b64encode(smaller(cluster_map(*tables, Texts("en")))).decode()
    what = "Clusters and hotspots" if tables[1].height else "Clusters"
    title = f"{what} of {hour:%Y-%m-%d %H:00} UTC"
    return dg.MetadataValue.md(f"![{title}](data:image/png;base64,{picture})")


def smaller(png: bytes) -> bytes:
    """A picture with fewer pixels and a palette. PNG."""
    from PIL import Image

    whole = Image.open(io.BytesIO(png)).convert("RGB")
    size = (round(whole.width * _SCALE), round(whole.height * _SCALE))
    # Cutting the median would spend the palette on sea and land, and leave the clusters grey.
    few = whole.resize(size, Image.Resampling.LANCZOS).quantize(
        _COLOURS, method=Image.Quantize.MAXCOVERAGE, kmeans=1, dither=Image.Dither.NONE
    )
    buffer = io.BytesIO()
    few.save(buffer, "PNG", optimize=True)
    return buffer.getvalue()
