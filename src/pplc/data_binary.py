"""Data files in binary formats: Parquet and npz."""

# pyarrow ships no types.
# pyright: basic

from __future__ import annotations

import io
import zipfile

import numpy as np

from pplc.data_files import Table, reject


def read_parquet(content: bytes, name: str) -> Table:
    """The columns of a Parquet file."""
    import pyarrow
    import pyarrow.parquet

    try:
        table = pyarrow.parquet.read_table(io.BytesIO(content))
    except (pyarrow.ArrowException, OSError) as error:
        reject("E0302", f"`{name}` is not a Parquet file: {str(error).splitlines()[0]}")
    return Table(name, {title: table.column(title).to_pylist() for title in table.column_names}, binary=True)


def read_npz(content: bytes, name: str) -> Table:
    """The arrays of an npz file; Python objects in it are refused, never loaded."""
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as archive:
            return Table(name, {title: archive[title].tolist() for title in archive.files}, binary=True)
    except (ValueError, OSError, EOFError, zipfile.BadZipFile, AttributeError, TypeError) as error:
        reason = str(error).splitlines()[0] if str(error) else "damaged"
        if "allow_pickle" in reason:
            reason = "it holds Python objects, which are not read"
        reject("E0302", f"`{name}` is not an npz file of arrays: {reason}")
