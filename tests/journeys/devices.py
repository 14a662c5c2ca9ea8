"""Cameras that this machine doesn't have, put into a page before its own script runs: the platform's side of them.

A page's getUserMedia gives a stream that is painted on a canvas, under the device's name and facing, so that the
panel meets a back camera, a front camera, a thief of cameras, or a detector as its standard describes them.
"""

import json
from typing import Any

# The camera belongs to another program until the test gives it back.
BUSY = """
  window.busy = true;
  const real = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  navigator.mediaDevices.getUserMedia = (wish) => (window.busy
    ? Promise.reject(new DOMException("Could not start video source", "NotReadableError")) : real(wish));
"""

# Cameras of these names and facings. What the page asked for and what it set is kept in window.asked and window.set.
_CAMERAS = """
  const devices = %s;
  Object.assign(window, { asked: [], set: [], stopped: 0, devices });
  const fits = (device, { deviceId, facingMode }) => (deviceId ? deviceId.exact === device.deviceId : !facingMode
    || (facingMode.ideal ?? facingMode) === device.facing);
  navigator.mediaDevices.enumerateDevices = async () =>
    devices.map(({ deviceId, label }) => ({ kind: "videoinput", deviceId, label }));
  navigator.mediaDevices.getUserMedia = async ({ video }) => {
    window.asked.push(video);
    if (window.refuses?.(video)) throw new DOMException("", "OverconstrainedError");
    const found = devices.find((device) => fits(device, video)) ?? (video.deviceId?.exact ? null : devices[0]);
    if (!found) throw new DOMException("", devices.length ? "OverconstrainedError" : "NotFoundError");
    const canvas = Object.assign(document.createElement("canvas"), { width: 640, height: 480 });
    const paint = canvas.getContext("2d");
    setInterval(() => { paint.fillStyle = found.colour ?? "#765"; paint.fillRect(0, 0, 640, 480); }, 50);
    const stream = canvas.captureStream(20);
    const [track] = stream.getVideoTracks();
    Object.defineProperty(track, "label", { value: found.label });
    track.getSettings = () => ({ deviceId: found.deviceId, facingMode: found.facing });
    track.getCapabilities = () => found.can ?? {};
    track.applyConstraints = async (wish) => { window.set.push(...wish.advanced); };
    const stop = track.stop.bind(track);
    track.stop = () => { window.stopped += 1; stop(); };
    window.track = track;
    return stream;
  };
"""

# A detector by the standard's interface: it reads whatever the test laid into window.inView.
DETECTOR = """
  Object.assign(window, { inView: [], looks: 0 });
  window.BarcodeDetector = class {
    static async getSupportedFormats() { return ["qr_code", "code_128", "ean_13", "aztec"]; }
    constructor({ formats }) { window.formats = formats; }
    async detect() {
      window.looks += 1;
      if (window.detectorFails) throw new DOMException("Barcode detection service unavailable.", "NotSupportedError");
      return window.inView.filter(({ oncePerLook }) => !oncePerLook || window.looks === oncePerLook);
    }
  };
"""

# The page hears of a camera's picture when the test says so: window.givePicture() tells those who wait for one.
PICTURES_ON_REQUEST = """
  Object.assign(window, { waiting: [], waitedInVain: 0 });
  HTMLVideoElement.prototype.requestVideoFrameCallback = (told) => window.waiting.push(told);
  HTMLVideoElement.prototype.cancelVideoFrameCallback = () => { waiting.length = 0; waitedInVain += 1; };
  window.givePicture = () => { waitedInVain = 0; for (const told of waiting.splice(0)) told(); };
"""

# The moments at which frames went out, by the page's own clock.
FRAME_TIMES = """
  window.framesAt = [];
  const send = window.fetch;
  window.fetch = (url, options) => {
    if (String(url).endsWith("/counter/frames")) window.framesAt.push(performance.now());
    return send(url, options);
  };
"""


def cameras(*devices: dict[str, Any]) -> str:
    """The script that gives a page these cameras: deviceId, label, and facing, can, colour where they matter."""
    return _CAMERAS % json.dumps(devices)
