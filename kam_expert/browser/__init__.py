"""The browser edition: the live session as static files, run in the reader's own browser."""

import sys
from types import ModuleType

if sys.platform == "emscripten":
    # anyio imports it at once, and this Python has no sub-interpreters. Nothing here uses one.
    _interpreters = ModuleType("concurrent.interpreters")
    _interpreters.__dict__.update(ExecutionFailed=RuntimeError, create=None)
    sys.modules["concurrent.interpreters"] = _interpreters
