"""What a running book says of itself in figures, for Prometheus. docs/operations.md says which of them raise an alarm.

Counted while it happens: groups, refusals. Looked up when somebody asks: everything that has a state of its own. Labels are
codes of ours and names of witnesses, never anything that a person sent.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Final
from weakref import WeakKeyDictionary

from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from ..ledger.store.bundle_source import KEPT
from ..ledger.store.sequencer import Passed
from .kept import BUNDLES
from .service import Service
from .stories import stories_of

SECONDS: Final = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0)
ROWS: Final = (1, 10, 50, 100, 500, 1_000, 2_000, 4_000, 6_000)


class Metrics:
    """Figures of one served book.

    Args:
        service: The book.
    """

    def __init__(self, service: Service) -> None:
        registry = self.registry = CollectorRegistry()
        self._commit = Histogram("suxin_commit_seconds", "Transaction of a group", buckets=SECONDS, registry=self.registry)
        self._epoch = Histogram(
            "suxin_epoch_seconds",
            "From the first look at a group's rows to its checkpoint",
            buckets=SECONDS,
            registry=self.registry,
        )
        self._rows = Histogram("suxin_group_rows", "Rows of a group", buckets=ROWS, registry=self.registry)
        self._refused = Counter(
            "suxin_refusals", "Requests and rows refused, by type of problem", ["type"], registry=self.registry
        )
        self.registry.register(_States(service))
        ProcessCollector(registry=registry)
        service.sequencer.watchers.append(self.count_group)

    def count_group(self, passed: Passed) -> None:
        """Take in a group that went through."""
        if passed.leaves:
            self._commit.observe(passed.commit_s)
        if passed.rows:  # a heartbeat is no group of anybody's
            self._epoch.observe(passed.epoch_s)
            self._rows.observe(passed.rows)

    def count_refusal(self, code: str, count: int = 1) -> None:
        """Take in refusals of one type."""
        self._refused.labels(code).inc(count)

    def text(self) -> bytes:
        """All of them in the text format."""
        return generate_latest(self.registry)


class _States(Collector):
    """Figures that are looked up."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """See `Collector`."""
        service = self._service
        sequencer, published = service.sequencer, service.sequencer.published
        age_s = 0.0 if published is None else max(0, service.clock() - published.at_ms) / 1000
        yield _gauge("suxin_log_size", "Leaves under the newest checkpoint", 0 if published is None else published.size)
        yield _gauge("suxin_epoch", "Number of the newest epoch", 0 if published is None else published.epoch)
        yield _gauge("suxin_checkpoint_age_seconds", "Age of the newest checkpoint", age_s)
        yield _gauge("suxin_streams", "Streams in the map", sequencer.map.streams)
        yield _gauge("suxin_queue_rows", "Rows waiting for the sequencer", sequencer.waitline.rows)
        yield _gauge("suxin_writer_failed", "1 when the writer has stopped", int(sequencer.failure is not None))
        yield _gauge("suxin_writer_trouble", "1 while the last group could not be written", int(sequencer.trouble is not None))
        yield _gauge("suxin_disk_free_bytes", "Free space of the data folder", service.free_bytes())
        yield self._lags()
        yield self._caches()

    def _lags(self) -> GaugeMetricFamily:
        found = GaugeMetricFamily("suxin_witness_lag_leaves", "Leaves that a witness has not cosigned yet", labels=["witness"])
        published = self._service.sequencer.published
        for asker in self._service.askers:
            cosigned = self._service.cosignatures.latest(asker.at.key) or 0
            found.add_metric([asker.at.key.name], max(0, (0 if published is None else published.size) - cosigned))
        return found

    def _caches(self) -> GaugeMetricFamily:
        sequencer = self._service.sequencer
        sizes = {
            **sequencer.admission.memory.sizes(),
            **stories_of(self._service).sizes(),
            "map_epochs": sequencer.history.epoch - sequencer.history.oldest,
            "batches": KEPT.count(),
            "bundles": BUNDLES.count(),
        }
        found = GaugeMetricFamily("suxin_cache_entries", "What a cache holds; its bound stands in the code", labels=["cache"])
        for name, size in sorted(sizes.items()):
            found.add_metric([name], size)
        return found


def _gauge(name: str, words: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, words, value=value)


_METRICS: WeakKeyDictionary[Service, Metrics] = WeakKeyDictionary()
_LOCK = threading.Lock()


def metrics_of(service: Service) -> Metrics:
    """The figures of a served book; the same object for the same service. They count from the first call on."""
    with _LOCK:
        if service not in _METRICS:
            _METRICS[service] = Metrics(service)
        return _METRICS[service]
