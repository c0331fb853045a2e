"""Reads the modules of a crate: what each declares, what it imports, what it names by a path."""

import functools
import itertools
from dataclasses import dataclass, field
from pathlib import Path

from tokens import tokens

DECLARES = {"const", "enum", "fn", "static", "struct", "trait", "type", "union"}
OPENS, CLOSES = set("([{"), set(")]}")


@dataclass(eq=False)
class Module:
    """A module of a crate: a file, or `mod name { … }` inside one."""

    file: Path
    parent: "Module | None"
    # Where its children's files lie.
    folder: Path
    children: dict = field(default_factory=dict)
    # Children whose name another has too, each for a `cfg` of its own.
    variants: list = field(default_factory=list)
    items: set = field(default_factory=set)
    # The path that a name was imported by.
    imports: dict = field(default_factory=dict)
    globs: list = field(default_factory=list)
    # Paths of two segments and more outside `use`.
    paths: set = field(default_factory=set)
    words: set = field(default_factory=set)

    def all(self):
        """This module and all below it."""
        yield self
        for child in (*self.children.values(), *self.variants):
            yield from child.all()

    def root(self):
        return self.parent.root() if self.parent else self


def read_crate(file, with_tests=False):
    """The root module of the crate whose root is `file`; without what `cfg(test)` adds to it."""
    root = Module(file, None, file.parent)
    _read_file(root, with_tests)
    return root


def _read_file(module, with_tests):
    Reader(_tokens(module.file), with_tests).read(module)


@functools.cache
def _tokens(file):
    return tokens(file.read_text())


class Reader:
    """Goes through the tokens of one file."""

    def __init__(self, found, with_tests):
        self.tokens = found
        self.at = 0
        self.with_tests = with_tests
        # `#[path = "…"]` of the next declaration.
        self.path = None

    def read(self, module, is_inner=False):
        """Reads a module's body up to its closing brace, or the end of the file."""
        depth = 0
        while self.at < len(self.tokens):
            token = self._next()
            if token == "#[":
                self._attribute()
            elif token == "{":
                depth += 1
            elif token == "}":
                depth -= 1
                if depth < 0 and is_inner:
                    return
            elif token == "use" and self._peek() != "<":
                self._imports(module)
            elif token == "mod" and depth == 0:
                self._declaration(module)
            elif depth == 0 and token in DECLARES:
                module.items.add(self._peek())
            elif depth == 0 and token == "macro_rules":
                module.items.add(self._peek(1))
            elif _is_name(token):
                self._path(module, token)

    def _next(self):
        self.at += 1
        return self.tokens[self.at - 1]

    def _peek(self, ahead=0):
        return self.tokens[self.at + ahead] if self.at + ahead < len(self.tokens) else ""

    def _attribute(self):
        start = self.at
        self._skip_group("]")
        inside = self.tokens[start : self.at - 1]
        if inside[:1] == ["path"]:
            self.path = inside[-1].strip('"')
        elif not self.with_tests and _is_for_tests(inside):
            self._skip_item()
        else:
            self.at = start  # its paths count, as in `serde(with = "crate::number")`

    def _skip_group(self, close):
        depth = 0
        while self.at < len(self.tokens):
            token = self._next()
            if token == close and depth == 0:
                return
            depth += (token in OPENS or token == "#[") - (token in CLOSES)

    def _skip_item(self):
        while self.at < len(self.tokens):
            token = self._next()
            if token == ";":
                return
            if token == "{":
                return self._skip_group("}")
            if token in ("(", "[", "#["):
                self._skip_group(")" if token == "(" else "]")

    def _declaration(self, module):
        name = self._next()
        path, self.path = self.path, None
        if self._next() == "{":
            child = Module(module.file, module, module.folder / name)
            _add(module, name, child)
            self.read(child, is_inner=True)
            return
        if path:
            file = module.file.parent / path
            child = Module(file, module, file.parent)
        elif (file := module.folder / f"{name}.rs").exists():
            child = Module(file, module, module.folder / name)
        else:
            child = Module(module.folder / name / "mod.rs", module, module.folder / name)
        _add(module, name, child)
        _read_file(child, self.with_tests)

    def _imports(self, module):
        end = self.tokens.index(";", self.at)
        for path, alias in _use_tree(self.tokens[self.at : end]):
            if alias == "*":
                module.globs.append(path)
            else:
                module.imports.setdefault(alias, path)
        self.at = end

    def _path(self, module, first):
        module.words.add(first)
        is_inside = self.at > 1 and self.tokens[self.at - 2] in ("::", ".")
        path = [first]
        while self._peek() == "::" and _is_name(self._peek(1)):
            path.append(self._peek(1))
            self.at += 2
        if len(path) > 1 and not is_inside:
            module.paths.add(tuple(path))


def _add(module, name, child):
    if module.children.setdefault(name, child) is not child:
        module.variants.append(child)


def _is_for_tests(attribute):
    return attribute[:1] == ["cfg"] and "test" in attribute and not {"any", "not"} & set(attribute)


def _use_tree(found):
    """`a::{b as c, d::*}` as pairs of a path and the name it gets, `*` for all names."""
    path = list(itertools.takewhile(lambda token: token not in ("{", "*", "as"), found))
    rest = found[len(path) :]
    path = [token for token in path if token != "::"]
    if not rest:
        return [(path, path[-1])] if path else []
    if rest[0] == "*":
        return [(path, "*")]
    if rest[0] == "as":
        return [(path, rest[1])]
    leaves = [leaf for part in _parts(rest[1:-1]) for leaf in _use_tree(part)]
    return [_below(path, *leaf) for leaf in leaves]


def _below(path, leaf, alias):
    """`a::{self}` is `a`."""
    if path and leaf == ["self"]:
        return path, path[-1] if alias == "self" else alias
    return path + leaf, alias


def _parts(found):
    """Cuts at the commas that are not inside braces."""
    depth, part = 0, []
    for token in found:
        depth += (token == "{") - (token == "}")
        if token == "," and depth == 0:
            yield part
            part = []
        else:
            part.append(token)
    if part:
        yield part


def _is_name(token):
    return token[:1].isalpha() or token[:1] == "_"
