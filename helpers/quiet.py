"""Native code writes past Python to file descriptor 2; a notebook would show it in red."""

import contextlib
import importlib.util
import os
import sys
from collections.abc import Iterator
from importlib.abc import MetaPathFinder

__all__ = ["QuietImport", "quiet_stderr"]


@contextlib.contextmanager
def quiet_stderr() -> Iterator[None]:
    """Drop what native code writes to file descriptor 2; Python exceptions still pass."""
    sys.stderr.flush()
    saved = os.dup(2)
    try:
        with open(os.devnull, "w") as nowhere:
            os.dup2(nowhere.fileno(), 2)
        yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)


class QuietImport(MetaPathFinder):
    """Has one module imported quietly, whenever that is, and imports nothing itself.

    Args:
        module: full name of the module. It stands in `sys.meta_path` until this is asked for.
    """

    def __init__(self, module: str):
        self.module = module

    def find_spec(self, name, path=None, target=None):
        """The module's own spec, whose loader runs it under `quiet_stderr`; None for any other module."""
        if name != self.module:
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.loader is not None:
            run = spec.loader.exec_module

            def quietly(module):
                with quiet_stderr():
                    run(module)

            spec.loader.exec_module = quietly
        return spec
