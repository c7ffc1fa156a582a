"""Runs as files, by the ending of the name."""

from __future__ import annotations

import json
from pathlib import Path

from pplc.data_files import reject
from pplc.inference.progress import Progress
from pplc.lang.diagnostics import Diagnostic
from pplc.run import Run

ENDINGS = (".nc", ".json", ".csv", ".parquet")


def check_ending(path: str, *, predictive: bool = False) -> None:
    """Refuses a name that does not say what to write, or where predictions cannot be, before a run."""
    suffix = Path(path).suffix.lower()
    if suffix not in ENDINGS:
        found = f"ends in `{suffix}`" if suffix else "has no ending"
        reject("E0313", f"`{path}` {found}, but a run is written as {', '.join(f'`{e}`' for e in ENDINGS)}")
    if predictive and suffix != ".nc":
        reject("E0317", f"predictions are written to `.nc` files only, not to `{path}`")
    folder = Path(path).parent
    if not folder.is_dir():
        reject("E0313", f"`{path}` cannot be written: there is no folder `{folder}`")


def resumable(path: str) -> bool:
    """Whether a file of that name holds what going on needs."""
    return Path(path).suffix.lower() in (".nc", ".json")


def save(
    run: Run, path: str, predictive: int | None = None, progress: Progress | None = None
) -> tuple[Diagnostic, ...]:
    """Writes the run. `.nc` and `.json` can be resumed; `.csv` and `.parquet` hold the draws alone.

    Returns what there is to say about the file. predictive: see `pplc.export_arviz.to_arviz`.
    """
    check_ending(path, predictive=predictive is not None)
    try:
        match Path(path).suffix.lower():
            case ".nc":
                from pplc.export_arviz import write_netcdf

                return write_netcdf(run, path, predictive, progress)
            case ".json":
                from pplc.stored import stored

                text = json.dumps(stored(run), ensure_ascii=False, allow_nan=False)
                Path(path).write_text(text + "\n", encoding="utf-8")
            case suffix:
                from pplc.export_tables import write_table

                write_table(run, path, parquet=suffix == ".parquet")
    except OSError as error:
        reject("E0313", f"`{path}` cannot be written: {(error.strerror or str(error)).lower()}")
    return ()
