"""What the dashboard and the alerts of contrib/ ask for."""

import json
import re

SELECTOR = re.compile(r"\b(quern_[a-z_]+)(?:\{([^}]*)\})?")
MATCHER = re.compile(r'([a-z_]+)\s*(=~|!=|!~|=)\s*"([^"]*)"')


def expressions(contrib):
    """The expressions of the dashboard, ready to be evaluated."""
    with open(f"{contrib}/grafana/quern.json", encoding="utf-8") as file:
        panels = json.load(file)["panels"]
    texts = [target["expr"] for panel in panels for target in panel["targets"]]
    return [text.replace("$__rate_interval", "30s").replace("$instance", ".*") for text in texts]


def _texts(contrib):
    for name in "grafana/quern.json", "prometheus/quern-alerts.yml":
        with open(f"{contrib}/{name}", encoding="utf-8") as file:
            yield name, file.read().replace('\\"', '"')


def complaints(contrib, samples, labels):
    """What the files name that is neither among samples nor among documented families; nor, by label, their values.
    `labels` has the names of each family's labels."""
    series = {key.split("{")[0] for key in samples} | set(labels)
    reasons = set(re.findall(r'reason="([a-z_0-9]+)"', " ".join(samples)))
    for name, text in _texts(contrib):
        for metric, matchers in SELECTOR.findall(text):
            family = re.sub("_(bucket|sum|count)$", "", metric) if metric not in labels else metric
            if metric not in series:
                yield f"{name}: no metric {metric}"
                continue
            for label, _, value in MATCHER.findall(matchers):
                if label not in labels[family] | {"instance", "job"}:
                    yield f"{name}: {metric} has no label {label}"
                if label == "reason":
                    yield from (f"{name}: no reason {each}" for each in value.split("|") if each not in reasons)
