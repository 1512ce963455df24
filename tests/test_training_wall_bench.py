"""The score card: hits and false cracks by hand-made cases, its intervals against scipy, walls and textures by seed."""

import json
from argparse import ArgumentParser
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest, chi2, poisson

from edge.bundle import default_bundle_path
from edge.clock import ManualClock
from edge.errors import DataError
from edge.finds import label_windows
from edge.geometry import facing, pixels
from edge.log import CrackSize
from edge.manifest import ClassifierSpec, ImagePooling, Quantisation
from edge.measure.measured import Interval, Widths
from edge.odometry import OdometryNoise
from edge.odometry_sources import OdometryReplay
from edge.odometry_track import OdometryTrack
from edge.pose.plane import Planar, between
from edge.pose.tag_map import read_tag_map
from edge.render.course import TrueCrack
from edge.render.crack_look import read_crack_look
from edge.tiling import ScoreMap, window_origins
from training.bench import wall_bench
from training.bench.card import make_card, tables
from training.bench.crack_profiles import profiles, slit
from training.bench.figures import Estimate, measuring, rows
from training.bench.finds_on_wall import FindsOnWall
from training.bench.inspected import TAG_SD_MM, odometry_of, tag_map_of
from training.bench.judged import Entry, MeasuredCrack, measured_cracks
from training.bench.pod import PodModel, poisson_interval, width_bins
from training.bench.score import CrackScore, Reported, resampled, score_wall
from training.bench.verb import configure, run
from training.bench.wall_bench import BenchSettings, FalseCrack, WallResult, run_wall
from training.bench.walls import APART_MM, bench_calibration, bench_camera, bench_wall
from training.datasets.wall_textures import SIDE_PX, has_line, textures

LOOK = read_crack_look()


def line(x0: float, y0: float, x1: float, y1: float) -> np.ndarray:
    return np.array([[x0, y0], [x1, y1]], np.float64)


def crack(course: np.ndarray, width_mm: float = 0.3) -> TrueCrack:
    return TrueCrack(
        name="C", points_mm=course, widths_mm=np.full(len(course), width_mm), depths=np.full(len(course), 0.5)
    )


def told(*courses: np.ndarray) -> Reported:
    return Reported(courses_mm=courses)


@pytest.mark.parametrize(
    ("reported", "hit", "false"),
    [
        ([], False, 0),
        ([told(line(0, 4.9, 100, 4.9))], True, 0),
        ([told(line(0, 5.1, 100, 5.1))], False, 1),
        ([told(line(0, 0, 44, 0))], False, 0),  # 44 mm and 5 mm beyond its end: 49 of 100
        ([told(line(0, 0, 46, 0))], True, 0),
        ([told(line(0, 0, 24, 0)), told(line(76, 0, 100, 0))], True, 0),  # two pieces, 58 mm together
        ([told(line(50, 0, 50, 20))], False, 0),  # 5 of its 20 mm lie near
        ([told(line(50, 0, 50, 30))], False, 1),  # 5 of 30: less than a fifth
        ([told(line(50, 0, 50, 30), line(40, 1, 50, 1))], False, 0),  # its branch counts
        ([told(np.array([[50.0, 3.0]]))], False, 0),  # a single window
        ([told(np.array([[50.0, 9.0]]))], False, 1),
    ],
)
def test_hits_and_false_cracks_are_what_the_definition_says(reported: list[Reported], hit: bool, false: int) -> None:
    scored = score_wall([crack(line(0, 0, 100, 0))], reported)
    assert [one.hit for one in scored.cracks] == [hit]
    assert len(scored.false) == false
    assert scored.reported == len(reported)


def test_each_crack_has_its_own_and_entries_are_counted() -> None:
    scored = score_wall(
        [crack(line(0, 0, 100, 0), 0.2), crack(line(0, 60, 100, 60), 0.5)],
        [told(line(0, 1, 60, 1)), told(line(60, 1, 100, 1)), told(line(0, 200, 50, 200))],
    )
    assert [(one.hit, one.entries) for one in scored.cracks] == [(True, 2), (False, 0)]
    assert [one.width_mm for one in scored.cracks] == [0.2, 0.5]
    assert scored.false == (2,)


def test_without_a_crack_everything_reported_is_false() -> None:
    assert score_wall([], [told(line(0, 0, 9, 0))]).false == (0,)


@given(st.lists(st.tuples(st.floats(-100, 100), st.floats(-100, 100)), min_size=1, max_size=6))
def test_resampled_points_stand_for_equal_lengths(corners: list[tuple[float, float]]) -> None:
    course = np.array(corners)
    points = resampled(course)
    length = np.linalg.norm(np.diff(course, axis=0), axis=1).sum()
    assert np.allclose(points[[0, -1]], course[[0, -1]])
    assert len(points) == int(np.ceil(length / 0.5)) + 1


@given(st.integers(0, 400))
def test_the_poisson_interval_leaves_a_fortieth_on_either_side(count: int) -> None:
    low, high = poisson_interval(count)
    assert poisson.cdf(count, high) == pytest.approx(0.025, abs=1e-9)
    if count:
        assert poisson.sf(count - 1, low) == pytest.approx(0.025, abs=1e-9)
    else:
        assert low == 0


def test_bins_have_the_exact_binomial_interval() -> None:
    a, hit = np.array([0.1, 0.1, 0.1, 0.3, 0.3]), np.array([True, False, False, True, True])
    low, high, empty = 0.2, 0.5, 0.9
    bins = width_bins(a, hit, np.array([0.05, low, high, empty]))
    assert [(b.cracks, b.hits) for b in bins] == [(3, 1), (2, 2)]
    exact = binomtest(1, 3).proportion_ci(method="exact")
    assert bins[0].ci95 == pytest.approx((exact.low, exact.high))


def drawn(n: int, seed: int, b0: float = 6.0, b1: float = 3.0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    a = np.exp(rng.uniform(np.log(0.05), np.log(2), n))
    return a, rng.random(n) < 1 / (1 + np.exp(-(b0 + b1 * np.log(a))))


def test_the_fit_is_that_of_scikit_learn() -> None:
    from sklearn.linear_model import LogisticRegression

    a, hit = drawn(400, 3)
    peer = LogisticRegression(C=np.inf, tol=1e-10, max_iter=1000).fit(np.log(a)[:, None], hit)
    fit = PodModel(a, hit).fit()
    assert (fit.b0, fit.b1) == pytest.approx((peer.intercept_[0], peer.coef_[0, 0]), rel=1e-3)
    assert fit.a90_mm == pytest.approx(np.exp((np.log(9) - fit.b0) / fit.b1))
    assert (fit.cracks, fit.hits) == (400, int(hit.sum()))


def test_a90_95_is_where_the_likelihood_ratio_says() -> None:
    """Against a search over a plain grid of curves."""
    a, hit = drawn(120, 5)
    model = PodModel(a, hit)
    fit = model.fit()
    x, sign = np.log(a), np.where(hit, -1, 1)
    b0, b1 = (v.ravel() for v in np.meshgrid(np.linspace(1, 14, 500), np.linspace(0.5, 8, 500)))
    likelihood = np.concatenate(
        [
            -np.logaddexp(0, sign * (p[:, None] + q[:, None] * x)).sum(1)
            for p, q in zip(np.split(b0, 50), np.split(b1, 50), strict=True)
        ]
    )
    inside = 2 * (likelihood.max() - likelihood) <= chi2.ppf(0.9, 1)
    worst = np.exp((np.log(9) - b0[inside]) / b1[inside]).max()
    assert fit.a90_95_mm == pytest.approx(worst, rel=0.02)
    assert model.lower_bound(fit.a90_95_mm) == pytest.approx(0.9, abs=0.005)


def test_a90_95_bounds_the_truth_nineteen_times_in_twenty() -> None:
    true_a90 = np.exp((np.log(9) - 6.0) / 3.0)
    bounds = [PodModel(*drawn(100, seed)).fit().a90_95_mm for seed in range(100)]
    held = sum(bound is None or bound >= true_a90 for bound in bounds)
    assert held / 100 >= 0.87  # binomial, nearly four standard deviations


def test_a_step_without_overlap_has_a_bound_and_no_hit_has_none() -> None:
    a = np.geomspace(0.05, 2, 60)
    fit = PodModel(a, a > 0.2).fit()
    assert fit.a90_mm == pytest.approx(0.2, rel=0.15)
    assert fit.a90_95_mm is not None
    assert fit.a90_mm < fit.a90_95_mm < 0.5
    none = PodModel(a, np.zeros(60, bool)).fit()
    assert none.a90_95_mm is None
    with pytest.raises(ValueError, match="sizes above 0"):
        PodModel(np.array([0.0]), np.array([True]))


def result(seed: int, cracks: tuple[CrackScore, ...], false: int) -> WallResult:
    return WallResult(
        settings_sha256="",
        seed=seed,
        area_m2=2.0,
        frames=10,
        reported=5,
        cracks=cracks,
        false=tuple(FalseCrack(at_mm=(0.0, 0.0), near="joint") for _ in range(false)),
        measured=(),
        straight=1,
        straight_on_crack=0,
        off_mm=(1.0, None),
        by_windows=cracks,
        false_by_windows=2 * false,
        seconds=2.0,
        inference_s=1.0,
    )


def test_the_card_pools_walls_and_is_json() -> None:
    def scores(seed: int) -> tuple[CrackScore, ...]:
        a, hit = drawn(40, seed)
        return tuple(
            CrackScore(name="C", width_mm=w, length_mm=99.0, depth=0.3 + 0.01 * i, share=float(h), entries=int(h))
            for i, (w, h) in enumerate(zip(a.tolist(), hit.tolist(), strict=True))
        )

    walls = [result(1, scores(1), 3), result(2, scores(2), 0)]
    card = make_card(walls, mm_per_px=0.1, facts={"bundle": "b"}, not_measured={"width": "no segmenter"})
    assert (card.pod.cracks, card.false.count, card.false.area_m2, card.frames) == (80, 3, 4.0, 20)
    assert card.false.per_m2 == pytest.approx(0.75)
    assert card.false.ci95 == pytest.approx(tuple(v / 4 for v in poisson_interval(3)))
    assert sum(fit.cracks for fit in card.by_contrast.values()) == 80
    assert json.loads(json.dumps(card.as_json(), allow_nan=False))["false"]["by_place"] == {"joint": 3}
    assert "not measured: no segmenter" in str(list(tables(card)[0].columns[1].cells))
    assert (card.measuring, card.windows.false) == (None, 6)
    with pytest.raises(ValueError, match="one bundle and one program; got 2"):
        make_card([walls[0], replace(walls[1], settings_sha256="other")], mm_per_px=0.1, facts={}, not_measured={})


SPEC = ClassifierSpec(
    file="c.tflite",
    input_px=96,
    tile_px=96,
    stride_px=24,
    dense=True,
    colour_order="BGR",
    input=Quantisation(scale=1.0, zero_point=-128),
    output=Quantisation(scale=0.1, zero_point=0),
    score="logit",
    labels=("uncracked", "cracked"),
    image_pooling=ImagePooling(kind="max", k=1),
    mm_per_px="unknown",
)


def test_windows_along_a_crack_in_two_frames_are_one_reported_crack_on_it() -> None:
    """Windows that hold a straight crack fire, in both of two frames that overlap: one entry, within 5 mm of it."""
    lens = bench_calibration()
    course = line(60, 80, 330, 120)
    reported = FindsOnWall(lens)
    for x in (100.0, 250.0):
        pose = facing(200.0)
        pose[:2, 3] = (x, 100.0)
        on_wall = np.column_stack([resampled(course), np.zeros(len(resampled(course)))])
        inside = on_wall[np.abs(on_wall[:, 0] - x) < 110]
        from_wall = np.linalg.inv(pose)
        seen = pixels(lens, inside @ from_wall[:3, :3].T + from_wall[:3, 3])
        xs, ys = (window_origins(n, 96, 24) for n in (1920, 1080))
        holds = (np.abs(seen[:, 0, None] - xs - 48) < 40)[:, None, :] & (np.abs(seen[:, 1, None] - ys - 48) < 40)[
            :, :, None
        ]
        scores = ScoreMap(q=np.where(holds.any(axis=0), 90, -90).astype(np.int8), xs=xs, ys=ys, spec=SPEC)
        assert label_windows(scores, 0.9).max() == 1
        reported.add(scores, 0.9, pose)
    found = reported.reported()
    scored = score_wall([crack(course)], found)
    assert len(found) == 1
    assert scored.cracks[0].share > 0.95
    assert not scored.false


def test_bench_walls_keep_their_promises() -> None:
    size = (2000.0, 1500.0)
    spec = bench_wall(3, size_wh_mm=size, mm_per_px=0.1, look=LOOK)
    assert spec == spec
    again = bench_wall(3, size_wh_mm=size, mm_per_px=0.1, look=LOOK)
    assert all(np.array_equal(a.points_mm, b.points_mm) for a, b in zip(spec.cracks, again.cracks, strict=True))
    assert len(spec.cracks) >= 20
    widths = np.array([one.width_mm for one in spec.cracks])
    assert widths.min() < 0.08
    assert widths.max() > 1.2
    for i, one in enumerate(spec.cracks):
        assert ((one.points_mm > 0) & (one.points_mm < size)).all()
        assert one.depths is not None
        assert ((one.depths > 0) & (one.depths < 1)).all()
        for other in spec.cracks[:i]:
            away = np.linalg.norm(one.points_mm[::10, None] - other.points_mm[None, ::10], axis=2)
            assert away.min() > APART_MM - 8


def test_a_bench_camera_sees_the_whole_wall_at_its_scale() -> None:
    spec = bench_wall(0, size_wh_mm=(600.0, 400.0), mm_per_px=0.2, look=LOOK)
    camera = bench_camera(spec, textures(None, None, "test", 0), LOOK, clock=ManualClock())
    covered = np.zeros((40, 60), bool)
    for seq in range(camera.frame_count or 0):
        truth = camera.truth(seq)
        assert truth.mm_per_px == pytest.approx(0.2, rel=0.03)
        low, high = np.sort(truth.outline_mm, axis=0)[1] / 10, np.sort(truth.outline_mm, axis=0)[2] / 10
        covered[max(0, int(low[1])) : int(high[1]) + 1, max(0, int(low[0])) : int(high[0]) + 1] = True
    assert covered.mean() > 0.99


def test_procedural_textures_come_from_their_seed() -> None:
    one, same, other = (textures(None, None, "test", seed) for seed in (1, 1, 2))
    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)
    assert one.shape[1:] == (SIDE_PX, SIDE_PX, 3)


def test_a_picture_with_a_line_is_left_out() -> None:
    rng = np.random.default_rng(0)
    bare = np.clip(rng.normal(160, 6, (SIDE_PX, SIDE_PX, 3)), 0, 255).astype(np.uint8)
    assert not has_line(bare)
    lined = bare.copy()
    lined[100:104] = 70
    assert has_line(lined)
    sloped = np.clip(bare + np.linspace(-40, 40, SIDE_PX)[:, None], 0, 255).astype(np.uint8)
    assert has_line(sloped)


@settings(max_examples=10, deadline=None)
@given(width=st.floats(3, 14), depth=st.floats(0.3, 0.8), sigma=st.floats(0.5, 1.1))
def test_a_profile_gives_back_the_slit_that_was_drawn(width: float, depth: float, sigma: float) -> None:
    x = np.arange(120.0) - 59.3
    row = slit(np.array([170.0, 0.0, depth, 0.0, width, sigma]), x)
    picture = np.repeat(np.rint(row)[None, :, None], 120, axis=0).repeat(3, axis=2).astype(np.uint8)
    mask = np.zeros((120, 120), np.uint8)
    mask[:, np.abs(x) < width / 2] = 1
    fits = list(profiles(picture, mask, np.random.default_rng(0)))
    assert len(fits) >= 5
    assert np.median([f.width_px for f in fits]) == pytest.approx(width, abs=0.25)
    assert np.median([f.depth for f in fits]) == pytest.approx(depth, abs=0.04)
    assert np.median([f.sigma_px for f in fits]) == pytest.approx(sigma, abs=0.2)


def test_test_walls_take_no_picture_of_the_training_side(data_root: Path) -> None:
    """By their pixels: no patch of a test wall is in a training picture's middle."""
    from training.datasets.split import load_split

    split = load_split()
    ours = {picture.tobytes() for picture in textures(data_root, split, "test", 1)}
    theirs = {picture.tobytes() for picture in textures(data_root, split, "train", 0)}
    assert ours
    assert not ours & theirs


def test_the_verb_writes_a_card_and_goes_on_where_it_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """At 1 mm per pixel a short wall is one frame; a second run makes no wall again and gives the same card."""
    monkeypatch.delenv("HAIRLINE_DATA", raising=False)
    asked = ["wall", "--short", "--procedural", "--walls", "1", "--mm-per-px", "1", "--json", "--out", str(tmp_path)]
    parser = ArgumentParser()
    configure(parser)
    assert run(parser.parse_args(asked)) == 0
    card = json.loads(capsys.readouterr().out)
    assert card == json.loads((tmp_path / "card.json").read_text())
    assert (card["walls"], card["facts"]["concrete"]) == (1, "procedural")
    assert card["false"]["area_m2"] == pytest.approx(1.2 * 0.8, rel=0.02)
    assert card["facts"]["crack_look_sha256"] == LOOK.sha256
    assert not card["not_measured"]
    assert card["measuring"]["unplaced"] in (0, 1)
    assert (tmp_path / "pod.png").read_bytes().startswith(b"\x89PNG")

    def never(*_: object) -> WallResult:
        raise AssertionError("a wall was made again")

    monkeypatch.setattr(wall_bench, "run_wall", never)
    assert run(parser.parse_args(asked)) == 0
    again = json.loads(capsys.readouterr().out)
    assert again["pod"] == card["pod"]
    with pytest.raises(AssertionError, match="made again"):
        run(parser.parse_args([*asked, "--mm-per-px", "0.9"]))


@pytest.mark.parametrize("wrong", [["--walls", "0"], ["--mm-per-px", "5"], ["--jobs", "x"]])
def test_the_verb_refuses_what_makes_no_sense(wrong: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    parser = ArgumentParser()
    configure(parser)
    with pytest.raises(SystemExit):
        parser.parse_args(["wall", *wrong])
    assert "expected" in capsys.readouterr().err


def test_a_bundle_that_is_replaced_while_walls_are_run_is_noticed() -> None:
    asked = BenchSettings(
        bundle=default_bundle_path(),
        data=None,
        side="test",
        size_wh_mm=(300.0, 200.0),
        mm_per_px=1.0,
        threads=1,
    )
    with pytest.raises(DataError, match="one bundle; this one is"):
        run_wall(asked, "a" * 64, 0)


def entry(crack: TrueCrack, *, width_mm: float | None, length_mm: float, off_mm: float, part: slice) -> Entry:
    """An entry that covers a part of a crack."""
    course = crack.points_mm[part]
    median = None if width_mm is None else Interval(low=width_mm - 0.05, value=width_mm, high=width_mm + 0.05)
    return Entry(
        size=CrackSize(
            courses_mm=(np.column_stack([course, np.full(len(course), np.nan)]),),
            place_sd_mm=2.0,
            length_mm=Interval(low=0.9 * length_mm, value=length_mm, high=1.1 * length_mm),
            widths_mm=None if median is None else Widths(median=median, p95=median, maximum=median),
        ),
        truly=told(course),
        off_mm=off_mm,
        straight=False,
    )


def test_a_crack_is_measured_by_the_entry_that_covers_most_of_it_and_only_where_that_does() -> None:
    """Its first half is 0.2 mm wide, its second 0.6; an entry of the second half is asked about that alone."""
    course = np.column_stack([np.arange(101.0), np.zeros(101)])
    true = TrueCrack(name="C", points_mm=course, widths_mm=np.where(course[:, 0] < 50, 0.2, 0.6))
    half = entry(true, width_mm=0.62, length_mm=50.0, off_mm=3.0, part=slice(50, None))
    speck = entry(true, width_mm=None, length_mm=9.0, off_mm=9.0, part=slice(0, 10))
    elsewhere = entry(crack(line(0, 300, 90, 300)), width_mm=1.0, length_mm=90.0, off_mm=1.0, part=slice(None))
    (found,) = measured_cracks([true], [speck, elsewhere, half])
    assert (found.name, found.alone, found.off_mm) == ("C", False, 3.0)
    assert found.true_width_mm == pytest.approx(0.6)
    assert found.width_mm is not None
    assert found.width_mm.value == 0.62
    assert next(measured_cracks([true], [half])).alone
    assert not list(measured_cracks([true], [elsewhere]))


def test_figures_of_measuring_are_those_of_what_was_measured() -> None:
    """Ten walls of two cracks: one 0.04 mm too wide and held, one below resolution and in two pieces."""
    one = MeasuredCrack(
        name="C1",
        alone=True,
        true_width_mm=0.5,
        width_mm=Interval(low=0.45, value=0.54, high=0.6),
        true_length_mm=100.0,
        length_mm=Interval(low=95.0, value=102.0, high=109.0),
        off_mm=4.0,
        stated_sd_mm=2.0,
    )
    other = replace(one, name="C2", alone=False, width_mm=None, off_mm=6.0)
    found = measuring([[one, other]] * 10, [[1.0, None]] * 10)
    assert found.width_off_mm is not None
    assert (found.width_off_mm.value, found.width_off_mm.of) == (pytest.approx(0.04), 10)
    assert found.width_held is not None
    assert (found.width_held.value, found.below_resolution) == (1.0, 10)
    assert found.length_off is not None
    assert (found.length_off.value, found.length_off.of) == (pytest.approx(0.02), 10)
    assert found.crack_off_mm is not None
    assert found.crack_off_mm.value == 6.0
    assert (found.frame_off_mm, found.unplaced) == (Estimate(value=1.0, of=10, ci95=(1.0, 1.0)), 10)
    few = measuring([[one]], [[None]])
    assert few.width_off_mm is not None
    assert (few.width_off_mm.ci95, few.frame_off_mm) == (None, None)
    assert [row[0] for row in rows(few)] == [row[0] for row in rows(found)]
    assert ("frames are off by, 95 % less than, mm", "nothing to measure", "<= 25") in rows(few)


def test_what_a_rover_is_told_of_a_wall_is_read_back_as_it_is(tmp_path: Path) -> None:
    """The map of the tags, off by what a person's tape is off; wheels that say at every frame what they reckoned."""
    spec = bench_wall(5, size_wh_mm=(6000.0, 2500.0), mm_per_px=0.5, look=LOOK)
    path = tmp_path / "tags.toml"
    path.write_text(tag_map_of(spec))
    tags = read_tag_map(path).tags
    assert [tag.id for tag in tags] == [tag.id for tag in spec.tags]
    off = np.array([[t.x_mm, t.y_mm] for t in tags]) - [tag.centre_mm for tag in spec.tags]
    assert 0 < np.abs(off).max() < 5 * TAG_SD_MM
    camera = bench_camera(spec, textures(None, None, "test", 0), LOOK, clock=ManualClock())
    stops = [camera.truth(seq).stop for seq in range(3)]
    (tmp_path / "odometry.txt").write_text("".join(odometry_of(stops)))
    track = OdometryTrack(noise=OdometryNoise())
    OdometryReplay(tmp_path / "odometry.txt").poll(track, 2**62)
    assert not track.faults
    step = track.step(stops[0].t_ns, stops[2].t_ns)
    assert isinstance(step, Planar)
    assert step.values == pytest.approx(between(*(np.array(stop.odometry) for stop in stops[::2])), abs=0.01)
