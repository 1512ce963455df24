"""The guest of tests/power_cuts.py: a small Linux with Python, numpy and edge/, and its memory just before it writes.

Starting Python on an emulated processor costs twenty times what writing until the cut does. So one guest is started,
and its memory is kept when Python has imported everything and the log's disk is not mounted: every life begins there.
A third drive, of one sector, tells the guest the number of its life.
"""

import compileall
import re
import shutil
import socket
import subprocess
import sys
import sysconfig
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

TESTS = Path(__file__).parent
PROGRAMS = ("qemu-system-x86_64", "busybox", "cpio", "mke2fs")
# In the order in which they are loaded; ext4 is part of the kernel. Where one is built in, it is not there.
MODULES = ("virtio_ring", "virtio", "virtio_pci_modern_dev", "virtio_pci_legacy_dev", "virtio_pci", "virtio_blk")
DISK_MB = 192
MEMORY_MB = 256
LONGEST_START_S = 600
READY = b"READY"
SECTOR = 512
# What the kernel has seen of the empty disk is forgotten before the life's own is mounted.
INIT = """#!/bin/busybox sh
/bin/busybox mkdir -p /proc /dev /system
/bin/busybox mount -t proc none /proc
/bin/busybox mount -t devtmpfs none /dev
for module in {modules}; do [ -f /modules/$module.ko ] && /bin/busybox insmod /modules/$module.ko; done
/bin/busybox mount -o ro /dev/vda /system
/bin/busybox mount -t proc none /system/proc
/bin/busybox mount -t devtmpfs none /system/dev
/bin/busybox mount -t tmpfs none /system/tmp
/bin/busybox mkfifo /system/tmp/life
PYTHONPATH=/site /bin/busybox chroot /system {python} /site/power_cut_guest.py /data/log 0<>/system/tmp/life &
while [ -z "$life" ]; do
    /bin/busybox sleep 0.1
    /bin/busybox blockdev --flushbufs /dev/vdc
    life=$(/bin/busybox head -n 1 /dev/vdc)
done
/bin/busybox blockdev --flushbufs /dev/vdb
/bin/busybox mount -t ext4 /dev/vdb /system/data || echo CANNOT MOUNT
echo $life > /system/tmp/life
wait
/bin/busybox poweroff -f
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """What every guest starts from: `memory` is that of a guest whose Python waits for the number of its life."""

    kernel: Path
    initrd: Path
    system: Path
    memory: Path
    life: Path

    def command(self, disk: str, *more: str, life: int | None = None) -> list[str]:
        """qemu's; `disk` is the log's, for a drive with a write cache of its own."""
        self.life.write_bytes((b"" if life is None else f"{life}\n".encode()).ljust(SECTOR, b"\0"))
        # cache=none is about the host's cache; the guest sees a drive with a write cache, and flushes it.
        drives = (
            f"file={self.system},format=raw,if=virtio,readonly=on",
            f"file={disk},format=raw,if=virtio,cache=none",
            f"file={self.life},format=raw,if=virtio,readonly=on",
        )
        return [
            *("qemu-system-x86_64", "-machine", "pc,accel=tcg", "-cpu", "max", "-m", str(MEMORY_MB), "-smp", "1"),
            *("-nographic", "-no-reboot", "-nodefaults", "-serial", "stdio"),
            *("-kernel", str(self.kernel), "-initrd", str(self.initrd)),
            *("-append", "console=ttyS0 quiet panic=-1 no_timer_check"),
            *(word for drive in drives for word in ("-drive", drive)),
            *more,
        ]

    def awake(self, disk: str, life: int) -> list[str]:
        """qemu's command for a guest that goes on from the memory that was kept."""
        return self.command(disk, "-incoming", f"exec:cat {self.memory}", life=life)


def build(kernel: Path, folder: Path) -> Machine:
    """The first file system with busybox and modules, a disk with Python, numpy and edge/, and the memory.

    Needs no root. `kernel` is an unpacked package linux-image-*-cloud-amd64.
    """
    (image,) = kernel.glob("boot/vmlinuz-*")
    first = folder / "first"
    (first / "bin").mkdir(parents=True)
    (first / "modules").mkdir()
    shutil.copy(shutil.which("busybox") or "", first / "bin" / "busybox")
    for module in kernel.glob("lib/modules/*/kernel/**/*.ko"):
        if module.stem in MODULES:
            shutil.copy(module, first / "modules")
    init = first / "init"
    init.write_text(INIT.format(modules=" ".join(MODULES), python=Path(sys.base_prefix) / "bin" / "python3"))
    init.chmod(0o755)
    names = "\n".join(str(path.relative_to(first)) for path in sorted(first.rglob("*")))
    initrd = folder / "initrd"
    with initrd.open("wb") as stream:
        subprocess.run(
            ["cpio", "-o", "-H", "newc", "--quiet"], cwd=first, input=names.encode(), stdout=stream, check=True
        )
    system = folder / "system.img"
    make_disk(system, 400, holds=_system_folder(folder / "system"))
    machine = Machine(kernel=image, initrd=initrd, system=system, memory=folder / "memory", life=folder / "life")
    _keep_memory(machine, folder)
    return machine


def make_disk(path: Path, size_mb: int, *, holds: Path | None = None) -> None:
    """An ext4 file system in a file, with a folder's content."""
    path.unlink(missing_ok=True)
    words = [] if holds is None else ["-d", str(holds)]
    subprocess.run(["mke2fs", "-q", "-t", "ext4", *words, str(path), f"{size_mb}M"], check=True, capture_output=True)


def _system_folder(root: Path) -> Path:
    """Python as it runs here, with what it and numpy are linked to, and edge/, all compiled: that takes an emulated
    processor longer than all the rest.
    """
    for name in ("proc", "dev", "tmp", "data", "site"):
        (root / name).mkdir(parents=True)
    base = Path(sys.base_prefix)
    python, library = base / "bin" / "python3", Path(sysconfig.get_path("stdlib"))
    skip = shutil.ignore_patterns(
        *("site-packages", "dist-packages", "test", "idlelib", "tkinter", "lib2to3", "config-*", "ensurepip")
    )
    shutil.copytree(library, root / library.relative_to("/"), ignore=skip)
    shutil.copytree(TESTS.parent / "edge", root / "site" / "edge", ignore=shutil.ignore_patterns("*.tflite", "*.npz"))
    shutil.copy(TESTS / "power_cut_guest.py", root / "site")
    installed = Path(np.__file__).parents[1]
    for name in ("numpy", "numpy.libs"):
        shutil.copytree(installed / name, root / "site" / name, ignore=shutil.ignore_patterns("tests"))
    for imported in (root / "site", root / library.relative_to("/")):
        compileall.compile_dir(imported, quiet=2)
    _copy(python, root)
    for binary in (python, *library.glob("lib-dynload/*.so"), *(installed / "numpy").rglob("*.so")):
        linked = subprocess.run(["ldd", binary], capture_output=True, text=True, check=False).stdout
        for path in re.findall(r"(/\S+) \(0x", linked):
            if not Path(path).is_relative_to(installed):
                _copy(Path(path), root)
    return root


def _copy(path: Path, root: Path) -> None:
    target = root / path.relative_to("/")
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)


def _keep_memory(machine: Machine, folder: Path) -> None:
    """Starts a guest with an empty disk, and writes its memory away when it is ready."""
    empty, said, monitor = folder / "empty.img", folder / "said", folder / "monitor"
    with empty.open("wb") as stream:
        stream.truncate(DISK_MB * 2**20)
    more = ("-monitor", f"unix:{monitor},server,nowait")
    with said.open("wb") as stream:
        guest = subprocess.Popen(machine.command(str(empty), *more), stdin=subprocess.DEVNULL, stdout=stream)
    try:
        until = time.monotonic() + LONGEST_START_S
        while READY not in said.read_bytes():
            if guest.poll() is not None or time.monotonic() > until:
                raise RuntimeError(f"the guest does not come up; it said: {said.read_bytes()[-1000:]!r}")
            time.sleep(0.1)
        with socket.socket(socket.AF_UNIX) as line:
            line.connect(str(monitor))
            # One after the other: qemu ends when the memory is written.
            line.sendall(f'migrate "exec:cat > {machine.memory}"\nquit\n'.encode())
            guest.wait(LONGEST_START_S)
    finally:
        guest.kill()
        guest.wait()
    if not machine.memory.is_file() or not machine.memory.stat().st_size:
        raise RuntimeError("qemu did not write the guest's memory")
