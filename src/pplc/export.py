"""Runs as files, by the ending of the name."""

from __future__ import annotations

import json
from pathlib import Path

from pplc.data_files import reject
from pplc.run import Run

ENDINGS = (".nc", ".json", ".csv", ".parquet")


def check_ending(path: str) -> None:
    """Refuses a name that does not say what to write, before anything runs."""
    suffix = Path(path).suffix.lower()
    if suffix not in ENDINGS:
        found = f"ends in `{suffix}`" if suffix else "has no ending"
        reject("E0313", f"`{path}` {found}, but a run is written as {', '.join(f'`{e}`' for e in ENDINGS)}")
    folder = Path(path).parent
    if not folder.is_dir():
        reject("E0313", f"`{path}` cannot be written: there is no folder `{folder}`")


def save(run: Run, path: str) -> None:
    """Writes the run. `.nc` and `.json` can be resumed; `.csv` and `.parquet` hold the draws alone."""
    check_ending(path)
    try:
        match Path(path).suffix.lower():
            case ".nc":
                from pplc.export_arviz import write_netcdf

                write_netcdf(run, path)
            case ".json":
                from pplc.stored import stored

                text = json.dumps(stored(run), ensure_ascii=False, allow_nan=False)
                Path(path).write_text(text + "\n", encoding="utf-8")
            case suffix:
                from pplc.export_tables import write_table

                write_table(run, path, parquet=suffix == ".parquet")
    except OSError as error:
        reject("E0313", f"`{path}` cannot be written: {(error.strerror or str(error)).lower()}")
