"""Damages `.tflite` files at random and reads them: `make fuzz-firmware`, and in short a test.

Whatever the bytes, the reader must return or raise `ModelError`, and soon. What does anything else is kept as a file.
One in twenty of those that can be read is exported, too.

    python tests/fuzz_firmware_reader.py --mutations 1000000
"""

import argparse
import random
import signal
import struct
import sys
import time
from collections import Counter
from pathlib import Path

from firmware_networks import networks
from hypothesis import Phase, given, settings

from edge.bundle import default_bundle_path
from firmware_export.errors import ModelError
from firmware_export.export import export_model
from firmware_export.kernels.choose import CPUS
from firmware_export.read import read_graph

SECONDS_EACH = 10
SEEDS = sorted([*(Path(__file__).parent / "golden").rglob("*.tflite"), *default_bundle_path().glob("*.tflite")])


def seeds() -> list[bytes]:
    """The files, and two networks of every operator."""
    contents = [path.read_bytes() for path in SEEDS]

    @settings(max_examples=2, derandomize=True, database=None, deadline=None, phases=[Phase.generate])
    @given(networks(every=True))
    def collect(network: tuple[bytes, object]) -> None:
        contents.append(network[0])

    collect()
    return contents


def damage(content: bytes, rng: random.Random) -> bytes:
    """A few bytes changed, offsets and lengths replaced, pieces cut out, repeated or appended."""
    data = bytearray(content)
    for _ in range(rng.choice((1, 1, 1, 2, 4, 16))):
        # Most of a file is weights; what decides lies in the tables, at both ends of it.
        at = rng.randrange(len(data)) if rng.random() < 0.3 else rng.choice(_structure(data, rng))
        at = min(at, len(data) - 1)
        kind = rng.randrange(7)
        if kind == 0:
            data[at] ^= 1 << rng.randrange(8)
        elif kind == 1:
            data[at] = rng.randrange(256)
        elif kind == 2:
            value = rng.choice((0, 1, -1, 127, 128, 0x7FFFFFFF, -0x80000000, len(data), rng.randrange(len(data))))
            data[at : at + 4] = struct.pack("<i", value)
        elif kind == 3:
            data[at : at + 4] = struct.pack("<f", rng.choice((0.0, -1.0, 1e-45, 1e38, float("inf"), float("nan"))))
        elif kind == 4:
            del data[at : at + rng.randrange(1, 64)]
        elif kind == 5:
            data = data[: at + 8]
        else:
            data[at:at] = data[at : at + rng.randrange(1, 64)]
        if len(data) < 8:
            data += bytes(8)
    return bytes(data)


def _structure(data: bytearray, rng: random.Random) -> range:
    edge = min(4096, len(data))
    return range(edge) if rng.random() < 0.3 else range(len(data) - edge, len(data))


def run(mutations: int, seed: int) -> Counter[str]:
    """How many files were read and how many refused. Raises what is neither, with the number of the mutation."""
    rng = random.Random(seed)
    contents = seeds()
    results: Counter[str] = Counter()
    # Processor time, not the clock: a busy machine is not a slow file.
    signal.signal(signal.SIGPROF, _too_slow)
    for number in range(mutations):
        content = damage(rng.choice(contents), rng)
        signal.setitimer(signal.ITIMER_PROF, SECONDS_EACH)
        try:
            read_graph(content)
            results["read"] += 1
            if rng.random() < 0.05:
                export_model(content, name="net", cpu=rng.choice(list(CPUS)))
                results["exported"] += 1
        except ModelError:
            results["refused"] += 1
        except BaseException:
            sys.stderr.write(f"mutation {number} of seed {seed}\n")
            Path(f"fuzz-{seed}-{number}.tflite").write_bytes(content)
            raise
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
    return results


def _too_slow(signum: int, frame: object) -> None:
    raise TimeoutError(f"a file took longer than {SECONDS_EACH} s")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mutations", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    begun = time.monotonic()
    results = run(args.mutations, args.seed)
    seconds = time.monotonic() - begun
    files = f"{len(SEEDS)} files and 2 networks of every operator"
    print(f"{args.mutations} mutations of {files} in {seconds:.0f} s: {dict(results)}")


if __name__ == "__main__":
    main()
