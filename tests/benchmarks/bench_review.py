"""The review page over a log of 100,000 finds: what each question costs, and the server's memory.

Targets: first view 1 s, filter and sort 200 ms, next picture 100 ms, 300 MB. Asked of a server in a process of its own,
so that wall time has the connection in it; the processor's time is the server's.
"""

import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from statistics import median, quantiles
from threading import Thread
from time import perf_counter, sleep

from harness import WH, arguments, median_ms, show

# The samples of the tests lie beside this folder.
sys.path.insert(0, str(Path(__file__).parents[1]))
from edge_log_samples import raw
from edge_review_samples import Server, jpeg, make_large_log, serving_process

FINDS = 100_000
PICTURES = 40
PEOPLE = 10


def main() -> None:
    args = arguments(__doc__.splitlines()[0])
    repeat = 5 if args.short else 30
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_large_log(folder, FINDS)
        show_many_pictures(folder)
        with serving_process(folder) as (server, process):
            rows = [row(server, process.pid, question, ask, repeat) for question, ask in questions(server).items()]
            rows += together(server, process.pid, repeat)
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


def together(server: Server, pid: int, repeat: int) -> list[dict[str, object]]:
    """Ten people who review at the same time, each a find a second: what one find takes one of them."""
    steps: dict[str, list[float]] = {"next find": [], "next picture": [], "a verdict, kept": [], "filter and sort": []}

    def review(person: int) -> None:
        for n in range(repeat):
            # They began at different moments, and none of them judges faster than this.
            sleep(max(0.0, begun + n + person / PEOPLE - perf_counter()))
            find_id = 2000 + 10 * (person * repeat + n)
            timed(steps["next find"], lambda f=find_id: server.get(f"/api/finds/{f}"))
            timed(steps["next picture"], lambda f=find_id: server.ask(f"/pictures/finds/{f}/crop.jpg"))
            timed(steps["a verdict, kept"], lambda f=find_id: server.say(find_id=f, verdict="unsure"))
        timed(steps["filter and sort"], lambda: server.get(f"/api/finds?order=highest&score_min=0.6{person}"))

    before, begun = processor_ms(pid), perf_counter()
    people = [Thread(target=review, args=(person,)) for person in range(PEOPLE)]
    for person in people:
        person.start()
    for person in people:
        person.join()
    share = (processor_ms(pid) - before) / (PEOPLE * repeat)
    rows: list[dict[str, object]] = []
    for name, times in steps.items():
        for words, value in (("median", median(times)), ("95 % within", quantiles(times, n=20)[-1])):
            # The processor's time is that of one find with its picture and verdict.
            rows.append({"question": f"ten people: {name}, {words}", "wall ms": value, "processor ms": share})
    return rows


def timed(times: list[float], ask: Callable[[], object]) -> None:
    begun = perf_counter()
    ask()
    times.append(1000 * (perf_counter() - begun))


def processor_ms(pid: int) -> float:
    """proc(5): fields 14 and 15 of stat, after the name in brackets."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * 1000 / os.sysconf("SC_CLK_TCK")


def memory_mb(pid: int) -> float:
    (peak,) = (int(line.split()[1]) for line in Path(f"/proc/{pid}/status").read_text().splitlines() if "VmHWM" in line)
    return round(peak / 1024, 1)


if __name__ == "__main__":
    main()
