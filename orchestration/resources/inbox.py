"""Where files of flights are dropped: a local folder or a prefix of a bucket, with a folder per provider."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import dagster as dg
from pydantic import Field

from airtraffic.errors import AirTrafficError

ARCHIVE, UNREADABLE = "archive", "unreadable"
_UNFINISHED = (".part", ".partial", ".tmp", ".crdownload", ".filepart")


class FileChangedError(AirTrafficError):
    """A file was written to while it was read."""


@dataclass(frozen=True)
class Dropped:
    """A file in a provider's folder, as it was when it was listed."""

    provider: str
    name: str
    modified: datetime
    stamp: str
    """Changes when the content does: size and time of change, or the bucket's ETag."""

    def __str__(self) -> str:
        return f"{self.provider}/{self.name}"

    def kept_as(self, sha256: str) -> str:
        """Name in the archive: files of one name and different content stay apart."""
        path = Path(self.name)
        return f"{self.provider}/{path.stem}.{sha256[:12]}{path.suffix}"


class InboxResource(dg.ConfigurableResource):
    """Lists, opens and puts away dropped files. For ``s3://`` credentials come from the ``AWS_*`` environment."""

    root: str = Field(description="Folder, or s3://bucket/prefix, with a folder for each provider.")
    settled_s: float = Field(
        default=5.0,
        ge=0,
        le=3600,
        description="A local file is read when it has not changed for so long: it may still be written to. [s]",
    )

    def uri(self, name: str) -> str:
        """Where a file lies, whether or not it is there."""
        return f"{self.root.rstrip('/')}/{name}"

    def dropped(self, now: datetime) -> list[Dropped]:
        """Files that wait, by provider and name."""
        found = self._objects() if self._on_s3 else self._files(now)
        return sorted(found, key=lambda each: (each.provider, each.name))

    def strays(self) -> list[str]:
        """Names of files that lie in no provider's folder, or in a folder within one: nobody reads them."""
        if self._on_s3:
            client, bucket, prefix = self._s3()
            pages = client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
            names = [
                found["Key"].removeprefix(prefix) for page in pages for found in page.get("Contents", ())
            ]
        else:
            root = Path(self.root)
            names = [str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()]
        return sorted(
            name
            for name in names
            if name.count("/") != 1
            and name.partition("/")[0] not in (ARCHIVE, UNREADABLE)
            and not any(part.startswith(".") for part in name.split("/"))
            and not _ignored(name.rpartition("/")[2])
            and not name.endswith("/")
        )

    @contextmanager
    def opened(self, file: Dropped) -> Iterator[Path]:
        """A local file with the content that was listed.

        Raises
        ------
        FileChangedError
            It is another one now, or became one until the end of the block.
        """
        if self._on_s3:
            with tempfile.TemporaryDirectory(prefix="airtraffic-inbox-") as folder:
                path = Path(folder) / file.name
                client, bucket, prefix = self._s3()
                answer = client.get_object(Bucket=bucket, Key=f"{prefix}{file}")
                if answer["ETag"] != file.stamp:
                    raise FileChangedError(f"{self.uri(str(file))} was replaced while it was read")
                with path.open("wb") as target:
                    for piece in answer["Body"].iter_chunks(1 << 20):
                        target.write(piece)
                yield path
            return
        path = Path(self.root) / str(file)
        self.check(file)
        yield path
        self.check(file)

    def check(self, file: Dropped) -> None:
        """Raise a FileChangedError when a local file is not what was listed."""
        if not self._on_s3 and _stamp(Path(self.root) / str(file)) != file.stamp:
            raise FileChangedError(f"{self.uri(str(file))} was written to while it was read")

    def has(self, folder: str, provider: str, sha256: str) -> bool:
        """Whether a file with this content was put away."""
        mark = f".{sha256[:12]}"
        if self._on_s3:
            client, bucket, prefix = self._s3()
            pages = client.get_paginator("list_objects_v2").paginate(
                Bucket=bucket, Prefix=f"{prefix}{folder}/{provider}/"
            )
            return any(mark in found["Key"] for page in pages for found in page.get("Contents", ()))
        return any((Path(self.root) / folder / provider).glob(f"*{mark}*"))

    def put_away(self, file: Dropped, sha256: str, folder: str = ARCHIVE) -> str:
        """Move a file to ``archive/`` or ``unreadable/``; returns where it lies now.

        One that was replaced since it was listed stays, and waits to be read.
        """
        target = f"{folder}/{file.kept_as(sha256)}"
        if self._on_s3:
            self._put_object_away(file, target)
        else:
            source, kept = Path(self.root) / str(file), Path(self.root) / target
            kept.parent.mkdir(parents=True, exist_ok=True)
            if _stamp(source) == file.stamp:
                source.replace(kept)
        return self.uri(target)

    @property
    def _on_s3(self) -> bool:
        return self.root.startswith("s3://")

    def _files(self, now: datetime) -> Iterator[Dropped]:
        root = Path(self.root)
        for folder in root.iterdir() if root.is_dir() else ():
            if not folder.is_dir() or folder.name in (ARCHIVE, UNREADABLE) or folder.name.startswith("."):
                continue
            for path in folder.iterdir():
                if not path.is_file() or _ignored(path.name):
                    continue
                modified = datetime.fromtimestamp(path.stat().st_mtime, UTC)
                if modified <= now - timedelta(seconds=self.settled_s):
                    yield Dropped(folder.name, path.name, modified, _stamp(path))

    def _objects(self) -> Iterator[Dropped]:
        client, bucket, prefix = self._s3()
        for page in client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
            for found in page.get("Contents", ()):
                provider, _, name = found["Key"].removeprefix(prefix).partition("/")
                if name and "/" not in name and provider not in (ARCHIVE, UNREADABLE) and not _ignored(name):
                    yield Dropped(provider, name, found["LastModified"], found["ETag"])

    def _put_object_away(self, file: Dropped, target: str) -> None:
        from botocore.exceptions import ClientError

        client, bucket, prefix = self._s3()
        source = f"{prefix}{file}"
        try:
            # Not every server heeds the condition of the copy.
            if client.head_object(Bucket=bucket, Key=source)["ETag"] != file.stamp:
                return
            client.copy_object(
                Bucket=bucket,
                Key=f"{prefix}{target}",
                CopySource={"Bucket": bucket, "Key": source},
                CopySourceIfMatch=file.stamp,
            )
        except ClientError as error:
            if error.response["Error"]["Code"] in ("PreconditionFailed", "NoSuchKey", "412", "404"):
                return
            raise
        client.delete_object(Bucket=bucket, Key=source)

    def _s3(self) -> tuple[Any, str, str]:
        import boto3

        parts = urlsplit(self.root)
        prefix = parts.path.strip("/")
        return boto3.client("s3"), parts.netloc, f"{prefix}/" if prefix else ""


def _ignored(name: str) -> bool:
    return name.startswith((".", "~")) or name.lower().endswith(_UNFINISHED)


def _stamp(path: Path) -> str | None:
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return f"{found.st_size} {found.st_mtime_ns}"
