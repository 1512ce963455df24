"""The review page over a log of 100,000 finds: what each question costs, and the server's memory.

Targets: first view 1 s, filter and sort 200 ms, next picture 100 ms, 300 MB. Asked of a server in a process of its own,
so that wall time has the connection in it; the processor's time is the server's.
"""

import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from harness import WH, arguments, median_ms, show

# The samples of the tests lie beside this folder.
sys.path.insert(0, str(Path(__file__).parents[1]))
from edge_log_samples import raw
from edge_review_samples import Server, jpeg, make_large_log, serving_process

FINDS = 100_000
PICTURES = 40


def main() -> None:
    args = arguments(__doc__.splitlines()[0])
    repeat = 5 if args.short else 30
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_large_log(folder, FINDS)
        show_many_pictures(folder)
        with serving_process(folder) as (server, process):
            rows = [row(server, process.pid, question, ask, repeat) for question, ask in questions(server).items()]
            memory = memory_mb(process.pid)
    show(f"Review page, {FINDS:,} finds", rows, args, server_peak_MB=memory)


def show_many_pictures(folder: Path) -> None:
    """A frame of 1080p each for forty frames in a row: more than the server keeps decoded."""
    (path,) = (folder / "images").rglob("*.jpg")
    with raw(folder) as db:
        for n in range(PICTURES):
            picture = path.with_name(f"9{n:05d}.jpg")
            picture.write_bytes(jpeg(n, WH))
            named = str(picture.relative_to(folder))
            db.execute("UPDATE frames SET overlay_path = ? WHERE seq % ? = ?", (named, PICTURES, n))


def questions(server: Server) -> dict[str, Callable[[], object]]:
    """What a browser asks, each the nth time with another filter or find, so that nothing is answered from memory."""
    count = iter(range(10**6))
    return {
        "first view: page, log, first finds": lambda: [
            server.ask(path) for path in ("/", "/static/main.js", "/api/log", f"/api/finds?score_min=0.{next(count)}")
        ],
        "filter and sort, most finds": lambda: server.get(f"/api/finds?order=highest&score_min=0.50{next(count)}"),
        "filter and sort, few finds": lambda: server.get(f"/api/finds?state=unreviewed&score_min=0.99{next(count)}"),
        "cards of a screen": lambda: server.get(f"/api/cards?ids={','.join(map(str, range(500, 600)))}"),
        "next find": lambda: server.get(f"/api/finds/{1000 + next(count)}"),
        "next picture, from a 1080p frame": lambda: server.ask(f"/pictures/finds/{1000 + 10 * next(count)}/crop.jpg"),
        "a verdict, kept": lambda: server.say(find_id=1 + next(count), verdict="unsure"),
        "what is new": lambda: server.get(f"/api/changes?after=0&finds={FINDS}"),
    }


def row(server: Server, pid: int, question: str, ask: Callable[[], object], repeat: int) -> dict[str, object]:
    ask()
    before = processor_ms(pid)
    wall = median_ms(ask, repeat=repeat)
    # `median_ms` asks once more than it counts.
    return {"question": question, "wall ms": wall, "processor ms": (processor_ms(pid) - before) / (repeat + 1)}


def processor_ms(pid: int) -> float:
    """proc(5): fields 14 and 15 of stat, after the name in brackets."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * 1000 / os.sysconf("SC_CLK_TCK")


def memory_mb(pid: int) -> float:
    (peak,) = (int(line.split()[1]) for line in Path(f"/proc/{pid}/status").read_text().splitlines() if "VmHWM" in line)
    return round(peak / 1024, 1)


if __name__ == "__main__":
    main()
