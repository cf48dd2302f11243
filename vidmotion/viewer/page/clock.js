// The one clock: which frame is shown. It follows the video if there is one that plays, else the time of the machine.

class Clock {
  /** `media` maps seconds of the scene to seconds of the video file: time * rate + offset. */
  constructor(times, first, media, video) {
    Object.assign(this, { times, first, media, video });
    this.last = times.length - 1;
    this.frame = first;
    this.speed = 1;
    this.playing = false;
    this.loop = { from: first, to: this.last, on: false };
    this.listeners = [];
    if (video) this.listenTo(video);
  }

  listenTo(video) {
    const redraw = () => { if (!this.playing) this.tell(); };
    video.addEventListener("seeked", () => {
      if (!this.playing && Math.abs(video.currentTime - this.target()) > 1e-4) this.seek();
      redraw();
    });
    video.addEventListener("loadeddata", () => {
      this.seek();
      if (this.playing) this.playVideo();
    });
    video.addEventListener("ended", () => { if (this.playing) this.reachEnd(); });
    if (!video.requestVideoFrameCallback) return;
    const seen = (_, { mediaTime }) => {
      if (this.playing) this.reach(this.nearest(mediaTime)); else redraw();
      video.requestVideoFrameCallback(seen);
    };
    video.requestVideoFrameCallback(seen);
  }

  get hasVideo() { return this.video !== null && this.video.readyState >= 1 && !this.video.error; }

  mediaTime(frame) { return this.times[frame] * this.media.rate + this.media.offset; }

  sceneTime(mediaTime) { return (mediaTime - this.media.offset) / this.media.rate; }

  /** Seconds between this frame and the next. */
  duration(frame) {
    const at = Math.min(frame, this.last - 1);
    return at < 0 ? 1 / 30 : this.times[at + 1] - this.times[at];
  }

  /** Where the video has to stand to show the frame: in its middle. */
  target() { return this.mediaTime(this.frame) + this.duration(this.frame) * this.media.rate / 2; }

  /** The last frame that begins at or before a time of the scene. */
  frameAt(time) {
    let low = 0, high = this.last;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.times[middle] <= time) low = middle; else high = middle - 1;
    }
    return low;
  }

  nearest(mediaTime) {
    const time = this.sceneTime(mediaTime);
    const frame = this.frameAt(time);
    return frame < this.last && this.times[frame + 1] - time < time - this.times[frame] ? frame + 1 : frame;
  }

  onChange(listener) { this.listeners.push(listener); }

  tell() { for (const listener of this.listeners) listener(this.frame); }

  seek() { if (this.hasVideo && !this.video.seeking) this.video.currentTime = this.target(); }

  goTo(frame) {
    this.frame = Math.min(Math.max(Math.round(frame), this.first), this.last);
    this.begin();
    this.seek();
    this.tell();
  }

  step(by) {
    this.pause();
    this.goTo(this.frame + by);
  }

  /** Remember when the current frame was shown, for playing without a video. */
  begin() { this.began = { at: performance.now(), time: this.times[this.frame] }; }

  play() {
    const end = this.loop.on ? this.loop.to : this.last;
    if (this.frame >= end) this.goTo(this.loop.on ? this.loop.from : this.first);
    this.playing = true;
    this.begin();
    this.setSpeed(this.speed);
    this.playVideo();
    this.tell();
    requestAnimationFrame(() => this.tick());
  }

  /** Let the video run; one that is not there yet follows when it has come. */
  playVideo() { if (this.hasVideo) this.video.play().catch(() => this.pause()); }

  pause() {
    if (!this.playing) return;
    this.playing = false;
    if (this.hasVideo) { this.video.pause(); this.seek(); }
    this.tell();
  }

  toggle() { if (this.playing) this.pause(); else this.play(); }

  setSpeed(speed) {
    this.speed = Math.min(Math.max(speed, 0.1), 2);
    if (this.video) this.video.playbackRate = Math.min(Math.max(this.speed, 0.0625), 16);
    this.begin();
    this.tell();
  }

  tick() {
    if (!this.playing) return;
    if (!this.hasVideo) {
      const time = this.began.time + (performance.now() - this.began.at) / 1000 * this.speed;
      this.reach(this.frameAt(time + 1e-6));
      if (this.playing && time >= this.times[this.last] + this.duration(this.last)) this.reachEnd();
    } else if (!this.video.requestVideoFrameCallback && !this.video.seeking) {
      this.reach(this.frameAt(this.sceneTime(this.video.currentTime) + 1e-6));
    }
    requestAnimationFrame(() => this.tick());
  }

  reach(frame) {
    if (this.loop.on && (frame > this.loop.to || frame < this.loop.from)) return this.goTo(this.loop.from);
    if (frame === this.frame) return undefined;
    this.frame = Math.max(frame, this.first);
    return this.tell();
  }

  reachEnd() {
    if (!this.loop.on) return this.pause();
    this.goTo(this.loop.from);
    this.playVideo();
    return undefined;
  }
}
