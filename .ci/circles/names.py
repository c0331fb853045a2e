"""Finds the file that defines a name, through imports, re-exports and globs."""


def uses(module):
    """Yields the file behind every name that `module` takes from elsewhere, and that name."""
    paths = list(module.imports.values()) + [list(path) for path in module.paths]
    for path in paths:
        home = _home(module, path, set())
        if home:
            yield home.file, "::".join(path)
    for path in module.globs:
        yield from _uses_of_glob(module, path)


def _uses_of_glob(module, path):
    """Of `use path::*` only the words that the module has count."""
    source = _module(module, path, set())
    if source is None:  # an enum, or another crate
        home = _home(module, path, set())
        if home:
            yield home.file, "::".join(path)
        return
    own = module.items | module.imports.keys() | module.children.keys()
    for word in sorted(module.words - own):
        found = _lookup(source, word, set())
        if found and not found[1]:
            yield found[0].file, word


def _home(module, path, seen):
    """The module that defines what `path` leads to; `None` for another crate's, and for modules."""
    found = _walk(module, path, seen)
    return found[0] if found and not found[1] else None


def _module(module, path, seen):
    found = _walk(module, path, seen)
    return found[0] if found and found[1] else None


def _walk(module, path, seen):
    """Where `path` ends, seen from `module`: a module, and whether it is that module itself."""
    here, is_start = module, True
    for at, name in enumerate(path):
        if name == "crate":
            here = here.root()
        elif name == "super":
            here = here.parent or here
        elif name != "self":
            found = _lookup(here, name, seen)
            if found is None:
                # An unknown first name is another crate, or a local variable.
                return None if is_start else (here, False)
            here, is_module = found
            if not is_module:
                return here, False
        is_start = False
    return here, True


def _lookup(module, name, seen):
    """What `name` means in a module, as `_walk` says it; `None` if nothing of this crate."""
    if (module, name) in seen:
        return None
    seen = seen | {(module, name)}
    if name in module.children:
        return module.children[name], True
    if name in module.items:
        return module, False
    if name in module.imports:
        return _walk(module, module.imports[name], seen)
    for path in module.globs:
        source = _module(module, path, seen)
        found = source and _lookup(source, name, seen)
        if found:
            return found
    return None
