"""In notebooks: a run as an HTML table with pictures, and models in cells that begin with `%%ppl`."""

# IPython's shell, and matplotlib's figures, have no full types.
# pyright: basic

from __future__ import annotations

import base64
import html
import io
import sys
from typing import TYPE_CHECKING, Any

from pplc.text_output import answer_lines, cell, law_text, ran, show_evidence

if TYPE_CHECKING:
    from pplc.run import Run

COLUMNS = ("mean", "sd", "q05", "q95", "mcse_mean", "ess_bulk", "ess_tail", "ess", "rhat")

MOST_ROWS = 40


def as_html(run: Run) -> str:
    """The table, the evidence, the answers, warnings, and a picture of the first variables."""
    parts = [f"<h4>{html.escape(run.model)}</h4>", _table(run)]
    if run.log_evidence is not None:
        parts.append(f"<p>log evidence {html.escape(show_evidence(run.log_evidence))}</p>")
    for query in run.queries:
        parts += [f"<p>{html.escape(line)}</p>" for line in answer_lines(query)]
    for found in (*run.warnings, *run.errors):
        parts.append(f"<p><b>{found.severity}</b> {html.escape(found.message)}</p>")
    parts.append(f"<p><small>{html.escape(ran(run))}</small></p>")
    if run.result.draws is not None:
        parts.append(_picture(run))
    return "\n".join(parts)


def _table(run: Run) -> str:
    elements = [element for variable in run.variables.values() for element in variable.elements()]
    used = [key for key in COLUMNS if any(key in element.numbers for element in elements)]
    rows = ["<tr><th>" + "</th><th>".join(["variable", *used, "probabilities"]) + "</th></tr>"]
    for element in elements[:MOST_ROWS]:
        numbers = {key: float(value) for key, value in element.numbers.items()}
        law = law_text(element) if () in element.probabilities else ""
        cells = [element.name, *(cell(key, numbers) for key in used), law]
        rows.append("<tr><td>" + "</td><td>".join(map(html.escape, cells)) + "</td></tr>")
    if len(elements) > MOST_ROWS:
        rows.append(f"<tr><td>… {len(elements) - MOST_ROWS} more</td></tr>")
    return "<table>" + "".join(rows) + "</table>"


def _picture(run: Run) -> str:
    from pplc.plots import plot

    buffer = io.BytesIO()
    figure = plot(run, ())
    figure.savefig(buffer, format="png", dpi=80)
    data = base64.b64encode(buffer.getvalue()).decode("ascii")
    return f'<img alt="marginals and traces" src="data:image/png;base64,{data}"/>'


def register(shell: Any) -> None:
    """Adds `%%ppl NAME`: the cell is a model, bound to the Python variable NAME (`model` without one)."""

    def ppl(line: str, text: str) -> None:
        from pplc.api import compile as compile_model
        from pplc.lang.diagnostics import Rejected
        from pplc.lang.render import render

        try:
            shell.user_ns[line.strip() or "model"] = compile_model(text, name="<cell>")
        except Rejected as rejected:
            sys.stderr.write(render(rejected.diagnostics))

    shell.register_magic_function(ppl, magic_kind="cell", magic_name="ppl")
