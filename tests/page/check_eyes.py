#!/usr/bin/env python3
"""Looks at pages in chromium, wide and narrow, light and dark, and prints TAP: check_eyes.py QUERN [FOLDER].

With a folder, the pictures stay there, for who wants to look too."""

import html
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

from app_cases import play

QUERN = sys.argv[1]
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
PLOTS = {"rate", "latency", "percentiles"}
# What a browser has laid out: texts that touch, what stands out of its place, and what was asked of the network.
LOOK = """<script>
var seen={width:innerWidth,wide:document.documentElement.scrollWidth,faults:[],figures:[],ground:'',
asked:performance.getEntriesByType('resource').length};
function touch(a,b){return Math.min(a.right,b.right)-Math.max(a.left,b.left)>1&&
Math.min(a.bottom,b.bottom)-Math.max(a.top,b.top)>1}
function apart(list,what){var boxes=list.map(function(e){return e.getBoundingClientRect()});
boxes.forEach(function(a,i){for(var j=i+1;j<boxes.length;j++)if(touch(a,boxes[j]))
seen.faults.push(what+': '+list[i].textContent.slice(0,40)+' | '+list[j].textContent.slice(0,40))})}
function shown(e){var b=e.getBoundingClientRect();return b.width>0&&b.height>0}
document.querySelectorAll('svg').forEach(function(svg){var place=svg.getBoundingClientRect();
var texts=[].slice.call(svg.querySelectorAll('text')).filter(shown);
apart(texts,svg.parentNode.id);
texts.forEach(function(t){var b=t.getBoundingClientRect();
if(b.left<place.left-1||b.right>place.right+1||b.top<place.top-1||b.bottom>place.bottom+1)
seen.faults.push(svg.parentNode.id+' cuts '+t.textContent)});
svg.querySelectorAll('path').forEach(function(p){if(p.getTotalLength()===0&&!/M/.test(p.getAttribute('d')))
seen.faults.push(svg.parentNode.id+' has an empty line')})});
apart([].slice.call(document.querySelectorAll('header,.causes,.figures>div,figure,section,footer')),'page');
document.querySelectorAll('figure').forEach(function(f){seen.figures.push(f.id)});
seen.ground=getComputedStyle(document.body).backgroundColor;
var out=document.createElement('pre');out.id='seen';out.textContent=JSON.stringify(seen);
parent.document.body.appendChild(out)
</script></body>"""


def chromium(page, width, is_dark, *words):
    with tempfile.TemporaryDirectory() as profile:
        done = subprocess.run([CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
                               f"--user-data-dir={profile}", f"--window-size={width},2400",
                               f"--blink-settings=preferredColorScheme={0 if is_dark else 1}", *words,
                               "file://" + page], capture_output=True, text=True, timeout=60, check=False)
    return done.stdout


def look(page, width, is_dark):
    """What a browser sees of a page, but for what its script adds to it."""
    with open(page, encoding="utf-8") as file:
        text = file.read()
    copy = page + ".look.html"
    # A window has a least width; a frame in it has not.
    with open(copy, "w", encoding="utf-8") as file:
        file.write(f'<!DOCTYPE html><body style="margin:0"><iframe style="border:0;width:{width}px;height:2400px" '
                   f'srcdoc="{html.escape(text.replace("</body>", LOOK))}"></iframe></body>')
    dom = chromium(copy, 1400, is_dark, "--dump-dom")
    found = re.search(r'<pre id="seen">(.*?)</pre>', dom, re.S)
    assert found, dom[-2000:]
    return json.loads(html.unescape(found.group(1)))


def check(page, plots):
    grounds = set()
    for width in (1280, 400):
        for is_dark in (False, True):
            seen = look(page, width, is_dark)
            assert seen["width"] == width, seen
            assert seen["wide"] <= width, f"{seen['wide']} pixels wide on a screen of {width}"
            assert seen["faults"] == [], (width, seen["faults"])
            assert plots <= set(seen["figures"]), seen["figures"]
            assert seen["asked"] == 0, seen
            grounds.add(seen["ground"])
            if len(sys.argv) > 2:
                name = f"{os.path.basename(page)[:-5]}_{width}_{'dark' if is_dark else 'light'}.png"
                chromium(page, width, is_dark, f"--screenshot={os.path.join(os.path.abspath(sys.argv[2]), name)}")
    assert len(grounds) == 2, f"light and dark are one: {grounds}"


def bench(name, *words, codes=(0,), stop_s=None):
    """The page of a run, in a folder that the caller removes."""
    page = os.path.join(FOLDER, name + ".html")
    with subprocess.Popen([QUERN, "bench", "--memory", "4k", "-q", "--html", page, *words], stdout=subprocess.DEVNULL,
                          stderr=subprocess.PIPE, text=True) as process:
        if stop_s is not None:
            time.sleep(stop_s)
            process.send_signal(signal.SIGINT)
        told = process.communicate(timeout=100)[1]
        assert process.returncode in codes, f"exit code {process.returncode}: {told}"
    return page


def a_good_run():
    check(bench("good", "-d", "3s", "--cps", "20k", "--payload", "http"), PLOTS | {"busy", "ends"})


def one_with_failures_and_a_threshold_that_was_missed():
    check(bench("failures", "-d", "3s", "--cps", "5k", "--impair", "loss=20%,delay=1ms", "--connect-timeout", "50ms",
                "--threshold", "failed == 0", "--threshold", "p99 < 1us", codes=(99,)),
          PLOTS | {"failures", "drops"})


def a_search():
    check(bench("search", "-d", "1s", "--search", "failed == 0 && p50 < 1ns", codes=(0, 1, 99)), {"search"})


def a_profile():
    check(bench("profile", "-d", "4s", "--profile", "steps:1k,3k,2k/1s"), PLOTS)


def one_that_was_stopped_at_once():
    check(bench("stopped", "-d", "20s", "--cps", "1k", codes=(130,), stop_s=1.3), set())


if not CHROMIUM:
    print("1..0 # SKIP chromium is not installed (Debian: chromium)")
    sys.exit(0)
with tempfile.TemporaryDirectory() as FOLDER:
    sys.exit(play([
        ("nothing touches on the page of a good run", a_good_run),
        ("nor where there are failures, and a threshold was missed", one_with_failures_and_a_threshold_that_was_missed),
        ("nor of a search", a_search),
        ("nor of a profile", a_profile),
        ("nor of a run that was stopped at once", one_that_was_stopped_at_once),
    ]))
