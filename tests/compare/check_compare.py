#!/usr/bin/env python3
"""Compares results that are written here, as a user does, and prints TAP: check_compare.py QUERN SCHEMA."""

import base64
import json
import os
import struct
import subprocess
import sys
import tempfile
import zlib

import jsonschema

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "app"))
from app_cases import play  # pylint: disable=wrong-import-position
from app_page import Page  # pylint: disable=wrong-import-position


def rows(rates, p99s):
    return [{"t_s": float(second), "established": rate, "requests": 0, "p50_ns": p99 // 2, "p99_ns": p99}
            for second, (rate, p99) in enumerate(zip(rates, p99s), 1)]


def result(rates, p99s=None, **more):
    p99s = p99s or [90000] * len(rates)
    mean = sum(rates) / len(rates)
    return {"schema": "quern-run/1", "series": rows(rates, p99s), "udp": None,
            "rate": {"cps_mean": mean, "requests_mean": 0.0},
            "latency_ns": {"setup": {"p50": p99s[0] // 2, "p99": p99s[0]}}, **more}


def repeats(rates):
    return {"runs": [{"cps": float(rate), "requests_per_s": 0.0, "p50_ns": 40000, "p99_ns": 90000 + rate % 7}
                     for rate in rates]}


STEADY = [1000, 1010, 990, 1005, 995, 1000, 1010, 990, 1005, 995]
FASTER = [rate * 11 // 10 for rate in STEADY]


class Desk:
    """A folder with results."""

    def __init__(self, quern, schema, folder):
        self.quern, self.folder = quern, folder
        with open(schema, encoding="utf-8") as file:
            self.schema = json.load(file)

    def write(self, name, document):
        with open(os.path.join(self.folder, name), "w", encoding="utf-8") as file:
            file.write(document if isinstance(document, str) else json.dumps(document))

    def run(self, *words, code=0):
        done = subprocess.run([self.quern, "compare", *words], cwd=self.folder, capture_output=True, text=True,
                              timeout=20, check=False)
        assert done.returncode == code, (done.returncode, done.stdout, done.stderr)
        return done.stdout, done.stderr

    def json(self, *words):
        document = json.loads(self.run(*words, "--json", "-")[0])
        jsonschema.validate(document, self.schema)
        return document

    def refuses(self, words, *said):
        error = self.run(*words, code=2)[1]
        for text in said:
            assert text in error, (text, error)


def figures(document, other=0):
    return {entry["figure"]: entry for entry in document["others"][other]["figures"]}


def one_run_is_blocks_of_its_seconds(desk):
    desk.write("a.json", result(STEADY * 3))
    desk.write("b.json", result(FASTER * 3, [80000, 81000, 79000] * 10))
    text = desk.run("a.json", "b.json")[0]
    for said in ("A (base)  a.json: 10 blocks of 3 s, of one run\n", "make several, alternately",
                 "\nCPS             1,000           1,100           +10.0 %   [+", "better\n",
                 "\np99 set-up      90 µs           80 µs           −11.1 %   [−"):
        assert said in text, (said, text)
    document = desk.json("a.json", "b.json")
    assert document["base"]["unit"] == "blocks" and document["base"]["block_s"] == 3, document["base"]
    cps = figures(document)["cps"]
    assert cps["verdict"] == "better" and cps["low"] <= cps["change"] <= cps["high"], cps
    assert set(figures(document)) == {"cps", "setup_p50_ns", "setup_p99_ns"}, figures(document)


def a_short_last_second_is_left_out(desk):
    desk.write("a.json", result(STEADY))
    cut = result(STEADY)
    cut["series"].append({"t_s": 10.1, "established": 1, "requests": 0, "p50_ns": 1, "p99_ns": 1})
    desk.write("b.json", cut)
    assert figures(desk.json("a.json", "b.json"))["cps"]["change"] == 0


def repeats_are_a_value_each(desk):
    desk.write("a.json", result([1], repeats=repeats(STEADY)))
    desk.write("b.json", result([1], repeats=repeats(FASTER)))
    document = desk.json("a.json", "b.json", "a.json")
    assert document["base"]["unit"] == "repeats" and document["base"]["count"] == 10, document["base"]
    assert figures(document)["cps"]["verdict"] == "better", document
    assert figures(document, 1)["cps"]["verdict"] == "same", document
    assert "C         a.json: 10 repeats\n" in desk.run("a.json", "b.json", "a.json")[0]


def files_with_commas_between_are_runs_of_one_side(desk):
    for number, (a, b) in enumerate(zip(STEADY[:5], FASTER[:5])):
        desk.write(f"a{number}.json", result([a]))
        desk.write(f"b{number}.json", result([b]))
    sides = [",".join(f"{side}{number}.json" for number in range(5)) for side in "ab"]
    document = desk.json(*sides)
    assert document["base"]["unit"] == "runs" and document["base"]["count"] == 5, document["base"]
    assert figures(document)["cps"]["verdict"] == "better", document
    assert "5 runs\n" in desk.run(*sides)[0]


def datagrams_are_compared_by_answers_and_round_trips(desk):
    series = [{"t_s": float(second), "answered": 500 + second % 3, "p50_ns": 1000, "p99_ns": 2000 + second % 2}
              for second in range(1, 11)]
    udp = {"series": series, "duration_s": 10.0, "counts": {"answered": 5000},
           "latency_ns": {"rtt": {"p50": 1000, "p99": 2000}}}
    desk.write("u.json", {**result([1]), "udp": udp})
    assert set(figures(desk.json("u.json", "u.json"))) == {"answers_per_s", "round_trip_p50_ns", "round_trip_p99_ns"}
    assert figures(desk.json("u.json,u.json", "u.json"))["answers_per_s"]["base"] == 500


def of_one_second_nothing_is_known(desk):
    desk.write("a.json", result([1000]))
    desk.write("b.json", result([1100]))
    cps = figures(desk.json("a.json", "b.json"))["cps"]
    assert cps["verdict"] == "unknown" and cps["low"] is None and abs(cps["change"] - 0.1) < 1e-9, cps
    assert "+10.0 %   not known\n" in desk.run("a.json", "b.json")[0]
    desk.write("none.json", {**result([1]), "series": []})
    assert "nothing that both have measured" in desk.run("a.json", "none.json")[0]


def hdr(value, count):
    """A histogram of one value below 1,024, many times, as HdrHistogram V2."""
    zeros = 2 * value - 1
    words = bytes([zeros & 127 | 128, zeros >> 7, 2 * count])
    plain = struct.pack(">IIIIQQd", 0x1c849313, len(words), 0, 3, 1, 2 ** 40 - 1, 1.0) + words
    packed = zlib.compress(plain)
    return base64.b64encode(struct.pack(">II", 0x1c849314, len(packed)) + packed).decode()


def measured(rates, ns):
    """A result as quern writes it, whose connections all took as long."""
    times = {"count": 10, "min": ns, "mean": float(ns), "max": ns, "p50": ns, "p99": ns, "hdr": hdr(ns, 10)}
    more = {key: {} for key in ("tool", "config", "machine", "totals", "valid")}
    return {**result(rates), "text": [], **more, "latency_ns": {"setup": times}}


def page_of(desk, *words):
    desk.run(*words, "--html", "page.html")
    with open(os.path.join(desk.folder, "page.html"), encoding="utf-8") as file:
        page = Page(file.read())
    assert page.links == [] and page.ids == {"rate", "percentiles"}, (page.links, page.ids)
    assert json.loads(page.document) == desk.json(*words)
    return page


def a_page_lays_the_sides_over_each_other(desk):
    desk.write("a<b>.json", measured([1000, 1010], 500))
    desk.write("c.json", measured([2000, 2020], 900))
    page = page_of(desk, "a<b>.json", "c.json,c.json")
    assert {"a<b>.json", "c.json,c.json", "2 runs"} <= set(page.cells) and "+100.0 %" in page.text, page.cells
    assert [kind for kind, _ in page.paths] == ["line c0", "line c1"] * 2, page.paths
    # A second is a step: two of them, and no slope between.
    assert all(path.count("H") == 2 for _, path in page.paths[:2]), page.paths
    assert {"500 ns", "900 ns"} <= set(page.cells), page.cells
    signs = {cell[0] for cell in page_of(desk, "a<b>.json,a<b>.json", "c.json,c.json").cells if cell}
    assert {"▲", "▼"} <= signs, signs


def a_page_draws_six_sides_and_says_so(desk):
    desk.write("a.json", measured(STEADY, 500))
    page = page_of(desk, *["a.json"] * 7)
    assert len(page.paths) == 12, page.paths
    assert "The first 6 sides of 7 are drawn" in page.text and "G against A" in page.text, page.text


def a_page_of_what_cannot_be_drawn_is_refused(desk):
    desk.write("a.json", measured(STEADY, 500))
    desk.write("thin.json", result(STEADY))
    broken = measured(STEADY, 500)
    broken["latency_ns"]["setup"]["hdr"] = "none"
    desk.write("broken.json", broken)
    desk.refuses(["a.json", "thin.json", "--html", "x.html"], "thin.json: a result without 'tool'")
    desk.refuses(["a.json,broken.json", "a.json", "--html", "x.html"], "broken.json: its histogram cannot be added")
    desk.refuses(["a.json", "a.json", "--html="], "--html needs a value")
    desk.refuses(["a.json", "a.json", "--html", "-", "--json", "-"], "only one of --json and --html")
    assert not os.path.exists(os.path.join(desk.folder, "x.html"))
    assert "/dev/full: No space left" in desk.run("a.json", "a.json", "--html", "/dev/full", code=1)[1]
    assert desk.run("a.json", "a.json", "--html", "-")[0].endswith("</html>\n")


def what_is_no_result_is_told_of_with_file_and_place(desk):
    desk.write("a.json", result(STEADY))
    desk.write("cut.json", '{"schema": "quern-run/1",\n "series": [')
    desk.write("other.json", {"schema": "quern-forward/1"})
    desk.write("bare.json", {"schema": "quern-run/1", "series": [{"t_s": 1.0}]})
    desk.write("words.json", result([1], repeats={"runs": [{"cps": "fast"}]}))
    desk.write("list.json", [])
    desk.refuses(["a.json"], "compare needs two results")
    desk.refuses([], "compare needs two results")
    desk.refuses(["a.json", "gone.json"], "error: gone.json: No such file or directory")
    desk.refuses(["a.json", "."], "error: .:")
    desk.refuses(["a.json", "a.json,gone.json"], "error: gone.json: No such file")
    desk.refuses(["a.json", "cut.json"], "error: cut.json:2:12: no JSON")
    desk.refuses(["a.json", "other.json"], "other.json: no result of bench", "quern-forward/1")
    desk.refuses(["a.json", "list.json"], "list.json: no result of bench", "not said")
    desk.refuses(["bare.json", "a.json"], "bare.json: no number at series[0].established")
    desk.refuses(["bare.json,bare.json", "a.json"], "bare.json: no number at rate.cps_mean")
    desk.refuses(["words.json", "a.json"], "words.json: no number at repeats.runs[0].cps")
    desk.refuses(["a.json", "a.json", "--jsn"], "unknown flag --jsn")
    desk.refuses(["a.json", "a.json", "--json"], "--json needs a value")
    desk.refuses(["a.json", "a.json", "--json", "/nonexistent/x"], "--json /nonexistent/x: No such file")
    desk.refuses(["a.json"] * 27, "up to 26 results")
    assert "/dev/full: No space left" in desk.run("a.json", "a.json", "--json", "/dev/full", code=1)[1]


def main(quern, schema):
    cases = (one_run_is_blocks_of_its_seconds, a_short_last_second_is_left_out, repeats_are_a_value_each,
             files_with_commas_between_are_runs_of_one_side, datagrams_are_compared_by_answers_and_round_trips,
             of_one_second_nothing_is_known, a_page_lays_the_sides_over_each_other,
             a_page_draws_six_sides_and_says_so, a_page_of_what_cannot_be_drawn_is_refused,
             what_is_no_result_is_told_of_with_file_and_place)
    with tempfile.TemporaryDirectory(prefix="qc-") as folder:
        desk = Desk(os.path.abspath(quern), schema, folder)
        return play([(case.__name__.replace("_", " "), lambda case=case: case(desk)) for case in cases])


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
