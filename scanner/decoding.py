"""Frame → payloads: which stages look at a frame, and in which order. Knows no decoder.

A live camera gives four frames a second, so a frame gets the plain look and, if that misses, one more stage;
the next frame gets the next. A photo comes once and gets all of them, until one of them reads.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from scanner.agreement import counts_alone, counts_in_photo
from scanner.repairs import fitted
from scanner.stages import look, scaled, stage_is_possible
from scanner.terms import Frame, Payload, Pixels, Stage, StageRun, Symbology

# The working copies' longer sides. A repair costs by the pixel; a live frame has 35 ms in all.
LIVE_SIDE = 800
PHOTO_SIDE = 1_280
# The plain look takes photos nearly whole; 12 megapixels of finder patterns would keep it busy for a second.
PHOTO_PLAIN_SIDE = 2_560
# After that a photo gets no further stage: a hostile one has had its time, an honest one would have been read.
PHOTO_SECONDS = 0.7

# The plain look of the other decoder, then the repairs, the best complement first.
PHOTO_STAGES = (
    Stage.PLAIN,
    Stage.ZBAR,
    Stage.EVENED_SHARPENED,
    Stage.EVENED,
    Stage.SHARPENED,
    Stage.FLATTENED,
    Stage.ZBAR_THRESHOLD,
    Stage.TURNED,
    Stage.ZBAR_TURNED,
    Stage.MEDIAN,
    Stage.WECHAT,
)
_ROUND = (
    Stage.EVENED_SHARPENED,
    Stage.ZBAR,
    Stage.EVENED,
    Stage.TURNED,
    Stage.SHARPENED,
    Stage.FLATTENED,
    Stage.ZBAR_THRESHOLD,
    Stage.MEDIAN,
)
# WeChatQRCode takes ten times as long as the others over nothing, so it has its turn every five seconds.
LIVE_STAGES = (*_ROUND, *_ROUND, *_ROUND, Stage.WECHAT)


@dataclass(slots=True)
class Findings:
    """What was read in one frame so far, each text once, and by which stages."""

    frame: Frame
    found: dict[tuple[Symbology, str], Payload] = field(default_factory=dict)
    runs: list[StageRun] = field(default_factory=list)

    @property
    def payloads(self) -> tuple[Payload, ...]:
        return tuple(self.found.values())

    def suffice(self, counts: Callable[[Payload], bool]) -> bool:
        """Tell whether anything was read that counts, and so needs no further look."""
        return any(counts(payload) for payload in self.found.values())

    def look(self, stage: Stage, copy: Pixels) -> None:
        """Let one stage look at a working copy of the frame; without its decoder nothing happens."""
        if not stage_is_possible(stage):
            return
        started = time.process_time()
        read = scaled(look(stage, copy), self.frame.width / copy.shape[1])
        self.runs.append(StageRun(stage=stage, found=len(read), ms=(time.process_time() - started) * 1000))
        for payload in read:
            # The same text twice in one frame is one payload: two stickers of one code are one code.
            known = self.found.setdefault((payload.symbology, payload.text), payload)
            stages = tuple(dict.fromkeys((*known.stages, stage)))
            self.found[payload.symbology, payload.text] = replace(known, stages=stages)


def read_live(frame: Frame, *, number: int) -> Findings:
    """Read one frame of a camera. `number` says whose turn it is: count the frames that showed nothing."""
    findings = Findings(frame)
    findings.look(Stage.PLAIN, frame.pixels)
    if findings.suffice(counts_alone):
        return findings
    copy = fitted(frame.pixels, side=LIVE_SIDE)
    if not findings.found:
        findings.look(LIVE_STAGES[number % len(LIVE_STAGES)], copy)
    # A bar code that one decoder read is asked of the other at once: two equal reads, and it counts.
    if findings.found and not findings.suffice(counts_alone):
        findings.look(_second_opinion(findings.runs[-1].stage), copy)
    return findings


def read_photo(frame: Frame) -> Findings:
    """Read a picture that comes once: stage after stage, until something in it counts."""
    findings = Findings(frame)
    started = time.perf_counter()
    large = fitted(frame.pixels, side=PHOTO_PLAIN_SIDE)
    copy = fitted(frame.pixels, side=PHOTO_SIDE)
    for stage in PHOTO_STAGES:
        if findings.suffice(counts_in_photo) or time.perf_counter() - started > PHOTO_SECONDS:
            break
        findings.look(stage, large if stage is Stage.PLAIN else copy)
    return findings


def _second_opinion(stage: Stage) -> Stage:
    """Return the stage that looks at the same bar code with the other decoder."""
    match stage:
        case Stage.TURNED:
            return Stage.ZBAR_TURNED
        case Stage.ZBAR | Stage.ZBAR_THRESHOLD:
            return Stage.FLATTENED
        case _:
            return Stage.ZBAR
