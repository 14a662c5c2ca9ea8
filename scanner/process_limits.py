"""Limits of memory and CPU time for the calling process, where the system has them. Knows no frame."""

from __future__ import annotations

import sys
from pathlib import Path


def limit_memory(*, extra_bytes: int) -> None:
    """Let the address space grow by `extra_bytes` and no further; then allocations fail."""
    if sys.platform != "linux":
        # Windows has no such limit and macOS doesn't keep it. What remains there is the parent's kill.
        sys.stderr.write("scanner: no memory limit on this system; frames are bounded by time only\n")
        return
    import resource  # late, because Windows has no such module

    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    ceiling = pages * resource.getpagesize() + extra_bytes
    resource.setrlimit(resource.RLIMIT_AS, (ceiling, ceiling))
    # A core file would hold members' codes.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def allow_cpu(*, seconds: int) -> None:
    """Let the process use `seconds` more of CPU time from now on; over it the system ends the process."""
    if sys.platform == "win32":
        return
    import resource  # late, because Windows has no such module

    used = resource.getrusage(resource.RUSAGE_SELF)
    # The limit counts whole seconds, so one is added for what the rounding takes away.
    ceiling = int(used.ru_utime + used.ru_stime) + seconds + 1
    resource.setrlimit(resource.RLIMIT_CPU, (ceiling, resource.getrlimit(resource.RLIMIT_CPU)[1]))
