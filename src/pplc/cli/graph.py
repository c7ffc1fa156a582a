"""`pplc graph`: a picture of a model. Graphviz draws it if it is installed, otherwise matplotlib."""

from __future__ import annotations

import shutil
import subprocess
import sys
from argparse import Namespace
from pathlib import Path

from pplc.api import load
from pplc.cli import DONE
from pplc.data_files import reject
from pplc.graph import graph_of, to_dot

PICTURES = (".svg", ".png", ".pdf")


def graph(arguments: Namespace) -> int:
    """Writes the picture, or the text for Graphviz."""
    suffix = "" if arguments.out is None else Path(arguments.out).suffix.lower()
    if arguments.out is not None and suffix not in (*PICTURES, ".dot"):
        reject("E0313", f"`{arguments.out}`: pictures are written as `.svg`, `.png`, `.pdf` or `.dot`")
    found = graph_of(load(arguments.file, model=arguments.model or "").program)
    text = to_dot(found)
    if arguments.out is None:
        sys.stdout.write(text)
        return DONE
    try:
        if suffix == ".dot":
            Path(arguments.out).write_text(text, encoding="utf-8")
        elif not _graphviz(text, suffix[1:], arguments.out):
            from pplc.graph_picture import draw

            draw(found, arguments.out)
    except OSError as error:
        reject("E0313", f"`{arguments.out}` cannot be written: {(error.strerror or str(error)).lower()}")
    return DONE


def _graphviz(text: str, kind: str, out: str) -> bool:
    """Whether Graphviz is there and has drawn the picture."""
    dot = shutil.which("dot")
    if dot is None:
        return False
    done = subprocess.run(
        [dot, f"-T{kind}", "-o", out], input=text.encode(), capture_output=True, check=False
    )
    return done.returncode == 0
