"""Files to one program: reads a model file and the files it imports.

A model file is data (LANGUAGE.md, meaning 15): it can read nothing but `.ppl` files in its own
folder and below, links followed to their end. An imported file gives its models, functions,
densities, types and constants; its queries are its own business and are left out.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Final

from pplc.lang import syntax as s
from pplc.lang.diagnostics import NOWHERE, Diagnostic, Note, Rejected, SourceFile, Span
from pplc.lang.parse import MAX_CHARACTERS, parse
from pplc.lang.suggest import did_you_mean

MAX_FILES: Final = 100
"""Files that one program may be made of."""


def load(path: Path | str) -> s.Program:
    """The program of a file and all it imports; items of an imported file stand where first imported.

    `Rejected` carries the errors of all files. The comments are those of `path` itself.
    """
    main = Path(path)
    text = _read(main, str(path), NOWHERE)
    return load_text(text, str(path), main.resolve().parent, main)


def load_text(
    text: str, name: str = "<text>", folder: Path | None = None, path: Path | None = None
) -> s.Program:
    """The same for a text that is already in memory; without a folder it can import nothing.

    folder: the folder whose files may be imported.
    path:   the file the text is from, so that a circle of imports through it is noticed.
    """
    program = parse(text, name)
    load = _Load(folder.resolve() if folder else None)
    key = path.resolve() if path else Path()
    load.open_files.append((key, NOWHERE))
    load.seen.add(key)
    items = load.follow(program, name, folder.resolve() if folder else None)
    if load.errors:
        raise Rejected(*load.errors)
    return s.Program(items, program.comments, span=program.span)


@dataclass(slots=True)
class _Load:
    """One run of the loader: `open_files` leads from the main file to the one being read."""

    root: Path | None
    open_files: list[tuple[Path, Span]] = field(default_factory=list[tuple[Path, Span]])
    seen: set[Path] = field(default_factory=set[Path])
    errors: list[Diagnostic] = field(default_factory=list[Diagnostic])

    def follow(self, program: s.Program, name: str, folder: Path | None) -> tuple[s.Item, ...]:
        """The items of a program, those of its imports before them."""
        items: list[s.Item] = []
        for item in program.items:
            if not isinstance(item, s.Import):
                items.append(item)
                continue
            try:
                items += self._import(item, name, folder)
            except Rejected as rejected:
                self.errors += rejected.diagnostics
        return tuple(items)

    def _import(self, item: s.Import, name: str, folder: Path | None) -> tuple[s.Item, ...]:
        path = self._locate(item, folder)
        for index, (opened, _) in enumerate(self.open_files):
            if opened == path:
                notes = tuple(Note(span, "imported here") for _, span in self.open_files[index + 1 :])
                raise Rejected(
                    Diagnostic(
                        "E0127",
                        f"`{item.path}` imports itself"
                        if not notes
                        else f"`{item.path}` is part of a circle of imports",
                        item.span,
                        "leads back to a file that is being read",
                        "move what both files need into a third one",
                        notes,
                    )
                )
        if path in self.seen:
            return ()
        self.seen.add(path)
        if len(self.seen) > MAX_FILES:
            raise Rejected(
                Diagnostic("E0109", f"a program has at most {MAX_FILES} files", item.span, "one too many")
            )
        shown = str(PurePosixPath(name).parent / item.path) if not name.startswith("<") else item.path
        program = parse(_read(path, shown, item.span), shown)
        self.open_files.append((path, item.span))
        items = self.follow(program, shown, path.parent)
        self.open_files.pop()
        return tuple(item for item in items if not isinstance(item, s.QueryItem))

    def _locate(self, item: s.Import, folder: Path | None) -> Path:
        """The file an import means, or `Rejected`; says nothing of what exists outside the folder."""
        written = item.path
        if folder is None or self.root is None:
            raise Rejected(
                Diagnostic(
                    "E0126",
                    "a program that is not in a file cannot import",
                    item.span,
                    "no folder to look in",
                    "save the model in a file",
                )
            )
        if not written.endswith(".ppl") or "\0" in written or "\\" in written:
            raise Rejected(
                Diagnostic(
                    "E0125",
                    f"`{written}` is not the path of a model file",
                    item.span,
                    "expected `….ppl`",
                    "only files that end in `.ppl` can be imported; parts of a path are separated by `/`",
                )
            )
        outside = Rejected(
            Diagnostic(
                "E0126",
                f"`{written}` is not below the folder of the model",
                item.span,
                "outside",
                "a model file can read only `.ppl` files in its own folder and below",
            )
        )
        if PurePosixPath(written).is_absolute() or Path(written).is_absolute():
            raise outside
        try:
            path = (folder / written).resolve()
        except (OSError, RuntimeError):  # a circle of links, or a name that the system refuses
            raise _missing(written, item.span) from None
        if not path.is_relative_to(self.root) or path.suffix != ".ppl":
            raise outside
        return path


def _missing(name: str, span: Span, path: Path | None = None) -> Rejected:
    """There is no such file; the file asked for, rather than imported, has no place where it is named.

    path: where it would be, if files beside it may be spoken of.
    """
    try:
        if path is not None and path.exists():
            return _no_file(name, span, path)
        near = path and did_you_mean(path.name, [entry.name for entry in path.parent.iterdir()])
    except (OSError, ValueError):
        near = ""
    label = "not found" if span.line else ""
    return Rejected(Diagnostic(_unread(span), f"there is no file `{name}`", span, label, near or ""))


def _no_file(name: str, span: Span, path: Path) -> Rejected:
    """What is there is a folder, a pipe, a device."""
    if not path.is_dir():
        return Rejected(Diagnostic(_unread(span), f"`{name}` is no regular file", span))
    models = sorted(entry.name for entry in path.glob("*.ppl"))[:3]
    advice = f"it has {', '.join(f'`{model}`' for model in models)}" if models else ""
    return Rejected(Diagnostic(_unread(span), f"`{name}` is a folder", span, help=advice))


def _unread(span: Span) -> str:
    return "E0125" if span.line else "E0316"


def _read(path: Path, name: str, span: Span) -> str:
    """A file's text; `Rejected` if it is missing, no file, too large or not UTF-8."""
    limit = 4 * MAX_CHARACTERS  # bytes of that many characters in UTF-8, at most
    try:
        if not path.is_file():  # also keeps us from pipes and devices, which may never end
            raise _missing(name, span, path)
        with path.open("rb") as opened:
            raw = opened.read(limit + 1)
    except (OSError, ValueError) as problem:
        reason = getattr(problem, "strerror", None) or str(problem)
        raise Rejected(Diagnostic(_unread(span), f"cannot read `{name}`: {reason.lower()}", span)) from None
    if len(raw) > limit:
        raise Rejected(Diagnostic("E0109", f"`{name}` is larger than {MAX_CHARACTERS:,} characters", span))
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        good = problem.object[: problem.start].decode("utf-8", "replace")
        line, column = good.count("\n") + 1, len(good) - good.rfind("\n")
        file = SourceFile(name, problem.object.decode("utf-8", "replace"))
        byte = f"0x{problem.object[problem.start]:02x}"
        raise Rejected(
            Diagnostic(
                "E0128",
                f"the byte {byte} is not UTF-8 text",
                Span(file, line, column, line, column + 1),
                "not text",
                "save the file as UTF-8",
            )
        ) from None
