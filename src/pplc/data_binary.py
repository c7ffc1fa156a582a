"""Data files in binary formats: Parquet and npz."""

# pyarrow ships no types.
# pyright: basic

from __future__ import annotations

import io

import numpy as np

from pplc.data_files import Table, reject


def read_parquet(content: bytes, name: str) -> Table:
    """The columns of a Parquet file."""
    import pyarrow.parquet

    try:
        table = pyarrow.parquet.read_table(io.BytesIO(content))
        columns = {title: table.column(title).to_pylist() for title in table.column_names}
    except Exception as error:  # noqa: BLE001  (of a damaged file a decoder may raise anything)
        reject("E0302", f"`{name}` is not a Parquet file: {_reason(error)}")
    return Table(name, columns, binary=True)


def read_npz(content: bytes, name: str) -> Table:
    """The arrays of an npz file; Python objects in it are refused, never loaded."""
    if content.startswith(b"\x93NUMPY"):
        reject(
            "E0302",
            f"`{name}` is not an npz file: it is an npy file, one array without a name",
            advice=f'`numpy.savez("{name}", NAME=array)` names it',
        )
    if not content.startswith(b"PK"):
        reject(
            "E0302",
            f"`{name}` is not an npz file, which is a zip archive: {_beginning(content)}",
            advice="`numpy.savez` writes npz files; text data end in `.json` or `.csv`",
        )
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as archive:
            arrays = {title: archive[title].tolist() for title in archive.files}
    except Exception as error:  # noqa: BLE001  (of a damaged file a decoder may raise anything)
        objects = "allow_pickle" in str(error)
        reason = "it holds Python objects, which are not read" if objects else _reason(error)
        reject("E0302", f"`{name}` is not an npz file of arrays: {reason}")
    return Table(name, arrays, binary=True)


def _beginning(content: bytes) -> str:
    """What a file seems to be, by its first line."""
    (first, *_) = content[:40].splitlines() or [b""]
    try:
        text = first.decode()
    except UnicodeDecodeError:
        return "it is damaged, or of another format"
    if not text or not text.isprintable():
        return "it is empty, or damaged"
    return f"it is text, and begins with `{text}`"


def _reason(error: Exception) -> str:
    return str(error).splitlines()[0][:200] if str(error) else "damaged"
