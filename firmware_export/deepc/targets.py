"""What a deepC program can be compiled for, with what, and how the result runs here."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from firmware_export.toolchain import find_tool

_COUNTED = ("malloc", "calloc", "realloc", "aligned_alloc", "posix_memalign", "free")
_LINUX_LINK = ("-static", *(f"-Wl,--wrap={name}" for name in _COUNTED))
_CORTEX_M4 = ("-mcpu=cortex-m4", "-mthumb", "-mfloat-abi=hard", "-mfpu=fpv4-sp-d16")


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """`compiler`, with `flags` for every file and `link` for the program; `sources` beside the network and the loop.

    `runner`: the words before the program where this machine cannot run it itself; what is resident then is mostly the
    emulator's. `semihosting`: whether that is a whole emulated machine, which reaches files here by semihosting.
    """

    name: str
    compiler: str
    flags: tuple[str, ...]
    link: tuple[str, ...] = ()
    sources: tuple[str, ...] = ("memory_linux.cpp",)
    runner: tuple[str, ...] = ()
    semihosting: bool = False

    @property
    def size_tool(self) -> str:
        return self.compiler.removesuffix("g++") + "size"

    def command(self, program: Path, requests: Path, answers: Path) -> list[str]:
        """What runs the program on a file of requests. Raises `BoardError` for a missing emulator."""
        words = [find_tool(self.runner[0]), *self.runner[1:]] if self.runner else []
        if not self.semihosting:
            return [*words, str(program), str(requests), str(answers)]
        arguments = ",".join(f"arg={word}" for word in (program.name, requests, answers))
        return [*words, "-semihosting-config", f"enable=on,target=native,{arguments}", "-kernel", str(program)]


TARGETS: Sequence[Target] = (
    Target(name="x86-64", compiler="g++", flags=("-O3",), link=_LINUX_LINK),
    Target(
        name="aarch64",
        compiler="aarch64-linux-gnu-g++",
        flags=("-O3",),
        link=_LINUX_LINK,
        runner=("qemu-aarch64",),
    ),
    Target(
        name="cortex-m4",
        compiler="arm-none-eabi-g++",
        flags=(*_CORTEX_M4, "-Os", "-ffunction-sections", "-fdata-sections", "-D_POSIX_TIMERS=1"),
        link=(*_CORTEX_M4, "--specs=rdimon.specs", "-Wl,--gc-sections", "-Wl,--wrap=_sbrk"),
        sources=("memory_cortex_m.cpp", "start_cortex_m.c"),
        runner=("qemu-system-arm", "-M", "mps2-an386", "-nographic", "-monitor", "none", "-serial", "none"),
        semihosting=True,
    ),
)
