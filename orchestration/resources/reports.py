"""Where report pages go: a local folder, or a prefix of a bucket."""

from pathlib import Path
from urllib.parse import urlsplit

import dagster as dg
from pydantic import Field


class ReportsResource(dg.ConfigurableResource):
    """Writes pages below one root. For ``s3://`` the credentials come from the ``AWS_*`` environment."""

    root: str = Field(description="Folder, or s3://bucket/prefix, that holds the pages.")

    def uri(self, name: str) -> str:
        """Where a page lies, whether or not it is there."""
        return f"{self.root.rstrip('/')}/{name}"

    def write(self, name: str, html: str) -> str:
        """Write or replace a page, whole or not at all; returns where it lies."""
        uri = self.uri(name)
        if uri.startswith("s3://"):
            import boto3

            parts = urlsplit(uri)
            boto3.client("s3").put_object(
                Bucket=parts.netloc,
                Key=parts.path.lstrip("/"),
                Body=html.encode(),
                ContentType="text/html; charset=utf-8",
            )
        else:
            path = Path(uri)
            path.parent.mkdir(parents=True, exist_ok=True)
            draft = path.with_suffix(".part")
            draft.write_text(html, encoding="utf-8")
            draft.replace(path)
        return uri
