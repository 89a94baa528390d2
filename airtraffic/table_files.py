"""Where Arrow reads the files of a table."""

import pyarrow.fs as fs


def table_files(uri: str) -> fs.FileSystem:
    """Arrow's own file system, rooted at the table.

    Through delta-rs's, which is written in Python, a read leaves files to Arrow's threads that they close in
    Python, later; one in five short processes was aborted so in their last moment, after all was done.

    Parameters
    ----------
    uri
        A folder, or ``s3://bucket/prefix``; AWS_* variables are read as delta-rs reads them.
    """
    system, path = fs.FileSystem.from_uri(uri) if "://" in uri else (fs.LocalFileSystem(), uri)
    return fs.SubTreeFileSystem(path, system)
